/**
 * LSAs that we originate because of what the routing table or others say: summaries, external routes. Their Link
 * State IDs are chosen so that every prefix has one of its own (RFC 2328 Appendix E).
 */
import { type Ipv4, maskOf, type Prefix } from '../../../net/address.ts';
import type { Origination, OwnLsa } from './origination.ts';

/** LSAs by type and Link State ID. */
export class Announcements {
  #current: ReadonlyMap<number, OwnLsa> = new Map();

  get(type: number, id: Ipv4): OwnLsa | undefined {
    return this.#current.get(keyOf(type, id));
  }

  /** Nothing is announced, and nobody needs to be told. */
  forget(): void {
    this.#current = new Map();
  }

  /** Makes `next` what is announced, and has each LSA originated that is another one now. */
  replace(next: ReadonlyMap<number, OwnLsa>, origination: Origination): void {
    const old = this.#current;
    this.#current = next;
    for (const [key, lsa] of next) {
      const before = old.get(key);
      if (before === undefined || !sameLsa(before, lsa)) origination.changed(typeOf(key), idOf(key));
    }
    for (const key of old.keys()) if (!next.has(key)) origination.changed(typeOf(key), idOf(key));
  }
}

export function keyOf(type: number, id: Ipv4): number {
  return type * 0x100000000 + id;
}

function typeOf(key: number): number {
  return Math.floor(key / 0x100000000);
}

function idOf(key: number): Ipv4 {
  return key % 0x100000000;
}

function sameLsa(a: OwnLsa, b: OwnLsa): boolean {
  if (a.options !== b.options) return false;
  if (a.body.kind === 'summary' && b.body.kind === 'summary') {
    return a.body.mask === b.body.mask && a.body.metric === b.body.metric;
  }
  if (a.body.kind === 'external' && b.body.kind === 'external') {
    return (
      a.body.mask === b.body.mask &&
      a.body.metric === b.body.metric &&
      a.body.metricType === b.body.metricType &&
      a.body.forwarding === b.body.forwarding &&
      a.body.tag === b.body.tag
    );
  }
  return false;
}

/** How many host parts are tried for a prefix whose address, and last address, are others' Link State IDs. */
const MAX_TRIES = 64;

/**
 * A Link State ID for each item: its address; where a shorter prefix (or a host) has that one, its last address; where
 * that is taken too, the next one below. Depends on the set of prefixes alone. Those that find none are left out.
 */
export function withLinkStateIds<Item extends { readonly prefix: Prefix }>(
  items: Iterable<Item>,
): Map<Ipv4, Item> {
  // Hosts have no choice; then who is shortest, as Appendix E has it.
  const order = (length: number): number => (length === 32 ? -1 : length);
  const sorted = [...items].sort(
    (a, b) => order(a.prefix.length) - order(b.prefix.length) || a.prefix.address - b.prefix.address,
  );
  const ids = new Map<Ipv4, Item>();
  for (const item of sorted) {
    const { address, length } = item.prefix;
    const last = (address | ~maskOf(length)) >>> 0;
    let id = address;
    for (let tries = 0; ids.has(id) && tries < MAX_TRIES; tries++) id = Math.max(address, last - tries);
    if (!ids.has(id)) ids.set(id, item);
  }
  return ids;
}
