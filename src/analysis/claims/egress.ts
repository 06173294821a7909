/** By which external peers traffic to outside leaves. */
import type { Scope } from '../expectation.ts';
import { formatCount, formatPlural } from '../format.ts';
import { countOf, nothingInScope, probesOf, type Subject, subjectsOf, windowsOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { type Finding, found, unjudged } from './finding.ts';

/** What left by one external peer. */
export interface Exit {
  readonly exit: string;
  readonly packets: number;
}

/** Packets of a flow or probe to outside that were sent in a step and arrived, by exit; undefined for other flows. */
export function exitsOf(subject: Subject, step: number, view: RunView): readonly Exit[] | undefined {
  const { outside } = subject.flow;
  if (outside === undefined) return undefined;
  const probes = probesOf(subject, step, view);
  const counts = (probes.length > 0 ? probes : windowsOf(subject, step, view)).map(
    ({ exits }) => exits ?? [],
  );
  return outside.exits.map((exit, index) => ({
    exit,
    packets: counts.reduce((sum, exits) => sum + (exits[index] ?? 0), 0),
  }));
}

/** Every peer that is named was left by, and no other. */
export function judgeEgress(
  claim: Scope & { readonly exits: readonly string[] },
  step: number,
  view: RunView,
): Finding {
  const subjects = subjectsOf(claim, step, view).filter(({ flow }) => flow.outside !== undefined);
  if (subjects.length === 0) return unjudged(nothingInScope(claim));
  const sent = subjects.reduce((sum, subject) => sum + countOf(subject, step, view).sent, 0);
  if (sent === 0) return unjudged('no packet was sent');
  const packets = new Map<string, number>();
  for (const subject of subjects) {
    for (const each of exitsOf(subject, step, view) ?? []) {
      if (each.packets > 0) packets.set(each.exit, (packets.get(each.exit) ?? 0) + each.packets);
    }
  }
  const used = [...packets.keys()];
  const holds = used.length === claim.exits.length && claim.exits.every((exit) => packets.has(exit));
  return found(holds, inWords(packets, sent));
}

function inWords(packets: ReadonlyMap<string, number>, sent: number): string {
  const ways = [...packets].map(([exit, count]) => `${formatCount(count)} by ${exit}`);
  const left = [...packets.values()].reduce((sum, count) => sum + count, 0);
  const lost = left < sent ? [`${formatCount(sent - left)} by none`] : [];
  return `of ${formatPlural(sent, 'packet')} ${[...ways, ...lost].join(', ')}`;
}
