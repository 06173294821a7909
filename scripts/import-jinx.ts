/**
 * Makes experiments/data/jinx-2014-05-30.mrt.gz from a table of RouteViews:
 *
 *     node scripts/import-jinx.ts ../shared/data/bgp/jinx.ribs.1401487200.bz2
 *
 * That file is RouteViews' collector at the Johannesburg Internet exchange (JINX), 2014-05-30 22:00 UTC: 497,323 IPv4
 * prefixes. Three of its feeds, AS 30844, AS 37105 and AS 36910, have 1,750 of them in common; every sixth of these is
 * written, with the origin, the AS path and the MED that each of the three gave it.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { MrtPeer, MrtRecord } from '../src/peers/mrt.ts';
import { decodeAttributes, encodeAttributes } from '../src/routerd/protocols/bgp/attribute-codec.ts';
import { readMrtFile } from '../src/runner/mrt-file.ts';
import { peerIndexTable, ribIpv4 } from './mrt-writer.ts';

const FEEDS: readonly number[] = [30844, 37105, 36910];
const EVERY = 6;
const TO = 'experiments/data/jinx-2014-05-30.mrt.gz';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('which table? node scripts/import-jinx.ts FILE');
  process.exit(2);
}

let peers: readonly MrtPeer[] = [];
let common = 0;
let timeS = 0;
const written: Uint8Array[] = [];

const failure = readMrtFile(file, (record: MrtRecord) => {
  if (record.kind === 'peer-index-table') {
    peers = record.peers;
    timeS = record.timeS;
    const chosen = FEEDS.map((as) => {
      const peer = peers.find((each) => each.as === as && each.address !== undefined);
      if (peer?.address === undefined) throw new Error(`the table has no feed of AS ${as}`);
      return { as, address: peer.address };
    });
    written.push(peerIndexTable(timeS, chosen));
  } else if (record.kind === 'rib') {
    const entries = FEEDS.flatMap((as, peer) => {
      const entry = record.entries.find((each) => peers[each.peer]?.as === as);
      return entry === undefined ? [] : [{ ...entry, peer, attributes: essential(entry.attributes) }];
    });
    if (entries.length === FEEDS.length && common++ % EVERY === 0) {
      written.push(ribIpv4(timeS, written.length - 1, record.prefix, entries));
    }
  }
  return true;
});
if (failure !== undefined) {
  console.error(`${file} ${failure.wrong}`);
  process.exit(1);
}
writeFileSync(TO, gzipSync(Buffer.concat(written), { level: 9 }));
console.log(`${TO}: ${written.length - 1} of ${common} prefixes`);

function essential(bytes: Uint8Array): Uint8Array {
  const decoded = decodeAttributes(bytes, 0, bytes.length, { fourByteAs: true, external: true });
  if (!('found' in decoded)) throw new Error('a route has attributes that are none');
  const { origin = 2, asPath = [], nextHop = 0, med } = decoded.found;
  const empty = {
    communities: [],
    largeCommunities: [],
    extendedCommunities: [],
    clusterList: [],
    unknown: [],
  };
  const kept = { origin, asPath, nextHop, ...empty, ...(med === undefined ? {} : { med }) };
  return encodeAttributes(kept, { fourByteAs: true, nextHop: true });
}
