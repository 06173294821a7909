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
import { formatMac, type Mac } from '../../src/net/address.ts';
import { type Figure, median } from '../figure.ts';
import { BenchNetwork, run } from './network.ts';
import { FLOWS, GENERATOR_MAC, IN_MAC, OUT_MAC, ROUTER_IN, ROUTER_OUT, SINK, SINK_MAC } from './ways.ts';

const WARM_MS = 2000;
const MEASURE_MS = 2000;
const ROUTER_CORE = 0;
const GENERATOR_CORE = 1;

type Contender = 'kernel' | 'empty' | 'loaded';
const CONTENDERS: readonly Contender[] = ['kernel', 'empty', 'loaded'];

interface Round {
  readonly offered: number;
  readonly forwarded: number;
  /** Of the router's process; 0 for the kernel, which has none. */
  readonly cpu: number;
  readonly megabytes: number;
}

export async function measureForwarding(rounds: number, realtime: boolean): Promise<readonly Figure[]> {
  const results: Record<Contender, Round[]> = { kernel: [], empty: [], loaded: [] };
  for (let round = 0; round < rounds; round++) {
    for (const contender of CONTENDERS) {
      const result = await measure(contender, realtime);
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

async function measure(contender: Contender, realtime: boolean): Promise<Round> {
  const network = new BenchNetwork(realtime);
  try {
    const [g, r, s] = ['g', 'r', 's'].map((part) => network.namespace(part));
    wire([g, 'g0', GENERATOR_MAC], [r, 'r0', IN_MAC]);
    wire([r, 'r1', OUT_MAC], [s, 's0', SINK_MAC]);
    run('ip', ['-n', s, 'address', 'add', `${SINK}/24`, 'dev', 's0']);
    if (contender === 'kernel') routeByKernel(r);
    else run('ip', ['netns', 'exec', r, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
    const router =
      contender === 'kernel'
        ? undefined
        : await network.start(r, ROUTER_CORE, 'router.ts', 'r0', 'r1', contender);
    const greeting = await router?.firstLine();
    if (greeting !== undefined && !greeting.startsWith('ready'))
      throw new Error(`the router says: ${greeting}`);
    const generator = await network.start(g, GENERATOR_CORE, 'generator.ts', 'g0');
    await setTimeout(WARM_MS);
    const look = () => ({
      atMs: performance.now(),
      offered: network.received(r, 'r0'),
      forwarded: network.received(s, 's0'),
      ...(router?.usage() ?? { cpuSeconds: 0, megabytes: 0 }),
    });
    const before = look();
    await setTimeout(MEASURE_MS);
    const after = look();
    await generator.stop();
    await router?.stop();
    const seconds = (after.atMs - before.atMs) / 1000;
    return {
      offered: (after.offered - before.offered) / seconds,
      forwarded: (after.forwarded - before.forwarded) / seconds,
      cpu: (after.cpuSeconds - before.cpuSeconds) / seconds,
      megabytes: after.megabytes,
    };
  } finally {
    network.destroy();
  }
}

type End = readonly [namespace: string, name: string, mac: Mac];

function wire([a, aName, aMac]: End, [b, bName, bMac]: End): void {
  const peer = ['peer', 'name', bName, 'address', formatMac(bMac), 'netns', b];
  run('ip', ['-n', a, 'link', 'add', 'name', aName, 'address', formatMac(aMac), 'type', 'veth', ...peer]);
  run('ip', ['-n', a, 'link', 'set', 'dev', aName, 'up']);
  run('ip', ['-n', b, 'link', 'set', 'dev', bName, 'up']);
}

function routeByKernel(namespace: string): void {
  run('ip', ['-n', namespace, 'address', 'add', `${ROUTER_IN}/24`, 'dev', 'r0']);
  run('ip', ['-n', namespace, 'address', 'add', `${ROUTER_OUT}/24`, 'dev', 'r1']);
  run('ip', ['-n', namespace, 'route', 'add', `${FLOWS}/16`, 'via', SINK]);
  run('ip', ['netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  const steer = `echo ${(1 << ROUTER_CORE).toString(16)} > /sys/class/net/r0/queues/rx-0/rps_cpus`;
  run('ip', ['netns', 'exec', namespace, 'sh', '-c', steer]);
}
