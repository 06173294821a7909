/** RFC 7606, attribute by attribute: what is malformed, and what comes of it. */
import { expect } from 'chai';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import { describeNotification } from '../../../../src/routerd/protocols/bgp/notification.ts';
import { decodeUpdate } from '../../../../src/routerd/protocols/bgp/update.ts';
import { attribute, updateOf } from './values.ts';

const ORIGIN = attribute(0x40, 1, 0);
const AS_PATH = attribute(0x40, 2, 2, 1, 0, 0, 0xfd, 0xe9);
const NEXT_HOP = attribute(0x40, 3, 10, 0, 0, 1);
const LOCAL_PREF = attribute(0x40, 5, 0, 0, 0, 100);
const GOOD = [ORIGIN, AS_PATH, NEXT_HOP];
const TEN = [8, 10];
const VPN_NLRI = [112, 0, 0x06, 0x41, 0, 0, 0, 1, 0, 0, 0, 2, 10, 1, 2];
const VPN_NEXT_HOP = [12, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9];

type Outcome = 'taken' | 'discard' | 'withdraw' | 'reset';

interface From {
  readonly external?: boolean;
  readonly fourByteAs?: boolean;
}

function outcomeOf(message: Uint8Array, from: From = {}): Outcome {
  const { external = true, fourByteAs = true } = from;
  const context = { external, fourByteAs, families: ['ipv4', 'vpnv4'] as const };
  const decoded = decodeUpdate(message, context, new AttributePool());
  if ('code' in decoded) {
    expect(decoded.code).to.equal(3);
    return 'reset';
  }
  const announced = decoded.updates.flatMap((update) => update.announced);
  if (decoded.treatedAsWithdraw) {
    expect(announced).to.deep.equal([]);
    expect(decoded.updates.flatMap((update) => update.withdrawn)).not.to.deep.equal([]);
    return 'withdraw';
  }
  return decoded.problems.length > 0 ? 'discard' : 'taken';
}

/** In place of the attribute of the same type in a good UPDATE, or beside them. */
function withAttribute(changed: readonly number[], base: readonly (readonly number[])[]): Uint8Array {
  const others = base.filter((each) => each[1] !== changed[1]);
  return updateOf({ attributes: [...others, changed], nlri: TEN });
}

const many = (count: number, value = 1): readonly number[] => Array<number>(count).fill(value);

/** [claim, attribute, outcome, from whom]. Of a neighbour in another AS where nothing is said. */
const CASES: readonly (readonly [string, readonly number[], Outcome, From?])[] = [
  ['ORIGIN of 2 is INCOMPLETE', attribute(0x40, 1, 2), 'taken'],
  ['7.1 ORIGIN of 3', attribute(0x40, 1, 3), 'withdraw'],
  ['7.1 ORIGIN without value', attribute(0x40, 1), 'withdraw'],
  ['7.1 ORIGIN of two bytes', attribute(0x40, 1, 0, 0), 'withdraw'],
  ['3.c ORIGIN said to be optional', attribute(0xc0, 1, 0), 'withdraw'],
  ['3.c ORIGIN said to be non-transitive', attribute(0x00, 1, 0), 'withdraw'],
  ['the Partial bit of ORIGIN is nobody’s business', attribute(0x60, 1, 0), 'taken'],
  ['7.2 AS_PATH may be empty', attribute(0x40, 2), 'taken'],
  ['7.2 AS_PATH with a segment of no number', attribute(0x40, 2, 2, 0), 'withdraw'],
  ['7.2 AS_PATH with an unknown segment', attribute(0x40, 2, 5, 1, 0, 0, 0, 1), 'withdraw'],
  ['7.2 AS_PATH whose segment leads past its end', attribute(0x40, 2, 2, 2, 0, 0, 0, 1), 'withdraw'],
  ['7.2 AS_PATH with a byte too much', attribute(0x40, 2, 2, 1, 0, 0, 0, 1, 9), 'withdraw'],
  ['RFC 7607 AS 0 in AS_PATH', attribute(0x40, 2, 2, 1, 0, 0, 0, 0), 'withdraw'],
  ['RFC 5065 5 AS_PATH of a confederation', attribute(0x40, 2, 3, 1, 0, 0, 0, 1), 'withdraw'],
  ['AS_PATH in two bytes of an old speaker', attribute(0x40, 2, 2, 1, 0, 1), 'taken', { fourByteAs: false }],
  ['7.3 NEXT_HOP of three bytes', attribute(0x40, 3, 10, 0, 0), 'withdraw'],
  ['7.3 NEXT_HOP of five bytes', attribute(0x40, 3, 10, 0, 0, 1, 1), 'withdraw'],
  ['NEXT_HOP 0.0.0.0', attribute(0x40, 3, 0, 0, 0, 0), 'withdraw'],
  ['NEXT_HOP of a group', attribute(0x40, 3, 224, 0, 0, 1), 'withdraw'],
  ['NEXT_HOP of the loopback network', attribute(0x40, 3, 127, 0, 0, 1), 'withdraw'],
  ['7.4 MED of four bytes', attribute(0x80, 4, 0, 0, 0, 1), 'taken'],
  ['7.4 MED of three bytes', attribute(0x80, 4, 0, 0, 1), 'withdraw'],
  ['3.c MED said to be transitive', attribute(0xc0, 4, 0, 0, 0, 1), 'withdraw'],
  ['7.5 LOCAL_PREF from another AS', LOCAL_PREF, 'discard'],
  ['7.5 LOCAL_PREF of three bytes from another AS', attribute(0x40, 5, 0, 0, 1), 'discard'],
  ['7.5 LOCAL_PREF', LOCAL_PREF, 'taken', { external: false }],
  ['7.5 LOCAL_PREF of three bytes', attribute(0x40, 5, 0, 0, 1), 'withdraw', { external: false }],
  ['7.6 ATOMIC_AGGREGATE', attribute(0x40, 6), 'taken'],
  ['7.6 ATOMIC_AGGREGATE with a value', attribute(0x40, 6, 1), 'discard'],
  ['3.f ATOMIC_AGGREGATE said to be optional', attribute(0xc0, 6), 'discard'],
  ['7.7 AGGREGATOR', attribute(0xc0, 7, 0, 0, 0, 1, 10, 0, 0, 1), 'taken'],
  ['7.7 AGGREGATOR of six bytes from one that speaks four', attribute(0xc0, 7, 0, 1, 10, 0, 0, 1), 'discard'],
  ['RFC 7607 AS 0 in AGGREGATOR', attribute(0xc0, 7, 0, 0, 0, 0, 10, 0, 0, 1), 'discard'],
  ['7.8 COMMUNITIES', attribute(0xc0, 8, 0, 1, 0, 1), 'taken'],
  ['7.8 COMMUNITIES of five bytes', attribute(0xc0, 8, ...many(5)), 'withdraw'],
  ['7.8 COMMUNITIES without value', attribute(0xc0, 8), 'withdraw'],
  ['7.9 ORIGINATOR_ID from another AS', attribute(0x80, 9, 1, 2, 3, 4), 'discard'],
  ['7.9 ORIGINATOR_ID', attribute(0x80, 9, 1, 2, 3, 4), 'taken', { external: false }],
  ['7.9 ORIGINATOR_ID of five bytes', attribute(0x80, 9, ...many(5)), 'withdraw', { external: false }],
  ['7.10 CLUSTER_LIST from another AS', attribute(0x80, 10, 1, 2, 3, 4), 'discard'],
  ['7.10 CLUSTER_LIST', attribute(0x80, 10, ...many(8)), 'taken', { external: false }],
  ['7.10 CLUSTER_LIST of six bytes', attribute(0x80, 10, ...many(6)), 'withdraw', { external: false }],
  ['7.10 CLUSTER_LIST without value', attribute(0x80, 10), 'withdraw', { external: false }],
  ['7.14 extended communities', attribute(0xc0, 16, ...many(16)), 'taken'],
  ['7.14 extended communities of seven bytes', attribute(0xc0, 16, ...many(7)), 'withdraw'],
  ['7.14 extended communities without value', attribute(0xc0, 16), 'withdraw'],
  ['RFC 6793 6 AS4_PATH from one that speaks four bytes', attribute(0xc0, 17, 2, 1, 0, 0, 0, 1), 'discard'],
  ['RFC 6793 6 malformed AS4_PATH', attribute(0xc0, 17, 2, 9, 0, 1), 'discard', { fourByteAs: false }],
  [
    'RFC 6793 6 AS4_AGGREGATOR of six bytes',
    attribute(0xc0, 18, ...many(6)),
    'discard',
    { fourByteAs: false },
  ],
  ['RFC 8092 5 large communities', attribute(0xc0, 32, ...many(24)), 'taken'],
  ['RFC 8092 5 large communities of ten bytes', attribute(0xc0, 32, ...many(10)), 'withdraw'],
  ['RFC 8092 5 large communities without value', attribute(0xc0, 32), 'withdraw'],
  ['an unknown optional attribute', attribute(0xc0, 99, 1, 2, 3), 'taken'],
  ['an unknown optional non-transitive one', attribute(0x80, 99, 1, 2, 3), 'taken'],
  ['RFC 4271 6.3 an unknown well-known one', attribute(0x40, 99, 1), 'reset'],
  ['4 an attribute longer than all attributes', [0xc0, 99, 50, 1], 'withdraw'],
  ['4 an attribute whose length is cut off', [0xd0, 99, 0], 'withdraw'],
  [
    '7.11 MP_REACH_NLRI with a next hop of a wrong length',
    attribute(0x80, 14, 0, 1, 128, 4, 10, 0, 0, 1, 0),
    'reset',
  ],
  ['7.11 MP_REACH_NLRI that ends in its next hop', attribute(0x80, 14, 0, 1, 1, 4, 10, 0), 'reset'],
  [
    '5.3 MP_REACH_NLRI with a prefix of 33 bits',
    attribute(0x80, 14, 0, 1, 1, 4, 10, 0, 0, 1, 0, 33, 1, 2, 3, 4, 5),
    'reset',
  ],
  [
    'MP_REACH_NLRI of a family that we do not know',
    attribute(0x80, 14, 0, 2, 1, 16, ...many(16), 0, 64, 1),
    'taken',
  ],
  [
    '3.c MP_REACH_NLRI said to be transitive',
    attribute(0xc0, 14, 0, 1, 128, ...VPN_NEXT_HOP, 0, ...VPN_NLRI),
    'withdraw',
  ],
  ['7.12 MP_UNREACH_NLRI of two bytes', attribute(0x80, 15, 0, 1), 'reset'],
  ['5.3 MP_UNREACH_NLRI with an NLRI that is cut off', attribute(0x80, 15, 0, 1, 1, 24, 10), 'reset'],
];

describe('a malformed UPDATE (RFC 7606)', () => {
  for (const [claim, changed, outcome, from] of CASES) {
    it(`${claim}: ${outcome}`, () => {
      const path = from?.fourByteAs === false ? attribute(0x40, 2, 2, 1, 0xfd, 0xe9) : AS_PATH;
      const base = from?.external === false ? [...GOOD, LOCAL_PREF] : [ORIGIN, path, NEXT_HOP];
      expect(outcomeOf(withAttribute(changed, base), from)).to.equal(outcome);
    });
  }

  it('without a mandatory attribute withdraws its routes; within an AS LOCAL_PREF is one (3.d)', () => {
    for (const missing of GOOD) {
      const attributes = GOOD.filter((each) => each !== missing);
      expect(outcomeOf(updateOf({ attributes, nlri: TEN }))).to.equal('withdraw');
    }
    expect(outcomeOf(updateOf({ attributes: GOOD, nlri: TEN }), { external: false })).to.equal('withdraw');
    expect(outcomeOf(updateOf({ nlri: TEN }))).to.equal('withdraw');
  });

  it('says the same of an attribute twice: the first counts, and only multiprotocol NLRI end the session (3.g)', () => {
    const twice = [...GOOD, attribute(0x80, 4, 0, 0, 0, 1), attribute(0x80, 4, 0, 0, 9)];
    const decoded = decodeUpdate(
      updateOf({ attributes: twice, nlri: TEN }),
      { external: true, fourByteAs: true, families: ['ipv4'] },
      new AttributePool(),
    );
    expect('updates' in decoded && decoded.updates[0].attributes?.med).to.equal(1);
    const end = attribute(0x80, 15, 0, 1, 1);
    expect(outcomeOf(updateOf({ attributes: [...GOOD, end, end], nlri: TEN }))).to.equal('reset');
  });

  it('of several faults the strongest counts (3.h)', () => {
    const discard = attribute(0x40, 6, 1);
    const withdraw = attribute(0x80, 4, 1);
    expect(outcomeOf(updateOf({ attributes: [...GOOD, discard, withdraw], nlri: TEN }))).to.equal('withdraw');
    const reset = attribute(0x40, 99);
    expect(outcomeOf(updateOf({ attributes: [...GOOD, withdraw, reset], nlri: TEN }))).to.equal('reset');
  });

  it('ends the session where lengths or prefixes leave open what it is about (3.a, 3.i, 5.3)', () => {
    const tooLong = updateOf({ attributes: GOOD, nlri: TEN });
    tooLong[20] = 200;
    expect(outcomeOf(tooLong)).to.equal('reset');
    expect(outcomeOf(updateOf({ attributes: GOOD, nlri: [33, 1, 2, 3, 4, 5] }))).to.equal('reset');
    expect(outcomeOf(updateOf({ attributes: GOOD, nlri: [24, 10, 1] }))).to.equal('reset');
    expect(outcomeOf(updateOf({ withdrawn: [33, 1, 2, 3, 4, 5] }))).to.equal('reset');
  });

  it('ends the session where a fault may hide the routes it announces (5.2)', () => {
    expect(outcomeOf(updateOf({ attributes: [attribute(0x40, 1, 9)] }))).to.equal('reset');
    expect(outcomeOf(updateOf({ withdrawn: TEN, attributes: [attribute(0x40, 1, 9)] }))).to.equal('reset');
    expect(outcomeOf(updateOf({ attributes: [attribute(0x40, 6, 1)] }))).to.equal('discard');
    expect(outcomeOf(updateOf({ attributes: GOOD }))).to.equal('taken');
  });

  it('withdraws the routes of VPNs as well, each by its distinguisher and without label', () => {
    const reach = attribute(0x80, 14, 0, 1, 128, ...VPN_NEXT_HOP, 0, ...VPN_NLRI);
    const context = { external: true, fourByteAs: true, families: ['ipv4', 'vpnv4'] as const };
    const decoded = decodeUpdate(updateOf({ attributes: [reach, AS_PATH] }), context, new AttributePool());
    expect('updates' in decoded && decoded.updates).to.deep.equal([
      {
        family: 'vpnv4',
        withdrawn: [{ prefix: { address: 0x0a010200, length: 24 }, rd: '0000000100000002' }],
        announced: [],
      },
    ]);
  });

  it('is named in words where it ends the session', () => {
    const context = { external: true, fourByteAs: true, families: ['ipv4'] as const };
    const decoded = decodeUpdate(updateOf({ attributes: GOOD, nlri: [40] }), context, new AttributePool());
    expect('code' in decoded && describeNotification(decoded)).to.equal(
      'UPDATE message error: invalid network field',
    );
  });
});
