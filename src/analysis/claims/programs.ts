/** Claims about the hosts' own programs: the step's ping, its measurement by iperf3, its command. */
import type { ProgramExpectation } from '../expectation.ts';
import type { IperfFact, PingFact } from '../facts.ts';
import { formatCount, formatPlural, formatRate, formatTime } from '../format.ts';
import { lastTenth } from '../scope.ts';
import type { RunView } from '../view.ts';
import { judgeExit, judgeJson, judgeOutput } from './command.ts';
import { compare, type Finding, found, unjudged } from './finding.ts';
import { delayStatistics } from './performance.ts';

export function judgeProgram(claim: ProgramExpectation, step: number, view: RunView): Finding {
  const { ping, command, iperf } = view.step(step) ?? {};
  switch (claim.kind) {
    case 'ping-lost':
    case 'rtt':
    case 'ping-reachable':
    case 'ping-unreachable':
      return ping === undefined ? unjudged('no ping has ended') : judgePing(claim, ping);
    case 'iperf-throughput':
    case 'iperf-lost':
      return iperf === undefined ? unjudged('iperf3 has not ended') : judgeIperf(claim, iperf);
    case 'exit':
      return judgeExit(claim.code, command);
    case 'output':
      return judgeOutput(claim, command);
    case 'json':
      return judgeJson(claim, command);
  }
}

type PingClaim = Extract<
  ProgramExpectation,
  { readonly kind: 'ping-lost' | 'rtt' | 'ping-reachable' | 'ping-unreachable' }
>;

function judgePing(claim: PingClaim, ping: PingFact): Finding {
  const { roundTripNs: times } = ping;
  if (times.length === 0) return unjudged('no ping was sent');
  switch (claim.kind) {
    case 'ping-lost': {
      const lost = times.filter((time) => time === null).length;
      const seen = `${formatCount(lost)} of ${formatPlural(times.length, 'ping')} not answered${refusedBy(ping)}`;
      return found(compare(lost, claim.count), seen);
    }
    case 'rtt': {
      const statistics = delayStatistics(times);
      if (statistics === undefined) return unjudged(`no ping was answered${refusedBy(ping)}`);
      const { min, max, [claim.statistic]: value } = statistics;
      const seen = `${claim.statistic} round trip ${formatTime(value)} (min ${formatTime(min)}, max ${formatTime(max)})`;
      return found(compare(value, claim.limitNs), seen);
    }
    case 'ping-reachable':
    case 'ping-unreachable': {
      const last = times.slice(-lastTenth(times.length));
      const answered = last.filter((time) => time !== null).length;
      const seen = `${formatCount(answered)} of the last ${formatPlural(last.length, 'ping')} answered${refusedBy(ping)}`;
      return found(answered === (claim.kind === 'ping-reachable' ? last.length : 0), seen);
    }
  }
}

/** `; 10.2.0.1 says 3 times that it is unreachable` */
function refusedBy({ refusals }: PingFact): string {
  return refusals
    .map(({ from, why, count }) => {
      const what = why === 'unreachable' ? 'unreachable' : 'time exceeded';
      return `; ${from} says “${what}” ${count === 1 ? 'once' : `${formatCount(count)} times`}`;
    })
    .join('');
}

function judgeIperf(
  claim: Extract<ProgramExpectation, { readonly kind: 'iperf-throughput' | 'iperf-lost' }>,
  { error, receivedBps, sentPackets = 0, lostPackets = 0 }: IperfFact,
): Finding {
  if (claim.kind === 'iperf-throughput') {
    const { op } = claim.limitBps;
    if (error === undefined) return found(compare(receivedBps, claim.limitBps), formatRate(receivedBps));
    // Nothing came through, as far as is known: too little for a lower limit, no proof of an upper one.
    return op === '>' || op === '>='
      ? found(compare(0, claim.limitBps), `nothing was measured: ${error}`)
      : unjudged(`nothing was measured: ${error}`);
  }
  if (error !== undefined) return unjudged(`nothing was measured: ${error}`);
  if (sentPackets === 0) return unjudged('no packet was sent');
  return found(
    compare(lostPackets, claim.count),
    `${formatCount(lostPackets)} of ${formatPlural(sentPackets, 'packet')} lost`,
  );
}
