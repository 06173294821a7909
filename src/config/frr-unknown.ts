/** What we know and no FRR does: IOS's words, and our own. */
import type { UnknownThere } from './inexpressible.ts';

const PACKETS = 'FRR filters routes, and leaves packets to the kernel (nftables, tc)';

export const UNKNOWN_TO_FRR: readonly UnknownThere[] = [
  { section: 'interface', keywords: 'ip access-group', reason: PACKETS },
  { section: 'interface', keywords: 'service-policy', reason: PACKETS },
  { section: 'interface', keywords: 'delay', reason: 'FRR has no delay of an interface' },
  { section: 'interface', keywords: 'mtu', reason: 'the MTU is set outside FRR (ip link set … mtu)' },
  { section: '', keywords: 'class-map', reason: PACKETS },
  { section: '', keywords: 'policy-map', reason: PACKETS },
  {
    section: 'router isis',
    keywords: 'maximum-paths',
    reason: 'FRR takes all next hops of equal cost in IS-IS',
  },
  {
    section: 'router isis',
    keywords: 'redistribute isis',
    reason: 'FRR leaks no routes between levels of IS-IS',
  },
];
