import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { PolicyClassConfig } from '../../../src/config/model.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_MPLS, writeEthernet } from '../../../src/net/ethernet.ts';
import { ipv4ChecksumHolds, writeIpv4 } from '../../../src/net/ipv4.ts';
import { SlotQueues } from '../../../src/routerd/bandwidth/class-queue-slots.ts';
import type { ServicePolicy } from '../../../src/routerd/forwarding/contract.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import { type Frame, newFrame } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';

const RATE = 8e6;
const LIMIT = 100_000;
const ECT_0 = 2;
const CE = 3;

const policy = (...classes: readonly PolicyClassConfig[]): ServicePolicy => ({
  name: 'P',
  classes: [...classes, { name: 'class-default' }].map((config) => ({ config, match: 'any', criteria: [] })),
});

/** The queue of a plane that slot 0 plays; frames are numbered. */
function planeQueue(seed = 1) {
  const clock = new VirtualClock();
  const planes = { playing: 0 as 0 | 1 };
  const own = { clock, random: seededRandom(seed), rateBps: RATE };
  const queue = new SlotQueues(own, LIMIT, () => planes.playing);
  const configure = (slot: 0 | 1, policy: ServicePolicy | undefined): void =>
    queue.configure(slot, policy, RATE);
  const at = (frame: Frame): number => frame.start + ETHERNET_HEADER;
  const push = (
    number: number,
    queueClass = 0,
    {
      slot = 0,
      length = 1000,
      ecn = 0,
      cancelled = 0,
    }: Partial<{ slot: 0 | 1; length: number; ecn: number; cancelled: number }> = {},
  ): Frame | undefined => {
    const frame = newFrame(ETHERNET_HEADER + length - cancelled);
    writeEthernet(frame.bytes, frame.start, 1, 2, ETHERTYPE_IPV4);
    const header = { source: 1, destination: 2, protocol: 17, ttl: 9, identification: number & 0xffff };
    writeIpv4(frame.bytes, at(frame), { ...header, tos: ecn, totalLength: length, dontFragment: true });
    frame.cancelled = cancelled;
    return queue.push(frame, slot, queueClass) ? frame : undefined;
  };
  const numberOf = (frame: Frame | undefined): number | undefined =>
    frame && (frame.bytes[at(frame) + 4] << 8) | frame.bytes[at(frame) + 5];
  const shift = (): number | undefined => numberOf(queue.shift());
  const drain = (): number[] => {
    const numbers: number[] = [];
    for (let number = shift(); number !== undefined; number = shift()) numbers.push(number);
    return numbers;
  };
  return { clock, planes, queue, configure, push, shift, drain, at };
}

const share = (percent: number) => ({ bandwidth: { kind: 'percent', percent } as const });

describe('the queue of a plane', () => {
  it('is a plain one while neither slot has a policy: frames may pass, and leave in order', () => {
    const { queue, push, drain } = planeQueue();
    expect([queue.passes(0), queue.passes(1)]).to.deep.equal([true, true]);
    for (const number of [1, 2, 3]) push(number, number, { slot: number === 2 ? 1 : 0 });
    expect(queue.length).to.equal(3);
    expect(drain()).to.deep.equal([1, 2, 3]);
  });

  it('lets frames of a slot with a policy not pass, and those of the other slot do', () => {
    const { queue, configure } = planeQueue();
    configure(1, policy({ name: 'a', ...share(10) }));
    expect([queue.passes(0), queue.passes(1)]).to.deep.equal([true, false]);
  });

  it('serves classes by share and lengths, byte for byte', () => {
    const { configure, push, queue } = planeQueue();
    configure(0, policy({ name: 'a', ...share(75) }, { name: 'b', ...share(20) }));
    for (let number = 0; number < 900; number++) push(number, 0, { length: 100 });
    for (let number = 0; number < 90; number++) push(1000 + number, 1);
    for (let number = 0; number < 60; number++) push(2000 + number, 2, { length: 1500 });
    const bytes = [0, 0, 0];
    for (let count = 0; count < 400; count++) {
      const frame = queue.shift();
      if (frame === undefined) expect.fail('all wait');
      bytes[frame.length > 1200 ? 2 : frame.length > 500 ? 1 : 0] += frame.length;
    }
    const all = bytes[0] + bytes[1] + bytes[2];
    for (const [index, wanted] of [0.75, 0.2, 0.05].entries()) {
      expect(bytes[index]).to.be.closeTo(all * wanted, 1514);
    }
  });

  it('does not let a class save up while it had nothing to send', () => {
    const { configure, push, shift } = planeQueue();
    configure(0, policy({ name: 'a', ...share(50) }, { name: 'b', ...share(40) }));
    for (let number = 0; number < 90; number++) push(number, 0);
    for (let count = 0; count < 50; count++) shift();
    for (let number = 0; number < 40; number++) push(1000 + number, 1);
    const next = Array.from({ length: 18 }, shift).map((number) => (number ?? 0) >= 1000);
    expect(next.filter(Boolean).length).to.be.within(7, 9);
  });

  it('counts what is cancelled as if it were there', () => {
    const { configure, push, queue } = planeQueue();
    configure(0, policy({ name: 'a', queueLimitBytes: 3100, ...share(50) }));
    for (const number of [1, 2, 3, 4]) push(number, 0, { cancelled: 900 });
    expect([queue.length, queue.bytes]).to.deep.equal([3, 3 * 1014]);
  });

  it('holds shaped frames back until their time, says when that is, and lets others go', () => {
    const { clock, configure, push, shift, queue } = planeQueue();
    configure(0, policy({ name: 'a', shapeBps: 8e5 }));
    expect(queue.readyNs).to.equal(Number.POSITIVE_INFINITY);
    for (const number of [1, 2, 3, 4]) push(number);
    expect([shift(), shift()], 'a burst of 1,500 bytes').to.deep.equal([1, 2]);
    expect(queue.peek()).to.equal(undefined);
    expect(queue.readyNs).to.equal(5 * MILLISECOND);
    push(5, 1);
    expect(queue.readyNs).to.be.at.most(clock.now());
    expect(shift()).to.equal(5);
    clock.runUntil(5 * MILLISECOND - 1);
    expect(shift()).to.equal(undefined);
    clock.runUntil(5 * MILLISECOND);
    expect(shift()).to.equal(3);
    expect(queue.readyNs).to.equal(15 * MILLISECOND);
  });

  it('shows the frame that it will give until something changes', () => {
    const { clock, configure, push, queue } = planeQueue();
    configure(0, policy({ name: 'a', shapeBps: 8e5, ...share(90) }));
    for (const number of [1, 2, 3]) push(number);
    queue.shift();
    queue.shift();
    push(9, 1);
    const shown = queue.peek();
    clock.runUntil(SECOND);
    expect(queue.peek()).to.equal(shown);
    expect(queue.shift()).to.equal(shown);
  });

  it('lets what waits by the slot that plays the plane no longer go first', () => {
    const { configure, planes, push, drain } = planeQueue();
    configure(0, policy({ name: 'a', ...share(50) }));
    configure(1, policy({ name: 'a', priority: { kind: 'percent', percent: 50 } }));
    for (const number of [1, 2]) push(number, 0, { slot: 0 });
    planes.playing = 1;
    for (const number of [3, 4]) push(number, 0, { slot: 1 });
    push(5, 1, { slot: 0 });
    expect(drain().slice(-2)).to.deep.equal([3, 4]);
  });

  it('loses nothing and counts right, whatever policies come and go while frames wait', () => {
    const policies = fc.constantFrom(
      undefined,
      policy(),
      policy({ name: 'a', ...share(10) }),
      policy({ name: 'b', shapeBps: 1e6 }, { name: 'a', priority: { kind: 'percent', percent: 20 } }),
      policy({ name: 'a', queueLimitBytes: 2000 }, { name: 'c', ...share(5) }),
    );
    const slots = fc.constantFrom(0 as const, 1 as const);
    const doings = fc.oneof(
      fc.record({ kind: fc.constant('configure' as const), slot: slots, policy: policies }),
      fc.record({
        kind: fc.constant('push' as const),
        slot: slots,
        queueClass: fc.integer({ min: -1, max: 4 }),
      }),
      fc.record({ kind: fc.constant('shift' as const) }),
      fc.record({ kind: fc.constant('swap' as const) }),
      fc.record({ kind: fc.constant('wait' as const), ns: fc.nat(SECOND) }),
    );
    fc.assert(
      fc.property(fc.array(doings, { maxLength: 200 }), (doings) => {
        const { clock, planes, queue, configure, push, shift, drain } = planeQueue();
        const waiting = new Set<number>();
        const leave = (number: number | undefined): void => {
          if (number !== undefined) expect(waiting.delete(number), `${number} was there`).to.equal(true);
        };
        for (const [number, doing] of doings.entries()) {
          switch (doing.kind) {
            case 'configure':
              configure(doing.slot, doing.policy);
              break;
            case 'push':
              if (push(number, doing.queueClass, doing) !== undefined) waiting.add(number);
              break;
            case 'shift':
              leave(shift());
              break;
            case 'swap':
              planes.playing = planes.playing === 0 ? 1 : 0;
              break;
            case 'wait':
              clock.runUntil(clock.now() + doing.ns);
          }
          expect([queue.length, queue.bytes]).to.deep.equal([waiting.size, waiting.size * 1014]);
          expect(queue.readyNs <= clock.now(), 'ready').to.equal(queue.peek() !== undefined);
        }
        for (let tries = 0; tries <= doings.length && waiting.size > 0; tries++) {
          clock.runUntil(Math.max(clock.now(), queue.readyNs));
          for (const number of drain()) leave(number);
        }
        expect([...waiting]).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('random detection in a class', () => {
  /** Offers a tenth more than leaves; what was refused, and what went in marked. */
  function overload(randomDetect: 'drop' | 'ecn', ecn: number, seed = 1) {
    const { configure, push, queue, shift, at } = planeQueue(seed);
    configure(0, policy({ name: 'a', randomDetect, ...share(50) }));
    const refused: number[] = [];
    const marked: number[] = [];
    let longest = 0;
    for (let number = 0; number < 8000; number++) {
      const frame = push(number, 0, { ecn });
      if (frame === undefined) refused.push(number);
      else {
        expect(ipv4ChecksumHolds(frame.bytes, at(frame))).to.equal(true);
        if ((frame.bytes[at(frame) + 1] & 3) === CE) marked.push(number);
      }
      if (number % 10 !== 0) shift();
      longest = Math.max(longest, queue.bytes);
    }
    return { refused, marked, longest };
  }

  it('drops early, so that the queue does not fill', () => {
    const { refused, marked, longest } = overload('drop', ECT_0);
    expect(refused.length).to.be.above(500);
    expect(marked).to.deep.equal([]);
    expect(longest).to.be.below(LIMIT * 0.9);
  });

  it('marks instead where the sender understands, and drops others all the same', () => {
    const { refused, marked } = overload('ecn', ECT_0);
    expect(marked.length).to.be.above(300);
    // Marks alone do not slow this sender down: above the upper threshold its packets are dropped.
    expect(refused[0]).to.be.above(marked[0]);
    const deaf = overload('ecn', 0);
    expect(deaf.marked).to.deep.equal([]);
    expect(deaf.refused.length).to.be.above(500);
  });

  it('is the same under the same seed', () => {
    expect(overload('drop', 0, 3)).to.deep.equal(overload('drop', 0, 3));
    expect(overload('drop', 0, 3).refused).not.to.deep.equal(overload('drop', 0, 4).refused);
  });

  it('finds the packet behind a label', () => {
    const { configure, queue } = planeQueue();
    configure(0, policy({ name: 'a', shapeBps: 8e6 }));
    const frame = newFrame(ETHERNET_HEADER + 4 + 1000);
    writeEthernet(frame.bytes, frame.start, 1, 2, ETHERTYPE_MPLS);
    const header = { source: 1, destination: 2, protocol: 17, ttl: 9, identification: 0, tos: 0 };
    writeIpv4(frame.bytes, frame.start + ETHERNET_HEADER + 4, {
      ...header,
      totalLength: 1000,
      dontFragment: true,
    });
    // 4 ms of the rate are 4,000 bytes: the fifth packet of 1,000 leaves nothing, the sixth waits.
    for (let count = 0; count < 6; count++) queue.push(frame.clone(), 0, 0);
    for (let count = 0; count < 5; count++) expect(queue.shift()).not.to.equal(undefined);
    expect(queue.readyNs).to.equal(MILLISECOND);
  });
});
