import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { CaptureFile } from '../../../src/runner/results/capture-file.ts';
import { newFrame } from '../../../src/world/frame.ts';
import { readPcapng } from '../../support/pcapng.ts';

const MADE_BY = { hardware: 'none', application: 'a test' };
const ENDS = [
  { node: 'one', port: 'x' },
  { node: 'two', port: 'y' },
];
const unexpected = (error: unknown): never => expect.fail(String(error));

describe('the file of a capture', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-capture-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const path = () => join(folder, 'captures', 'x.pcapng');
  const fileOf = (packets: number, maxBytes?: number, failed: (error: unknown) => void = unexpected) =>
    new CaptureFile(path(), ENDS, { packets, snapBytes: 0 }, MADE_BY, failed, maxBytes);

  it('can be read at any time, however the run ends: what was written last is whole', () => {
    const file = fileOf(1_000_000);
    let seen = readPcapng(readFileSync(path())).frames.length;
    expect(seen).to.equal(0);
    for (let number = 1; number <= 2000; number++) {
      file.take(number % 2, newFrame(1514), number);
      if (number % 50 === 0) {
        const { frames } = readPcapng(readFileSync(path()));
        expect(frames.length).to.be.within(Math.max(seen, number - 200), number);
        seen = frames.length;
      }
    }
    file.flush();
    expect(readPcapng(readFileSync(path())).frames).to.have.length(2000);
  });

  it('is never longer than it may be, and counts what it leaves out', () => {
    const take = fc.record({ end: fc.nat(1), length: fc.nat(3000) });
    fc.assert(
      fc.property(
        fc.array(take),
        fc.integer({ min: 600, max: 20_000 }),
        fc.integer({ min: 1, max: 60 }),
        (takes, maxBytes, packets) => {
          const file = fileOf(packets, maxBytes);
          for (const [index, { end, length }] of takes.entries()) file.take(end, newFrame(length), index);
          file.miss(1, 3);
          file.end(takes.length);
          const { frames, statistics } = readPcapng(readFileSync(path()));
          expect(statSync(path()).size).to.be.at.most(maxBytes);
          expect(frames.length).to.be.at.most(packets);
          expect(frames.map(({ end, length }) => ({ end, length }))).to.deep.equal(
            takes.slice(0, frames.length),
          );
          expect(file.counts).to.deep.equal({
            packets: frames.length,
            dropped: takes.length + 3 - frames.length,
          });
          expect(statistics.map(({ received }) => received)).to.deep.equal(
            [0, 1].map((end) => takes.filter((one) => one.end === end).length + 3 * end),
          );
        },
      ),
    );
  });

  it('that cannot be written any more says so once, and frames may go on arriving', () => {
    const errors: unknown[] = [];
    const file = fileOf(1_000_000, undefined, (error) => errors.push(error));
    rmSync(path());
    mkdirSync(path());
    for (let number = 0; number < 1000; number++) file.take(0, newFrame(1514), number);
    file.end(1000);
    expect(errors.map((error) => error instanceof Error && 'code' in error && error.code)).to.deep.equal([
      'EISDIR',
    ]);
  });
});
