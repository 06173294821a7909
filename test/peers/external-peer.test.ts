import { expect } from 'chai';
import type { Prefix } from '../../src/net/address.ts';
import { ExternalPeer } from '../../src/peers/external-peer.ts';
import { announcedBy, type RouteChange, type RouteGroup, RouteTable } from '../../src/peers/route-table.ts';
import type { PathAttributes } from '../../src/routerd/protocols/bgp/attributes.ts';
import { keyOf } from '../../src/routerd/rib/prefix-map.ts';
import { Host } from '../../src/traffic/host.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { ADDRESS_A, ADDRESS_B, address, wire } from '../traffic/lab.ts';
import { TwoSlots } from './two-slots.ts';

const AS = 64500;
const SUBNET = { prefixLength: 24, gateway: address('10.0.0.254') };

const path = (...numbers: number[]): PathAttributes => {
  const asPath = [{ type: 'sequence', numbers }] as const;
  const made = announcedBy({ as: AS, address: ADDRESS_B }, { origin: 0, asPath });
  if (made === undefined) throw new Error('no attributes');
  return made;
};
const prefix = (index: number): Prefix => ({ address: 0x14000000 + index * 256, length: 24 });
const group = (attributes: PathAttributes, from: number, count: number): RouteGroup => ({
  attributes,
  prefixes: Array.from({ length: count }, (_, index) => keyOf(prefix(from + index))),
});

/** A router's two slots and a peer on one link, sessions begun. */
function joined(table: RouteTable, changes: readonly RouteChange[] = [], parameters = {}) {
  const lab = wire(parameters);
  const router = new Host(lab.world, 'router', lab.portA, { address: ADDRESS_A, ...SUBNET });
  const host = new Host(lab.world, 'peer', lab.portB, { address: ADDRESS_B, ...SUBNET, isInternet: true });
  const peer = new ExternalPeer(lab.world, host, { as: AS, table, changes });
  const slots = new TwoSlots(lab.world, router, ADDRESS_B, 65000);
  for (const { session } of slots.slots) session.start();
  const run = (seconds: number): void => {
    lab.clock.runUntil(lab.clock.now() + seconds * SECOND);
  };
  return { ...lab, peer, slots, run };
}

describe('an external peer', () => {
  const table = new RouteTable([group(path(AS, 1), 0, 300), group(path(AS, 2, 3), 300, 2)]);

  it('tells both planes its table, each in a session of its own, and then that it was all', () => {
    const { peer, slots, run } = joined(table);
    expect(peer.settled).to.equal(true);
    run(5);
    for (const { routes, updates } of slots.slots) {
      expect(routes.size).to.equal(302);
      expect(routes.get(keyOf(prefix(301)))?.asPath).to.deep.equal([
        { type: 'sequence', numbers: [AS, 2, 3] },
      ]);
      expect(routes.get(keyOf(prefix(0)))?.nextHop).to.equal(ADDRESS_B);
      expect(updates.at(-1)).to.deep.equal({ family: 'ipv4', withdrawn: [], announced: [] });
    }
    expect(peer.status()).to.deep.equal(
      (['real', 'shadow'] as const).map((plane) => ({
        router: ADDRESS_A,
        plane,
        state: 'established',
        announced: 302,
        changes: 0,
        received: 0,
        lastPath: [],
      })),
    );
    expect(peer.settled).to.equal(true);
  });

  it('tells its changes when they are due, counted from its start, to both planes alike', () => {
    const changes: readonly RouteChange[] = [
      { afterNs: SECOND, withdrawn: [keyOf(prefix(0))] },
      { afterNs: 2 * SECOND, withdrawn: [], announced: group(path(AS, 9), 1, 2) },
    ];
    const { peer, slots, run } = joined(table, changes);
    run(10);
    for (const { routes } of slots.slots) expect(routes.size).to.equal(302);
    peer.start();
    run(1.5);
    for (const { routes } of slots.slots) expect(routes.size).to.equal(301);
    run(1);
    for (const { routes } of slots.slots) {
      expect(routes.get(keyOf(prefix(1)))?.asPath).to.deep.equal([{ type: 'sequence', numbers: [AS, 9] }]);
    }
    expect(peer.status().map((each) => each.changes)).to.deep.equal([2, 2]);
  });

  it('tells a session that begins late, or asks for all again, what is announced by then', () => {
    const changes: readonly RouteChange[] = [
      { afterNs: 0, withdrawn: [keyOf(prefix(0))] },
      { afterNs: 0, withdrawn: [], announced: group(path(AS, 9), 400, 1) },
    ];
    const { peer, slots, run } = joined(table, changes);
    const [first, second] = slots.slots;
    second.session.close(6, 2);
    run(5);
    peer.start();
    run(1);
    second.session.start();
    run(5);
    const keys = [...first.routes.keys()].sort();
    expect(keys).to.have.length(302);
    expect([...second.routes.keys()].sort()).to.deep.equal(keys);
    first.routes.clear();
    first.session.requestRefresh('ipv4');
    run(2);
    expect([...first.routes.keys()].sort()).to.deep.equal(keys);
    expect(peer.status().map(({ announced, changes: told }) => [announced, told])).to.deep.equal([
      [302, 2],
      [302, 0],
    ]);
  });

  it('goes on where planes are swapped, also in the middle of its table', () => {
    const large = new RouteTable(
      Array.from({ length: 5000 }, (_, index) => group(path(AS, index + 1), index * 4, 4)),
    );
    const { peer, slots, clock, run } = joined(large, [], { rateBps: 10e6 });
    const [first, second] = slots.slots;
    while (first.routes.size < 1000) clock.step(Number.POSITIVE_INFINITY);
    slots.swap();
    run(0.1);
    slots.swap();
    run(20);
    slots.swap();
    run(200);
    for (const { routes, lost, session } of [first, second]) {
      expect(lost).to.deep.equal([]);
      expect(session.counters.established).to.equal(1);
      expect(routes.size).to.equal(20_000);
    }
    expect(slots.strays).to.be.greaterThan(0);
    expect(peer.status().map(({ plane }) => plane)).to.deep.equal(['real', 'shadow']);
  });

  it('keeps what it is told, and forgets a session that ends', () => {
    const { peer, slots, run } = joined(table);
    run(5);
    const [first] = slots.slots;
    const attributes = { ...path(AS, 7), asPath: [{ type: 'sequence', numbers: [65000, 7] }] } as const;
    first.session.send({
      family: 'ipv4',
      withdrawn: [],
      attributes,
      announced: [{ prefix: prefix(1) }, { prefix: prefix(2) }],
    });
    first.session.send({ family: 'ipv4', withdrawn: [{ prefix: prefix(1) }], announced: [] });
    run(1);
    expect(peer.status()[0]).to.deep.include({ plane: 'real', received: 1, lastPath: [65000, 7] });
    first.session.close(6, 2);
    run(1);
    expect(peer.status().map(({ plane }) => plane)).to.deep.equal(['shadow']);
  });

  it('answers nobody but BGP at its own address', () => {
    const { slots, run, clock } = joined(table);
    run(1);
    const ends: string[] = [];
    const events = { connected: () => ends.push('connected'), closed: (end: string) => ends.push(end) };
    slots.slots[0].stack.connect(address('198.51.100.7'), 179, events, { maxSynRetransmissions: 1 });
    slots.slots[0].stack.connect(ADDRESS_B, 80, events, { maxSynRetransmissions: 1 });
    clock.runUntil(clock.now() + 100 * SECOND + MILLISECOND);
    expect(ends).to.deep.equal(['timeout', 'timeout']);
  });
});
