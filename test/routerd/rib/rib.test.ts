import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { contains, formatPrefix, type Prefix, prefixOf } from '../../../src/net/address.ts';
import { DISTANCE, Rib, type Route } from '../../../src/routerd/rib/rib.ts';
import type { NextHop, RouteSource } from '../../../src/world/observation.ts';

const SOURCES: readonly RouteSource[] = ['connected', 'static', 'ospf'];

/** Few prefixes, on both sides of 128.0.0.0, that nest and meet. */
const prefix = fc
  .record({
    address: fc.constantFrom(0x0a000000, 0x0a0000ff, 0xc0000000, 0),
    length: fc.constantFrom(0, 8, 24, 32),
  })
  .map(({ address, length }) => prefixOf(address, length));
const nextHop = fc.constantFrom<NextHop>(
  { kind: 'connected', port: 'a' },
  { kind: 'connected', port: 'b' },
  { kind: 'gateway', port: 'a', gateway: '10.0.0.1' },
  { kind: 'local' },
);
const change = fc.record({
  prefix,
  source: fc.constantFrom(...SOURCES),
  metric: fc.nat(2),
  nextHop,
  withdraw: fc.boolean(),
});

/** As anyone would write it first: all offers in a list, the best looked for each time. */
function bestOf(offers: readonly Route[], wanted: Prefix): Route | undefined {
  return offers
    .filter(({ prefix: { address, length } }) => address === wanted.address && length === wanted.length)
    .sort((a, b) => a.distance - b.distance || a.metric - b.metric)[0];
}

describe('the RIB', () => {
  it('offers the best of all routes, whatever came and went before', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const installed = new Map<string, readonly NextHop[]>();
        const rib = new Rib((at, nextHops) => {
          const key = formatPrefix(at);
          expect(installed.get(key), 'a change that is none').to.not.deep.equal(nextHops);
          if (nextHops === undefined) installed.delete(key);
          else installed.set(key, nextHops);
        });
        let offers: Route[] = [];
        for (const { prefix: at, source, metric, nextHop: hop, withdraw } of changes) {
          const others = offers.filter(
            (route) => route.source !== source || formatPrefix(route.prefix) !== formatPrefix(at),
          );
          const route: Route = { prefix: at, source, distance: DISTANCE[source], metric, nextHops: [hop] };
          offers = withdraw ? others : [...others, route];
          if (withdraw) rib.withdraw(source, at);
          else rib.set(route);
        }
        const wanted = new Map(
          offers.map(({ prefix: at }) => [formatPrefix(at), bestOf(offers, at)?.nextHops]),
        );
        expect(installed).to.deep.equal(wanted);
        const entries = rib.entries();
        expect(entries).to.have.length(offers.length);
        expect(entries.filter(({ best }) => best)).to.have.length(wanted.size);
        for (const source of SOURCES) {
          const own = offers
            .filter((route) => route.source === source)
            .map((route) => formatPrefix(route.prefix));
          expect(rib.prefixesOf(source).map(formatPrefix).sort()).to.deep.equal(own.sort());
        }
        for (const address of [0x0a000000, 0x0a0000ff, 0xc0000001, 1]) {
          const matching = offers.filter((route) => contains(route.prefix, address));
          const longest = matching.sort((a, b) => b.prefix.length - a.prefix.length)[0];
          expect(rib.lookup(address)).to.deep.equal(longest && bestOf(offers, longest.prefix));
        }
      }),
    );
  });

  it('lists prefixes in order, the best route of each first', () => {
    const rib = new Rib(() => undefined);
    const offer = (source: RouteSource, address: number, length: number): void => {
      rib.set({ prefix: { address, length }, source, distance: DISTANCE[source], metric: 0, nextHops: [] });
    };
    offer('ospf', 0xc0000000, 8);
    offer('ospf', 0x0a000000, 24);
    offer('ospf', 0x0a000000, 8);
    offer('static', 0x0a000000, 24);
    expect(rib.entries().map(({ prefix: at, source, best }) => [at, source, best])).to.deep.equal([
      ['10.0.0.0/8', 'ospf', true],
      ['10.0.0.0/24', 'static', true],
      ['10.0.0.0/24', 'ospf', false],
      ['192.0.0.0/8', 'ospf', true],
    ]);
  });
});
