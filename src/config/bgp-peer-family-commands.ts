/**
 * `neighbor X …` within an address family. Written neighbour by neighbour, in the order of FRR (bgpd/bgp_vty.c,
 * bgp_config_write_peer_af).
 */
import {
  type Argument,
  after,
  anyOf,
  integer,
  map,
  name,
  nothing,
  oneOf,
  optional,
  present,
  reading,
  sequence,
} from './argument.ts';
import { familyOf, findBgp, findPeer, updatePeer } from './bgp-edit.ts';
import type { BgpPeerConfig, BgpPeerFamilyConfig, SentCommunities } from './bgp-model.ts';
import { peerGroupKey, peerName } from './bgp-peer-commands.ts';
import { type Change, type Command, type CommandLine, commandAbout, put, Refusal } from './command.ts';
import type { RouterConfig } from './model.ts';

const section = 'address-family';

interface FamilySetting<Value> {
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<Value>;
  readonly set: (family: BgpPeerFamilyConfig, value: Value) => BgpPeerFamilyConfig;
  /** Undefined where nothing of the kind is set; `value`: what the `no` line says. */
  readonly unset: (family: BgpPeerFamilyConfig, value: Value | undefined) => BgpPeerFamilyConfig | undefined;
}

function familyCommand<Value>({ keywords, help, argument, set, unset }: FamilySetting<Value>): Command {
  const update = (
    config: RouterConfig,
    path: string,
    peer: string,
    change: (family: BgpPeerFamilyConfig) => BgpPeerFamilyConfig,
  ): Change => {
    const family = familyOf(path);
    return updatePeer(config, path, peer, (each) => ({ ...each, [family]: change(each[family]) }));
  };
  return commandAbout<string, Value, Value | undefined>({
    section,
    keywords: `neighbor * ${keywords}`,
    subject: peerName,
    help,
    argument,
    set: (config, path, peer, value) => update(config, path, peer, (family) => set(family, value)),
    removal: {
      argument: optional(argument),
      unset(config, path, peer, value) {
        const before: BgpPeerFamilyConfig = findPeer(config, path, peer)?.[familyOf(path)] ?? {};
        const after = unset(before, value);
        return after === undefined
          ? new Refusal(`there is no "neighbor ${peer} ${keywords}" to remove`)
          : update(config, path, peer, () => after);
      },
    },
  });
}

type Key = keyof BgpPeerFamilyConfig;

function settingOf<K extends Key>(
  keywords: string,
  key: K,
  argument: Argument<NonNullable<BgpPeerFamilyConfig[K]>>,
  help: string,
): Command {
  return familyCommand({
    keywords,
    help,
    argument,
    set: (family, value) => put(family, key, value),
    unset: (family) => (family[key] === undefined ? undefined : put(family, key, undefined)),
  });
}

/** `NAME in`, `NAME out` */
function filter(
  keywords: string,
  keys: { readonly in: FilterKey; readonly out: FilterKey },
  help: string,
): Command {
  const argument: Argument<{ readonly list: string; readonly direction: 'in' | 'out' }> = {
    notation: 'NAME <in|out>',
    read(words, at) {
      const list = name('NAME').read(words, at);
      if (!list.ok) return list;
      return map(oneOf('in', 'out').read(words, list.next), (direction) => ({ list: list.value, direction }));
    },
  };
  return familyCommand({
    keywords,
    help,
    argument,
    set: (family, { list, direction }) => put(family, keys[direction], list),
    unset: (family, value) =>
      value === undefined || family[keys[value.direction]] === undefined
        ? undefined
        : put(family, keys[value.direction], undefined),
  });
}

type FilterKey =
  | 'routeMapIn'
  | 'routeMapOut'
  | 'prefixListIn'
  | 'prefixListOut'
  | 'filterListIn'
  | 'filterListOut';

const yes: Argument<true> = reading(nothing, () => true as const);

/** `keyword`, or nothing, where more may follow: whether it stands there. */
function leading(keyword: string): Argument<boolean> {
  return {
    notation: `[${keyword}]`,
    read: (words, at) => {
      const stands = words[at]?.text === keyword;
      return { ok: true, value: stands, next: stands ? at + 1 : at };
    },
  };
}

const unchanged: Argument<NonNullable<BgpPeerFamilyConfig['attributeUnchanged']>> = reading(
  anyOf<{ 'as-path': undefined; 'next-hop': undefined; med: undefined }>({
    'as-path': nothing,
    'next-hop': nothing,
    med: nothing,
  }),
  (named) => {
    const isAll = Object.keys(named).length === 0;
    return {
      asPath: isAll || 'as-path' in named,
      nextHop: isAll || 'next-hop' in named,
      med: isAll || 'med' in named,
    };
  },
);

/** `all` is how `force` was called once. */
const nextHopSelf: Argument<'normal' | 'force'> = reading(
  optional(oneOf('force', 'all')),
  (force) => (force === undefined ? 'normal' : 'force'),
  '[force]',
);

const allowAsIn: Argument<number | 'origin'> = {
  notation: '[(1-10)|origin]',
  read(words, at) {
    if (at >= words.length) return { ok: true, value: 3, next: at };
    return /^\d/.test(words[at].text) ? integer(1, 10).read(words, at) : oneOf('origin').read(words, at);
  },
};

const maximumPrefix: Argument<NonNullable<BgpPeerFamilyConfig['maximumPrefix']>> = {
  notation: '(1-4294967295) [(1-100)] [<warning-only|restart (1-65535)>]',
  read(words, at) {
    const count = integer(1, 4294967295).read(words, at);
    if (!count.ok) return count;
    const numbered = /^\d/.test(words[count.next]?.text ?? '');
    const threshold = numbered
      ? integer(1, 100).read(words, count.next)
      : ({ ok: true, value: undefined, next: count.next } as const);
    if (!threshold.ok) return threshold;
    const given = {
      count: count.value,
      ...(threshold.value === undefined ? {} : { threshold: threshold.value }),
    };
    if (threshold.next >= words.length)
      return { ok: true, value: { ...given, onExceed: 'close' }, next: threshold.next };
    const what = oneOf('warning-only', 'restart').read(words, threshold.next);
    if (!what.ok) return what;
    return what.value === 'warning-only'
      ? { ok: true, value: { ...given, onExceed: 'warn' }, next: what.next }
      : map(integer(1, 65535).read(words, what.next), (restartAfterMinutes) => ({
          ...given,
          onExceed: { restartAfterMinutes },
        }));
  },
};

const KINDS = ['standard', 'extended', 'large'] as const;
type Kinds = readonly (typeof KINDS)[number][];

const SENT: Readonly<Record<SentCommunities, Kinds>> = {
  none: [],
  standard: ['standard'],
  extended: ['extended'],
  large: ['large'],
  both: ['standard', 'extended'],
  'standard-and-large': ['standard', 'large'],
  'extended-and-large': ['extended', 'large'],
  all: KINDS,
};

const which: Argument<Kinds> = reading(
  optional(oneOf('standard', 'extended', 'large', 'both', 'all')),
  (kinds): Kinds => SENT[kinds ?? 'standard'],
);

function sentOf(kinds: Kinds): SentCommunities {
  const names = Object.keys(SENT) as SentCommunities[];
  return (
    names.find((each) => SENT[each].join() === KINDS.filter((kind) => kinds.includes(kind)).join()) ?? 'all'
  );
}

const sentNow = ({ sendCommunity = 'all' }: BgpPeerFamilyConfig): Kinds => SENT[sendCommunity];

/** The first one writes all of them. */
export const bgpPeerFamilyCommands: readonly Command[] = [
  {
    ...familyCommand<undefined>({
      keywords: 'activate',
      help: 'routes of the family are exchanged; IPv4 ones are so where `no bgp default ipv4-unicast` is not said',
      argument: nothing,
      set: (family) => ({ ...family, activate: true }),
      unset: (family) => ({ ...family, activate: false }),
    }),
    lines: familyLines,
  },
  settingOf(
    'route-reflector-client',
    'routeReflectorClient',
    yes,
    'is told what others of our AS told us, and they what it tells (RFC 4456)',
  ),
  settingOf(
    'next-hop-self',
    'nextHopSelf',
    nextHopSelf,
    'we are the next hop of what we pass on from other ASs; with `force`, of all',
  ),
  settingOf(
    'remove-private-AS',
    'removePrivateAs',
    reading(sequence(leading('all'), present('replace-AS')), ([all, replace]) => ({ all, replace })),
    'paths of private AS numbers alone go out without them; with `all`, other paths, too; with `replace-AS`, with ours in their place',
  ),
  settingOf(
    'route-server-client',
    'routeServerClient',
    yes,
    'what it and others like it say goes from one to the other as it is: path, next hop and MED',
  ),
  settingOf(
    'attribute-unchanged',
    'attributeUnchanged',
    unchanged,
    'path, next hop, MED (all of them where none is named) are told as they came',
  ),
  settingOf('as-override', 'asOverride', yes, 'its own AS number in paths to it becomes ours'),
  familyCommand<Kinds>({
    keywords: 'send-community',
    help: 'the communities that are sent: all, but those that `no` takes out',
    argument: which,
    set: (family, kinds) => ({ ...family, sendCommunity: sentOf([...sentNow(family), ...kinds]) }),
    unset: (family, kinds = SENT.standard) => ({
      ...family,
      sendCommunity: sentOf(sentNow(family).filter((kind) => !kinds.includes(kind))),
    }),
  }),
  settingOf(
    'default-originate',
    'defaultOriginate',
    reading(optional(after('route-map', name('NAME'))), (routeMap) =>
      routeMap === undefined ? {} : { routeMap },
    ),
    'tells it a default route; with a route map, while that permits a route of ours',
  ),
  settingOf(
    'soft-reconfiguration inbound',
    'softReconfigurationInbound',
    yes,
    'what it said is kept as it said it',
  ),
  settingOf(
    'maximum-prefix',
    'maximumPrefix',
    maximumPrefix,
    'prefixes that it may announce, percent of them at which we warn (default 75), and what is done with more: the session ends, and begins again after so many minutes, or is warned about',
  ),
  settingOf(
    'allowas-in',
    'allowAsIn',
    allowAsIn,
    'our own AS may be in its paths so often (default 3), or be where they began',
  ),
  settingOf(
    'weight',
    'weight',
    integer(0, 65535),
    'of its routes: the greatest is preferred before all else',
  ),
  settingOf(
    'unsuppress-map',
    'unsuppressMap',
    name('NAME'),
    'of what aggregates take the place of, these routes are told it nevertheless',
  ),
  filter('prefix-list', { in: 'prefixListIn', out: 'prefixListOut' }, 'the prefixes that come in or go out'),
  filter('route-map', { in: 'routeMapIn', out: 'routeMapOut' }, 'the routes that come in or go out, and how'),
  filter(
    'filter-list',
    { in: 'filterListIn', out: 'filterListOut' },
    'the AS paths that come in or go out, by an AS path list',
  ),
];

export function saysOfFamily(family: BgpPeerFamilyConfig): boolean {
  return Object.keys(family).length > 0;
}

function familyLines(config: RouterConfig, path: string): readonly CommandLine[] {
  const bgp = findBgp(config, path);
  const family = familyOf(path);
  return [...(bgp?.peerGroups ?? []), ...(bgp?.neighbours ?? [])].flatMap((peer) =>
    linesOf(peer, peer[family]),
  );
}

function linesOf(peer: BgpPeerConfig, family: BgpPeerFamilyConfig): readonly CommandLine[] {
  const line = (text: string): CommandLine => ({
    text: text.replace('neighbor', () => `neighbor ${peer.name}`),
    group: peerGroupKey(peer),
  });
  const filtered = (keywords: string, list: string | undefined, direction: 'in' | 'out') =>
    list === undefined ? [] : [`neighbor ${keywords} ${list} ${direction}`];
  const { activate, nextHopSelf, sendCommunity, defaultOriginate, maximumPrefix: most } = family;
  const { removePrivateAs, attributeUnchanged: kept, allowAsIn: ownAs } = family;
  const unsent =
    sendCommunity === undefined ? [] : KINDS.filter((kind) => !SENT[sendCommunity].includes(kind));
  const routeMap = defaultOriginate?.routeMap;
  return [
    ...(activate === undefined ? [] : [activate ? 'neighbor activate' : 'no neighbor activate']),
    ...(family.routeReflectorClient ? ['neighbor route-reflector-client'] : []),
    ...(nextHopSelf === undefined
      ? []
      : [`neighbor next-hop-self${nextHopSelf === 'force' ? ' force' : ''}`]),
    ...(removePrivateAs === undefined ? [] : [`neighbor ${formatPrivate(removePrivateAs)}`]),
    ...(family.routeServerClient ? ['neighbor route-server-client'] : []),
    ...(kept === undefined ? [] : [`neighbor ${formatUnchanged(kept)}`]),
    ...(family.asOverride ? ['neighbor as-override'] : []),
    ...(sendCommunity === 'all' ? ['neighbor send-community all'] : []),
    ...(unsent.length === KINDS.length
      ? ['no neighbor send-community all']
      : unsent.map((kind) => `no neighbor send-community ${kind}`)),
    ...(defaultOriginate === undefined
      ? []
      : [`neighbor default-originate${routeMap === undefined ? '' : ` route-map ${routeMap}`}`]),
    ...(family.softReconfigurationInbound ? ['neighbor soft-reconfiguration inbound'] : []),
    ...(most === undefined ? [] : [`neighbor ${formatMaximum(most)}`]),
    ...(ownAs === undefined ? [] : [`neighbor allowas-in${ownAs === 3 ? '' : ` ${ownAs}`}`]),
    ...(family.weight === undefined ? [] : [`neighbor weight ${family.weight}`]),
    ...filtered('prefix-list', family.prefixListIn, 'in'),
    ...filtered('prefix-list', family.prefixListOut, 'out'),
    ...filtered('route-map', family.routeMapIn, 'in'),
    ...filtered('route-map', family.routeMapOut, 'out'),
    ...(family.unsuppressMap === undefined ? [] : [`neighbor unsuppress-map ${family.unsuppressMap}`]),
    ...filtered('filter-list', family.filterListIn, 'in'),
    ...filtered('filter-list', family.filterListOut, 'out'),
  ].map(line);
}

export function formatPrivate({ all, replace }: NonNullable<BgpPeerFamilyConfig['removePrivateAs']>): string {
  return `remove-private-AS${all ? ' all' : ''}${replace ? ' replace-AS' : ''}`;
}

/** All three are said by naming none. */
export function formatUnchanged({
  asPath,
  nextHop,
  med,
}: NonNullable<BgpPeerFamilyConfig['attributeUnchanged']>): string {
  if (asPath && nextHop && med) return 'attribute-unchanged';
  return `attribute-unchanged${asPath ? ' as-path' : ''}${nextHop ? ' next-hop' : ''}${med ? ' med' : ''}`;
}

export function formatMaximum({
  count,
  threshold,
  onExceed,
}: NonNullable<BgpPeerFamilyConfig['maximumPrefix']>): string {
  const end =
    onExceed === 'close'
      ? ''
      : onExceed === 'warn'
        ? ' warning-only'
        : ` restart ${onExceed.restartAfterMinutes}`;
  return `maximum-prefix ${count}${threshold === undefined ? '' : ` ${threshold}`}${end}`;
}
