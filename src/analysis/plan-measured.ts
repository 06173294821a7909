/** What the links of a run carried, from its routers' counters: what the planner's limits are held against. */
import type { PortCounters } from '../world/observation.ts';
import type { CounterSnapshot, Fact, LinkFact } from './facts.ts';
import type { SizeDistribution } from './plan-sizes.ts';

/**
 * One plane at one port during one step: IPv4 packets that were to be sent, those included that its queue had no
 * room for; their bytes counted whole, what was dropped as long as what was sent.
 */
export interface Offered {
  readonly packets: number;
  readonly bytes: number;
}

/** One direction of a link between routers, in the step in which it carried most. */
export interface LinkLoad {
  readonly link: string;
  readonly router: string;
  readonly port: string;
  readonly step: number;
  readonly seconds: number;
  readonly rateBps: number;
  readonly real: Offered;
  readonly shadow: Offered;
}

/**
 * Of every link between routers and each of its ends the busiest step; what carried nothing in any step is left
 * out. In the order of links and ends. A step of which a router's counters are not recorded is not seen.
 */
export function linkLoads(facts: readonly Fact[]): readonly LinkLoad[] {
  const [start] = facts;
  if (start?.fact !== 'run-started') return [];
  const routers = new Set(start.nodes.filter(({ kind }) => kind === 'router').map(({ name }) => name));
  const snapshots = new Map<string, CounterSnapshot[]>();
  for (const fact of facts) {
    if (fact.fact !== 'counters') continue;
    const known = snapshots.get(fact.router);
    if (known === undefined) snapshots.set(fact.router, [fact]);
    else known.push(fact);
  }
  return start.links
    .filter(({ ends }) => ends.every(({ node }) => routers.has(node)))
    .flatMap((link) =>
      link.ends.flatMap(({ node, port }) => busiest(link, node, port, snapshots.get(node) ?? [])),
    );
}

function busiest(
  link: LinkFact,
  router: string,
  port: string,
  snapshots: readonly CounterSnapshot[],
): readonly LinkLoad[] {
  let most: LinkLoad | undefined;
  for (let index = 1; index < snapshots.length; index++) {
    const [before, after] = [snapshots[index - 1], snapshots[index]];
    const seconds = (after.t - before.t) / 1e9;
    const real = offeredBetween(before, after, port, 'real');
    const shadow = offeredBetween(before, after, port, 'shadow');
    if (seconds <= 0 || real.packets + shadow.packets === 0) continue;
    const { name, rateBps } = link;
    const load: LinkLoad = { link: name, router, port, step: after.step, seconds, rateBps, real, shadow };
    if (most === undefined || bytesPerSecond(load) > bytesPerSecond(most)) most = load;
  }
  return most === undefined ? [] : [most];
}

function offeredBetween(
  before: CounterSnapshot,
  after: CounterSnapshot,
  port: string,
  plane: PortCounters['plane'],
): Offered {
  const of = ({ ports }: CounterSnapshot): PortCounters | undefined =>
    ports.find((counters) => counters.port === port && counters.plane === plane);
  const [a, b] = [of(before), of(after)];
  const sent = (b?.outPackets ?? 0) - (a?.outPackets ?? 0);
  const sentBytes = (b?.outBytes ?? 0) - (a?.outBytes ?? 0);
  const dropped = (b?.drops.queue ?? 0) - (a?.drops.queue ?? 0);
  // How long they were is not counted: none sent, and nothing is known of them.
  if (sent === 0) return { packets: 0, bytes: 0 };
  return { packets: sent + dropped, bytes: (sentBytes * (sent + dropped)) / sent };
}

const bytesPerSecond = ({ real, shadow, seconds }: LinkLoad): number => (real.bytes + shadow.bytes) / seconds;

/** The mean size of a plane's packets; of a plane that sent none, that of the other: the shadow is to carry copies. */
export function offeredSizes(own: Offered, other: Offered): SizeDistribution {
  const { packets, bytes } = own.packets > 0 ? own : other;
  return [{ bytes: bytes / packets, weight: 1 }];
}

/** All links together. */
export function totalOffered(loads: readonly LinkLoad[], plane: 'real' | 'shadow'): Offered {
  return loads.reduce(
    (sum, load) => ({ packets: sum.packets + load[plane].packets, bytes: sum.bytes + load[plane].bytes }),
    { packets: 0, bytes: 0 },
  );
}

/** The share of the link that these packets take when they travel whole. */
export function loadOf({ packets }: Offered, meanWireBytes: number, { seconds, rateBps }: LinkLoad): number {
  return (packets * meanWireBytes * 8) / (seconds * rateBps);
}
