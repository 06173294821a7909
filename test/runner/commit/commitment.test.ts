/**
 * Commitment as a whole: real routers, hosts and links, a management network that delays, loses and cuts off.
 * Whatever happens there, a packet is forwarded by one configuration from end to end.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatConfig } from '../../../src/config/writer.ts';
import { askAll } from '../../../src/runner/ask.ts';
import { embedded } from '../../../src/runner/backends/embedded/embedded.ts';
import { commit, type Outcome, type PhaseReport } from '../../../src/runner/commit/coordinator.ts';
import type { Experiment } from '../../../src/runner/experiment/resolved.ts';
import type { Lab } from '../../../src/runner/lab.ts';
import { hopTime } from '../../../src/runner/steps/commit.ts';
import { Flow } from '../../../src/traffic/flow.ts';
import { Sink } from '../../../src/traffic/sink.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import type { Postcard } from '../../../src/world/observation.ts';
import { type Random, seededRandom } from '../../../src/world/random.ts';
import { experimentOf, interfacesOf, type Shape, staticRoutes } from '../../support/experiment.ts';

const OLD = 1;
const NEW = 2;
const PHASE_LIMIT = 200 * MILLISECOND;

describe('commitment', () => {
  it('swaps real and shadow on every router, and back', async () => {
    const world = await deploy(1, { loss: 0, unreachable: [] });
    const before = await fibs(world.lab, 'shadow');
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
    expect(await fibs(world.lab, 'real')).to.deep.equal(before);
    expect((await world.commit(NEW, OLD)).outcome).to.equal('committed');
    expect(await fibs(world.lab, 'shadow')).to.deep.equal(before);
  });

  it('goes through its phases in order, each confirmed by every router before the next is asked for', async () => {
    const world = await deploy(2, { loss: 0, unreachable: [] });
    const { phases } = await world.commit(OLD, NEW);
    expect(phases.map(({ phase }) => phase)).to.deep.equal([
      'prepare',
      'mark',
      'drain',
      'swap',
      'drain',
      'settle',
      'unmark',
    ]);
    for (const [index, { fromNs }] of phases.entries()) {
      if (index > 0) expect(fromNs).to.be.at.least(phases[index - 1].toNs);
    }
    for (const phase of ['prepare', 'mark', 'swap', 'settle', 'unmark']) {
      const confirmed = world.reports.filter((report) => report.phase === phase);
      expect(confirmed.map(({ outcome }) => outcome)).to.deep.equal(confirmed.map(() => 'confirmed'));
      expect(confirmed).to.have.length(world.routers.length);
    }
  });

  it('is refused while something is failed in one plane alone, and changes nothing', async () => {
    const world = await deploy(3, { loss: 0, unreachable: [] });
    const before = await fibs(world.lab, 'real');
    const target = { kind: 'router' } as const;
    await askAll<'fail' | 'restore'>(world.lab, ['R1'], () => ({ op: 'fail', plane: 'shadow', target }));
    const outcome = await world.commit(OLD, NEW);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.match(/^prepare: R1 failed in one plane alone .*restore first$/);
    expect(await fibs(world.lab, 'real')).to.deep.equal(before);
    await askAll<'fail' | 'restore'>(world.lab, ['R1'], () => ({ op: 'restore', plane: 'shadow', target }));
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
  });

  it('is refused when a router does not hold the configurations that are meant', async () => {
    const world = await deploy(4, { loss: 0, unreachable: [] });
    const outcome = await world.commit(OLD, 7);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.include('shadow configuration has tag 2, not 7');
  });

  it('waits for links on which packets may queue for longer than a phase may take', async () => {
    const world = await deploy(7, { loss: 0, unreachable: [] }, { hopTimeNs: 10 * PHASE_LIMIT });
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
    await world.drain();
    expect(world.faults()).to.deep.equal([]);
  });

  for (const from of ['mark', 'swap'] as const) {
    it(`ends with C-old real everywhere when a router is cut off before ${from}`, async () => {
      const world = await deploy(5, { loss: 0, unreachable: [{ router: 'R0', from }] });
      const before = await fibs(world.lab, 'real');
      const outcome = await world.commit(OLD, NEW);
      expect(outcome.outcome).to.equal('aborted');
      expect(outcome.reason).to.include(`${from}: R0 did not answer in time`);
      const others = world.routers.filter((router) => router !== 'R0');
      expect(await fibs(world.lab, 'real', others)).to.deep.equal(
        before.filter(([router]) => router !== 'R0'),
      );
    });
  }

  it('brings a router that swapped and then lost its coordinator back to C-old by its lease', async () => {
    const world = await deploy(6, { loss: 0, unreachable: [{ router: 'R0', from: 'settle' }] });
    const outcome = await world.commit(OLD, NEW);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.include('settle: R0 did not answer in time');
    await world.drain();
    const fromR0 = world.postcards.filter(({ flow, plane }) => flow === 1 && plane === 'real');
    expect(fromR0.map(({ tag }) => tag)).to.include(NEW);
    expect(fromR0.at(-1)?.tag).to.equal(OLD);
  });

  it('mixes no packet and loses none, at any event, over 1,000 random networks and seeds', async () => {
    const outcomes = { committed: 0, aborted: 0 };
    for (let seed = 1; seed <= 1000; seed++) {
      const random = seededRandom(seed, 'faults');
      const unreachable =
        random.next() < 0.25
          ? [{ router: 'R1', from: pick(random, ['prepare', 'mark', 'swap', 'settle', 'unmark'] as const) }]
          : [];
      const world = await deploy(seed, { loss: random.next() < 0.5 ? 0 : 0.2, unreachable });
      const outcome = await world.commit(OLD, NEW);
      outcomes[outcome.outcome]++;
      await world.drain();
      const wrong = world.faults();
      expect(wrong, `seed ${seed}, ${outcome.outcome}: ${outcome.reason ?? ''}`).to.deep.equal([]);
    }
    // The faults are many enough that both ways are walked.
    expect(outcomes.committed).to.be.greaterThan(500);
    expect(outcomes.aborted).to.be.greaterThan(50);
  }).timeout(300_000);
});

interface Faults {
  readonly loss: number;
  readonly unreachable: Experiment['management']['unreachable'];
}

/** A random network with random routes in each plane, traffic between random hosts in both, and a coordinator. */
async function deploy(seed: number, faults: Faults, timing: { readonly hopTimeNs?: number } = {}) {
  const random = seededRandom(seed);
  const shape = randomShape(random);
  const weights = { real: randomWeights(shape, random), shadow: randomWeights(shape, random) };
  const experiment = experimentOf(
    shape,
    (plane, router) => ({
      ...interfacesOf(shape, router),
      staticRoutes: staticRoutes(shape, router, weights[plane]),
    }),
    {
      seed,
      management: {
        delayNs: Math.ceil(random.next() * 2 * MILLISECOND),
        jitterNs: Math.floor(random.next() * 8 * MILLISECOND),
        ...faults,
      },
    },
  );
  const lab = await embedded.deploy(experiment, new AbortController().signal, () => {});
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
    /** What routers wrote about packets, by `drain`. */
    postcards,
    commit: async (oldTag: number, newTag: number): Promise<Outcome> => {
      const outcomes: Outcome[] = [];
      commit(
        lab.clock,
        (router, request, answered) => lab.routers.get(router)?.ask(request, answered),
        {
          routers,
          oldTag,
          newTag,
          phaseLimitNs: PHASE_LIMIT,
          withinNs: 10 * SECOND,
          hopTimeNs: timing.hopTimeNs ?? hopTime(experiment.topology),
          repeatNs: 40 * MILLISECOND,
        },
        { progress: (report) => reports.push(report), done: (outcome) => outcomes.push(outcome) },
      );
      expect(await lab.runUntil(() => outcomes.length > 0, lab.clock.now() + 60 * SECOND)).to.equal(true);
      await lab.runUntil(() => false, lab.clock.now() + 20 * MILLISECOND);
      return outcomes[0];
    },
    /** Ends the traffic, lets the last packets arrive and takes what routers wrote. */
    drain: async (): Promise<void> => {
      stoppedNs = lab.clock.now();
      for (const { flow } of flows) {
        flow.stop();
        flow.mark();
      }
      await lab.runUntil(() => false, lab.clock.now() + 100 * MILLISECOND);
      const answers = await askAll<'trace'>(lab, routers, () => ({ op: 'trace', batch: 0 }));
      for (const answer of answers.values()) {
        expect(answer.dropped).to.equal(0);
        postcards.push(...answer.postcards);
      }
      postcards.sort((a, b) => a.timeNs - b.timeNs);
    },
    faults: () => faultsOf(postcards, flows, startedNs, stoppedNs),
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

async function fibs(lab: Lab, plane: 'real' | 'shadow', routers = [...lab.routers.keys()]) {
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

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.next() * items.length)];
}
