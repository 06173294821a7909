/**
 * What an area border router tells each of its areas about the others (RFC 2328 12.4.3, 3.5, 3.6): networks and
 * boundary routers, ranges in place of what lies within them, and into stub areas a default route. Pure.
 */
import { maskOf, type Prefix } from '../../../net/address.ts';
import { keyOf, withLinkStateIds } from './announcements.ts';
import { BACKBONE, LS_INFINITY, OPTION_E } from './constants.ts';
import { ROUTE_KINDS } from './contract.ts';
import { ASBR_SUMMARY_LSA, SUMMARY_LSA } from './lsa.ts';
import type { OwnLsa } from './origination.ts';
import type { LsaPool } from './pool.ts';
import { type AreaView, type RoutingTable, rangeOf } from './routing-table.ts';
import { UNREACHABLE } from './spf.ts';

/** A network that one area may be told of by way of another. */
export interface Candidate {
  readonly prefix: Prefix;
  readonly cost: number;
  /** Index of the area that it is reached through. */
  readonly area: number;
  readonly isInterArea: boolean;
}

const DEFAULT: Prefix = { address: 0, length: 0 };
const INTRA = ROUTE_KINDS.indexOf('intra-area');
const INTER = ROUTE_KINDS.indexOf('inter-area');

/** Everything that could be said, ranges applied. */
export function summaryCandidates(
  pool: LsaPool,
  areas: readonly AreaView[],
  table: RoutingTable,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (let number = 0; number < table.costs.length; number++) {
    const cost = table.costs[number];
    const kind = table.kinds[number];
    if (cost === UNREACHABLE || cost >= LS_INFINITY || (kind !== INTRA && kind !== INTER)) continue;
    const area = table.areas[number];
    const prefix = pool.prefixes.valueOf(number);
    const isInterArea = kind === INTER;
    if (!isInterArea && rangeOf(areas[area].settings, prefix) >= 0) continue;
    candidates.push({ prefix, cost, area, isInterArea });
  }
  for (const [number, { area, range, cost }] of table.activeRanges) {
    const { advertise } = areas[area].settings.ranges[range];
    const prefix = pool.prefixes.valueOf(number);
    if (advertise && cost < LS_INFINITY) candidates.push({ prefix, cost, area, isInterArea: false });
  }
  return candidates;
}

/** The summary-LSAs for the area of index `target`, by keyOf. */
export function summariesInto(
  target: number,
  areas: readonly AreaView[],
  table: RoutingTable,
  candidates: readonly Candidate[],
): Map<number, OwnLsa> {
  const { id, kind, settings } = areas[target];
  const options = kind === 'ordinary' ? OPTION_E : 0;
  const lsas = new Map<number, OwnLsa>();
  const isTold = (area: number, isInterArea: boolean): boolean =>
    area !== target && !(isInterArea && id === BACKBONE);
  const networks: { prefix: Prefix; metric: number }[] = [];
  const isClosed = kind !== 'ordinary' && settings.noSummary;
  if (!isClosed) {
    for (const { prefix, cost, area, isInterArea } of candidates) {
      if (!isTold(area, isInterArea) || (kind === 'stub' && prefix.length === 0)) continue;
      networks.push({ prefix, metric: cost });
    }
  }
  if (kind === 'stub' || isClosed) networks.push({ prefix: DEFAULT, metric: settings.defaultCost });
  for (const [linkStateId, { prefix, metric }] of withLinkStateIds(networks)) {
    const body = { kind: 'summary', mask: maskOf(prefix.length), metric } as const;
    lsas.set(keyOf(SUMMARY_LSA, linkStateId), { options, body });
  }
  if (kind !== 'ordinary') return lsas;
  for (const [router, way] of table.boundaryRouters) {
    if (!isTold(way.area, way.kind === 'inter-area') || way.cost >= LS_INFINITY) continue;
    lsas.set(keyOf(ASBR_SUMMARY_LSA, router), {
      options,
      body: { kind: 'summary', mask: 0, metric: way.cost },
    });
  }
  return lsas;
}
