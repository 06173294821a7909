/**
 * Our own LSPs of one level: the router's, and one for each LAN that we are designated on. What they say is asked of
 * the level when they are made; here is when they are made, in how many fragments, and with which sequence numbers.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { equalBytes } from '../../../net/bytes.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import { SpfThrottle } from '../spf/throttle.ts';
import { authenticationLength } from './authentication.ts';
import {
  CONTESTED,
  FIRST_GENERATION_MS,
  GENERATION_STEP_MS,
  MAX_SEQUENCE,
  ZERO_AGE_LIFETIME_S,
} from './constants.ts';
import { type Context, Repeater } from './context.ts';
import type { Flooding } from './flooding.ts';
import { type KeyedEntry, Placement } from './fragments.ts';
import { LSP_HEADER } from './header.ts';
import { formatLspId, formatSystemId, type LspId } from './ids.ts';
import type { Lsdb } from './lsdb.ts';
import { encodeLsp, type LspFacts, writeFacts } from './lsp.ts';
import { decodePdu } from './packet.ts';
import { PduWriter } from './tlv.ts';

/** What the LSP of the router (pseudonode 0), or of a pseudonode of ours, is to say. */
export interface OwnNode {
  readonly pseudonode: number;
  readonly flags: number;
  /** In fragment 0. */
  readonly facts: LspFacts | undefined;
  readonly entries: readonly KeyedEntry[];
}

export interface OriginationOwner {
  readonly level: IsisLevel;
  /** Bytes of the longest LSP that all circuits carry. */
  readonly lspMtu: number;
  ownNodes(): readonly OwnNode[];
}

/** One fragment of ours. */
interface Own {
  sequence: number;
  /** What it said last, signed, as an LSP of sequence 0; undefined where there is to be none. */
  said: Uint8Array | undefined;
  /** To be made anew though it says the same. */
  forced: boolean;
  /** How often since the last refresh somebody had another one in place of what we had said. */
  contested: number;
  /** Its sequence numbers are used up: it may begin anew when the last one has expired everywhere (7.3.16.1). */
  wrapped: Timer | undefined;
}

export class Origination {
  readonly #context: Context;
  readonly #lsdb: Lsdb;
  readonly #flooding: Flooding;
  readonly #owner: OriginationOwner;
  readonly #throttle: SpfThrottle;
  readonly #refresh: Repeater;
  readonly #placements = new Map<number, Placement>();
  /** By local: pseudonode and fragment. */
  readonly #own = new Map<number, Own>();

  constructor(context: Context, lsdb: Lsdb, flooding: Flooding, owner: OriginationOwner) {
    this.#context = context;
    this.#lsdb = lsdb;
    this.#flooding = flooding;
    this.#owner = owner;
    this.#throttle = new SpfThrottle(context.clock, throttleMs(context), () => this.#originate());
    this.#refresh = new Repeater(
      context,
      () => context.settings.lspRefreshIntervalS * SECOND,
      () => {
        for (const own of this.#own.values()) {
          own.forced = true;
          own.contested = 0;
        }
        this.#throttle.schedule();
      },
    );
  }

  get isSettled(): boolean {
    return !this.#throttle.isDue;
  }

  /** What our LSPs say may be another thing now. */
  changed(): void {
    this.#throttle.adjust(throttleMs(this.#context));
    if (!this.#refresh.isRunning) this.#refresh.restart();
    this.#throttle.schedule();
  }

  /** True where the LSP is one of ours, which we make anew with a greater sequence number. */
  reclaim({ local }: LspId, sequence: number): boolean {
    const isWanted = local === 0 || this.#own.get(local)?.said !== undefined;
    const own = this.#ownOf(local);
    if (own.said !== undefined && !own.forced && ++own.contested === CONTESTED) this.#tellOfDouble(local);
    own.sequence = Math.max(own.sequence, sequence);
    own.forced = true;
    if (isWanted) this.changed();
    return isWanted;
  }

  stop(): void {
    this.#throttle.stop();
    this.#refresh.stop();
    for (const { wrapped } of this.#own.values()) wrapped?.cancel();
    this.#own.clear();
    this.#placements.clear();
  }

  #originate(): void {
    const wanted = new Set<number>();
    for (const node of this.#owner.ownNodes()) this.#originateNode(node, wanted);
    for (const [local, own] of this.#own) {
      if (wanted.has(local) || own.said === undefined) continue;
      own.said = undefined;
      const entry = this.#lsdb.find(this.#context.system, local);
      if (entry !== undefined) this.#flooding.purge(entry);
    }
    for (const pseudonode of this.#placements.keys()) {
      if (!wanted.has(pseudonode * 256)) this.#placements.delete(pseudonode);
    }
  }

  #originateNode(node: OwnNode, wanted: Set<number>): void {
    const { lspMtu, level } = this.#owner;
    const placement = this.#placements.get(node.pseudonode) ?? new Placement();
    this.#placements.set(node.pseudonode, placement);
    const capacity = lspMtu - LSP_HEADER - authenticationLength(this.#context.settings.passwords[level]);
    const { fragments, left } = placement.place(node.entries, (fragment) =>
      fragment === 0 ? capacity - factsLength(node.facts) : capacity,
    );
    if (left > 0) {
      this.#context.tell('error', `level ${level}: ${left} entries have no room in the LSP's 256 fragments`);
    }
    fragments.forEach((entries, fragment) => {
      const local = node.pseudonode * 256 + fragment;
      // Fragment 0 is always there: it says that the router is. Others that have become empty are purged.
      if (fragment > 0 && entries.length === 0) return;
      wanted.add(local);
      this.#originateFragment(local, node.flags, { facts: fragment === 0 ? node.facts : undefined, entries });
    });
  }

  #originateFragment(
    local: number,
    flags: number,
    body: { readonly facts: LspFacts | undefined; readonly entries: readonly KeyedEntry[] },
  ): void {
    const { system, settings } = this.#context;
    const { level, lspMtu } = this.#owner;
    const own = this.#ownOf(local);
    if (own.wrapped !== undefined) return;
    const said = encodeLsp(
      { level, system, local, sequence: 0, flags },
      lspMtu,
      settings.passwords[level],
      body,
    );
    const known = this.#lsdb.find(system, local);
    const isThere = known !== undefined && !known.purged;
    if (isThere && !own.forced && own.said !== undefined && equalBytes(own.said, said)) return;
    own.said = said.slice();
    own.forced = false;
    own.sequence = Math.max(own.sequence, known?.lsp.sequence ?? 0);
    if (own.sequence >= MAX_SEQUENCE) {
      this.#wrap(own);
      // With the last number: another one's copy of ours may have it, and would outlive a purge with less.
      if (known !== undefined) this.#flooding.purge(known, own.sequence);
      return;
    }
    own.sequence++;
    const head = { level, system, local, sequence: own.sequence, flags };
    const bytes = encodeLsp(head, lspMtu, settings.passwords[level], body);
    bytes[10] = settings.lspLifetimeS >>> 8;
    bytes[11] = settings.lspLifetimeS;
    const header = decodePdu(bytes);
    if (typeof header === 'string' || header.type !== 'lsp') return;
    const lsp = this.#lsdb.pool.intern(bytes, header);
    if (typeof lsp !== 'string') this.#flooding.originate(lsp, settings.lspLifetimeS);
  }

  /** What was ours before a restart comes back once; what comes back again and again is made by somebody. */
  #tellOfDouble(local: number): void {
    const { system } = this.#context;
    const { level } = this.#owner;
    this.#context.tell(
      'error',
      `another router changes our LSP ${formatLspId({ system, local })} of level ${level} again and again: has it our system ID ${formatSystemId(system)}?`,
    );
  }

  #wrap(own: Own): void {
    const waitS = this.#context.settings.lspLifetimeS + ZERO_AGE_LIFETIME_S;
    this.#context.tell('warning', `sequence numbers are used up: ${waitS} s until they begin anew`);
    own.wrapped = this.#context.clock.after(waitS * SECOND, () => {
      own.wrapped = undefined;
      own.sequence = 0;
      own.forced = true;
      this.#throttle.schedule();
    });
  }

  #ownOf(local: number): Own {
    const known = this.#own.get(local);
    if (known !== undefined) return known;
    const own: Own = { sequence: 0, said: undefined, forced: false, contested: 0, wrapped: undefined };
    this.#own.set(local, own);
    return own;
  }
}

function throttleMs({ settings }: Context) {
  return {
    delay: FIRST_GENERATION_MS,
    hold: GENERATION_STEP_MS,
    max: Math.max(GENERATION_STEP_MS, settings.lspGenerationIntervalS * 1000),
  };
}

function factsLength(facts: LspFacts | undefined): number {
  if (facts === undefined) return 0;
  const writer = new PduWriter(4096);
  writeFacts(writer, facts);
  return writer.length;
}
