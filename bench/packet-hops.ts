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
const GOAL = 300_000;

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
  readonly seconds: number;
}

/** One lab, converged, then traffic. Postcards are collected and recorded as a run does it. */
async function round(experiment: Experiment): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-bench-'));
  try {
    const lab = await startLab(experiment);
    const traffic = new Traffic(lab, experiment, 0);
    await traffic.prepare();
    await converge({ lab, experiment }, 600 * SECOND);
    const recorder = new Recorder(join(folder, 'events.jsonl'));
    const collector = new PostcardCollector(lab, recorder, new Witnesses(lab, recorder));
    const before = await packetsSentOn(lab);
    const fromNs = lab.clock.now();
    const startedMs = performance.now();
    traffic.start();
    traffic.mark();
    await lab.runUntil(() => false, fromNs + 2 * SENDING_NS);
    await collector.collect();
    recorder.flush();
    const seconds = (performance.now() - startedMs) / 1000;
    const toNs = lab.clock.now();
    traffic.mark();
    const windows = traffic.windows(0, fromNs, toNs);
    const sentOn = (await packetsSentOn(lab)) - before;
    const sent = windows.reduce((sum, window) => sum + window.sent, 0);
    const received = windows.reduce((sum, window) => sum + window.received, 0);
    if (received !== sent) throw new Error(`${sent - received} of ${sent} packets did not arrive`);
    await lab.destroy();
    return { packets: sent, sentOn, postcards: recorder.facts.length, seconds };
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
