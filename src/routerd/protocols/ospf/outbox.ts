/**
 * What waits to leave an interface: LSAs being flooded, gathered into as few updates as they fit, and delayed
 * acknowledgements (RFC 2328 13.3, 13.5). Both hold database entries, each once: what is sent is the newest
 * instance at that moment. The first update after a quiet time leaves at once, so that one failure is known
 * everywhere in no time; under load the batches grow instead of the number of packets.
 */
import type { Ipv4 } from '../../../net/address.ts';
import type { Timer } from '../../../world/clock.ts';
import { ACK_DELAY_NS, FLOOD_PACING_NS, MAX_PACKETS_PER_BATCH } from './constants.ts';
import { type Context, nowMs } from './context.ts';
import type { OspfInterfaceInput } from './contract.ts';
import type { LsdbEntry } from './lsdb.ts';
import { encodeAcknowledgement, encodeUpdate, splitAcknowledgement, splitUpdate } from './packet.ts';

/** From so many on, a list is looked through for what stands in it twice. */
const SMALLEST_ROOM = 256;

export interface OutboxOwner {
  readonly name: string;
  readonly packetSize: number;
  readonly settings: Pick<OspfInterfaceInput, 'transmitDelayS'>;
  /** Where packets for every adjacent router there go. */
  readonly floodDestination: Ipv4;
}

export class Outbox {
  readonly #context: Context;
  readonly #owner: OutboxOwner;
  readonly #updates = new Waiting();
  readonly #acknowledgements = new Waiting();
  #flooding: Timer | undefined;
  #acknowledging: Timer | undefined;
  #floodedNs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, owner: OutboxOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  flood(entry: LsdbEntry): void {
    this.#updates.add(entry);
    if (this.#flooding !== undefined) return;
    const waitNs = Math.max(0, this.#floodedNs + FLOOD_PACING_NS - this.#context.clock.now());
    this.#flooding = this.#context.clock.after(waitNs, () => this.#sendUpdates());
  }

  acknowledgeLater(entry: LsdbEntry): void {
    this.#acknowledgements.add(entry);
    this.#acknowledging ??= this.#context.clock.after(ACK_DELAY_NS, () => this.#sendAcknowledgements());
  }

  stop(): void {
    this.#flooding?.cancel();
    this.#acknowledging?.cancel();
    this.#flooding = undefined;
    this.#acknowledging = undefined;
    this.#updates.take();
    this.#acknowledgements.take();
  }

  #sendUpdates(): void {
    this.#flooding = undefined;
    const { clock } = this.#context;
    this.#floodedNs = clock.now();
    const now = nowMs(clock);
    const { name, packetSize, floodDestination, settings } = this.#owner;
    const entries = this.#updates.take();
    const packets = splitUpdate(
      entries.map((entry) => entry.aged(now)),
      packetSize,
    );
    let sent = 0;
    for (const packet of packets.slice(0, MAX_PACKETS_PER_BATCH)) {
      const bytes = encodeUpdate(this.#context, packet, settings.transmitDelayS);
      this.#context.transmit(name, floodDestination, bytes);
      sent += packet.length;
    }
    if (sent < entries.length) {
      for (const entry of entries.slice(sent)) this.#updates.add(entry);
      this.#flooding = clock.after(FLOOD_PACING_NS, () => this.#sendUpdates());
    }
  }

  #sendAcknowledgements(): void {
    this.#acknowledging = undefined;
    const now = nowMs(this.#context.clock);
    const headers = this.#acknowledgements.take().map((entry) => entry.aged(now));
    const { name, packetSize, floodDestination } = this.#owner;
    for (const packet of splitAcknowledgement(headers, packetSize)) {
      this.#context.transmit(name, floodDestination, encodeAcknowledgement(this.#context, packet));
    }
  }
}

/**
 * Entries, each once, in the order in which they first came. A plain list, in which what came twice is looked for when
 * it is taken or has grown to twice its size: a set would be hashed, grown and thrown away for every few packets.
 */
class Waiting {
  #entries: LsdbEntry[] = [];
  #room = SMALLEST_ROOM;

  add(entry: LsdbEntry): void {
    if (this.#entries.push(entry) < this.#room) return;
    this.#entries = eachOnce(this.#entries);
    this.#room = Math.max(SMALLEST_ROOM, 2 * this.#entries.length);
  }

  take(): readonly LsdbEntry[] {
    const entries = eachOnce(this.#entries);
    this.#entries = [];
    this.#room = SMALLEST_ROOM;
    return entries;
  }
}

function eachOnce(entries: readonly LsdbEntry[]): LsdbEntry[] {
  const once: LsdbEntry[] = [];
  for (const entry of entries) {
    if (entry.isMarked) continue;
    entry.isMarked = true;
    once.push(entry);
  }
  for (const entry of once) entry.isMarked = false;
  return once;
}
