/** Real tables and real updates, where they are at hand: prefixes, each with the next hop that it really had. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Prefix, parseIpv4, parsePrefix, prefixOf } from '../../../src/net/address.ts';

const DATA = '../shared/data';
const FULL_TABLE = `${DATA}/bgp/bart-fulltable-prefixes.txt.gz`;
const JINX_TABLE = `${DATA}/bgp/jinx-20140530-2200-ipv4.prefix-nexthop-aspath.txt.gz`;
const UPDATES = ['jinx.updates.1401493500.bz2', 'updates.example.bz2'].map((name) => `${DATA}/bgp/${name}`);
const INTERNET2 = `${DATA}/fib/internet2-2012`;

/** A route by the text of its next hop, or hops; of a withdrawal: undefined. */
export interface RealRoute {
  readonly prefix: Prefix;
  readonly nextHop: string | undefined;
}

export interface PeerUpdate extends RealRoute {
  /** Who said so. */
  readonly peer: string;
}

/** Of the Internet's full table; undefined where it is absent. */
export function fullTablePrefixes(): readonly Prefix[] | undefined {
  if (!existsSync(FULL_TABLE)) return undefined;
  return unzipped(FULL_TABLE)
    .split('\n')
    .flatMap((line) => parsePrefix(line.trim()) ?? []);
}

/** A peer's table at the exchange point in Johannesburg, 2014. */
export function jinxTable(): readonly RealRoute[] | undefined {
  if (!existsSync(JINX_TABLE)) return undefined;
  return unzipped(JINX_TABLE)
    .split('\n')
    .flatMap((line) => {
      const [text, nextHop] = line.split('\t');
      const prefix = parsePrefix(text);
      return prefix === undefined || parseIpv4(nextHop) === undefined ? [] : [{ prefix, nextHop }];
    });
}

/**
 * The forwarding tables of Internet2's routers in 2012, as JunOS printed them: a line per route, or a line that names
 * an indirect next hop and, indented below, what it stands for. The first line of a prefix counts.
 */
export function internet2Tables(): ReadonlyMap<string, readonly RealRoute[]> | undefined {
  if (!existsSync(INTERNET2)) return undefined;
  const files = readdirSync(INTERNET2).filter((name) => name.endsWith('.xml.gz'));
  return new Map(files.map((name) => [name.split('-')[0], junosTable(unzipped(`${INTERNET2}/${name}`))]));
}

function junosTable(text: string): readonly RealRoute[] {
  const found = new Map<string, string[]>();
  let hops: string[] | undefined;
  for (const line of text
    .slice(0, text.indexOf('Routing table:', text.indexOf('default.inet')))
    .split('\n')) {
    const route = /^(default|[\d.]+\/\d+) +\w+ +\d+ +(.*)$/.exec(line);
    if (route !== null) {
      hops = found.has(route[1]) ? [] : [route[2]];
      if (!found.has(route[1])) found.set(route[1], hops);
    } else if (line.startsWith(' ')) {
      hops?.push(line);
    }
  }
  return [...found].flatMap(([destination, lines]) => {
    const prefix = destination === 'default' ? prefixOf(0, 0) : parsePrefix(destination);
    const nextHop = lines.flatMap(hopOf).join(' or ');
    return prefix === undefined ? [] : [{ prefix, nextHop }];
  });
}

/** Address where there is one, type, interface where there is one; not the index and the count of users. */
function hopOf(line: string): readonly string[] {
  const hop = /^\s*(\S+ +)?([a-z]{4}) +\d+ +\d+ *(\S*)/.exec(line);
  return hop === null ? [] : [`${hop[1]?.trim() ?? ''} ${hop[2]} ${hop[3]}`.trim()];
}

/** Updates that BGP speakers sent to a collector, in their order; undefined where they or bzip2 are absent. */
export function bgpUpdates(): readonly PeerUpdate[] | undefined {
  if (!UPDATES.every((name) => existsSync(name))) return undefined;
  try {
    return UPDATES.flatMap((name) =>
      mrtUpdates(execFileSync('bzip2', ['-dc', name], { maxBuffer: 64 * 1024 * 1024 })),
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** MRT (RFC 6396 4.4): BGP4MP messages with AS numbers of 2 or of 4 bytes. */
function mrtUpdates(bytes: Buffer): readonly PeerUpdate[] {
  const updates: PeerUpdate[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at + 8)) {
    const subtype = bytes.readUInt16BE(at + 6);
    if (bytes.readUInt16BE(at + 4) !== 16 || (subtype !== 1 && subtype !== 4)) continue;
    const addresses = at + 12 + (subtype === 4 ? 8 : 4) + 4;
    const length = bytes.readUInt16BE(addresses - 2) === 1 ? 4 : 16;
    const peer = bytes.toString('hex', addresses, addresses + length);
    const message = addresses + 2 * length;
    if (bytes[message + 18] === 2) updates.push(...bgpUpdate(bytes, message, peer));
  }
  return updates;
}

/** A BGP UPDATE (RFC 4271 4.3). */
function bgpUpdate(bytes: Buffer, message: number, peer: string): readonly PeerUpdate[] {
  const withdrawn = message + 21;
  const attributes = withdrawn + bytes.readUInt16BE(withdrawn - 2) + 2;
  const announced = attributes + bytes.readUInt16BE(attributes - 2);
  const end = message + bytes.readUInt16BE(message + 16);
  let nextHop = '';
  for (let at = attributes; at < announced; ) {
    const extended = (bytes[at] & 0x10) !== 0;
    const value = at + (extended ? 4 : 3);
    if (bytes[at + 1] === 3) nextHop = bytes.toString('hex', value, value + 4);
    at = value + (extended ? bytes.readUInt16BE(at + 2) : bytes[at + 2]);
  }
  return [
    ...prefixesIn(bytes, withdrawn, attributes - 2).map((prefix) => ({ peer, prefix, nextHop: undefined })),
    ...prefixesIn(bytes, announced, end).map((prefix) => ({ peer, prefix, nextHop })),
  ];
}

function prefixesIn(bytes: Buffer, from: number, end: number): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  for (let at = from; at < end; at += 1 + Math.ceil(bytes[at] / 8)) {
    const address = Buffer.alloc(4);
    bytes.copy(address, 0, at + 1, at + 1 + Math.ceil(bytes[at] / 8));
    prefixes.push(prefixOf(address.readUInt32BE(), bytes[at]));
  }
  return prefixes;
}

function unzipped(name: string): string {
  return gunzipSync(readFileSync(name)).toString('latin1');
}
