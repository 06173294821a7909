import { expect } from 'chai';
import { describe, it } from 'mocha';
import { writeIcmp } from '../../../src/net/icmp.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, writeIpv4 } from '../../../src/net/ipv4.ts';
import { SHADOW_DSCP, SHADOW_MARK } from '../../../src/net/wire.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { Frame } from '../../../src/world/frame.ts';
import { address, drops, engine, join, packetBytes, prefix, twoRouters, up, WireEnd } from './network.ts';

/** An echo request from h1 with a payload of its own. */
function echoRequest(to: string, dscp = 0): Uint8Array {
  const bytes = packetBytes({ to, protocol: PROTOCOL_ICMP, length: 60, dscp });
  for (let at = 28; at < 60; at++) bytes[at] = at;
  writeIcmp(bytes, 20, 60, 8, 0, 0x12340001);
  return bytes;
}

describe('a packet on its way', () => {
  it('arrives with its TTL counted down by every router, its checksum right, its bytes the same', () => {
    const { h2, send } = twoRouters();
    send({ to: '10.2.0.2', ttl: 64, dscp: 10, sequence: 42 });
    const [seen, ...more] = h2.take();
    expect(more).to.deep.equal([]);
    expect(seen).to.deep.equal({
      type: 'ipv4',
      source: '10.1.0.2',
      destination: '10.2.0.2',
      dscp: 10,
      ttl: 62,
      protocol: 17,
      sequence: 42,
    });
  });

  it('is dropped when its TTL ends, and its sender is told by the router where that was', () => {
    const { h1, h2, r1, r2, send } = twoRouters();
    send({ to: '10.2.0.2', ttl: 1 });
    send({ to: '10.2.0.2', ttl: 2 });
    expect(h2.take()).to.deep.equal([]);
    const told = h1.take();
    expect(told.map(({ source, icmp }) => [source, icmp?.type, icmp?.code])).to.deep.equal([
      ['10.1.0.1', 11, 0],
      ['10.12.0.2', 11, 0],
    ]);
    expect([drops(r1), drops(r2)]).to.deep.equal([{ 'real ttl': 1 }, { 'real ttl': 1 }]);
  });

  it('is quoted in the error about it as it came', () => {
    const { h1, send } = twoRouters();
    send({ to: '10.2.0.2', ttl: 1, length: 200 });
    const [{ bytes, start, end }] = h1.frames;
    expect([...bytes.subarray(start + 14 + 28, end)]).to.deep.equal([
      ...packetBytes({ to: '10.2.0.2', ttl: 1, length: 200 }),
    ]);
  });

  it('is dropped where there is no route, and its sender told that the network cannot be reached', () => {
    const { h1, r1, send } = twoRouters();
    send({ to: '10.9.0.1' });
    expect(h1.take().map(({ icmp }) => icmp)).to.deep.equal([{ type: 3, code: 0, rest: 0 }]);
    expect(drops(r1)).to.deep.equal({ 'real no-route': 1 });
  });

  it('goes silently into a blackhole', () => {
    const { h1, r1, send } = twoRouters();
    r1.route(0, prefix('10.9.0.0/16'), [{ kind: 'blackhole' }]);
    send({ to: '10.9.0.1' });
    expect(h1.take()).to.deep.equal([]);
    expect(drops(r1)).to.deep.equal({ 'real blackhole': 1 });
  });

  it('has no route over a port that the router does not have', () => {
    const { r1, send } = twoRouters();
    r1.route(0, prefix('10.9.0.0/16'), [{ kind: 'gateway', port: 'tunnel0', gateway: '10.8.0.1' }]);
    send({ to: '10.9.0.1' });
    expect(drops(r1)).to.deep.equal({ 'real no-route': 1 });
    expect(r1.fib(0).find((entry) => entry.prefix === '10.9.0.0/16')?.nextHops).to.deep.equal([
      { kind: 'gateway', port: 'tunnel0', gateway: '10.8.0.1' },
    ]);
  });

  it('is dropped when it is longer than the slot lets out, and its sender told what would pass', () => {
    const { h1, h2, r1, send } = twoRouters();
    r1.configurePort(0, 'to-R2', up('10.12.0.1/24', { mtu: 900 }));
    send({ to: '10.2.0.2', length: 901, dontFragment: true });
    expect(h1.take().map(({ icmp }) => icmp)).to.deep.equal([{ type: 3, code: 4, rest: 900 }]);
    send({ to: '10.2.0.2', length: 900 });
    expect(h2.take().length).to.equal(1);
    send({ to: '10.2.0.2', length: 901, dscp: SHADOW_DSCP });
    expect(h2.take().length, 'the other slot has its own MTU').to.equal(1);
  });

  it('is dropped unheard when its header checksum is wrong or its header is no header', () => {
    const { h1, h2, r1, r1Edge, pass } = twoRouters();
    const flipped = packetBytes({ to: '10.2.0.2' });
    flipped[8] ^= 1;
    const martian = packetBytes({ to: '10.2.0.2', from: '224.0.0.1' });
    const cut = packetBytes({ to: '10.2.0.2' }).subarray(0, 60);
    for (const bytes of [flipped, martian, cut]) h1.send(bytes, r1Edge.mac);
    pass();
    expect([...h1.take(), ...h2.take()]).to.deep.equal([]);
    expect(drops(r1)).to.deep.equal({ 'real checksum': 1, 'real malformed': 2 });
  });

  it('loses the padding that a short frame came with', () => {
    const { h1, h2, r1Edge, pass } = twoRouters();
    const padded = new Uint8Array(64);
    padded.set(packetBytes({ to: '10.2.0.2', length: 30 }));
    h1.send(padded, r1Edge.mac);
    pass();
    expect(h2.frames[0].length).to.equal(14 + 30);
  });

  it('is not taken from a frame that is addressed to another machine', () => {
    const { h1, h2, r1, pass } = twoRouters();
    h1.send(packetBytes({ to: '10.2.0.2' }), 0x02aaaaaaaaaa);
    pass();
    expect(h2.take()).to.deep.equal([]);
    expect(r1.counters().find(({ port }) => port === 'to-h1')?.inPackets).to.equal(0);
  });

  it('is not forwarded when it came to everyone on the link', () => {
    const { h1, h2, r1, pass } = twoRouters();
    h1.send(packetBytes({ to: '10.2.0.2' }), 0xffffffffffff);
    pass();
    expect([...h1.take(), ...h2.take()]).to.deep.equal([]);
    expect(drops(r1)).to.deep.equal({ 'real not-for-us': 1 });
  });

  it('passes a frame without headroom too', () => {
    const clock = new VirtualClock();
    const [near, far] = join(clock, 'eth0', 'to-h1');
    const [out, end] = join(clock, 'to-h2', 'eth0');
    const router = engine(clock, 'R', [
      { port: far, edge: true },
      { port: out, edge: false },
    ]);
    router.configurePort(1, 'to-h1', up('10.1.0.1/24'));
    router.configurePort(1, 'to-h2', up('10.2.0.1/24'));
    router.route(1, prefix('10.2.0.0/24'), [{ kind: 'gateway', port: 'to-h2', gateway: '10.2.0.2' }]);
    const host = new WireEnd(clock, end, '10.2.0.2');
    const source = new WireEnd(clock, near, '10.1.0.2');
    clock.runUntil(1e9);
    source.send(packetBytes({ to: '10.2.0.9', dscp: SHADOW_DSCP }), far.mac);
    const bytes = packetBytes({ to: '10.2.0.9', dscp: SHADOW_DSCP, sequence: 2 });
    const header = [far.mac, near.mac].flatMap((mac) =>
      [5, 4, 3, 2, 1, 0].map((octet) => Math.floor(mac / 256 ** octet) % 256),
    );
    const contents = Uint8Array.from([...header, 8, 0, ...bytes]);
    near.send(new Frame(contents, 0, contents.length));
    clock.runUntil(2e9);
    expect(host.take().map(({ label, sequence }) => [label, sequence])).to.deep.equal([
      [SHADOW_MARK, 1],
      [SHADOW_MARK, 2],
    ]);
  });
});

describe('a packet to the router itself', () => {
  it('is answered when it is a ping, byte for byte, on port addresses and loopbacks, near and far', () => {
    const { h1, r1, r2, r1Edge, pass } = twoRouters();
    r2.configureLoopback(0, [address('10.255.0.2')]);
    r1.route(0, prefix('10.255.0.2/32'), [{ kind: 'gateway', port: 'to-R2', gateway: '10.12.0.2' }]);
    for (const to of ['10.1.0.1', '10.12.0.2', '10.255.0.2']) {
      h1.send(echoRequest(to, 8), r1Edge.mac);
      pass();
      const [{ bytes, end }] = h1.frames;
      expect([...bytes.subarray(end - 32, end)]).to.deep.equal([...echoRequest(to).subarray(28)]);
      expect(h1.take()).to.deep.equal([
        {
          type: 'ipv4',
          source: to,
          destination: '10.1.0.2',
          dscp: 8,
          ttl: to === '10.1.0.1' ? 64 : 63,
          protocol: PROTOCOL_ICMP,
          icmp: { type: 0, code: 0, rest: 0x12340001 },
        },
      ]);
    }
  });

  it('is answered in the plane that it was sent in', () => {
    const { h1, r1, r1Edge, pass, between } = twoRouters();
    h1.send(echoRequest('10.12.0.2', SHADOW_DSCP), r1Edge.mac);
    pass();
    expect(h1.take().map(({ dscp, icmp }) => [dscp, icmp?.type])).to.deep.equal([[SHADOW_DSCP, 0]]);
    expect(between.map(({ label }) => label)).to.deep.equal([SHADOW_MARK]);
    expect(
      r1
        .counters()
        .filter(({ plane }) => plane === 'real')
        .map(({ inPackets }) => inPackets),
    ).to.deep.equal([0, 0]);
  });

  it('is refused by ICMP when nobody here wants it: by port, or by protocol', () => {
    const { h1, r1, send } = twoRouters();
    send({ to: '10.1.0.1' });
    send({ to: '10.1.0.1', protocol: PROTOCOL_TCP });
    send({ to: '10.1.0.1', protocol: 99 });
    expect(h1.take().map(({ icmp }) => [icmp?.type, icmp?.code])).to.deep.equal([
      [3, 3],
      [3, 3],
      [3, 2],
    ]);
    expect(drops(r1)).to.deep.equal({ 'real not-for-us': 3 });
  });

  it('is handed up when it is OSPF, to the router or to a group of the link, with slot and port', () => {
    const clock = new VirtualClock();
    const [near, far] = join(clock, 'eth0', 'to-h1');
    const got: object[] = [];
    const router = engine(clock, 'R', [{ port: far, edge: false }], ({ payload, ...rest }) => {
      got.push({ ...rest, payload: [...payload] });
    });
    for (const slot of [0, 1] as const) router.configurePort(slot, 'to-h1', up('10.1.0.1/24'));
    const wire = new WireEnd(clock, near, '10.1.0.2');
    const hello = (to: string): Uint8Array => {
      const bytes = packetBytes({ to, protocol: 89, length: 23, ttl: 1 });
      bytes.set([7, 8, 9], 20);
      return bytes;
    };
    wire.send(hello('224.0.0.5'), 0x01005e000005);
    wire.send(hello('10.1.0.1'), far.mac, { plane: 'shadow', tag: 0 });
    const fragment = packetBytes({ to: '10.1.0.1', protocol: 89, length: 40 });
    fragment[6] = 0x20;
    fragment[10] -= 0x20;
    wire.send(fragment, far.mac);
    wire.send(packetBytes({ to: '224.0.0.5' }), 0x01005e000005);
    wire.send(packetBytes({ to: '239.1.1.1' }), 0x01005e010101);
    clock.runUntil(1e9);
    const common = { port: 'to-h1', source: address('10.1.0.2'), protocol: 89, ttl: 1, payload: [7, 8, 9] };
    expect(got).to.deep.equal([
      { ...common, slot: 0, destination: address('224.0.0.5') },
      { ...common, slot: 1, destination: address('10.1.0.1') },
    ]);
    expect(drops(router)).to.deep.equal({ 'real not-for-us': 2, 'real no-route': 1 });
    const errors = wire.take().filter(({ destination }) => destination !== '10.1.0.2');
    expect(errors, 'no error is ever sent about what went to a group').to.deep.equal([]);
  });
});

describe('ICMP errors', () => {
  it('are not sent about errors, later fragments, or packets from nobody', () => {
    const { h1, r1, r1Edge, pass } = twoRouters();
    const unreachable = packetBytes({ to: '10.9.0.1', protocol: PROTOCOL_ICMP, length: 60 });
    writeIcmp(unreachable, 20, 60, 3, 1, 0);
    const fragment = packetBytes({ to: '10.9.0.1' });
    const header = {
      source: address('10.1.0.2'),
      destination: address('10.9.0.1'),
      protocol: 17,
      ttl: 9,
      tos: 0,
    };
    writeIpv4(fragment, 0, { ...header, totalLength: 100, identification: 1, dontFragment: false });
    fragment[7] = 1;
    fragment[11]--;
    const nobody = packetBytes({ to: '10.9.0.1', from: '0.0.0.0' });
    for (const bytes of [unreachable, fragment, nobody]) h1.send(bytes, r1Edge.mac);
    pass();
    expect(drops(r1)).to.deep.equal({ 'real no-route': 3 });
    expect(h1.take()).to.deep.equal([]);
  });

  it('are at most 50 at once and 1000 a second, and one plane does not use up what the other may send', () => {
    const { h1, r1Edge, pass } = twoRouters();
    for (let count = 0; count < 80; count++) h1.send(packetBytes({ to: '10.9.0.1' }), r1Edge.mac);
    pass();
    const first = h1.take().length;
    expect(first).to.be.within(50, 51);
    pass();
    for (let count = 0; count < 80; count++) h1.send(packetBytes({ to: '10.9.0.1' }), r1Edge.mac);
    h1.send(packetBytes({ to: '10.9.0.1', dscp: SHADOW_DSCP }), r1Edge.mac);
    pass();
    const later = h1.take();
    expect(later.filter(({ dscp }) => dscp === SHADOW_DSCP).length).to.equal(1);
    expect(later.length, 'a tenth of a second later as many again').to.be.within(51, 52);
  });

  it('reach a sender in the shadow plane with the shadow code point, through the shadow alone', () => {
    const { h1, between, r2, send } = twoRouters();
    send({ to: '10.2.0.2', ttl: 2, dscp: SHADOW_DSCP });
    expect(h1.take().map(({ source, dscp, icmp }) => [source, dscp, icmp?.type])).to.deep.equal([
      ['10.12.0.2', SHADOW_DSCP, 11],
    ]);
    expect(between.map(({ label, labelTtl }) => [label, labelTtl])).to.deep.equal([[SHADOW_MARK, 1]]);
    expect(drops(r2)).to.deep.equal({ 'shadow ttl': 1 });
  });
});
