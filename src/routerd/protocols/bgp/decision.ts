/**
 * Which of a destination's paths is the best, and which are as good (RFC 4271 9.1.2.2, in FRR's order:
 * bgpd/bgp_route.c `bgp_path_info_cmp`):
 *
 *      1 the largest weight                     7 from another AS before from ours
 *      2 the largest LOCAL_PREF                 8 the smallest IGP metric to the next hop
 *      3 the router's own                       9 of two from other ASes the one in use, unless compare-routerid
 *      4 the shortest AS_PATH                  10 the smallest router id, or ORIGINATOR_ID (RFC 4456 9)
 *      5 the smallest ORIGIN                   11 the shortest CLUSTER_LIST
 *      6 the smallest MED, from one AS         12 the smallest neighbour's address
 *
 * Paths that are equal up to 8, and with `equal-cluster-length` in 11, too, can be used together (multipath). Left out: AIGP and confederations.
 */
import type { AsSegment } from './attributes.ts';
import type { Path } from './path.ts';

export interface DecisionSettings {
  readonly defaultLocalPreference: number;
  readonly alwaysCompareMed: boolean;
  readonly deterministicMed: boolean;
  readonly medMissingAsWorst: boolean;
  readonly asPathIgnore: boolean;
  readonly compareRouterId: boolean;
  readonly multipathRelax: boolean;
  /** Paths to use together: from other ASes, and from ours. */
  readonly maximumPaths: number;
  readonly maximumPathsIbgp: number;
  /** Of two from ours the one that was reflected less often is better, and they share no traffic. */
  readonly equalClusterLength?: boolean;
}

/** The best path first, then those used with it, by neighbour's address. Empty: none can be used. */
export type Selection = readonly Path[];

const NOTHING: Selection = [];
const WORST_MED = 0xffffffff;

/** What to use of `paths`, while `former` is in use. Equal input, in equal order, gives equal output. */
export function decide(
  paths: readonly Path[],
  former: Path | undefined,
  settings: DecisionSettings,
): Selection {
  const usable = paths.filter(isUsable);
  if (usable.length < 2) return usable.length === 0 ? NOTHING : usable;
  const isBetter = (a: Path, b: Path): boolean => comparePaths(a, b, former, settings) < 0;
  const bestOf = (list: readonly Path[]): Path =>
    list.reduce((best, path) => (isBetter(path, best) ? path : best));
  const best = bestOf(settings.deterministicMed ? byNeighbourAs(usable).map(bestOf) : usable);
  const limit = best.source.kind === 'internal' ? settings.maximumPathsIbgp : settings.maximumPaths;
  if (limit <= 1 || best.source.kind === 'local') return [best];
  const equals = usable.filter((path) => path !== best && isAsGood(path, best, settings));
  equals.sort((a, b) => a.source.address - b.source.address);
  return [best, ...equals.slice(0, limit - 1)];
}

/** Its session is there, and its next hop can be reached. */
export function isUsable({ source, hop }: Path): boolean {
  return !source.isGone && hop.nextHops !== undefined;
}

/** Negative where `a` is better. */
export function comparePaths(a: Path, b: Path, former: Path | undefined, settings: DecisionSettings): number {
  const merit = compareMerit(a, b, settings);
  if (merit !== 0) return merit;
  const isExternal = a.source.kind === 'external' && b.source.kind === 'external';
  if (isExternal && !settings.compareRouterId) {
    if (a === former) return -1;
    if (b === former) return 1;
  }
  return (
    routerIdOf(a) - routerIdOf(b) ||
    a.attributes.clusterList.length - b.attributes.clusterList.length ||
    a.source.address - b.source.address
  );
}

/** Rules 1 to 8. */
function compareMerit(a: Path, b: Path, settings: DecisionSettings): number {
  const preference = settings.defaultLocalPreference;
  return (
    b.weight - a.weight ||
    (b.attributes.localPreference ?? preference) - (a.attributes.localPreference ?? preference) ||
    Number(b.source.kind === 'local') - Number(a.source.kind === 'local') ||
    (settings.asPathIgnore ? 0 : a.asPathLength - b.asPathLength) ||
    a.attributes.origin - b.attributes.origin ||
    (comparesMed(a, b, settings) ? medOf(a, settings) - medOf(b, settings) : 0) ||
    Number(a.source.kind === 'internal') - Number(b.source.kind === 'internal') ||
    a.hop.metric - b.hop.metric ||
    (settings.equalClusterLength && a.source.kind === 'internal' && b.source.kind === 'internal'
      ? a.attributes.clusterList.length - b.attributes.clusterList.length
      : 0)
  );
}

/** MEDs say something of ways into one AS only; two paths that began in ours are of one, too. */
function comparesMed(a: Path, b: Path, { alwaysCompareMed }: DecisionSettings): boolean {
  if (alwaysCompareMed) return true;
  return a.neighbourAs === b.neighbourAs && (a.neighbourAs !== 0 || a.asPathLength + b.asPathLength === 0);
}

function medOf({ attributes }: Path, { medMissingAsWorst }: DecisionSettings): number {
  return attributes.med ?? (medMissingAsWorst ? WORST_MED : 0);
}

function routerIdOf({ source, attributes }: Path): number {
  return attributes.originatorId ?? source.routerId;
}

/** FRR's condition of multipath: one neighbouring AS, or in ours one AS path; `multipath-relax` asks for neither. */
function isAsGood(path: Path, best: Path, settings: DecisionSettings): boolean {
  if (compareMerit(path, best, settings) !== 0) return false;
  if ((path.label === undefined) !== (best.label === undefined)) return false;
  if (settings.multipathRelax) return path.asPathLength === best.asPathLength;
  if (best.source.kind === 'internal') return sameAsPath(path.attributes.asPath, best.attributes.asPath);
  return path.source.as === best.source.as;
}

function sameAsPath(a: readonly AsSegment[], b: readonly AsSegment[]): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every(
        ({ type, numbers }, at) =>
          type === b[at].type &&
          numbers.length === b[at].numbers.length &&
          numbers.every((number, index) => number === b[at].numbers[index]),
      ))
  );
}

function byNeighbourAs(paths: readonly Path[]): readonly (readonly Path[])[] {
  const groups = new Map<number, Path[]>();
  for (const path of paths) {
    const group = groups.get(path.neighbourAs);
    if (group === undefined) groups.set(path.neighbourAs, [path]);
    else group.push(path);
  }
  return [...groups.values()];
}
