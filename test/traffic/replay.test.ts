import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Capture, readCapture } from '../../src/traffic/capture.ts';
import { makeReplay, type ReplayOptions, replaySchedule } from '../../src/traffic/replay.ts';
import { pcap, type Recorded } from './captures.ts';

const MILLISECOND = 1e6;

/** Two large packets one way, three small ones the other. */
const CALL: readonly Recorded[] = [
  { timeNs: 5 * MILLISECOND, bytes: 100, from: 2, to: 1 },
  { timeNs: 10 * MILLISECOND, bytes: 1400, from: 1, to: 2 },
  { timeNs: 12 * MILLISECOND, bytes: 40, from: 2, to: 1 },
  { timeNs: 30 * MILLISECOND, bytes: 1600, from: 1, to: 2 },
  { timeNs: 31 * MILLISECOND, bytes: 100, from: 2, to: 3 },
];

function captured(packets: readonly Recorded[]): Capture {
  const capture = readCapture(pcap(packets));
  return 'wrong' in capture ? expect.fail(capture.wrong) : capture;
}

const make = (packets: readonly Recorded[], options: Partial<ReplayOptions> = {}) =>
  makeReplay(captured(packets), { packets: 'largest', loop: false, mtu: 1500, ...options });

function made(packets: readonly Recorded[], options: Partial<ReplayOptions> = {}) {
  const result = make(packets, options);
  return 'wrong' in result ? expect.fail(result.wrong) : result;
}

/** The first packets of its schedule: when, and how large. */
function sent(options: Partial<ReplayOptions>, count: number) {
  const { departures, sizes } = replaySchedule(made(CALL, options).replay);
  return Array.from({ length: count }, () => [departures(), sizes?.()] as const);
}

describe('a replay', () => {
  it('is of the direction that carries most bytes, from its first packet on', () => {
    expect(made(CALL)).to.deep.equal({
      replay: { sizes: [1400, 1500], timesNs: [0, 20 * MILLISECOND] },
      enlarged: 0,
      clipped: 1,
    });
  });

  it('is of all packets, or of those between the addresses that are named', () => {
    const all = made(CALL, { packets: 'all' });
    expect(all.replay.sizes).to.deep.equal([100, 1400, 52, 1500, 100]);
    expect(all.replay.timesNs).to.deep.equal([0, 5, 7, 25, 26].map((ms) => ms * MILLISECOND));
    expect([all.enlarged, all.clipped]).to.deep.equal([1, 1]);
    const sizes = (packets: ReplayOptions['packets']) => made(CALL, { packets }).replay.sizes;
    expect(sizes({ from: '10.0.0.2' })).to.deep.equal([100, 52, 100]);
    expect(sizes({ to: '10.0.0.3' })).to.deep.equal([100]);
    expect(sizes({ from: '10.0.0.2', to: '10.0.0.1' })).to.deep.equal([100, 52]);
  });

  it('ends with its last packet, or begins anew a mean gap later', () => {
    const never = Number.POSITIVE_INFINITY;
    expect(sent({}, 3).map(([at]) => at)).to.deep.equal([0, 20 * MILLISECOND, never]);
    expect(sent({ loop: true }, 5)).to.deep.equal([
      [0, 1400],
      [20 * MILLISECOND, 1500],
      [40 * MILLISECOND, 1400],
      [60 * MILLISECOND, 1500],
      [80 * MILLISECOND, 1400],
    ]);
  });

  it('at a rate takes only the sizes, and has that rate exactly', () => {
    const rounds = sent({ loop: true, rateBps: 8e6 }, 2001);
    // 1,400 and 1,500 bytes at 1 byte a microsecond.
    expect(rounds[1]).to.deep.equal([1.4 * MILLISECOND, 1500]);
    expect(rounds[2000][0]).to.equal(1000 * 2.9 * MILLISECOND);
  });

  it('takes a time that steps back for that of the packet before', () => {
    const back = [0, 10, 7, 12].map((ms) => ({ timeNs: ms * MILLISECOND, bytes: 500, from: 1, to: 2 }));
    expect(made(back).replay.timesNs).to.deep.equal([0, 10, 10, 12].map((ms) => ms * MILLISECOND));
  });

  it('without times asks for a rate', () => {
    const still = CALL.map((packet) => ({ ...packet, timeNs: 0 }));
    expect(make(still)).to.deep.equal({
      wrong: 'has the same time at all of its 2 packets: there are no gaps to replay',
      needsRate: true,
    });
    expect(made(still, { rateBps: 1e6 }).replay.timesNs).to.deep.equal([0, 11.2 * MILLISECOND]);
    expect(make(CALL.slice(0, 1), { loop: true })).to.include({ needsRate: true });
    expect(made(CALL.slice(0, 1)).replay).to.deep.equal({ sizes: [100], timesNs: [0] });
  });

  it('of nothing says what there is', () => {
    expect(make(CALL, { packets: { from: '10.0.0.9', to: '10.0.0.1' } })).to.deep.equal({
      wrong:
        'holds no packet from 10.0.0.9 to 10.0.0.1 (most bytes go from 10.0.0.1 to 10.0.0.2, in 2 packets)',
      needsRate: false,
    });
  });
});
