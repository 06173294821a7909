/**
 * LSPs are immutable, and every router of a level holds the same ones: the pool reads each once and hands out one
 * object, counted, to all instances that share it. It also numbers LSP IDs, vertices (routers and pseudonodes) and
 * prefixes, so that databases and SPF are arrays. An instance of its own has a pool of its own.
 */
import type { Prefix } from '../../../net/address.ts';
import { readU16, writeU16 } from '../../../net/bytes.ts';
import { Numbering } from '../spf/numbering.ts';
import type { SystemId } from './ids.ts';
import {
  CHECKSUM_AT,
  decodeLspBody,
  LIFETIME_AT,
  type LspBody,
  lspChecksumHolds,
  type MetricStyle,
  type Reach,
} from './lsp.ts';
import type { LspPdu } from './packet.ts';

export interface Edge {
  /** Number of the vertex that it leads to. */
  readonly vertex: number;
  readonly metric: number;
}

export interface Stub {
  /** Number of the prefix. */
  readonly prefix: number;
  readonly metric: number;
  readonly down: boolean;
  readonly externalMetric: boolean;
}

export interface VertexReach {
  readonly edges: readonly Edge[];
  readonly stubs: readonly Stub[];
}

/** One LSP. Its remaining lifetime is not part of it: each database knows that for itself. */
export interface Lsp {
  /** Number of its LSP ID. */
  readonly number: number;
  readonly system: SystemId;
  /** Pseudonode and fragment: see ids.ts. */
  readonly local: number;
  readonly sequence: number;
  readonly checksum: number;
  readonly flags: number;
  /** The whole PDU; the lifetime in it is 0. */
  readonly bytes: Uint8Array;
  /** The PDU with the lifetime that it was last sent with: as a rule, that of the next who sends it. */
  sent: Uint8Array;
  readonly areas: readonly string[];
  readonly hostname: string;
  readonly bare: boolean;
  /** Number of the vertex that it describes. */
  readonly vertex: number;
  /** What it says by the metrics that one goes by. */
  readonly reach: Readonly<Record<MetricStyle, readonly VertexReach[]>>;
}

interface Version {
  readonly lsp: Lsp;
  holders: number;
}

const NOTHING: VertexReach = { edges: [], stubs: [] };

export class LspPool {
  readonly prefixes = new Numbering<Prefix>();
  /** Of the default route, which an attached router stands for without an entry. */
  readonly defaultPrefix: number;
  readonly #systems = new Numbering<undefined>();
  /** By system number and local; the value is the system's number. */
  readonly #lspIds = new Numbering<number>();
  /** By system number and pseudonode; the value is the system's number. */
  readonly #vertices = new Numbering<number>();
  /** By number of LSP ID. */
  readonly #versions: Version[][] = [];

  constructor() {
    this.defaultPrefix = this.#retainPrefix({ address: 0, length: 0 });
  }

  /** The LSP, held once more; why not, where its checksum is wrong or its TLVs do not add up. */
  intern(bytes: Uint8Array, header: LspPdu): Lsp | 'checksum' | 'body' {
    const known = this.findLsp(header.system, header.local);
    for (const version of known < 0 ? [] : this.#versions[known]) {
      const { lsp } = version;
      if (lsp.sequence !== header.sequence || !sameButLifetime(lsp.bytes, bytes)) continue;
      version.holders++;
      return lsp;
    }
    // RFC 3719 7: the checksum of a purge may be 0, and is not looked at.
    const isUnchecked = header.lifetimeS === 0 && header.checksum === 0;
    if (!isUnchecked && !lspChecksumHolds(bytes)) return 'checksum';
    const body = decodeLspBody(bytes);
    if (body === undefined) return 'body';
    const lsp = this.#make(bytes.slice(), header, body);
    this.#versions[lsp.number] ??= [];
    this.#versions[lsp.number].push({ lsp, holders: 1 });
    return lsp;
  }

  /** Gives back what `intern` handed out. */
  release(lsp: Lsp): void {
    const versions = this.#versions[lsp.number];
    const index = versions.findIndex((version) => version.lsp === lsp);
    if (index < 0 || --versions[index].holders > 0) return;
    versions.splice(index, 1);
    for (const { edges, stubs } of lsp.reach.transition) {
      for (const edge of edges) this.#releaseVertex(edge.vertex);
      for (const stub of stubs) this.prefixes.release(stub.prefix);
    }
    this.#releaseVertex(lsp.vertex);
    this.#systems.release(this.#lspIds.valueOf(lsp.number));
    this.#lspIds.release(lsp.number);
  }

  /** Number of an LSP ID; -1 where no LSP has it. */
  findLsp(system: SystemId, local: number): number {
    const number = this.#systems.find(system);
    return number < 0 ? -1 : this.#lspIds.find(number * 65536 + local);
  }

  /** Number of a vertex; -1 where no LSP mentions it. */
  findVertex(system: SystemId, pseudonode: number): number {
    const number = this.#systems.find(system);
    return number < 0 ? -1 : this.#vertices.find(number * 256 + pseudonode);
  }

  #make(bytes: Uint8Array, header: LspPdu, body: LspBody): Lsp {
    bytes[LIFETIME_AT] = 0;
    bytes[LIFETIME_AT + 1] = 0;
    const { system, local, sequence, checksum, flags } = header;
    const systemNumber = this.#systems.retain(system, undefined);
    const { areas, hostname, bare } = body;
    const narrow = this.#numbered(body.narrow);
    const wide = this.#numbered(body.wide);
    return {
      number: this.#lspIds.retain(systemNumber * 65536 + local, systemNumber),
      system,
      local,
      sequence,
      checksum,
      flags,
      bytes,
      sent: bytes,
      areas,
      hostname,
      bare,
      vertex: this.#retainVertex(system, local >>> 8),
      reach: { narrow: [narrow], wide: [wide], transition: [narrow, wide] },
    };
  }

  #numbered({ nodes, prefixes }: Reach): VertexReach {
    if (nodes.length === 0 && prefixes.length === 0) return NOTHING;
    return {
      edges: nodes.map(({ system, pseudonode, metric }) => ({
        vertex: this.#retainVertex(system, pseudonode),
        metric,
      })),
      stubs: prefixes.map(({ prefix, metric, down, externalMetric }) => ({
        prefix: this.#retainPrefix(prefix),
        metric,
        down,
        externalMetric,
      })),
    };
  }

  #retainPrefix(prefix: Prefix): number {
    return this.prefixes.retain(prefix.address * 64 + prefix.length, prefix);
  }

  /** A vertex holds its system, once for each that retains it. */
  #retainVertex(system: SystemId, pseudonode: number): number {
    const number = this.#systems.retain(system, undefined);
    return this.#vertices.retain(number * 256 + pseudonode, number);
  }

  #releaseVertex(vertex: number): void {
    const system = this.#vertices.valueOf(vertex);
    this.#vertices.release(vertex);
    this.#systems.release(system);
  }
}

/** The PDU with a remaining lifetime of so many seconds. */
export function withLifetime(lsp: Lsp, lifetimeS: number): Uint8Array {
  if (readU16(lsp.sent, LIFETIME_AT) === lifetimeS) return lsp.sent;
  const bytes = lsp.bytes.slice();
  writeU16(bytes, LIFETIME_AT, lifetimeS);
  lsp.sent = bytes;
  return bytes;
}

function sameButLifetime(lsp: Uint8Array, bytes: Uint8Array): boolean {
  if (lsp.length !== bytes.length) return false;
  // Where two LSPs of one sequence differ, their checksums do.
  if (lsp[CHECKSUM_AT] !== bytes[CHECKSUM_AT] || lsp[CHECKSUM_AT + 1] !== bytes[CHECKSUM_AT + 1])
    return false;
  for (let at = 0; at < LIFETIME_AT; at++) if (lsp[at] !== bytes[at]) return false;
  for (let at = LIFETIME_AT + 2; at < lsp.length; at++) if (lsp[at] !== bytes[at]) return false;
  return true;
}
