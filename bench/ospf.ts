/**
 * How long OSPF takes to converge, and what it costs: instances alone, joined wire to wire on a virtual clock,
 * every router once per plane. `node bench/ospf.ts [case]` runs it by itself.
 */
import { readFileSync } from 'node:fs';
import { LsaPool } from '../src/routerd/protocols/ospf/pool.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../src/world/clock.ts';
import { seededRandom } from '../src/world/random.ts';
import { TestNetwork } from '../test/routerd/protocols/ospf/network.ts';

const PLANES = 2;
/** Virtual seconds after which every case must have converged. */
const CONVERGED_AFTER_S = 60;
/** Less than a Hello interval, so that what is sent is because of the failure. */
const FAILURE_WATCHED_S = 9;

export interface OspfBenchResult {
  readonly name: string;
  readonly routers: number;
  readonly links: number;
  /** Wall-clock and processor seconds until both planes have converged (60 s of virtual time). */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Virtual second of the last route change. */
  readonly convergedSeconds: number;
  /** Resident memory at the end, and its peak in the life of the process, bytes. */
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly packets: number;
  readonly spfRuns: number;
  /** LSAs in all databases together. */
  readonly lsas: number;
  /** Routes added, replaced or removed on the way. */
  readonly routeChanges: number;
  /** Then a link that the network can do without fails in one plane: from there to the last route change, and what it cost. */
  readonly failure: {
    readonly convergedSeconds: number;
    readonly wallSeconds: number;
    readonly packets: number;
    readonly spfRuns: number;
  };
}

export interface OspfBenchCase {
  readonly name: string;
  readonly routers: number;
  readonly links: readonly (readonly [number, number])[];
}

/** The cases; Kdl only where its file is (path relative to the repository's root). */
export function ospfBenchCases(): readonly OspfBenchCase[] {
  return [grid(10, 10), ...kdl('../shared/data/topology/zoo/Kdl.gml'), randomNetwork(1000, 3)];
}

export function runOspfBench(
  { name, routers: count, links }: OspfBenchCase,
  keep: unknown[] = [],
): OspfBenchResult {
  const wallStart = performance.now();
  const cpuStart = process.cpuUsage();
  const clock = new VirtualClock();
  const pool = new LsaPool();
  const random = seededRandom(1, name);
  const costs = links.map(() => 1 + Math.floor(random.next() * 100));
  let convergedNs = 0;
  let routeChanges = 0;
  const planes = Array.from({ length: PLANES }, (_, plane) => {
    const network = new TestNetwork(plane, pool, clock);
    const routers = Array.from({ length: count }, () => network.router());
    links.forEach(([a, b], i) => {
      network.link(routers[a], routers[b], costs[i]);
    });
    network.keepRoutes = false;
    network.changed = (routes) => {
      convergedNs = clock.now();
      routeChanges += routes;
    };
    return network;
  });
  keep.push(planes);
  for (const network of planes) network.start();
  clock.runUntil(CONVERGED_AFTER_S * SECOND);
  const cpu = process.cpuUsage(cpuStart);
  const wallSeconds = (performance.now() - wallStart) / 1000;
  const total = (key: 'packetsSent' | 'spfRuns' | 'lsas'): number =>
    planes.flatMap(({ routers }) => routers).reduce((sum, { instance }) => sum + instance.counters[key], 0);
  const started = {
    convergedSeconds: convergedNs / SECOND,
    residentBytes: process.memoryUsage().rss,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    packets: total('packetsSent'),
    spfRuns: total('spfRuns'),
    lsas: total('lsas'),
    routeChanges,
  };
  const failedNs = clock.now();
  const failedMs = performance.now();
  planes[0].set(planes[0].wires[redundantLink(count, links)], false);
  clock.runUntil(failedNs + FAILURE_WATCHED_S * SECOND);
  const failure = {
    convergedSeconds: (convergedNs - failedNs) / SECOND,
    wallSeconds: (performance.now() - failedMs) / 1000,
    packets: total('packetsSent') - started.packets,
    spfRuns: total('spfRuns') - started.spfRuns,
  };
  return {
    name,
    routers: count,
    links: links.length,
    wallSeconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    ...started,
    failure,
  };
}

/** The first link that the network does not fall apart without. */
function redundantLink(count: number, links: OspfBenchCase['links']): number {
  return links.findIndex((_, without) => {
    const neighbours = Array.from({ length: count }, (): number[] => []);
    links.forEach(([a, b], i) => {
      if (i === without) return;
      neighbours[a].push(b);
      neighbours[b].push(a);
    });
    const reached = new Set([0]);
    for (const router of reached) for (const next of neighbours[router]) reached.add(next);
    return reached.size === count;
  });
}

function grid(width: number, height: number): OspfBenchCase {
  const links: [number, number][] = [];
  for (let at = 0; at < width * height; at++) {
    if (at % width < width - 1) links.push([at, at + 1]);
    if (at + width < width * height) links.push([at, at + width]);
  }
  return { name: `grid ${width} x ${height}`, routers: width * height, links };
}

/** A random tree, so that it is connected, and random links on top, `degree` link ends a router on average. */
function randomNetwork(routers: number, degree: number): OspfBenchCase {
  const random = seededRandom(1, 'random network');
  const pick = (below: number): number => Math.floor(random.next() * below);
  const links: [number, number][] = [];
  for (let at = 1; at < routers; at++) links.push([at, pick(at)]);
  while (links.length < (routers * degree) / 2) {
    const a = pick(routers);
    const b = pick(routers);
    if (a !== b) links.push([a, b]);
  }
  return { name: `random ${routers}`, routers, links };
}

function kdl(file: string): readonly OspfBenchCase[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const ids = [...text.matchAll(/\bnode \[\s+id (\d+)/g)].map((match) => match[1]);
  const number = new Map(ids.map((id, i) => [id, i]));
  const links = [...text.matchAll(/\bedge \[\s+source (\d+)\s+target (\d+)/g)].map(
    ([, source, target]): [number, number] => [number.get(source) ?? 0, number.get(target) ?? 0],
  );
  return [{ name: 'Kdl', routers: ids.length, links }];
}

if (import.meta.main) {
  for (const each of ospfBenchCases()) {
    if (process.argv[2] === undefined || each.name.startsWith(process.argv[2])) {
      console.log(JSON.stringify(runOspfBench(each), null, 1));
    }
  }
}
