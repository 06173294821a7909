/**
 * Traffic, and what becomes of it.
 *
 * A `Host` is an end system with ARP, ping and UDP. A `Source` on one host sends the packets of a flow, each
 * with flow number, sequence number and time of sending in it; when they leave, and how large they are, a
 * schedule says (schedule.ts). A `Sink` on another host takes them and hands each to the observer of its flow:
 * a `FlowMeter`, which keeps sums between marks. A `Flow` puts these together, and so does a `Probe`, which is
 * short and keeps every packet, and a `Stream`, whose receiver asks for what is sent (stream.ts):
 *
 *     Source --packets--> Host ~~~ routers ~~~> Host --> Sink
 *        \                                               /
 *         `---- sent ---->  Flow or Probe  <--- arrived -'
 *
 * Planes are the network's affair: a flow says in which plane its packets are sent, and measures them in the
 * plane they arrive by. A mirrored flow is sent once, in the real plane, and measured in both.
 *
 * What must stay true: every packet sent is counted once, received or lost, in exactly one window; nothing
 * here grows with the number of packets but one bit for each (and probes, which are short); one seed gives
 * one series of packets, whatever else happens in the world.
 */
import type { Plane } from '../net/wire.ts';
import type { TimeNs } from '../world/clock.ts';
import type { World } from '../world/world.ts';
import type { TimeBins } from './bins.ts';
import type { Host } from './host.ts';
import { FlowMeter, type WindowResult } from './meter.ts';
import { type Sending, scheduleOf } from './schedule.ts';
import { destinationOf, expectAt, type Outside, type Sink } from './sink.ts';
import { Source } from './source.ts';

/** What a flow and a probe have in common: they are measured between marks. */
export interface Measured {
  /** Planes it is measured in. */
  readonly planes: readonly Plane[];
  /** Cuts here: this time can begin and end windows (see FlowMeter). */
  mark(): void;
  window(plane: Plane, fromNs: TimeNs, toNs: TimeNs): WindowResult;
  /** Packets that arrived in a plane where none was expected. */
  readonly strays: number;
}

/** A flow of any kind: it goes on until it is stopped, or has nothing more to send. */
export interface RunningFlow extends Measured {
  /** Once. */
  start(): void;
  /** For good. */
  stop(): void;
  /** While on, every packet is traced, not only each n-th. */
  traceAll(on: boolean): void;
}

/** Who measured traffic is, and in which plane it travels. */
export interface FlowIdentity {
  /** 1 .. 65535, the number on the wire. */
  readonly id: number;
  readonly plane: Plane;
  /** Routers copy it into the shadow plane; measured in both. Only with plane `real`. */
  readonly mirror: boolean;
  /** 0: no packet is traced, n: each n-th. */
  readonly traceEvery: number;
}

export type FlowSettings = FlowIdentity & Sending;

/** A flow from one host to another, or to an address outside, that runs until it is stopped. */
export class Flow implements RunningFlow {
  readonly planes: readonly Plane[];
  readonly #world: World;
  readonly #source: Source;
  readonly #meter: FlowMeter;

  /** `bins`: where the packets are counted for plots. RangeError where rate, size or times make no traffic. */
  constructor(
    world: World,
    from: Host,
    to: Sink | Outside,
    settings: FlowSettings,
    bins: Partial<Record<Plane, TimeBins>> = {},
  ) {
    const { id, plane, mirror, traceEvery } = settings;
    const { packetBytes, sizes, departures } = scheduleOf(settings, world.random.fork(`flow ${id}`));
    this.planes = mirror ? ['real', 'shadow'] : [plane];
    this.#world = world;
    const exits = 'exits' in to ? to.exits.length : 0;
    this.#meter = new FlowMeter(world.clock.now(), this.planes, bins, exits);
    this.#source = new Source(
      world.clock,
      from,
      {
        flow: id,
        destination: destinationOf(to),
        packetBytes,
        plane,
        traceEvery,
        ...(sizes === undefined ? {} : { sizes }),
        dscp: (settings.kind === 'rate' ? settings.dscp : undefined) ?? 0,
        mayFragment: settings.kind === 'rate' && settings.mayFragment === true,
      },
      departures,
      this.#meter,
    );
    expectAt(to, id, this.#meter);
  }

  /** Once. The first packet leaves at a random time within the first interval. */
  start(): void {
    this.#source.start();
  }

  stop(): void {
    this.#source.stop();
  }

  /** While on, every packet is traced, not only each n-th. */
  traceAll(on: boolean): void {
    this.#source.traceAll(on);
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
}
