/**
 * How many packets a second a router forwards over veth: the Linux kernel's own forwarding, and ours, in turn.
 *
 *     generator (core 1) - router (core 0) - sink, which drops them; counted by the interfaces, in and out
 *
 * The generator offers more than either takes, so what arrives at the sink is what the router can do when it is
 * saturated. The kernel's forwarding is moved to the router's core by receive packet steering: it would else be done
 * on the generator's, within the system call that sends.
 */
import { setTimeout } from 'node:timers/promises';
import { type Figure, median } from '../figure.ts';
import type { Circumstances } from './circumstances.ts';
import { BenchNetwork } from './network.ts';
import { GENERATOR_CORE, ROUTER_CORE, routeByKernel, routeByOurs, wireWay } from './ways.ts';

const WARM_MS = 2000;
const MEASURE_MS = 2000;

type Contender = 'kernel' | 'empty' | 'loaded';
const CONTENDERS: readonly Contender[] = ['kernel', 'empty', 'loaded'];

interface Round {
  readonly offered: number;
  readonly forwarded: number;
  /** Of the router's process; 0 for the kernel, which has none. */
  readonly cpu: number;
  readonly megabytes: number;
}

export async function measureForwarding({
  rounds,
  realtime,
  signal,
}: Circumstances): Promise<readonly Figure[]> {
  const results: Record<Contender, Round[]> = { kernel: [], empty: [], loaded: [] };
  for (let round = 0; round < rounds; round++) {
    for (const contender of CONTENDERS) {
      const result = await measure(contender, realtime, signal);
      results[contender].push(result);
      const { offered, forwarded, cpu, megabytes } = result;
      console.error(
        `${contender}: ${Math.round(offered)} offered, ${Math.round(forwarded)} forwarded, cpu ${cpu.toFixed(2)}, ${Math.round(megabytes)} MB`,
      );
    }
  }
  const middle = (contender: Contender, of: (round: Round) => number): number =>
    median(results[contender].map(of));
  /** Rounds that follow one another have the same neighbours on the machine. */
  const ratio = (a: Contender, b: Contender): number =>
    median(results[a].map(({ forwarded }, round) => forwarded / results[b][round].forwarded));
  const rate = ({ forwarded }: Round): number => forwarded;
  return [
    { name: "the kernel's forwarding", value: middle('kernel', rate), unit: '/s' },
    { name: 'ours, shadow empty', value: middle('empty', rate), unit: '/s' },
    { name: 'ours, shadow loaded', value: middle('loaded', rate), unit: '/s' },
    { name: "ours, times the kernel's", value: ratio('empty', 'kernel'), unit: 'x', goal: { atLeast: 1 } },
    { name: 'loaded, times empty', value: ratio('loaded', 'empty'), unit: 'x', goal: { atLeast: 0.98 } },
    { name: 'offered meanwhile', value: middle('empty', ({ offered }) => offered), unit: '/s' },
    { name: "ours: of its core's time", value: middle('empty', ({ cpu }) => cpu), unit: 'x' },
    {
      name: 'ours: resident',
      value: middle('empty', ({ megabytes }) => megabytes),
      unit: 'MB',
      goal: { atMost: 70 },
    },
  ];
}

async function measure(contender: Contender, realtime: boolean, signal: AbortSignal): Promise<Round> {
  const network = new BenchNetwork(realtime);
  try {
    const [g, r, s] = await network.namespaces(['g', 'r', 's']);
    wireWay(g, r, s);
    if (contender === 'kernel') routeByKernel(r, true);
    else routeByOurs(r);
    const router =
      contender === 'kernel'
        ? undefined
        : network.startNode(r, ROUTER_CORE, 'router.ts', 'r0', 'r1', contender);
    const greeting = await router?.firstLine(signal);
    if (greeting !== undefined && !greeting.startsWith('ready'))
      throw new Error(`the router says: ${greeting}`);
    const generator = network.startNode(g, GENERATOR_CORE, 'generator.ts', 'g0');
    await setTimeout(WARM_MS, undefined, { signal });
    const look = () => ({
      atMs: performance.now(),
      offered: network.received(r, 'r0'),
      forwarded: network.received(s, 's0'),
      ...(router?.usage() ?? { cpuSeconds: 0, residentMb: 0 }),
    });
    const before = look();
    await setTimeout(MEASURE_MS, undefined, { signal });
    const after = look();
    await generator.stop();
    await router?.stop();
    const seconds = (after.atMs - before.atMs) / 1000;
    return {
      offered: (after.offered - before.offered) / seconds,
      forwarded: (after.forwarded - before.forwarded) / seconds,
      cpu: (after.cpuSeconds - before.cpuSeconds) / seconds,
      megabytes: after.residentMb,
    };
  } finally {
    network.destroy();
  }
}
