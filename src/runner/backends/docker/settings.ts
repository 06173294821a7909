/**
 * What the engine is told of each container, worked out before any is made. No container is privileged, and what it may
 * do is said here in full:
 *
 * - **Capabilities.** `NET_RAW` at routers (AF_PACKET and AF_XDP sockets) and at hosts (`ping`, captures). `IPC_LOCK` at
 *   routers: each AF_XDP port locks half a megabyte, and the kernel counts what all containers of one user lock together
 *   against a limit that is often 8 MB; raising that limit instead (`ulimit -l`) is refused where the engine itself may
 *   not. A segment has none. Interfaces, addresses and rules are made by the runner, from outside, so nobody inside
 *   needs `NET_ADMIN`.
 * - **Files.** The image is read-only; /run/shadowlab, /run and /tmp are small file systems in memory. A router's
 *   start-up file is mounted, read-only.
 * - **Limits.** Memory, locked or not, processes, the log; no core files.
 * - **Network.** None of the engine's; the wires are put in by the runner.
 */
import type { ContainerCreateOptions } from 'dockerode';
import { asWord, takeFree } from '../../experiment/topology/names.ts';
import { ROUTER_MAIN } from '../../image/router-files.ts';
import type { LabPlan, Machine } from '../daemons/plan.ts';

export const RUN_LABEL = 'shadowlab.run';
export const MACHINE_LABEL = 'shadowlab.machine';
/** A router's, in its container. */
export const MANAGEMENT_SOCKET = '/run/shadowlab/management.sock';
export const START_UP_FILE = '/etc/shadowlab/router.json';
/** Of a host name (gethostname(2)). */
const MAX_NAME = 63;
const MEBIBYTE = 2 ** 20;

interface Limits {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly capabilities: readonly string[];
}

const LIMITS: Readonly<Record<Machine['kind'], Limits>> = {
  router: { memoryBytes: 1024 * MEBIBYTE, processes: 64, capabilities: ['NET_RAW', 'IPC_LOCK'] },
  host: { memoryBytes: 1024 * MEBIBYTE, processes: 512, capabilities: ['NET_RAW'] },
  segment: { memoryBytes: 32 * MEBIBYTE, processes: 16, capabilities: [] },
};

/**
 * Stays up, takes in whatever processes are left behind by those that began them, and ends when it is told to: the first
 * process of a container has to do all that by itself.
 */
const STAY = ['sh', '-c', 'trap exit TERM; sleep infinity & wait'];

/** What runs in its container: the program and its arguments. */
export function programOf({ kind }: Machine): readonly string[] {
  return kind === 'router' ? ['node', '--max-semi-space-size=1', ROUTER_MAIN, START_UP_FILE] : STAY;
}

/**
 * By the machine's name: the same where it is fit for containers, hosts and files, else the nearest one, each once and
 * none of those that are taken.
 */
export function machineWords(
  { machines }: LabPlan,
  others: readonly string[] = [],
): ReadonlyMap<string, string> {
  const isFit = ({ name }: Machine): boolean => name.length <= MAX_NAME && asWord(name) === name;
  const taken = new Set(others);
  const words = new Map<string, string>();
  for (const { name } of machines.filter(isFit)) words.set(name, takeFree(taken, name, MAX_NAME, '-'));
  for (const { name } of machines) {
    if (!words.has(name)) words.set(name, takeFree(taken, asWord(name), MAX_NAME, '-'));
  }
  return words;
}

/** `word`: of `machineWords`. `startUpFile`: a router's, on this machine. */
export function containerSettings(
  machine: Machine,
  { run, image, word, startUpFile }: { run: string; image: string; word: string; startUpFile?: string },
): ContainerCreateOptions {
  const { memoryBytes, processes, capabilities } = LIMITS[machine.kind];
  return {
    name: `shadowlab-${run}-${word}`,
    Hostname: word,
    Image: image,
    Cmd: [...programOf(machine)],
    User: '0:0',
    Labels: { [RUN_LABEL]: run, [MACHINE_LABEL]: machine.name },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: [...capabilities],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: {
        '/run': 'rw,nosuid,nodev,noexec,size=1m,mode=755',
        '/run/shadowlab': 'rw,nosuid,nodev,noexec,size=1m,mode=700',
        '/tmp': 'rw,nosuid,nodev,size=64m,mode=1777',
      },
      ...(startUpFile !== undefined && {
        Mounts: [{ Type: 'bind', Source: startUpFile, Target: START_UP_FILE, ReadOnly: true }],
      }),
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: processes,
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '4m', 'max-file': '1' } },
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
    },
  };
}
