/**
 * Adjacencies and sessions of both planes at the end of a step, side by side. Where the planes differ in them, what
 * was tried in the shadow may have been tried in another network than was meant, though every claim held: on a
 * redundant link nobody misses a neighbour.
 */
import type { Plane } from '../net/wire.ts';
import type { NeighbourEntry } from '../world/observation.ts';
import { failureAt } from './failures.ts';
import { PLANES, type RunView } from './view.ts';

/** A neighbour as its router has it in each plane. */
export interface NeighbourRow {
  readonly router: string;
  /** `OSPF`, `IS-IS level 2`, `BGP` */
  readonly protocol: string;
  /** The other router, if it is one of the network's. */
  readonly other?: string;
  /** Of a session the neighbour's address, of an adjacency the port, or the address where nobody is known to have it. */
  readonly at: string;
  readonly vrf: string;
  readonly real: NeighbourEntry | undefined;
  readonly shadow: NeighbourEntry | undefined;
}

/** By router, the real plane's order first. */
export function neighbourRows(step: number, view: RunView): readonly NeighbourRow[] {
  return view.network.routers.flatMap((router) => {
    const [real, shadow] = PLANES.map(
      (plane) =>
        new Map(
          (view.neighbours(step, router, plane) ?? []).map((entry) => [keyOf(router, entry, view), entry]),
        ),
    );
    return [...new Map([...shadow, ...real])].map(([key, entry]) => {
      const { port, address, protocol, vrf = '' } = entry;
      const other = otherOf(router, entry, view);
      return {
        router,
        protocol: protocol === undefined ? 'OSPF' : protocol === 'bgp' ? 'BGP' : `IS-IS level ${entry.level}`,
        ...(other !== undefined && { other }),
        at: protocol === 'bgp' || other === undefined ? address : port,
        vrf,
        real: real.get(key),
        shadow: shadow.get(key),
      };
    });
  });
}

/** The same neighbour in both planes, be its router id or its address on a link another one there. */
function keyOf(router: string, entry: NeighbourEntry, view: RunView): string {
  const { protocol, level, vrf, port, address } = entry;
  const who = protocol === 'bgp' ? address : (otherOf(router, entry, view) ?? address);
  return JSON.stringify([protocol, level, vrf, port, who]);
}

function otherOf(
  router: string,
  { protocol, port, address }: NeighbourEntry,
  view: RunView,
): string | undefined {
  return protocol === 'bgp'
    ? view.network.nodeWith(address, router)
    : view.network.neighbourAt(router, port, address)?.node;
}

const UP: ReadonlySet<string> = new Set(['Full', '2-Way', 'Up', 'Established']);

export function isUp(entry: NeighbourEntry | undefined): boolean {
  return entry !== undefined && UP.has(entry.state);
}

/** Neighbours that a notice names; it says how many more there are. */
const MAX_NAMED = 4;

/**
 * What one plane has up and the other has not at the end of a step, in a sentence for each of the two; what a failure
 * explains is left out, and routers that were not heard of in both planes.
 */
export function neighbourNotices(step: number, view: RunView): readonly string[] {
  const rows = neighbourRows(step, view).filter(({ router }) =>
    PLANES.every((plane) => view.neighbours(step, router, plane) !== undefined),
  );
  return PLANES.flatMap((plane) => {
    const lacking: Plane = plane === 'real' ? 'shadow' : 'real';
    const found = new Set(
      rows
        .filter((row) => isUp(row[plane]) && !isUp(row[lacking]) && !isFailed(row, lacking, step, view))
        .map(nameOf),
    );
    if (found.size === 0) return [];
    const named = [...found].slice(0, MAX_NAMED);
    const rest = found.size - named.length;
    const more = rest === 0 ? '' : `; and ${rest} more`;
    return [`neighbours in ${plane} at the end, not in ${lacking}: ${named.join('; ')}${more}`];
  });
}

/** Once for both ends. */
function nameOf({ router, protocol, other, at, vrf }: NeighbourRow): string {
  const ends = other === undefined ? [router, at] : [router, other].toSorted();
  return `${ends.join(' and ')} (${protocol}${vrf === '' ? '' : `, VRF ${vrf}`})`;
}

function isFailed(
  { router, other, ...row }: NeighbourRow,
  plane: Plane,
  step: number,
  view: RunView,
): boolean {
  const failed = view.failedAt(step, plane);
  if (failed.includes(`router ${router}`) || failed.includes(`router ${other}`)) return true;
  const ports = view.start.links.flatMap(({ ends }) =>
    ends.some(({ node }) => node === other) ? ends.filter(({ node }) => node === router) : [],
  );
  const port = (row.real ?? row.shadow)?.port;
  const own = ports.some((end) => end.port === port) ? ports.filter((end) => end.port === port) : ports;
  return own.some((end) => {
    const link = view.network.linkAt(router, end.port);
    return [end, ...(link?.ends ?? [])].some(
      (each) => failureAt(each.node, each.port, failed, view.network) !== undefined,
    );
  });
}
