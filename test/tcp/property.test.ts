import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { connected, twoStacks, User, type WireSettings } from './lab.ts';
import { noise } from './noise.ts';

const share = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });

const wire: fc.Arbitrary<WireSettings> = fc.record({
  rateBps: fc.constantFrom(1e6, 10e6, 1e9),
  delayNs: fc.integer({ min: 0, max: 100 * MILLISECOND }),
  queueBytes: fc.integer({ min: 3000, max: 200_000 }),
  mtu: fc.constantFrom(200, 576, 1500, 9000),
  loss: share(0.2),
  duplication: share(0.2),
  corruption: share(0.1),
  reordering: share(0.5),
  reorderNs: fc.integer({ min: 1, max: 50 * MILLISECOND }),
});

const settings = fc.record({
  congestionControl: fc.constantFrom('new-reno' as const, 'cubic' as const),
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  windowScale: fc.boolean(),
  noDelay: fc.boolean(),
  delayedAckNs: fc.constantFrom(0, 40 * MILLISECOND, 200 * MILLISECOND),
  sendBufferBytes: fc.integer({ min: 1, max: 100_000 }),
  receiveBufferBytes: fc.integer({ min: 1, max: 100_000 }),
  // Else one end may wait for ever for another that is gone.
  keepAliveNs: fc.constant(600 * SECOND),
});

describe('TCP over a wire that loses, doubles, reorders and damages', () => {
  it('brings every byte in order and once, both ways, or says that the connection failed', () => {
    const length = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(
        wire,
        settings,
        settings,
        length,
        length,
        fc.nat(),
        (wire, ours, theirs, there, back, seed) => {
          const lab = twoStacks(wire, seed);
          const sent = noise(there, 1);
          const returned = noise(back, 2);
          const { client, server } = connected(
            lab,
            new User().sends(sent),
            new User().sends(returned),
            ours,
            theirs,
          );
          for (let events = 0; events < 1_000_000 && (lab.a.size > 0 || lab.b.size > 0); events++) {
            if (!lab.clock.step()) break;
          }
          // Each has a prefix of what the other sent, whatever happened.
          expect(Buffer.compare(server.bytes, sent.subarray(0, server.receivedBytes))).to.equal(0);
          expect(Buffer.compare(client.bytes, returned.subarray(0, client.receivedBytes))).to.equal(0);
          if (client.end === 'closed') {
            expect([client.receivedBytes, server.receivedBytes]).to.deep.equal([back, there]);
          } else expect(client.end).to.be.oneOf(['timeout', 'reset']);
          // Nothing is left of it, neither connections nor timers.
          expect([lab.a.size, lab.b.size]).to.deep.equal([0, 0]);
          lab.clock.runUntil(lab.clock.now() + 10 * SECOND);
          expect(lab.clock.pending).to.equal(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('does not fail where a tenth at most is lost or damaged', () => {
    const bearable = fc.record({
      loss: share(0.05),
      corruption: share(0.05),
      duplication: share(0.5),
      reordering: share(0.5),
      reorderNs: fc.integer({ min: 1, max: 20 * MILLISECOND }),
    });
    fc.assert(
      fc.property(bearable, settings, fc.nat(), (impairments, ours, seed) => {
        const lab = twoStacks(impairments, seed);
        const sent = noise(200_000);
        const buffers = { sendBufferBytes: 100_000, receiveBufferBytes: 100_000 };
        const options = { ...ours, ...buffers };
        const { client, server } = connected(lab, new User().sends(sent), new User(), options, options);
        while (lab.clock.now() < 3600 * SECOND && lab.clock.step());
        expect([client.end, server.end]).to.deep.equal(['closed', 'closed']);
        expect(Buffer.compare(server.bytes, sent)).to.equal(0);
      }),
      { numRuns: 50 },
    );
  });
});
