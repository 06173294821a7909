/**
 * LSAs are immutable, and every router of an area holds the same ones: the pool decodes each once and hands
 * out one object, counted, to all instances that share it. It also numbers vertices (routers, networks) and
 * prefixes, so that SPF runs over arrays and never hashes. An instance of its own has a pool of its own.
 */
import { type Ipv4, lengthOfMask, type Prefix, prefixOf } from '../../../net/address.ts';
import { Numbering } from '../spf/numbering.ts';
import {
  decodeLsaBody,
  LINK_POINT_TO_POINT,
  LINK_STUB,
  LINK_TRANSIT,
  type LsaBody,
  type LsaHeader,
  type LsaIdentity,
  ROUTER_LSA,
  SUMMARY_LSA,
} from './lsa.ts';
import { LsaTable } from './lsa-table.ts';

/**
 * Ways from a vertex to others, three words each: the number of the vertex it leads to, the metric, and Link Data (the
 * router's own interface address; 0 in a network-LSA). Words that lie together: SPF reads all of them, again and again.
 */
export type Edges = Uint32Array;
export const EDGE_WORDS = 3;

/** Prefixes that hang on a vertex, or (alone) that a summary or external LSA is about: number of the prefix, metric. */
export type Stubs = Uint32Array;
export const STUB_WORDS = 2;

/** One instance of an LSA. Its age is not part of it: each database knows that for itself. */
export interface Lsa {
  readonly identity: LsaIdentity;
  readonly options: number;
  readonly sequence: number;
  readonly checksum: number;
  /** The whole LSA; the age field is 0. */
  readonly bytes: Uint8Array;
  readonly body: LsaBody;
  /** Number of the vertex that it describes, or -1. */
  readonly vertex: number;
  readonly edges: Edges;
  readonly stubs: Stubs;
  /** Of a router-LSA; else 0. */
  readonly flags: number;
}

interface Versions {
  readonly identity: LsaIdentity;
  readonly held: { readonly lsa: Lsa; holders: number }[];
}

const NO_EDGES: Edges = new Uint32Array(0);
const NO_STUBS: Stubs = new Uint32Array(0);

export class LsaPool {
  readonly vertices = new Numbering<undefined>();
  readonly prefixes = new Numbering<Prefix>();
  readonly #table: LsaTable<Versions>;

  constructor(seed = 0) {
    this.#table = new LsaTable(seed);
  }

  /** The LSA in bytes[at, at + header.length), held once more; undefined where its body is malformed. */
  intern(bytes: Uint8Array, at: number, header: LsaHeader): Lsa | undefined {
    const versions = this.#table.find(header.type, header.id, header.advertisingRouter);
    for (const version of versions?.held ?? []) {
      const { lsa } = version;
      if (lsa.sequence !== header.sequence || lsa.checksum !== header.checksum) continue;
      if (!sameButAge(lsa.bytes, bytes, at, header.length)) continue;
      version.holders++;
      return lsa;
    }
    const body = decodeLsaBody(bytes, at, header);
    if (body === undefined) return undefined;
    const lsa = this.#make(bytes.slice(at, at + header.length), header, body);
    if (versions === undefined) this.#table.set({ identity: lsa.identity, held: [{ lsa, holders: 1 }] });
    else versions.held.push({ lsa, holders: 1 });
    return lsa;
  }

  /** Gives back what `intern` handed out. */
  release(lsa: Lsa): void {
    const { type, id, advertisingRouter } = lsa.identity;
    const versions = this.#table.find(type, id, advertisingRouter);
    const index = versions?.held.findIndex((version) => version.lsa === lsa) ?? -1;
    if (versions === undefined || index < 0 || --versions.held[index].holders > 0) return;
    versions.held.splice(index, 1);
    if (versions.held.length === 0) this.#table.delete(lsa.identity);
    if (lsa.vertex >= 0) this.vertices.release(lsa.vertex);
    for (let at = 0; at < lsa.edges.length; at += EDGE_WORDS) this.vertices.release(lsa.edges[at]);
    for (let at = 0; at < lsa.stubs.length; at += STUB_WORDS) this.prefixes.release(lsa.stubs[at]);
  }

  /** Number of a router's vertex; -1 where no LSA mentions the router. */
  findRouter(id: Ipv4): number {
    return this.vertices.find(id);
  }

  #routerVertex(id: Ipv4): number {
    return this.vertices.retain(id, undefined);
  }

  /** Known by the designated router's address alone: that is all a router-LSA says of it. */
  #networkVertex(id: Ipv4): number {
    return this.vertices.retain(id + 4294967296, undefined);
  }

  #make(bytes: Uint8Array, header: LsaHeader, body: LsaBody): Lsa {
    bytes[0] = 0;
    bytes[1] = 0;
    const { type, id, advertisingRouter, options, sequence, checksum } = header;
    const flags = body.kind === 'router' ? body.flags : 0;
    const lsa = {
      identity: { type, id, advertisingRouter },
      options,
      sequence,
      checksum,
      bytes,
      body,
      flags,
    };
    switch (body.kind) {
      case 'router': {
        const edges: number[] = [];
        const stubs: number[] = [];
        for (const link of body.links) {
          if (link.type === LINK_POINT_TO_POINT) {
            edges.push(this.#routerVertex(link.id), link.metric, link.data);
          } else if (link.type === LINK_TRANSIT) {
            edges.push(this.#networkVertex(link.id), link.metric, link.data);
          } else if (link.type === LINK_STUB) {
            stubs.push(...this.#stub(link.id, link.data, link.metric));
          }
        }
        const vertex = this.#routerVertex(id);
        return { ...lsa, vertex, edges: Uint32Array.from(edges), stubs: Uint32Array.from(stubs) };
      }
      case 'network': {
        const edges = body.routers.flatMap((router) => [this.#routerVertex(router), 0, 0]);
        const vertex = this.#networkVertex(id);
        return { ...lsa, vertex, edges: Uint32Array.from(edges), stubs: this.#stub(id, body.mask, 0) };
      }
      // The prefix that a route is announced to: no vertex has it, the routing table does.
      case 'external':
        return { ...lsa, vertex: -1, edges: NO_EDGES, stubs: this.#stub(id, body.mask, body.metric) };
      case 'summary':
        if (type !== SUMMARY_LSA) return { ...lsa, vertex: -1, edges: NO_EDGES, stubs: NO_STUBS };
        return { ...lsa, vertex: -1, edges: NO_EDGES, stubs: this.#stub(id, body.mask, body.metric) };
      case 'opaque':
        return { ...lsa, vertex: -1, edges: NO_EDGES, stubs: NO_STUBS };
    }
  }

  /** None where the mask has holes: such a network cannot be routed to. */
  #stub(address: Ipv4, mask: Ipv4, metric: number): Stubs {
    const length = lengthOfMask(mask);
    if (length === undefined) return NO_STUBS;
    const prefix = prefixOf(address, length);
    return Uint32Array.of(this.prefixes.retain(prefix.address * 64 + length, prefix), metric);
  }
}

/** Vertices of routers and networks are numbered together; which of the two one is, its LSA says. */
export function isRouter(lsa: Lsa): boolean {
  return lsa.identity.type === ROUTER_LSA;
}

function sameButAge(lsa: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (lsa.length !== length) return false;
  for (let i = 2; i < length; i++) if (lsa[i] !== bytes[at + i]) return false;
  return true;
}
