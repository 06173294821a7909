/** What `iperf3 --json` writes at the client; of 3.0 to 3.17 as far as they differ here. */
import type { IperfFact } from '../../analysis/facts.ts';

export type IperfOutput = Pick<
  IperfFact,
  'durationNs' | 'receivedBytes' | 'receivedBps' | 'retransmits' | 'jitterNs' | 'packets' | 'lost' | 'error'
>;

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
  return measured ?? failed('there is no result in what iperf3 wrote');
}

export function failed(error: string): IperfOutput {
  return { durationNs: 0, receivedBytes: 0, receivedBps: 0, error: `iperf3: ${error}` };
}

function ofTcp(end: Json): IperfOutput | undefined {
  const received = totals(end.sum_received);
  const retransmits = isJson(end.sum_sent) ? numberOf(end.sum_sent.retransmits) : undefined;
  return received && { ...received, ...(retransmits === undefined ? {} : { retransmits }) };
}

/** Older ones have but one `sum`, whose bytes are those sent. */
function ofUdp(end: Json): IperfOutput | undefined {
  const { sum_received: given, sum } = end;
  const counts = isJson(given) && numberOf(given.packets) !== 0 ? given : isJson(sum) ? sum : {};
  const packets = numberOf(counts.packets);
  const lost = numberOf(counts.lost_packets);
  const jitterMs = numberOf(counts.jitter_ms);
  const all = totals(counts);
  if (all === undefined || packets === undefined || lost === undefined || jitterMs === undefined)
    return undefined;
  const share = counts === given || packets === 0 ? 1 : (packets - lost) / packets;
  return {
    durationNs: all.durationNs,
    receivedBytes: Math.round(all.receivedBytes * share),
    receivedBps: all.receivedBps * share,
    jitterNs: Math.round(jitterMs * 1e6),
    packets,
    lost,
  };
}

function totals(sum: unknown): Pick<IperfOutput, 'durationNs' | 'receivedBytes' | 'receivedBps'> | undefined {
  if (!isJson(sum)) return undefined;
  const seconds = numberOf(sum.seconds);
  const receivedBytes = numberOf(sum.bytes);
  const receivedBps = numberOf(sum.bits_per_second);
  if (seconds === undefined || receivedBytes === undefined || receivedBps === undefined) return undefined;
  return { durationNs: Math.round(seconds * 1e9), receivedBytes, receivedBps };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
