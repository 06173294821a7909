/**
 * What waits to leave a circuit at one level: LSPs (ISO 10589's SRM flags) and what is to be said of LSPs in a PSNP
 * (its SSN flags). Both hold database entries, each once: what is sent is the newest at that moment. The first LSP
 * after a quiet time leaves at once; under load they go in batches. On a point-to-point circuit an LSP is sent again
 * until a sequence number PDU confirms it (7.3.15.1).
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import { SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import {
  FLOOD_PACING_NS,
  GIVEN_UP_NS,
  MAX_PACKETS_PER_BATCH,
  MAX_REQUESTS,
  RETRANSMIT_NS,
} from './constants.ts';
import { type Context, nowMs, snpPassword } from './context.ts';
import { formatLspId } from './ids.ts';
import type { LspEntry } from './lsdb.ts';
import { encodeCsnps, encodePsnps, type LspSummary } from './snp.ts';

/** Confirmations that fill the PSNP of an Ethernet. */
const FULL_PSNP = 80;

export interface QueueOwner {
  readonly name: string;
  readonly level: IsisLevel;
  readonly isPointToPoint: boolean;
  /** Of the PDUs of the update process. */
  readonly destination: Mac;
  readonly mtu: number;
  readonly psnpIntervalS: number;
  /** Whoever is designated answers on a LAN, and asks nobody (7.3.15.4). */
  readonly asks: boolean;
}

/**
 * What holds of an LSP: bits by its number. A thousand routers set and clear them millions of times until they agree;
 * the orders in which LSPs wait are lists beside, from which nothing is taken out before its turn.
 */
const WAITING = 1;
/** Stands in the list of what waits, still wanted there or not. */
const LISTED = 2;
const UNCONFIRMED = 4;
const TO_CONFIRM = 8;
/** Stands in the list of confirmations, still wanted there or not. */
const CONFIRMATION_LISTED = 16;
/** Above the bits: how many times it stands in the list of what was sent. The last of them is the one that counts. */
const SENT_ONCE = 32;

export class UpdateQueue {
  readonly #context: Context;
  readonly #owner: QueueOwner;
  #states = new Uint16Array(8);
  #waiting = 0;
  #unconfirmed = 0;
  #toConfirm = 0;
  readonly #order = new Line();
  /** Oldest first, with times beside. */
  readonly #sent = new Line();
  #confirmations: LspEntry[] = [];
  /** What is to be said of LSPs that are not in the database: asked for, or confirmed though not kept. */
  readonly #others = new Map<string, LspSummary>();
  #flooding: Timer | undefined;
  #retransmitting: Timer | undefined;
  #confirming: Timer | undefined;
  #floodedNs = Number.NEGATIVE_INFINITY;
  /** When something new was to be said, or was confirmed, for the last time. */
  #progressNs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, owner: QueueOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /**
   * Nothing is to be sent, or waited for: what is sent again and again to a neighbour that confirms none of it, as
   * one with another password does, has no end that could be waited for.
   */
  get isSettled(): boolean {
    if (this.#waiting === 0 && this.#unconfirmed === 0 && this.#others.size === 0) return true;
    return this.#context.clock.now() - this.#progressNs > GIVEN_UP_NS;
  }

  flood(entry: LspEntry): void {
    this.#progressNs = this.#context.clock.now();
    this.#enqueue(entry);
  }

  #enqueue(entry: LspEntry): void {
    const { number } = entry.lsp;
    const state = this.#stateOf(number);
    if ((state & UNCONFIRMED) !== 0) this.#unconfirmed--;
    if ((state & WAITING) === 0) this.#waiting++;
    if ((state & LISTED) === 0) this.#order.push(entry, 0);
    this.#states[number] = (state & ~UNCONFIRMED) | WAITING | LISTED;
    if (this.#flooding !== undefined) return;
    const waitNs = Math.max(0, this.#floodedNs + FLOOD_PACING_NS - this.#context.clock.now());
    this.#flooding = this.#context.clock.after(waitNs, () => this.#sendLsps());
  }

  /** To be sent unless the neighbour, who is told now what there is, turns out to have it. */
  floodLater(entries: Iterable<LspEntry>): void {
    this.#progressNs = this.#context.clock.now();
    for (const entry of entries) {
      if ((this.#stateOf(entry.lsp.number) & WAITING) === 0) this.#await(entry);
    }
    this.#awaitConfirmation();
  }

  /** The neighbour has it, or a newer one. */
  confirmed({ lsp }: LspEntry): void {
    const state = this.#stateOf(lsp.number);
    if ((state & (WAITING | UNCONFIRMED)) === 0) return;
    this.#progressNs = this.#context.clock.now();
    if ((state & WAITING) !== 0) this.#waiting--;
    this.#states[lsp.number] = state & ~(WAITING | UNCONFIRMED);
    if ((state & UNCONFIRMED) !== 0 && --this.#unconfirmed === 0) this.#forgetSent();
  }

  /** Is to be told of in the next PSNP, as it is then. */
  confirm(entry: LspEntry): void {
    const { number } = entry.lsp;
    const state = this.#stateOf(number);
    if ((state & TO_CONFIRM) === 0) this.#toConfirm++;
    if ((state & CONFIRMATION_LISTED) === 0) this.#confirmations.push(entry);
    this.#states[number] = state | TO_CONFIRM | CONFIRMATION_LISTED;
    // A PDU full of them is not kept waiting: the neighbour keeps all that is unconfirmed.
    if (this.#toConfirm >= FULL_PSNP) this.#sendPsnps();
    else this.#awaitPsnp();
  }

  /** Somebody else's business now. */
  unconfirm({ lsp }: LspEntry): void {
    const state = this.#stateOf(lsp.number);
    if ((state & TO_CONFIRM) === 0) return;
    this.#toConfirm--;
    this.#states[lsp.number] = state & ~TO_CONFIRM;
  }

  /** Says in the next PSNP what is not in the database: to ask for an LSP its sequence is 0. */
  say(summary: LspSummary): void {
    if (this.#others.size >= MAX_REQUESTS) return;
    this.#others.set(formatLspId(summary), summary);
    this.#awaitPsnp();
  }

  /** It arrived, by whatever circuit. */
  arrived(entry: LspEntry): void {
    if (this.#others.size > 0) this.#others.delete(formatLspId(entry.lsp));
  }

  /** The entry is no more. */
  forget(entry: LspEntry): void {
    if (this.#stateOf(entry.lsp.number) === 0) return;
    this.confirmed(entry);
    this.unconfirm(entry);
    // Its number may soon be another LSP's.
    this.#states[entry.lsp.number] = 0;
    this.#order.remove(entry);
    this.#sent.remove(entry);
    this.#confirmations = this.#confirmations.filter((each) => each !== entry);
  }

  /** All that is in the database, in CSNPs. */
  describe(entries: readonly LspEntry[]): void {
    const now = nowMs(this.#context.clock);
    const summaries = entries.map((entry) => entry.summary(now));
    for (const pdu of encodeCsnps(this.#snpSettings(), summaries)) this.#send(pdu);
  }

  /** Sends a batch of what waits at once. */
  flush(): void {
    this.#flooding?.cancel();
    this.#sendLsps();
  }

  stop(): void {
    for (const timer of [this.#flooding, this.#retransmitting, this.#confirming]) timer?.cancel();
    this.#flooding = undefined;
    this.#retransmitting = undefined;
    this.#confirming = undefined;
    this.#states = new Uint16Array(8);
    this.#waiting = 0;
    this.#unconfirmed = 0;
    this.#toConfirm = 0;
    this.#order.clear();
    this.#sent.clear();
    this.#confirmations = [];
    this.#others.clear();
  }

  #stateOf(number: number): number {
    if (number < this.#states.length) return this.#states[number];
    const states = new Uint16Array(Math.max(number + 1, 2 * this.#states.length));
    states.set(this.#states);
    this.#states = states;
    return 0;
  }

  /** All is confirmed. */
  #forgetSent(): void {
    for (let entry = this.#sent.shift(); entry !== undefined; entry = this.#sent.shift()) {
      this.#states[entry.lsp.number] &= SENT_ONCE - 1;
    }
  }

  /** It was sent just now, or counts as though it had been. */
  #await(entry: LspEntry): void {
    const { number } = entry.lsp;
    const state = this.#stateOf(number);
    if ((state & UNCONFIRMED) === 0) this.#unconfirmed++;
    this.#states[number] = (state | UNCONFIRMED) + SENT_ONCE;
    this.#sent.push(entry, this.#context.clock.now());
  }

  #sendLsps(): void {
    this.#flooding = undefined;
    const { clock } = this.#context;
    this.#floodedNs = clock.now();
    const now = nowMs(clock);
    for (let sent = 0; sent < MAX_PACKETS_PER_BATCH; ) {
      const entry = this.#order.shift();
      if (entry === undefined) break;
      const { number } = entry.lsp;
      const state = this.#states[number];
      this.#states[number] = state & ~(WAITING | LISTED);
      if ((state & WAITING) === 0) continue;
      sent++;
      this.#waiting--;
      this.#send(entry.pdu(now));
      if (this.#owner.isPointToPoint) this.#await(entry);
    }
    this.#awaitConfirmation();
    if (this.#waiting > 0) this.#flooding = clock.after(FLOOD_PACING_NS, () => this.#sendLsps());
  }

  #awaitConfirmation(): void {
    if (this.#retransmitting !== undefined || this.#unconfirmed === 0) return;
    const { clock } = this.#context;
    const waitNs = Math.max(0, this.#sent.firstNs + RETRANSMIT_NS - clock.now());
    this.#retransmitting = clock.after(waitNs, () => {
      this.#retransmitting = undefined;
      while (this.#sent.firstNs + RETRANSMIT_NS <= clock.now()) {
        const entry = this.#sent.shift();
        if (entry === undefined) break;
        const { number } = entry.lsp;
        const state = this.#states[number] - SENT_ONCE;
        this.#states[number] = state;
        if ((state & UNCONFIRMED) !== 0 && state < SENT_ONCE) this.#enqueue(entry);
      }
      this.#awaitConfirmation();
    });
  }

  #awaitPsnp(): void {
    const waitNs = this.#owner.psnpIntervalS * SECOND;
    this.#confirming ??= this.#context.clock.after(waitNs, () => {
      this.#confirming = undefined;
      this.#sendPsnps();
    });
  }

  #sendPsnps(): void {
    this.#confirming?.cancel();
    this.#confirming = undefined;
    const now = nowMs(this.#context.clock);
    const summaries: LspSummary[] = [];
    for (const entry of this.#confirmations) {
      const state = this.#states[entry.lsp.number];
      this.#states[entry.lsp.number] = state & ~(TO_CONFIRM | CONFIRMATION_LISTED);
      if ((state & TO_CONFIRM) !== 0) summaries.push(entry.summary(now));
    }
    summaries.push(...this.#others.values());
    this.#toConfirm = 0;
    this.#confirmations = [];
    this.#others.clear();
    if (!this.#owner.asks) return;
    for (const pdu of encodePsnps(this.#snpSettings(), summaries)) this.#send(pdu);
  }

  #snpSettings() {
    const { level, mtu } = this.#owner;
    return { level, mtu, source: this.#context.system, password: snpPassword(this.#context, level) };
  }

  #send(pdu: Uint8Array): void {
    this.#context.transmit(this.#owner.name, this.#owner.destination, pdu);
  }
}

/** Entries in the order in which they came, each with a time. */
class Line {
  #entries: LspEntry[] = [];
  #timesNs: TimeNs[] = [];
  #head = 0;

  /** Of the first one; Infinity where there is none. */
  get firstNs(): TimeNs {
    return this.#head < this.#timesNs.length ? this.#timesNs[this.#head] : Number.POSITIVE_INFINITY;
  }

  push(entry: LspEntry, timeNs: TimeNs): void {
    this.#entries.push(entry);
    this.#timesNs.push(timeNs);
  }

  shift(): LspEntry | undefined {
    if (this.#head === this.#entries.length) return undefined;
    const entry = this.#entries[this.#head++];
    if (this.#head === this.#entries.length) this.clear();
    else if (this.#head >= 256 && this.#head * 2 >= this.#entries.length) this.#keep(() => true);
    return entry;
  }

  remove(entry: LspEntry): void {
    if (this.#entries.includes(entry, this.#head)) this.#keep((each) => each !== entry);
  }

  clear(): void {
    this.#entries = [];
    this.#timesNs = [];
    this.#head = 0;
  }

  #keep(isKept: (entry: LspEntry) => boolean): void {
    const [entries, timesNs, head] = [this.#entries, this.#timesNs, this.#head];
    this.clear();
    for (let at = head; at < entries.length; at++)
      if (isKept(entries[at])) this.push(entries[at], timesNs[at]);
  }
}
