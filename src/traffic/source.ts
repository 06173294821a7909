/** Sends the packets of one flow: measured UDP, each with shadowlab's own header (src/net/probe.ts). */
import type { Ipv4 } from '../net/address.ts';
import { IPV4_HEADER, PROTOCOL_UDP, setIpv4Identification } from '../net/ipv4.ts';
import { PROBE_HEADER, SMALLEST_PROBE_PACKET, writeProbe } from '../net/probe.ts';
import { mendUdpChecksum, UDP_HEADER, writeUdp } from '../net/udp.ts';
import { FIRST_OWN_PORT, type Plane, PROBE_PORT } from '../net/wire.ts';
import type { Clock, TimeNs } from '../world/clock.ts';
import { frameOf } from '../world/frame.ts';
import type { Departures } from './departures.ts';
import type { Host } from './host.ts';
import { DEFAULT_TTL, ipv4At, newPacket, payloadAt } from './packet.ts';

const MAX_PORT = 65535;

/**
 * UDP source port of a flow: 49152 + flow (dynamic ports, RFC 6335) for flows up to 16383, then on from 1. No
 * two flows share one, so mirror rules and ECMP tell them apart.
 *
 *     flow   1     ... 16383    16384 ... 65535
 *     port   49153 ... 65535    1     ... 49152
 */
export function sourcePortOf(flow: number): number {
  const port = FIRST_OWN_PORT + flow;
  return port <= MAX_PORT ? port : port - MAX_PORT;
}

export interface SourceSettings {
  /** 1 .. 65535, the number on the wire. */
  readonly flow: number;
  readonly destination: Ipv4;
  /** Bytes of IPv4 packet, 52 .. the host's mtu: of each, or where there are `sizes` of the largest. */
  readonly packetBytes: number;
  /** Bytes of each IPv4 packet in turn, 52 .. packetBytes. */
  readonly sizes?: () => number;
  /** What each packet in turn says that it carries (src/net/probe.ts); absent: 0. */
  readonly pieces?: () => number;
  readonly plane: Plane;
  /** Of packets in the real plane. Default: 0. */
  readonly dscp?: number;
  /** Routers may send its packets in fragments: each has an identification of its own. Default: no. */
  readonly mayFragment?: boolean;
  /** Which packets ask routers for postcards: 0 none, n each n-th, from the first. */
  readonly traceEvery: number;
  /** Pause after so many packets; absent: go on until `stop`. */
  readonly count?: number;
}

/** Hears of every packet before it leaves, numbered from 0. */
export interface SourceObserver {
  sent(sequence: number, sentNs: TimeNs): void;
}

export class Source {
  readonly #clock: Clock;
  readonly #host: Host;
  readonly #settings: SourceSettings;
  readonly #departures: Departures;
  readonly #observer: SourceObserver;
  /** By bytes of IPv4 packet: a whole packet, its measuring header still zeros. */
  readonly #templates: (Uint8Array | undefined)[] = [];
  /** When it was started. */
  #originNs: TimeNs | undefined;
  #stopped = false;
  #sequence = 0;
  #traceAll = false;
  /** Sequence number at which the source pauses. */
  #pauseAt: number;
  #finished: (() => void) | undefined;

  /** RangeError where the packets would be too small or too large. */
  constructor(
    clock: Clock,
    host: Host,
    settings: SourceSettings,
    departures: Departures,
    observer: SourceObserver,
  ) {
    const { flow, packetBytes } = settings;
    if (packetBytes < SMALLEST_PROBE_PACKET || packetBytes > host.mtu) {
      const range = `${SMALLEST_PROBE_PACKET} .. ${host.mtu}`;
      throw new RangeError(`flow ${flow}: packets of ${packetBytes} bytes, not ${range}`);
    }
    this.#clock = clock;
    this.#host = host;
    this.#settings = settings;
    this.#departures = departures;
    this.#observer = observer;
    this.#pauseAt = settings.count ?? Number.POSITIVE_INFINITY;
  }

  /** Once; its schedule begins now. `finished` is called after the last of `count` packets, or of the schedule. */
  start(finished?: () => void): void {
    if (this.#originNs !== undefined) throw new Error(`flow ${this.#settings.flow} was started before`);
    this.#originNs = this.#clock.now();
    this.#finished = finished;
    this.#scheduleNext(this.#originNs);
  }

  /** After a pause: `count` more packets, the first at once. */
  goOn(count: number, finished?: () => void): void {
    this.#pauseAt = this.#sequence + count;
    this.#finished = finished;
    this.#originNs = this.#clock.now() - Math.round(this.#departures());
    this.#clock.call(0, this.#depart);
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
  }

  /** Switches tracing of every packet, whatever `traceEvery` says: used while something changes. */
  traceAll(on: boolean): void {
    this.#traceAll = on;
  }

  #scheduleNext(originNs: TimeNs): void {
    if (this.#stopped) return;
    if (this.#sequence === this.#pauseAt) {
      this.#finished?.();
      return;
    }
    const atNs = originNs + Math.round(this.#departures());
    if (atNs === Number.POSITIVE_INFINITY) {
      this.#finished?.();
      return;
    }
    this.#clock.call(Math.max(0, atNs - this.#clock.now()), this.#depart);
  }

  readonly #depart = (): void => {
    if (this.#stopped) return;
    const sentNs = this.#clock.now();
    const sequence = this.#sequence++;
    const { flow, traceEvery, packetBytes, sizes, pieces, mayFragment } = this.#settings;
    const traced = this.#traceAll || (traceEvery > 0 && sequence % traceEvery === 0);
    const frame = frameOf(this.#template(sizes === undefined ? packetBytes : sizes()));
    if (mayFragment === true) setIpv4Identification(frame.bytes, ipv4At(frame), sequence & 0xffff);
    const piece = pieces === undefined ? 0 : pieces();
    const udpAt = payloadAt(frame);
    writeProbe(frame.bytes, udpAt + UDP_HEADER, { flow, sequence, piece, traced, sentNs });
    mendUdpChecksum(frame.bytes, udpAt, udpAt + UDP_HEADER, udpAt + UDP_HEADER + PROBE_HEADER);
    this.#observer.sent(sequence, sentNs);
    this.#host.send(frame);
    this.#scheduleNext(this.#originNs ?? sentNs);
  };

  #template(packetBytes: number): Uint8Array {
    const known = this.#templates[packetBytes];
    if (known !== undefined) return known;
    const frame = newPacket({
      source: this.#host.address,
      destination: this.#settings.destination,
      protocol: PROTOCOL_UDP,
      plane: this.#settings.plane,
      ttl: DEFAULT_TTL,
      payloadLength: packetBytes - IPV4_HEADER,
      dscp: this.#settings.dscp ?? 0,
      mayFragment: this.#settings.mayFragment === true,
    });
    const { bytes, start, end } = frame;
    writeUdp(bytes, payloadAt(frame), end, sourcePortOf(this.#settings.flow), PROBE_PORT, ipv4At(frame));
    const template = bytes.slice(start, end);
    frame.release();
    this.#templates[packetBytes] = template;
    return template;
  }
}
