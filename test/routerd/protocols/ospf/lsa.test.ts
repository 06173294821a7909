import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../../src/net/address.ts';
import {
  compareAges,
  decodeLsaBody,
  encodeLsa,
  LSA_HEADER,
  lsaChecksumHolds,
  readLsaHeader,
} from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { LsaTable } from '../../../../src/routerd/protocols/ospf/lsa-table.ts';
import { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';
import { bytesOf, hexOf, UPDATE } from './golden.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const anyLink = fc.record({
  type: fc.integer({ min: 1, max: 4 }),
  id: word,
  data: word,
  metric: fc.integer({ min: 0, max: 0xffff }),
});
const anyBody = fc.oneof(
  fc.record({
    kind: fc.constant('router' as const),
    flags: fc.integer({ min: 0, max: 7 }),
    links: fc.array(anyLink, { maxLength: 30 }),
  }),
  fc.record({
    kind: fc.constant('network' as const),
    mask: word,
    routers: fc.array(word, { maxLength: 30 }),
  }),
);
const anySequence = fc.integer({ min: -0x7fffffff, max: 0x7fffffff });

function made(id: number, sequence: number, body: Parameters<typeof encodeLsa>[3]): Uint8Array {
  const type = body.kind === 'router' ? 1 : 2;
  return encodeLsa({ type, id, advertisingRouter: id }, 2, sequence, body) ?? new Uint8Array();
}

describe('LSAs', () => {
  it('are written as another implementation wrote them, checksum and all', () => {
    const golden = bytesOf(UPDATE).slice(28);
    const header = readLsaHeader(golden, 0);
    expect(lsaChecksumHolds(golden, 0, golden.length)).to.equal(true);
    const body = decodeLsaBody(golden, 0, header);
    expect(body).to.deep.equal({
      kind: 'router',
      flags: 2,
      links: [{ type: 3, id: 0xc0a8aa00, data: 0xffffff00, metric: 10 }],
    });
    if (body?.kind !== 'router') throw new Error('no router-LSA');
    const written = encodeLsa(header, header.options, header.sequence, body) ?? new Uint8Array();
    expect(hexOf(written.slice(2))).to.equal(hexOf(golden.slice(2)));
  });

  it('come back from the wire as they were written', () => {
    fc.assert(
      fc.property(word, anySequence, anyBody, (id, sequence, body) => {
        const bytes = made(id, sequence, body);
        const header = readLsaHeader(bytes, 0);
        expect(header).to.include({ id, sequence, age: 0, length: bytes.length });
        expect(lsaChecksumHolds(bytes, 0, bytes.length)).to.equal(true);
        expect(decodeLsaBody(bytes, 0, header)).to.deep.equal(body);
      }),
    );
  });

  it('with any one byte changed, but for the age, have a wrong checksum', () => {
    const bytes = bytesOf(UPDATE).slice(28);
    for (let at = 2; at < bytes.length; at++) {
      for (const change of [1, 0x10, 0x80]) {
        const changed = bytes.slice();
        changed[at] ^= change;
        expect(lsaChecksumHolds(changed, 0, changed.length), `byte ${at}`).to.equal(false);
      }
    }
    bytes[1]++;
    expect(lsaChecksumHolds(bytes, 0, bytes.length), 'age').to.equal(true);
  });

  it('whose body is not what its counts say are malformed', () => {
    const bytes = made(1, 1, { kind: 'router', flags: 0, links: [{ type: 3, id: 1, data: 2, metric: 3 }] });
    const header = readLsaHeader(bytes, 0);
    expect(decodeLsaBody(bytes, 0, { ...header, length: header.length - 1 })).to.equal(undefined);
    expect(decodeLsaBody(bytes, 0, { ...header, length: LSA_HEADER })).to.equal(undefined);
    bytes[LSA_HEADER + 3] = 2;
    expect(decodeLsaBody(bytes, 0, header)).to.equal(undefined);
    expect(decodeLsaBody(bytes, 0, { ...header, type: 1, id: 2 }), 'ID is not the router').to.equal(
      undefined,
    );
  });

  it('of equal contents: MaxAge is newer, then the younger if they are more than 15 minutes apart', () => {
    expect(compareAges(3600, 10)).to.be.above(0);
    expect(compareAges(10, 3600)).to.be.below(0);
    expect(compareAges(10, 911)).to.be.above(0);
    expect(compareAges(911, 10)).to.be.below(0);
    expect(compareAges(10, 910)).to.equal(0);
  });

  it('that hold nothing but what fits: beyond that there is none', () => {
    const links = Array.from({ length: 5460 }, () => ({ type: 3, id: 1, data: 2, metric: 3 }));
    expect(made(1, 1, { kind: 'router', flags: 0, links })).to.have.lengthOf(0);
    expect(made(1, 1, { kind: 'router', flags: 0, links: links.slice(0, 5459) })).to.have.lengthOf(65532);
  });
});

describe('the table of LSAs', () => {
  it('holds what a map holds, whatever is set and deleted', () => {
    const few = fc.integer({ min: 0, max: 6 });
    const operation = fc.record({ type: few, id: few, advertisingRouter: few, keep: fc.boolean() });
    fc.assert(
      fc.property(fc.integer(), fc.array(operation, { maxLength: 400 }), (seed, operations) => {
        const table = new LsaTable<{ identity: { type: number; id: number; advertisingRouter: number } }>(
          seed,
        );
        const map = new Map<string, object>();
        for (const { keep, ...identity } of operations) {
          const key = Object.values(identity).join();
          if (keep) {
            const item = { identity };
            table.set(item);
            map.set(key, item);
          } else {
            expect(table.delete(identity)).to.equal(map.delete(key));
          }
          expect(table.find(identity.type, identity.id, identity.advertisingRouter)).to.equal(map.get(key));
        }
        expect(table.size).to.equal(map.size);
        expect([...table]).to.have.members([...map.values()]);
        for (const [key, item] of map) {
          const [type, id, advertisingRouter] = key.split(',').map(Number);
          expect(table.find(type, id, advertisingRouter)).to.equal(item);
        }
      }),
    );
  });
});

describe('the pool of LSAs', () => {
  const bytes = made(7, 1, {
    kind: 'router',
    flags: 0,
    links: [
      { type: 1, id: 8, data: 9, metric: 1 },
      { type: 3, id: 0x0a000000, data: 0xff000000, metric: 1 },
    ],
  });

  it('gives out one object for equal bytes, whatever their age', () => {
    const pool = new LsaPool();
    const first = pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    const older = bytes.slice();
    older[1] = 77;
    expect(pool.intern(older, 0, readLsaHeader(older, 0))).to.equal(first);
  });

  it('numbers routers and prefixes while someone holds an LSA that names them, and not longer', () => {
    const pool = new LsaPool();
    const lsa = pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    const again = pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    if (lsa === undefined || again === undefined) throw new Error('malformed');
    expect(pool.findRouter(7)).to.equal(lsa.vertex);
    expect(pool.findRouter(8)).to.equal(lsa.edges[0]);
    expect(formatPrefix(pool.prefixes.valueOf(lsa.stubs[0]))).to.equal('10.0.0.0/8');
    pool.release(lsa);
    expect(pool.findRouter(7)).to.equal(lsa.vertex);
    pool.release(again);
    expect(pool.findRouter(7)).to.equal(-1);
    expect(pool.findRouter(8)).to.equal(-1);
  });
});
