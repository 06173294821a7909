import { expect } from 'chai';
import fc from 'fast-check';
import { mergeAs4Path } from '../../../../src/routerd/protocols/bgp/as-path.ts';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import type { Nlri, Update } from '../../../../src/routerd/protocols/bgp/contract.ts';
import {
  decodeNotification,
  decodeRefresh,
  encodeKeepalive,
  encodeNotification,
  encodeRefresh,
  messageLength,
} from '../../../../src/routerd/protocols/bgp/message.ts';
import {
  CEASE,
  cease,
  describeNotification,
  notification,
} from '../../../../src/routerd/protocols/bgp/notification.ts';
import { decodeOpen, encodeOpen, type Open } from '../../../../src/routerd/protocols/bgp/open.ts';
import { decodeUpdate, encodeUpdate } from '../../../../src/routerd/protocols/bgp/update.ts';
import { anyAttributes, anyNlri, anyVpnNlri, attribute, updateOf } from './values.ts';

const INTERNAL = { external: false, fourByteAs: true, families: ['ipv4', 'vpnv4'] as const };

/** What arrives of an Update that went out; each message is held to the limit. */
function across(update: Update, fourByteAs = true, maximum = 4096): { updates: Update[]; messages: number } {
  const { messages, oversized } = encodeUpdate(update, { fourByteAs, maximum });
  expect(oversized).to.equal(false);
  const pool = new AttributePool();
  const updates = messages.flatMap((message) => {
    expect(messageLength(message, 0, message.length, maximum)).to.equal(message.length);
    const decoded = decodeUpdate(message, { ...INTERNAL, fourByteAs }, pool);
    if ('code' in decoded) throw new Error(describeNotification(decoded));
    expect(decoded.problems).to.deep.equal([]);
    return decoded.updates;
  });
  return { updates, messages: messages.length };
}

const withoutLabel = ({ prefix, rd }: Nlri): Nlri => (rd === undefined ? { prefix } : { prefix, rd });

describe('UPDATE', () => {
  for (const [family, nlri] of [
    ['ipv4', anyNlri],
    ['vpnv4', anyVpnNlri],
  ] as const) {
    it(`of ${family} says on arrival what it said on departure, to old speakers as to new ones`, () => {
      const lists = fc.array(nlri, { maxLength: 600 });
      fc.assert(
        fc.property(anyAttributes, lists, lists, fc.boolean(), (attributes, withdrawn, announced, isNew) => {
          fc.pre(withdrawn.length + announced.length > 0);
          const { updates } = across({ family, withdrawn, attributes, announced }, isNew);
          const gone = updates.flatMap((update) => update.withdrawn);
          const come = updates.flatMap((update) => update.announced);
          expect(gone).to.deep.equal(withdrawn.map(withoutLabel));
          expect(come).to.deep.equal(announced);
          const sets = new Set(updates.flatMap((update) => update.attributes ?? []));
          expect(sets.size, 'equal attributes are one object').to.equal(announced.length > 0 ? 1 : 0);
          for (const set of sets) expect(set).to.deep.equal(attributes);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('fills messages: 1,000 prefixes of one set of attributes take two', () => {
    const announced = Array.from({ length: 1000 }, (_, i) => ({
      prefix: { address: (i + 1) * 256, length: 24 },
    }));
    const [attributes] = fc.sample(
      anyAttributes.map((any) => ({ ...any, communities: [], largeCommunities: [], unknown: [] })),
      { numRuns: 1, seed: 1 },
    );
    expect(across({ family: 'ipv4', withdrawn: [], attributes, announced }).messages).to.equal(2);
    expect(across({ family: 'ipv4', withdrawn: [], attributes, announced }, true, 65535).messages).to.equal(
      1,
    );
  });

  it('withdraws what has more attributes than a message holds', () => {
    const [sample] = fc.sample(anyAttributes, { numRuns: 1, seed: 1 });
    const attributes = { ...sample, communities: Array.from({ length: 1100 }, (_, i) => i) };
    const announced = [{ prefix: { address: 0x0a000000, length: 8 } }];
    const { messages, oversized } = encodeUpdate(
      { family: 'ipv4', withdrawn: [], attributes, announced },
      { fourByteAs: true, maximum: 4096 },
    );
    expect(oversized).to.equal(true);
    const decoded = decodeUpdate(messages[0], INTERNAL, new AttributePool());
    expect('updates' in decoded && decoded.updates).to.deep.equal([
      { family: 'ipv4', withdrawn: announced, announced: [] },
    ]);
    expect(
      across({ family: 'ipv4', withdrawn: [], attributes, announced }, true, 65535).updates,
    ).to.have.length(1);
  });

  it('that is empty is End-of-RIB, of each family (RFC 4724 2)', () => {
    for (const family of ['ipv4', 'vpnv4'] as const) {
      const { updates } = across({ family, withdrawn: [], announced: [] });
      expect(updates).to.deep.equal([{ family, withdrawn: [], announced: [] }]);
    }
    const ofIpv4 = updateOf({ attributes: [attribute(0x80, 15, 0, 1, 1)] });
    const decoded = decodeUpdate(ofIpv4, INTERNAL, new AttributePool());
    expect('updates' in decoded && decoded.updates).to.deep.equal([
      { family: 'ipv4', withdrawn: [], announced: [] },
    ]);
  });

  it('never throws, whatever arrives, and says nothing of families that were not agreed on', () => {
    const messages = fc
      .tuple(
        anyAttributes,
        fc.array(anyNlri, { maxLength: 5 }),
        fc.array(anyVpnNlri, { maxLength: 5 }),
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      )
      .map(([attributes, plain, vpn, isVpn, changes]) => {
        const family = isVpn ? ('vpnv4' as const) : ('ipv4' as const);
        const announced = isVpn ? vpn : plain;
        const update = { family, withdrawn: announced, attributes, announced };
        const { messages } = encodeUpdate(update, { fourByteAs: true, maximum: 4096 });
        const bytes = messages[messages.length - 1].slice();
        for (const [at, value] of changes)
          if (bytes.length > 19) bytes[19 + (at % (bytes.length - 19))] = value;
        return bytes;
      });
    fc.assert(
      fc.property(messages, fc.boolean(), fc.boolean(), (bytes, external, fourByteAs) => {
        const pool = new AttributePool();
        const context = { external, fourByteAs, families: ['ipv4'] as const };
        const first = decodeUpdate(bytes, context, pool);
        if ('updates' in first) {
          for (const { family, announced, attributes } of first.updates) {
            expect(family).to.equal('ipv4');
            expect(attributes !== undefined).to.equal(announced.length > 0);
          }
        }
        expect(decodeUpdate(bytes, context, pool), 'the pool changes nothing').to.deep.equal(first);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), (body) => {
        const bytes = new Uint8Array([...updateOf({}).subarray(0, 19), ...body]);
        decodeUpdate(bytes, INTERNAL, new AttributePool());
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the attribute pool', () => {
  it('makes one frozen object of equal attributes, and one path of equal paths', () => {
    fc.assert(
      fc.property(anyAttributes, (attributes) => {
        const pool = new AttributePool();
        const one = pool.intern(attributes);
        expect(one).to.deep.equal(attributes);
        expect(pool.intern(structuredClone(attributes))).to.equal(one);
        expect(pool.intern({ ...attributes, med: 77 }).asPath).to.equal(one.asPath);
        expect(Object.isFrozen(one) && Object.isFrozen(one.asPath)).to.equal(true);
      }),
    );
  });

  it('takes the longest path of an old speaker, which takes twice the bytes in our numbers', () => {
    const segments = Array.from({ length: 126 }, () => [2, 255, ...new Array(255).fill([0xfd, 0xea]).flat()]);
    const path = segments.flat();
    const attributes = [
      attribute(0x40, 1, 0),
      [0x50, 2, path.length >> 8, path.length & 255, ...path],
      attribute(0x40, 3, 10, 0, 0, 1),
    ];
    const message = updateOf({ attributes, nlri: [8, 10] });
    expect(message.length).to.be.within(64_000, 65_535);
    const context = { families: ['ipv4'], external: true, fourByteAs: false } as const;
    const decoded = decodeUpdate(message, context, new AttributePool());
    expect('updates' in decoded && decoded.updates[0].attributes?.asPath).to.have.length(126);
  });

  it('does not take two bytes a number for four, though the same bytes are known', () => {
    const path = attribute(0x40, 2, 2, 2, 0, 1, 0, 2, 2, 1, 0, 5);
    const message = updateOf({
      attributes: [attribute(0x40, 1, 0), path, attribute(0x40, 3, 10, 0, 0, 1)],
      nlri: [8, 10],
    });
    const pool = new AttributePool();
    const numbers = (fourByteAs: boolean) => {
      const decoded = decodeUpdate(message, { families: ['ipv4'], external: true, fourByteAs }, pool);
      return 'updates' in decoded && decoded.updates[0].attributes?.asPath.map((segment) => segment.numbers);
    };
    expect(numbers(true)).to.deep.equal([[0x10002, 0x2010005]]);
    expect(numbers(false)).to.deep.equal([[1, 2], [5]]);
  });

  it('knows the same attributes in another order, and from another AS apart from its own', () => {
    const pool = new AttributePool();
    const good = [attribute(0x40, 1, 0), attribute(0x40, 2), attribute(0x40, 3, 10, 0, 0, 1)];
    const preference = attribute(0x40, 5, 0, 0, 0, 7);
    const setOf = (attributes: readonly (readonly number[])[], external: boolean) => {
      const decoded = decodeUpdate(updateOf({ attributes, nlri: [8, 10] }), { ...INTERNAL, external }, pool);
      return 'updates' in decoded ? decoded.updates[0].attributes : undefined;
    };
    const one = setOf([...good, preference], false);
    expect(setOf([preference, ...good].reverse(), false)).to.equal(one);
    expect(setOf([...good, preference], true)).not.to.have.property('localPreference');
    expect(setOf([...good, preference], false))
      .to.equal(one)
      .and.have.property('localPreference', 7);
    expect(setOf(good, false), 'LOCAL_PREF is missing').to.equal(undefined);
  });
});

describe('AS_PATH behind an old speaker (RFC 6793 4.2.3)', () => {
  const sequence = (...numbers: number[]) => ({ type: 'sequence' as const, numbers });
  const set = (...numbers: number[]) => ({ type: 'set' as const, numbers });

  it('is AS4_PATH, with the numbers in front that it lacks', () => {
    const merged = mergeAs4Path([sequence(1, 2, 23456, 23456)], [sequence(70000, 80000)]);
    expect(merged).to.deep.equal([sequence(1, 2, 70000, 80000)]);
    expect(mergeAs4Path([sequence(1, 23456), set(3, 4)], [sequence(70000), set(3, 4)])).to.deep.equal([
      sequence(1, 70000),
      set(3, 4),
    ]);
    expect(mergeAs4Path([set(8, 9), sequence(23456)], [sequence(70000)])).to.deep.equal([
      set(8, 9),
      sequence(70000),
    ]);
  });

  it('is itself where AS4_PATH is longer', () => {
    expect(mergeAs4Path([sequence(1)], [sequence(70000, 80000)])).to.deep.equal([sequence(1)]);
  });
});

describe('OPEN', () => {
  const any: fc.Arbitrary<Open> = fc.record({
    as: fc.integer({ min: 1, max: 0xffffffff }),
    holdS: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 65535 })),
    id: fc.integer({ min: 1, max: 0xffffffff }),
    families: fc.constantFrom(['ipv4'] as const, ['ipv4', 'vpnv4'] as const, ['vpnv4'] as const),
    fourByteAs: fc.constant(true),
    routeRefresh: fc.boolean(),
    extendedMessages: fc.boolean(),
    gracefulRestart: fc.boolean(),
  });

  it('says on arrival what it said on departure', () => {
    fc.assert(
      fc.property(any, (open) => {
        expect(decodeOpen(encodeOpen(open))).to.deep.equal(open);
      }),
    );
  });

  /** An OPEN with these bytes after the header; the fixed part is right where nothing else is said. */
  const openOf = (parameters: readonly number[], fixed = [4, 0xfd, 0xe9, 0, 90, 1, 2, 3, 4]): Uint8Array =>
    new Uint8Array([...encodeKeepalive(), ...fixed, parameters.length, ...parameters]);

  it('of an old speaker has no capabilities, and speaks IPv4', () => {
    expect(decodeOpen(openOf([]))).to.deep.include({ as: 65001, families: ['ipv4'], fourByteAs: false });
  });

  it('may have capabilities in one parameter or several, unknown ones among them, in the long form (RFC 9072)', () => {
    const found = { as: 70000, fourByteAs: true, routeRefresh: true };
    const four = [65, 4, 0, 1, 0x11, 0x70];
    expect(decodeOpen(openOf([2, 6, ...four, 2, 2, 2, 0, 2, 3, 99, 1, 7]))).to.deep.include(found);
    expect(decodeOpen(openOf([2, 8, ...four, 2, 0]))).to.deep.include(found);
    const long = openOf([255, 0, 11, 2, 0, 8, ...four, 2, 0]);
    for (const ignored of [255, 1, 14]) {
      long[28] = ignored;
      expect(decodeOpen(long)).to.deep.include(found);
    }
  });

  it('that is wrong is refused with the subcode of RFC 4271 6.2', () => {
    const subcode = (message: Uint8Array) => {
      const open = decodeOpen(message);
      return 'code' in open ? [open.code, open.subcode, ...open.data] : open;
    };
    expect(subcode(openOf([], [3, 0, 1, 0, 90, 1, 2, 3, 4]))).to.deep.equal([2, 1, 0, 4]);
    expect(subcode(openOf([], [4, 0, 0, 0, 90, 1, 2, 3, 4]))).to.deep.equal([2, 2]);
    expect(subcode(openOf([], [4, 0, 1, 0, 90, 0, 0, 0, 0]))).to.deep.equal([2, 3]);
    expect(subcode(openOf([1, 0]))).to.deep.equal([2, 4]);
    expect(subcode(openOf([], [4, 0, 1, 0, 2, 1, 2, 3, 4]))).to.deep.equal([2, 6]);
    for (const parameters of [[2], [2, 9, 1], [2, 3, 65, 4, 0], [2, 1, 65]]) {
      expect(subcode(openOf(parameters)), String(parameters)).to.deep.equal([2, 0]);
    }
    const short = openOf([2, 2, 2, 0]);
    short[28] = 9;
    expect(subcode(short)).to.deep.equal([2, 0]);
  });

  it('never throws, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 300 }), (body) => {
        decodeOpen(new Uint8Array([...encodeKeepalive(), ...body]));
        decodeOpen(
          new Uint8Array([...encodeKeepalive(), 4, 0, 1, 0, 90, 1, 2, 3, 4, body.length & 255, ...body]),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

describe('other messages of BGP', () => {
  it('have a header that is checked byte by byte (RFC 4271 6.1)', () => {
    const good = encodeKeepalive();
    expect(messageLength(good, 0, 19, 4096)).to.equal(19);
    expect(messageLength(good, 0, 18, 4096)).to.equal(undefined);
    const wrong = (at: number, value: number) => {
      const bytes = good.slice();
      bytes[at] = value;
      const answer = messageLength(bytes, 0, 19, 4096);
      return typeof answer === 'object' ? [answer.code, answer.subcode, ...answer.data] : answer;
    };
    expect(wrong(3, 0xfe)).to.deep.equal([1, 1]);
    expect(wrong(17, 18)).to.deep.equal([1, 2, 0, 18]);
    expect(wrong(17, 20)).to.deep.equal([1, 2, 0, 20]);
    expect(wrong(16, 0x10)).to.deep.equal([1, 2, 0x10, 19]);
    expect(wrong(18, 9)).to.deep.equal([1, 3, 9]);
    expect(wrong(18, 2), 'an UPDATE of 19 bytes').to.deep.equal([1, 2, 0, 19]);
  });

  it('ROUTE-REFRESH names a family; one that we do not know is passed over', () => {
    for (const family of ['ipv4', 'vpnv4'] as const) {
      expect(decodeRefresh(encodeRefresh(family))).to.equal(family);
    }
    const ipv6 = encodeRefresh('ipv4');
    ipv6[20] = 2;
    expect(decodeRefresh(ipv6)).to.equal(undefined);
  });

  it('NOTIFICATION says why in words, what an administrator wrote among them (RFC 9003)', () => {
    const said = cease(CEASE.ADMINISTRATIVE_SHUTDOWN, 'moving the “cable”');
    const arrived = decodeNotification(encodeNotification(said));
    expect(describeNotification(arrived)).to.equal('cease: administrative shutdown ("moving the “cable”")');
    const long = decodeNotification(encodeNotification(cease(CEASE.ADMINISTRATIVE_RESET, 'é'.repeat(300))));
    expect(long.data.length).to.equal(255);
    expect(long.data[0]).to.equal(254);
    expect(describeNotification(notification(2, 7))).to.equal('OPEN message error: unsupported capability');
    expect(describeNotification(notification(200, 7))).to.equal('error 200: 7');
  });
});
