import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { Alarm } from '../../src/tcp/alarm.ts';
import { Cubic } from '../../src/tcp/cubic.ts';
import { halfSipHash } from '../../src/tcp/initial-sequence.ts';
import { Reassembly } from '../../src/tcp/reassembly.ts';
import { ByteRing } from '../../src/tcp/ring.ts';
import { RoundTrip } from '../../src/tcp/round-trip.ts';
import { Scoreboard } from '../../src/tcp/scoreboard.ts';
import { fromWire, toWire } from '../../src/tcp/sequence.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { noise } from './noise.ts';

describe('sequence numbers', () => {
  it('come back from the wire as they were, near what is known, however often they wrapped', () => {
    const near = fc.integer({ min: 0, max: 2 ** 50 });
    const away = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(near, away, (known, distance) => {
        expect(fromWire(toWire(known + distance), known)).to.equal(known + distance);
      }),
    );
  });
});

describe('HalfSipHash-2-4', () => {
  it('gives what the reference implementation gives', () => {
    const key = [0x03020100, 0x07060504] as const;
    expect(halfSipHash(key, [])).to.equal(0x5b9f35a9);
    expect(halfSipHash(key, [0x03020100])).to.equal(0x89466e2a);
  });
});

describe('the retransmission time-out (RFC 6298)', () => {
  it('is one second, then three times the first sample, then follows mean and variation', () => {
    const roundTrip = new RoundTrip(0);
    expect(roundTrip.timeoutNs).to.equal(SECOND);
    roundTrip.sample(100 * MILLISECOND);
    expect(roundTrip.timeoutNs).to.equal(300 * MILLISECOND);
    roundTrip.sample(200 * MILLISECOND);
    // SRTT = 7/8 100 + 1/8 200; RTTVAR = 3/4 50 + 1/4 100.
    expect(roundTrip.timeoutNs).to.equal((112.5 + 4 * 62.5) * MILLISECOND);
  });

  it('doubles up to a minute, and forgets that with the next sample', () => {
    const roundTrip = new RoundTrip(200 * MILLISECOND);
    for (let i = 0; i < 10; i++) roundTrip.backOff();
    expect(roundTrip.timeoutNs).to.equal(60 * SECOND);
    for (let i = 0; i < 100; i++) roundTrip.sample(10 * MILLISECOND);
    expect(roundTrip.timeoutNs).to.equal(210 * MILLISECOND);
  });
});

describe('an alarm', () => {
  it('rings once, when it was last set to, and not when it was cleared', () => {
    const step = fc.record({
      waitNs: fc.nat(50),
      delayNs: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clock = new VirtualClock();
        const rang: number[] = [];
        const alarm = new Alarm(clock, () => rang.push(clock.now()));
        const expected: number[] = [];
        let dueNs: number | undefined;
        const pass = (untilNs: number): void => {
          if (dueNs !== undefined && dueNs <= untilNs) {
            expected.push(dueNs);
            dueNs = undefined;
          }
          clock.runUntil(untilNs);
        };
        for (const { waitNs, delayNs } of steps) {
          pass(clock.now() + waitNs);
          if (delayNs === undefined) alarm.clear();
          else alarm.set(delayNs);
          dueNs = delayNs === undefined ? undefined : clock.now() + delayNs;
          expect(alarm.isSet).to.equal(dueNs !== undefined);
        }
        pass(clock.now() + 1000);
        expect(rang).to.deep.equal(expected);
        expect(clock.pending).to.equal(0);
      }),
    );
  });
});

describe('a ring', () => {
  it('gives back what was put in, wherever it turns and however it grew', () => {
    const step = fc.record({ put: fc.nat(20_000), take: fc.nat(20_000) });
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.array(step, { maxLength: 20 }), (from, steps) => {
        const content = noise(400_000);
        const ring = new ByteRing(from, 50_000);
        let written = 0;
        let read = 0;
        for (const { put, take } of steps) {
          const end = Math.min(written + put, read + 50_000);
          ring.put(from + written, content.subarray(written, end));
          written = end;
          const length = Math.min(take, written - read);
          const bytes = ring.slice(from + read, length);
          expect(Buffer.compare(bytes, content.subarray(read, read + length))).to.equal(0);
          read += length;
          ring.release(from + read);
        }
      }),
    );
  });
});

describe('reassembly', () => {
  it('of any pieces in any order is the stream, and SACK tells what is there beyond it', () => {
    const piece = fc.record({ at: fc.nat(199), length: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.nat(2 ** 33), (pieces, first) => {
        const content = noise(200);
        const reassembly = new Reassembly(first, 200);
        reassembly.window(1);
        const here = new Array<boolean>(201).fill(false);
        const read: number[] = [];
        for (const { at, length } of pieces) {
          const bytes = content.subarray(at, at + length);
          const taken = reassembly.take(first + at, bytes, at + bytes.length === 200);
          here.fill(true, at, at + bytes.length);
          const next = here.indexOf(false);
          expect(reassembly.next - first).to.equal(next === 200 ? 201 : next);
          const isEarly = at > next || (at === next && bytes.length === 0);
          expect(taken.kind === 'early').to.equal(isEarly);
          for (const { left, right } of reassembly.sackBlocks(4)) {
            const [start, end] = [fromWire(left, first) - first, fromWire(right, first) - first];
            expect(start).to.be.greaterThan(next);
            expect(here.slice(start, end).every((is) => is)).to.equal(true);
            expect([here[start - 1], here[end]]).to.deep.equal([false, false]);
          }
          if (isEarly) {
            const [block] = reassembly.sackBlocks(4);
            expect(fromWire(block.left, first) - first).to.be.at.most(at);
            expect(fromWire(block.right, first) - first).to.be.at.least(at + bytes.length);
          }
          read.push(...reassembly.read(Number.POSITIVE_INFINITY));
        }
        expect(read).to.deep.equal([...content.subarray(0, read.length)]);
        expect(reassembly.finished).to.equal(!here.slice(0, 200).includes(false));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the scoreboard', () => {
  /** The same, byte by byte. */
  class Naive {
    fates: { fate: 'flying' | 'sacked' | 'lost'; lostBehind: number }[] = [];
    from = 0;
    sent(start: number, end: number): void {
      for (let at = start; at < end; at++) this.fates[at] = { fate: 'flying', lostBehind: at + 1 };
    }
    count(fate: string): number {
      return this.fates.slice(this.from).filter((byte) => byte.fate === fate).length;
    }
    /** IsLost, RFC 6675 4, for what was sent before `place`. */
    isLost(place: number, segmentBytes: number): boolean {
      let bytes = 0;
      let stretches = 0;
      for (let at = place; at < this.fates.length; at++) {
        if (this.fates[at].fate !== 'sacked') continue;
        bytes++;
        if (at === place || this.fates[at - 1].fate !== 'sacked') stretches++;
      }
      return bytes > 2 * segmentBytes || stretches >= 3;
    }
    findLost(segmentBytes: number): void {
      const lost = this.fates.filter(({ fate, lostBehind }, at) => {
        return at >= this.from && fate === 'flying' && this.isLost(lostBehind, segmentBytes);
      });
      for (const byte of lost) byte.fate = 'lost';
    }
  }

  it('knows of every byte what one that keeps bytes knows', () => {
    const SEGMENT = 4;
    const place = fc.nat(80);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), length: fc.integer({ min: 1, max: SEGMENT }) }),
      fc.record({ kind: fc.constant('sack' as const), at: place, length: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant('acknowledge' as const), at: place }),
      fc.record({ kind: fc.constant('again' as const) }),
      fc.record({ kind: fc.constant('all' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scoreboard = new Scoreboard();
        const naive = new Naive();
        let next = 0;
        for (const action of steps) {
          switch (action.kind) {
            case 'send':
              scoreboard.sent(next, next + action.length);
              naive.sent(next, next + action.length);
              next += action.length;
              break;
            case 'sack': {
              const start = Math.max(action.at, naive.from);
              const end = Math.min(action.at + action.length, next);
              if (start >= end) break;
              scoreboard.sacked(start, end);
              for (let at = start; at < end; at++) naive.fates[at].fate = 'sacked';
              scoreboard.findLost(SEGMENT);
              naive.findLost(SEGMENT);
              break;
            }
            case 'acknowledge':
              naive.from = Math.max(naive.from, Math.min(action.at, next));
              scoreboard.acknowledged(naive.from);
              break;
            case 'again': {
              const lost = scoreboard.nextLost(SEGMENT);
              const first = naive.fates.findIndex(({ fate }, at) => at >= naive.from && fate === 'lost');
              expect(lost?.start ?? -1).to.equal(first);
              if (lost === undefined) break;
              scoreboard.sentAgain(lost.start, lost.end, next);
              for (let at = lost.start; at < lost.end; at++)
                naive.fates[at] = { fate: 'flying', lostBehind: next };
              break;
            }
            case 'all': {
              const reneged = naive.fates[naive.from]?.fate === 'sacked';
              scoreboard.loseAll();
              for (const byte of naive.fates.slice(naive.from)) {
                if (byte.fate !== 'sacked' || reneged) byte.fate = 'lost';
              }
            }
          }
          expect([scoreboard.flying, scoreboard.lost]).to.deep.equal([
            naive.count('flying'),
            naive.count('lost'),
          ]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('CUBIC', () => {
  it('comes back to its old window after K seconds, and stays near it about as long (RFC 9438 figure 1)', () => {
    const SEGMENT = 1000;
    const cubic = new Cubic(SEGMENT);
    // Slow start to 1,000 segments, then a loss: K = (0.3 * 1000 / 0.4)^(1/3) = 9.09 s.
    while (cubic.window < 1000 * SEGMENT) cubic.acknowledged(2 * SEGMENT, 0, 100 * MILLISECOND);
    const before = cubic.window;
    cubic.lost(before);
    expect(cubic.window).to.equal(0.7 * before);
    const windows: number[] = [];
    for (let second = 0; second < 20; second++) {
      for (let tenth = 0; tenth < 10; tenth++) {
        const nowNs = (second + tenth / 10) * SECOND;
        for (let sent = 0, all = cubic.window; sent < all; sent += 2 * SEGMENT) {
          cubic.acknowledged(2 * SEGMENT, nowNs, 100 * MILLISECOND);
        }
      }
      windows.push(cubic.window / before);
    }
    expect(windows[8]).to.be.within(0.99, 1.01);
    expect(windows[11]).to.be.within(1, 1.03);
    expect(windows[19]).to.be.within(1.3, 1.7);
  });
});
