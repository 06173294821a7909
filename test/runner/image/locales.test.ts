import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { withoutLocales } from '../../../src/runner/image/locales.ts';

const PAGE = 4096;
const DATA_AT = 2 * PAGE;
/** Sorted, as ICU has them. */
const NAMES = [
  'af',
  'brkitr/de',
  'coll/root',
  'curr/en_US',
  'curr/sr_Latn',
  'lang/pool',
  'units',
  'zone/zu',
  'zu_ZA',
];

describe("Node's data of languages", () => {
  it('lose what is of a language other than English, and nothing else', () => {
    const items = new Map(
      NAMES.map((name, index) => [`icudt78l/${name}.res`, Buffer.alloc(20_000 + index, 65 + index)]),
    );
    const program = programWith(items);
    const small = withoutLocales(program);
    expect(small.length).to.be.lessThan(program.length - 2 * 20_000);
    const left = itemsOf(small);
    // Nothing says where the last one ends, so it stays.
    const kept = ['coll/root', 'curr/en_US', 'lang/pool', 'units', 'zu_ZA'].map(
      (name) => `icudt78l/${name}.res`,
    );
    expect([...left.keys()]).to.deep.equal(kept);
    for (const name of kept.slice(0, -1))
      expect(left.get(name)?.equals(items.get(name) ?? Buffer.alloc(0)), name).to.equal(true);
  });

  it('are nothing to a program without them, nor where they only look like it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const program = Buffer.concat([Buffer.alloc(100), header(), noise]);
        expect(withoutLocales(program).length).to.equal(program.length);
      }),
    );
    const without = new Uint8Array(1000);
    expect(withoutLocales(without)).to.equal(without);
  });
});

function header(): Buffer {
  const bytes = Buffer.alloc(144);
  bytes.writeUInt16LE(144, 0);
  bytes.set([0xda, 0x27], 2);
  bytes.write('CmnD', 12);
  return bytes;
}

/** A program with one segment that is only read, and in it the items. */
function programWith(items: ReadonlyMap<string, Buffer>): Buffer {
  const names = [...items.keys()].map((name) => Buffer.from(`${name}\0`));
  const table = Buffer.alloc(4 + 8 * items.size);
  table.writeUInt32LE(items.size);
  let nameAt = table.length;
  let at = Math.ceil((nameAt + Buffer.concat(names).length) / 16) * 16;
  const data: Buffer[] = [table, ...names, Buffer.alloc(at - nameAt - Buffer.concat(names).length)];
  for (const [index, bytes] of [...items.values()].entries()) {
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & 15)]);
    table.writeUInt32LE(nameAt, 4 + 8 * index);
    table.writeUInt32LE(at, 8 + 8 * index);
    nameAt += names[index].length;
    at += padded.length;
    data.push(padded);
  }
  const contents = Buffer.concat([header(), ...data]);
  const elf = Buffer.alloc(DATA_AT);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(2, 56);
  elf.writeUInt32LE(4, 64); // a note
  elf.writeUInt32LE(1, 120);
  elf.writeUInt32LE(4, 124);
  for (const [place, value] of [
    PAGE,
    PAGE,
    PAGE,
    PAGE + contents.length,
    PAGE + contents.length,
    PAGE,
  ].entries()) {
    elf.writeBigUInt64LE(BigInt(value), 128 + 8 * place);
  }
  return Buffer.concat([elf, contents]);
}

/** With as many bytes of the last as there are. As the program finds them: in its memory. */
function itemsOf(program: Uint8Array): ReadonlyMap<string, Buffer> {
  const file = Buffer.from(program);
  const memory = Buffer.alloc(1_000_000);
  for (const at of [64, 120]) {
    if (file.readUInt32LE(at) !== 1) continue;
    const [offset, address, , size] = [8, 16, 24, 32].map((place) =>
      Number(file.readBigUInt64LE(at + place)),
    );
    file.copy(memory, address, offset, offset + size);
  }
  const base = DATA_AT + 144;
  const count = memory.readUInt32LE(base);
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const nameAt = base + memory.readUInt32LE(base + 4 + 8 * index);
      const name = memory.toString('latin1', nameAt, memory.indexOf(0, nameAt));
      const at = base + memory.readUInt32LE(base + 8 + 8 * index);
      return [
        name,
        memory.subarray(at, at + 20_000 + NAMES.findIndex((each) => name.includes(`/${each}.res`))),
      ];
    }),
  );
}
