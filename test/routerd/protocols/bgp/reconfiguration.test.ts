/**
 * Whatever was configured before, in whatever order and however fast: in the end it is as if it had always been so. The
 * rules here have one outcome (shorter AS paths first, ties by MED and router id), so a fresh network is the model.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../../src/net/address.ts';
import type { Policy, PolicyRoute } from '../../../../src/routerd/policy/policy.ts';
import type { AggregateSettings } from '../../../../src/routerd/protocols/bgp/settings.ts';
import {
  BgpNetwork,
  type BgpRouter,
  type NeighbourOptions,
  NO_FAMILY,
  PERMIT_ALL,
  prefixAt,
} from './speakers.ts';

const PREFIXES = ['100.1.0.0/16', '100.1.1.0/24', '100.2.0.0/16', '200.0.0.0/16'];

const marked = (route: PolicyRoute, mark: number): PolicyRoute =>
  route.attributes === undefined
    ? route
    : { ...route, attributes: { ...route.attributes, communities: [mark], med: mark } };

/** Maps by name: one denies even prefixes, others mark what they let through. */
const POLICY: Policy = {
  ...PERMIT_ALL,
  routeMap: (name, route, { matched = route } = {}) => {
    const isEven = ((matched.prefix.address >>> 16) & 1) === 0;
    if (name === 'ODD') return isEven ? undefined : marked(route, 1);
    return marked(route, name === 'TWO' ? 2 : 3);
  },
};

const map = fc.constantFrom('ODD', 'TWO', 'THREE', undefined);

/** What one end says of a session. */
const ofSession = fc
  .record({
    in: map,
    out: map,
    soft: fc.boolean(),
    self: fc.constantFrom('normal' as const, undefined),
    origin: fc.constantFrom(undefined, {}, { routeMap: 'ODD' }),
    localAs: fc.constantFrom(undefined, { as: 64999, noPrepend: false, replaceAs: true }),
    shutdown: fc.constantFrom(false, false, false, true),
  })
  .map(
    (said): NeighbourOptions => ({
      shutdown: said.shutdown,
      ...(said.localAs && { localAs: said.localAs }),
      ipv4: {
        softReconfigurationInbound: said.soft,
        importPolicy: `${said.in}`,
        exportPolicy: `${said.out}`,
        ...(said.in && { routeMapIn: said.in }),
        ...(said.out && { routeMapOut: said.out }),
        ...(said.self && { nextHopSelf: said.self }),
        ...(said.origin && { defaultOriginate: said.origin }),
      },
    }),
  );

const aggregates = fc.subarray<AggregateSettings>([
  { prefix: prefixAt('100.0.0.0/8'), summaryOnly: true, asSet: false },
  { prefix: prefixAt('100.1.0.0/16'), summaryOnly: true, asSet: true },
  { prefix: prefixAt('200.0.0.0/8'), summaryOnly: false, asSet: false },
]);

const ROUTERS = 4;
const number = fc.integer({ min: 0, max: ROUTERS - 1 });

/** One thing that is said of the network, in place of what was said of the same before. */
const step = fc.record({
  what: fc.oneof(
    fc.record({ kind: fc.constant('session' as const), a: number, b: number, said: ofSession }),
    fc.record({ kind: fc.constant('none' as const), a: number, b: number }),
    fc.record({ kind: fc.constant('router' as const), a: number, aggregates }),
    fc.record({ kind: fc.constant('routes' as const), a: number, routes: fc.subarray(PREFIXES) }),
  ),
  afterS: fc.constantFrom(0, 0.001, 0.02, 0.3, 5),
});
type What = (typeof step extends fc.Arbitrary<infer Step> ? Step : never)['what'];

function apply(all: readonly BgpRouter[], what: What): void {
  const router = all[what.a];
  switch (what.kind) {
    case 'session':
      if (what.a !== what.b) router.neighbour(all[what.b], what.said);
      break;
    case 'none': {
      const { address } = all[what.b];
      router.configure({ neighbours: router.settings.neighbours.filter((each) => each.address !== address) });
      break;
    }
    case 'router':
      router.configure({
        families: { ipv4: { ...NO_FAMILY, maximumPaths: 4, aggregates: what.aggregates }, vpnv4: NO_FAMILY },
      });
      break;
    case 'routes':
      router.withdraw(PREFIXES.filter((prefix) => !what.routes.includes(prefix)));
      router.announce(what.routes);
  }
}

/** Of which the last one counts. */
const keyOf = (what: What): string =>
  what.kind === 'session' || what.kind === 'none' ? `session ${what.a} ${what.b}` : `${what.kind} ${what.a}`;

function start(): { network: BgpNetwork; all: readonly BgpRouter[] } {
  const network = new BgpNetwork();
  const all = Array.from({ length: ROUTERS }, (_, at) =>
    network.router(at + 1, {
      as: 65001 + at,
      policy: POLICY,
      decision: { alwaysCompareMed: true, compareRouterId: true },
    }),
  );
  for (const [at, router] of all.entries()) {
    router.neighbour(all[(at + 1) % ROUTERS]);
    router.neighbour(all[(at + ROUTERS - 1) % ROUTERS]);
    router.announce([`10.${at}.0.0/16`, PREFIXES[at]]);
  }
  return { network, all };
}

/** All that a router has: of each prefix its paths, the best one first said, and its ways. */
function told({ bgp, installed }: BgpRouter): unknown {
  const { locRib } = bgp.table('ipv4');
  const { destinations } = locRib;
  const routes: Record<string, unknown> = {};
  for (let at = 0; at < destinations.end; at++) {
    if (!destinations.isUsed(at) || locRib.paths(at).length === 0) continue;
    const paths = locRib
      .paths(at)
      .map(({ source, attributes }) => `${source.address} ${JSON.stringify(attributes)}`);
    routes[formatPrefix(destinations.prefix(at))] = {
      best: locRib.best(at)?.source.address,
      paths: paths.sort(),
    };
  }
  const neighbours = bgp.neighbours().map(({ settings, state, received, sent }) => {
    return { address: settings.address, isUp: state === 'Established', received, sent };
  });
  return { routes, ways: Object.fromEntries([...installed].sort()), neighbours };
}

describe('BGP that was configured again and again', () => {
  it('is as if it had always been as it is now', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 14 }), (steps) => {
        const { network, all } = start();
        for (const { what, afterS } of steps) {
          network.run(afterS);
          apply(all, what);
        }
        network.run(120);
        const fresh = start();
        const last = new Map(steps.map(({ what }) => [keyOf(what), what]));
        for (const what of last.values()) apply(fresh.all, what);
        fresh.network.run(120);
        expect(all.map(told)).to.deep.equal(fresh.all.map(told));
        expect(all.map(({ bgp }) => bgp.settled)).to.deep.equal(all.map(() => true));
      }),
      { numRuns: 60 },
    );
  });
});

it("who came from a range that is not listened to any more takes nobody else's place, and is nobody with it again", () => {
  const network = new BgpNetwork();
  const router = network.router(1, { as: 65001 });
  const others = [2, 3].map((number) => network.router(number, { as: 65002 }));
  for (const other of others) router.neighbour(other, { shutdown: true });
  const { neighbours } = router.settings;
  const listenTo = (...welcome: readonly number[]) => {
    const settingsFor = (address: number) =>
      neighbours.find((each) => each.address === address && welcome.includes(address));
    router.configure({ neighbours: [], guests: { limit: 1, settingsFor } });
  };
  const present = () => router.bgp.neighbours().map(({ settings }) => settings.address);
  const [first, second] = others.map(({ address }) => address);
  listenTo(first);
  router.bgp.welcome(first);
  expect(present()).to.deep.equal([first]);
  listenTo(second);
  router.bgp.welcome(second);
  expect(present()).to.deep.equal([second]);
  listenTo();
  listenTo(first, second);
  expect(present()).to.deep.equal([]);
});
