import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Frame, frameOf, HEADROOM, newFrame } from '../../src/world/frame.ts';

/** From the smallest to longer than any frame that is used again. */
const lengths = fc.oneof(fc.nat(2000), fc.nat(20_000));

describe('a frame', () => {
  it('begins as zeros, with headroom, whatever packet its bytes belonged to before', () => {
    fc.assert(
      fc.property(lengths, lengths, (before, length) => {
        const used = newFrame(before);
        used.bytes.fill(0xff);
        used.cancelled = 7;
        used.lateNs = 9;
        used.release();
        const frame = newFrame(length);
        expect([frame.start, frame.length]).to.deep.equal([HEADROOM, length]);
        expect([frame.cancelled, frame.lateNs]).to.deep.equal([0, 0]);
        expect(frame.bytes.every((byte) => byte === 0)).to.equal(true);
      }),
    );
  });

  it('is never two packets at once: frames in use share no byte, in whatever order they are released', () => {
    const deeds = fc.array(fc.oneof(fc.record({ length: fc.nat(600) }), fc.record({ release: fc.nat(20) })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(deeds, (list) => {
        const used: { readonly frame: Frame; readonly mark: number }[] = [];
        list.forEach((deed, mark) => {
          if ('release' in deed) {
            const [released] = used.splice(deed.release, 1);
            released?.frame.release();
            return;
          }
          const frame = newFrame(deed.length);
          frame.bytes.fill(mark);
          used.push({ frame, mark });
        });
        for (const { frame, mark } of used) {
          expect(frame.bytes.every((byte) => byte === mark)).to.equal(true);
        }
        for (const { frame } of used) frame.release();
      }),
    );
  });

  it('is used again once it was released', () => {
    const frame = newFrame(300);
    const { bytes } = frame;
    frame.release();
    expect(newFrame(250).bytes).to.equal(bytes);
  });

  it('is not released twice, and refuses it by name', () => {
    const frame = newFrame(60);
    frame.release();
    expect(() => frame.release()).to.throw('released twice');
    newFrame(60);
  });

  it('may be released where its bytes are somebody else’s: they stay what they are', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    new Frame(bytes, 0, 3).release();
    newFrame(3).bytes.fill(9);
    expect([...bytes]).to.deep.equal([1, 2, 3]);
  });

  it('is cloned with all that is said of it, into bytes of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1600 }), fc.boolean(), (contents, own) => {
        const frame = own ? frameOf(contents) : new Frame(contents, 0, contents.length);
        frame.cancelled = 100;
        frame.lateNs = 5;
        const copy = frame.clone();
        expect([copy.start, copy.end, copy.cancelled, copy.lateNs]).to.deep.equal([
          frame.start,
          frame.end,
          100,
          5,
        ]);
        expect([...copy.bytes.subarray(copy.start, copy.end)]).to.deep.equal([...contents]);
        copy.bytes.fill(1, copy.start, copy.end);
        expect([...frame.bytes.subarray(frame.start, frame.end)]).to.deep.equal([...contents]);
      }),
    );
  });
});
