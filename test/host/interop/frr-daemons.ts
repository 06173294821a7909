/**
 * FRR's daemons in a network namespace, with everything they open in a folder of their own: no watchfrr, no TCP port,
 * nothing of /etc/frr. They drop their privileges to FRR's user, as installed.
 */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Where Debian's package has them. */
const PROGRAMS = '/usr/lib/frr';
/** Of an answer: routes of a network far larger than what is measured. */
const MAX_ANSWER_BYTES = 1 << 28;

export type FrrDaemon = 'zebra' | 'staticd' | 'ospfd' | 'isisd' | 'bgpd';

/** Why FRR cannot run here; undefined where it can. */
export function frrObstacle(): string | undefined {
  const missing = ['zebra', 'ospfd'].find((name) => !existsSync(join(PROGRAMS, name)));
  return missing === undefined ? undefined : `there is no ${PROGRAMS}/${missing} (apt install frr)`;
}

/**
 * The words that start one of them, its files made ready. Of `config`, a router's whole frr.conf, zebra and ospfd are
 * each given the lines that they know, as they call those of the other mistakes.
 */
export function frrCommand(folder: string, daemon: FrrDaemon, config: string): readonly string[] {
  const [uid, gid] = frrUser();
  mkdirSync(folder, { recursive: true });
  chownSync(folder, uid, gid);
  const file = join(folder, `${daemon}.conf`);
  writeFileSync(file, linesFor(daemon, config));
  return [
    ...[join(PROGRAMS, daemon), '--vty_socket', folder, '--socket', join(folder, 'zserv.api')],
    ...['--pid_file', join(folder, `${daemon}.pid`), '--config_file', file, '--vty_port', '0'],
    ...['--log', `file:${logOf(folder, daemon)}`],
  ];
}

export function logOf(folder: string, daemon: FrrDaemon): string {
  return join(folder, `${daemon}.log`);
}

/** The answer to a `show` command. Rejects with the system's error while the daemon does not listen yet. */
export async function askFrr(folder: string, daemon: FrrDaemon, command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(join(folder, `${daemon}.vty`), () => socket.write(`${command}\0`));
  const pieces: string[] = [];
  let length = 0;
  // As vtysh is answered: the text, three zeros, a status byte.
  let tail = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    pieces.push(text);
    length += text.length;
    tail = (tail + text).slice(-4);
    if (tail.length === 4 && tail.startsWith('\0\0\0')) resolve(pieces.join('').slice(0, -4));
    else if (length > MAX_ANSWER_BYTES) reject(new Error(`${daemon} does not end its answer`));
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`${daemon} hung up`)));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** zebra has addresses and bandwidths, ospfd all that is OSPF's. */
function linesFor(daemon: FrrDaemon, config: string): string {
  let isOspfSection = false;
  const lines = config.split('\n').filter((line) => {
    if (!line.startsWith(' ') && line !== 'exit') isOspfSection = line.startsWith('router ospf');
    const isOspf = isOspfSection || /^ (no )?ip ospf /.test(line);
    const isZebra = /^ (ip address|bandwidth|ip route|shutdown) ?/.test(line);
    return daemon === 'zebra' ? !isOspf : !isZebra;
  });
  return `${lines.join('\n')}\n`;
}

function frrUser(): readonly [uid: number, gid: number] {
  const fields = /^frr:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':');
  if (fields === undefined) throw new Error('there is no user frr (apt install frr)');
  return [Number(fields[2]), Number(fields[3])];
}
