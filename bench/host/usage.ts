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

/** A run's routers, in containers too: the run's id is in their start-up file's path, on this machine. */
export function routersOf(run: string): readonly Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (!line.includes('/routerd/main.')) return [];
        // A container sees the file elsewhere: it is mounted there.
        const isOfRun =
          line.includes(run) || readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`/${run}/`);
        return isOfRun ? [{ pid, startedS: Number(statOf(pid)[19]) / TICKS }] : [];
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
