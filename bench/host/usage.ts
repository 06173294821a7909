/** What processes take of the machine, by what /proc tells of them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** So far. */
  readonly cpuSeconds: number;
  /** Now. */
  readonly residentMb: number;
  /** Of that, what it shares with no other process. */
  readonly privateMb: number;
}

/** USER_HZ, as every Linux of today tells times in /proc. */
const TICKS = 100;

/** Throws the system's error where there is no such process. */
export function usageOf(pid: number): Usage {
  const fields = statOf(pid);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN) / 1000;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    residentMb: megabytes('Rss'),
    privateMb: megabytes('Private_Clean') + megabytes('Private_Dirty'),
  };
}

/** A running process; times in seconds since the machine's start, in steps of a hundredth. */
export interface Found {
  readonly pid: number;
  readonly startedS: number;
}

/** Processes, in containers too, with all of these words in their command line, started at that time or later. */
export function processesOf(words: readonly string[], sinceS: number): readonly Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        const startedS = Number(statOf(Number(name))[19]) / TICKS;
        const isMeant = words.every((word) => line.includes(word)) && startedS >= sinceS;
        return isMeant ? [{ pid: Number(name), startedS }] : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

/** Seconds since the machine's start. */
export function uptimeS(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}

/** The fields of proc(5)'s `stat` from the third on: a name may hold spaces and brackets. */
function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
