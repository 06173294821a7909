/**
 * What `ping` prints (of iputils, which counts from 1, and of BusyBox, which counts from 0), with -n and LC_ALL=C:
 *
 *     64 bytes from 10.1.1.10: icmp_seq=1 ttl=61 time=4.08 ms
 *     64 bytes from 10.1.1.10: icmp_seq=1 ttl=61 time=4.10 ms (DUP!)
 *     From 10.2.0.1 icmp_seq=2 Destination Host Unreachable
 *     3 packets transmitted, 1 received, +1 errors, 66.6667% packet loss, time 2003ms
 *
 *     64 bytes from 10.1.1.10: seq=0 ttl=61 time=4.081 ms
 *     3 packets transmitted, 1 packets received, 66% packet loss
 */

const ANSWER = /^\d+ bytes from [^ ]+ (icmp_[sr]eq|seq)=(\d+) .*\btime=(\d+(?:\.\d+)?) ms/;
const REFUSAL = /^From ([^ ]+?):? (?:\([^)]*\):? )?icmp_[sr]eq=\d+ (.*)$/;
const SUMMARY = /^(\d+) packets transmitted, \d+ (?:packets )?received/m;

export interface PingOutput {
  /** One element a ping, in order of sending; null where no answer came. Of several the first counts. */
  readonly roundTripNs: readonly (number | null)[];
  readonly refusals: readonly { readonly from: string; readonly why: 'unreachable' | 'time-exceeded' }[];
}

/** Of so many pings at most. Undefined where `ping` did not come to its summary. */
export function parsePing(stdout: string, most: number): PingOutput | undefined {
  const sent = SUMMARY.exec(stdout)?.[1];
  if (sent === undefined) return undefined;
  const roundTripNs = new Array<number | null>(Math.min(Number(sent), most)).fill(null);
  const refusals: PingOutput['refusals'][number][] = [];
  for (const line of stdout.split('\n')) {
    const [, counter, number, time] = ANSWER.exec(line) ?? [];
    const index = Number(number) - (counter === 'seq' ? 0 : 1);
    if (time !== undefined && roundTripNs[index] === null)
      roundTripNs[index] = Math.round(Number(time) * 1e6);
    const [, from, why] = REFUSAL.exec(line) ?? [];
    if (from === undefined || why === undefined) continue;
    refusals.push({ from, why: /^Time to live/.test(why) ? 'time-exceeded' : 'unreachable' });
  }
  return { roundTripNs, refusals };
}
