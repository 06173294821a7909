/**
 * Why packets to outside do not leave by a peer that they should leave by. The way of a route is followed from the
 * peer to the router where the packets enter, as far as it came: its session, the policy that lets it in, the decision
 * of the border router, that of the router where packets enter.
 */
import { exitsOf } from '../claims/egress.ts';
import { countPaths } from '../claims/routes.ts';
import type { Scope } from '../expectation.ts';
import type { BgpSnapshot } from '../facts.ts';
import { formatPath } from '../format.ts';
import type { Hint } from '../result.ts';
import { lastTracedOf, nameOf, type Subject, subjectsOf } from '../scope.ts';
import type { RunView } from '../view.ts';
import { bestOver, refusalHint } from './bgp-paths.ts';
import { lineHint } from './causes.ts';
import { changedLines } from './config-lines.ts';
import { type Moment, referenceOf } from './reference.ts';
import { sessionHints, sessionWith } from './sessions.ts';

const MAX_EXAMPLES = 2;
const MAX_LINES = 3;

export function exitHints(
  wanted: readonly string[],
  scope: Scope,
  step: number,
  view: RunView,
): readonly Hint[] {
  const subjects = subjectsOf(scope, step, view).filter(({ flow }) => flow.outside !== undefined);
  const used = (subject: Subject): readonly string[] =>
    (exitsOf(subject, step, view) ?? []).filter(({ packets }) => packets > 0).map(({ exit }) => exit);
  const astray = subjects.filter((subject) => used(subject).some((exit) => !wanted.includes(exit)));
  const missing = wanted.filter((exit) => !subjects.some((subject) => used(subject).includes(exit)));
  // Those that leave by another exit show where the wanted one is not preferred; else anyone will do.
  const examples = astray.length > 0 ? astray : subjects;
  return [
    ...astray.flatMap((subject) => wayOut(subject, step, view)).slice(0, MAX_EXAMPLES),
    ...examples
      .slice(0, MAX_EXAMPLES)
      .flatMap((subject) =>
        (missing.length > 0 ? missing : wanted).flatMap((exit) => peerHints(exit, subject, step, view)),
      ),
  ];
}

/** The same of a way that ends at the router of a peer, where another exit is used. */
export function wayOutHints(
  expectation: Scope & { readonly routers: readonly string[] },
  step: number,
  view: RunView,
): readonly Hint[] {
  const border = expectation.routers.at(-1) ?? '';
  return subjectsOf(expectation, step, view).flatMap((subject) =>
    (exitsOf(subject, step, view) ?? [])
      .filter(({ exit, packets }) => packets === 0 && view.network.routersOf(exit).has(border))
      .flatMap(({ exit }) => peerHints(exit, subject, step, view)),
  );
}

/** By which way packets leave at the end of the step. */
function wayOut(subject: Subject, step: number, view: RunView): readonly Hint[] {
  return countPaths(lastTracedOf(subject, step, view), view)
    .filter((path) => path.arrived)
    .slice(0, 1)
    .map(({ routers }) => ({
      text: `${nameOf(subject)} leaves at ${routers.at(-1)}, by ${formatPath(routers)}`,
    }));
}

/** What keeps the packets from leaving by a peer. */
function peerHints(peer: string, { flow, plane }: Subject, step: number, view: RunView): readonly Hint[] {
  const now = { plane, step };
  const address = flow.outside?.address ?? '';
  const known = view.bgp(step, plane, address).filter(({ vrf }) => vrf === undefined);
  return [...view.network.routersOf(peer)].flatMap((border) => {
    const of = view.network.addressBetween(peer, border) ?? '';
    const entries = view.neighbours(step, border, plane);
    if (entries === undefined) return [];
    const down = sessionWith(border, of, now, view);
    if (down !== undefined) return down;
    if (!entries.some((entry) => entry.protocol === 'bgp' && entry.address === of))
      return [
        { text: `${border} does not have ${peer} (${of}) for a BGP neighbour in ${plane}`, router: border },
      ];
    const at = known.find(({ router }) => router === border);
    if (at === undefined) return [];
    const refused = at.refused.find(({ neighbour }) => neighbour === of);
    if (refused !== undefined) return [refusalHint(refused, border, peer, now, view)];
    const own = at.entry?.paths.find(({ neighbour }) => neighbour === of);
    if (own === undefined)
      return [
        { text: `${border} has heard of no route to ${address} from ${peer} in ${plane}`, router: border },
      ];
    const atBorder = preferred(border, border, of, peer, now, known, view);
    // What the border does not use itself, nobody else hears of.
    const decided =
      atBorder.length > 0
        ? atBorder
        : [...view.network.routersOf(flow.from)].flatMap((router) =>
            preferred(router, border, of, peer, now, known, view),
          );
    return [
      ...decided,
      ...policyLines(decided.length > 0 ? decided : [{ text: '', router: border }], now, view),
    ];
  });
}

/** At a router, the path by the peer's border router and the one that is used instead. */
function preferred(
  router: string,
  border: string,
  peerAddress: string,
  peer: string,
  now: Moment,
  known: readonly BgpSnapshot[],
  view: RunView,
): readonly Hint[] {
  const { plane } = now;
  const entry = known.find((each) => each.router === router)?.entry;
  if (entry === undefined)
    return [{ text: `${router} has no path to ${known[0]?.address ?? peer} in ${plane}`, router }];
  const nodeOf = (address: string): string => view.network.nodeWith(address, router) ?? address;
  const own = entry.paths.find(({ neighbour, nextHop }) =>
    router === border ? neighbour === peerAddress : nodeOf(nextHop) === border || nextHop === peerAddress,
  );
  const [best] = entry.paths;
  if (own === best || own?.use === 'multipath') return [];
  const used = best.neighbour === '0.0.0.0' ? 'of its own' : `by ${nodeOf(best.nextHop)}`;
  if (own === undefined) {
    const text = `${router} has not been told of a path to ${entry.prefix} by ${border} in ${plane}, and uses that ${used}`;
    return [{ text, router }, ...sessionHints(now, view)];
  }
  const text =
    own.use === 'unreachable'
      ? `${router} cannot reach ${own.nextHop}, the next hop of the path to ${entry.prefix} by ${peer}, in ${plane}`
      : `${router} prefers the path to ${entry.prefix} ${used} to that by ${peer} in ${plane}: ${bestOver(best, own)}`;
  return [{ text, router }];
}

/** Lines of policy that differ from the reference on routers that decide. */
function policyLines(deciding: readonly Hint[], now: Moment, view: RunView): readonly Hint[] {
  const reference = referenceOf(now, view);
  const routers = new Set(deciding.flatMap(({ router }) => (router === undefined ? [] : [router])));
  return [...routers]
    .flatMap((router) => changedLines(router, reference, now, view))
    .filter(({ section, text }) =>
      /^(route-map|router bgp|bgp|ip prefix-list)\b/.test(`${section} ${text}`.trim()),
    )
    .slice(0, MAX_LINES)
    .map((line) => lineHint(line, reference, now));
}
