import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RandomDetect } from '../../../src/routerd/qos/random-detect.ts';
import { seededRandom } from '../../../src/world/random.ts';

const LIMIT = 100_000;
const RATE = 8e6;

/** The verdicts on `count` packets that all find so many bytes waiting, once the average is there. */
function verdictsAt(waitingBytes: number, count: number, seed = 1): string[] {
  const detect = new RandomDetect(seededRandom(seed), LIMIT, RATE);
  for (let packet = 0; packet < 20_000; packet++) detect.judge(waitingBytes, 0);
  return Array.from({ length: count }, () => detect.judge(waitingBytes, 0));
}

const share = (verdicts: readonly string[], wanted: string): number =>
  verdicts.filter((verdict) => verdict === wanted).length / verdicts.length;

describe('random early detection', () => {
  it('passes everything below a quarter of the limit, and nothing above a half', () => {
    expect(share(verdictsAt(24_900, 1000), 'pass')).to.equal(1);
    expect(share(verdictsAt(50_100, 1000), 'drop')).to.equal(1);
  });

  it('chooses a share that grows between them, and spreads the chosen evenly', () => {
    for (const [waiting, wanted] of [
      [30_000, 0.02],
      [37_500, 0.05],
      [45_000, 0.08],
    ]) {
      const verdicts = verdictsAt(waiting, 50_000);
      // With even gaps between 1 and 1/p packets, (1/p + 1) / 2 of them on average (Floyd and Jacobson 1993, 4).
      expect(share(verdicts, 'choose')).to.be.closeTo(2 / (1 / wanted + 1), 0.005);
      const chosen = verdicts.flatMap((verdict, index) => (verdict === 'choose' ? [index] : []));
      const gaps = chosen.slice(1).map((index, at) => index - chosen[at]);
      expect(Math.max(...gaps)).to.be.at.most(Math.ceil(1 / wanted) + 1);
    }
  });

  it('goes by the average: a burst passes, a queue that stays does not', () => {
    const detect = new RandomDetect(seededRandom(1), LIMIT, RATE);
    const burst = Array.from({ length: 60 }, () => detect.judge(90_000, 0));
    expect(share(burst, 'pass')).to.equal(1);
    for (let packet = 0; packet < 2000; packet++) detect.judge(90_000, 0);
    expect(detect.judge(90_000, 0)).to.equal('drop');
  });

  it('forgets while the queue is empty', () => {
    const detect = new RandomDetect(seededRandom(1), LIMIT, RATE);
    for (let packet = 0; packet < 5000; packet++) detect.judge(90_000, 0);
    expect(detect.judge(0, 1000), 'at once').to.equal('drop');
    expect(detect.judge(0, 1e9), 'a second later').to.equal('pass');
    expect(detect.judge(40_000, 0)).to.equal('pass');
  });

  it('is the same under the same seed, and another under another', () => {
    expect(verdictsAt(37_500, 1000, 7)).to.deep.equal(verdictsAt(37_500, 1000, 7));
    expect(verdictsAt(37_500, 1000, 7)).not.to.deep.equal(verdictsAt(37_500, 1000, 8));
  });
});
