/** What the parts of one OSPF instance share. */
import type { Ipv4 } from '../../../net/address.ts';
import { type Clock, MILLISECOND, type TimeNs } from '../../../world/clock.ts';
import type { Random } from '../../../world/random.ts';
import type { LogLevel } from '../../../world/world.ts';
import type { AuthenticationRefusal } from './authentication.ts';

/** Why a packet that arrived was not taken. */
export type Refusal =
  | 'length'
  | 'version'
  | AuthenticationRefusal
  | 'checksum'
  | 'type'
  | 'body'
  | 'interface'
  | 'area'
  | 'source'
  | 'destination'
  | 'router-id'
  | 'hello-mismatch'
  | 'neighbour'
  | 'mtu'
  | 'lsa';

/** What all areas share. */
export interface RouterContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Seconds, of a clock that goes on while the router is down. */
  readonly unixS: number;
  readonly routerId: Ipv4;
  /** Do we welcome opaque LSAs? */
  readonly opaque: boolean;
  /** As OspfSettings has it. */
  readonly lsaTimersMs: { readonly interval: number; readonly arrival: number };
  transmit(interfaceName: string, destination: Ipv4, bytes: Uint8Array): void;
  /** Counts a packet (or an LSA of one) that was not taken. */
  refuse(interfaceName: string, reason: Refusal): void;
  /** Says something once until the instance is configured anew: hostile neighbours must not fill the log. */
  tell(level: LogLevel, text: string): void;
}

/** What the parts of one area share. */
export interface Context extends RouterContext {
  readonly areaId: Ipv4;
  /** What Hellos must agree in (10.5): OPTION_E or OPTION_NP, or neither in a stub area. */
  readonly areaOptions: number;
}

export function nowMs(clock: Clock): number {
  return Math.floor(clock.now() / MILLISECOND);
}

/** Something to be done again and again until it is stopped. */
export class Repeater {
  readonly #clock: Clock;
  readonly #intervalNs: TimeNs;
  readonly #action: () => void;
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock, intervalNs: TimeNs, action: () => void) {
    this.#clock = clock;
    this.#intervalNs = intervalNs;
    this.#action = action;
  }

  /** The first time an interval from now. */
  restart(): void {
    this.stop();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#clock.after(this.#intervalNs, () => {
      this.#arm();
      this.#action();
    });
  }
}
