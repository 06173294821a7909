/** The blocks of a pcapng file, read as the draft says and independently of src: little-endian, whole blocks only. */
import { expect } from 'chai';

export interface CapturedFrame {
  readonly end: number;
  readonly timeNs: number;
  readonly bytes: Uint8Array;
  /** On the wire. */
  readonly length: number;
  readonly comments: readonly string[];
}

export interface ReadCapture {
  readonly hardware: string;
  readonly application: string;
  readonly interfaces: readonly { readonly name: string; readonly snapBytes: number }[];
  readonly frames: readonly CapturedFrame[];
  readonly statistics: readonly {
    readonly end: number;
    readonly received: number;
    readonly dropped: number;
  }[];
}

export function readPcapng(file: Uint8Array): ReadCapture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const time = (at: number): number => view.getUint32(at, true) * 2 ** 32 + view.getUint32(at + 4, true);
  let section = new Map<number, Uint8Array>();
  const interfaces: { name: string; snapBytes: number }[] = [];
  const frames: CapturedFrame[] = [];
  const statistics: { end: number; received: number; dropped: number }[] = [];
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).to.equal(0);
    expect(view.getUint32(at + length - 4, true)).to.equal(length);
    const options = (from: number): Map<number, Uint8Array> => optionsOf(file, at + from, at + length - 4);
    const end = view.getUint32(at + 8, true);
    switch (view.getUint32(at, true)) {
      case 0x0a0d0d0a:
        section = options(24);
        break;
      case 1: {
        const named = options(16);
        expect(view.getUint16(at + 8, true)).to.equal(1);
        expect(named.get(9)).to.deep.equal(Uint8Array.of(9));
        interfaces.push({ name: textOf(named.get(2)), snapBytes: view.getUint32(at + 12, true) });
        break;
      }
      case 5: {
        const counted = options(20);
        const count = (code: number): number =>
          Number(new DataView(Uint8Array.from(counted.get(code) ?? []).buffer).getBigUint64(0, true));
        statistics.push({ end, received: count(4), dropped: count(5) });
        break;
      }
      case 6: {
        const kept = view.getUint32(at + 20, true);
        const from = at + 28 + Math.ceil(kept / 4) * 4;
        const comments = optionList(file, from, at + length - 4).filter(([code]) => code === 1);
        frames.push({
          end,
          timeNs: time(at + 12),
          bytes: file.slice(at + 28, at + 28 + kept),
          length: view.getUint32(at + 24, true),
          comments: comments.map(([, value]) => textOf(value)),
        });
        break;
      }
      default:
        expect.fail(`a block of type ${view.getUint32(at, true)}`);
    }
    at += length;
  }
  return {
    hardware: textOf(section.get(2)),
    application: textOf(section.get(4)),
    interfaces,
    frames,
    statistics,
  };
}

function optionsOf(file: Uint8Array, from: number, to: number): Map<number, Uint8Array> {
  return new Map(optionList(file, from, to));
}

function optionList(file: Uint8Array, from: number, to: number): readonly (readonly [number, Uint8Array])[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const options: [number, Uint8Array][] = [];
  for (let at = from; at < to; ) {
    const [code, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (code === 0) {
      expect(at + 4).to.equal(to);
      break;
    }
    options.push([code, file.slice(at + 4, at + 4 + length)]);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
