/** What `npm run bench` measures, in this order; each in a process of its own. */
import { accessLists } from './acl.ts';
import { bgpTable } from './bgp.ts';
import { clockEvents } from './clock.ts';
import { convergence } from './convergence.ts';
import { externalPeer } from './external-peer.ts';
import { fullTable, jinxTable } from './fib.ts';
import type { Measured, Skipped } from './figure.ts';
import { benchForwarding } from './forwarding.ts';
import { fuzzFigures } from './fuzz/fuzz.ts';
import { gridNetwork, networkOf, networkOfIsis, randomNetwork } from './lab.ts';
import { emptyShadow, packetHops, packetHopsCancelling } from './packet-hops.ts';
import { EXPERIMENTS } from './paper/experiments.ts';
import { prefixesToHold, tables } from './tables.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  measure(): Promise<Measured | Skipped>;
}

const KDL = '../shared/data/topology/zoo/Kdl.gml';
const ABILENE = 'experiments/topologies/abilene.yaml';
const NO_ABILENE = `there is no ${ABILENE}: run it from the repository's root`;
const ROUNDS = 5;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'grid',
    title: 'OSPF: a grid of 10 x 10 routers',
    measure: async () => ({ figures: await convergence(gridNetwork(10, 10)) }),
  },
  {
    name: 'kdl',
    title: 'OSPF: Kdl (Topology Zoo)',
    measure: async () => {
      const network = networkOf(KDL);
      if (network === undefined) return { skipped: `there is no ${KDL}` };
      return {
        figures: await convergence(network, { wallSeconds: { atMost: 30 }, peakMegabytes: { atMost: 1500 } }),
      };
    },
  },
  {
    name: 'kdl-isis',
    title: 'IS-IS: Kdl (Topology Zoo)',
    measure: async () => {
      const network = networkOfIsis(KDL);
      if (network === undefined) return { skipped: `there is no ${KDL}` };
      return { figures: await convergence(network) };
    },
  },
  {
    name: 'random',
    title: 'OSPF: a random network of 1,000 routers',
    measure: async () => ({ figures: await convergence(randomNetwork(1000, 3)) }),
  },
  {
    name: 'packets',
    title: 'Packets across Abilene: whole routers and hosts',
    measure: async () => {
      const network = networkOf(ABILENE);
      if (network === undefined) return { skipped: NO_ABILENE };
      return { figures: await packetHops(network, { packets: 100_000, rounds: ROUNDS }) };
    },
  },
  {
    name: 'cancelling',
    title: 'Packets across Abilene: both planes loaded alike, packet cancellation',
    measure: async () => {
      const network = networkOf(ABILENE);
      if (network === undefined) return { skipped: NO_ABILENE };
      return { figures: await packetHopsCancelling(network, { packets: 100_000, rounds: ROUNDS }) };
    },
  },
  {
    name: 'empty-shadow',
    title: 'Packets across Abilene: what a shadow plane costs that carries nothing',
    measure: async () => {
      const network = networkOf(ABILENE);
      if (network === undefined) return { skipped: NO_ABILENE };
      return { figures: await emptyShadow(network, { packets: 100_000, rounds: 4 * ROUNDS }) };
    },
  },
  {
    name: 'engine',
    title: 'Packets across Abilene: forwarding engines alone, static routes',
    measure: async () => {
      const { packets, packetHops: hops, packetHopsPerSecond } = benchForwarding(100_000, ROUNDS);
      return {
        figures: [
          { name: 'packets', value: packets, unit: '' },
          { name: 'packet-hops', value: hops, unit: '' },
          { name: `packet-hops a second, median of ${ROUNDS}`, value: packetHopsPerSecond, unit: '/s' },
        ],
      };
    },
  },
  {
    name: 'fib',
    title: 'The forwarding table',
    measure: async () => {
      const { from, prefixes } = prefixesToHold(1_000_000);
      return { figures: tables(from, prefixes, 2_000_000, ROUNDS) };
    },
  },
  {
    name: 'full-table',
    title: 'The forwarding table at full size',
    measure: async () => ({ figures: fullTable(prefixesToHold(1_000_000).prefixes, ROUNDS) }),
  },
  {
    name: 'jinx-table',
    title: 'The forwarding table of JINX, 2014, with its next hops',
    measure: async () => {
      const figures = jinxTable();
      return figures === undefined ? { skipped: 'the JINX table is not there' } : { figures };
    },
  },
  ...[1, 2].map((planes) => ({
    name: `bgp-tables-${planes}`,
    title: `BGP: a full table into RIB and FIB, in ${planes === 1 ? 'one plane' : 'both planes'}`,
    measure: async () => {
      const figures = bgpTable(planes);
      return figures === undefined ? { skipped: 'the JINX table is not there' } : { figures };
    },
  })),
  ...([1, 2] as const).map((planes) => ({
    name: `external-peer-${planes}`,
    title: `BGP: a full table from an external peer over TCP, in ${planes === 1 ? 'one plane' : 'both planes'}`,
    measure: async () => {
      const figures = externalPeer(planes);
      return figures === undefined ? { skipped: 'the JINX table is not there' } : { figures };
    },
  })),
  {
    name: 'acl',
    title: 'Access lists, compiled and walked',
    measure: async () => ({ figures: accessLists([1, 10, 100, 1000], 1_000_000, ROUNDS) }),
  },
  {
    name: 'clock',
    title: 'The virtual clock',
    measure: async () => ({ figures: clockEvents(100_000, 2_000_000, ROUNDS) }),
  },
  {
    name: 'fuzz',
    title: 'Malformed frames at a router and a host',
    measure: async () => ({ figures: fuzzFigures(1_000_000, 1) }),
  },
  // `npm run paper` makes their pages.
  ...EXPERIMENTS.map(({ name, title, measure }) => ({
    name,
    title: `The paper: ${title}`,
    measure: async () => ({ figures: (await measure()).figures }),
  })),
];
