/**
 * The flooding procedure (RFC 2328 13) within one scope: an LSA that is newer than ours replaces it and goes on to every other
 * neighbour, reliably; what is no newer is acknowledged or answered with what we have.
 *
 * What must stay true: an entry is on a neighbour's retransmission list from when it is flooded there until the
 * neighbour has shown that it has that very instance; an LSA at MaxAge stays in the database as long as it is
 * on any list or an exchange is under way (14).
 */
import { MAX_AGE_S, MAX_SEQUENCE } from './constants.ts';
import { nowMs, type RouterContext } from './context.ts';
import type { Interface } from './interface.ts';
import { isOpaqueType, type LsaHeader, lsaChecksumHolds } from './lsa.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';
import type { Neighbour } from './neighbour.ts';
import type { AgedLsa, ReceivedLsa } from './packet.ts';
import type { Lsa } from './pool.ts';

/** The scope whose LSAs are flooded. */
export interface FloodingOwner {
  readonly lsdb: Lsdb;
  readonly limit: number;
  interfaces(): Iterable<Interface>;
  installed(entry: LsdbEntry): void;
  received(entry: LsdbEntry): void;
  purged(entry: LsdbEntry): void;
}

/** Where an LSA came from. */
export interface Origin {
  readonly at: Interface;
  readonly neighbour: Neighbour;
}

/** What one received update makes us send back to its sender. */
export interface Answer {
  readonly acknowledgements: AgedLsa[];
  readonly newer: AgedLsa[];
}

export class Flooding {
  readonly #context: RouterContext;
  readonly #owner: FloodingOwner;
  /** An entry is being put on lists just now: nothing may be purged meanwhile. */
  #listing = false;

  constructor(context: RouterContext, owner: FloodingOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Takes an LSA that the pool handed out as one of our own, newest instance, and floods it. */
  originate(lsa: Lsa): void {
    const entry = this.#install(lsa, 0);
    this.#flood(entry, undefined);
    this.purge();
  }

  /** Premature aging (14.1), and what happens to an LSA that grew old (14). */
  flush(entry: LsdbEntry): void {
    this.#forgetRetransmissions(entry);
    this.#owner.lsdb.expire(entry);
    this.#flood(entry, undefined);
    this.purge();
  }

  /** Removes LSAs at MaxAge that nobody needs to be told of any more (14). */
  purge(): void {
    const { lsdb } = this.#owner;
    if (this.#listing) return;
    const entries = lsdb.purgeable();
    if (entries.length === 0 || this.#anyoneExchanging()) return;
    for (const entry of entries) {
      lsdb.remove(entry);
      this.#owner.purged(entry);
    }
  }

  /** 13.7: an acknowledgement of another instance than the one we wait for says nothing. */
  acknowledged(neighbour: Neighbour, header: LsaHeader): void {
    const entry = this.#owner.lsdb.find(header.type, header.id, header.advertisingRouter);
    if (entry === undefined || entry.compare(header, nowMs(this.#context.clock)) !== 0) return;
    neighbour.retransmissions.delete(entry);
  }

  /** One LSA of an update, of a type that the scope has. */
  receive(origin: Origin, bytes: Uint8Array, received: ReceivedLsa, answer: Answer): void {
    const { header, at } = received;
    const { lsdb } = this.#owner;
    const now = nowMs(this.#context.clock);
    // Step 1.
    if (!lsaChecksumHolds(bytes, at, header.length)) {
      this.#context.refuse(origin.at.name, 'lsa');
      return;
    }
    const known = lsdb.find(header.type, header.id, header.advertisingRouter);
    if (known === undefined) {
      // Step 4: nobody here needs to be told that it is gone.
      if (header.age < MAX_AGE_S || this.#anyoneExchanging()) this.#take(origin, bytes, received, now);
      else answer.acknowledgements.push({ bytes, at, age: header.age });
      return;
    }
    const newer = known.compare(header, now);
    if (newer > 0) {
      // Step 5a.
      if (now - known.arrivedMs >= this.#context.lsaTimersMs.arrival)
        this.#take(origin, bytes, received, now);
    } else if (origin.neighbour.exchange?.requested(header) !== undefined) {
      // Step 6.
      origin.neighbour.handle('BadLSReq', 'it sent an LSA older than the one it described');
    } else if (newer === 0) {
      // Step 7; table 19 of 13.5.
      if (!origin.neighbour.retransmissions.delete(known)) {
        answer.acknowledgements.push({ bytes, at, age: header.age });
      } else if (origin.at.state === 'Backup' && isFromDesignatedRouter(origin)) {
        origin.at.outbox.acknowledgeLater(known);
      }
    } else if (
      // Step 8: it gets what we have, unless our copy is on its way out to make room for sequence number one.
      !(known.maxAged && known.lsa.sequence === MAX_SEQUENCE) &&
      now - known.sentBackMs >= this.#context.lsaTimersMs.arrival
    ) {
      known.sentBackMs = now;
      answer.newer.push(known.aged(now));
    }
  }

  /** Step 5: an LSA newer than any we have. */
  #take(origin: Origin, bytes: Uint8Array, { header, at }: ReceivedLsa, now: number): void {
    const { lsdb, limit } = this.#owner;
    const isFull =
      lsdb.size >= limit && lsdb.find(header.type, header.id, header.advertisingRouter) === undefined;
    if (isFull) this.#context.tell('warning', `link state database full: ${limit} LSAs`);
    const lsa = isFull ? undefined : lsdb.pool.intern(bytes, at, header);
    if (lsa === undefined) {
      this.#context.refuse(origin.at.name, 'lsa');
      return;
    }
    const entry = this.#install(lsa, header.age);
    entry.arrivedMs = now;
    const floodedBack = this.#flood(entry, origin);
    if (!floodedBack && (origin.at.state !== 'Backup' || isFromDesignatedRouter(origin))) {
      origin.at.outbox.acknowledgeLater(entry);
    }
    this.#owner.received(entry);
  }

  #install(lsa: Lsa, age: number): LsdbEntry {
    const entry = this.#owner.lsdb.install(lsa, age, nowMs(this.#context.clock));
    this.#forgetRetransmissions(entry);
    this.#owner.installed(entry);
    return entry;
  }

  /** Sends the entry on (13.3). True where it went back out of the interface that it came from. */
  #flood(entry: LsdbEntry, origin: Origin | undefined): boolean {
    let floodedBack = false;
    const now = nowMs(this.#context.clock);
    const isOpaque = isOpaqueType(entry.identity.type);
    this.#listing = true;
    for (const out of this.#owner.interfaces()) {
      let wanted = false;
      for (const neighbour of out.neighbours) {
        if (!neighbour.atLeast('Exchange')) continue;
        if (neighbour.exchanging && this.#offers(neighbour, entry, now)) continue;
        if (neighbour === origin?.neighbour) continue;
        if (isOpaque && !neighbour.takesOpaque) continue;
        neighbour.retransmissions.add(entry);
        wanted = true;
      }
      if (!wanted) continue;
      if (out === origin?.at) {
        // The designated router, or its backup's vigilance, sees to the others there (steps 3 and 4).
        if (isFromDesignatedRouter(origin) || isFromBackup(origin) || out.state === 'Backup') continue;
        floodedBack = true;
      }
      out.outbox.flood(entry);
    }
    this.#listing = false;
    return floodedBack;
  }

  /** Does the neighbour have the LSA, in this instance or a newer one, by its own description (13.3, step 1b)? */
  #offers(neighbour: Neighbour, entry: LsdbEntry, now: number): boolean {
    const offered = neighbour.exchange?.requested(entry.identity);
    if (offered === undefined) return false;
    const better = entry.compare(offered, now);
    if (better > 0) return true;
    neighbour.exchange?.satisfied(entry.identity);
    // That may have been the last one asked for.
    neighbour.exchange?.proceed();
    return better === 0;
  }

  #forgetRetransmissions(entry: LsdbEntry): void {
    if (entry.retransmitting === 0) return;
    for (const { neighbours } of this.#owner.interfaces()) {
      for (const neighbour of neighbours) neighbour.retransmissions.delete(entry);
    }
  }

  #anyoneExchanging(): boolean {
    for (const { neighbours } of this.#owner.interfaces()) {
      for (const neighbour of neighbours) if (neighbour.exchanging) return true;
    }
    return false;
  }
}

function isFromDesignatedRouter({ at, neighbour }: Origin): boolean {
  return neighbour.address === at.designatedRouter;
}

function isFromBackup({ at, neighbour }: Origin): boolean {
  return neighbour.address === at.backup;
}
