/**
 * Why packets of a plane do not reach a destination, by comparison with a reference that works (reference.ts):
 *
 *  1. the routers that have no route to it, though the reference has one;
 *  2. the adjacencies that the reference has and the plane lacks, failures set aside. If some routers have a route
 *     and others have none, only adjacencies between the two sides matter: the cut that keeps the route from
 *     spreading;
 *  3. of BGP: route targets that do not meet, routes that were refused, sessions that are not established;
 *  4. for each such adjacency the lines that differ in the two routers' configurations and say something of the
 *     ports at its ends, or failing that, of OSPF; where no adjacency is missing, the lines that differ on the
 *     routers at the two ends of the trouble.
 */

import type { FlowFact } from '../facts.ts';
import { failureAt } from '../failures.ts';
import { formatList } from '../format.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import { refusalHints } from './bgp-paths.ts';
import { type ChangedLine, changedLines, mentions, quote } from './config-lines.ts';
import { type Moment, nameOfReference, referenceOf } from './reference.ts';
import { sessionHints } from './sessions.ts';
import { vpnHints } from './vpn.ts';

/** Hints that one cause may give; the list as a whole is cut in hints.ts. */
const MAX_LINES = 3;

/** @param router where packets of the flow were last seen. */
export function causesOf(
  { from, to: destination }: Pick<FlowFact, 'from' | 'to'>,
  router: string,
  now: Moment,
  view: RunView,
): readonly Hint[] {
  const reference = referenceOf(now, view);
  const without = routersWithout(destination, reference, now, view);
  const adjacencies = missingAdjacencies(reference, now, view);
  const cut = adjacencies.filter(({ ends: [a, b] }) => without.has(a.router) !== without.has(b.router));
  const telling = cut.length > 0 ? cut : adjacencies;
  const adjacencyHints = telling.flatMap((adjacency) => adjacencyHint(adjacency, reference, now, view));
  const vpn = vpnHints(from, destination, now, view);
  const bgpHints = [...vpn, ...refusalHints(destination, reference, now, view), ...sessionHints(now, view)];
  const lineHints =
    telling.length > 0 || vpn.length > 0 || bgpHints.some(({ config }) => config !== undefined)
      ? []
      : [router, ...view.network.routersOf(destination)].flatMap((name) =>
          changedLines(name, reference, now, view)
            .slice(0, MAX_LINES)
            .map((line) => lineHint(line, reference, now)),
        );
  return [
    ...adjacencyHints,
    ...bgpHints,
    ...lineHints,
    ...routeHints(destination, without, reference, now, view),
  ];
}

/** Routers that have no route to the destination now, and had one in the reference. */
function routersWithout(
  destination: string,
  reference: Moment,
  now: Moment,
  view: RunView,
): ReadonlySet<string> {
  const address = view.network.addressOf(destination);
  if (address === undefined) return new Set();
  return new Set(
    view.network.routers.filter((router) => {
      const fib = view.fib(now.step, router, now.plane);
      const before = view.fib(reference.step, router, reference.plane);
      return fib !== undefined && fib.lookup(address) === undefined && before?.lookup(address) !== undefined;
    }),
  );
}

function routeHints(
  destination: string,
  without: ReadonlySet<string>,
  reference: Moment,
  now: Moment,
  view: RunView,
): readonly Hint[] {
  if (without.size === 0) return [];
  const names = [...without];
  const failed = view.failedAt(now.step, now.plane);
  const given = failed.length === 0 ? '' : `; failed there: ${formatList(failed)}`;
  const text =
    `${formatList(names)} ${names.length === 1 ? 'has' : 'have'} no route to ${destination} ` +
    `(${view.network.addressOf(destination)}) in ${now.plane}, though ${nameOfReference(reference, now)} has one${given}`;
  return [{ text, ...(names[0] === undefined ? {} : { router: names[0] }) }];
}

interface PortOf {
  readonly router: string;
  readonly port: string;
}

/** Two routers that are neighbours in the reference and are not now. */
interface Adjacency {
  readonly ends: readonly [PortOf, PortOf];
}

function missingAdjacencies(reference: Moment, now: Moment, view: RunView): readonly Adjacency[] {
  const failed = view.failedAt(now.step, now.plane);
  const missing = new Map<string, Adjacency>();
  for (const router of view.network.routers) {
    const current = view.neighbours(now.step, router, now.plane);
    // A router that was not heard says nothing of its neighbours.
    if (current === undefined) continue;
    for (const entry of view.neighbours(reference.step, router, reference.plane) ?? []) {
      if (!isUp(entry.state)) continue;
      const still = current.some(
        ({ port, routerId, state }) => port === entry.port && routerId === entry.routerId && isUp(state),
      );
      if (still || failureAt(router, entry.port, failed, view.network) !== undefined) continue;
      const other = view.network.neighbourAt(router, entry.port, entry.address);
      if (other === undefined || failureAt(other.node, other.port, failed, view.network) !== undefined)
        continue;
      const here = { router, port: entry.port };
      const there = { router: other.node, port: other.port };
      const ends: Adjacency['ends'] = here.router < there.router ? [here, there] : [there, here];
      missing.set(JSON.stringify(ends), { ends });
    }
  }
  return [...missing.values()];
}

/** States of OSPF and IS-IS in which neighbours have seen one another; two routers that are neither DR nor BDR stay in 2-Way. */
function isUp(state: string): boolean {
  return state === 'Full' || state === '2-Way' || state === 'Up';
}

function adjacencyHint({ ends }: Adjacency, reference: Moment, now: Moment, view: RunView): readonly Hint[] {
  const [a, b] = ends;
  const what =
    `${a.router} (${a.port}) and ${b.router} (${b.port}) are neighbours in ` +
    `${nameOfReference(reference, now)}, not in ${now.plane}`;
  const lines = ends.map(({ router, port }) => {
    const changed = changedLines(router, reference, now, view).filter(couldPart);
    return {
      own: changed.filter((line) => mentions(line, port)),
      protocol: changed.filter(isOfIgp),
      kinds: changed.filter((line) => kindOfArea(line) !== undefined),
    };
  });
  const own = [
    ...lines.flatMap(({ kinds }, end) => {
      const others = lines[1 - end].kinds.map(kindOfArea);
      return kinds.filter((line) => !others.includes(kindOfArea(line)));
    }),
    ...lines.flatMap((line) => line.own),
  ];
  const telling = own.length > 0 ? own : lines.flatMap((line) => line.protocol);
  if (telling.length === 0) return [{ text: what, router: a.router }];
  return telling.slice(0, MAX_LINES).map((line) => ({
    text: `${what}: ${quote(line)}`,
    router: line.router,
    config: line.config,
  }));
}

/** Lines that change how good a way is, or how it is called, part no neighbours. */
function couldPart(line: ChangedLine): boolean {
  return !/^(description|bandwidth|delay|ip ospf cost|isis metric|set-overload-bit|maximum-paths|default-metric|auto-cost)\b/.test(
    line.text,
  );
}

/** Both ends of a link have to agree on what kind of area it is in: `area 1 stub`. */
function kindOfArea(line: ChangedLine): string | undefined {
  return /^area \S+ (?:stub|nssa)\b/.exec(line.text)?.[0];
}

function isOfIgp(line: ChangedLine): boolean {
  return line.section === 'router ospf' || line.section.startsWith('router isis ');
}

export function lineHint(line: ChangedLine, reference: Moment, now: Moment): Hint {
  return {
    text: `${now.plane} differs from ${nameOfReference(reference, now)}: ${quote(line)}`,
    router: line.router,
    config: line.config,
  };
}
