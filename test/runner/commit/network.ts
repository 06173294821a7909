/** A random network with traffic in both planes, and a coordinator over a management network that has faults. */
import { expect } from 'chai';
import type { RouterConfig } from '../../../src/config/model.ts';
import { formatConfig } from '../../../src/config/writer.ts';
import type { Plane } from '../../../src/net/wire.ts';
import { askAll } from '../../../src/runner/ask.ts';
import { embedded } from '../../../src/runner/backends/embedded/embedded.ts';
import { commit, type Outcome, type PhaseReport } from '../../../src/runner/commit/coordinator.ts';
import type { Experiment, Link } from '../../../src/runner/experiment/resolved.ts';
import type { Lab } from '../../../src/runner/lab.ts';
import { wireTime } from '../../../src/runner/steps/commit.ts';
import { Flow } from '../../../src/traffic/flow.ts';
import { Sink } from '../../../src/traffic/sink.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import type { Postcard } from '../../../src/world/observation.ts';
import { type Random, seededRandom } from '../../../src/world/random.ts';
import { deployment } from '../../support/deployment.ts';
import { experimentOf, interfacesOf, type Shape, staticRoutes } from '../../support/experiment.ts';

export const OLD = 1;
export const NEW = 2;
export const PHASE_LIMIT = 200 * MILLISECOND;

export interface Faults {
  readonly loss: number;
  readonly unreachable: Experiment['management']['unreachable'];
}

/** What is different from links of 1 Gbit/s with next to nothing on them. */
export interface Variation {
  readonly hopTimeNs?: number;
  /** Of every link between routers. */
  readonly link?: Partial<Link>;
  /** Added to a router's configuration. */
  readonly configure?: (config: RouterConfig, plane: Plane) => RouterConfig;
}

/** A random network with random routes in each plane, traffic between random hosts in both, and a coordinator. */
export async function deploy(seed: number, faults: Faults, variation: Variation = {}) {
  const random = seededRandom(seed);
  const shape = randomShape(random);
  const weights = { real: randomWeights(shape, random), shadow: randomWeights(shape, random) };
  const { configure = (config) => config, link = {} } = variation;
  const plain = experimentOf(
    shape,
    (plane, router) =>
      configure(
        {
          ...interfacesOf(shape, router),
          staticRoutes: staticRoutes(shape, router, weights[plane]),
        },
        plane,
      ),
    {
      seed,
      management: {
        delayNs: Math.ceil(random.next() * 2 * MILLISECOND),
        jitterNs: Math.floor(random.next() * 8 * MILLISECOND),
        ...faults,
      },
    },
  );
  const links = plain.topology.links.map((one, index) =>
    index < shape.links.length ? { ...one, ...link } : one,
  );
  const experiment = { ...plain, topology: { ...plain.topology, links } };
  const lab = await embedded.deploy(experiment, deployment());
  const routers = experiment.topology.routers.map(({ name }) => name);
  const configs = new Map(experiment.configs.map((config) => [config.router, config]));
  for (const [plane, tag] of [['real', OLD] as const, ['shadow', NEW] as const]) {
    await askAll<'load'>(lab, routers, (router) => {
      const config = configs.get(router)?.[plane];
      return { op: 'load', plane, tag, config: config === undefined ? '' : formatConfig(config) };
    });
  }
  for (const host of lab.hosts.values()) host.greetGateway();
  await lab.runUntil(() => false, lab.clock.now() + 100 * MILLISECOND);

  const startedNs = lab.clock.now();
  let stoppedNs = startedNs;
  const flows = startTraffic(lab, shape.routers);
  const reports: PhaseReport[] = [];
  const postcards: Postcard[] = [];

  return {
    lab,
    routers,
    reports,
    /** Loads the shadow's configuration once more, under another tag. */
    replaceShadow: (tag: number) =>
      askAll<'load'>(lab, routers, (router) => {
        const config = configs.get(router)?.shadow;
        return { op: 'load', plane: 'shadow', tag, config: config === undefined ? '' : formatConfig(config) };
      }),
    /** What routers wrote about packets, by `drain`. */
    postcards,
    /** With the name of a phase that R1 refuses, if one is given. */
    commit: async (oldTag: number, newTag: number, refused?: string): Promise<Outcome> => {
      const outcomes: Outcome[] = [];
      commit(
        lab.clock,
        (router, request, answered) => {
          if (router !== 'R1' || request.op !== 'commit' || request.phase !== refused) {
            lab.routers.get(router)?.ask(request, answered);
          } else lab.clock.after(MILLISECOND, () => answered({ ok: false, error: 'will not' }));
        },
        {
          routers,
          oldTag,
          newTag,
          phaseLimitNs: PHASE_LIMIT,
          withinNs: 10 * SECOND,
          hopTimeNs: variation.hopTimeNs ?? wireTime(experiment.topology),
          repeatNs: 40 * MILLISECOND,
        },
        { progress: (report) => reports.push(report), done: (outcome) => outcomes.push(outcome) },
      );
      expect(await lab.runUntil(() => outcomes.length > 0, lab.clock.now() + 60 * SECOND)).to.equal(true);
      await lab.runUntil(() => false, lab.clock.now() + 20 * MILLISECOND);
      return outcomes[0];
    },
    /** Ends the traffic, lets the last packets arrive and takes what routers wrote. */
    drain: async (forNs = 100 * MILLISECOND): Promise<void> => {
      stoppedNs = lab.clock.now();
      for (const { flow } of flows) {
        flow.stop();
        flow.mark();
      }
      await lab.runUntil(() => false, lab.clock.now() + forNs);
      const answers = await askAll<'trace'>(lab, routers, () => ({ op: 'trace', batch: 0 }));
      for (const answer of answers.values()) {
        expect(answer.dropped).to.equal(0);
        postcards.push(...answer.postcards);
      }
      postcards.sort((a, b) => a.timeNs - b.timeNs);
    },
    /** Of both planes, unless one is named. */
    faults: (only?: Plane) =>
      faultsOf(
        postcards.filter(({ plane }) => only === undefined || plane === only),
        flows.filter(({ flow }) => only === undefined || flow.planes.includes(only)),
        startedNs,
        stoppedNs,
      ),
  };
}

type RunningFlow = { readonly id: number; readonly from: string; readonly to: string; readonly flow: Flow };

/** From every host to the next one, and as a mirror image in the shadow: each plane has packets everywhere. */
function startTraffic(lab: Lab, hosts: number): readonly RunningFlow[] {
  const sinks = new Map([...lab.hosts].map(([name, host]) => [name, new Sink(lab.clock, host)]));
  return Array.from({ length: 2 * hosts }, (_, index) => {
    const from = `H${index % hosts}`;
    const to = `H${(index + 1 + Math.floor(index / hosts)) % hosts}`;
    const source = lab.hosts.get(from);
    const sink = sinks.get(to);
    if (source === undefined || sink === undefined) throw new Error(`no ${from} or ${to}`);
    const flow = new Flow(lab, source, sink, {
      id: index + 1,
      plane: index < hosts ? 'real' : 'shadow',
      mirror: false,
      packetBytes: 100,
      rateBps: 200_000,
      kind: 'rate',
      arrival: { kind: 'poisson' },
      traceEvery: 1,
    });
    flow.start();
    return { id: index + 1, from, to, flow };
  });
}

/** What must not be: packets lost, forwarded under two tags, or twice by one router. In words, for the failure. */
function faultsOf(
  postcards: readonly Postcard[],
  flows: readonly RunningFlow[],
  fromNs: number,
  toNs: number,
): readonly string[] {
  const faults: string[] = [];
  const packets = new Map<string, { tags: Set<number>; routers: string[] }>();
  for (const { flow, plane, sequence, tag, router, verdict, reason } of postcards) {
    const key = `flow ${flow} ${plane} packet ${sequence}`;
    const packet = packets.get(key) ?? { tags: new Set(), routers: [] };
    packets.set(key, packet);
    packet.tags.add(tag);
    if (packet.routers.includes(router)) faults.push(`${key} looped at ${router}`);
    packet.routers.push(router);
    if (verdict === 'dropped') faults.push(`${key} dropped at ${router}: ${reason}`);
  }
  for (const [key, { tags }] of packets) if (tags.size > 1) faults.push(`${key} under tags ${[...tags]}`);
  if (packets.size === 0) faults.push('no packet was traced');
  for (const { id, flow } of flows) {
    for (const plane of flow.planes) {
      const { sent, received } = flow.window(plane, fromNs, toNs);
      if (sent === 0) faults.push(`flow ${id} sent nothing`);
      if (received !== sent) faults.push(`flow ${id}: ${sent - received} of ${sent} lost`);
    }
  }
  return faults;
}

export async function fibs(lab: Lab, plane: Plane, routers = [...lab.routers.keys()]) {
  const answers = await askAll<'fib'>(lab, routers, () => ({ op: 'fib', plane }));
  return [...answers].map(([router, { entries }]) => [router, entries] as const);
}

/** 3 to 7 routers: a random tree, and some links more. */
function randomShape(random: Random): Shape {
  const routers = 3 + Math.floor(random.next() * 5);
  const links: (readonly [number, number])[] = [];
  const has = (a: number, b: number): boolean => links.some((link) => link.includes(a) && link.includes(b));
  for (let router = 1; router < routers; router++) links.push([Math.floor(random.next() * router), router]);
  for (let extra = 0; extra < routers; extra++) {
    const a = Math.floor(random.next() * routers);
    const b = Math.floor(random.next() * routers);
    if (a !== b && !has(a, b)) links.push([a, b]);
  }
  const delaysNs = links.map(() => Math.ceil(random.next() * 20 * MILLISECOND));
  return { routers, links, delaysNs };
}

function randomWeights({ links }: Shape, random: Random): readonly number[] {
  return links.map(() => 1 + random.next());
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.next() * items.length)];
}
