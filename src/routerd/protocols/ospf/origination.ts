/**
 * The LSAs of one scope that we originate ourselves (RFC 2328 12.4). Whoever notices a change asks for an LSA; what
 * it says is worked out when its time has come: at once, but not twice within MinLSInterval.
 */
import { formatIpv4, type Ipv4 } from '../../../net/address.ts';
import { MILLISECOND, type Timer } from '../../../world/clock.ts';
import {
  CONTESTED,
  FIRST_ORIGINATION_DELAY_NS,
  FIRST_ORIGINATION_LIMIT_NS,
  INITIAL_SEQUENCE,
  LS_REFRESH_TIME_NS,
  MAX_SEQUENCE,
} from './constants.ts';
import type { RouterContext } from './context.ts';
import type { Flooding } from './flooding.ts';
import { encodeLsa, type LsaIdentity, type OwnBody, ROUTER_LSA, readLsaHeader } from './lsa.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';

/** What an LSA of ours says. */
export interface OwnLsa {
  readonly options: number;
  readonly body: OwnBody;
}

/** The scope of the LSAs. */
export interface OriginationOwner {
  readonly lsdb: Lsdb;
  readonly flooding: Flooding;
  /** What the LSA should say now; undefined where there should be none. */
  contents(type: number, id: Ipv4): OwnLsa | undefined;
}

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
  /** How often since the last refresh somebody had another instance in place of the one we had originated. */
  contested: number;
  due: Timer | undefined;
  refresh: Timer | undefined;
}

export class Origination {
  readonly #context: RouterContext;
  readonly #owner: OriginationOwner;
  /** By LS type and ID: everything that was asked for, whether it came to an LSA or not. */
  readonly #slots = new Map<string, Slot>();

  constructor(context: RouterContext, owner: OriginationOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** The LSA may have to say something else, or to be there, or not to be there any more. */
  changed(type: number, id: Ipv4): void {
    this.#schedule(type, id, false);
  }

  /**
   * A newer instance of an LSA of ours arrived, left over from before a restart: it is outdone by the next sequence
   * number, or flushed where we would not originate it now (13.4).
   */
  reclaim(entry: LsdbEntry): void {
    const { type, id, advertisingRouter } = entry.identity;
    const ours = advertisingRouter === this.#context.routerId && this.#owner.contents(type, id) !== undefined;
    if (ours) {
      this.#contested(this.#slotOf(type, id));
      this.#schedule(type, id, true);
    } else if (!entry.maxAged) this.#owner.flooding.flush(entry);
  }

  /** One of ours is gone from the routing domain; where it is still wanted, it may begin anew (12.1.6). */
  purged(entry: LsdbEntry): void {
    const { type, id, advertisingRouter } = entry.identity;
    if (advertisingRouter !== this.#context.routerId) return;
    const slot = this.#slots.get(keyOf(type, id));
    if (slot === undefined) return;
    if (slot.sequence === MAX_SEQUENCE) slot.sequence = INITIAL_SEQUENCE - 1;
    if (this.#owner.contents(type, id) !== undefined) this.#schedule(type, id, true);
    else this.#forgetLater(slot);
  }

  stop(): void {
    for (const slot of this.#slots.values()) {
      slot.due?.cancel();
      slot.refresh?.cancel();
    }
    this.#slots.clear();
  }

  /** What was ours before a restart comes back once; what comes back again and again is originated by somebody. */
  #contested(slot: Slot): void {
    if (slot.sequence < INITIAL_SEQUENCE || slot.forced || ++slot.contested !== CONTESTED) return;
    const { type, id } = slot.identity;
    const own = formatIpv4(this.#context.routerId);
    this.#context.tell(
      'error',
      `another router changes our LSA of type ${type}, ${formatIpv4(id)}, again and again: has it our Router ID ${own}?`,
    );
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

  /** Nothing is left to say. Its sequence number is kept for a while, as others may still have the last instance. */
  #forgetLater(slot: Slot): void {
    const { type, id, advertisingRouter } = slot.identity;
    slot.refresh?.cancel();
    slot.refresh = this.#context.clock.after(LS_REFRESH_TIME_NS, () => {
      if (slot.due !== undefined || this.#owner.lsdb.find(type, id, advertisingRouter) !== undefined) return;
      this.#slots.delete(keyOf(type, id));
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
      contested: 0,
      due: undefined,
      refresh: undefined,
    };
    this.#slots.set(key, slot);
    return slot;
  }

  #originate(slot: Slot): void {
    const { identity } = slot;
    const { clock } = this.#context;
    const { lsdb, flooding } = this.#owner;
    const { type, id, advertisingRouter } = identity;
    const wanted = this.#owner.contents(type, id);
    const known = lsdb.find(type, id, advertisingRouter);
    if (wanted === undefined) {
      if (known !== undefined && !known.maxAged) flooding.flush(known);
      return;
    }
    slot.sequence = Math.max(slot.sequence, known?.lsa.sequence ?? slot.sequence);
    if (slot.sequence === MAX_SEQUENCE) {
      // The highest number there is: the LSA must be gone everywhere before it begins anew (12.1.6).
      if (known !== undefined && !known.maxAged) flooding.flush(known);
      return;
    }
    const bytes = encodeLsa(identity, wanted.options, slot.sequence + 1, wanted.body);
    if (bytes === undefined) {
      this.#context.tell('error', `LSA too large: type ${type} with more links than an LSA can hold`);
      return;
    }
    if (!slot.forced && known !== undefined && !known.maxAged && sameBody(known.lsa.bytes, bytes)) return;
    slot.sequence++;
    slot.forced = false;
    slot.earliestNs = clock.now() + this.#context.lsaTimersMs.interval * MILLISECOND;
    slot.refresh?.cancel();
    slot.refresh = clock.after(LS_REFRESH_TIME_NS, () => {
      slot.contested = 0;
      this.#schedule(type, id, true);
    });
    const lsa = lsdb.pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    if (lsa !== undefined) flooding.originate(lsa);
  }
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
