/**
 * The way of one packet through one plane, from the postcards that routers left about it.
 *
 * Postcards come in any order, some twice (a lost answer is asked for again), some never (their store is
 * bounded), and a packet that nobody traced still leaves one where it is dropped. So a path says how far it
 * can be believed: `traced` where it begins at a router that the source is attached to, `complete` where
 * each router's port out leads to the next router. A packet whose last postcard says that it was sent on, and
 * that the next router never saw, is lost on the wire.
 */
import type { Plane, Tag } from '../net/wire.ts';
import type { DropReason, Postcard } from '../world/observation.ts';
import type { FlowFact } from './facts.ts';
import type { Network } from './network.ts';

/** All postcards of one packet. */
export class Trace {
  readonly flow: number;
  readonly plane: Plane;
  readonly sequence: number;
  /** The step it was sent in; an earlier postcard that comes late may move it back. */
  step: number;
  /** What its postcards come to, once somebody asked (`RunView.path`); a new postcard makes it void. */
  path: Path | undefined = undefined;
  readonly #hops: Postcard[] = [];

  constructor(first: Postcard, step: number) {
    this.step = step;
    this.flow = first.flow;
    this.plane = first.plane;
    this.sequence = first.sequence;
    this.#hops.push(first);
  }

  /** Files a postcard by its time; one that is known already changes nothing. Returns whether it was new. */
  add(postcard: Postcard): boolean {
    if (this.#hops.length >= MAX_HOPS || this.#hops.some((hop) => sameNote(hop, postcard))) return false;
    let at = this.#hops.length;
    while (at > 0 && this.#timeAt(at - 1) > postcard.timeNs) at--;
    this.#hops.splice(at, 0, postcard);
    this.path = undefined;
    return true;
  }

  /** By time, at least one. */
  get hops(): readonly Postcard[] {
    return this.#hops;
  }

  get startNs(): number {
    return this.#timeAt(0);
  }

  get endNs(): number {
    return this.#timeAt(this.#hops.length - 1);
  }

  #timeAt(index: number): number {
    return this.#hops[index]?.timeNs ?? 0;
  }
}

/** An IPv4 packet passes at most 255 routers, and each writes one postcard a visit. */
const MAX_HOPS = 256;

function sameNote(a: Postcard, b: Postcard): boolean {
  return (
    a.timeNs === b.timeNs &&
    a.router === b.router &&
    a.in === b.in &&
    a.out === b.out &&
    a.verdict === b.verdict &&
    a.tag === b.tag
  );
}

/** Why a packet did not arrive: as the router said, or `wire` where it left a router and no other saw it. */
export type LossReason = DropReason | 'wire';

export interface Loss {
  readonly router: string;
  /** Port that the packet came in by. */
  readonly in: string;
  /** Empty where it was dropped before a way out was chosen. */
  readonly out: string;
  readonly reason: LossReason;
  /** `access-list NAME seq N` or `access-list NAME implicit deny`, where that is why. */
  readonly acl?: string;
  /** The class of a policy map that dropped it. */
  readonly policy?: string;
}

export interface Path {
  /** In the order passed; a router that was passed twice stands there twice. */
  readonly routers: readonly string[];
  /** The postcards begin where the source is attached. */
  readonly traced: boolean;
  /** No postcard is missing between two others. */
  readonly complete: boolean;
  /** The last router sent it on to its destination (or was the destination). */
  readonly arrived: boolean;
  readonly lost?: Loss;
  readonly looped: boolean;
  /** Tags of the configurations that it was forwarded by, in order of appearance. */
  readonly tags: readonly Tag[];
}

/** Reads the path from a packet's postcards. */
export function pathOf(trace: Trace, network: Network): Path {
  const flow = network.flows.get(trace.flow);
  const starts = flow === undefined ? NOWHERE : network.routersOf(flow.from);
  const hops = inOrder(trace.hops, starts, network);
  const routers = hops.map((hop) => hop.router);
  const [first] = hops;
  const last = hops[hops.length - 1];
  const arrived = last !== undefined && reaches(last, endsOf(flow), network);
  const path = {
    routers,
    traced: first !== undefined && (starts.size === 0 || starts.has(first.router)),
    complete: isComplete(hops, network),
    arrived,
    looped: new Set(routers).size < routers.length,
    tags: [...new Set(hops.map((hop) => hop.tag))],
  };
  return arrived || last === undefined ? path : { ...path, lost: lossAt(last) };
}

const NOWHERE: ReadonlySet<string> = new Set();

/**
 * As the packet passed them. That is by time, but where routers are processes: one that had to wait for a processor
 * may write an earlier time than the router that it got the packet from. So where times make no way, but following
 * the links does, the links are right.
 */
function inOrder(
  hops: readonly Postcard[],
  starts: ReadonlySet<string>,
  network: Network,
): readonly Postcard[] {
  if (isComplete(hops, network)) return hops;
  const left = [...hops];
  const ordered: Postcard[] = [];
  for (let last: Postcard | undefined; left.length > 0; last = ordered.at(-1)) {
    const before = last;
    const next = left.findIndex((hop) =>
      before === undefined ? starts.has(hop.router) : leads(before, hop, network),
    );
    ordered.push(...left.splice(Math.max(next, 0), 1));
  }
  return isComplete(ordered, network) ? ordered : hops;
}

function isComplete(hops: readonly Postcard[], network: Network): boolean {
  return hops.every((hop, index) => {
    const next = hops[index + 1];
    return next === undefined || leads(hop, next, network);
  });
}

function leads(hop: Postcard, next: Postcard, network: Network): boolean {
  return hop.out !== '' && network.joins(hop.router, hop.out, next.router);
}

/** The hosts that a flow's packets may arrive at: several where it goes to outside. */
function endsOf(flow: FlowFact | undefined): readonly string[] {
  return flow === undefined ? [] : (flow.outside?.exits ?? [flow.to]);
}

function reaches(last: Postcard, destinations: readonly string[], network: Network): boolean {
  if (last.verdict === 'delivered') return true;
  if (last.verdict === 'dropped') return false;
  const link = network.linkAt(last.router, last.out);
  const named = destinations.some((name) => last.nextHop === network.addressOf(name));
  if (link === undefined || link.ends.length > 2) return named;
  return link.ends.some((end) => destinations.includes(end.node));
}

function lossAt(last: Postcard): Loss {
  return {
    router: last.router,
    in: last.in,
    out: last.out,
    reason: last.verdict === 'dropped' ? (last.reason ?? 'malformed') : 'wire',
    // A postcard also names the line that let a packet pass.
    ...(last.acl !== undefined && (last.reason === 'acl-in' || last.reason === 'acl-out')
      ? { acl: last.acl }
      : {}),
    ...(last.policy === undefined ? {} : { policy: last.policy }),
  };
}

/** The part of a path from a router's first visit to its second, that router at both ends; empty where none. */
export function loopOf(routers: readonly string[]): readonly string[] {
  const seenAt = new Map<string, number>();
  for (const [index, router] of routers.entries()) {
    const before = seenAt.get(router);
    if (before !== undefined) return routers.slice(before, index + 1);
    seenAt.set(router, index);
  }
  return [];
}

/** Do two paths pass the same routers in the same order? */
export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((router, index) => router === b[index]);
}
