/** What the `set` lines of a route map make of a route (bgpd/bgp_routemap.c). */
import { communityValue, largeCommunityParts } from '../../config/community.ts';
import type { RouteSet } from '../../config/policy-model.ts';
import type { AsSegment, LargeCommunity, Origin, PathAttributes } from '../protocols/bgp/attributes.ts';
import { extendedCommunity } from './extended.ts';
import type { CommunityTests } from './lists.ts';
import type { PolicyRoute } from './policy.ts';

export type RouteChange = (route: PolicyRoute) => PolicyRoute;
/** A list of standard and one of large communities may have the same name. */
type CommunityListOf = (name: string, size: 'standard' | 'large') => CommunityTests | undefined;
type AttributesChange = (attributes: PathAttributes) => PathAttributes;

const MAX_METRIC = 0xffffffff;
export const ORIGINS: Readonly<Record<'igp' | 'egp' | 'incomplete', Origin>> = {
  igp: 0,
  egp: 1,
  incomplete: 2,
};

/** All of an entry's lines as one change. Undefined where there are none. */
export function routeChange(
  sets: readonly RouteSet[],
  communityList: CommunityListOf,
): RouteChange | undefined {
  const ofRoute = sets.flatMap((set) => changeOfRoute(set) ?? []);
  const ofAttributes = sets.flatMap((set) => changeOfAttributes(set, communityList) ?? []);
  if (ofRoute.length + ofAttributes.length === 0) return undefined;
  /** Equal attributes change equally: once for all the routes that share them. */
  const known = new WeakMap<PathAttributes, PathAttributes>();
  const changed = (attributes: PathAttributes): PathAttributes => {
    let result = known.get(attributes);
    if (result === undefined) {
      result = ofAttributes.reduce((before, change) => change(before), attributes);
      known.set(attributes, result);
    }
    return result;
  };
  return (route) => {
    const result = ofRoute.reduce((before, change) => change(before), route);
    return ofAttributes.length === 0 || result.attributes === undefined
      ? result
      : { ...result, attributes: changed(result.attributes) };
  };
}

function changeOfRoute(set: RouteSet): RouteChange | undefined {
  switch (set.kind) {
    case 'metric':
      return (route) => {
        const before = route.metricIsSet ? route.metric : (route.toldMetric ?? route.metric);
        return { ...route, metric: changedMetric(before ?? 0, set), metricIsSet: true };
      };
    case 'metric-type':
      return (route) => ({ ...route, metricType: set.type });
    case 'tag':
      return (route) => ({ ...route, tag: set.value });
    case 'weight':
      return (route) => ({ ...route, weight: set.value });
    case 'distance':
      return (route) => ({ ...route, distance: set.value });
    case 'ip next-hop':
      return (route) => ({ ...route, setNextHop: set.nextHop });
    default:
      return undefined;
  }
}

function changedMetric(before: number, { change, value }: Extract<RouteSet, { kind: 'metric' }>): number {
  if (change === 'set') return value;
  return Math.min(MAX_METRIC, Math.max(0, change === 'add' ? before + value : before - value));
}

function changeOfAttributes(set: RouteSet, communityList: CommunityListOf): AttributesChange | undefined {
  switch (set.kind) {
    case 'local-preference':
      return (attributes) => ({ ...attributes, localPreference: set.value });
    case 'origin':
      return (attributes) => ({ ...attributes, origin: ORIGINS[set.origin] });
    case 'as-path prepend':
      return (attributes) => ({ ...attributes, asPath: prepended(attributes.asPath, set.path) });
    case 'as-path prepend last-as':
      return (attributes) => {
        const last = leftmost(attributes.asPath);
        if (last === undefined) return attributes;
        return { ...attributes, asPath: prepended(attributes.asPath, Array(set.times).fill(last)) };
      };
    case 'as-path exclude':
      return (attributes) => ({ ...attributes, asPath: without(attributes.asPath, set.path) });
    case 'community': {
      const given = set.communities.flatMap((each) => communityValue(each) ?? []);
      return (attributes) => ({
        ...attributes,
        communities: sortedNumbers(set.additive ? [...attributes.communities, ...given] : given),
      });
    }
    case 'large-community': {
      const given = set.communities.flatMap((each) => largeCommunity(each) ?? []);
      return (attributes) => ({
        ...attributes,
        largeCommunities: sortedLarge(set.additive ? [...attributes.largeCommunities, ...given] : given),
      });
    }
    case 'comm-list delete':
      return (attributes) => {
        const list = communityList(set.list, 'standard');
        return list === undefined
          ? attributes
          : { ...attributes, communities: list.standardLeft(attributes) };
      };
    case 'large-comm-list delete':
      return (attributes) => {
        const list = communityList(set.list, 'large');
        return list === undefined
          ? attributes
          : { ...attributes, largeCommunities: list.largeLeft(attributes) };
      };
    case 'extcommunity rt':
    case 'extcommunity soo': {
      const kind = set.kind === 'extcommunity rt' ? 'rt' : 'soo';
      const given = set.targets.flatMap((each) => extendedCommunity(kind, each) ?? []);
      return (attributes) => ({
        ...attributes,
        extendedCommunities: [...new Set([...attributes.extendedCommunities, ...given])].sort(),
      });
    }
    case 'originator-id':
      return (attributes) => ({ ...attributes, originatorId: set.originator });
    case 'atomic-aggregate':
      return (attributes) => ({ ...attributes, atomicAggregate: true });
    case 'aggregator as':
      return (attributes) => ({ ...attributes, aggregator: { as: set.as, address: set.address } });
    default:
      return undefined;
  }
}

/** One segment with the sequence that leads, where there is one. */
export function prepended(path: readonly AsSegment[], numbers: readonly number[]): readonly AsSegment[] {
  const [first, ...rest] = path;
  if (first?.type !== 'sequence') return [{ type: 'sequence', numbers }, ...path];
  return [{ type: 'sequence', numbers: [...numbers, ...first.numbers] }, ...rest];
}

/** FRR's aspath_leftmost: of the sequence that leads. */
function leftmost([first]: readonly AsSegment[]): number | undefined {
  return first?.type === 'sequence' ? first.numbers[0] : undefined;
}

function without(path: readonly AsSegment[], unwanted: readonly number[]): readonly AsSegment[] {
  return path
    .map(({ type, numbers }) => ({ type, numbers: numbers.filter((each) => !unwanted.includes(each)) }))
    .filter(({ numbers }) => numbers.length > 0);
}

function sortedNumbers(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function largeCommunity(text: string): LargeCommunity | undefined {
  const parts = largeCommunityParts(text);
  return parts && { global: parts[0], local1: parts[1], local2: parts[2] };
}

/** Ascending, each once. */
export function sortedLarge(values: readonly LargeCommunity[]): readonly LargeCommunity[] {
  const sorted = [...values].sort(
    (a, b) => a.global - b.global || a.local1 - b.local1 || a.local2 - b.local2,
  );
  return sorted.filter((each, index) => {
    const last = sorted[index - 1];
    return (
      last === undefined ||
      last.global !== each.global ||
      last.local1 !== each.local1 ||
      last.local2 !== each.local2
    );
  });
}
