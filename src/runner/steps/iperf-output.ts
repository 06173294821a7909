/** What `iperf3 --json` writes at the client. */
import type { IperfFact } from '../../analysis/facts.ts';

export type IperfOutput = Pick<
  IperfFact,
  | 'durationNs'
  | 'receivedBytes'
  | 'receivedBps'
  | 'retransmits'
  | 'jitterNs'
  | 'sentPackets'
  | 'lostPackets'
  | 'error'
>;

/** What was sent so shortly before the end need not have arrived by then. */
const UNDER_WAY_NS = 200e6;

type Json = Readonly<Record<string, unknown>>;

/** An `error` where it came to no result. */
export function parseIperf(stdout: string, protocol: 'tcp' | 'udp'): IperfOutput {
  let all: unknown;
  try {
    all = JSON.parse(stdout);
  } catch {
    return failed(stdout.trim() === '' ? 'iperf3 wrote nothing' : 'iperf3 wrote no JSON');
  }
  const error = isJson(all) && typeof all.error === 'string' ? all.error : undefined;
  if (error !== undefined) return failed(error);
  const end = isJson(all) && isJson(all.end) ? all.end : {};
  const measured = protocol === 'tcp' ? ofTcp(end) : ofUdp(end);
  return (
    measured ??
    failed(`it does not tell what was received by ${protocol.toUpperCase()} (a newer iperf3 does)`)
  );
}

export function failed(error: string): IperfOutput {
  return { durationNs: 0, receivedBytes: 0, receivedBps: 0, error: `iperf3: ${error}` };
}

function ofTcp(end: Json): IperfOutput | undefined {
  const received = totals(end.sum_received);
  const retransmits = isJson(end.sum_sent) ? numberOf(end.sum_sent.retransmits) : undefined;
  return received && { ...received, ...(retransmits === undefined ? {} : { retransmits }) };
}

/**
 * The receiver counts as lost what is missing between packets that it has seen. Behind the last one nothing is
 * missing to it, were it all there was: so the sender's count is held against it.
 */
function ofUdp({ sum_sent: sent, sum_received: received }: Json): IperfOutput | undefined {
  const all = totals(received);
  if (all === undefined || !isJson(received) || !isJson(sent)) return undefined;
  const packets = numberOf(sent.packets);
  const seen = numberOf(received.packets);
  const missing = numberOf(received.lost_packets);
  const jitterMs = numberOf(received.jitter_ms);
  if (packets === undefined || seen === undefined || missing === undefined || jitterMs === undefined) {
    return undefined;
  }
  const behind = packets - seen;
  const isUnderWay = behind <= (packets * UNDER_WAY_NS) / all.durationNs;
  return {
    ...all,
    jitterNs: Math.round(jitterMs * 1e6),
    sentPackets: isUnderWay ? seen : packets,
    lostPackets: isUnderWay ? missing : missing + behind,
  };
}

function totals(sum: unknown): Pick<IperfOutput, 'durationNs' | 'receivedBytes' | 'receivedBps'> | undefined {
  if (!isJson(sum)) return undefined;
  const seconds = numberOf(sum.seconds);
  const receivedBytes = numberOf(sum.bytes);
  const receivedBps = numberOf(sum.bits_per_second);
  if (seconds === undefined || seconds === 0 || receivedBytes === undefined || receivedBps === undefined)
    return undefined;
  return { durationNs: Math.round(seconds * 1e9), receivedBytes, receivedBps };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
