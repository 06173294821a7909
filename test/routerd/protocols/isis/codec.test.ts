import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parsePrefix } from '../../../../src/net/address.ts';
import { isAuthentic } from '../../../../src/routerd/protocols/isis/authentication.ts';
import { Placement } from '../../../../src/routerd/protocols/isis/fragments.ts';
import { LSP_HEADER, unhex } from '../../../../src/routerd/protocols/isis/header.ts';
import {
  decodeLspBody,
  encodeLsp,
  lspChecksumHolds,
  nodeEntries,
  prefixEntries,
} from '../../../../src/routerd/protocols/isis/lsp.ts';
import { decodePdu, trimPdu } from '../../../../src/routerd/protocols/isis/packet.ts';
import { encodeCsnps, type LspSummary } from '../../../../src/routerd/protocols/isis/snp.ts';
import { FRR } from './golden.ts';

const facts = { areas: ['490001'], hostname: 'r1', addresses: [0x0aff0001] };
const head = { level: 2, system: 1, local: 0, sequence: 7, flags: 3 } as const;

function pdu(hex: string) {
  const trimmed = trimPdu(unhex(hex));
  if (typeof trimmed === 'string') throw new Error(trimmed);
  return { bytes: trimmed, decoded: decodePdu(trimmed) };
}

describe("IS-IS's PDUs, as FRR sent them", () => {
  it('a point-to-point hello says who, where, and how far the handshake is', () => {
    const { decoded } = pdu(FRR.p2pHello);
    expect(decoded).to.deep.include({
      type: 'p2p-hello',
      source: 2,
      levels: [2],
      holdingTimeS: 4,
      areas: ['490001'],
      addresses: [0x0a010002],
      speaksIpv4: true,
    });
    expect(decoded).to.have.nested.property('threeWay.state');
  });

  it('an LSP has a sound checksum, neighbours, prefixes and a name', () => {
    const { bytes, decoded } = pdu(FRR.lsp);
    expect(decoded).to.deep.include({ type: 'lsp', level: 2, system: 2, local: 0 });
    expect(lspChecksumHolds(bytes)).to.equal(true);
    const body = decodeLspBody(bytes);
    expect(body?.areas).to.deep.equal(['490001']);
    expect(body?.wide.nodes.map(({ system, metric }) => [system, metric])).to.deep.include([1, 10]);
    expect(body?.wide.prefixes.map(({ prefix }) => prefix)).to.deep.include(parsePrefix('10.255.0.2/32'));
  });

  it('a CSNP covers all IDs, and names LSPs', () => {
    const { decoded } = pdu(FRR.csnp);
    expect(decoded).to.deep.include({ type: 'csnp', level: 2, source: 2 });
    expect(decoded).to.have.nested.property('last.local', 0xffff);
    expect(decoded).to.have.nested.property('entries[0].sequence').greaterThan(0);
  });
});

describe("IS-IS's PDUs", () => {
  it('LSPs say again what they were told, in each metric style', () => {
    const node = { system: 0x192168001001, pseudonode: 3, metric: 40 };
    const reach = {
      prefix: { address: 0x0a010000, length: 22 },
      metric: 50,
      down: true,
      externalMetric: false,
    };
    for (const style of ['narrow', 'wide', 'transition'] as const) {
      const entries = [...nodeEntries(style, node), ...prefixEntries(style, reach, false)];
      const body = decodeLspBody(encodeLsp(head, 1476, undefined, { facts, entries }));
      const has = { nodes: [node], prefixes: [reach] };
      const none = { nodes: [], prefixes: [] };
      expect(body?.narrow).to.deep.equal(style === 'wide' ? none : has);
      expect(body?.wide).to.deep.equal(style === 'narrow' ? none : has);
    }
  });

  it('that are signed are authentic whatever lifetime is left, and not after any other change', () => {
    const password = { kind: 'md5', password: 'secret' } as const;
    const signed = encodeLsp(head, 1476, password, { facts, entries: [] });
    signed[10] = 3;
    expect(isAuthentic(signed, LSP_HEADER, true, password)).to.equal(true);
    expect(isAuthentic(signed, LSP_HEADER, true, { ...password, password: 'other' })).to.equal(false);
    fc.assert(
      fc.property(fc.integer({ min: 12, max: signed.length - 1 }), (at) => {
        if (at === 24 || at === 25) return;
        const other = signed.slice();
        other[at] ^= 1;
        expect(isAuthentic(other, LSP_HEADER, true, password)).to.equal(false);
      }),
    );
  });

  it('CSNPs leave no ID out between them', () => {
    const entries = Array.from(
      { length: 1000 },
      (_, i): LspSummary => ({ system: i + 1, local: i % 7, lifetimeS: 1000, sequence: 1, checksum: 1 }),
    );
    const settings = { level: 1, source: 1, mtu: 1476, password: undefined } as const;
    const read = encodeCsnps(settings, entries).map((bytes) => {
      expect(bytes.length).to.be.at.most(1476);
      const decoded = decodePdu(bytes);
      if (typeof decoded === 'string' || decoded.type !== 'csnp') throw new Error('no CSNP');
      return decoded;
    });
    expect(read.flatMap((each) => each.entries)).to.deep.equal(entries);
    expect(read[0].first).to.deep.equal({ system: 0, local: 0 });
    expect(read[read.length - 1].last).to.deep.equal({ system: 0xffffffffffff, local: 0xffff });
    for (const [index, { first }] of read.slice(1).entries()) {
      expect(first).to.deep.equal({ ...read[index].last, local: read[index].last.local + 1 });
    }
  });

  it('of any bytes are read or refused, and never make it throw', () => {
    const real = Object.values(FRR).map(unhex);
    const mutated = fc
      .tuple(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 12 }),
        fc.nat(2000),
      )
      .map(([bytes, changes, length]) => {
        const copy = bytes.slice(0, Math.max(1, length % (bytes.length + 1)) || bytes.length);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 1600 })), (bytes) => {
        const trimmed = trimPdu(bytes);
        if (typeof trimmed === 'string') return;
        const decoded = decodePdu(trimmed);
        if (typeof decoded !== 'string' && decoded.type === 'lsp') decodeLspBody(trimmed);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('The fragments of an LSP', () => {
  const entry = (number: number) => {
    const prefix = { address: (0x0a000000 + number * 256) >>> 0, length: 24 };
    const [only] = prefixEntries('wide', { prefix, metric: 1, down: false, externalMetric: false }, false);
    return { ...only, key: String(number) };
  };

  it('hold every entry, fit, and keep it where it was while others come and go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(3000), { maxLength: 900 }), { minLength: 1, maxLength: 4 }),
        (states) => {
          const placement = new Placement();
          let before = new Map<string, number>();
          for (const numbers of states) {
            const { fragments, left } = placement.place(numbers.map(entry), () => 1000);
            expect(left).to.equal(0);
            const now = new Map(fragments.flatMap((part, at) => part.map(({ key }) => [key, at] as const)));
            expect(now.size).to.equal(numbers.length);
            for (const [key, at] of now) expect(before.get(key) ?? at).to.equal(at);
            for (const entries of fragments)
              encodeLsp(head, 1000 + LSP_HEADER, undefined, { facts: undefined, entries });
            before = now;
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are 256 at most: what has no room is counted', () => {
    const { fragments, left } = new Placement().place(
      Array.from({ length: 3000 }, (_, i) => entry(i)),
      () => 80,
    );
    expect(fragments).to.have.length(256);
    expect(fragments.flat().length + left).to.equal(3000);
    expect(left).to.be.greaterThan(0);
  });
});
