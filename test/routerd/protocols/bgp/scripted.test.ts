/** A session whose other end says what it likes, byte by byte. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { ByteStream, StreamEvents } from '../../../../src/routerd/protocols/bgp/contract.ts';
import {
  decodeNotification,
  encodeKeepalive,
  encodeNotification,
  encodeRefresh,
  MESSAGE,
  messageLength,
} from '../../../../src/routerd/protocols/bgp/message.ts';
import { describeNotification, notification } from '../../../../src/routerd/protocols/bgp/notification.ts';
import { encodeOpen } from '../../../../src/routerd/protocols/bgp/open.ts';
import { Speaker, Streams } from './joined.ts';
import { attribute, updateOf } from './values.ts';

const OPEN = encodeOpen({
  as: 65002,
  holdS: 90,
  id: 2,
  families: ['ipv4'],
  fourByteAs: true,
  routeRefresh: true,
  extendedMessages: true,
  gracefulRestart: false,
});
const GOOD = updateOf({
  attributes: [
    attribute(0x40, 1, 0),
    attribute(0x40, 2, 2, 1, 0, 0, 0xfd, 0xea),
    attribute(0x40, 3, 10, 0, 0, 2),
  ],
  nlri: [8, 10],
});

/** AS 65001, and in place of its neighbour a stream that this test writes into. */
class Script implements StreamEvents {
  readonly streams = new Streams();
  readonly ours = new Speaker(this.streams, 1, 2, { passive: true });
  stream: ByteStream | undefined;
  #heard: number[] = [];

  constructor() {
    this.ours.session.start();
    this.connect();
  }

  connect(): void {
    this.stream = this.streams.transport(2).connect({ remote: 1, ttl: 1 }, this);
    this.streams.run(1);
  }

  connected(): void {}
  writable(): void {}
  closed(): void {
    this.stream = undefined;
  }
  readable(): void {
    this.#heard.push(...(this.stream?.read(1e6) ?? []));
  }
  ended(): void {
    this.readable();
    this.stream?.close();
  }

  say(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.stream?.write(message);
    this.streams.run(1);
  }

  /** What our end said since the last time: types, and NOTIFICATIONs in words. */
  heard(): readonly string[] {
    const bytes = Uint8Array.from(this.#heard);
    this.#heard = [];
    const said: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = messageLength(bytes, at, bytes.length, 65535);
      if (typeof length !== 'number') throw new Error('not a message');
      const message = bytes.subarray(at, at + length);
      at += length;
      const name = Object.entries(MESSAGE).find(([, type]) => type === message[18])?.[0] ?? '';
      said.push(message[18] === 3 ? describeNotification(decodeNotification(message)) : name);
    }
    return said;
  }
}

function established(): Script {
  const script = new Script();
  script.say(OPEN, encodeKeepalive());
  expect(script.ours.session.state).to.equal('Established');
  expect(script.heard()).to.deep.equal(['OPEN', 'KEEPALIVE']);
  return script;
}

describe('a BGP session with an end that is not as it should be', () => {
  it('answers a message out of its state by a NOTIFICATION that names the state (RFC 4271 6.6)', () => {
    const opening = new Script();
    opening.say(encodeKeepalive());
    expect(opening.heard()).to.deep.equal([
      'OPEN',
      'finite state machine error: unexpected message in OpenSent',
    ]);
    const confirming = new Script();
    confirming.say(OPEN, GOOD);
    expect(confirming.heard()).to.deep.equal([
      'OPEN',
      'KEEPALIVE',
      'finite state machine error: unexpected message in OpenConfirm',
    ]);
    const open = established();
    open.say(OPEN);
    expect(open.heard()).to.deep.equal(['finite state machine error: unexpected message in Established']);
    expect(open.ours.lost).to.have.length(1);
  });

  it('takes messages cut in any pieces', () => {
    const script = established();
    const all = [...GOOD, ...encodeKeepalive(), ...encodeRefresh('ipv4'), ...GOOD];
    for (const byte of all) script.stream?.write(Uint8Array.of(byte));
    script.streams.run(1);
    expect(script.ours.updates).to.have.length(2);
    expect(script.ours.refreshes).to.deep.equal(['ipv4']);
  });

  it('goes on after an UPDATE whose routes it takes as withdrawn, and counts it', () => {
    const script = established();
    const wrong = updateOf({ attributes: [attribute(0x40, 1, 7)], nlri: [8, 10] });
    script.say(GOOD, wrong, GOOD);
    const { treatedAsWithdraw, updatesIn } = script.ours.session.counters;
    expect([treatedAsWithdraw, updatesIn]).to.deep.equal([1, 3]);
    expect(script.ours.updates.map(({ withdrawn }) => withdrawn.length)).to.deep.equal([0, 1, 0]);
    expect(script.ours.log.join()).to.include('path attribute 1: its value is malformed');
    expect(script.ours.session.state).to.equal('Established');
  });

  it('a flood of faults is logged once a second', () => {
    const script = established();
    const wrong = updateOf({ attributes: [attribute(0x40, 1, 7)], nlri: [8, 10] });
    const before = script.ours.log.length;
    for (let i = 0; i < 500; i++) script.stream?.write(wrong);
    script.streams.run(1);
    expect(script.ours.session.counters.treatedAsWithdraw).to.equal(500);
    expect(script.ours.log.length - before).to.be.within(1, 2);
  });

  it('ends without an answer when a NOTIFICATION comes, in any state', () => {
    const bye = encodeNotification(notification(6, 2));
    for (const before of [[], [OPEN], [OPEN, encodeKeepalive()]]) {
      const script = new Script();
      script.say(...before, bye);
      expect(script.heard().every((said) => said === 'OPEN' || said === 'KEEPALIVE')).to.equal(true);
      expect(script.ours.session.state).not.to.equal('Established');
    }
  });

  it('does not wait for good for an OPEN, nor for the KEEPALIVE that confirms it', () => {
    const silent = new Script();
    silent.streams.run(241);
    expect(silent.heard()).to.deep.equal(['OPEN', 'hold timer expired']);
    const half = new Script();
    half.say(OPEN);
    half.streams.run(91);
    expect(half.heard()).to.include('hold timer expired');
  });

  it('gives one whose OPEN came late the whole hold time to confirm ours', () => {
    const late = new Script();
    late.streams.run(120);
    late.say(OPEN);
    late.streams.run(80);
    expect(late.heard()).not.to.include('hold timer expired');
    late.say(encodeKeepalive());
    expect(late.ours.session.state).to.equal('Established');
  });

  it('refuses another connection while it is established, and asks whether the first is still there', () => {
    const script = established();
    const second = new SecondEnd(script);
    second.say(OPEN);
    expect(second.text).to.include('cease: connection collision resolution');
    expect(script.heard()).to.deep.equal(['KEEPALIVE']);
    expect(script.ours.session.state).to.equal('Established');
  });

  it('gives up a neighbour that reads nothing for eight minutes, though it is heard (RFC 9687)', () => {
    const script = established();
    script.readable = () => {};
    const announced = Array.from({ length: 900 }, (_, i) => ({ prefix: { address: i * 256, length: 24 } }));
    for (let i = 0; i < 100; i++)
      script.ours.session.send({ family: 'ipv4', withdrawn: announced, announced: [] });
    for (let s = 0; s < 600; s += 30) {
      script.streams.run(30);
      script.say(encodeKeepalive());
      expect(script.ours.lost, `${s} s`).to.have.length(s < 450 ? 0 : script.ours.lost.length);
    }
    expect(script.ours.lost).to.deep.equal(['send hold timer expired']);
  });

  it('never throws, whatever bytes come, and is there again afterwards', () => {
    const base = [
      OPEN,
      encodeKeepalive(),
      GOOD,
      encodeRefresh('ipv4'),
      encodeNotification(notification(6, 1)),
    ];
    const piece = fc.oneof(
      fc.constantFrom(...base),
      fc
        .tuple(fc.constantFrom(...base), fc.nat(), fc.integer({ min: 0, max: 255 }))
        .map(([message, at, value]) => message.with(at % message.length, value)),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isOpen) => {
        const script = isOpen ? established() : new Script();
        script.say(...pieces);
        script.stream?.abort();
        script.streams.run(90);
        script.connect();
        script.say(OPEN, encodeKeepalive());
        expect(script.ours.session.state).to.equal('Established');
      }),
      { numRuns: 300 },
    );
  });
});

/** A second connection of the same neighbour. */
class SecondEnd implements StreamEvents {
  readonly #script: Script;
  readonly #stream: ByteStream | undefined;
  text = '';

  constructor(script: Script) {
    this.#script = script;
    this.#stream = script.streams.transport(2).connect({ remote: 1, ttl: 1 }, this);
    script.streams.run(1);
  }

  say(message: Uint8Array): void {
    this.#stream?.write(message);
    this.#script.streams.run(1);
  }

  connected(): void {}
  writable(): void {}
  ended(): void {}
  closed(): void {}
  readable(): void {
    const bytes = this.#stream?.read(1e6) ?? new Uint8Array(0);
    for (let at = 0; at < bytes.length; ) {
      const length = messageLength(bytes, at, bytes.length, 65535);
      if (typeof length !== 'number') return;
      if (bytes[at + 18] === MESSAGE.NOTIFICATION) {
        this.text += describeNotification(decodeNotification(bytes.subarray(at, at + length)));
      }
      at += length;
    }
  }
}
