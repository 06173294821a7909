/**
 * Everything a machine is given when it is built. Nothing below `runner` reads the process, the wall clock,
 * system randomness, files or sockets; it uses these values (a check in the test command holds it to that).
 */
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
export type Log = (level: LogLevel, text: string) => void;

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * Seconds since 1970 when the clock stood at 0, for what has to go on while a machine is down. Left out in virtual
   * time, where nothing is from before.
   */
  readonly epochS?: number;
}
