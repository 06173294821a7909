import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  interfaceDescription,
  interfaceStatistics,
  packetBlock,
  sectionHeader,
} from '../../src/net/pcapng.ts';
import { readPcapng } from '../support/pcapng.ts';

describe('pcapng blocks', () => {
  it('say again what they were made of, whatever that is', () => {
    const frame = fc.record({
      end: fc.nat(2),
      timeNs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      bytes: fc.uint8Array({ maxLength: 200 }),
      cut: fc.nat(9000),
      comments: fc.array(fc.string({ unit: 'binary', maxLength: 40 }).filter(isText), { maxLength: 3 }),
    });
    const count = fc.nat(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30 }), { minLength: 3, maxLength: 3 }),
        fc.nat(65536),
        fc.array(frame, { maxLength: 20 }),
        count,
        count,
        (names, snapBytes, frames, received, dropped) => {
          const file = Buffer.concat([
            sectionHeader('the hardware', 'the program', 'a comment'),
            ...names.map((name) => interfaceDescription(name, snapBytes)),
            ...frames.map(({ end, timeNs, bytes, cut, comments }) =>
              packetBlock(end, timeNs, bytes, bytes.length + cut, comments),
            ),
            ...names.map((_, end) => interfaceStatistics(end, 5, received, dropped)),
          ]);
          expect(readPcapng(file)).to.deep.equal({
            hardware: 'the hardware',
            application: 'the program',
            interfaces: names.map((name) => ({ name, snapBytes })),
            frames: frames.map(({ end, timeNs, bytes, cut, comments }) => ({
              end,
              timeNs,
              bytes,
              length: bytes.length + cut,
              comments,
            })),
            statistics: names.map((_, end) => ({ end, received, dropped })),
          });
        },
      ),
    );
  });

  it('hold a comment of any length', () => {
    const file = packetBlock(0, 0, new Uint8Array(1), 1, ['€'.repeat(100_000)]);
    expect(readPcapng(file).frames[0].comments[0]).to.match(/^€+$/);
  });
});

/** Half a surrogate pair and a byte-order mark do not come back from UTF-8 as they went. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.startsWith('\ufeff');
}
