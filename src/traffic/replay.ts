/**
 * Replay: the sizes and gaps of a capture's packets, sent again as measured packets. Contents are not: what
 * travels is shadowlab's own header and zeros, so that each packet can be told apart and timed.
 */
import { SMALLEST_PROBE_PACKET } from '../net/probe.ts';
import type { TimeNs } from '../world/clock.ts';
import type { Capture, CapturedPacket } from './capture.ts';
import type { Schedule } from './departures.ts';

/** What is sent. Both lists have one element a packet. */
export interface Replay {
  /** Bytes of IPv4 packet. */
  readonly sizes: readonly number[];
  /** After the first; never falling. */
  readonly timesNs: readonly TimeNs[];
  /** From the first packet of one round to that of the next; absent: there is one round. */
  readonly periodNs?: TimeNs;
}

export interface ReplayOptions {
  /**
   * Which packets of the capture: those of the direction that carries most bytes from one address to another;
   * all; or those from one address, to one, or both.
   */
  readonly packets: 'largest' | 'all' | { readonly from?: string; readonly to?: string };
  /** Gaps come from this rate (bits of IPv4 packet per second), not from the capture's times. */
  readonly rateBps?: number;
  /** Over and over again. */
  readonly loop: boolean;
  /** Larger packets are clipped to this. */
  readonly mtu: number;
}

export interface MadeReplay {
  readonly replay: Replay;
  /** Packets that were too small for shadowlab's header, and are sent with 52 bytes. */
  readonly enlarged: number;
  /** Packets that were larger than the MTU, and are sent with that. */
  readonly clipped: number;
}

/** What is wrong: words for people; `needsRate` where a rate would mend it. */
export interface NoReplay {
  readonly wrong: string;
  readonly needsRate: boolean;
}

export function makeReplay(capture: Capture, options: ReplayOptions): MadeReplay | NoReplay {
  const { rateBps, loop, mtu } = options;
  const packets = chosen(capture, options.packets);
  if (packets.length === 0) {
    return { wrong: `holds no packet ${describe(options.packets)} (${mostOf(capture)})`, needsRate: false };
  }
  const sizes = packets.map(({ bytes }) => Math.min(mtu, Math.max(SMALLEST_PROBE_PACKET, bytes)));
  const captured = inOrder(packets);
  const spanNs = captured[captured.length - 1];
  if (rateBps === undefined && spanNs === 0 && (packets.length > 1 || loop)) {
    const wrong = `has the same time at all of its ${packets.length} packets: there are no gaps to replay`;
    return { wrong, needsRate: true };
  }
  const [timesNs, roundNs] =
    rateBps === undefined
      ? // From the last packet of a round to the first of the next: the mean gap.
        [captured, (spanNs * packets.length) / Math.max(1, packets.length - 1)]
      : atRate(sizes, rateBps);
  return {
    replay: { sizes, timesNs, ...(loop ? { periodNs: roundNs } : {}) },
    enlarged: packets.filter(({ bytes }) => bytes < SMALLEST_PROBE_PACKET).length,
    clipped: packets.filter(({ bytes }) => bytes > mtu).length,
  };
}

export function replaySchedule({ sizes, timesNs, periodNs }: Replay): Schedule {
  let departed = 0;
  let sized = 0;
  return {
    packetBytes: sizes.reduce((most, bytes) => Math.max(most, bytes), 0),
    sizes: () => sizes[sized++ % sizes.length],
    departures: () => {
      const round = Math.floor(departed / timesNs.length);
      if (round > 0 && periodNs === undefined) return Number.POSITIVE_INFINITY;
      return round * (periodNs ?? 0) + timesNs[departed++ % timesNs.length];
    },
  };
}

function chosen(capture: Capture, which: ReplayOptions['packets']): readonly CapturedPacket[] {
  if (which === 'all') return capture.packets;
  const { from, to } = which === 'largest' ? largest(capture) : which;
  return capture.packets.filter(
    (packet) => (from === undefined || packet.from === from) && (to === undefined || packet.to === to),
  );
}

interface Direction {
  readonly from: string;
  readonly to: string;
  bytes: number;
  packets: number;
}

/** Of two that carry the same, the first in the file. */
function largest({ packets }: Capture): Direction {
  const directions = new Map<string, Direction>();
  for (const { from, to, bytes } of packets) {
    const key = `${from} ${to}`;
    const direction = directions.get(key) ?? { from, to, bytes: 0, packets: 0 };
    direction.bytes += bytes;
    direction.packets++;
    directions.set(key, direction);
  }
  return [...directions.values()].reduce((most, one) => (one.bytes > most.bytes ? one : most));
}

function describe(which: ReplayOptions['packets']): string {
  if (typeof which === 'string') return 'at all';
  const { from, to } = which;
  return [...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`to ${to}`])].join(
    ' ',
  );
}

function mostOf(capture: Capture): string {
  const { from, to, packets } = largest(capture);
  return `most bytes go from ${from} to ${to}, in ${packets} packets`;
}

/** Times since the first of them; one that steps back, as from two capturing queues, counts as the one before. */
function inOrder(packets: readonly CapturedPacket[]): readonly TimeNs[] {
  let latestNs = packets[0].timeNs;
  return packets.map(({ timeNs }) => {
    latestNs = Math.max(latestNs, timeNs);
    return latestNs - packets[0].timeNs;
  });
}

/** Each packet takes its time at the rate; and the time of all together. */
function atRate(sizes: readonly number[], rateBps: number): readonly [readonly TimeNs[], TimeNs] {
  let bytes = 0;
  const times = sizes.map((size) => {
    const atNs = (bytes * 8e9) / rateBps;
    bytes += size;
    return atNs;
  });
  return [times, (bytes * 8e9) / rateBps];
}
