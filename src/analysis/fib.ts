/**
 * FIB snapshots: the route that a router had for an address, and whether a packet went by it. What differs between
 * two tables is told by fib-diff.ts, and where in the address space by fib-covers.ts.
 */
import { type Ipv4, maskOf, parseIpv4, parsePrefix } from '../net/address.ts';
import type { FibEntry, NextHop, Postcard } from '../world/observation.ts';

/** One router's FIB in one plane at one moment. */
export class Fib {
  readonly entries: readonly FibEntry[];
  /** By VRF and `prefixKey`; built when first asked. */
  #rows: ReadonlyMap<string, ReadonlyMap<number, FibEntry>> | undefined;
  readonly #found = new Map<string, FibEntry | undefined>();

  constructor(entries: readonly FibEntry[]) {
    this.entries = entries;
  }

  /** The entry of the VRF (default: the default one) with the longest prefix that `address` (dotted quad) lies in. */
  lookup(address: string, vrf = ''): FibEntry | undefined {
    const key = vrf === '' ? address : `${address} ${vrf}`;
    if (this.#found.has(key)) return this.#found.get(key);
    const number = parseIpv4(address);
    const entry = number === undefined ? undefined : this.#match(number, vrf);
    if (this.#found.size < MAX_REMEMBERED) this.#found.set(key, entry);
    return entry;
  }

  #match(address: Ipv4, vrf: string): FibEntry | undefined {
    this.#rows ??= rowsOf(this.entries);
    const rows = this.#rows.get(vrf);
    for (let length = 32; rows !== undefined && length >= 0; length--) {
      const entry = rows.get(prefixKey((address & maskOf(length)) >>> 0, length));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

function rowsOf(entries: readonly FibEntry[]): ReadonlyMap<string, ReadonlyMap<number, FibEntry>> {
  const tables = new Map<string, Map<number, FibEntry>>();
  for (const entry of entries) {
    const prefix = parsePrefix(entry.prefix);
    if (prefix === undefined) continue;
    const { vrf = '' } = entry;
    const rows = tables.get(vrf) ?? new Map<number, FibEntry>();
    tables.set(vrf, rows);
    rows.set(prefixKey(prefix.address, prefix.length), entry);
  }
  return tables;
}

const prefixKey = (address: Ipv4, length: number): number => address * 64 + length;

/** Destinations of flows are few; this only bounds what a strange run can make us hold. */
const MAX_REMEMBERED = 10_000;

/**
 * Is what the router did with the packet what this FIB says? Any member of an ECMP group will do. A packet that
 * was dropped before the lookup (filtered on arrival, TTL) says nothing against any FIB.
 */
export function agrees(hop: Postcard, fib: Fib, destination: string): boolean {
  if (
    hop.out === '' &&
    hop.verdict === 'dropped' &&
    hop.reason !== 'no-route' &&
    hop.reason !== 'blackhole' &&
    hop.reason !== 'reject'
  ) {
    return true;
  }
  // A packet in a tunnel is looked up by the tunnel's end.
  const entry = hop.tunnelTo === undefined ? fib.lookup(destination, hop.vrf) : fib.lookup(hop.tunnelTo);
  if (hop.reason === 'no-route') return entry === undefined;
  if (entry === undefined) return false;
  return entry.nextHops.some((nextHop) => follows(hop, nextHop, fib));
}

function follows(hop: Postcard, nextHop: NextHop, fib: Fib): boolean {
  switch (nextHop.kind) {
    case 'local':
      return hop.verdict === 'delivered';
    case 'blackhole':
    case 'reject':
      return hop.reason === nextHop.kind;
    case 'connected':
      return hop.out === nextHop.port;
    case 'gateway':
      return hop.out === nextHop.port && (hop.nextHop === '' || hop.nextHop === nextHop.gateway);
    case 'tunnel': {
      const ways = fib.lookup(nextHop.to)?.nextHops ?? [];
      return ways.some((way) => way.kind !== 'tunnel' && follows(hop, way, fib));
    }
  }
}

/** `10.0.0.1 by to-KSCY`, `connected to eth0`; several joined by ` or `; `no route` for none. */
export function formatNextHops(nextHops: readonly NextHop[]): string {
  if (nextHops.length === 0) return 'no route';
  if (nextHops.length === 1) return formatNextHop(nextHops[0]);
  return nextHops.map(formatNextHop).sort().join(' or ');
}

function formatNextHop(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'local':
      return 'itself';
    case 'blackhole':
    case 'reject':
      return nextHop.kind;
    case 'connected':
      return `connected to ${nextHop.port}`;
    case 'gateway':
      return `${nextHop.gateway} by ${nextHop.port}`;
    case 'tunnel':
      return `tunnel to ${nextHop.to} label ${nextHop.label}`;
  }
}
