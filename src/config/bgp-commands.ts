/**
 * `router bgp AS [vrf NAME]` and what stands under it about the router itself, in the order of FRR (bgpd/bgp_vty.c,
 * bgp_config_write). Neighbours are in bgp-peer-commands.ts, address families in bgp-family-commands.ts.
 */
import { formatIpv4 } from '../net/address.ts';
import { type Argument, address, after, integer, name, optional, reading, sequence } from './argument.ts';
import { bgpTitle, emptyBgp, findBgp, updateBgp } from './bgp-edit.ts';
import type { BgpConfig } from './bgp-model.ts';
import { type Command, command, flag, put, Refusal, setting } from './command.ts';
import { atMost } from './limits.ts';

const section = 'router bgp';

const opening: Argument<readonly [number, string | undefined]> = sequence(
  integer(1, 4294967295),
  optional(after('vrf', name('NAME'))),
);

export const openBgp: Command = command({
  section: '',
  keywords: section,
  help: 'runs BGP in this AS, for the default VRF or the one that is named; its settings follow',
  argument: opening,
  set(config, _name, [as, vrf]) {
    const known = config.bgp.find((each) => each.vrf === vrf);
    if (known?.as === as) return config;
    if (known !== undefined) {
      const title = bgpTitle(known);
      return new Refusal(`BGP runs in AS ${known.as} already`, { suggestion: `remove "${title}" first` });
    }
    return atMost(config.bgp, 'BGP instances') ?? { ...config, bgp: [...config.bgp, emptyBgp(as, vrf)] };
  },
  opens: ([as, vrf]) => ({ kind: section, name: vrf === undefined ? String(as) : `${as} vrf ${vrf}` }),
  removal: {
    argument: opening,
    unset(config, _name, [as, vrf]) {
      const left = config.bgp.filter((each) => each.vrf !== vrf || each.as !== as);
      return left.length === config.bgp.length
        ? new Refusal(`there is no "${bgpTitle(emptyBgp(as, vrf))}" to remove`)
        : { ...config, bgp: left };
    },
  },
  lines: (config) =>
    config.bgp.map((each) => {
      const title = bgpTitle(each);
      return { text: title, group: title, opens: { kind: section, name: title.slice(section.length + 1) } };
    }),
});

type FlagKey =
  | 'alwaysCompareMed'
  | 'deterministicMed'
  | 'gracefulShutdown'
  | 'enforceFirstAs'
  | 'disableConnectedCheck'
  | 'reflectorOutboundPolicy'
  | 'shutdown'
  | 'bestpathAsPathIgnore'
  | 'bestpathMultipathRelax'
  | 'bestpathCompareRouterId'
  | 'bestpathMedMissingAsWorst';

const bgpTimers = integer(0, 65535);

/** `timers KEEPALIVE HOLD`, s; RFC 4271 4.2: a hold time of 0, or 3 and more. */
export const timers: Argument<{ readonly keepalive: number; readonly hold: number }> = reading(
  sequence(bgpTimers, bgpTimers),
  ([keepalive, hold]) => ({ keepalive, hold }),
);

export function refuseTimers({ hold }: { readonly hold: number }): Refusal | undefined {
  return hold === 1 || hold === 2 ? new Refusal('a hold time is 0, or 3 s at least') : undefined;
}

export const bgpCommands: readonly Command[] = [
  setting<number>({
    section,
    keywords: 'bgp router-id',
    help: 'names the router in BGP (default: its highest loopback address, else its highest)',
    argument: address,
    format: formatIpv4,
    get: (config, path) => findBgp(config, path)?.routerId,
    put: (config, path, routerId) => updateBgp(config, path, (bgp) => put(bgp, 'routerId', routerId)),
  }),
  bgpFlag(
    'bgp always-compare-med',
    'alwaysCompareMed',
    'compares the MEDs of routes from different ASs, too',
  ),
  statement(
    'bgp ebgp-requires-policy',
    'ebgpRequiresPolicy',
    'other ASs give and get only what a policy lets through (RFC 8212); so unless `no` is said',
  ),
  statement(
    'bgp default ipv4-unicast',
    'defaultIpv4Unicast',
    'neighbours exchange IPv4 routes without being told; so unless `no` is said',
  ),
  setting<number>({
    section,
    keywords: 'bgp default local-preference',
    help: 'of routes that have none (default 100)',
    argument: integer(0, 4294967295),
    get: (config, path) => findBgp(config, path)?.defaultLocalPreference,
    put: (config, path, value) => updateBgp(config, path, (bgp) => put(bgp, 'defaultLocalPreference', value)),
  }),
  bgpFlag(
    'bgp disable-ebgp-connected-route-check',
    'disableConnectedCheck',
    'neighbours of other ASs are one hop away, but in no subnet of ours',
  ),
  bgpFlag(
    'bgp enforce-first-as',
    'enforceFirstAs',
    'a path from another AS that does not begin with its number is refused',
  ),
  bgpFlag('bgp shutdown', 'shutdown', 'no session of any neighbour'),
  setting<number>({
    section,
    keywords: 'bgp cluster-id',
    help: 'of this route reflector and those beside it (default: the router id)',
    argument: address,
    format: formatIpv4,
    get: (config, path) => findBgp(config, path)?.clusterId,
    put: (config, path, clusterId) => updateBgp(config, path, (bgp) => put(bgp, 'clusterId', clusterId)),
  }),
  bgpFlag(
    'bgp deterministic-med',
    'deterministicMed',
    'compares the routes of each AS with one another first, so that the order in which they came means nothing',
  ),
  bgpFlag(
    'bgp graceful-shutdown',
    'gracefulShutdown',
    'all routes are those nobody should prefer: to be taken out of the network (RFC 8326)',
  ),
  bgpFlag(
    'bgp route-reflector allow-outbound-policy',
    'reflectorOutboundPolicy',
    'route maps of neighbours change what is reflected to them, too, and do not only say whether it is',
  ),
  bgpFlag('bgp bestpath as-path ignore', 'bestpathAsPathIgnore', 'the length of paths does not count'),
  bgpFlag(
    'bgp bestpath as-path multipath-relax',
    'bestpathMultipathRelax',
    'paths of equal length are equal, through whatever ASs',
  ),
  bgpFlag(
    'bgp bestpath compare-routerid',
    'bestpathCompareRouterId',
    'the lower router id decides between routes of other ASs, not the older route',
  ),
  bgpFlag(
    'bgp bestpath med missing-as-worst',
    'bestpathMedMissingAsWorst',
    'no MED is the worst, not the best',
  ),
  statement(
    'bgp network import-check',
    'networkImportCheck',
    '`network` announces only what the table has a route to; so unless `no` is said',
  ),
  setting<NonNullable<BgpConfig['timersS']>>({
    section,
    keywords: 'timers bgp',
    help: 'seconds between keepalives, and without one until a session is over (default 60 180)',
    argument: timers,
    format: ({ keepalive, hold }) => `${keepalive} ${hold}`,
    get: (config, path) => findBgp(config, path)?.timersS,
    put: (config, path, timersS) => updateBgp(config, path, (bgp) => put(bgp, 'timersS', timersS)),
    refuse: (_config, _path, value) => refuseTimers(value),
  }),
];

function bgpFlag(keywords: string, key: FlagKey, help: string): Command {
  return flag({
    section,
    keywords,
    help,
    get: (config, path) => findBgp(config, path)?.[key] ?? false,
    put: (config, path, on) => updateBgp(config, path, (bgp) => put(bgp, key, on || undefined)),
    stated: true,
  });
}

/** What is so unless `no` is said: the `no` line is what is written. */
function statement(
  keywords: string,
  key: 'ebgpRequiresPolicy' | 'defaultIpv4Unicast' | 'networkImportCheck',
  help: string,
): Command {
  return {
    ...flag({
      section,
      keywords,
      help,
      get: (config, path) => findBgp(config, path)?.[key] !== false,
      put: (config, path, on) => updateBgp(config, path, (bgp) => put(bgp, key, on ? undefined : false)),
      stated: true,
    }),
    lines: (config, path) =>
      findBgp(config, path)?.[key] === false ? [{ text: `no ${keywords}`, group: '' }] : [],
  };
}
