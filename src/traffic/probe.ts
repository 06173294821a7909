/** A short flow of packets at equal distances, all of them traced, and what became of each. */
import type { Plane } from '../net/wire.ts';
import type { TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import { every } from './departures.ts';
import type { Measured } from './flow.ts';
import type { Host } from './host.ts';
import { FlowMeter, type WindowResult } from './meter.ts';
import { type Arrived, destinationOf, expectAt, type Outside, type Sink } from './sink.ts';
import { Source } from './source.ts';

export const MAX_PROBE_PACKETS = 1_000_000;

export interface ProbeSettings {
  /** 1 .. 65535, the number on the wire; no other flow's. */
  readonly flow: number;
  readonly plane: Plane;
  /** 1 .. MAX_PROBE_PACKETS */
  readonly count: number;
  readonly everyNs: TimeNs;
  /** Bytes of IPv4 packet. */
  readonly packetBytes: number;
}

/** One element a packet, in order of sending. */
export interface ProbePackets {
  readonly sentNs: readonly TimeNs[];
  /** One-way delay of the first copy that arrived; null where none did. */
  readonly delayNs: readonly (TimeNs | null)[];
  /** Of a probe to outside: how many of them arrived at each exit. */
  readonly exits?: readonly number[];
}

export class Probe implements Measured {
  readonly planes: readonly Plane[];
  readonly #world: World;
  readonly #plane: Plane;
  readonly #source: Source;
  readonly #meter: FlowMeter;
  readonly #sentNs: TimeNs[] = [];
  readonly #delayNs: (TimeNs | null)[] = [];
  readonly #exits: number[] | undefined;
  #missing = 0;

  /** RangeError where count, distance or packet size make no probe. */
  constructor(world: World, from: Host, to: Sink | Outside, settings: ProbeSettings) {
    const { flow, plane, count, everyNs, packetBytes } = settings;
    if (!(count >= 1 && count <= MAX_PROBE_PACKETS)) {
      throw new RangeError(`a probe of ${count} packets, not 1 .. ${MAX_PROBE_PACKETS}`);
    }
    this.planes = [plane];
    this.#world = world;
    this.#plane = plane;
    this.#meter = new FlowMeter(world.clock.now(), this.planes);
    this.#exits = 'exits' in to ? to.exits.map(() => 0) : undefined;
    const observer = {
      sent: (sequence: number, sentNs: TimeNs) => this.#sent(sequence, sentNs),
      arrived: (packet: Arrived, exit = 0) => this.#arrived(packet, exit),
    };
    this.#source = new Source(
      world.clock,
      from,
      { flow, destination: destinationOf(to), packetBytes, plane, traceEvery: 1, count },
      every(everyNs),
      observer,
    );
    expectAt(to, flow, observer);
  }

  /** Once. The first packet leaves at once; `finished` is called after the last has left. */
  start(finished: () => void = () => {}): void {
    this.#source.start(finished);
  }

  /** After `finished`: as many more packets, the first at once. RangeError past MAX_PROBE_PACKETS in all. */
  goOn(count: number, finished: () => void = () => {}): void {
    if (this.#sentNs.length + count > MAX_PROBE_PACKETS) {
      throw new RangeError(`a probe of more than ${MAX_PROBE_PACKETS} packets`);
    }
    this.#source.goOn(count, finished);
  }

  stop(): void {
    this.#source.stop();
  }

  /** Everything sent so far has arrived. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** What is known by now of the packets sent so far. */
  packets(): ProbePackets {
    const exits = this.#exits === undefined ? {} : { exits: [...this.#exits] };
    return { sentNs: [...this.#sentNs], delayNs: [...this.#delayNs], ...exits };
  }

  mark(): void {
    this.#meter.mark(this.#world.clock.now());
  }

  window(plane: Plane, fromNs: TimeNs, toNs: TimeNs): WindowResult {
    return this.#meter.window(plane, fromNs, toNs);
  }

  get strays(): number {
    return this.#meter.strays;
  }

  #sent(sequence: number, sentNs: TimeNs): void {
    this.#sentNs.push(sentNs);
    this.#delayNs.push(null);
    this.#missing++;
    this.#meter.sent(sequence, sentNs);
  }

  #arrived(packet: Arrived, exit: number): void {
    this.#meter.arrived(packet);
    if (packet.plane === this.#plane && this.#delayNs[packet.sequence] === null) {
      this.#delayNs[packet.sequence] = packet.arrivedNs - packet.sentNs;
      if (this.#exits !== undefined) this.#exits[exit]++;
      this.#missing--;
    }
  }
}
