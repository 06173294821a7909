/** Where packets of a step were lost, and why: by the last postcard of each that did not arrive. */
import type { Scope } from '../expectation.ts';
import { failureAt } from '../failures.ts';
import { formatCount, formatPath, formatPlural } from '../format.ts';
import { type Loss, loopOf, type Trace } from '../paths.ts';
import type { Hint } from '../result.ts';
import { lastTenth, probesOf, type Subject, subjectsOf, totalOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { droppingLine } from './access.ts';
import { causesOf } from './causes.ts';

/** Packets lost alike. */
interface LossGroup {
  readonly subject: Subject;
  readonly loss: Loss;
  /** One of them. */
  readonly example: Trace;
  /** Only the probe's last tenth was looked at. */
  readonly atEnd: boolean;
  packets: number;
}

/** Places that one claim's hints name. */
const MAX_PLACES = 3;

/**
 * Hints for the packets in scope that were lost, the place that lost most first, each followed by its causes.
 * `atEnd`: of a probe that still lost packets in its last tenth, only those count: what it lost on the way there,
 * while routes changed, is not what keeps it from working.
 */
export function lossHints(scope: Scope, step: number, view: RunView, atEnd: boolean): readonly Hint[] {
  const subjects = subjectsOf(scope, step, view);
  const groups = subjects.flatMap((subject) => groupLosses(subject, step, view, atEnd));
  const biggest = groups.toSorted((a, b) => b.packets - a.packets).slice(0, MAX_PLACES);
  const places = biggest.map((group) => placeHint(group, step, view));
  const causes = biggest.flatMap(({ subject, loss }) => {
    if (loss.reason === 'queue' || loss.acl !== undefined || loss.policy !== undefined) return [];
    return causesOf(subject.flow, loss.router, { plane: subject.plane, step }, view);
  });
  return [
    ...places.slice(0, 1),
    ...causes,
    ...places.slice(1),
    ...unseenHints(subjects, step, view, groups, atEnd),
  ];
}

function groupLosses(subject: Subject, step: number, view: RunView, atEnd: boolean): readonly LossGroup[] {
  const all = view.packets(step, subject.flow.id, subject.plane);
  const lost = all.filter((trace) => view.path(trace).lost !== undefined && !view.isUnderWay(trace));
  const probe = probesOf(subject, step, view).at(-1);
  const endNs = probe?.sentNs.at(-lastTenth(probe.sentNs.length)) ?? Number.POSITIVE_INFINITY;
  const lostAtEnd = atEnd ? lost.filter((trace) => trace.startNs >= endNs) : [];
  const groups = new Map<string, LossGroup>();
  const onlyEnd = lostAtEnd.length > 0;
  for (const trace of onlyEnd ? lostAtEnd : lost) {
    const { lost: loss } = view.path(trace);
    if (loss === undefined) continue;
    const key = JSON.stringify([loss.router, loss.out, loss.reason, loss.acl, loss.policy]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { subject, loss, example: trace, atEnd: onlyEnd, packets: 1 });
    else group.packets++;
  }
  return [...groups.values()];
}

function placeHint({ subject, loss, example, atEnd, packets }: LossGroup, step: number, view: RunView): Hint {
  const { plane, flow } = subject;
  const { router } = loss;
  const text = `${lossText(loss, subject, example, step, view)}: ${formatPlural(packets, 'packet')} to ${flow.to} lost${atEnd ? ' in the last tenth of the probe' : ''}`;
  const config = droppingLine(loss, { plane, step }, view);
  return { text, router, ...(config === undefined ? {} : { config }) };
}

function lossText(loss: Loss, { plane, flow }: Subject, example: Trace, step: number, view: RunView): string {
  const { router, out, reason } = loss;
  const port = loss.in === '' ? router : `${router} (${loss.in})`;
  switch (reason) {
    case 'no-route':
      return `${router} has no route${inVrf(example)} to ${flow.to} (${view.network.addressOf(flow.to)}) in ${plane}`;
    case 'blackhole':
    case 'reject':
      return `${router} has a ${reason} route for ${flow.to} in ${plane}`;
    case 'ttl': {
      const loop = loopOf(view.path(example).routers);
      return loop.length === 0
        ? `the TTL ends at ${router} in ${plane}`
        : `packets go round ${formatPath(loop)} in ${plane} until their TTL ends at ${router}`;
    }
    case 'acl-in':
      return `${port} filters on arrival in ${plane}, by ${loss.acl ?? 'an access list'}`;
    case 'acl-out':
      return `${router} (${out}) filters on departure in ${plane}, by ${loss.acl ?? 'an access list'}`;
    case 'police':
      return `${out === '' ? port : `${router} (${out})`} polices in ${plane}${loss.policy === undefined ? '' : `, by ${loss.policy}`}`;
    case 'queue':
      return `the queue of ${router} (${out}) overflows${loss.policy === undefined ? '' : ` in ${plane}, by ${loss.policy}`}`;
    case 'failed':
      // A port that is down when the packet comes; otherwise the one that it was to leave by.
      return out === ''
        ? `${port} takes no packets from ${failedText(router, loss.in, plane, step, view)}`
        : `${router} sends into ${failedText(router, out, plane, step, view)}`;
    case 'wire':
      return `nothing arrives beyond ${router} (${out}): lost on ${failedText(router, out, plane, step, view)}`;
    case 'unknown-tag':
      return `${router} does not know the packet's configuration tag`;
    case 'unknown-label':
      return `${router} gave out no such label in ${plane} as the packet's tunnel has`;
    case 'arp':
      return `${router} (${out}) gets no ARP answer from the next hop in ${plane}`;
    case 'mtu':
      return `the packet is larger than the MTU of ${router} (${out}) in ${plane}`;
    case 'not-for-us':
      return `${router} takes packets to ${flow.to} for its own in ${plane}`;
    case 'malformed':
    case 'checksum':
      return `${port} refuses the packet (${reason})`;
  }
}

/** ` in VRF RED`, where the last router looked the packet up in another routing table than the default one. */
function inVrf({ hops }: Trace): string {
  const { vrf } = hops.at(-1) ?? {};
  return vrf === undefined ? '' : ` in VRF ${vrf}`;
}

/** The link at a port, and whether something there is failed at the end of the step. */
function failedText(
  router: string,
  port: string,
  plane: Subject['plane'],
  step: number,
  view: RunView,
): string {
  const failed = failureAt(router, port, view.failedAt(step, plane), view.network);
  const link = view.network.linkAt(router, port);
  const name = link === undefined ? `port ${port}` : `link ${link.name}`;
  if (failed === undefined) return name;
  return failed === name ? `${name}, which is failed in ${plane}` : `${name} (failed in ${plane}: ${failed})`;
}

/** Longer is no packet on its way to where it is dropped. */
const FLIGHT_NS = 1_000_000_000;

/**
 * Dropped soon after the end of what was counted, and sent before the next packet that is known to have been sent after
 * it. Of a packet that is not traced its drop is all that is known, and when: it may be one of those that were counted.
 */
function droppedLater({ flow, plane }: Subject, step: number, view: RunView): number {
  const endNs = Math.max(0, ...view.windows(step, flow.id, plane).map(({ toNs }) => toNs));
  if (endNs === 0) return 0;
  const after = view
    .allPackets(flow.id, plane)
    .filter(({ startNs }) => startNs > endNs && startNs <= endNs + FLIGHT_NS);
  const next = after.find((trace) => view.path(trace).traced)?.sequence ?? Number.POSITIVE_INFINITY;
  return after.filter((trace) => trace.sequence < next && view.path(trace).lost !== undefined).length;
}

/**
 * Packets of which no postcard tells that they were lost: still under way at the end of what is recorded; or lost
 * before the first router, after the last, or not traced.
 */
function unseenHints(
  subjects: readonly Subject[],
  step: number,
  view: RunView,
  groups: readonly LossGroup[],
  atEnd: boolean,
): readonly Hint[] {
  const { sent, received } = totalOf(subjects, step, view);
  const unseen = sent - received - groups.reduce((sum, group) => sum + group.packets, 0);
  if (atEnd || unseen <= 0) return [];
  const flights = subjects.map((subject) =>
    view.packets(step, subject.flow.id, subject.plane).filter((trace) => view.isUnderWay(trace)),
  );
  const underWay = Math.min(unseen, flights.flat().length);
  const late = subjects.reduce((sum, subject) => sum + droppedLater(subject, step, view), 0);
  const lost = Math.max(0, unseen - underWay - late);
  const texts = [
    underWay > 0 &&
      `${formatPlural(underWay, 'packet')} had not arrived, and no router had dropped ${underWay === 1 ? 'it' : 'them'}, when the run ended: on the way, or waiting at a port`,
    lost > 0 &&
      `no router has dropped ${formatCount(lost)} of the lost packets: they were lost on the links of their hosts, or on a link while not traced`,
  ];
  return texts.flatMap((text) => (text === false ? [] : [{ text }]));
}
