/**
 * How long IS-IS takes to converge, after the start and after a link failure, and what it costs: instances alone,
 * joined wire to wire on a virtual clock, every router once per plane. `node bench/isis.ts [case]` runs it by itself.
 */
import { LspPool } from '../src/routerd/protocols/isis/pool.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../src/world/clock.ts';
import { seededRandom } from '../src/world/random.ts';
import { TestNetwork } from '../test/routerd/protocols/isis/network.ts';
import { type OspfBenchCase, ospfBenchCases } from './ospf.ts';

const PLANES = 2;
/** Virtual seconds after which every case must have converged; from then on as long again, for the failure. */
const CONVERGED_AFTER_S = 60;

export interface IsisBenchResult {
  readonly name: string;
  readonly routers: number;
  readonly links: number;
  readonly start: IsisBenchPhase;
  /** The first link fails in both planes. */
  readonly failure: IsisBenchPhase;
  /** Resident memory at the end, and its peak in the life of the process, bytes. */
  readonly residentBytes: number;
  readonly peakBytes: number;
  /** LSPs in all databases together. */
  readonly lsps: number;
}

export interface IsisBenchPhase {
  /** Wall-clock and processor seconds of CONVERGED_AFTER_S virtual ones. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Virtual seconds until the last route change. */
  readonly convergedSeconds: number;
  readonly pdus: number;
  readonly spfRuns: number;
  /** Times that only prefixes had changed, and the tree stood. */
  readonly partialRuns: number;
  /** Routes added, replaced or removed on the way. */
  readonly routeChanges: number;
}

export function runIsisBench(
  { name, routers: count, links }: OspfBenchCase,
  keep: unknown[] = [],
): IsisBenchResult {
  const clock = new VirtualClock();
  const pool = new LspPool();
  const random = seededRandom(1, name);
  const metrics = links.map(() => 1 + Math.floor(random.next() * 100));
  let changedNs = 0;
  let routeChanges = 0;
  const planes = Array.from({ length: PLANES }, (_, plane) => {
    const network = new TestNetwork(plane, pool, clock);
    const routers = Array.from({ length: count }, () => network.router());
    links.forEach(([a, b], i) => {
      network.link(routers[a], routers[b], metrics[i]);
    });
    network.keepRoutes = false;
    network.changed = (routes) => {
      changedNs = clock.now();
      routeChanges += routes;
    };
    return network;
  });
  keep.push(planes);
  const total = (key: 'pdusSent' | 'spfRuns' | 'partialRuns' | 'lsps'): number =>
    planes.flatMap(({ routers }) => routers).reduce((sum, { instance }) => sum + instance.counters[key], 0);
  const phase = (begin: () => void): IsisBenchPhase => {
    const wallStart = performance.now();
    const cpuStart = process.cpuUsage();
    const startNs = clock.now();
    const before = { pdus: total('pdusSent'), spf: total('spfRuns'), partial: total('partialRuns') };
    routeChanges = 0;
    changedNs = startNs;
    begin();
    clock.runUntil(startNs + CONVERGED_AFTER_S * SECOND);
    const cpu = process.cpuUsage(cpuStart);
    return {
      wallSeconds: (performance.now() - wallStart) / 1000,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      convergedSeconds: (changedNs - startNs) / SECOND,
      pdus: total('pdusSent') - before.pdus,
      spfRuns: total('spfRuns') - before.spf,
      partialRuns: total('partialRuns') - before.partial,
      routeChanges,
    };
  };
  const start = phase(() => {
    for (const network of planes) network.start();
  });
  const failure = phase(() => {
    for (const network of planes) network.set(network.wires[0], false);
  });
  return {
    name,
    routers: count,
    links: links.length,
    start,
    failure,
    residentBytes: process.memoryUsage().rss,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    lsps: total('lsps'),
  };
}

if (import.meta.main) {
  for (const each of ospfBenchCases()) {
    if (process.argv[2] === undefined || each.name.startsWith(process.argv[2])) {
      console.log(JSON.stringify(runIsisBench(each), null, 1));
    }
  }
}
