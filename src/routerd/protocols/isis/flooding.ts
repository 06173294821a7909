/**
 * The update process of one level (ISO 10589 7.3): what is done with LSPs and sequence number PDUs that arrive, and
 * how what is new goes on. Who is newer decides; the queues of the circuits do the sending.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { isAuthentic } from './authentication.ts';
import { MAX_LSPS } from './constants.ts';
import { type Context, nowMs, type Refusal, snpPassword } from './context.ts';
import { CSNP_HEADER, LSP_HEADER, PSNP_HEADER } from './header.ts';
import { formatLspId, type LspId } from './ids.ts';
import type { Lsdb, LspEntry } from './lsdb.ts';
import { encodeLsp } from './lsp.ts';
import { decodePdu, type LspPdu } from './packet.ts';
import type { Lsp } from './pool.ts';
import type { CompleteSnp, LspSummary, PartialSnp } from './snp.ts';
import type { UpdateQueue } from './update-queue.ts';

/** A circuit as the update process of a level sees it. */
export interface FloodingCircuit {
  readonly name: string;
  readonly isPointToPoint: boolean;
  /** Is there a neighbour to be told? */
  readonly hasNeighbour: boolean;
  /** Designated here: answers PSNPs. */
  readonly isDesignated: boolean;
  readonly queue: UpdateQueue;
}

export interface FloodingOwner {
  readonly level: IsisLevel;
  /** Those of the level, whether or not they have a neighbour. */
  readonly circuits: Iterable<FloodingCircuit>;
  /**
   * Somebody told an LSP of our own that is newer than ours, or that we do not have (7.3.16.1). True where we are
   * going to make a newer one; else it has to be purged.
   */
  reclaim(id: LspId, sequence: number): boolean;
  /** Something has a lifetime that is to be watched. */
  installed(entry: LspEntry): void;
}

export class Flooding {
  readonly #context: Context;
  readonly #lsdb: Lsdb;
  readonly #owner: FloodingOwner;

  constructor(context: Context, lsdb: Lsdb, owner: FloodingOwner) {
    this.#context = context;
    this.#lsdb = lsdb;
    this.#owner = owner;
  }

  receiveLsp(from: FloodingCircuit, pdu: LspPdu, bytes: Uint8Array): Refusal | undefined {
    const password = this.#context.settings.passwords[this.#owner.level];
    if (!isAuthentic(bytes, LSP_HEADER, true, password)) return 'authentication';
    const lifetimeS = this.#lifetimeOf(pdu);
    const known = this.#lsdb.find(pdu.system, pdu.local);
    const order = known === undefined ? 1 : known.compare(pdu);
    if (known !== undefined && order <= 0) {
      if (order === 0) this.#same(from, known);
      else this.#older(from, known);
      return undefined;
    }
    if (known === undefined && this.#lsdb.size >= MAX_LSPS) return this.#full();
    const lsp = this.#lsdb.pool.intern(bytes, pdu);
    if (typeof lsp === 'string') return lsp;
    // RFC 5304 2.1: who cannot sign an LSP must not be able to make a purge of one.
    if (pdu.lifetimeS === 0 && password !== undefined && !lsp.bare) return this.#drop(lsp, 'not-bare');
    if (pdu.system === this.#context.system) return this.#own(from, pdu, lsp, known);
    if (known === undefined && pdu.lifetimeS === 0) {
      // 7.3.16.4 a: what is not there need not be purged, but the neighbour wants to know that it was heard.
      if (from.isPointToPoint) from.queue.say(pdu);
      return this.#drop(lsp, undefined);
    }
    if (known !== undefined && isConfused(known, pdu)) {
      this.#lsdb.pool.release(lsp);
      this.#context.tell('warning', `two LSPs ${formatLspId(pdu)} of one sequence number: purged`);
      this.purge(known);
      return undefined;
    }
    this.#newer(from, this.#lsdb.install(lsp, lifetimeS, nowMs(this.#context.clock)));
    return undefined;
  }

  /**
   * RFC 7987: nothing protects the lifetime of an LSP, so that who spoils it could have the LSP purged everywhere again
   * and again. One that is new here lives as long as one of our own would.
   */
  #lifetimeOf({ lifetimeS }: LspPdu): number {
    return lifetimeS === 0 ? 0 : Math.max(lifetimeS, this.#context.settings.lspLifetimeS);
  }

  receiveCsnp(from: FloodingCircuit, pdu: CompleteSnp, bytes: Uint8Array): Refusal | undefined {
    if (!this.#isAuthenticSnp(bytes, CSNP_HEADER)) return 'authentication';
    this.#compare(from, pdu.entries);
    const named = new Set(pdu.entries.map(({ system, local }) => this.#lsdb.pool.findLsp(system, local)));
    for (const entry of this.#lsdb.between(pdu.first, pdu.last)) {
      if (!entry.purged && !named.has(entry.lsp.number)) from.queue.flood(entry);
    }
    return undefined;
  }

  receivePsnp(from: FloodingCircuit, pdu: PartialSnp, bytes: Uint8Array): Refusal | undefined {
    if (!this.#isAuthenticSnp(bytes, PSNP_HEADER)) return 'authentication';
    if (from.isPointToPoint || from.isDesignated) this.#compare(from, pdu.entries);
    return undefined;
  }

  /** A neighbour came up: it is told what there is, and what it does not have follows (7.3.17). */
  synchronise(circuit: FloodingCircuit): void {
    const entries = this.#lsdb.sorted();
    if (circuit.isPointToPoint) {
      circuit.queue.floodLater(entries);
      circuit.queue.describe(entries);
    } else {
      for (const entry of entries) if (entry.lsp.system === this.#context.system) circuit.queue.flood(entry);
    }
  }

  /** An LSP of our own, the newest there is of it. */
  originate(lsp: Lsp, lifetimeS: number): void {
    const entry = this.#lsdb.install(lsp, lifetimeS, nowMs(this.#context.clock));
    this.#owner.installed(entry);
    this.#toAll(entry);
  }

  /** Gives the LSP a lifetime of 0, everywhere: only its header is left (7.3.16.4). */
  purge({ lsp, purged }: LspEntry, sequence = lsp.sequence): void {
    if (purged) return;
    const { level } = this.#owner;
    const password = this.#context.settings.passwords[level];
    const { system, local, flags } = lsp;
    const bytes = encodeLsp({ level, system, local, sequence, flags }, lsp.bytes.length + 300, password);
    const header = decodePdu(bytes);
    if (typeof header === 'string' || header.type !== 'lsp') return;
    const bare = this.#lsdb.pool.intern(bytes, header);
    if (typeof bare !== 'string') this.originate(bare, 0);
  }

  /** An entry is due: it has expired, or has been purged long enough to be forgotten. */
  due(entry: LspEntry): void {
    if (!entry.purged) {
      this.purge(entry);
      return;
    }
    for (const { queue } of this.#owner.circuits) queue.forget(entry);
    this.#lsdb.remove(entry);
  }

  #newer(from: FloodingCircuit, entry: LspEntry): void {
    this.#owner.installed(entry);
    for (const circuit of this.#owner.circuits) {
      circuit.queue.arrived(entry);
      if (circuit === from) {
        circuit.queue.confirmed(entry);
        if (circuit.isPointToPoint) circuit.queue.confirm(entry);
        else circuit.queue.unconfirm(entry);
      } else {
        circuit.queue.unconfirm(entry);
        if (circuit.hasNeighbour) circuit.queue.flood(entry);
      }
    }
  }

  #same(from: FloodingCircuit, entry: LspEntry): void {
    from.queue.confirmed(entry);
    if (from.isPointToPoint) from.queue.confirm(entry);
    else from.queue.unconfirm(entry);
  }

  #older(from: FloodingCircuit, entry: LspEntry): void {
    from.queue.unconfirm(entry);
    from.queue.flood(entry);
  }

  /** An LSP of our own, newer than what we have, or of another life of ours: who else would take it away? */
  #own(from: FloodingCircuit, pdu: LspPdu, lsp: Lsp, known: LspEntry | undefined): Refusal | undefined {
    const willBeMade = this.#owner.reclaim(pdu, pdu.sequence);
    if (willBeMade) return this.#drop(lsp, undefined);
    if (known === undefined && pdu.lifetimeS === 0) {
      if (from.isPointToPoint) from.queue.say(pdu);
      return this.#drop(lsp, undefined);
    }
    const entry = this.#lsdb.install(lsp, pdu.lifetimeS, nowMs(this.#context.clock));
    if (entry.purged) this.#newer(from, entry);
    else this.purge(entry);
    return undefined;
  }

  #toAll(entry: LspEntry): void {
    for (const { queue, hasNeighbour } of this.#owner.circuits) {
      queue.unconfirm(entry);
      queue.arrived(entry);
      if (hasNeighbour) queue.flood(entry);
    }
  }

  /** What an SNP says of LSPs (7.3.15.2). */
  #compare(from: FloodingCircuit, summaries: readonly LspSummary[]): void {
    for (const summary of summaries) {
      const entry = this.#lsdb.find(summary.system, summary.local);
      if (entry === undefined) {
        const isThere = summary.lifetimeS > 0 && summary.sequence > 0 && summary.checksum > 0;
        if (isThere) from.queue.say({ ...summary, sequence: 0, checksum: 0 });
        continue;
      }
      const order = entry.compare(summary);
      if (order === 0) {
        if (from.isPointToPoint) from.queue.confirmed(entry);
      } else if (order < 0) {
        this.#older(from, entry);
      } else {
        if (from.isPointToPoint) from.queue.confirmed(entry);
        from.queue.confirm(entry);
        if (summary.system === this.#context.system) this.#owner.reclaim(summary, summary.sequence);
      }
    }
  }

  #isAuthenticSnp(bytes: Uint8Array, tlvAt: number): boolean {
    const password = snpPassword(this.#context, this.#owner.level);
    return password?.snp !== 'validate' || isAuthentic(bytes, tlvAt, false, password);
  }

  #drop(lsp: Lsp, reason: Refusal | undefined): Refusal | undefined {
    this.#lsdb.pool.release(lsp);
    return reason;
  }

  #full(): Refusal {
    this.#context.tell(
      'error',
      `more than ${MAX_LSPS} LSPs at level ${this.#owner.level}: those beyond are not taken`,
    );
    return 'database-full';
  }
}

/** 7.3.16.2: two LSPs that cannot both be what their system made. */
function isConfused({ lsp, purged }: LspEntry, pdu: LspPdu): boolean {
  return !purged && pdu.lifetimeS > 0 && pdu.sequence === lsp.sequence;
}
