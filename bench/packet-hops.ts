/**
 * How many packet-hops a second of wall time a lab forwards: Abilene as it was, its routers whole, FIBs computed
 * by OSPF in both planes, links with their real rates and delays. Every host sends packets to every other one,
 * every second flow in the shadow plane, as an experiment's flows do: sources write them, sinks check and
 * measure them, and the wall time is that of all of it.
 *
 * A packet-hop is a packet that a router has sent on, to the next router or to a host, as the routers' own
 * counters have it; what they send of OSPF in the same virtual time is counted in a lab without traffic and
 * taken off.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plane } from '../src/net/wire.ts';
import { DEFAULT_CANCELLATION } from '../src/routerd/bandwidth/bandwidth.ts';
import { askAll } from '../src/runner/ask.ts';
import type { Experiment, Flow } from '../src/runner/experiment/resolved.ts';
import type { Assembled } from '../src/runner/experiment/topology/assemble.ts';
import type { Lab } from '../src/runner/lab.ts';
import { PostcardCollector } from '../src/runner/postcards.ts';
import { Recorder } from '../src/runner/results/recorder.ts';
import { converge } from '../src/runner/steps/converge.ts';
import { Traffic } from '../src/runner/traffic.ts';
import { Witnesses } from '../src/runner/witnesses.ts';
import { SECOND } from '../src/world/clock.ts';
import { type Figure, median } from './figure.ts';
import { experimentOn, startLab } from './lab.ts';

const PACKET_BYTES = 300;
/** All flows send for this long; then what is on its way has as long again to arrive. */
const SENDING_NS = SECOND;
const GOAL = 1_000_000;
const GOAL_WITH_CANCELLATION = 700_000;
/** Both planes together are more than the busiest link carries (52.8 Mbps): headers have to ride behind real packets. */
const NARROW_BPS = 50_000_000;
/** Of a shadow plane that is there and carries nothing. */
const EMPTY_SHADOW_COSTS = 1.01;

export interface PacketHopsSettings {
  /** About as many are sent: a whole number by every flow. */
  readonly packets: number;
  readonly rounds: number;
}

export async function packetHops(
  network: Assembled,
  { packets, rounds }: PacketHopsSettings,
): Promise<readonly Figure[]> {
  const idle = await round(withoutFlows(experimentOn(network)));
  const untraced = await measure(withFlows(network, packets, 0), rounds, idle.sentOn);
  const traced = await measure(withFlows(network, packets, 1), rounds, idle.sentOn);
  return [
    { name: 'packets', value: untraced.packets, unit: '' },
    { name: 'packet-hops', value: untraced.hops, unit: '' },
    {
      name: `packet-hops a second, median of ${rounds}`,
      value: median(untraced.rates),
      unit: '/s',
      goal: { atLeast: GOAL },
    },
    { name: 'the slowest of them', value: Math.min(...untraced.rates), unit: '/s' },
    { name: 'with every packet traced, median', value: median(traced.rates), unit: '/s' },
    { name: 'postcards of a round', value: traced.postcards, unit: '' },
    {
      name: 'tracing takes so many times as long',
      value: median(untraced.rates) / median(traced.rates),
      unit: 'x',
    },
  ];
}

/** As above, links shared by packet cancellation: as fast as they are, and so narrow that the planes meet at them. */
export async function packetHopsCancelling(
  network: Assembled,
  { packets, rounds }: PacketHopsSettings,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [name, rateBps] of [
    ['links at their own rates', undefined],
    ['links of 50 Mbps', NARROW_BPS],
  ] as const) {
    const cancelling = withCancellation(network, rateBps);
    const idle = await round(withoutFlows(experimentOn(cancelling)));
    const { hops, rates } = await measure(withFlows(cancelling, packets, 0), rounds, idle.sentOn);
    figures.push(
      { name: `${name}: packet-hops, half of them in the shadow`, value: hops, unit: '' },
      {
        name: `${name}: packet-hops a second, median of ${rounds}`,
        value: median(rates),
        unit: '/s',
        goal: { atLeast: GOAL_WITH_CANCELLATION },
      },
      { name: `${name}: the slowest of them`, value: Math.min(...rates), unit: '/s' },
    );
  }
  return figures;
}

/**
 * Real traffic alone, through routers that also hold a shadow configuration and through routers that hold none, in
 * turns. By processor time of this thread: a hundredth is less than what else goes on at a machine.
 */
export async function emptyShadow(
  network: Assembled,
  { packets, rounds }: PacketHopsSettings,
): Promise<readonly Figure[]> {
  const experiment = withFlows(network, packets, 0);
  const real = {
    ...experiment,
    flows: experiment.flows.map((flow) => ({ ...flow, plane: 'real' as const })),
  };
  const ratios: number[] = [];
  await round(real);
  for (let count = 0; count < rounds; count++) {
    const both = async () => (await round(real)).cpuSeconds;
    const alone = async () => (await round(real, ['real'])).cpuSeconds;
    // What runs second of the two may find caches warm, or memory used up.
    const [first, second] = count % 2 === 0 ? [both, alone] : [alone, both];
    const [a, b] = [await first(), await second()];
    ratios.push(count % 2 === 0 ? a / b : b / a);
  }
  return [
    {
      name: `with a shadow plane that carries nothing, median of ${rounds}: so many times the processor time`,
      value: median(ratios),
      unit: 'x',
      goal: { atMost: EMPTY_SHADOW_COSTS },
    },
    { name: 'the least', value: Math.min(...ratios), unit: 'x' },
    { name: 'the most', value: Math.max(...ratios), unit: 'x' },
  ];
}

interface Rates {
  readonly packets: number;
  readonly hops: number;
  readonly postcards: number;
  readonly rates: readonly number[];
}

async function measure(experiment: Experiment, rounds: number, ownPackets: number): Promise<Rates> {
  const results: Round[] = [];
  for (let count = 0; count < rounds; count++) results.push(await round(experiment));
  const [{ packets, postcards, sentOn }] = results;
  const hops = sentOn - ownPackets;
  return { packets, postcards, hops, rates: results.map(({ seconds }) => hops / seconds) };
}

interface Round {
  readonly packets: number;
  readonly sentOn: number;
  readonly postcards: number;
  /** Of wall time. */
  readonly seconds: number;
  /** Of this thread. */
  readonly cpuSeconds: number;
}

/** One lab, converged, then traffic. Postcards are collected and recorded as a run does it. */
async function round(experiment: Experiment, planes: readonly Plane[] = ['real', 'shadow']): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-bench-'));
  try {
    const lab = await startLab(experiment, undefined, planes);
    const traffic = new Traffic(lab, experiment, 0);
    await traffic.prepare();
    await converge({ lab, experiment }, 600 * SECOND);
    const recorder = new Recorder(join(folder, 'events.jsonl'));
    const collector = new PostcardCollector(lab, recorder, new Witnesses(lab, recorder));
    const before = await packetsSentOn(lab);
    const fromNs = lab.clock.now();
    const startedMs = performance.now();
    const cpuBefore = process.threadCpuUsage();
    traffic.start();
    traffic.mark();
    await lab.runUntil(() => false, fromNs + 2 * SENDING_NS);
    await collector.collect();
    recorder.flush();
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.threadCpuUsage(cpuBefore);
    const toNs = lab.clock.now();
    traffic.mark();
    const windows = traffic.windows(0, fromNs, toNs);
    const sentOn = (await packetsSentOn(lab)) - before;
    const sent = windows.reduce((sum, window) => sum + window.sent, 0);
    const received = windows.reduce((sum, window) => sum + window.received, 0);
    if (received !== sent) throw new Error(`${sent - received} of ${sent} packets did not arrive`);
    await lab.destroy();
    return {
      packets: sent,
      sentOn,
      postcards: recorder.facts.length,
      seconds,
      cpuSeconds: (user + system) / 1e6,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function packetsSentOn(lab: Lab): Promise<number> {
  const answers = await askAll<'counters'>(lab, [...lab.routers.keys()], () => ({ op: 'counters' }));
  return [...answers.values()]
    .flatMap(({ ports }) => ports)
    .reduce((sum, { outPackets }) => sum + outPackets, 0);
}

/** `rateBps`: of every link; undefined: its own. */
function withCancellation(network: Assembled, rateBps: number | undefined): Assembled {
  const links = network.topology.links.map((link) => ({
    ...link,
    rateBps: rateBps ?? link.rateBps,
    bandwidth: DEFAULT_CANCELLATION,
  }));
  return { ...network, topology: { ...network.topology, links } };
}

function withoutFlows(experiment: Experiment): Experiment {
  return { ...experiment, flows: [] };
}

function withFlows(network: Assembled, packets: number, traceEvery: number): Experiment {
  const hosts = network.topology.hosts.map(({ name }) => name);
  const pairs = hosts.flatMap((from) => hosts.filter((to) => to !== from).map((to) => ({ from, to })));
  const rateBps = (Math.round(packets / pairs.length) * PACKET_BYTES * 8 * 1e9) / SENDING_NS;
  const flows = pairs.map(
    ({ from, to }, index): Flow => ({
      id: index + 1,
      name: `${from}-${to}`,
      group: 'bench',
      from,
      to,
      plane: index % 2 === 0 ? 'real' : 'shadow',
      mirror: false,
      kind: 'rate',
      packetBytes: PACKET_BYTES,
      rateBps,
      arrival: { kind: 'constant' },
      startNs: 0,
      stopNs: SENDING_NS,
      traceEvery,
    }),
  );
  return { ...experimentOn(network), flows };
}
