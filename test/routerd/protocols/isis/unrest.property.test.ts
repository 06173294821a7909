import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { showRoutes, TestNetwork, type TestRouter } from './network.ts';

interface Plan {
  readonly count: number;
  readonly links: readonly (readonly [number, number])[];
  readonly lans: readonly (readonly number[])[];
}

const COUNT = 6;
const router = fc.nat(COUNT - 1);
const plan: fc.Arbitrary<Plan> = fc.record({
  count: fc.constant(COUNT),
  links: fc.array(
    fc.tuple(router, router).filter(([a, b]) => a !== b),
    { maxLength: 6 },
  ),
  lans: fc.array(fc.uniqueArray(router, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
});

/** What may happen, each by two numbers that choose among what there is. */
const ACTS: readonly ((network: TestNetwork, at: TestRouter, other: number) => void)[] = [
  (_, at) => at.restart(),
  (network, _, other) => network.set(network.wires[other % network.wires.length], other % 2 === 0),
  // The designated one of a LAN may be another then.
  (_, at, other) => change(at, other, { priority: other % 128 }),
  (_, at, other) => change(at, other, { metric: 1 + (other % 20) }),
  (_, at, other) =>
    at.configure({
      circuits: at.settings.circuits.map((circuit, index) => {
        const [first] = circuit.addresses;
        const isMoved = index > 0 && index === other % at.settings.circuits.length && first.length === 24;
        const address = first.address - (first.address % 256) + 100 + (other % 100);
        return isMoved ? { ...circuit, addresses: [{ address, length: 24 }] } : circuit;
      }),
    }),
  (_, at, other) =>
    at.configure({
      systemId: (0x1000 + 256 * at.network.routers.indexOf(at) + (other % 3)).toString(16).padStart(12, '0'),
    }),
  (_, at, other) => at.configure({ areas: other % 2 === 0 ? ['490001'] : ['490001', '490002'] }),
  (_, at, other) => at.configure({ overload: other % 4 === 0 }),
  (_, at, other) => at.configure({ levels: other % 2 === 0 ? [2] : [1, 2] }),
];

function change(at: TestRouter, other: number, settings: { priority?: number; metric?: number }): void {
  const name = `eth${1 + (other % Math.max(1, at.settings.circuits.length - 1))}`;
  const circuit = at.settings.circuits.find((each) => each.name === name);
  const level = circuit?.levels[2];
  if (level === undefined) return;
  const both = { ...level, ...settings };
  at.adjust(name, { levels: { 1: both, 2: both } });
}

function build({ count, links, lans }: Plan, seed: number): TestNetwork {
  const network = new TestNetwork(seed);
  const routers = Array.from({ length: count }, () => network.router());
  for (const [a, b] of links) network.link(routers[a], routers[b]);
  for (const members of lans) network.lan(members.map((each) => routers[each]));
  return network;
}

describe('IS-IS after much unrest', () => {
  it('has the routes of a network that has just begun with what is configured at last', () => {
    const acts = fc.array(
      fc.tuple(fc.nat(ACTS.length - 1), router, fc.nat(255), fc.constantFrom(0, 0.1, 2, 15)),
      {
        maxLength: 25,
      },
    );
    fc.assert(
      fc.property(plan, acts, fc.constantFrom(0, 0.1), (given, happens, loss) => {
        const network = build(given, 1);
        for (const wire of network.wires) wire.loss = loss;
        network.start();
        for (const [act, at, other, seconds] of happens) {
          ACTS[act](network, network.routers[at], other);
          network.runFor(seconds);
        }
        for (const wire of network.wires) {
          wire.loss = 0;
          network.set(wire, true);
        }
        network.runFor(180);
        const fresh = build(given, 2);
        fresh.routers.forEach((each, index) => {
          each.settings = network.routers[index].settings;
        });
        fresh.start();
        fresh.runFor(180);
        network.routers.forEach((each, index) => {
          expect(showRoutes(each), each.name).to.deep.equal(showRoutes(fresh.routers[index]));
        });
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);
});
