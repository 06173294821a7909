/** What flows send by themselves, as settings, and the schedule that each makes. */
import type { TimeNs } from '../world/clock.ts';
import type { Random } from '../world/random.ts';
import { type Arrival, changingDepartures, departures, intervalOf, type Schedule } from './departures.ts';
import { type Replay, replaySchedule } from './replay.ts';

export interface RateChange {
  /** After the flow's start. */
  readonly fromNs: TimeNs;
  /** 0: a pause. */
  readonly rateBps: number;
}

export type Sending =
  | {
      readonly kind: 'rate';
      /** Bytes of IPv4 packet. */
      readonly packetBytes: number;
      /** While on, bits of IPv4 packet per second. */
      readonly rateBps: number;
      /** Rates that hold later on, in order of time. */
      readonly changes?: readonly RateChange[];
      readonly arrival: Arrival;
      /** Of its packets in the real plane, 0 .. 63 (default 0); those sent in the shadow have the shadow's. */
      readonly dscp?: number;
      /** Routers may send its packets in fragments; otherwise they drop what is too long (DF). Default: no. */
      readonly mayFragment?: boolean;
    }
  | ({ readonly kind: 'replay' } & Replay);

/** RangeError where rate, size or times make no schedule. */
export function scheduleOf(sending: Sending, random: Random): Schedule {
  switch (sending.kind) {
    case 'rate': {
      const { packetBytes, rateBps, changes, arrival } = sending;
      if (changes === undefined) {
        return { packetBytes, departures: departures(arrival, intervalOf(packetBytes, rateBps), random) };
      }
      const stretches = [{ fromNs: 0, rateBps }, ...changes].map((stretch) => ({
        fromNs: stretch.fromNs,
        intervalNs: intervalOf(packetBytes, stretch.rateBps),
      }));
      return { packetBytes, departures: changingDepartures(arrival, stretches, random) };
    }
    case 'replay':
      return replaySchedule(sending);
  }
}
