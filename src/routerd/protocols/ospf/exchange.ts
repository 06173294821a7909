/**
 * Bringing two databases together (RFC 2328 10.6-10.9): the neighbours settle who is master, describe to each
 * other what they have, and ask for what is newer there. One exchange lives from ExStart until the adjacency is
 * given up; it tells its owner how far it has come.
 */
import type { TimeNs } from '../../../world/clock.ts';
import { MAX_LSAS, OPTION_E, OPTION_O } from './constants.ts';
import { type Context, nowMs, Repeater } from './context.ts';
import { isOpaqueType, type LsaHeader, type LsaIdentity } from './lsa.ts';
import { LsaTable } from './lsa-table.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';
import {
  type AgedLsa,
  type DatabaseDescription,
  descriptionCapacity,
  encodeDatabaseDescription,
  encodeRequest,
  requestCapacity,
} from './packet.ts';

export interface ExchangeOwner {
  /** Largest packet to send, bytes, and what the MTU field says. */
  readonly packetSize: number;
  readonly retransmitIntervalNs: TimeNs;
  readonly mtu: number;
  /** The neighbour's Router ID. */
  readonly routerId: number;
  /** What LSAs of a type are kept in; undefined where the area has none of it. */
  databaseOf(type: number): Lsdb | undefined;
  /** All that is to be described. */
  databases(): readonly Lsdb[];
  sendPacket(bytes: Uint8Array): void;
  negotiationDone(): void;
  exchangeDone(): void;
  loadingDone(): void;
  /** The two no longer agree: begin again. Why, in words. */
  restartExchange(reason: string): void;
  /** An LSA at MaxAge is not described but flooded to the neighbour (10.3, NegotiationDone). */
  floodMaxAged(entry: LsdbEntry): void;
}

/** An LSA that the neighbour has and we want. */
interface Request {
  readonly identity: LsaIdentity;
  readonly header: LsaHeader;
  asked: boolean;
}

type Phase = 'negotiating' | 'exchanging' | 'described';

export class Exchange {
  readonly #context: Context;
  readonly #owner: ExchangeOwner;
  readonly #requests: LsaTable<Request>;
  readonly #descriptions: Repeater;
  readonly #requesting: Repeater;
  #phase: Phase = 'negotiating';
  #master = true;
  #sequence: number;
  /** What is still to be described, from `#described` on. */
  #summary: LsdbEntry[] = [];
  #described = 0;
  #lastSent: Uint8Array = new Uint8Array(0);
  #lastSentMore = true;
  #lastReceived: DatabaseDescription | undefined;
  /** Requests sent and not yet answered. */
  #outstanding = 0;

  constructor(context: Context, owner: ExchangeOwner, sequence: number) {
    this.#context = context;
    this.#owner = owner;
    this.#sequence = sequence;
    this.#requests = new LsaTable(sequence);
    const { retransmitIntervalNs } = owner;
    this.#descriptions = new Repeater(context.clock, retransmitIntervalNs, () => this.#sendAgain());
    this.#requesting = new Repeater(context.clock, retransmitIntervalNs, () => this.#sendRequests());
  }

  /** The neighbour welcomes opaque LSAs (RFC 5250 3.1). */
  get takesOpaque(): boolean {
    return this.#lastReceived !== undefined && (this.#lastReceived.options & OPTION_O) !== 0;
  }

  get requestsLeft(): number {
    return this.#requests.size;
  }

  start(): void {
    this.#sendDescription([], { initial: true, more: true });
    this.#descriptions.restart();
  }

  stop(): void {
    this.#descriptions.stop();
    this.#requesting.stop();
    this.#requests.clear();
    this.#summary = [];
  }

  /** What the neighbour offered of this LSA, while it has not arrived. */
  requested(identity: LsaIdentity): LsaHeader | undefined {
    return this.#requests.find(identity.type, identity.id, identity.advertisingRouter)?.header;
  }

  /** The LSA arrived, in that instance or a newer one. */
  satisfied(identity: LsaIdentity): void {
    const request = this.#requests.find(identity.type, identity.id, identity.advertisingRouter);
    if (request === undefined) return;
    this.#requests.delete(identity);
    if (request.asked) this.#outstanding--;
  }

  /** Call after a packet was worked through: asks for more, or says that loading is done. */
  proceed(): void {
    if (this.#requests.size === 0) {
      this.#requesting.stop();
      if (this.#phase === 'described') this.#owner.loadingDone();
    } else if (this.#outstanding === 0) {
      this.#sendRequests();
      this.#requesting.restart();
    }
  }

  /** A Database Description from the neighbour (10.6); the MTU was looked at before. */
  receive(description: DatabaseDescription, headers: readonly LsaHeader[]): void {
    if (this.#phase === 'negotiating') {
      if (!this.#negotiate(description, headers.length === 0)) return;
      this.#phase = 'exchanging';
      this.#lastReceived = description;
      this.#owner.negotiationDone();
      this.#summarize();
      // The slave answers the first packet, which describes nothing; the master takes the answer as any other.
      this.#accept(description, headers);
      return;
    }
    if (this.#isDuplicate(description)) {
      if (!this.#master) this.#sendAgain();
      return;
    }
    if (this.#phase === 'described') {
      this.#owner.restartExchange('a database description after the last one');
    } else if (description.master === this.#master) {
      this.#owner.restartExchange('both claim to be master, or neither');
    } else if (description.initial) {
      this.#owner.restartExchange('the neighbour began anew');
    } else if (description.options !== this.#lastReceived?.options) {
      this.#owner.restartExchange('options changed');
    } else if (description.sequence !== (this.#master ? this.#sequence : (this.#sequence + 1) >>> 0)) {
      this.#owner.restartExchange('sequence number mismatch');
    } else {
      this.#accept(description, headers);
    }
  }

  #isDuplicate(description: DatabaseDescription): boolean {
    const last = this.#lastReceived;
    return (
      last !== undefined &&
      last.sequence === description.sequence &&
      last.options === description.options &&
      last.initial === description.initial &&
      last.more === description.more &&
      last.master === description.master
    );
  }

  /** Settles who is master; false where this packet does not (10.6, ExStart). */
  #negotiate(description: DatabaseDescription, empty: boolean): boolean {
    const { initial, more, master, sequence } = description;
    const neighbourIsLarger = this.#owner.routerId > this.#context.routerId;
    if (initial && more && master && empty && neighbourIsLarger) {
      this.#master = false;
      this.#sequence = sequence;
      this.#descriptions.stop();
      return true;
    }
    return !initial && !master && sequence === this.#sequence && !neighbourIsLarger;
  }

  /** Lists the database as it is now; what changes later is flooded (10.3). */
  #summarize(): void {
    for (const lsdb of this.#owner.databases()) {
      for (const entry of lsdb) {
        if (isOpaqueType(entry.identity.type) && !this.takesOpaque) continue;
        if (entry.maxAged) this.#owner.floodMaxAged(entry);
        else this.#summary.push(entry);
      }
    }
  }

  #accept(description: DatabaseDescription, headers: readonly LsaHeader[]): void {
    this.#lastReceived = description;
    const now = nowMs(this.#context.clock);
    for (const header of headers) {
      const { type, id, advertisingRouter } = header;
      const lsdb = this.#owner.databaseOf(type);
      if (lsdb === undefined) {
        this.#owner.restartExchange(`an LSA of type ${type} was described, which the area does not have`);
        return;
      }
      const own = lsdb.find(type, id, advertisingRouter);
      if (own !== undefined && own.compare(header, now) <= 0) continue;
      if (this.#requests.size >= MAX_LSAS) {
        this.#context.tell('warning', `request list full: a neighbour describes more than ${MAX_LSAS} LSAs`);
        break;
      }
      this.#requests.set({ identity: { type, id, advertisingRouter }, header, asked: false });
    }
    if (this.#master) this.#acceptAsMaster(description);
    else this.#acceptAsSlave(description);
  }

  #acceptAsMaster(description: DatabaseDescription): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    if (!this.#lastSentMore && !description.more) {
      this.#finish();
      return;
    }
    this.#describeMore();
    this.#descriptions.restart();
    this.proceed();
  }

  #acceptAsSlave(description: DatabaseDescription): void {
    this.#sequence = description.sequence;
    this.#describeMore();
    if (!this.#lastSentMore && !description.more) this.#finish();
    else this.proceed();
  }

  #finish(): void {
    this.#descriptions.stop();
    this.#phase = 'described';
    this.#summary = [];
    this.#owner.exchangeDone();
    this.proceed();
  }

  #describeMore(): void {
    const now = nowMs(this.#context.clock);
    const from = this.#described;
    this.#described = Math.min(from + descriptionCapacity(this.#owner.packetSize), this.#summary.length);
    const headers = this.#summary.slice(from, this.#described).map((entry) => entry.aged(now));
    this.#sendDescription(headers, { initial: false, more: this.#described < this.#summary.length });
  }

  #sendDescription(headers: readonly AgedLsa[], flags: { initial: boolean; more: boolean }): void {
    const { mtu } = this.#owner;
    const sequence = this.#sequence;
    this.#lastSent = encodeDatabaseDescription(
      this.#context,
      { mtu, options: this.#options, ...flags, master: this.#master, sequence },
      headers,
    );
    this.#lastSentMore = flags.more;
    this.#sendAgain();
  }

  get #options(): number {
    const { areaOptions, opaque } = this.#context;
    return (areaOptions & OPTION_E) | (opaque ? OPTION_O : 0);
  }

  /** A copy: what is sent belongs to whoever carries it. */
  #sendAgain(): void {
    this.#owner.sendPacket(this.#lastSent.slice());
  }

  /** Asks for as much as one packet can; one request is under way at a time (10.9). */
  #sendRequests(): void {
    const capacity = requestCapacity(this.#owner.packetSize);
    const batch: LsaIdentity[] = [];
    for (const request of this.#requests) {
      if (batch.length === capacity) break;
      if (!request.asked) this.#outstanding++;
      request.asked = true;
      batch.push(request.identity);
    }
    if (batch.length > 0) this.#owner.sendPacket(encodeRequest(this.#context, batch));
  }
}
