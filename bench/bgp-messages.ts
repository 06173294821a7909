/**
 * How long a full table's UPDATEs take to be written and read, and what their attributes occupy.
 *
 *     node --expose-gc bench/bgp-messages.ts [FILE]
 *
 * FILE has a line for each route: prefix, next hop, AS number, AS path, separated by tabs (../shared/data/bgp).
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseIpv4, parsePrefix } from '../src/net/address.ts';
import { AttributePool } from '../src/routerd/protocols/bgp/attribute-pool.ts';
import type { AsSegment, PathAttributes } from '../src/routerd/protocols/bgp/attributes.ts';
import type { Nlri } from '../src/routerd/protocols/bgp/contract.ts';
import { decodeUpdate, encodeUpdate } from '../src/routerd/protocols/bgp/update.ts';

const FILE = '../shared/data/bgp/jinx-20140530-2200-ipv4.prefix-nexthop-aspath.txt.gz';

function pathOf(text: string): readonly AsSegment[] {
  const segments: AsSegment[] = [];
  for (const [piece] of text.matchAll(/\{[^}]*\}|[^{}]+/g)) {
    const numbers = (piece.match(/\d+/g) ?? []).map(Number);
    if (numbers.length > 0) segments.push({ type: piece.startsWith('{') ? 'set' : 'sequence', numbers });
  }
  return segments;
}

function groups(file: string): readonly (readonly [PathAttributes, readonly Nlri[]])[] {
  const found = new Map<string, [PathAttributes, Nlri[]]>();
  for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
    const [prefixText, nextHopText, , path] = line.split('\t');
    const prefix = parsePrefix(prefixText ?? '');
    if (prefix === undefined || path === undefined) continue;
    const known = found.get(`${nextHopText} ${path}`);
    if (known !== undefined) {
      known[1].push({ prefix });
      continue;
    }
    const attributes = {
      origin: 0 as const,
      asPath: pathOf(path),
      nextHop: parseIpv4(nextHopText ?? '') ?? 0,
      communities: [0x787cffff],
      largeCommunities: [],
      extendedCommunities: [],
      clusterList: [],
      unknown: [],
    };
    found.set(`${nextHopText} ${path}`, [attributes, [{ prefix }]]);
  }
  return [...found.values()];
}

const heap = (): number => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
};

const file = process.argv[2] ?? FILE;
if (!existsSync(file)) {
  console.log(`skipped: ${file} is not there`);
} else {
  const table = groups(file);
  const routes = table.reduce((sum, [, nlri]) => sum + nlri.length, 0);
  console.log(`${routes} routes, ${table.length} sets of attributes`);
  for (const [name, size] of [
    ['as many routes together as fit', Number.POSITIVE_INFINITY],
    ['a route a message', 1],
  ] as const) {
    const began = performance.now();
    const messages: Uint8Array[] = [];
    for (const [attributes, nlri] of table) {
      for (let at = 0; at < nlri.length; at += size) {
        const announced = size === 1 ? [nlri[at]] : nlri;
        const update = { family: 'ipv4' as const, withdrawn: [], attributes, announced };
        messages.push(...encodeUpdate(update, { fourByteAs: true, maximum: 4096 }).messages);
        if (size !== 1) break;
      }
    }
    const encodedMs = performance.now() - began;
    const before = heap();
    const pool = new AttributePool();
    const held: PathAttributes[] = [];
    const context = { fourByteAs: true, external: true, families: ['ipv4'] as const };
    const decoding = performance.now();
    let count = 0;
    for (const message of messages) {
      const decoded = decodeUpdate(message, context, pool);
      if ('code' in decoded) throw new Error('refused');
      for (const { attributes, announced } of decoded.updates) {
        count += announced.length;
        if (attributes !== undefined && held.at(-1) !== attributes) held.push(attributes);
      }
    }
    const decodedMs = performance.now() - decoding;
    const again = performance.now();
    for (const message of messages) decodeUpdate(message, context, pool);
    const againMs = performance.now() - again;
    console.log(
      `${name}: ${messages.length} messages of ${count} routes; written in ${encodedMs.toFixed(0)} ms, ` +
        `read in ${decodedMs.toFixed(0)} ms, by a second slot in ${againMs.toFixed(0)} ms; ` +
        `${pool.size} sets occupy ${(heap() - before).toFixed(1)} MB (${held.length} held)`,
    );
  }
}
