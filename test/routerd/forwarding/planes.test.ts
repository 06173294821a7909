import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REPLY } from '../../../src/net/arp.ts';
import { writeLabel } from '../../../src/net/mpls.ts';
import { labelOf, NO_TAG, SHADOW_DSCP, SHADOW_MARK } from '../../../src/net/wire.ts';
import type { Slot } from '../../../src/routerd/forwarding/contract.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { address, drops, engine, join, packetBytes, prefix, twoRouters, up, WireEnd } from './network.ts';

const REAL_TAG = 11;
const SHADOW_TAG = 12;

/** R1 with tags known, its core link's far end in the test's hand: what it sends on is seen as it is. */
function tagged() {
  const network = twoRouters();
  for (const router of [network.r1, network.r2]) {
    router.setTag(0, REAL_TAG);
    router.setTag(1, SHADOW_TAG);
  }
  return network;
}

describe('the mark', () => {
  it('is none on a real packet: it travels as it is', () => {
    const { between, send } = tagged();
    send({ to: '10.2.0.2' });
    expect(between.map(({ type }) => type)).to.deep.equal(['ipv4']);
  });

  it('is put on where a host sends with the shadow code point, and taken off where a host receives', () => {
    const { between, h2, send } = tagged();
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
    expect(
      between.map(({ type, label, labelTtl, ttl, trafficClass }) => [
        type,
        label,
        labelTtl,
        ttl,
        trafficClass,
      ]),
    ).to.deep.equal([['mpls', SHADOW_MARK, 63, 63, SHADOW_DSCP >>> 3]]);
    expect(h2.take().map(({ type, dscp, ttl }) => [type, dscp, ttl])).to.deep.equal([
      ['ipv4', SHADOW_DSCP, 62],
    ]);
  });

  it('leads to the slot of its plane while it has no tag', () => {
    const { r1, h2, send } = tagged();
    r1.route(0, prefix('10.2.0.0/24'), undefined);
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP, sequence: 1 });
    send({ to: '10.2.0.2', sequence: 2 });
    send({ to: '10.2.0.2', sequence: 3 }, { plane: 'shadow', tag: NO_TAG });
    send({ to: '10.2.0.2', sequence: 4 }, { plane: 'real', tag: NO_TAG });
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal([1, 3]);
    expect(drops(r1)).to.deep.equal({ 'real no-route': 2 });
  });

  it('tells the host by DSCP which plane a packet came from, even one that was sent with another class', () => {
    const { h2, send } = tagged();
    send({ to: '10.2.0.2', dscp: 10 }, { plane: 'shadow', tag: NO_TAG });
    send({ to: '10.2.0.2', dscp: 10 }, { plane: 'real', tag: NO_TAG });
    expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([SHADOW_DSCP, 10]);
  });

  it('brings the TTL of a packet in line when its label was counted down alone', () => {
    const { h1, h2, r1, send } = tagged();
    send({ to: '10.2.0.2', ttl: 64 }, { plane: 'shadow', tag: NO_TAG }, 40);
    expect(h2.take().map(({ ttl }) => ttl)).to.deep.equal([38]);
    send({ to: '10.2.0.2', ttl: 64 }, { plane: 'shadow', tag: NO_TAG }, 1);
    expect(drops(r1)).to.deep.equal({ 'shadow ttl': 1 });
    expect(h1.take().map(({ icmp }) => icmp?.type)).to.deep.equal([11]);
  });

  it("is refused when it is another's label, or has another below it", () => {
    const { h1, r1, r1Edge, pass } = tagged();
    const frame = new Uint8Array(14 + 4 + 100);
    const send = (label: number, bottom: boolean): void => {
      for (let octet = 0; octet < 6; octet++)
        frame[octet] = Math.floor(r1Edge.mac / 256 ** (5 - octet)) % 256;
      frame.set([0x88, 0x47], 12);
      writeLabel(frame, 14, label, 0, bottom, 64);
      frame.set(packetBytes({ to: '10.2.0.2' }), 18);
      h1.raw(frame);
    };
    send(0x12345, true);
    send(SHADOW_MARK, false);
    pass();
    expect(drops(r1)).to.deep.equal({ 'real malformed': 2 });
    send(SHADOW_MARK, true);
    pass();
    expect(drops(r1), 'while the mark itself passes').to.deep.equal({ 'real malformed': 2 });
  });
});

describe('tags', () => {
  it('lead to the slot that has them, whatever plane that plays now, and stay until egress', () => {
    const { r1, r2, between, h2, send } = tagged();
    r1.swapPlanes();
    r2.swapPlanes();
    r1.route(1, prefix('10.2.0.0/24'), undefined);
    send({ to: '10.2.0.2', sequence: 1 }, { plane: 'real', tag: REAL_TAG });
    send({ to: '10.2.0.2', sequence: 2 }, { plane: 'real', tag: SHADOW_TAG });
    expect(between.map(({ label, sequence }) => [label, sequence])).to.deep.equal([
      [labelOf(REAL_TAG, 'real'), 1],
    ]);
    expect(h2.take().map(({ type, dscp, sequence }) => [type, dscp, sequence])).to.deep.equal([
      ['ipv4', 0, 1],
    ]);
    expect(drops(r1)).to.deep.equal({ 'real no-route': 1 });
  });

  it('that a router does not know end the packet there', () => {
    const { r1, h2, send } = tagged();
    send({ to: '10.2.0.2' }, { plane: 'real', tag: 99 });
    expect(h2.take()).to.deep.equal([]);
    expect(drops(r1)).to.deep.equal({ 'real unknown-tag': 1 });
    expect(r1.takePostcards().postcards.map(({ tag, reason }) => [tag, reason])).to.deep.equal([
      [99, 'unknown-tag'],
    ]);
  });

  it('are put on packets of both planes while the router marks, and no more when it stops', () => {
    const { r1, between, send } = tagged();
    r1.setMarking(true);
    expect(r1.marking).to.equal(true);
    send({ to: '10.2.0.2' });
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
    r1.setMarking(false);
    send({ to: '10.2.0.2' });
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
    expect(between.map(({ label }) => label)).to.deep.equal([
      labelOf(REAL_TAG, 'real'),
      labelOf(SHADOW_TAG, 'shadow'),
      undefined,
      SHADOW_MARK,
    ]);
  });

  it('stay on a packet although the router that has it does not mark', () => {
    const { r1, between, send } = tagged();
    expect(r1.marking).to.equal(false);
    send({ to: '10.2.0.2' }, { plane: 'shadow', tag: REAL_TAG });
    expect(between.map(({ label }) => label)).to.deep.equal([labelOf(REAL_TAG, 'shadow')]);
  });

  it('are remembered by when a packet that was sent in the real plane last went through under them', () => {
    const { clock, r1, r2, send } = tagged();
    expect(r1.lastSeenNs(REAL_TAG)).to.equal(null);
    send({ to: '10.2.0.2' }, { plane: 'shadow', tag: REAL_TAG });
    send({ to: '10.2.0.2' });
    expect(r1.lastSeenNs(REAL_TAG), 'neither shadow packets nor those without tag count').to.equal(null);
    const before = clock.now();
    send({ to: '10.2.0.2' }, { plane: 'real', tag: REAL_TAG });
    expect(r1.lastSeenNs(REAL_TAG)).to.be.within(before + 1_000_000, before + 1_100_000);
    expect(r2.lastSeenNs(REAL_TAG)).to.be.within(before + 2_000_000, before + 2_200_000);
    expect(r1.lastSeenNs(SHADOW_TAG)).to.equal(null);
  });

  it('are remembered by the router that puts them on as well', () => {
    const { clock, r1, send } = tagged();
    r1.setMarking(true);
    const before = clock.now();
    send({ to: '10.2.0.2' });
    expect(r1.lastSeenNs(REAL_TAG)).to.be.within(before + 1_000_000, before + 1_100_000);
  });

  it('are the ones that the slots are known by', () => {
    const { r1 } = tagged();
    expect([r1.tagOf(0), r1.tagOf(1)]).to.deep.equal([REAL_TAG, SHADOW_TAG]);
    expect(r1.realSlot).to.equal(0);
    r1.swapPlanes();
    expect([r1.realSlot, r1.tagOf(0), r1.tagOf(1)]).to.deep.equal([1, REAL_TAG, SHADOW_TAG]);
  });
});

describe('a swap of planes', () => {
  it('makes real packets go by the other slot, at once and back again', () => {
    const { r1, h1, h2, send } = tagged();
    r1.route(1, prefix('10.2.0.0/24'), [{ kind: 'blackhole' }]);
    send({ to: '10.2.0.2', sequence: 1 });
    r1.swapPlanes();
    send({ to: '10.2.0.2', sequence: 2 });
    send({ to: '10.2.0.2', sequence: 3, dscp: SHADOW_DSCP });
    r1.swapPlanes();
    send({ to: '10.2.0.2', sequence: 4 });
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal([1, 3, 4]);
    expect(h1.take()).to.deep.equal([]);
    expect(drops(r1)).to.deep.equal({ 'real blackhole': 1 });
  });

  it('does not touch a packet that waits for its neighbour: it leaves by the slot that it came in by', () => {
    const { r2, h2, r2Edge, send, pass } = tagged();
    send({ to: '10.2.0.77', sequence: 5 });
    r2.swapPlanes();
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.1'), { mac: h2.port.mac, address: address('10.2.0.77') });
    pass();
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal([5]);
    const [postcard] = r2.takePostcards().postcards;
    expect([postcard.plane, postcard.tag]).to.deep.equal(['real', REAL_TAG]);
  });
});

describe('a failure in one slot', () => {
  it('lasts, whatever is configured meanwhile, and drops what waits for a neighbour', () => {
    const { r2, r2Edge, h2, send, pass } = tagged();
    send({ to: '10.2.0.77' });
    r2.failPort(0, 'to-h2', true);
    r2.configurePort(0, 'to-h2', up('10.2.0.1/24'));
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.1'), { mac: h2.port.mac, address: address('10.2.0.77') });
    pass();
    send({ to: '10.2.0.2' });
    expect(h2.take()).to.deep.equal([]);
    expect(drops(r2)).to.deep.equal({ 'real failed': 2 });
  });

  for (const [router, port] of [
    ['r1', 'to-R2'],
    ['r2', 'to-R1'],
  ] as const) {
    it(`at ${router} drops that slot's packets in both directions, and the other slot does not notice`, () => {
      const network = tagged();
      const { h2, send } = network;
      network[router].failPort(1, port, true);
      send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
      send({ to: '10.2.0.2' });
      expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([0]);
      expect(drops(network[router])).to.deep.equal({ 'shadow failed': 1 });
      network[router].failPort(1, port, false);
      send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
      expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([SHADOW_DSCP]);
    });
  }

  it("takes the port's own address with it, in that slot alone", () => {
    const { r1, send } = tagged();
    r1.failPort(1, 'to-R2', true);
    r1.route(1, prefix('10.12.0.0/24'), undefined);
    send({ to: '10.12.0.1', dscp: SHADOW_DSCP });
    send({ to: '10.12.0.1' });
    expect(drops(r1)).to.deep.equal({ 'shadow no-route': 1, 'real not-for-us': 1 });
  });

  it("is a shutdown as well: a port that is down in a slot's configuration", () => {
    const { r1, h2, send } = tagged();
    r1.configurePort(0, 'to-R2', { up: false, addresses: [], mtu: 1500 });
    send({ to: '10.2.0.2' });
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
    expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([SHADOW_DSCP]);
    expect(drops(r1)).to.deep.equal({ 'real failed': 1 });
  });
});

describe('a mirror rule', () => {
  const ruleFor = (h1: ReturnType<typeof tagged>['h1']) => {
    const flow = { source: '10.1.0.2', destination: '10.2.0.2', sourcePort: 5000 };
    return { port: 'to-h1', sourceMac: h1.port.mac, ...flow };
  };

  it('copies matching real packets into the shadow plane, and leaves the real ones as they are', () => {
    const { r1, h1, h2, between, send } = tagged();
    r1.mirror([ruleFor(h1)]);
    send({ to: '10.2.0.2', dscp: 10, sequence: 1 });
    send({ to: '10.2.0.2', sourcePort: 5001, sequence: 2 });
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP, sequence: 3 });
    send({ to: '10.2.0.2', sequence: 4 }, { plane: 'real', tag: NO_TAG });
    expect(between.map(({ label, dscp, ttl, sequence }) => [label, dscp, ttl, sequence])).to.deep.equal([
      [undefined, 10, 63, 1],
      [SHADOW_MARK, 10, 63, 1],
      [undefined, 0, 63, 2],
      [SHADOW_MARK, SHADOW_DSCP, 63, 3],
      [undefined, 0, 63, 4],
    ]);
    expect(h2.take().map(({ dscp, sequence }) => [dscp, sequence])).to.deep.equal([
      [10, 1],
      [SHADOW_DSCP, 1],
      [0, 2],
      [SHADOW_DSCP, 3],
      [0, 4],
    ]);
    expect(
      r1
        .takePostcards()
        .postcards.filter(({ sequence }) => sequence === 1)
        .map(({ plane }) => plane),
    ).to.deep.equal(['real', 'shadow']);
  });

  it('goes on copying when the real plane has failed, and takes prefixes', () => {
    const { r1, h1, h2, send } = tagged();
    r1.mirror([{ ...ruleFor(h1), source: '10.1.0.0/24', destination: '10.0.0.0/8' }]);
    r1.failPort(0, 'to-h1', true);
    send({ to: '10.2.0.2' });
    expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([SHADOW_DSCP]);
  });

  it('ends when it is taken away, and refuses what is no address', () => {
    const { r1, h1, h2, send } = tagged();
    r1.mirror([ruleFor(h1)]);
    expect(() => r1.mirror([{ ...ruleFor(h1), source: 'h1' }])).to.throw(RangeError, '"h1" is neither');
    r1.mirror([]);
    send({ to: '10.2.0.2' });
    expect(h2.take().length).to.equal(1);
  });
});

describe("a packet of the router's own", () => {
  /** A router with one port to routers and one to hosts, the far ends in the test's hand. */
  function alone() {
    const clock = new VirtualClock();
    const [core, coreEnd] = join(clock, 'to-R2', 'eth0');
    const [edge, edgeEnd] = join(clock, 'to-h1', 'eth0');
    const router = engine(clock, 'R1', [
      { port: core, edge: false },
      { port: edge, edge: true },
    ]);
    for (const slot of [0, 1] as const) {
      router.setTag(slot, slot === 0 ? REAL_TAG : SHADOW_TAG);
      router.configurePort(slot, 'to-R2', up('10.12.0.1/24'));
      router.configurePort(slot, 'to-h1', up('10.1.0.1/24'));
    }
    const wires = {
      'to-R2': new WireEnd(clock, coreEnd, '10.12.0.2'),
      'to-h1': new WireEnd(clock, edgeEnd, '10.1.0.2'),
    };
    const hello = (slot: Slot, port: 'to-R2' | 'to-h1', to = '224.0.0.5') => {
      router.originate(slot, port, {
        source: address('10.12.0.1'),
        destination: address(to),
        protocol: 89,
        ttl: 1,
        tos: 0xc0,
        payload: Uint8Array.of(1, 2, 3),
      });
      clock.runUntil(clock.now() + 1e9);
      return wires[port].take();
    };
    return { clock, router, hello, wires };
  }

  it('carries the mark of its slot on every port, to groups and to neighbours', () => {
    const { router, hello } = alone();
    const common = { source: '10.12.0.1', destination: '224.0.0.5', dscp: 48, ttl: 1, protocol: 89 };
    const shadow = { ...common, type: 'mpls', label: SHADOW_MARK, labelTtl: 1, trafficClass: 6 };
    expect(hello(0, 'to-R2')).to.deep.equal([{ ...common, type: 'ipv4' }]);
    expect(hello(1, 'to-R2')).to.deep.equal([shadow]);
    expect(hello(1, 'to-h1')).to.deep.equal([shadow]);
    expect(hello(1, 'to-R2', '10.12.0.2')).to.deep.equal([{ ...shadow, destination: '10.12.0.2' }]);
    router.setMarking(true);
    expect(hello(0, 'to-R2').map(({ label }) => label)).to.deep.equal([labelOf(REAL_TAG, 'real')]);
    expect(hello(1, 'to-R2').map(({ label }) => label)).to.deep.equal([labelOf(SHADOW_TAG, 'shadow')]);
    router.swapPlanes();
    expect(hello(0, 'to-R2').map(({ label }) => label)).to.deep.equal([labelOf(REAL_TAG, 'shadow')]);
  });

  it('is not filtered on its way out, but stays in where the port has failed', () => {
    const { router, hello } = alone();
    const denyAll = { name: '1', kind: 'standard' as const, rules: [] };
    router.configurePort(0, 'to-R2', up('10.12.0.1/24', { accessOut: denyAll }));
    expect(hello(0, 'to-R2').length).to.equal(1);
    router.failPort(0, 'to-R2', true);
    expect(hello(0, 'to-R2').length).to.equal(0);
    expect(drops(router)).to.deep.equal({ 'real failed': 1 });
  });
});
