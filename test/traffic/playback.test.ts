import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Playback } from '../../src/traffic/playback.ts';
import { SECOND } from '../../src/world/clock.ts';

const s = (seconds: number): number => seconds * SECOND;

/** A viewer who pressed play at 1 s and needs 4 s of video; segments of 2 s arrive at these seconds. */
function viewed(arrivals: readonly number[]): Playback {
  const playback = new Playback(s(1), s(4));
  for (const arrival of arrivals) playback.arrived(s(arrival), s(2));
  return playback;
}

describe('playback', () => {
  it('begins when enough lies ready, and tells how long that took', () => {
    const playback = viewed([2, 5]);
    expect(playback.window(0, s(4)).startupNs).to.equal(null);
    expect(playback.window(0, s(6))).to.deep.equal({ startupNs: s(4), stalls: 0, stalledNs: 0 });
    expect(playback.readyNs(s(6))).to.equal(s(3));
  });

  it('does not stall as long as video comes before it is needed, to the instant', () => {
    expect(viewed([2, 5, 9, 11]).window(0, s(13))).to.include({ stalls: 0, stalledNs: 0 });
  });

  it('stalls when it has run dry, until enough lies ready again', () => {
    // Plays from 5 s to 9 s, then from 12 s, when 4 s of video are there, to 16 s.
    const playback = viewed([2, 5, 10, 12]);
    expect(playback.window(s(5), s(15))).to.deep.equal({ startupNs: s(4), stalls: 1, stalledNs: s(3) });
    expect(playback.readyNs(s(15))).to.equal(s(1));
    expect(playback.window(s(15), s(18))).to.deep.equal({ startupNs: s(4), stalls: 1, stalledNs: s(2) });
  });

  it('counts a stall where it begins, and its time where it passes', () => {
    const playback = viewed([2, 5, 10, 12]);
    expect(playback.window(0, s(10))).to.include({ stalls: 1, stalledNs: s(1) });
    expect(playback.window(s(10), s(14))).to.include({ stalls: 0, stalledNs: s(2) });
  });

  it('is over when the viewer goes', () => {
    const playback = viewed([2, 5]);
    playback.end(s(11));
    expect(playback.window(0, s(30))).to.include({ stalls: 1, stalledNs: s(2) });
  });

  it('loses no time: what has passed since it began was played or stalled', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 8_000 }), { minLength: 2, maxLength: 60 }), (gaps) => {
        const playback = new Playback(0, s(4));
        let now = 0;
        for (const gap of gaps) {
          now += gap * 1e6;
          playback.arrived(now, s(2));
        }
        const end = now + s(100);
        const ready = playback.readyNs(now);
        const { startupNs, stalledNs } = playback.window(0, now);
        expect(startupNs).to.not.equal(null);
        expect(s(2) * gaps.length - ready + stalledNs + (startupNs ?? 0)).to.equal(now);
        // Windows that meet share nothing and miss nothing.
        const cut = Math.floor(now / 2);
        const [a, b, all] = [playback.window(0, cut), playback.window(cut, end), playback.window(0, end)];
        expect([a.stalls + b.stalls, a.stalledNs + b.stalledNs]).to.deep.equal([all.stalls, all.stalledNs]);
      }),
    );
  });
});
