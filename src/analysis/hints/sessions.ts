/** BGP sessions of a plane that are not established, and why, as far as the routers know. */
import { parseConfig } from '../../config/parser.ts';
import { failureAt } from '../failures.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import { type ChangedLine, changedLines, quote } from './config-lines.ts';
import { type Moment, nameOfReference, referenceOf } from './reference.ts';

/** Sessions that one claim's hints name. */
const MAX_SESSIONS = 3;
/** Hints that one session may give. */
const MAX_LINES = 2;

/** A neighbour that a router has, or has in the reference. */
interface Session {
  readonly router: string;
  /** The neighbour's. */
  readonly address: string;
  readonly vrf?: string;
  /** Who has that address; undefined where nobody does. */
  readonly other?: string;
  /** Undefined: it is no neighbour now. */
  readonly state?: string;
  readonly reason?: string;
}

/**
 * First those that the reference has, then others: each of them once, as the end tells it that knows more. What a failed
 * link takes away is left out: that is told where packets are lost.
 */
export function sessionHints(now: Moment, view: RunView): readonly Hint[] {
  const reference = referenceOf(now, view);
  const found = new Map<string, { readonly session: Session; readonly rank: number }>();
  for (const router of view.network.routers) {
    for (const session of sessionsOf(router, reference, now, view)) {
      if (isFailed(session, now, view)) continue;
      const key = [router, session.other ?? session.address].toSorted().join('\0');
      const rank = rankOf(session, reference, view);
      const known = found.get(key);
      if (known === undefined || rank < known.rank) found.set(key, { session, rank });
    }
  }
  return [...found.values()]
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, MAX_SESSIONS)
    .flatMap(({ session }) => sessionHint(session, now, view));
}

/** The session of a router with one neighbour, if it is not established. */
export function sessionWith(
  router: string,
  address: string,
  now: Moment,
  view: RunView,
): readonly Hint[] | undefined {
  const reference = referenceOf(now, view);
  const session = sessionsOf(router, reference, now, view).find((each) => each.address === address);
  return session === undefined ? undefined : sessionHint(session, now, view);
}

/** Neighbours that are not established now, and those that are none any more. */
function sessionsOf(router: string, reference: Moment, now: Moment, view: RunView): readonly Session[] {
  const current = bgpNeighbours(now, router, view);
  if (current === undefined) return [];
  const named = (address: string, vrf: string | undefined): Session => {
    const other = view.network.nodeWith(address, router);
    return { router, address, ...(vrf !== undefined && { vrf }), ...(other !== undefined && { other }) };
  };
  const down = current
    .filter(({ state }) => state !== 'Established')
    .map(({ address, vrf, state, reason }) => ({
      ...named(address, vrf),
      state,
      ...(reason !== undefined && { reason }),
    }));
  const gone = (bgpNeighbours(reference, router, view) ?? [])
    .filter(({ address, vrf }) => !current.some((own) => own.address === address && own.vrf === vrf))
    .map(({ address, vrf }) => named(address, vrf));
  return [...down, ...gone];
}

function bgpNeighbours({ step, plane }: Moment, router: string, view: RunView) {
  return view.neighbours(step, router, plane)?.filter(({ protocol }) => protocol === 'bgp');
}

/** The less, the more it tells: what works in the reference, then the end that knows a reason. */
function rankOf({ router, address, vrf, state, reason }: Session, reference: Moment, view: RunView): number {
  const there = bgpNeighbours(reference, router, view)?.some(
    (own) => own.address === address && own.vrf === vrf && own.state === 'Established',
  );
  const isOwn = state === undefined || (reason !== undefined && !reason.startsWith('the neighbour'));
  return (there ? 0 : 2) + (isOwn ? 0 : 1);
}

/** Is the router, the neighbour, or what joins them failed? */
function isFailed({ router, other }: Session, now: Moment, view: RunView): boolean {
  const failed = view.failedAt(now.step, now.plane);
  if (failed.includes(`router ${router}`) || failed.includes(`router ${other}`)) return true;
  return view.start.links.some(
    ({ ends }) =>
      ends.some(({ node }) => node === other) &&
      ends.some(
        ({ node, port }) => node === router && failureAt(router, port, failed, view.network) !== undefined,
      ),
  );
}

function sessionHint(session: Session, now: Moment, view: RunView): readonly Hint[] {
  const { router, state, reason } = session;
  const reference = referenceOf(now, view);
  const name = neighbourName(session);
  const why = reason === undefined ? '' : `: ${reason}`;
  const what =
    state === undefined
      ? `${router} does not have ${name} for a BGP neighbour in ${now.plane}, as it has in ${nameOfReference(reference, now)}`
      : `the BGP session of ${router} with ${name} is not established in ${now.plane} (${state}${why})`;
  // Of a neighbour that is gone, all of its lines are: the first one says so.
  const lines = linesOf(session, reference, now, view).slice(0, state === undefined ? 1 : MAX_LINES);
  if (lines.length === 0) return [{ text: what, router }];
  return lines.map((line) => ({
    text: `${what}; ${quote(line)}`,
    router: line.router,
    config: line.config,
  }));
}

function neighbourName({ address, other, vrf }: Session): string {
  const table = vrf === undefined ? '' : `, in VRF ${vrf}`;
  return other === undefined ? `${address}${table}` : `${other} (${address}${table})`;
}

/**
 * Lines of both ends that differ from the reference: those that name the other end or its group, keys first, or else of
 * BGP itself.
 */
function linesOf(
  { router, address, other }: Session,
  reference: Moment,
  now: Moment,
  view: RunView,
): readonly ChangedLine[] {
  const own = bgpLines(router, reference, now, view);
  const theirs = other === undefined ? [] : bgpLines(other, reference, now, view);
  const ownNames = namesOf(router, (each) => each === address, now, view);
  const theirNames =
    other === undefined
      ? []
      : namesOf(other, (each) => view.network.nodeWith(each, other) === router, now, view);
  const isOf = (names: readonly string[]) => (line: ChangedLine) =>
    line.text.split(' ').some((word) => names.includes(word));
  const named = [
    ...own.filter(isOf([address, ...ownNames])),
    ...theirs.filter(
      (line) =>
        isOf(theirNames)(line) ||
        line.text.split(' ').some((word) => view.network.nodeWith(word, other ?? '') === router),
    ),
  ].toSorted((a, b) => Number(isKey(b)) - Number(isKey(a)));
  return named.length > 0 ? named : [...own, ...theirs].filter(({ text }) => !/^neighbor /.test(text));
}

function isKey({ text }: ChangedLine): boolean {
  return /^neighbor \S+ password\b/.test(text);
}

/** The groups of a router's neighbours that have such an address. */
function namesOf(
  router: string,
  isMeant: (address: string) => boolean,
  now: Moment,
  view: RunView,
): readonly string[] {
  const { text } = view.config(now.step, router, now.plane) ?? {};
  if (text === undefined) return [];
  return parseConfig(text).config.bgp.flatMap(({ neighbours }) =>
    neighbours.flatMap(({ name, peerGroup }) =>
      peerGroup !== undefined && isMeant(name) ? [peerGroup] : [],
    ),
  );
}

function bgpLines(router: string, reference: Moment, now: Moment, view: RunView): readonly ChangedLine[] {
  return changedLines(router, reference, now, view).filter(
    ({ section, text }) =>
      (section.startsWith('router bgp ') || text.startsWith('router bgp ')) && !isPolicy(text),
  );
}

/** Lines of a neighbour that let routes in or out, and end no session. */
function isPolicy(text: string): boolean {
  return /^neighbor \S+ (route-map|prefix-list|filter-list|description|weight|next-hop-self|send-community)\b/.test(
    text,
  );
}
