/** What the hosts' own programs came to in a step, in numbers and words. */
import { delayStatistics } from './claims/performance.ts';
import type { CommandFact, IperfFact, PingFact } from './facts.ts';
import { formatCount, formatRate, formatTime } from './format.ts';
import type { CommandSummary, IperfSummary, PingSummary, StepResult } from './result.ts';
import type { StepRecord } from './view.ts';

/** Characters of each output in the result. */
const SHOWN_OUTPUT = 4000;
/** Characters of a command in a line about it. */
const SHOWN_COMMAND = 80;

type Programs = Pick<StepResult, 'ping' | 'command' | 'iperf'>;

export function programSummaries({ ping, command, iperf }: StepRecord): Programs {
  return {
    ...(ping && { ping: pingSummary(ping) }),
    ...(command && { command: commandSummary(command) }),
    ...(iperf && { iperf: iperfSummary(iperf) }),
  };
}

function pingSummary({ from, to, plane, roundTripNs }: PingFact): PingSummary {
  const { packets = 0, min = null, mean = null, p99 = null, max = null } = delayStatistics(roundTripNs) ?? {};
  const times = { min, mean, p99, max };
  return { from, to, plane, sent: roundTripNs.length, answered: packets, roundTripNs: times };
}

function commandSummary({ t, host, command, background, startedNs, outcome }: CommandFact): CommandSummary {
  const what = { host, run: command, background };
  if (outcome === undefined) {
    const nothing = { code: null, durationNs: null, stdout: '', stderr: '', isTruncated: false };
    return { ...what, end: 'running', ...nothing };
  }
  const { ended, code, signal, stdout, stderr, isTruncated } = outcome;
  return {
    ...what,
    end: ended,
    code,
    ...(signal === undefined ? {} : { signal }),
    durationNs: t - startedNs,
    stdout: stdout.slice(0, SHOWN_OUTPUT),
    stderr: stderr.slice(0, SHOWN_OUTPUT),
    isTruncated: isTruncated || stdout.length > SHOWN_OUTPUT || stderr.length > SHOWN_OUTPUT,
  };
}

function iperfSummary({ t: _, fact: __, step: ___, ...measured }: IperfFact): IperfSummary {
  const { durationNs: _ns, receivedBytes: _bytes, receivedBps, ...rest } = measured;
  return { ...rest, throughputBps: Math.round(receivedBps) };
}

/** What they came to, a line each. */
export function programLines({ ping, command, iperf }: Programs): readonly string[] {
  return [
    ...(ping ? [`ping ${ping.from} to ${ping.to} in ${ping.plane}: ${pingInWords(ping)}`] : []),
    ...(command ? [`${inOneLine(command.run)} on ${command.host}: ${commandInWords(command)}`] : []),
    ...(iperf ? [`iperf ${iperf.from} to ${iperf.to} in ${iperf.plane}: ${iperfInWords(iperf)}`] : []),
  ];
}

/** A command as a line's part: its first line, cut where it is long. */
export function inOneLine(command: string): string {
  const [line = ''] = command.split('\n');
  const shown = line.slice(0, SHOWN_COMMAND);
  return shown.length === command.length ? shown : `${shown}…`;
}

/** `10 of 10 answered, round trip 12 ms (10 ms to 15 ms)` */
function pingInWords({ sent, answered, roundTripNs: { min, mean, max } }: PingSummary): string {
  const counted = `${formatCount(answered)} of ${formatCount(sent)} answered`;
  if (min === null || mean === null || max === null) return counted;
  return `${counted}, round trip ${formatTime(mean)} (${formatTime(min)} to ${formatTime(max)})`;
}

/** `exit 1 after 20 ms`, `running`, `stopped with the run after 12 s` */
export function commandInWords({ end, code, signal, durationNs }: CommandSummary): string {
  if (end === 'running' || durationNs === null) return 'running';
  const after = `after ${formatTime(durationNs)}`;
  if (end === 'stopped') return `stopped with the run ${after}`;
  if (end === 'late') return `still running ${after}, and ended then`;
  return code === null ? `ended by ${signal ?? 'a signal'} ${after}` : `exit ${code} ${after}`;
}

/** `4.8 Mbps received, 3 segments sent again` */
function iperfInWords(measured: IperfSummary): string {
  const { error, throughputBps, retransmits, jitterNs, sentPackets, lostPackets } = measured;
  if (error !== undefined) return error;
  return [
    `${formatRate(throughputBps)} received`,
    ...(retransmits === undefined ? [] : [`${formatCount(retransmits)} segments sent again`]),
    ...(lostPackets === undefined || sentPackets === undefined
      ? []
      : [`${formatCount(lostPackets)} of ${formatCount(sentPackets)} packets lost`]),
    ...(jitterNs === undefined ? [] : [`jitter ${formatTime(jitterNs)}`]),
  ].join(', ');
}
