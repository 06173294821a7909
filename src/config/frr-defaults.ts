/**
 * `frr defaults datacenter` and `frr version` of before 7.4: what a BGP that is begun after such a line has where it
 * says nothing else, as in FRR (bgpd/bgp_vty.c, FRR_CFG_DEFAULT_BOOL). Each becomes a setting that is written, so that
 * the canonical form, whose defaults are those of FRR 8.4, means the same without the line.
 */
import type { Word } from './argument.ts';
import type { BgpConfig } from './bgp-model.ts';
import type { RouterConfig } from './model.ts';

export interface FrrDefaults {
  readonly isDatacenter: boolean;
  /** Of the FRR that wrote the text: before it asked for policies, and checked networks, by itself. */
  readonly isBefore74: boolean;
}

export const FRR_DEFAULTS: FrrDefaults = { isDatacenter: false, isBefore74: false };

const DATACENTER_TIMERS = { keepalive: 3, hold: 9 };
const DATACENTER_CONNECT_RETRY_S = 10;

/** The defaults after a line, which most leave as they are. */
export function defaultsAfter(before: FrrDefaults, words: readonly Word[]): FrrDefaults {
  const [frr, what, value] = words.map(({ text }) => text);
  if (frr !== 'frr' || value === undefined) return before;
  if (what === 'defaults') return { ...before, isDatacenter: value === 'datacenter' };
  const version = /^(\d{1,4})\.(\d{1,4})/.exec(value);
  if (what !== 'version' || version === null) return before;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return { ...before, isBefore74: major < 7 || (major === 7 && minor < 4) };
}

/** `after` with the defaults for each BGP that `before` has not. */
export function begunWith(
  { isDatacenter, isBefore74 }: FrrDefaults,
  before: RouterConfig,
  after: RouterConfig,
): RouterConfig {
  if (before.bgp.length >= after.bgp.length || !(isDatacenter || isBefore74)) return after;
  const isNew = ({ vrf }: BgpConfig): boolean => !before.bgp.some((each) => each.vrf === vrf);
  const bgp = after.bgp.map((each): BgpConfig => {
    if (!isNew(each)) return each;
    return {
      ...each,
      ebgpRequiresPolicy: false,
      ...(isDatacenter
        ? { deterministicMed: true, timersS: DATACENTER_TIMERS }
        : { networkImportCheck: false }),
    };
  });
  return { ...after, bgp };
}

/** At the end of the text: neighbours in a data centre try sooner to connect, unless they, or their group, say when. */
export function settled(
  { isDatacenter }: FrrDefaults,
  base: RouterConfig,
  config: RouterConfig,
): RouterConfig {
  if (!isDatacenter) return config;
  const bgp = config.bgp.map((each): BgpConfig => {
    if (base.bgp.some(({ vrf }) => vrf === each.vrf)) return each;
    const patient = new Set(
      each.peerGroups.flatMap(({ name, connectRetryS }) => (connectRetryS === undefined ? [] : [name])),
    );
    const neighbours = each.neighbours.map((neighbour) =>
      neighbour.connectRetryS !== undefined || patient.has(neighbour.peerGroup ?? '')
        ? neighbour
        : { ...neighbour, connectRetryS: DATACENTER_CONNECT_RETRY_S },
    );
    return { ...each, neighbours };
  });
  return { ...config, bgp };
}
