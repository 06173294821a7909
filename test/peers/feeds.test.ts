import { expect } from 'chai';
import fc from 'fast-check';
import { bgp4mpMessage, peerIndexTable, ribIpv4 } from '../../scripts/mrt-writer.ts';
import { chooseFeed } from '../../src/peers/feed.ts';
import { MrtError, MrtReader, type MrtRecord } from '../../src/peers/mrt.ts';
import { TableReader } from '../../src/peers/mrt-table.ts';
import { UpdateReader } from '../../src/peers/mrt-updates.ts';
import { announcedBy, prefixOfKey } from '../../src/peers/route-table.ts';
import { encodeAttributes } from '../../src/routerd/protocols/bgp/attribute-codec.ts';
import type { PathAttributes } from '../../src/routerd/protocols/bgp/attributes.ts';
import { encodeUpdate } from '../../src/routerd/protocols/bgp/update.ts';
import { keyOf } from '../../src/routerd/rib/prefix-map.ts';

const FEED = { as: 64500, address: 0xc0000201 };
const PEER = { as: 64501, address: 0x0a000002 };
const PREFIX = { address: 0xcb007100, length: 24 };
const ATTRIBUTES: PathAttributes = {
  origin: 1,
  asPath: [{ type: 'sequence', numbers: [64500, 7] }],
  nextHop: FEED.address,
  med: 5,
  localPreference: 300,
  communities: [0xfde80001],
  largeCommunities: [],
  extendedCommunities: [],
  originatorId: 9,
  clusterList: [1],
  unknown: [],
};
const bytes = encodeAttributes({ ...ATTRIBUTES }, { fourByteAs: true, nextHop: true });
const [update] = encodeUpdate(
  {
    family: 'ipv4',
    withdrawn: [{ prefix: { address: 0, length: 0 } }],
    attributes: ATTRIBUTES,
    announced: [{ prefix: PREFIX }],
  },
  { fourByteAs: true, maximum: 4096 },
).messages.slice(-1);
const FILE = Buffer.concat([
  peerIndexTable(0, [FEED]),
  ribIpv4(0, 0, PREFIX, [{ peer: 0, originatedS: 0, attributes: bytes }]),
  bgp4mpMessage({ s: 5 }, FEED, update),
  bgp4mpMessage({ s: 4 }, FEED, update),
]);

/** Reads as far as the file is whole. */
function feed(file: Uint8Array, take: (record: MrtRecord) => boolean): void {
  try {
    new MrtReader((record) => void take(record)).push(file);
  } catch (error) {
    if (!(error instanceof MrtError)) throw error;
  }
}

describe('a feed', () => {
  it('is announced as the peer would: its AS first, its address the next hop, nothing that is an AS’s own', () => {
    const { localPreference: _, originatorId: __, ...rest } = ATTRIBUTES;
    const asPath = [{ type: 'sequence', numbers: [64501, 64500, 7] }] as const;
    expect(announcedBy(PEER, ATTRIBUTES)).to.deep.equal({
      ...rest,
      asPath,
      nextHop: PEER.address,
      clusterList: [],
    });
    expect(announcedBy({ ...PEER, as: 64500 }, ATTRIBUTES)?.asPath).to.deep.equal(ATTRIBUTES.asPath);
    const set = [{ type: 'set', numbers: [64501, 8] }] as const;
    expect(announcedBy(PEER, { origin: 0, asPath: set })?.asPath).to.deep.equal([
      { type: 'sequence', numbers: [64501] },
      ...set,
    ]);
    expect(announcedBy(PEER, { origin: 0, asPath: [] })?.asPath).to.deep.equal([
      { type: 'sequence', numbers: [64501] },
    ]);
    expect(announcedBy(PEER, { origin: 0 })).to.equal(undefined);
  });

  it('is told by its AS, or by its address where an AS has several; those over IPv6 are none', () => {
    const known = [FEED, { as: 64500, address: undefined }, { as: 7, address: 1 }, { as: 7, address: 2 }];
    expect(chooseFeed(known, { as: 64500 })).to.deep.equal({ chosen: FEED });
    expect(chooseFeed(known, { address: 2 })).to.deep.equal({ chosen: { as: 7, address: 2 } });
    expect(chooseFeed(known, { as: 7 }))
      .to.have.property('wrong')
      .that.matches(/^has several peers in AS 7, .*0\.0\.0\.1/);
    expect(chooseFeed([], { as: 7 })).to.deep.equal({
      wrong: 'has no peer AS 7; its peers are none over IPv4',
    });
  });

  it('is of one table: of two in a file nobody knows which is meant', () => {
    const reader = new TableReader({ feed: FEED }, PEER);
    feed(Buffer.concat([FILE, FILE]), (record) => reader.take(record));
    expect(reader.finish()).to.deep.equal({
      wrong: `holds several tables: the second begins at byte ${FILE.length}; cut the file there`,
    });
  });

  it('that goes back in time does not: changes stay in the order of the file', () => {
    const reader = new UpdateReader(FEED, PEER, { startNs: 0, speed: 1 });
    feed(FILE, (record) => reader.take(record));
    const found = reader.finish();
    expect('wrong' in found ? found.wrong : found.changes.map(({ afterNs }) => afterNs)).to.deep.equal([
      0, 0,
    ]);
  });

  it('keeps every prefix there is', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(32), (address, length) => {
        expect(prefixOfKey(keyOf({ address, length }))).to.deep.equal({ address, length });
      }),
    );
  });

  it('with any bytes damaged gives a table or words, and never a route without an origin and a path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(FILE.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const file = Buffer.from(FILE);
          for (const [at, value] of changes) file[at] = value;
          const table = new TableReader({ feed: FEED }, PEER);
          const updates = new UpdateReader(FEED, PEER, { startNs: 0, speed: 2 });
          feed(file, (record) => table.take(record));
          feed(file, (record) => updates.take(record));
          const read = table.finish();
          const changed = updates.finish();
          const groups = [
            ...('wrong' in read ? [] : read.groups),
            ...('wrong' in changed ? [] : changed.changes.flatMap(({ announced }) => announced ?? [])),
          ];
          for (const { attributes, prefixes } of groups) {
            expect(attributes.asPath[0].numbers[0]).to.equal(PEER.as);
            expect([0, 1, 2]).to.include(attributes.origin);
            for (const key of prefixes) expect(prefixOfKey(key).length).to.be.within(0, 32);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
