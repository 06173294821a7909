import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { TcpOptions } from '../../src/net/tcp.ts';
import { SECOND } from '../../src/world/clock.ts';
import { Bench } from './bench.ts';
import { noise } from './noise.ts';

const near = fc.oneof(fc.integer({ min: -20, max: 60 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const word = fc.integer({ min: 0, max: 0xffffffff });
const options: fc.Arbitrary<TcpOptions> = fc.record(
  {
    mss: fc.nat(0xffff),
    windowScale: fc.nat(14),
    sackPermitted: fc.constant<true>(true),
    timestamps: fc.record({ value: fc.oneof(fc.nat(5), word), echo: word }),
    sackBlocks: fc.array(fc.record({ left: near, right: near }), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

const segment = fc.record({
  flags: fc.uniqueArray(fc.constantFrom('FIN', 'SYN', 'RST', 'PSH', 'ACK', 'ACK'), { minLength: 1 }),
  sequence: near,
  acknowledgement: near,
  window: fc.oneof(fc.nat(3), fc.nat(0xffff)),
  payload: fc.uint8Array({ maxLength: 40 }),
  options,
});
const act = fc.oneof(
  { weight: 6, arbitrary: segment.map((said) => ({ kind: 'segment' as const, said })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), length: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), limit: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'close' as const }, { kind: 'abort' as const }) },
);

const ALL_OPTIONS = { sack: true, timestamps: true, windowScale: true, keepAliveNs: 60 * SECOND };

describe('a stack whose other end says anything', () => {
  for (const opening of ['listening', 'connecting', 'established'] as const) {
    it(`while ${opening}: throws at nothing, keeps within its bounds, and comes to an end`, () => {
      fc.assert(
        fc.property(fc.array(act, { maxLength: 60 }), fc.boolean(), (acts, withOptions) => {
          const bench = new Bench(withOptions ? ALL_OPTIONS : { keepAliveNs: 60 * SECOND });
          bench.user.reads = false;
          if (opening === 'connecting') bench.connect();
          if (opening === 'established') {
            const timestamps = { value: 1, echo: 0 };
            bench.establish(
              withOptions ? { mss: 1000, sackPermitted: true, windowScale: 7, timestamps } : {},
            );
          }
          for (const one of acts) {
            const { connection } = bench.user;
            switch (one.kind) {
              case 'segment': {
                const { flags, options: said, ...rest } = one.said;
                const wire = (number: number): number => (bench.isn + number) >>> 0;
                const sackBlocks = said.sackBlocks?.map(({ left, right }) => ({
                  left: wire(left),
                  right: wire(right),
                }));
                const all = sackBlocks ? { ...said, sackBlocks } : said;
                bench.arrives(flags.join('+'), { ...rest, options: all });
                break;
              }
              case 'write':
                connection?.write(noise(one.length));
                break;
              case 'read':
                connection?.read(one.limit);
                break;
              case 'wait':
                bench.wait(one.seconds * SECOND);
                break;
              case 'close':
                connection?.close();
                break;
              case 'abort':
                connection?.abort();
            }
            // One address and port: one connection at most. Nothing answers more than is asked.
            expect(bench.stack.size).to.be.at.most(1);
          }
          // The other end falls silent: what asks for it is given up.
          bench.user.connection?.close();
          bench.wait(10_000 * SECOND);
          expect([bench.stack.size, bench.clock.pending]).to.deep.equal([0, 0]);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('never answers itself for ever', () => {
    const bench = new Bench().establish();
    bench.said();
    // Two ends that disagree about everything: whatever is said comes back with the ends exchanged.
    let segments = 0;
    for (let round = 0; round < 1000; round++) {
      bench.arrives('ACK', {
        sequence: 500_000 + round,
        acknowledgement: 900_000,
        payload: new Uint8Array(0),
      });
      segments += bench.said().length;
    }
    expect(segments).to.be.at.most(10);
  });
});
