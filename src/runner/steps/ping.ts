/**
 * `ping`: by the host's own program where hosts are machines, by shadowlab's host where they are not; one fact either
 * way. It pings on where the step's claims have time to come true (timed-claims.ts).
 */
import { NO_SUCH_PROGRAM } from '../../analysis/claims/command.ts';
import type { PingFact } from '../../analysis/facts.ts';
import { formatIpv4, type Ipv4 } from '../../net/address.ts';
import { SECOND } from '../../world/clock.ts';
import type { PingAction } from '../experiment/resolved.ts';
import { LabError } from '../lab.ts';
import { missing, runProgram, SHADOW_TOS } from '../program.ts';
import type { StepContext } from './context.ts';
import { type PingOutput, parsePing } from './ping-output.ts';
import { partOf, timedClaims } from './timed-claims.ts';

const MAX_PINGS = 100_000;

/** IPv4 and ICMP. */
const HEADERS = 28;
/** For `ping` to start, and to end. */
const MARGIN_NS = 10 * SECOND;

export async function ping(context: StepContext, action: PingAction): Promise<void> {
  const { lab, recorder, step, experiment } = context;
  const { from, to, plane, withinNs } = action;
  const destination = experiment.topology.hosts.find(({ name }) => name === to)?.address.address ?? 0;
  const startedNs = lab.clock.now();
  const times: (number | null)[] = [];
  const refusals = new Map<string, PingFact['refusals'][number]>();
  let nextNs = startedNs;
  const send = async (count: number): Promise<void> => {
    await lab.runUntil(() => false, nextNs);
    nextNs = lab.clock.now() + count * action.everyNs;
    const sent = lab.exec === undefined ? bySelf : byProgram;
    const output = await sent(context, action, destination, count);
    times.push(...output.roundTripNs.map((time) => (time !== null && time <= withinNs ? time : null)));
    for (const refusal of output.refusals) {
      const key = `${refusal.why} ${refusal.from}`;
      refusals.set(key, { ...refusal, count: 1 + (refusals.get(key)?.count ?? 0) });
    }
    recorder.record({
      t: lab.clock.now(),
      fact: 'ping',
      step: step.number,
      from,
      to,
      plane,
      startedNs,
      roundTripNs: [...times],
      refusals: [...refusals.values()],
    });
  };

  await send(action.count);
  const { claims, deadlineNs } = timedClaims(context);
  const part = partOf(action.count);
  while (nextNs < deadlineNs && times.length + part <= MAX_PINGS && !context.holds(claims)) {
    await send(part);
  }
}

async function byProgram(
  { lab }: StepContext,
  { from, plane, everyNs, packetBytes, withinNs }: PingAction,
  destination: Ipv4,
  count: number,
): Promise<PingOutput> {
  const words = [
    ...['env', 'LC_ALL=C', 'ping', '-n'],
    ...['-c', String(count), '-i', String(everyNs / SECOND), '-s', String(packetBytes - HEADERS)],
    // BusyBox takes whole seconds here and knows no -Q.
    ...['-W', String(Math.ceil(withinNs / SECOND))],
    ...(plane === 'shadow' ? ['-Q', String(SHADOW_TOS)] : []),
    formatIpv4(destination),
  ];
  const { code, stdout, stderr } = await runProgram(lab, from, words, count * everyNs + withinNs + MARGIN_NS);
  if (code === NO_SUCH_PROGRAM) throw missing('ping', from, 'iputils-ping');
  const output = parsePing(stdout, count);
  if (output !== undefined) return output;
  const hint = /invalid option -- '?Q/.test(stderr) ? ' (the shadow plane needs the ping of iputils)' : '';
  const said = stderr.trim().split('\n', 1)[0];
  throw new LabError(`ping on host ${from} came to no result: ${said || `exit ${code}`}${hint}`);
}

async function bySelf(
  { lab }: StepContext,
  { from, plane, everyNs, packetBytes, withinNs }: PingAction,
  destination: Ipv4,
  count: number,
): Promise<PingOutput> {
  const host = lab.hosts.get(from);
  if (host === undefined) throw new LabError(`the lab has no host "${from}"`);
  const roundTripNs = new Array<number | null>(count).fill(null);
  const refusals: PingOutput['refusals'][number][] = [];
  const options = { plane, timeoutNs: withinNs, payloadBytes: packetBytes - HEADERS };
  let open = count;
  const send = (index: number): void => {
    host.ping(destination, options, (outcome) => {
      open--;
      if (outcome.kind === 'reply') roundTripNs[index] = outcome.roundTripNs;
      else if (outcome.kind !== 'timeout')
        refusals.push({ from: formatIpv4(outcome.from), why: outcome.kind });
    });
    if (index + 1 < count) lab.clock.after(everyNs, () => send(index + 1));
  };
  send(0);
  await lab.runUntil(() => open === 0, lab.clock.now() + count * everyNs + withinNs + SECOND);
  return { roundTripNs, refusals };
}
