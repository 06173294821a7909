import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Demultiplexer, type Stream } from '../../../../src/runner/backends/docker/demultiplexer.ts';

const pieces = fc.array(
  fc.record({ stream: fc.constantFrom<Stream>('stdout', 'stderr'), bytes: fc.uint8Array({ maxLength: 40 }) }),
);

function multiplexed(list: readonly { readonly stream: Stream; readonly bytes: Uint8Array }[]): Buffer {
  return Buffer.concat(
    list.flatMap(({ stream, bytes }) => {
      const header = Buffer.alloc(8);
      header[0] = stream === 'stdout' ? 1 : 2;
      header.writeUInt32BE(bytes.length, 4);
      return [header, bytes];
    }),
  );
}

describe('the outputs of a process in one stream', () => {
  it('come apart as they were put together, however the stream is cut', () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (list, cuts) => {
        const taken = { stdout: [] as number[], stderr: [] as number[] };
        const demultiplexer = new Demultiplexer((stream, bytes) => taken[stream].push(...bytes));
        const whole = multiplexed(list);
        for (let at = 0, cut = 0; at < whole.length; cut++) {
          const length = cuts[cut % cuts.length];
          demultiplexer.add(whole.subarray(at, at + length));
          at += length;
        }
        for (const wanted of ['stdout', 'stderr'] as const) {
          const sent = list.filter(({ stream }) => stream === wanted).flatMap(({ bytes }) => [...bytes]);
          expect(taken[wanted]).to.deep.equal(sent);
        }
      }),
    );
  });

  it('may be a hundred thousand pieces of a byte each', () => {
    let count = 0;
    const demultiplexer = new Demultiplexer((_stream, bytes) => {
      count += bytes.length;
    });
    const piece = multiplexed([{ stream: 'stdout', bytes: Uint8Array.of(65) }]);
    demultiplexer.add(Buffer.concat(Array.from({ length: 100_000 }, () => piece)));
    expect(count).to.equal(100_000);
  });

  it('are not looked for in what no engine sends', () => {
    const demultiplexer = new Demultiplexer(() => {});
    expect(() => demultiplexer.add(Buffer.from('HTTP/1.1 500'))).to.throw('no output of a process');
  });
});
