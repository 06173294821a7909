/**
 * Random networks of several areas against a reference that knows nothing of LSAs: Floyd and Warshall's distances
 * within each area, and the rules of RFC 2328 11, 12.4.3 and 16 written down as what they come to.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix, type Ipv4, prefixOf } from '../../../../src/net/address.ts';
import type { OspfInterfaceInput } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';
import { TestNetwork, type TestRouter } from './network.ts';

interface Way {
  readonly kind: 'intra-area' | 'inter-area';
  readonly cost: number;
  /** That it leads through at first. */
  readonly area: Ipv4;
}

type Target = (router: TestRouter) => Way | undefined;

function live(router: TestRouter): OspfInterfaceInput[] {
  return router.settings.interfaces.filter(({ name }) => router.wires.get(name)?.up ?? true);
}

function areasOf(router: TestRouter): Ipv4[] {
  return [...new Set(live(router).map(({ area }) => area))];
}

const isBorder = (router: TestRouter): boolean => {
  const areas = areasOf(router);
  return areas.length > 1 && areas.includes(0);
};

function smallest(ways: readonly Way[]): Way | undefined {
  return ways.reduce<Way | undefined>(
    (best, way) => (best === undefined || way.cost < best.cost ? way : best),
    undefined,
  );
}

function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((rank, index) => rank !== b[index]);
  return at >= 0 && a[at] < b[at];
}

class Reference {
  readonly #routers: readonly TestRouter[];
  readonly #distances = new Map<Ipv4, Map<TestRouter, Map<TestRouter, number>>>();

  constructor(routers: readonly TestRouter[]) {
    this.#routers = routers;
    for (const area of new Set(routers.flatMap(areasOf))) this.#distances.set(area, this.#within(area));
  }

  /** Routes of `root` in words, by prefix. */
  routesOf(root: TestRouter): string[] {
    const found = new Map<string, string>();
    const prefixes = new Map<string, { owner: TestRouter; cost: number; area: Ipv4 }[]>();
    for (const owner of this.#routers) {
      for (const { address, prefixLength, network, cost, area } of live(owner)) {
        const text = formatPrefix(prefixOf(address, prefixLength));
        const own = { owner, cost: network === 'loopback' ? 0 : cost, area };
        prefixes.set(text, [...(prefixes.get(text) ?? []), own]);
      }
    }
    for (const [text, owners] of prefixes) {
      const within = (router: TestRouter): readonly Way[] =>
        owners.flatMap(({ owner, cost, area }) => this.#ways(router, owner, area, cost));
      const way = this.#between((router) => smallest(within(router)))(root);
      if (way !== undefined) found.set(text, `${text} ${way.kind} ${way.cost}`);
    }
    const externals = new Map<string, readonly number[]>();
    for (const boundary of this.#routers) {
      if (boundary.externals.length === 0 || boundary === root) continue;
      const way = this.#between((router) => this.#toBoundary(router, boundary))(root);
      if (way === undefined) continue;
      // 16.4, step 6: type, then of type 2 the metric, then whether by an area that is not the backbone, then the way.
      const isPreferred = way.kind === 'intra-area' && way.area !== 0;
      for (const { prefix, metric, metricType } of boundary.externals) {
        const text = formatPrefix(prefix);
        const cost = metricType === 1 ? way.cost + metric : metric;
        const rank = [metricType, metricType === 2 ? metric : 0, isPreferred ? 0 : 1, cost];
        const known = externals.get(text);
        if (known === undefined || comesBefore(rank, known)) externals.set(text, rank);
      }
    }
    for (const [text, [metricType, , , cost]] of externals) {
      if (!found.has(text)) found.set(text, `${text} external-${metricType} ${cost}`);
    }
    return [...found.values()].sort();
  }

  /** What a router knows by its own areas, and else by border routers: 12.4.3 and 16.2. */
  #between(within: Target): Target {
    const borders = this.#routers.filter(isBorder);
    /** What `border` tells `area`. */
    const told = (way: Way | undefined, area: Ipv4): number =>
      way === undefined || way.area === area || (area === 0 && way.kind === 'inter-area')
        ? Number.POSITIVE_INFINITY
        : way.cost;
    const by = (router: TestRouter, area: Ipv4, known: Target): Way | undefined =>
      smallest(
        borders
          .filter((border) => border !== router)
          .map((border) => ({
            kind: 'inter-area' as const,
            area,
            cost: this.#distance(area, router, border) + told(known(border), area),
          }))
          .filter(({ cost }) => cost < Number.POSITIVE_INFINITY),
      );
    const atBorder: Target = (router) => within(router) ?? by(router, 0, within);
    return (router) => {
      if (isBorder(router)) return atBorder(router);
      return within(router) ?? smallest(areasOf(router).flatMap((area) => by(router, area, atBorder) ?? []));
    };
  }

  /** 16.4.1: by any other area rather than by the backbone; of equals by that of the largest id. */
  #toBoundary(router: TestRouter, boundary: TestRouter): Way | undefined {
    const ways = areasOf(boundary).flatMap((area) => this.#ways(router, boundary, area, 0));
    return ways.sort(
      (a, b) => Number(a.area === 0) - Number(b.area === 0) || a.cost - b.cost || b.area - a.area,
    )[0];
  }

  #ways(from: TestRouter, to: TestRouter, area: Ipv4, cost: number): readonly Way[] {
    const distance = this.#distance(area, from, to);
    return distance === Number.POSITIVE_INFINITY ? [] : [{ kind: 'intra-area', cost: distance + cost, area }];
  }

  #distance(area: Ipv4, from: TestRouter, to: TestRouter): number {
    return this.#distances.get(area)?.get(from)?.get(to) ?? Number.POSITIVE_INFINITY;
  }

  #within(area: Ipv4): Map<TestRouter, Map<TestRouter, number>> {
    const members = this.#routers.filter((router) => areasOf(router).includes(area));
    const distances = new Map(members.map((member) => [member, new Map([[member, 0]])]));
    const at = (a: TestRouter, b: TestRouter): number => distances.get(a)?.get(b) ?? Number.POSITIVE_INFINITY;
    for (const a of members) {
      for (const { name, cost } of live(a).filter((each) => each.area === area)) {
        for (const { router: b } of a.wires.get(name)?.ends ?? []) {
          if (b !== a) distances.get(a)?.set(b, Math.min(at(a, b), cost));
        }
      }
    }
    for (const via of members) {
      for (const a of members) {
        for (const b of members) distances.get(a)?.set(b, Math.min(at(a, b), at(a, via) + at(via, b)));
      }
    }
    return distances;
  }
}

/** Where a packet for `prefix` goes by the routers' routes, whichever of equal ways it takes: it must arrive. */
function expectNoLoops(network: TestNetwork): void {
  const byAddress = new Map(
    network.routers.flatMap((router) =>
      router.settings.interfaces.map(({ address }) => [address, router] as const),
    ),
  );
  for (const target of network.routers) {
    const prefix = `${formatPrefix({ address: target.id, length: 32 })}`;
    for (const root of network.routers) {
      let at = new Set([root]);
      for (let hops = 0; at.size > 0 && hops <= network.routers.length; hops++) {
        const next = new Set<TestRouter>();
        for (const router of at) {
          for (const { gateway } of router.routes.get(prefix)?.nextHops ?? []) {
            const neighbour = gateway === null ? undefined : byAddress.get(gateway);
            if (neighbour !== undefined && neighbour !== target) next.add(neighbour);
          }
        }
        at = next;
      }
      expect(
        [...at].map(({ name }) => name),
        `${root.name} to ${target.name}`,
      ).to.deep.equal([]);
    }
  }
}

const anyCost = fc.constantFrom(1, 2, 3, 5, 10, 100);
const anyNetwork = fc.integer({ min: 3, max: 8 }).chain((routers) => {
  const some = fc.integer({ min: 0, max: routers - 1 });
  const area = fc.constantFrom(0, 0, 1, 2, 3);
  return fc.record({
    seed: fc.nat(1_000_000),
    routers: fc.constant(routers),
    links: fc.array(fc.tuple(some, some, anyCost, anyCost, area), {
      minLength: routers,
      maxLength: 3 * routers,
    }),
    segments: fc.array(fc.tuple(fc.uniqueArray(some, { minLength: 2 }), area), { maxLength: 1 }),
    externals: fc.array(
      fc.record({
        at: some,
        number: fc.nat(2),
        metric: fc.integer({ min: 1, max: 50 }),
        metricType: fc.constantFrom<1 | 2>(1, 2),
      }),
      { maxLength: 4 },
    ),
    changes: fc.array(fc.nat(), { maxLength: 3 }),
    moves: fc.array(fc.tuple(fc.nat(), area), { maxLength: 2 }),
  });
});

type Shape = typeof anyNetwork extends fc.Arbitrary<infer Value> ? Value : never;

function build(shape: Shape): TestNetwork {
  const network = new TestNetwork(shape.seed, new LsaPool());
  const routers = Array.from({ length: shape.routers }, () => network.router());
  for (const [a, b, costAB, costBA, area] of shape.links) {
    if (a !== b) network.link(routers[a], routers[b], costAB, costBA, area);
  }
  for (const [members, area] of shape.segments) {
    network.segment(
      members.map((member) => routers[member]),
      members.map(() => 10),
      area,
    );
  }
  // A loopback is in the backbone where the router is, else in one of its areas.
  for (const router of routers) {
    const areas = router.settings.interfaces.filter(({ name }) => name !== 'lo').map(({ area }) => area);
    const area = areas.length === 0 ? 0 : Math.min(...areas);
    router.settings = {
      ...router.settings,
      interfaces: router.settings.interfaces.map((each) => (each.name === 'lo' ? { ...each, area } : each)),
    };
  }
  const taken = new Set<string>();
  for (const { at, number, metric, metricType } of shape.externals) {
    if (taken.has(`${at} ${number}`)) continue;
    taken.add(`${at} ${number}`);
    routers[at].external({
      prefix: { address: 0xcb007100 + 256 * number, length: 24 },
      metric,
      metricType,
      tag: 0,
    });
  }
  return network;
}

function check(network: TestNetwork): void {
  const reference = new Reference(network.routers);
  for (const router of network.routers) {
    const routes = [...router.routes.values()].map(
      ({ prefix, kind, cost }) => `${formatPrefix(prefix)} ${kind} ${cost}`,
    );
    expect(routes.sort(), router.name).to.deep.equal(reference.routesOf(router));
  }
  expectNoLoops(network);
}

describe('OSPF routes on random networks of several areas', () => {
  it('are what the areas and their border routers come to, through failures, repairs and moves', () => {
    fc.assert(
      fc.property(anyNetwork, (shape) => {
        const network = build(shape);
        network.start();
        network.runFor(70);
        check(network);
        for (const change of shape.changes) {
          if (network.wires.length === 0) break;
          const wire = network.wires[change % network.wires.length];
          network.set(wire, !wire.up);
          network.runFor(80);
          check(network);
        }
        for (const [which, area] of shape.moves) {
          if (network.wires.length === 0) break;
          const wire = network.wires[which % network.wires.length];
          for (const end of wire.ends) end.router.adjust(end.interface, { area });
          network.runFor(120);
          check(network);
        }
      }),
      { numRuns: 150 },
    );
  });
});
