/**
 * What waits to leave a circuit at one level: LSPs (ISO 10589's SRM flags) and what is to be said of LSPs in a PSNP
 * (its SSN flags). Both hold database entries, each once: what is sent is the newest at that moment. The first LSP
 * after a quiet time leaves at once; under load they go in batches. On a point-to-point circuit an LSP is sent again
 * until a sequence number PDU confirms it (7.3.15.1).
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import { packetBytes, writeU16 } from '../../../net/bytes.ts';
import { SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import { FLOOD_PACING_NS, MAX_PACKETS_PER_BATCH, MAX_REQUESTS, RETRANSMIT_NS } from './constants.ts';
import { type Context, nowMs, snpPassword } from './context.ts';
import { formatLspId } from './ids.ts';
import type { LspEntry } from './lsdb.ts';
import { LIFETIME_AT } from './lsp.ts';
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

export class UpdateQueue {
  readonly #context: Context;
  readonly #owner: QueueOwner;
  readonly #waiting = new Set<LspEntry>();
  /** Sent, and when, and not confirmed. */
  readonly #unconfirmed = new Map<LspEntry, TimeNs>();
  readonly #confirmations = new Set<LspEntry>();
  /** What is to be said of LSPs that are not in the database: asked for, or confirmed though not kept. */
  readonly #others = new Map<string, LspSummary>();
  #flooding: Timer | undefined;
  #retransmitting: Timer | undefined;
  #confirming: Timer | undefined;
  #floodedNs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, owner: QueueOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Nothing is to be sent, or waited for. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#unconfirmed.size === 0 && this.#others.size === 0;
  }

  flood(entry: LspEntry): void {
    this.#unconfirmed.delete(entry);
    this.#waiting.add(entry);
    if (this.#flooding !== undefined) return;
    const waitNs = Math.max(0, this.#floodedNs + FLOOD_PACING_NS - this.#context.clock.now());
    this.#flooding = this.#context.clock.after(waitNs, () => this.#sendLsps());
  }

  /** To be sent unless the neighbour, who is told now what there is, turns out to have it. */
  floodLater(entries: Iterable<LspEntry>): void {
    const now = this.#context.clock.now();
    for (const entry of entries) if (!this.#waiting.has(entry)) this.#unconfirmed.set(entry, now);
    this.#awaitConfirmation();
  }

  /** The neighbour has it, or a newer one. */
  confirmed(entry: LspEntry): void {
    this.#waiting.delete(entry);
    this.#unconfirmed.delete(entry);
  }

  /** Is to be told of in the next PSNP, as it is then. */
  confirm(entry: LspEntry): void {
    this.#confirmations.add(entry);
    // A PDU full of them is not kept waiting: the neighbour keeps all that is unconfirmed.
    if (this.#confirmations.size >= FULL_PSNP) this.#sendPsnps();
    else this.#awaitPsnp();
  }

  /** Somebody else's business now. */
  unconfirm(entry: LspEntry): void {
    this.#confirmations.delete(entry);
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
    this.confirmed(entry);
    this.#confirmations.delete(entry);
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
    this.#waiting.clear();
    this.#unconfirmed.clear();
    this.#confirmations.clear();
    this.#others.clear();
  }

  #sendLsps(): void {
    this.#flooding = undefined;
    const { clock } = this.#context;
    this.#floodedNs = clock.now();
    const now = nowMs(clock);
    let sent = 0;
    for (const entry of this.#waiting) {
      if (sent++ >= MAX_PACKETS_PER_BATCH) break;
      this.#waiting.delete(entry);
      const pdu = packetBytes(entry.lsp.bytes.length);
      pdu.set(entry.lsp.bytes);
      writeU16(pdu, LIFETIME_AT, entry.lifetimeS(now));
      this.#send(pdu);
      if (this.#owner.isPointToPoint) this.#unconfirmed.set(entry, clock.now());
    }
    this.#awaitConfirmation();
    if (this.#waiting.size > 0) this.#flooding = clock.after(FLOOD_PACING_NS, () => this.#sendLsps());
  }

  /** Oldest first: what was sent again stands last in the map. */
  #awaitConfirmation(): void {
    if (this.#retransmitting !== undefined || this.#unconfirmed.size === 0) return;
    const { clock } = this.#context;
    const [oldestNs] = this.#unconfirmed.values();
    const waitNs = Math.max(0, (oldestNs ?? 0) + RETRANSMIT_NS - clock.now());
    this.#retransmitting = clock.after(waitNs, () => {
      this.#retransmitting = undefined;
      for (const [entry, sentNs] of this.#unconfirmed) {
        if (sentNs + RETRANSMIT_NS > clock.now()) break;
        this.flood(entry);
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
    const summaries = [...this.#confirmations].map((entry) => entry.summary(now));
    summaries.push(...this.#others.values());
    this.#confirmations.clear();
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
