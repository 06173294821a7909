/**
 * The overhead planner: how much shadow traffic does a router stand beside its real traffic? (R. Alimi, Y. Wang,
 * Y. R. Yang, "Shadow Configuration as a Network Management Primitive", SIGCOMM 2008; docs/planner.md derives what
 * is here.)
 *
 * A router is built for the packets per second of its links filled with the smallest packets. Real packets are
 * larger, so a full link leaves packets per second unused; packet cancellation frees the bytes. What is left of the
 * two is what the shadow plane may have.
 *
 * A **load** is the share of the link that a plane's packets take when they travel whole, shadow packets under their
 * label. Every limit is a straight line in the plane of the two loads, so the loads that a router stands are a
 * polygon, and only the mean sizes of packets count.
 */

/** What is known of a link, of the router behind it, and of the packets. Bytes are means, on the wire. */
export interface PlanInput {
  readonly linkBps: number;
  /** Packets per second that the router forwards for one port. */
  readonly packetRate: number;
  readonly realWireBytes: number;
  /** Whole, with its label. */
  readonly shadowWireBytes: number;
  /** Of a shadow packet whose payload is cancelled, in a frame of its own: the most that it takes. */
  readonly headerWireBytes: number;
}

/** `link`: bytes on the wire; `packets`: what the router forwards; `shadow link`: all that the shadow plane would have alone. */
export type LimitName = 'link' | 'packets' | 'shadow link';

/** real * load of real + shadow * load of shadow <= 1. */
export interface Limit {
  readonly name: LimitName;
  readonly real: number;
  readonly shadow: number;
}

export type SharingMode = 'without' | 'with';

/** The smallest packet on an Ethernet link: 64 bytes of frame, 8 of preamble, 12 of gap (IEEE 802.3 4.2.3.3, 4.4.2). */
export const SMALLEST_WIRE_BYTES = 84;

/** Packets per second of a link full of the smallest packets: what a router is built for. */
export function lineRate(linkBps: number): number {
  return linkBps / (8 * SMALLEST_WIRE_BYTES);
}

/** The limits without or with packet cancellation. */
export function limitsOf(input: PlanInput, mode: SharingMode): readonly Limit[] {
  /** Bytes on the wire that the router has for each packet, where it forwards as many as it can. */
  const budgetBytes = input.linkBps / (8 * input.packetRate);
  const packets: Limit = {
    name: 'packets',
    real: budgetBytes / input.realWireBytes,
    shadow: budgetBytes / input.shadowWireBytes,
  };
  switch (mode) {
    case 'without':
      return [{ name: 'link', real: 1, shadow: 1 }, packets];
    case 'with':
      return [
        { name: 'link', real: 1, shadow: input.headerWireBytes / input.shadowWireBytes },
        packets,
        { name: 'shadow link', real: 0, shadow: 1 },
      ];
  }
}

export interface HeadRoom {
  /** The largest load of the shadow plane, 0 .. 1. */
  readonly shadowLoad: number;
  /** What limits it. */
  readonly limit: LimitName;
}

/** The most that the shadow may have beside this real load; undefined where that is too much already. */
export function headRoom(limits: readonly Limit[], realLoad: number): HeadRoom | undefined {
  let best: HeadRoom | undefined;
  for (const { name, real, shadow } of limits) {
    const shadowLoad = (1 - real * realLoad) / shadow;
    if (shadowLoad < -ROUNDING) return undefined;
    if (best === undefined || shadowLoad < best.shadowLoad - ROUNDING) {
      best = { shadowLoad: Math.max(0, shadowLoad), limit: name };
    }
  }
  return best;
}

/** The largest load that both planes may have at once, and what limits it. */
export function equalLoad(limits: readonly Limit[]): HeadRoom | undefined {
  let best: HeadRoom | undefined;
  for (const { name, real, shadow } of limits) {
    const shadowLoad = 1 / (real + shadow);
    if (best === undefined || shadowLoad < best.shadowLoad) best = { shadowLoad, limit: name };
  }
  return best;
}

/** Does the router stand these loads? */
export function isWithin(limits: readonly Limit[], realLoad: number, shadowLoad: number): boolean {
  return limits.every(({ real, shadow }) => real * realLoad + shadow * shadowLoad <= 1 + ROUNDING);
}

/** The upper edge of the region, from no real load to the largest: its corners as [real, shadow]. */
export function regionEdge(limits: readonly Limit[]): readonly (readonly [number, number])[] {
  const reals = new Set([0]);
  for (const a of limits) {
    if (a.real > 0) reals.add(1 / a.real);
    for (const b of limits) {
      const determinant = a.real * b.shadow - b.real * a.shadow;
      if (Math.abs(determinant) > ROUNDING) reals.add((b.shadow - a.shadow) / determinant);
    }
  }
  return [...reals]
    .filter((real) => real >= 0)
    .sort((a, b) => a - b)
    .flatMap((real) => {
      const room = headRoom(limits, real);
      return room === undefined ? [] : [[real, room.shadowLoad] as const];
    });
}

/** Loads are compared as the floating-point numbers that they are. */
const ROUNDING = 1e-9;
