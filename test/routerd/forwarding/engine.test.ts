import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { MAX_POSTCARDS, PostcardStore } from '../../../src/routerd/forwarding/trace.ts';
import { frameOf } from '../../../src/world/frame.ts';
import type { Postcard } from '../../../src/world/observation.ts';
import { drops, on, packetBytes, prefix, twoRouters, via } from './network.ts';

describe('postcards', () => {
  it('tell of a traced packet, router by router, how it came and where it went', () => {
    const { r1, r2, send, clock } = twoRouters();
    r1.setTag(0, 5);
    const before = clock.now();
    send({ to: '10.2.0.2', sequence: 3 });
    const [first, ...none] = r1.takePostcards().postcards;
    const [second] = r2.takePostcards().postcards;
    expect(none).to.deep.equal([]);
    expect({ ...first, timeNs: 0 }).to.deep.equal({
      timeNs: 0,
      router: 'R1',
      flow: 7,
      sequence: 3,
      plane: 'real',
      tag: 5,
      in: 'to-h1',
      out: 'to-R2',
      nextHop: '10.12.0.2',
      verdict: 'forwarded',
    });
    expect([second.router, second.in, second.out, second.nextHop]).to.deep.equal([
      'R2',
      'to-R1',
      'to-h2',
      '10.2.0.2',
    ]);
    expect(first.timeNs - before).to.be.within(1_000_000, 1_002_000);
    expect(second.timeNs - first.timeNs).to.be.within(1_000_000, 1_002_000);
  });

  it('are not left by packets that are not traced, but by every measured one that is dropped', () => {
    const { r1, send } = twoRouters();
    send({ to: '10.2.0.2', traced: false });
    send({ to: '10.9.0.2', traced: false, sequence: 8 });
    send({ to: '10.9.0.2', destinationPort: 53 });
    const { postcards } = r1.takePostcards();
    expect(
      postcards.map(({ sequence, verdict, reason, out }) => [sequence, verdict, reason, out]),
    ).to.deep.equal([[8, 'dropped', 'no-route', '']]);
    expect(r1.takePostcards()).to.deep.equal({ postcards: [], dropped: 0 });
  });

  it('are kept up to a limit, and counted beyond it', () => {
    const store = new PostcardStore();
    const postcard: Postcard = {
      timeNs: 0,
      router: 'R1',
      flow: 1,
      sequence: 1,
      plane: 'real',
      tag: 0,
      in: '',
      out: '',
      nextHop: '',
      verdict: 'forwarded',
    };
    for (let count = 0; count < MAX_POSTCARDS + 5; count++) store.add(postcard);
    const { postcards, dropped } = store.take();
    expect([postcards.length, dropped]).to.deep.equal([MAX_POSTCARDS, 5]);
  });
});

describe('counters', () => {
  it('count packets and bytes of IPv4 by port and plane: a label makes no difference', () => {
    const { r1, send } = twoRouters();
    send({ to: '10.2.0.2', length: 200 });
    send({ to: '10.2.0.2', length: 300, dscp: SHADOW_DSCP });
    send({ to: '10.9.0.2', length: 300, dscp: SHADOW_DSCP });
    const empty = { inPackets: 0, inBytes: 0, outPackets: 0, outBytes: 0, drops: {} };
    expect(r1.counters()).to.deep.equal([
      { ...empty, port: 'to-R2', plane: 'real', outPackets: 1, outBytes: 200 },
      { ...empty, port: 'to-R2', plane: 'shadow', outPackets: 1, outBytes: 300 },
      { ...empty, port: 'to-h1', plane: 'real', inPackets: 1, inBytes: 200 },
      {
        port: 'to-h1',
        plane: 'shadow',
        inPackets: 2,
        inBytes: 600,
        outPackets: 1,
        outBytes: 328,
        drops: { 'no-route': 1 },
      },
    ]);
  });

  it('count what a full queue refuses, in the plane that it was of', () => {
    const { h1, h2, r1, r1Edge, pass } = twoRouters({ rateBps: 1e6 });
    for (let sequence = 0; sequence < 300; sequence++) {
      h1.send(
        packetBytes({ to: '10.2.0.2', length: 1400, dscp: SHADOW_DSCP, sequence, traced: false }),
        r1Edge.mac,
      );
    }
    h1.send(packetBytes({ to: '10.2.0.2' }), r1Edge.mac);
    pass(10e9);
    const refused = drops(r1)['shadow queue'];
    expect(refused).to.be.within(100, 130);
    expect(drops(r1)).to.deep.equal({ 'shadow queue': refused });
    expect(h2.take().length).to.equal(301 - refused);
    const { postcards } = r1.takePostcards();
    expect(postcards.filter(({ reason }) => reason === 'queue').length).to.equal(refused);
  });
});

describe('the engine', () => {
  it('prints its table by prefix, with next hops by port and gateway', () => {
    const { r1 } = twoRouters();
    r1.route(0, prefix('10.2.0.0/16'), [
      via('to-h1', '10.1.0.9'),
      via('to-R2', '10.12.0.3'),
      via('to-R2', '10.12.0.2'),
    ]);
    r1.route(0, prefix('10.1.0.1/32'), [{ kind: 'local' }]);
    expect(r1.fib(0)).to.deep.equal([
      { prefix: '10.1.0.0/24', nextHops: [on('to-h1')] },
      { prefix: '10.1.0.1/32', nextHops: [{ kind: 'local' }] },
      {
        prefix: '10.2.0.0/16',
        nextHops: [via('to-R2', '10.12.0.2'), via('to-R2', '10.12.0.3'), via('to-h1', '10.1.0.9')],
      },
      { prefix: '10.2.0.0/24', nextHops: [via('to-R2', '10.12.0.2')] },
      { prefix: '10.12.0.0/24', nextHops: [on('to-R2')] },
    ]);
  });

  it('names the ports there are when it is told of one there is not', () => {
    const { r1 } = twoRouters();
    expect(() => r1.failPort(0, 'eth9', true)).to.throw(
      RangeError,
      'no port is called eth9; there are to-h1, to-R2',
    );
  });

  it('follows a route that is replaced again and again', () => {
    const { r1, h2, send } = twoRouters();
    for (let round = 0; round < 1000; round++) {
      r1.route(0, prefix('10.2.0.0/24'), [via('to-R2', `10.12.0.${3 + (round % 100)}`)]);
      r1.route(0, prefix('10.2.0.0/24'), round % 2 === 0 ? undefined : [via('to-R2', '10.12.0.2')]);
    }
    send({ to: '10.2.0.2' });
    expect(h2.take().length).to.equal(1);
  });

  it('takes the very list of next hops that was given back before', () => {
    const { r1, h2, send } = twoRouters();
    const nextHops = [via('to-R2', '10.12.0.2')];
    for (const slot of [0, 1] as const) r1.route(slot, prefix('10.2.0.0/24'), undefined);
    r1.route(0, prefix('10.7.0.0/24'), nextHops);
    r1.route(0, prefix('10.7.0.0/24'), undefined);
    r1.route(0, prefix('10.7.0.0/24'), [{ kind: 'blackhole' }]);
    r1.route(0, prefix('10.2.0.0/24'), nextHops);
    send({ to: '10.2.0.2' });
    expect(h2.take().length).to.equal(1);
    expect(r1.fib(0).find((entry) => entry.prefix === '10.2.0.0/24')?.nextHops).to.deep.equal(nextHops);
  });

  it('throws at no frame whatever, and still forwards afterwards', () => {
    const { h1, h2, r1Edge, send, pass } = twoRouters();
    const mac = [5, 4, 3, 2, 1, 0].map((octet) => Math.floor(r1Edge.mac / 256 ** octet) % 256);
    const types = fc.constantFrom([0x08, 0x00], [0x08, 0x06], [0x88, 0x47], [0x12, 0x34]);
    const noise = fc.uint8Array({ maxLength: 120 });
    const addressed = fc
      .tuple(types, noise)
      .map(([type, rest]) => Uint8Array.of(...mac, 2, 0, 0, 0, 0, 9, ...type, ...rest));
    const start = Uint8Array.of(...mac, 2, 0, 0, 0, 0, 9, 0x08, 0x00, ...packetBytes({ to: '10.2.0.2' }));
    const marked = Uint8Array.of(
      ...mac,
      2,
      0,
      0,
      0,
      0,
      9,
      0x88,
      0x47,
      0xf0,
      0x00,
      0x11,
      64,
      ...start.subarray(14),
    );
    const spoilt = fc
      .tuple(
        fc.constantFrom(start, marked),
        fc.array(fc.tuple(fc.nat(117), fc.nat(255)), { maxLength: 6 }),
        fc.nat(118),
      )
      .map(([good, flips, length]) => {
        const bytes = good.slice(0, 14 + length);
        for (const [at, value] of flips) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(noise, addressed, spoilt), (bytes) => {
        h1.port.send(frameOf(bytes));
        pass(5_000_000);
      }),
      { numRuns: 3000 },
    );
    pass(200e9);
    h2.take();
    send({ to: '10.2.0.2', sequence: 77 });
    expect(h2.take().map(({ sequence }) => sequence)).to.deep.equal([77]);
  });
});
