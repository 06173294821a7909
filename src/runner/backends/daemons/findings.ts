/**
 * What every lab of router daemons needs of this machine, whatever its machines are: the runner wires them and sends
 * the measured traffic from inside their namespaces. What the kernel can is tried out, in a namespace that ends with
 * the command that tries it, so nothing is left behind.
 */
import { execa } from 'execa';
import { messageOf } from '../../../world/message-of.ts';
import type { Finding } from '../finding.ts';
import { installing, isOnPath, type Package } from '../packages.ts';

const LIMIT_MS = 10_000;
const MAX_SHOWN = 200;

const COMMANDS: readonly { readonly command: string; readonly from: Package }[] = [
  { command: 'ip', from: { apt: 'iproute2', dnf: 'iproute' } },
  { command: 'nsenter', from: { apt: 'util-linux', dnf: 'util-linux' } },
  { command: 'unshare', from: { apt: 'util-linux', dnf: 'util-linux' } },
];

const IN_CONTAINER = 'use a kernel that has it; in a container, start that one with --privileged';

/** In this order, each in a network namespace of its own; without the first none of the others can be tried. */
const TRIALS: readonly { readonly what: string; readonly words: readonly string[] }[] = [
  { what: 'network namespaces', words: ['true'] },
  { what: 'veth pairs', words: 'ip link add name a type veth peer name b'.split(' ') },
  { what: 'bridges', words: 'ip link add name a type bridge stp_state 0 mcast_snooping 0'.split(' ') },
  {
    what: 'policy routing by port',
    words: 'ip rule add pref 1 ipproto udp dport 49152-65534 blackhole'.split(' '),
  },
  {
    what: 'settings in /proc/sys/net',
    words: ['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward'],
  },
];

export async function findings(): Promise<readonly Finding[]> {
  if (process.platform !== 'linux') {
    return [{ state: 'missing', what: 'Linux', detail: `this is ${process.platform}` }];
  }
  const isRoot = process.getuid?.() === 0;
  const root: Finding = isRoot
    ? { state: 'ok', what: 'root' }
    : { state: 'missing', what: 'root', detail: 'this is an ordinary user', remedy: 'sudo' };
  const commands = COMMANDS.map(({ command, from }): Finding => {
    if (isOnPath(command)) return { state: 'ok', what: command };
    return { state: 'missing', what: command, detail: 'not there', remedy: installing(from) };
  });
  const canTry = isRoot && commands.every(({ state }) => state === 'ok');
  return [root, ...commands, ...(canTry ? [...(await triedOut()), ...(await sockets())] : [])];
}

async function triedOut(): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { what, words } of TRIALS) {
    const { failed, stderr, shortMessage } = await execa('unshare', ['--net', '--mount', ...words], {
      reject: false,
      timeout: LIMIT_MS,
      stdin: 'ignore',
    });
    if (!failed) {
      found.push({ state: 'ok', what });
      continue;
    }
    const detail = (stderr.trim() || (shortMessage ?? '')).slice(0, MAX_SHOWN);
    found.push({ state: 'missing', what, detail, remedy: IN_CONTAINER });
    if (found.length === 1) break;
  }
  return found;
}

const AF_PACKET = 17;
const AF_XDP = 44;

async function sockets(): Promise<readonly Finding[]> {
  try {
    const { close, checked, socket, SOCK_RAW } = await import('../../../routerd/ports/libc.ts');
    const failure = (family: number): string | undefined => {
      try {
        close(checked(socket(family, SOCK_RAW, 0), 'no such socket'));
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    };
    const packet = failure(AF_PACKET);
    const xdp = failure(AF_XDP);
    return [
      packet === undefined
        ? { state: 'ok', what: 'packet sockets (AF_PACKET)' }
        : { state: 'missing', what: 'packet sockets (AF_PACKET)', detail: packet, remedy: IN_CONTAINER },
      xdp === undefined
        ? { state: 'ok', what: 'AF_XDP' }
        : { state: 'note', what: 'AF_XDP', detail: `${xdp}; routers send without it, a little slower` },
    ];
  } catch (error) {
    const detail = messageOf(error);
    return [{ state: 'missing', what: 'the C library (glibc)', detail }];
  }
}
