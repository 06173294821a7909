import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REPLY, ARP_REQUEST } from '../../../src/net/arp.ts';
import { readMac } from '../../../src/net/ethernet.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import {
  address,
  drops,
  engine,
  join,
  on,
  packetBytes,
  prefix,
  twoRouters,
  up,
  via,
  WireEnd,
} from './network.ts';

/** A router on one link, nothing known yet; the other end in the test's hand. */
function alone() {
  const clock = new VirtualClock();
  const [port, end] = join(clock, 'to-h1', 'eth0');
  const router = engine(clock, 'R1', [{ port, edge: true }]);
  for (const slot of [0, 1] as const) router.configurePort(slot, 'to-h1', up('10.1.0.1/24'));
  return { clock, router, port, wire: new WireEnd(clock, end, '10.1.0.2') };
}

const times = ({ asked }: WireEnd): number[] => asked.map(({ timeNs }) => Math.floor(timeNs / SECOND));

describe('ARP', () => {
  it('asks for a gateway as soon as a route names it, so that the first packet does not wait', () => {
    const { clock, router, wire } = alone();
    router.route(0, prefix('10.9.0.0/16'), [via('to-h1', '10.1.0.2')]);
    clock.runUntil(SECOND);
    expect(wire.asked.map(({ address }) => address)).to.deep.equal(['10.1.0.2']);
    clock.runUntil(100 * SECOND);
    expect(wire.asked.length, 'and not again once it has answered').to.equal(1);
  });

  it('asks a gateway that does not answer every second, three times, then ever more rarely', () => {
    const { clock, router, wire } = alone();
    wire.answersArp = false;
    router.route(0, prefix('10.9.0.0/16'), [via('to-h1', '10.1.0.2')]);
    clock.runUntil(100 * SECOND);
    expect(times(wire)).to.deep.equal([0, 1, 2, 3, 5, 9, 17, 33, 65, 97]);
    router.route(0, prefix('10.9.0.0/16'), undefined);
    clock.runUntil(1000 * SECOND);
    expect(times(wire).length, 'and no more when no route names it').to.equal(10);
    expect(clock.pending).to.equal(0);
  });

  it('asks anew when another route names a gateway that was asked in vain', () => {
    const { clock, router, wire } = alone();
    wire.answersArp = false;
    router.route(0, prefix('10.9.0.0/16'), [via('to-h1', '10.1.0.2')]);
    clock.runUntil(20 * SECOND);
    router.route(1, prefix('10.8.0.0/16'), [via('to-h1', '10.1.0.2'), via('to-h1', '10.1.0.3')]);
    clock.runUntil(21 * SECOND);
    expect(times(wire).slice(-2)).to.deep.equal([20, 20]);
  });

  it('keeps packets while it asks, 64 of them, and sends them in order when the answer comes', () => {
    const { h1, h2, r1Edge, r2, r2Edge, pass } = twoRouters();
    for (let sequence = 0; sequence < 70; sequence++) {
      h1.send(packetBytes({ to: '10.2.0.99', sequence }), r1Edge.mac);
    }
    pass();
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.1'), { mac: h2.port.mac, address: address('10.2.0.99') });
    pass();
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal(Array.from({ length: 64 }, (_, n) => n));
    expect(drops(r2)).to.deep.equal({ 'real arp': 6 });
  });

  it('gives up what has waited three seconds, and tells the sender that the host cannot be reached', () => {
    const { h1, h2, r2, send, pass } = twoRouters();
    h2.asked.splice(0);
    send({ to: '10.2.0.99' });
    pass(2 * SECOND);
    expect(h1.take()).to.deep.equal([]);
    pass(2 * SECOND);
    expect(h1.take().map(({ source, icmp }) => [source, icmp?.type, icmp?.code])).to.deep.equal([
      ['10.12.0.2', 3, 1],
    ]);
    expect(h2.asked.map(({ address }) => address)).to.deep.equal(['10.2.0.99', '10.2.0.99', '10.2.0.99']);
    expect(drops(r2)).to.deep.equal({ 'real arp': 1 });
    pass(100 * SECOND);
    expect(h2.asked.length, 'a host that no route names is forgotten').to.equal(3);
  });

  it('drops at once, while it waits to ask again, what goes by a gateway that did not answer', () => {
    const { clock, router, wire, port } = alone();
    router.route(0, prefix('10.1.0.0/24'), [on('to-h1')]);
    router.route(0, prefix('10.9.0.0/16'), [via('to-h1', '10.1.0.7')]);
    clock.runUntil(10 * SECOND);
    const asked = wire.asked.length;
    wire.send(packetBytes({ to: '10.9.0.1' }), port.mac);
    clock.runUntil(10.1 * SECOND);
    expect(drops(router)).to.deep.equal({ 'real arp': 1 });
    expect(wire.take().map(({ icmp }) => [icmp?.type, icmp?.code])).to.deep.equal([[3, 1]]);
    expect(wire.asked.slice(asked).map(({ address }) => address)).to.deep.equal(['10.1.0.2']);
  });

  it('answers for the addresses of either slot, and for no others', () => {
    const { clock, router, wire, port } = alone();
    router.configurePort(1, 'to-h1', up('10.1.0.9/24'));
    const answers: string[] = [];
    for (const target of ['10.1.0.1', '10.1.0.9', '10.1.0.77']) {
      const before = port.busyUntilNs;
      wire.arp(ARP_REQUEST, 0, address(target));
      clock.runUntil(clock.now() + SECOND);
      if (port.busyUntilNs > before) answers.push(target);
    }
    expect(answers).to.deep.equal(['10.1.0.1', '10.1.0.9']);
  });

  it('answers as long as one slot has the port, and not when it has failed in both', () => {
    const { clock, router, wire, port } = alone();
    const isAnswered = (): boolean => {
      const before = port.busyUntilNs;
      wire.arp(ARP_REQUEST, 0, address('10.1.0.1'));
      clock.runUntil(clock.now() + SECOND);
      return port.busyUntilNs > before;
    };
    router.failPort(1, 'to-h1', true);
    expect(isAnswered()).to.equal(true);
    router.failPort(0, 'to-h1', true);
    expect(isAnswered()).to.equal(false);
  });

  it('believes a neighbour that moves, but learns of nobody who neither asked nor was asked for', () => {
    const { h2, r2, r2Edge, send, pass } = twoRouters();
    const moved = 0x02dddddddddd;
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.2'), { mac: moved, address: address('10.2.0.2') });
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.50'), { mac: moved, address: address('10.2.0.50') });
    pass();
    send({ to: '10.2.0.2' });
    expect(h2.frames.map(({ bytes, start }) => readMac(bytes, start))).to.deep.equal([moved]);
    h2.asked.splice(0);
    send({ to: '10.2.0.50' });
    expect(h2.asked.map(({ address }) => address)).to.deep.equal(['10.2.0.50']);
    expect(drops(r2)).to.deep.equal({});
  });

  it('asks by its own address on the subnet of who is asked for', () => {
    const { clock, router, wire } = alone();
    const addresses = [...up('10.1.0.1/24').addresses, ...up('10.5.0.1/24').addresses];
    router.configurePort(0, 'to-h1', { up: true, addresses, mtu: 1500 });
    router.route(0, prefix('10.9.0.0/16'), [via('to-h1', '10.5.0.7'), via('to-h1', '10.1.0.2')]);
    clock.runUntil(SECOND / 2);
    expect(wire.asked.map(({ address, by }) => [address, by])).to.deep.equal([
      ['10.1.0.2', '10.1.0.1'],
      ['10.5.0.7', '10.5.0.1'],
    ]);
  });

  it('takes nothing in while the port has failed in both slots', () => {
    const { h2, r2, r2Edge, send, pass } = twoRouters();
    for (const slot of [0, 1] as const) r2.failPort(slot, 'to-h2', true);
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.1'), { mac: 0x02dddddddddd, address: address('10.2.0.2') });
    pass();
    for (const slot of [0, 1] as const) r2.failPort(slot, 'to-h2', false);
    send({ to: '10.2.0.2' });
    expect(h2.frames.map(({ bytes, start }) => readMac(bytes, start))).to.deep.equal([h2.port.mac]);
  });

  it('does not believe in a group address for a MAC', () => {
    const { h2, r2Edge, send, pass } = twoRouters();
    h2.arp(ARP_REPLY, r2Edge.mac, address('10.2.0.1'), { mac: 0x01005e000001, address: address('10.2.0.2') });
    pass();
    send({ to: '10.2.0.2' });
    expect(h2.frames.map(({ bytes, start }) => readMac(bytes, start))).to.deep.equal([h2.port.mac]);
  });
});
