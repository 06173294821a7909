/** The steps by which hosts' own programs run: `ping`, `exec`, `iperf`. */
import { formatIpv4 } from '../../net/address.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { Action, ExecAction, IperfAction, PingAction, StepExpectation } from './resolved.ts';
import type { Exec, Iperf, Ping, Step as StepItem } from './schema.generated.ts';
import { checkPacket } from './traffic-common.ts';
import { durationNs, rateBps, sizeBytes } from './units.ts';

/** IPv4 and ICMP headers, and the time of sending by which `ping` measures. */
const SMALLEST_PING = 44;
/** IPv4 and UDP headers, and what iperf3 counts packets by. */
const SMALLEST_DATAGRAM = 44;
/** Faster than this a host's `ping` does not keep up with its clock. */
const FASTEST_PING_NS = 10e6;
/** Pings that may wait for their answers at once. */
const MAX_WAITING = 1000;
/** As iperf3 has it: a day. */
const MAX_SECONDS = 86_400;
/** Characters of a command in the name of its step. */
const NAMED = 40;

interface Ends {
  readonly from: string;
  readonly to: string;
}

export function ping(
  report: Report,
  names: Names,
  item: Ping,
  path: DocumentPath,
  number: number,
): readonly PingAction[] {
  const ends = endsOf(report, names, item, path, number);
  const everyNs = durationNs(item.every ?? '100ms');
  const withinNs = durationNs(item.within ?? '1s');
  const packetBytes = sizeBytes(item.packet ?? '84B');
  if (everyNs < FASTEST_PING_NS) report.error([...path, 'every'], 'every: 10ms or more are needed');
  if (withinNs === 0) report.error([...path, 'within'], 'within: an answer needs time');
  if (everyNs > 0 && withinNs / everyNs > MAX_WAITING) {
    const message = `within: more than ${MAX_WAITING} pings would wait for their answers at once`;
    report.error([...path, 'within'], message);
  }
  if (packetBytes < SMALLEST_PING) {
    const message = `packet: at least ${SMALLEST_PING} B are needed (headers and the time of sending), found ${item.packet}`;
    report.error([...path, 'packet'], message);
  }
  if (ends === undefined) return [];
  checkSize(report, names, path, packetBytes, ends);
  const plane = item.plane ?? 'shadow';
  return [{ kind: 'ping', ...ends, plane, count: item.count ?? 10, everyNs, packetBytes, withinNs }];
}

export function exec(
  report: Report,
  names: Names,
  item: Exec,
  path: DocumentPath,
  number: number,
): readonly ExecAction[] {
  const background = item.background ?? false;
  if (background && item.within !== undefined) {
    report.error([...path, 'within'], 'within: a command in the background goes on until the run ends', true);
  }
  const withinNs = durationNs(item.within ?? '30s');
  if (withinNs === 0) report.error([...path, 'within'], 'within: a command needs time');
  const written = typeof item.run === 'string' ? ['sh', '-c', item.run] : item.run;
  const words = written.map((word) => withAddresses(word, names));
  if (words[0] === '') report.error([...path, 'run', 0], 'run: the program has no name');
  if (words.some((word) => word.includes('\0'))) {
    report.error([...path, 'run'], 'run: a word of a command cannot hold the character U+0000');
  }
  const host = names.host([...path, 'on'], item.on, ` in step ${number}`);
  if (host === undefined) return [];
  const command = typeof item.run === 'string' ? item.run.trim() : item.run.map(quoted).join(' ');
  return [{ kind: 'exec', host: host.name, words, command, withinNs, background }];
}

export function iperf(
  report: Report,
  names: Names,
  item: Iperf,
  path: DocumentPath,
  number: number,
): readonly IperfAction[] {
  const ends = endsOf(report, names, item, path, number);
  const protocol = item.protocol ?? 'tcp';
  const seconds = durationNs(item.for ?? '5s') / 1e9;
  if (!Number.isInteger(seconds) || seconds === 0 || seconds > MAX_SECONDS) {
    report.error(
      [...path, 'for'],
      `for: iperf3 counts whole seconds, 1 to ${MAX_SECONDS}, found ${item.for}`,
    );
  }
  if (protocol === 'tcp' && item.packet !== undefined) {
    const words = {
      message: 'packet: TCP cuts its packets by itself',
      suggestion: 'leave it out, or add protocol: udp',
    };
    report.error([...path, 'packet'], words, true);
  }
  const packetBytes = protocol === 'udp' ? sizeBytes(item.packet ?? '1200B') : undefined;
  if (packetBytes !== undefined && packetBytes < SMALLEST_DATAGRAM) {
    report.error(
      [...path, 'packet'],
      `packet: at least ${SMALLEST_DATAGRAM} B are needed, found ${item.packet}`,
    );
  }
  const rate = item.rate ?? (protocol === 'udp' ? '1Mbps' : undefined);
  if (rate !== undefined && rateBps(rate) === 0)
    report.error([...path, 'rate'], 'rate: nothing would be sent');
  if (ends === undefined) return [];
  if (packetBytes !== undefined) checkSize(report, names, path, packetBytes, ends);
  return [
    {
      kind: 'iperf',
      ...ends,
      plane: item.plane ?? 'shadow',
      seconds,
      protocol,
      ...(rate === undefined ? {} : { rateBps: rateBps(rate) }),
      ...(packetBytes === undefined ? {} : { packetBytes }),
      parallel: item.parallel ?? 1,
      reverse: item.reverse ?? false,
    },
  ];
}

/**
 * What a foreground command has to come to where nothing is said of its exit code, in its step or in those behind it
 * that only expect.
 */
export function implicitExit(
  actions: readonly Action[],
  looking: readonly StepItem[],
  placeOf: () => StepExpectation['place'],
): readonly StepExpectation[] {
  const command = actions.find((action) => action.kind === 'exec');
  if (command === undefined || command.background || looking.some(saysExit)) return [];
  return [{ expectation: { kind: 'exit', code: { op: '==', value: 0 } }, text: 'exit: 0', place: placeOf() }];
}

function saysExit({ expect }: StepItem): boolean {
  const listed = Array.isArray(expect) ? expect : [expect];
  return listed.some((claims) => typeof claims === 'object' && claims !== null && 'exit' in claims);
}

/** For the name of a step that has none. */
export function describeProgram(action: PingAction | ExecAction | IperfAction): string {
  if (action.kind !== 'exec') return `${action.kind} ${action.from} to ${action.to} in ${action.plane}`;
  const [line = ''] = action.command.split('\n');
  const isCut = line.length < action.command.length || line.length > NAMED;
  return `${line.slice(0, NAMED)}${isCut ? '…' : ''} on ${action.host}${action.background ? ' in the background' : ''}`;
}

function endsOf(
  report: Report,
  names: Names,
  item: Ends,
  path: DocumentPath,
  number: number,
): Ends | undefined {
  const where = ` in step ${number}`;
  const from = names.host([...path, 'from'], item.from, where);
  const to = names.host([...path, 'to'], item.to, where);
  if (from === undefined || to === undefined) return undefined;
  if (from === to) {
    report.error([...path, 'to'], `the ${String(path.at(-1))}${where} goes from "${item.from}" to itself`);
  }
  return { from: from.name, to: to.name };
}

function checkSize(report: Report, names: Names, path: DocumentPath, bytes: number, ends: Ends): void {
  const hosts = [ends.from, ends.to].flatMap((name) => names.hostNamed(name) ?? []);
  checkPacket(report, names, [...path, 'packet'], bytes, hosts);
}

/** `{web}` is the address of host web; braces around anything else stay what they are. */
function withAddresses(word: string, names: Names): string {
  return word.replace(/\{([^{}]+)\}/g, (written, name: string) => {
    const host = names.hostNamed(name);
    return host === undefined ? written : formatIpv4(host.address.address);
  });
}

/** A word as it would be typed at a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
