import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { internetChecksum, transportChecksum } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, etherType } from '../../src/net/ethernet.ts';
import { ipv4Protocol, ipv4TotalLength, PROTOCOL_TCP } from '../../src/net/ipv4.ts';
import { makeForwarding } from '../../src/routerd/forwarding/engine.ts';
import type { PacketPort } from '../../src/routerd/ports/packet.ts';
import { type Frame, newFrame } from '../../src/world/frame.ts';
import type { Port } from '../../src/world/port.ts';
import { address } from '../tcp/lab.ts';
import { noise } from '../tcp/noise.ts';
import { hashOf } from './lab.ts';
import { obstacle, PacketLab } from './packet-lab.ts';

const MEGABYTE = 1_000_000;
/** An address nobody has, in the range of local use. */
const NOBODY = [2, 0, 0, 0, 0, 0x77];

describe('a port on a Linux interface', () => {
  const reason = obstacle();
  let lab: PacketLab;

  beforeEach(function () {
    if (reason === undefined) lab = new PacketLab();
    else {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
  });
  afterEach(() => lab?.destroy());

  /** A frame whose bytes follow from its number, for nobody. */
  function numbered(number: number, length: number): Frame {
    const frame = newFrame(length);
    for (let at = 0; at < length; at++) frame.bytes[frame.start + at] = (number * 31 + at * 7) & 0xff;
    frame.bytes.set(NOBODY, frame.start);
    frame.bytes.set([0x08, 0x00], frame.start + 12);
    return frame;
  }

  /** Two ports of ours on one wire; what arrives at the second. */
  async function pair(mtu = 1500) {
    lab.wire('a', lab.ours, 'b', mtu);
    const [a, b] = [lab.open('a'), lab.open('b')];
    for (const port of [a, b]) await lab.untilState(port, 'up');
    const arrived: Uint8Array[] = [];
    b.receiver((frame) => {
      arrived.push(frame.bytes.slice(frame.start, frame.end));
      frame.release();
    });
    return { a, b, arrived };
  }

  async function sendAndCompare(
    a: PacketPort,
    arrived: Uint8Array[],
    lengths: readonly number[],
  ): Promise<void> {
    // The kernel's own (router solicitations, as it is up) are others' frames.
    const ownOf = () => arrived.filter((bytes) => bytes[5] === NOBODY[5] && bytes[0] === NOBODY[0]);
    for (const [number, length] of lengths.entries()) {
      expect(a.send(numbered(number, length))).to.equal(true);
      // The kernel drops what it has not passed on when a thousand wait.
      const count = number + 1;
      if (count % 50 === 0 || count === lengths.length)
        await lab.until(`${count} frames arrive`, () => ownOf().length >= count);
    }
    lab.turn();
    const sent = lengths.map((length, number) => {
      const { bytes, start, end } = numbered(number, length);
      return bytes.slice(start, end);
    });
    const ours = ownOf();
    expect(ours.length).to.equal(sent.length);
    for (const [index, bytes] of ours.entries()) expect(hashOf(bytes)).to.equal(hashOf(sent[index]));
  }

  it('carries frames of every length, whole and in order', async () => {
    const { a, b, arrived } = await pair();
    expect(a.state).to.equal('up');
    await sendAndCompare(
      a,
      arrived,
      Array.from({ length: 5000 }, (_, number) => 60 + ((number * 37) % (1518 - 60))),
    );
    expect(a.dropped).to.deep.equal({ received: 0, sent: 0 });
    expect(b.dropped).to.deep.equal({ received: 0, sent: 0 });
  });

  it('carries long frames where the interface does, between short ones', async () => {
    const { a, arrived } = await pair(9000);
    await sendAndCompare(
      a,
      arrived,
      Array.from({ length: 300 }, (_, number) => (number % 3 === 0 ? 9014 : number % 3 === 1 ? 100 : 3000)),
    );
  });

  it('sends so that captures see it, once somebody listens, and loses nothing over it', async function () {
    const { a, b, arrived } = await pair();
    if (a.sendsBy !== 'xdp') {
      console.log('    skipped: this kernel has no AF_XDP');
      this.skip();
    }
    const listener = lab.open('a', { name: 'listener' });
    const heard: number[] = [];
    listener.receiver((frame) => heard.push(frame.length));
    lab.look();
    expect(a.sendsBy).to.equal('packet');
    await sendAndCompare(a, arrived, [100, 1514, 60]);
    expect(b.dropped.received).to.equal(0);
    lab.close(listener);
    lab.look();
    expect(a.sendsBy).to.equal('xdp');
  });

  it('drops and counts what is longer than its link carries', async () => {
    const peer = lab.namespace('peer');
    lab.wire('a', peer, 'p', 9000);
    peer.ip('address', 'add', '10.77.1.2/24', 'dev', 'p');
    peer.ip('neighbour', 'add', '10.77.1.1', 'lladdr', '02:00:00:00:00:77', 'dev', 'p');
    const a = lab.open('a', { mtu: 1500 });
    const lengths: number[] = [];
    a.receiver((frame) => lengths.push(frame.length));
    const before = a.dropped.received;
    const send =
      "require('dgram').createSocket('udp4').send(Buffer.alloc(3000), 9, '10.77.1.1', () => process.exit())";
    await lab.run(peer, process.execPath, '-e', send);
    await lab.until('it is counted', () => a.dropped.received > before);
    expect(a.dropped.received).to.equal(before + 1);
    expect(Math.max(0, ...lengths)).to.be.at.most(1546);
    expect(a.send(newFrame(3000))).to.equal(false);
    expect(a.dropped.sent).to.equal(1);
  });

  it('makes the interface carry labels on top of the MTU it is given', () => {
    lab.wire('a', lab.ours, 'b');
    const a = lab.open('a', { mtu: 1500 });
    expect(a.mtu).to.equal(1500);
    const again = lab.open('a', { name: 'again' });
    expect(again.mtu, 'of the interface itself').to.equal(1532);
  });

  it('says that its interface is down, drops what is sent meanwhile, and goes on when it is up', async () => {
    const { a, arrived } = await pair();
    lab.ours.ip('link', 'set', 'dev', 'a', 'down');
    a.send(numbered(0, 100));
    a.flush();
    await lab.untilState(a, 'down');
    expect(a.send(numbered(1, 100))).to.equal(false);
    lab.turn();
    expect(a.dropped.sent).to.equal(2);
    lab.ours.ip('link', 'set', 'dev', 'a', 'up');
    await lab.untilState(a, 'up');
    await sendAndCompare(a, arrived, [100, 200]);
  });

  it('says so where the other end of its wire is down', async () => {
    const { a } = await pair();
    lab.ours.ip('link', 'set', 'dev', 'b', 'down');
    await lab.untilState(a, 'down');
  });

  it('outlives its interface, and goes on with the next one of that name', async () => {
    const { a, b } = await pair();
    const { mac, fd } = a;
    lab.ours.ip('link', 'del', 'dev', 'a');
    for (let turn = 0; turn < 200; turn++) lab.turn();
    expect(a.send(newFrame(100))).to.equal(false);
    for (const port of [a, b]) await lab.untilState(port, 'gone');

    lab.wire('a', lab.ours, 'c');
    const c = lab.open('c');
    const arrived: Uint8Array[] = [];
    c.receiver((frame) => arrived.push(frame.bytes.slice(frame.start, frame.end)));
    const back: Frame[] = [];
    a.receiver((frame) => back.push(frame));
    for (const port of [a, c]) await lab.untilState(port, 'up');
    expect([a.mac, a.fd]).to.deep.equal([mac, fd]);
    await sendAndCompare(a, arrived, [100, 200]);
    c.send(numbered(3, 300));
    await lab.until('its frame is back', () => back.some(({ length }) => length === 300));
  });

  it('takes and gives nothing once it is closed, and throws at nothing', async () => {
    const { a, b, arrived } = await pair();
    a.send(numbered(0, 100));
    a.flush();
    const before = arrived.length;
    for (const port of [a, b, b]) port.close();
    expect(b.receive(64)).to.equal(0);
    expect(a.send(numbered(1, 100))).to.equal(false);
    a.flush();
    expect(arrived.length).to.equal(before);
    expect(a.dropped.sent).to.equal(1);
  });

  it('may be closed by what it has just handed over', async () => {
    const { a, b } = await pair();
    let count = 0;
    const c = lab.open('b', { name: 'c' });
    c.receiver(() => {
      count++;
      c.close();
    });
    for (let number = 0; number < 10; number++) a.send(numbered(number, 100));
    a.flush();
    let taken = 0;
    await lab.until(
      'a frame arrives',
      () => count > 0,
      () => {
        taken = c.receive(64);
      },
    );
    expect([taken, count]).to.deep.equal([1, 1]);
    b.receive(64);
  });

  it('names the interface that is not there, or that is no Ethernet', () => {
    expect(() => lab.open('nowhere')).to.throw('there is no interface nowhere');
    expect(() => lab.open('lo')).to.throw('the interface lo is not an Ethernet');
  });

  describe('under a router between two kernels', () => {
    /** Notes every TCP packet of wrong checksum that the router takes in, and the longest one. */
    function watched(port: PacketPort, noted: { wrong: number; longest: number }): Port {
      return Object.assign(Object.create(port), {
        send: (frame: Frame) => port.send(frame),
        receiver: (receive: (frame: Frame) => void) =>
          port.receiver((frame) => {
            const { bytes, start } = frame;
            const ipAt = start + ETHERNET_HEADER;
            if (etherType(bytes, start) === ETHERTYPE_IPV4 && ipv4Protocol(bytes, ipAt) === PROTOCOL_TCP) {
              const end = ipAt + ipv4TotalLength(bytes, ipAt);
              if (internetChecksum(bytes, ipAt, ipAt + 20) !== 0) noted.wrong++;
              if (transportChecksum(bytes, ipAt + 20, end, ipAt) !== 0) noted.wrong++;
              noted.longest = Math.max(noted.longest, end - ipAt);
            }
            receive(frame);
          }),
      });
    }

    function routed() {
      const [left, right] = [lab.namespace('left'), lab.namespace('right')];
      lab.wire('l', left, 'e');
      lab.wire('r', right, 'e');
      left.ip('address', 'add', '10.77.1.2/24', 'dev', 'e');
      left.ip('route', 'add', 'default', 'via', '10.77.1.1');
      right.ip('address', 'add', '10.77.2.2/24', 'dev', 'e');
      right.ip('route', 'add', 'default', 'via', '10.77.2.1');
      const noted = { wrong: 0, longest: 0 };
      const ports = ['l', 'r'].map((name) => lab.open(name, { mtu: 1500 }));
      const given = ports.map((port) => ({ port: watched(port, noted), edge: true }));
      const engine = makeForwarding(lab.world, 'R', given, () => undefined);
      for (const [name, own] of [
        ['l', '10.77.1.1'],
        ['r', '10.77.2.1'],
      ]) {
        const prefix = { address: address(own), length: 24 };
        engine.configurePort(0, name, { up: true, addresses: [prefix], mtu: 1500 });
        const network = { address: address(own) - 1, length: 24 };
        engine.route(0, network, [{ kind: 'connected', port: name }]);
      }
      return { left, right, ports, noted };
    }

    it('forwards their pings, and answers its own', async function () {
      if (spawnSync('ping', ['-V']).status !== 0) {
        console.log('      skipped: no `ping` command');
        this.skip();
      }
      const { left } = routed();
      const once = ['ping', '-c', '3', '-i', '0.2', '-W', '20'];
      expect(await lab.run(left, ...once, '10.77.1.1')).to.contain('3 received');
      expect(await lab.run(left, ...once, '10.77.2.2')).to.contain('3 received');
      expect(await lab.run(left, ...once, '-M', 'do', '-s', '1472', '10.77.2.2')).to.contain('3 received');
    });

    it('forwards their TCP: what they left to hardware is cut and summed as it should', async () => {
      const { left, right, ports, noted } = routed();
      const task = { address: '10.77.2.2', port: 5001, ends: 'close' } as const;
      const server = right.peer({ ...task, role: 'listen', sends: 8 * MEGABYTE, seed: 1 });
      await lab.serve(server.ready());
      const client = left.peer({ ...task, role: 'connect', sends: 8 * MEGABYTE, seed: 2 });
      const [atServer, atClient] = await lab.serve(Promise.all([server.report(), client.report()]));
      expect(atServer.hash).to.equal(hashOf(noise(8 * MEGABYTE, 2)));
      expect(atClient.hash).to.equal(hashOf(noise(8 * MEGABYTE, 1)));
      expect(noted).to.deep.equal({ wrong: 0, longest: 1500 });
      for (const port of ports) expect(port.dropped.sent).to.equal(0);
    });
  });
});
