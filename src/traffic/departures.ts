/**
 * When packets leave. A departure function returns, call after call, the next departure in nanoseconds after
 * the start, as an exact (not rounded) number that never falls; Infinity: no packet leaves any more. Constant
 * departures are computed from the packet's number, not added up, so rounding does not drift into the rate.
 */
import type { TimeNs } from '../world/clock.ts';
import type { Random } from '../world/random.ts';

export type Departures = () => TimeNs;

/** What a flow sends by itself: when its packets leave, and how large each is. */
export interface Schedule {
  readonly departures: Departures;
  /** Bytes of IPv4 packet; where there are `sizes`, of the largest. */
  readonly packetBytes: number;
  readonly sizes?: () => number;
}

export type Arrival =
  | { readonly kind: 'constant' }
  | { readonly kind: 'poisson' }
  /** Exponentially distributed on and off times with these means; constant rate while on. */
  | { readonly kind: 'on-off'; readonly onNs: number; readonly offNs: number };

/** Time between two packets of `packetBytes` at `rateBps`, both counted in IPv4 packets. */
export function intervalOf(packetBytes: number, rateBps: number): TimeNs {
  return (packetBytes * 8 * 1e9) / rateBps;
}

/** On times that are shorter than this share of the packets' distance would cost a long search for each packet. */
const MAX_INTERVAL_PER_ON_TIME = 1000;

/**
 * Departures with a mean distance of `intervalNs` (while on), starting at a random phase so that flows do not
 * beat in step, and in the steady state: the start of a flow is no more special than any later moment.
 * RangeError where the numbers make no schedule.
 */
export function departures(arrival: Arrival, intervalNs: TimeNs, random: Random): Departures {
  checkArrival(arrival, intervalNs);
  switch (arrival.kind) {
    case 'constant':
      return every(intervalNs, random.next() * intervalNs);
    case 'poisson':
      return poisson(intervalNs, random);
    case 'on-off':
      return onOff(every(intervalNs, random.next() * intervalNs), arrival.onNs, arrival.offNs, random);
  }
}

/** From `fromNs` after the start packets leave `intervalNs` apart (while on); Infinity: none does. */
export interface Stretch {
  readonly fromNs: TimeNs;
  readonly intervalNs: TimeNs;
}

/**
 * Departures whose mean distance changes, at the times given (in order, the first at 0); the last holds on. In
 * each stretch they begin anew, in the steady state: none is owed from the stretch before.
 */
export function changingDepartures(
  arrival: Arrival,
  stretches: readonly Stretch[],
  random: Random,
): Departures {
  for (const { intervalNs } of stretches) {
    if (intervalNs !== Number.POSITIVE_INFINITY) checkArrival(arrival, intervalNs);
  }
  let next = 0;
  let fromNs = 0;
  let untilNs = 0;
  let within: Departures = never;
  return () => {
    for (;;) {
      const at = fromNs + within();
      if (at < untilNs || next === stretches.length) return at;
      const { intervalNs } = stretches[next];
      fromNs = stretches[next].fromNs;
      untilNs = stretches[next + 1]?.fromNs ?? Number.POSITIVE_INFINITY;
      within = intervalNs === Number.POSITIVE_INFINITY ? never : departures(arrival, intervalNs, random);
      next++;
    }
  };
}

const never: Departures = () => Number.POSITIVE_INFINITY;

/** Departures at `phaseNs`, `phaseNs + intervalNs`, ...; RangeError where the interval is no time to wait. */
export function every(intervalNs: TimeNs, phaseNs: TimeNs = 0): Departures {
  checkInterval(intervalNs);
  let n = 0;
  return () => phaseNs + n++ * intervalNs;
}

function poisson(intervalNs: TimeNs, random: Random): Departures {
  checkInterval(intervalNs);
  let at = 0;
  return () => {
    at += exponential(intervalNs, random);
    return at;
  };
}

/** Lets a clock that runs only while on drive `departuresWhileOn`, and adds the off times gone by. */
function onOff(departuresWhileOn: Departures, onNs: TimeNs, offNs: TimeNs, random: Random): Departures {
  if (!(offNs >= 0 && onNs > 0)) throw new RangeError(`on-off times of ${onNs} ns and ${offNs} ns`);
  // Exponential times have no memory: what is left of the period that the start falls into is one like any other.
  const startsOn = random.next() * (onNs + offNs) < onNs;
  let onUntil = startsOn ? exponential(onNs, random) : 0;
  let off = 0;
  return () => {
    const at = departuresWhileOn();
    while (at >= onUntil) {
      off += exponential(offNs, random);
      onUntil += exponential(onNs, random);
    }
    return at + off;
  };
}

/** Exponentially distributed with this mean, by inversion; `1 - next()` is never 0. */
function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random.next());
}

/** RangeError where no schedule can be made of these. */
export function checkArrival(arrival: Arrival, intervalNs: TimeNs): void {
  checkInterval(intervalNs);
  if (arrival.kind === 'on-off' && intervalNs > MAX_INTERVAL_PER_ON_TIME * arrival.onNs) {
    throw new RangeError(`on times of ${arrival.onNs} ns for packets ${intervalNs} ns apart`);
  }
}

function checkInterval(intervalNs: TimeNs): void {
  if (!(intervalNs > 0 && intervalNs < Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`packets cannot leave ${intervalNs} ns apart`);
  }
}
