/**
 * Route maps (lib/routemap.c): the entries in order. One that matches and denies ends it; one that matches and permits
 * makes its changes, has the map that it calls decide, too, and ends it, or goes on. An entry that does not match makes
 * the route one that is denied, unless a later one permits it: so, as in FRR, what goes on after a match must be
 * matched again at the end.
 */
import type { CommunitySize, RouteMapConfig, RouteMapEntry, RouteMatch } from '../../config/policy-model.ts';
import type { Origin } from '../protocols/bgp/attributes.ts';
import type { AttributesTest, CommunityTests, PrefixTest } from './lists.ts';
import type { PolicyContext, PolicyRoute } from './policy.ts';
import { type RouteChange, routeChange } from './set.ts';

/** What route maps name; undefined where it is not defined. */
export interface Named {
  prefixList(name: string): PrefixTest | undefined;
  accessList(name: string): PrefixTest | undefined;
  asPathList(name: string): AttributesTest | undefined;
  communityList(name: string, size: CommunitySize): CommunityTests | undefined;
  routeMap(name: string): RouteMap | undefined;
}

type Test = (route: PolicyRoute, context: PolicyContext) => boolean;

interface Entry {
  readonly sequence: number;
  readonly permits: boolean;
  readonly tests: readonly Test[];
  readonly change: RouteChange | undefined;
  readonly call: string | undefined;
  readonly continue: RouteMapEntry['continue'];
}

/** FRR's RMAP_RECURSION_LIMIT: a map called from deeper denies. */
const MAX_CALLS = 10;
const ORIGINS: Readonly<Record<'igp' | 'egp' | 'incomplete', Origin>> = { igp: 0, egp: 1, incomplete: 2 };

export class RouteMap {
  readonly #named: Named;
  readonly #entries: readonly Entry[];

  constructor({ entries }: RouteMapConfig, named: Named) {
    this.#named = named;
    this.#entries = entries.map((entry) => ({
      sequence: entry.sequence,
      permits: entry.action === 'permit',
      tests: entry.match.map((match) => testOf(match, named)),
      change: routeChange(entry.set, (name, size) => named.communityList(name, size)),
      call: entry.call,
      continue: entry.continue,
    }));
  }

  apply(given: PolicyRoute, context: PolicyContext, calls = 0): PolicyRoute | undefined {
    if (calls > MAX_CALLS) return undefined;
    let route = given;
    let permitted = false;
    /** Entries before this sequence number are passed over. */
    let from = 0;
    for (const entry of this.#entries) {
      if (entry.sequence < from) continue;
      if (!entry.tests.every((test) => test(context.matched ?? route, context))) {
        permitted = false;
        continue;
      }
      if (!entry.permits) return undefined;
      permitted = true;
      if (entry.change !== undefined) route = entry.change(route);
      const called = entry.call === undefined ? undefined : this.#named.routeMap(entry.call);
      if (called !== undefined) {
        const result = called.apply(route, context, calls + 1);
        if (result === undefined) return undefined;
        route = result;
      }
      if (entry.continue === undefined) return route;
      if (entry.continue !== 'next') from = entry.continue;
    }
    return permitted ? route : undefined;
  }
}

/** What is not defined matches nothing, and neither does a route that has no such thing. */
function testOf(match: RouteMatch, named: Named): Test {
  switch (match.kind) {
    case 'ip address prefix-list':
      return ({ prefix }) => named.prefixList(match.list)?.(prefix) ?? false;
    case 'ip address':
      return ({ prefix }) => named.accessList(match.list)?.(prefix) ?? false;
    case 'ip next-hop prefix-list':
      return (route) => isNextHop(route, named.prefixList(match.list));
    case 'ip next-hop':
      return (route) => isNextHop(route, named.accessList(match.list));
    case 'ip next-hop address':
      return ({ nextHop, attributes }) => (nextHop ?? attributes?.nextHop) === match.address;
    case 'as-path':
      return ({ attributes }) =>
        attributes !== undefined && (named.asPathList(match.list)?.(attributes) ?? false);
    case 'community':
    case 'large-community': {
      const size = match.kind === 'community' ? 'standard' : 'large';
      return ({ attributes }) =>
        attributes !== undefined &&
        (named.communityList(match.list, size)?.matches(attributes, match.exact) ?? false);
    }
    case 'extcommunity':
      return ({ attributes }) =>
        attributes !== undefined &&
        (named.communityList(match.list, 'extended')?.matches(attributes, false) ?? false);
    case 'metric':
      return ({ metric = 0 }) => metric === match.value;
    case 'tag':
      return ({ tag = 0 }) => tag === match.value;
    case 'local-preference':
      return ({ attributes }) => attributes?.localPreference === match.value;
    case 'interface':
      return (route) => route.interface === match.interface;
    case 'origin':
      return ({ attributes }) => attributes?.origin === ORIGINS[match.origin];
    case 'peer':
      return (_route, { peer }) => peer === match.peer;
    case 'source-protocol':
      return ({ source }) => source === match.protocol;
  }
}

function isNextHop({ nextHop, attributes }: PolicyRoute, list: PrefixTest | undefined): boolean {
  const address = nextHop ?? attributes?.nextHop;
  return address !== undefined && (list?.({ address, length: 32 }) ?? false);
}
