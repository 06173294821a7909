import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parsePrefix } from '../../../../src/net/address.ts';
import type { OspfExternal, OspfInterfaceInput } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { showRoutes, TestNetwork, type TestRouter } from './network.ts';

const COUNT = 6;
const router = fc.nat(COUNT - 1);
const area = fc.constantFrom(0, 0, 0, 1);

interface Plan {
  readonly links: readonly (readonly [number, number, number])[];
  readonly segments: readonly (readonly [readonly number[], number])[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  links: fc.array(
    fc.tuple(router, router, area).filter(([a, b]) => a !== b),
    { maxLength: 6 },
  ),
  segments: fc.array(fc.tuple(fc.uniqueArray(router, { minLength: 2, maxLength: 4 }), area), {
    minLength: 1,
    maxLength: 3,
  }),
});

type Act = (network: TestNetwork, at: TestRouter, other: number) => void;

/** What may happen, each by a number that chooses among what there is. */
const ACTS: readonly Act[] = [
  (_, at) => at.restart(),
  (network, _, other) => network.set(network.wires[other % network.wires.length], other % 2 === 0),
  (_, at, other) => adjust(at, other, () => ({ priority: other % 4 })),
  (_, at, other) => adjust(at, other, () => ({ cost: 1 + (other % 20) })),
  (_, at, other) =>
    at.configure({ routerId: 0x01000000 + 256 * at.network.routers.indexOf(at) + (other % 3) }),
  (network, _, other) => {
    const wire = network.wires[other % network.wires.length];
    for (const { router: each, interface: name } of wire.ends) each.adjust(name, { area: other % 2 });
  },
  (network, _, other) => {
    for (const each of network.routers) {
      each.area(1, { kind: other % 3 === 0 ? 'nssa' : other % 3 === 1 ? 'stub' : 'ordinary' });
      each.configure();
    }
  },
  (_, at, other) => at.configure({ maxMetric: { administrative: other % 4 === 0, onStartupS: 0 } }),
  (_, at, other) => tell(at, other),
];

function adjust(at: TestRouter, other: number, change: () => Partial<OspfInterfaceInput>): void {
  const chosen = at.settings.interfaces[1 + (other % Math.max(1, at.settings.interfaces.length - 1))];
  if (chosen !== undefined) at.adjust(chosen.name, change());
}

/** Says something else of an external route. */
function tell(at: TestRouter, other: number): void {
  const prefix = parsePrefix(`203.0.${other % 3}.0/24`);
  if (prefix === undefined) throw new Error('no prefix');
  const known = at.externals.findIndex((each) => each.prefix.address === prefix.address);
  if (known >= 0) at.externals.splice(known, 1);
  const external: OspfExternal = {
    prefix,
    metric: 1 + (other % 5),
    metricType: other % 2 === 0 ? 1 : 2,
    tag: other,
  };
  if (other % 5 === 0) at.instance.handle({ type: 'externals', added: [], removed: [prefix] });
  else at.external(external);
}

function build({ links, segments }: Plan, seed: number): TestNetwork {
  const network = new TestNetwork(seed);
  const routers = Array.from({ length: COUNT }, () => network.router());
  for (const [a, b, of] of links) network.link(routers[a], routers[b], 10, 10, of);
  for (const [members, of] of segments) {
    network.segment(
      members.map((each) => routers[each]),
      members.map(() => 10),
      of,
    );
  }
  return network;
}

describe('OSPF after much unrest', () => {
  it('has the routes of a network that has just begun with what is configured at last', () => {
    const acts = fc.array(
      fc.tuple(fc.nat(ACTS.length - 1), router, fc.nat(255), fc.constantFrom(0, 0.1, 2, 15)),
      { maxLength: 25 },
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
        network.runFor(240);
        const fresh = build(given, 2);
        fresh.routers.forEach((each, index) => {
          const { settings, externals } = network.routers[index];
          each.settings = settings;
          each.externals.push(...externals);
          each.configure();
          each.instance.handle({ type: 'externals', added: externals, removed: [] });
        });
        fresh.runFor(240);
        network.routers.forEach((each, index) => {
          expect(showRoutes(each), each.name).to.deep.equal(showRoutes(fresh.routers[index]));
        });
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);
});
