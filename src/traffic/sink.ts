/** The receiving end of measured traffic on one host: tells packets of different flows apart. */
import type { Ipv4 } from '../net/address.ts';
import { ipv4TotalLength } from '../net/ipv4.ts';
import { probeAt, probeFlow, probePiece, probeSentNs, probeSequence } from '../net/probe.ts';
import { type Plane, PROBE_PORT } from '../net/wire.ts';
import type { Clock, TimeNs } from '../world/clock.ts';
import type { Datagram, Host } from './host.ts';

/** One measured packet, as it arrived. Valid only during the call by which it is told. */
export interface Arrived {
  /** The plane it arrived by. */
  readonly plane: Plane;
  readonly sequence: number;
  /** What it says that it carries; 0 where it is no stream's. */
  readonly piece: number;
  readonly sentNs: TimeNs;
  readonly arrivedNs: TimeNs;
  /** Length of the IPv4 packet. */
  readonly bytes: number;
}

/** Hears of every packet of a flow that arrives, duplicates too. */
export interface ArrivalObserver {
  /** `exit`: at which of several ends that take the flow's packets, from 0. */
  arrived(packet: Arrived, exit?: number): void;
}

/** An address outside of the network: packets to it may leave by any of these ends, whichever routing chooses. */
export interface Outside {
  readonly destination: Ipv4;
  readonly exits: readonly Sink[];
}

export function destinationOf(to: Sink | Outside): Ipv4 {
  return to instanceof Sink ? to.host.address : to.destination;
}

/** Has `observer` hear of a flow's packets at each end that they may arrive at. */
export function expectAt(to: Sink | Outside, flow: number, observer: ArrivalObserver): void {
  if (to instanceof Sink) to.expect(flow, observer);
  else {
    for (const [exit, sink] of to.exits.entries()) {
      sink.expect(flow, { arrived: (packet) => observer.arrived(packet, exit) });
    }
  }
}

export class Sink {
  readonly host: Host;
  readonly #clock: Clock;
  readonly #flows = new Map<number, ArrivalObserver>();
  /** The packet that arrived last. */
  readonly #arrived: { -readonly [Key in keyof Arrived]: Arrived[Key] } = {
    plane: 'real',
    sequence: 0,
    piece: 0,
    sentNs: 0,
    arrivedNs: 0,
    bytes: 0,
  };
  #unexpected = 0;

  /** Listens on the host's PROBE_PORT from now on. One sink a host. */
  constructor(clock: Clock, host: Host) {
    this.host = host;
    this.#clock = clock;
    host.listen(PROBE_PORT, (datagram) => this.#receive(datagram));
  }

  /** Packets for the sink that carry no measuring header, or belong to no expected flow. */
  get unexpected(): number {
    return this.#unexpected;
  }

  /** Names who hears of a flow's packets; of one flow, one observer. */
  expect(flow: number, observer: ArrivalObserver): void {
    this.#flows.set(flow, observer);
  }

  #receive({ bytes, ipAt, plane }: Datagram): void {
    const at = probeAt(bytes, ipAt);
    const observer = at < 0 ? undefined : this.#flows.get(probeFlow(bytes, at));
    if (observer === undefined) {
      this.#unexpected++;
      return;
    }
    const arrived = this.#arrived;
    arrived.plane = plane;
    arrived.sequence = probeSequence(bytes, at);
    arrived.piece = probePiece(bytes, at);
    arrived.sentNs = probeSentNs(bytes, at);
    arrived.arrivedNs = this.#clock.now();
    arrived.bytes = ipv4TotalLength(bytes, ipAt);
    observer.arrived(arrived);
  }
}
