import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { B, connected, PORT, twoStacks, User } from './lab.ts';
import { noise } from './noise.ts';

const CONTROLS = ['new-reno', 'cubic'] as const;
/** Of a full packet's 1,500 bytes, payload. */
const PAYLOAD = 1448;

/** Bytes per second that arrive between `fromS` and `toS`, of a sender that has always more. */
function goodput(
  settings: Parameters<typeof twoStacks>[0],
  options: Parameters<typeof connected>[3],
  fromS: number,
  toS: number,
  seed = 1,
): number {
  const lab = twoStacks(settings, seed);
  const endless = new User();
  const chunk = noise(65_536);
  endless.writable = (connection) => {
    while (connection.write(chunk) === chunk.length);
  };
  const { server } = connected(lab, endless, new Counter(), options, options);
  lab.clock.runUntil(fromS * SECOND);
  const before = server.receivedBytes;
  lab.clock.runUntil(toS * SECOND);
  return (server.receivedBytes - before) / (toS - fromS);
}

/** Keeps nothing. */
class Counter extends User {
  override readable(connection: Parameters<User['readable']>[0]): void {
    this.receivedBytes += connection.read().length;
  }
}

describe('the goodput of TCP', () => {
  for (const congestionControl of CONTROLS) {
    it(`by ${congestionControl} fills a bottleneck: with a queue of one round trip or more nothing is left over`, () => {
      for (const [rateBps, delayMs, queueRoundTrips] of [
        [10e6, 20, 1],
        [40e6, 5, 1],
        [20e6, 50, 2],
      ]) {
        const roundTripNs = 2 * delayMs * MILLISECOND;
        const queueBytes = (queueRoundTrips * rateBps * roundTripNs) / 8e9;
        const settings = { rateBps, delayNs: delayMs * MILLISECOND, queueBytes };
        const rate = goodput(settings, { congestionControl }, 4, 12);
        const share = (rate * 8 * 1500) / PAYLOAD / rateBps;
        expect(share, `${rateBps} ${delayMs} ${queueRoundTrips}`).to.be.within(0.98, 1.001);
      }
    });
  }

  it('follows from loss as theory says, within a factor of 1.5', () => {
    /** Windows in segments. NewReno: M. Mathis et al., 1997. CUBIC: RFC 9438 5.1, figure 6, at 100 ms. */
    const theory = {
      'new-reno': { 0.001: Math.sqrt(1.5 / 0.001), 0.01: Math.sqrt(1.5 / 0.01) },
      cubic: { 0.0001: 1.054 * 1000 ** 0.75, 0.001: 1.054 * 100 ** 0.75 },
    };
    for (const congestionControl of CONTROLS) {
      for (const [loss, window] of Object.entries(theory[congestionControl])) {
        const settings = { rateBps: 1e9, delayNs: 50 * MILLISECOND, loss: Number(loss) };
        const options = { congestionControl, delayedAckNs: 0 };
        const rates = [1, 2].map((seed) => goodput(settings, options, 20, 120, seed));
        const mean = (rates[0] + rates[1]) / 2;
        expect(mean / ((PAYLOAD / 0.1) * window), `${congestionControl} ${loss}`).to.be.within(1 / 1.5, 1.5);
      }
    }
  });

  for (const congestionControl of CONTROLS) {
    it(`of two flows by ${congestionControl} on one bottleneck is about the same, though one came later`, () => {
      const lab = twoStacks({ rateBps: 5e6, delayNs: 40 * MILLISECOND, queueBytes: 50_000 });
      const chunk = noise(65_536);
      const users = [0, 1].map(() => {
        const user = new User();
        user.writable = (connection) => {
          while (connection.write(chunk) === chunk.length);
        };
        return user;
      });
      const counters = [new Counter(), new Counter()];
      const starts = [0, 5];
      for (const [i, user] of users.entries()) {
        lab.clock.runUntil(starts[i] * SECOND);
        lab.b.listen(PORT + i, () => counters[i]);
        lab.a.connect(B, PORT + i, user, { congestionControl });
      }
      lab.clock.runUntil(30 * SECOND);
      const before = counters.map(({ receivedBytes }) => receivedBytes);
      lab.clock.runUntil(150 * SECOND);
      const [first, second] = counters.map(({ receivedBytes }, i) => receivedBytes - before[i]);
      expect(first / second).to.be.within(1 / 2, 2);
      expect(((first + second) * 8 * 1500) / PAYLOAD / 120 / 5e6).to.be.within(0.95, 1);
    });
  }

  it('is the same for the same seed, event for event', () => {
    const history = (seed: number): readonly string[] => {
      const lab = twoStacks({ loss: 0.02, reordering: 0.1, duplication: 0.05 }, seed);
      lab.state.log = true;
      connected(lab, new User().sends(noise(300_000)));
      lab.clock.runUntil(60 * SECOND);
      return lab.seen.map(({ atNs, from, sequence, acknowledgement, flags }) => {
        return [atNs, from, sequence, acknowledgement, flags].join(' ');
      });
    };
    const first = history(4711);
    expect(first.length).to.be.greaterThan(300);
    expect(history(4711)).to.deep.equal(first);
    expect(history(4712)).not.to.deep.equal(first);
  });

  it('of a lost SYN, or a lost FIN, costs a time-out and no more', () => {
    for (const lost of [0x02, 0x12, 0x11]) {
      const lab = twoStacks();
      let times = 0;
      lab.state.filter = ({ flags }) => (flags & 0x13) !== lost || times++ > 0;
      const { client, server } = connected(lab, new User().sends(noise(5000)));
      lab.clock.runUntil(5 * SECOND);
      expect([client.end, server.end, server.receivedBytes]).to.deep.equal(['closed', 'closed', 5000]);
      expect(times).to.be.greaterThan(1);
    }
  });
});
