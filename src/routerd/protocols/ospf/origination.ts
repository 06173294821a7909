/**
 * The LSAs that we originate ourselves (RFC 2328 12.4): the router-LSA, and a network-LSA for every network
 * that we are designated router of. Whoever notices a change asks for an LSA; what it says is worked out when
 * its time has come: at once, but not twice within MinLSInterval.
 */
import { type Ipv4, maskOf, prefixOf } from '../../../net/address.ts';
import type { Timer } from '../../../world/clock.ts';
import {
  FIRST_ORIGINATION_DELAY_NS,
  FIRST_ORIGINATION_LIMIT_NS,
  INITIAL_SEQUENCE,
  LS_REFRESH_TIME_NS,
  MAX_SEQUENCE,
  MIN_LS_INTERVAL_NS,
  OPTION_E,
} from './constants.ts';
import type { Context } from './context.ts';
import type { Flooding } from './flooding.ts';
import type { Interface } from './interface.ts';
import {
  encodeLsa,
  LINK_POINT_TO_POINT,
  LINK_STUB,
  LINK_TRANSIT,
  type LsaBody,
  type LsaIdentity,
  NETWORK_LSA,
  ROUTER_LSA,
  type RouterLink,
  readLsaHeader,
} from './lsa.ts';
import type { LsdbEntry } from './lsdb.ts';

type OwnBody = Exclude<LsaBody, { readonly kind: 'opaque' }>;

/** One LSA of ours, and when it may be originated next. */
interface Slot {
  readonly identity: LsaIdentity;
  /** Of the instance originated last; the next one goes on from there even if that was flushed. */
  sequence: number;
  /** The next one not before. */
  earliestNs: number;
  /** The first one not after, once there is something to say. */
  readonly latestFirstNs: number;
  /** Originate even when the contents are what they were. */
  forced: boolean;
  due: Timer | undefined;
  refresh: Timer | undefined;
}

export class Origination {
  readonly #context: Context;
  readonly #flooding: Flooding;
  readonly #interfaces: () => Iterable<Interface>;
  /** By LS type and ID: the router-LSA, and one for each interface address that a network-LSA was asked for. */
  readonly #slots = new Map<string, Slot>();

  constructor(context: Context, flooding: Flooding, interfaces: () => Iterable<Interface>) {
    this.#context = context;
    this.#flooding = flooding;
    this.#interfaces = interfaces;
  }

  /** The router-LSA may have to say something else. */
  routerChanged(): void {
    this.#schedule(ROUTER_LSA, this.#context.routerId, false);
  }

  /** So may the network-LSA of the network with our interface address `address`. */
  networkChanged(address: Ipv4): void {
    this.#schedule(NETWORK_LSA, address, false);
  }

  /**
   * A newer instance of an LSA arrived. One of ours, left over from before a restart, is outdone by the next
   * sequence number, or flushed where we would not originate it now (13.4).
   */
  reclaim(entry: LsdbEntry): void {
    const { type, id, advertisingRouter } = entry.identity;
    const { routerId } = this.#context;
    if (advertisingRouter !== routerId && !(type === NETWORK_LSA && this.#interfaceAt(id))) return;
    const ours = advertisingRouter === routerId && this.#bodyOf(type, id) !== undefined;
    if (ours) this.#schedule(type, id, true);
    else if (!entry.maxAged) this.#flooding.flush(entry);
  }

  /** One of ours is gone from the routing domain; where it is still wanted, it may begin anew (12.1.6). */
  purged(entry: LsdbEntry): void {
    const { type, id, advertisingRouter } = entry.identity;
    if (advertisingRouter !== this.#context.routerId) return;
    const slot = this.#slots.get(keyOf(type, id));
    if (slot === undefined) return;
    if (slot.sequence === MAX_SEQUENCE) slot.sequence = INITIAL_SEQUENCE - 1;
    if (this.#bodyOf(type, id) !== undefined) this.#schedule(type, id, true);
    else slot.refresh?.cancel();
  }

  stop(): void {
    for (const slot of this.#slots.values()) {
      slot.due?.cancel();
      slot.refresh?.cancel();
    }
    this.#slots.clear();
  }

  #schedule(type: number, id: Ipv4, forced: boolean): void {
    const slot = this.#slotOf(type, id);
    const { clock } = this.#context;
    slot.forced ||= forced;
    if (type === ROUTER_LSA && slot.sequence < INITIAL_SEQUENCE) {
      slot.due?.cancel();
      slot.earliestNs = Math.min(clock.now() + FIRST_ORIGINATION_DELAY_NS, slot.latestFirstNs);
    } else if (slot.due !== undefined) return;
    const waitNs = Math.max(0, slot.earliestNs - clock.now());
    slot.due = clock.after(waitNs, () => {
      slot.due = undefined;
      this.#originate(slot);
    });
  }

  #slotOf(type: number, id: Ipv4): Slot {
    const key = keyOf(type, id);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const { clock, routerId } = this.#context;
    const slot: Slot = {
      identity: { type, id, advertisingRouter: routerId },
      sequence: INITIAL_SEQUENCE - 1,
      // A network-LSA is called for by a full adjacency, so that there is nothing to wait for.
      earliestNs: clock.now(),
      latestFirstNs: clock.now() + FIRST_ORIGINATION_LIMIT_NS,
      forced: false,
      due: undefined,
      refresh: undefined,
    };
    this.#slots.set(key, slot);
    return slot;
  }

  #originate(slot: Slot): void {
    const { identity } = slot;
    const { lsdb, clock } = this.#context;
    const { type, id, advertisingRouter } = identity;
    const body = this.#bodyOf(type, id);
    const known = lsdb.find(type, id, advertisingRouter);
    if (body === undefined) {
      if (known !== undefined && !known.maxAged) this.#flooding.flush(known);
      return;
    }
    slot.sequence = Math.max(slot.sequence, known?.lsa.sequence ?? slot.sequence);
    if (slot.sequence === MAX_SEQUENCE) {
      // The highest number there is: the LSA must be gone everywhere before it begins anew (12.1.6).
      if (known !== undefined && !known.maxAged) this.#flooding.flush(known);
      return;
    }
    const bytes = encodeLsa(identity, OPTION_E, slot.sequence + 1, body);
    if (bytes === undefined) {
      this.#context.tell('error', `LSA too large: type ${type} with more links than an LSA can hold`);
      return;
    }
    if (!slot.forced && known !== undefined && !known.maxAged && sameBody(known.lsa.bytes, bytes)) return;
    slot.sequence++;
    slot.forced = false;
    slot.earliestNs = clock.now() + MIN_LS_INTERVAL_NS;
    slot.refresh?.cancel();
    slot.refresh = clock.after(LS_REFRESH_TIME_NS, () => this.#schedule(type, id, true));
    const lsa = lsdb.pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    if (lsa !== undefined) this.#flooding.originate(lsa);
  }

  /** What the LSA should say now; undefined where there should be none. */
  #bodyOf(type: number, id: Ipv4): OwnBody | undefined {
    if (type === ROUTER_LSA) {
      if (id !== this.#context.routerId) return undefined;
      const links: RouterLink[] = [];
      for (const at of this.#interfaces()) links.push(...linksOf(at));
      return { kind: 'router', flags: 0, links };
    }
    if (type !== NETWORK_LSA) return undefined;
    const at = this.#interfaceAt(id);
    if (at === undefined || at.state !== 'DR') return undefined;
    const full = fullNeighbours(at);
    if (full.length === 0) return undefined;
    const routers = full.map((neighbour) => neighbour.routerId).sort((a, b) => a - b);
    return {
      kind: 'network',
      mask: maskOf(at.settings.prefixLength),
      routers: [this.#context.routerId, ...routers],
    };
  }

  #interfaceAt(address: Ipv4): Interface | undefined {
    for (const at of this.#interfaces()) {
      if (at.settings.address === address && at.settings.network === 'broadcast') return at;
    }
    return undefined;
  }
}

/** What the router-LSA says of one interface (12.4.1), as FRR says it. */
function linksOf(at: Interface): readonly RouterLink[] {
  const { address, prefixLength, cost } = at.settings;
  const mask = maskOf(prefixLength);
  const stub = { type: LINK_STUB, id: prefixOf(address, prefixLength).address, data: mask, metric: cost };
  switch (at.state) {
    case 'Down':
      return [];
    case 'Loopback':
      return [{ type: LINK_STUB, id: address, data: 0xffffffff, metric: 0 }];
    case 'Point-to-Point': {
      const peers = fullNeighbours(at).map((neighbour) => ({
        type: LINK_POINT_TO_POINT,
        id: neighbour.routerId,
        data: address,
        metric: cost,
      }));
      return [...peers, stub];
    }
    case 'DR':
    case 'Backup':
    case 'DROther': {
      const full = fullNeighbours(at);
      const isTransit =
        at.state === 'DR'
          ? full.length > 0
          : full.some((neighbour) => neighbour.address === at.designatedRouter);
      if (!isTransit) return [stub];
      return [{ type: LINK_TRANSIT, id: at.designatedRouter, data: address, metric: cost }];
    }
    case 'Passive':
    case 'Waiting':
      return [stub];
  }
}

function fullNeighbours(at: Interface) {
  return [...at.neighbours].filter((neighbour) => neighbour.state === 'Full');
}

function keyOf(type: number, id: Ipv4): string {
  return `${type} ${id}`;
}

/** Equal but for age, sequence number and checksum. */
function sameBody(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 2; at < a.length; at++) {
    if (at === 12) at = 18;
    if (a[at] !== b[at]) return false;
  }
  return true;
}
