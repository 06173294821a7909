import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix, type Ipv4, prefixOf } from '../../../../src/net/address.ts';
import type { OspfInterfaceInput } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';
import { showRoute, showRoutes, TestNetwork, type TestRouter } from './network.ts';

interface Hop {
  readonly interface: string;
  readonly gateway: Ipv4 | null;
}

/** One step from a router to another, over a wire that is up. */
interface Step extends Hop {
  readonly to: TestRouter;
  readonly cost: number;
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

function liveInterfaces(router: TestRouter): OspfInterfaceInput[] {
  return router.settings.interfaces.filter(({ name }) => router.wires.get(name)?.up ?? true).sort(byName);
}

function stepsFrom(router: TestRouter): Step[] {
  return liveInterfaces(router).flatMap(({ name, cost }) =>
    (router.wires.get(name)?.ends ?? [])
      .filter((end) => end.router !== router)
      .map((end) => ({ to: end.router, cost, interface: name, gateway: end.address })),
  );
}

/** The textbook's algorithm, in its slowest form. */
function distancesFrom(root: TestRouter, routers: readonly TestRouter[]): Map<TestRouter, number> {
  const distances = new Map(
    routers.map((router) => [router, router === root ? 0 : Number.POSITIVE_INFINITY]),
  );
  const at = (router: TestRouter): number => distances.get(router) ?? Number.POSITIVE_INFINITY;
  for (const _ of routers) {
    for (const router of routers) {
      for (const { to, cost } of stepsFrom(router)) distances.set(to, Math.min(at(to), at(router) + cost));
    }
  }
  return distances;
}

/** What the routes of `root` must be: by prefix, found from the network itself and not from any LSA. */
function expectedRoutes(root: TestRouter, routers: readonly TestRouter[]): string[] {
  const all = new Map(routers.map((router) => [router, distancesFrom(router, routers)]));
  const distance = (a: TestRouter, b: TestRouter): number => all.get(a)?.get(b) ?? Number.POSITIVE_INFINITY;
  const best = new Map<
    string,
    { cost: number; prefix: ReturnType<typeof prefixOf>; hops: Map<string, Hop> }
  >();
  for (const owner of routers) {
    if (distance(root, owner) === Number.POSITIVE_INFINITY) continue;
    for (const owned of liveInterfaces(owner)) {
      const prefix = prefixOf(owned.address, owned.prefixLength);
      const cost = distance(root, owner) + (owned.network === 'loopback' ? 0 : owned.cost);
      const hops: Hop[] =
        owner === root
          ? [{ interface: owned.name, gateway: null }]
          : stepsFrom(root).filter((step) => step.cost + distance(step.to, owner) === distance(root, owner));
      const known = best.get(formatPrefix(prefix));
      const entry = known !== undefined && known.cost <= cost ? known : { cost, prefix, hops: new Map() };
      if (entry.cost === cost) {
        for (const { interface: name, gateway } of hops) {
          entry.hops.set(`${name} ${gateway}`, { interface: name, gateway });
        }
      }
      best.set(formatPrefix(prefix), entry);
    }
  }
  return [...best.values()]
    .map(({ cost, prefix, hops }) =>
      showRoute({
        prefix,
        cost,
        nextHops: [...hops.values()].sort(
          (a, b) =>
            (a.interface < b.interface ? -1 : a.interface > b.interface ? 1 : 0) ||
            (a.gateway ?? -1) - (b.gateway ?? -1),
        ),
      }),
    )
    .sort();
}

function checkRoutes(network: TestNetwork): void {
  for (const router of network.routers) {
    expect(showRoutes(router), router.name).to.deep.equal(expectedRoutes(router, network.routers));
  }
}

/** Few different costs, so that many paths are equal. */
const anyCost = fc.constantFrom(1, 2, 3, 5, 10, 65535);
const anyNetwork = fc.integer({ min: 2, max: 7 }).chain((routers) => {
  const some = fc.integer({ min: 0, max: routers - 1 });
  return fc.record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    routers: fc.constant(routers),
    links: fc.array(fc.tuple(some, some, anyCost, anyCost), { maxLength: 2 * routers }),
    segments: fc.array(
      fc.uniqueArray(fc.tuple(some, anyCost), { selector: ([router]) => router, minLength: 2 }),
      {
        maxLength: 2,
      },
    ),
    changes: fc.array(fc.nat(), { maxLength: 3 }),
  });
});

function build(shape: typeof anyNetwork extends fc.Arbitrary<infer Shape> ? Shape : never): TestNetwork {
  const network = new TestNetwork(shape.seed, new LsaPool());
  const routers = Array.from({ length: shape.routers }, () => network.router());
  for (const [a, b, costAB, costBA] of shape.links) {
    if (a !== b) network.link(routers[a], routers[b], costAB, costBA);
  }
  for (const members of shape.segments) {
    network.segment(
      members.map(([router]) => routers[router]),
      members.map(([, cost]) => cost),
    );
  }
  return network;
}

describe('OSPF routes on random networks', () => {
  it("equal Dijkstra's, with ECMP, parallel links and broadcast networks, through failures and repairs", () => {
    fc.assert(
      fc.property(anyNetwork, (shape) => {
        const network = build(shape);
        network.start();
        network.runFor(60);
        checkRoutes(network);
        for (const change of shape.changes) {
          if (network.wires.length === 0) break;
          const wire = network.wires[change % network.wires.length];
          network.set(wire, !wire.up);
          network.runFor(70);
          checkRoutes(network);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('come out the same when one packet in ten was lost on the way', () => {
    fc.assert(
      fc.property(anyNetwork, (shape) => {
        const network = build(shape);
        for (const wire of network.wires) wire.loss = 0.1;
        network.start();
        network.runFor(90);
        for (const change of shape.changes) {
          if (network.wires.length === 0) break;
          const wire = network.wires[change % network.wires.length];
          network.set(wire, !wire.up);
          network.runFor(20);
        }
        for (const wire of network.wires) wire.loss = 0;
        network.runFor(100);
        checkRoutes(network);
      }),
      { numRuns: 80 },
    );
  });
});
