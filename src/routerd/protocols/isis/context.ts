/** What the parts of one IS-IS instance share. */
import type { IsisLevel, IsisPassword } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import { type Clock, MILLISECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import type { Random } from '../../../world/random.ts';
import type { LogLevel } from '../../../world/world.ts';
import type { IsisSettings } from './contract.ts';
import type { SystemId } from './ids.ts';
import type { PduFault } from './packet.ts';
import type { LspPool } from './pool.ts';

/** Why a PDU that arrived was not taken. */
export type Refusal =
  | PduFault
  | 'circuit'
  | 'circuit-kind'
  | 'level'
  | 'authentication'
  | 'checksum'
  | 'area'
  | 'system-id'
  | 'protocols'
  | 'three-way'
  | 'neighbour'
  | 'not-bare'
  | 'database-full';

export interface Context {
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: LspPool;
  readonly settings: IsisSettings;
  readonly system: SystemId;
  transmit(circuit: string, destination: Mac, bytes: Uint8Array): void;
  /** Counts a PDU that was not taken. */
  refuse(circuit: string, reason: Refusal): void;
  /** Says something once until the instance is configured anew: hostile neighbours must not fill the log. */
  tell(level: LogLevel, text: string): void;
}

export function nowMs(clock: Clock): number {
  return Math.floor(clock.now() / MILLISECOND);
}

/** What SNPs of a level are signed with: nothing, where the password is for LSPs alone. */
export function snpPassword({ settings }: Context, level: IsisLevel): IsisPassword | undefined {
  const password = settings.passwords[level];
  return password?.snp === undefined ? undefined : password;
}

/** Something to be done again and again until it is stopped; each time up to a quarter sooner (10.1: jitter). */
export class Repeater {
  readonly #context: Pick<Context, 'clock' | 'random'>;
  readonly #intervalNs: () => TimeNs;
  readonly #action: () => void;
  #timer: Timer | undefined;

  constructor(context: Pick<Context, 'clock' | 'random'>, intervalNs: () => TimeNs, action: () => void) {
    this.#context = context;
    this.#intervalNs = intervalNs;
    this.#action = action;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** The first time an interval from now. */
  restart(): void {
    this.stop();
    const { clock, random } = this.#context;
    const delayNs = Math.floor(this.#intervalNs() * (1 - random.next() / 4));
    this.#timer = clock.after(delayNs, () => {
      this.restart();
      this.#action();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
