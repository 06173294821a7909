/**
 * Route maps. An entry has one line of each kind, as in FRR: a second one takes the place of the first. They are written
 * sorted by their text, as vtysh does, and carried out in that order: what a `comm-list` deletes goes before what is
 * added.
 */
import { formatIpv4, type Ipv4 } from '../net/address.ts';
import { nearest } from '../net/suggest.ts';
import {
  type Argument,
  address,
  integer,
  Misfit,
  map,
  meant,
  name,
  nothing,
  oneOf,
  optional,
  present,
  reading,
  restOfLine,
  sequence,
  word,
} from './argument.ts';
import { type Command, command, commandAbout, put, Refusal, setting } from './command.ts';
import { administrated } from './community.ts';
import { communities } from './community-list-commands.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';
import { finder } from './named.ts';
import type { Action, RouteMapConfig, RouteMapEntry, RouteMatch, RouteSet } from './policy-model.ts';
import { REDISTRIBUTED } from './redistribute.ts';

const section = 'route-map';
const entryNumber = integer(1, 65535);
const ORIGINS = ['igp', 'egp', 'incomplete'] as const;
const DENY_GOES_ON = new Refusal('an entry that denies decides, and cannot go on');

const asNumbers = several(integer(1, 4294967295));
const routeTargets = several(
  word('ASN:NN|A.B.C.D:NN', (text) =>
    administrated(text) === undefined
      ? new Misfit(`"${text}" is not a route target ASN:NN or A.B.C.D:NN`)
      : text,
  ),
);
const aggregator: Argument<{ readonly as: number; readonly address: Ipv4 }> = reading(
  sequence(integer(1, 4294967295), address),
  ([as, at]) => ({ as, address: at }),
);
const metric = word('<(0-4294967295)|+N|-N>', metricToSet);
const nextHop: Argument<Ipv4 | 'peer-address' | 'unchanged'> = {
  notation: '<A.B.C.D|peer-address|unchanged>',
  read: (words, at) =>
    /^\d/.test(words[at]?.text ?? '')
      ? address.read(words, at)
      : oneOf('peer-address', 'unchanged').read(words, at),
};

interface Opening {
  readonly map: string;
  readonly action: Action;
  readonly number: number;
}

const opening: Argument<Opening> = reading(
  sequence(name('NAME'), oneOf('permit', 'deny'), entryNumber),
  ([mapName, action, number]) => ({ map: mapName, action, number }),
);

const choice: Argument<{ readonly map: string; readonly number?: number }> = {
  notation: 'NAME [<permit|deny> (1-65535)]',
  read: (words, at) =>
    at + 1 < words.length
      ? opening.read(words, at)
      : map(name('NAME').read(words, at), (each) => ({ map: each })),
};

export const openRouteMap: Command = command({
  section: '',
  keywords: section,
  help: 'an entry of a route map: what it matches, and sets, follows; the first that matches decides',
  argument: opening,
  set(config, _name, { map: mapName, action, number }) {
    const known = config.routeMaps.find((each) => each.name === mapName);
    const entries = known?.entries ?? [];
    const before = entries.find((each) => each.sequence === number);
    if (before?.continue !== undefined && action === 'deny') return DENY_GOES_ON;
    const entry = { ...(before ?? { sequence: number, match: [], set: [] }), action };
    const others = entries.filter((each) => each !== before);
    return (
      atMost(others, 'entries in a route map') ??
      atMost(known === undefined ? config.routeMaps : [], 'route maps') ??
      withEntries(config, mapName, [...others, entry])
    );
  },
  opens: ({ map: mapName, number }) => ({ kind: section, name: `${mapName} ${number}` }),
  removal: {
    argument: choice,
    unset(config, _name, { map: mapName, number }) {
      const names = config.routeMaps.map((each) => each.name);
      const entries = config.routeMaps.find((each) => each.name === mapName)?.entries;
      if (entries === undefined) {
        return new Refusal(`there is no route map "${mapName}" to remove`, {
          suggestion: meant(nearest(mapName, names)),
        });
      }
      const left = entries.filter((each) => number !== undefined && each.sequence !== number);
      return left.length === entries.length
        ? new Refusal(`route map "${mapName}" has no entry ${number}`)
        : withEntries(config, mapName, left);
    },
  },
  lines: (config) =>
    config.routeMaps.flatMap(({ name: mapName, entries }) =>
      entries.map(({ action, sequence: number }) => ({
        text: `route-map ${mapName} ${action} ${number}`,
        group: `${mapName} ${number}`,
        opens: { kind: section, name: `${mapName} ${number}` },
      })),
    ),
});

/** Sorted by their text. */
export const routeMapCommands: readonly Command[] = [
  entrySetting('call', 'call', name('NAME'), 'this map decides on the route, too, and may change it'),
  goesOn('continue', optional(entryNumber), 'as IOS writes `on-match`', (number) => number ?? 'next'),
  entrySetting('description', 'description', restOfLine, 'words for people'),
  ...matches(),
  {
    ...goesOn(
      'on-match goto',
      entryNumber,
      'goes on after a match, with the first entry from this one on',
      (to) => to,
    ),
    lines(config, path) {
      const to = findEntry(config, path)?.continue;
      return typeof to === 'number' ? [{ text: `on-match goto ${to}`, group: '' }] : [];
    },
  },
  {
    ...goesOn('on-match next', nothing, 'goes on after a match, with the next entry', () => 'next'),
    lines: (config, path) =>
      findEntry(config, path)?.continue === 'next' ? [{ text: 'on-match next', group: '' }] : [],
  },
  ...sets(),
];

function matches(): readonly Command[] {
  const list = (kind: Extract<RouteMatch, { list: string; exact?: never }>['kind'], help: string) =>
    matchCommand(kind, help, name('NAME'), (of) => ({ kind, list: of }));
  const exact = (kind: 'community' | 'large-community', help: string) =>
    matchCommand(kind, help, sequence(name('NAME'), present('exact-match')), ([of, only]) => ({
      kind,
      list: of,
      exact: only,
    }));
  const value = (kind: 'local-preference' | 'metric' | 'tag', least: number) =>
    matchCommand(kind, `the route's ${kind.replace('-', ' ')}`, integer(least, 4294967295), (of) => ({
      kind,
      value: of,
    }));
  return [
    list('as-path', 'an AS path list permits the path'),
    exact('community', 'a community list permits the communities; `exact-match`: and there are no others'),
    matchCommand(
      'extcommunity',
      'an extcommunity list permits the extended communities',
      name('NAME'),
      (list) => ({
        kind: 'extcommunity',
        list,
      }),
    ),
    matchCommand('interface', 'the way to the next hop leaves by it', name('IFNAME'), (of) => ({
      kind: 'interface',
      interface: of,
    })),
    list('ip address', 'an access list permits the prefix'),
    list('ip address prefix-list', 'a prefix list permits the prefix'),
    list('ip next-hop', 'an access list permits the next hop'),
    matchCommand('ip next-hop address', 'the next hop is this', address, (of) => ({
      kind: 'ip next-hop address',
      address: of,
    })),
    list('ip next-hop prefix-list', 'a prefix list permits the next hop, as a /32'),
    exact('large-community', 'a large-community list permits the large communities'),
    value('local-preference', 0),
    value('metric', 0),
    matchCommand('origin', "the route's origin", oneOf(...ORIGINS), (origin) => ({ kind: 'origin', origin })),
    matchCommand('peer', 'the neighbour that the route comes from or goes to', address, (peer) => ({
      kind: 'peer',
      peer,
    })),
    matchCommand('source-protocol', 'where the route is from', oneOf(...REDISTRIBUTED), (protocol) => ({
      kind: 'source-protocol',
      protocol,
    })),
    value('tag', 1),
  ];
}

function sets(): readonly Command[] {
  const value = (kind: 'local-preference' | 'tag' | 'weight', least: number) =>
    setCommand(kind, kind, `the route's ${kind.replace('-', ' ')}`, integer(least, 4294967295), (of) => ({
      kind,
      value: of,
    }));
  return [
    setCommand(
      'as-path exclude',
      'as-path exclude',
      'takes these numbers out of the path',
      asNumbers,
      (path) => ({
        kind: 'as-path exclude',
        path,
      }),
    ),
    setCommand(
      'as-path prepend',
      'as-path prepend',
      'puts these numbers before the path',
      asNumbers,
      (path) => ({
        kind: 'as-path prepend',
        path,
      }),
    ),
    setCommand(
      'as-path prepend last-as',
      'as-path prepend last-as',
      'puts the first number of the path before it so many times',
      integer(1, 10),
      (times) => ({ kind: 'as-path prepend last-as', times }),
    ),
    ...(['comm-list delete', 'large-comm-list delete'] as const).map((kind) =>
      setCommand(
        kind,
        kind.replace(' ', ' * '),
        `takes away the communities that the list permits`,
        nothing,
        (_, list) => ({ kind, list }),
      ),
    ),
    ...(['standard', 'large'] as const).map((size) => {
      const kind = size === 'standard' ? 'community' : 'large-community';
      return setCommand(
        kind,
        kind,
        '`none`, or these alone; with `additive`, these too',
        communitiesToSet(size),
        (given) => ({ kind, ...given }),
      );
    }),
    setCommand('distance', 'distance', 'administrative distance', integer(1, 255), (of) => ({
      kind: 'distance',
      value: of,
    })),
    setCommand('aggregator as', 'aggregator as', 'who made the aggregate', aggregator, (of) => ({
      kind: 'aggregator as',
      ...of,
    })),
    setCommand(
      'atomic-aggregate',
      'atomic-aggregate',
      'paths were left out in an aggregate',
      nothing,
      () => ({
        kind: 'atomic-aggregate',
      }),
    ),
    setCommand('extcommunity rt', 'extcommunity rt', 'adds route targets', routeTargets, (targets) => ({
      kind: 'extcommunity rt',
      targets,
    })),
    setCommand('extcommunity soo', 'extcommunity soo', 'adds sites of origin', routeTargets, (targets) => ({
      kind: 'extcommunity soo',
      targets,
    })),
    setCommand('originator-id', 'originator-id', 'who began the route in our AS', address, (originator) => ({
      kind: 'originator-id',
      originator,
    })),
    setCommand(
      'ip next-hop',
      'ip next-hop',
      "the next hop: this, the neighbour's, or left as it is",
      nextHop,
      (of) => ({
        kind: 'ip next-hop',
        nextHop: of,
      }),
    ),
    value('local-preference', 0),
    setCommand(
      'metric',
      'metric',
      'the metric (MED in BGP): this, or so much more or less',
      metric,
      (of) => ({
        kind: 'metric',
        ...of,
      }),
    ),
    setCommand(
      'metric-type',
      'metric-type',
      "OSPF's kind of external route",
      oneOf('type-1', 'type-2'),
      (of) => ({
        kind: 'metric-type',
        type: of === 'type-1' ? 1 : 2,
      }),
    ),
    setCommand('origin', 'origin', "BGP's origin", oneOf(...ORIGINS), (origin) => ({
      kind: 'origin',
      origin,
    })),
    value('tag', 1),
    value('weight', 0),
  ].sort((a, b) => compareText(a.keywords.join(' '), b.keywords.join(' ')));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Any number of them, to the end of the line. */
function several<Value>(one: Argument<Value>): Argument<readonly Value[]> {
  return {
    notation: `${one.notation}...`,
    read(words, at) {
      const values: Value[] = [];
      let next = at;
      do {
        const each = one.read(words, next);
        if (!each.ok) return each;
        values.push(each.value);
        next = each.next;
      } while (next < words.length);
      return { ok: true, value: values, next };
    },
  };
}

function communitiesToSet(
  size: 'standard' | 'large',
): Argument<{ readonly communities: readonly string[]; readonly additive: boolean }> {
  const list = communities(size, ['additive']);
  return {
    notation: `<none|${list.notation} [additive]>`,
    read(words, at) {
      if (words[at]?.text === 'none') {
        return { ok: true, value: { communities: [], additive: false }, next: at + 1 };
      }
      return map(sequence(list, present('additive')).read(words, at), ([given, additive]) => ({
        communities: given,
        additive,
      }));
    },
  };
}

const METRIC_CHANGES = { '': 'set', '+': 'add', '-': 'subtract' } as const;

function metricToSet(text: string): { change: 'set' | 'add' | 'subtract'; value: number } | Misfit {
  const parts = /^([+-]?)(\d{1,10})$/.exec(text);
  if (parts === null || Number(parts[2]) > 4294967295) {
    return new Misfit(`"${text}" is not a metric (0-4294967295), nor +N or -N`);
  }
  const change = METRIC_CHANGES[parts[1] as keyof typeof METRIC_CHANGES];
  return { change, value: Number(parts[2]) };
}

function matchCommand<Value>(
  kind: RouteMatch['kind'],
  help: string,
  argument: Argument<Value>,
  make: (value: Value) => RouteMatch,
): Command {
  return command({
    section,
    keywords: `match ${kind}`,
    help,
    argument,
    set: (config, path, value) =>
      updateEntry(config, path, (entry) => ({
        ...entry,
        match: [...entry.match.filter((each) => each.kind !== kind), make(value)],
      })),
    removal: {
      argument: optional(argument),
      unset(config, path) {
        const entry = findEntry(config, path);
        return entry?.match.some((each) => each.kind === kind)
          ? updateEntry(config, path, (of) => ({
              ...of,
              match: of.match.filter((each) => each.kind !== kind),
            }))
          : new Refusal(`there is no "match ${kind}" to remove`);
      },
    },
    lines: (config, path) =>
      (findEntry(config, path)?.match ?? [])
        .filter((each) => each.kind === kind)
        .map((each) => ({ text: `match ${kind} ${formatMatch(each)}`, group: '' })),
  });
}

function setCommand<Value>(
  kind: RouteSet['kind'],
  keywords: string,
  help: string,
  argument: Argument<Value>,
  make: (value: Value, subject: string) => RouteSet,
): Command {
  /** `prepend` and `prepend last-as` are one setting, as in FRR. */
  const isSame = (each: RouteSet): boolean =>
    each.kind === kind || (each.kind.startsWith('as-path prepend') && kind.startsWith('as-path prepend'));
  const set = (config: RouterConfig, path: string, subject: string, value: Value): RouterConfig =>
    updateEntry(config, path, (entry) => ({
      ...entry,
      set: [...entry.set.filter((each) => !isSame(each)), make(value, subject)],
    }));
  const unset = (config: RouterConfig, path: string): RouterConfig | Refusal =>
    findEntry(config, path)?.set.some((each) => each.kind === kind)
      ? updateEntry(config, path, (of) => ({ ...of, set: of.set.filter((each) => each.kind !== kind) }))
      : new Refusal(`there is no "set ${keywords}" to remove`);
  const common = {
    section,
    keywords: `set ${keywords}`,
    help,
    argument,
    lines: (config: RouterConfig, path: string) =>
      (findEntry(config, path)?.set ?? [])
        .filter((each) => each.kind === kind)
        .map((each) => ({ text: `set ${formatSet(each)}`, group: '' })),
  } as const;
  return keywords.includes('*')
    ? commandAbout({
        ...common,
        subject: name('NAME'),
        set,
        removal: { argument: nothing, unset },
      })
    : command({
        ...common,
        set: (config, path, value) => set(config, path, '', value),
        removal: { argument: optional(argument), unset },
      });
}

/** What follows the kind. */
function formatMatch(match: RouteMatch): string {
  switch (match.kind) {
    case 'community':
    case 'large-community':
      return `${match.list}${match.exact ? ' exact-match' : ''}`;
    case 'extcommunity':
      return match.list;
    case 'ip next-hop address':
      return formatIpv4(match.address);
    case 'ip address':
    case 'ip address prefix-list':
    case 'ip next-hop':
    case 'ip next-hop prefix-list':
    case 'as-path':
      return match.list;
    case 'metric':
    case 'tag':
    case 'local-preference':
      return String(match.value);
    case 'interface':
      return match.interface;
    case 'origin':
      return match.origin;
    case 'peer':
      return formatIpv4(match.peer);
    case 'source-protocol':
      return match.protocol;
  }
}

function formatSet(set: RouteSet): string {
  switch (set.kind) {
    case 'metric':
      return `metric ${{ set: '', add: '+', subtract: '-' }[set.change]}${set.value}`;
    case 'metric-type':
      return `metric-type type-${set.type}`;
    case 'tag':
    case 'local-preference':
    case 'weight':
    case 'distance':
      return `${set.kind} ${set.value}`;
    case 'origin':
      return `origin ${set.origin}`;
    case 'as-path prepend':
    case 'as-path exclude':
      return `${set.kind} ${set.path.join(' ')}`;
    case 'as-path prepend last-as':
      return `${set.kind} ${set.times}`;
    case 'community':
    case 'large-community':
      return set.communities.length === 0
        ? `${set.kind} none`
        : `${set.kind} ${set.communities.join(' ')}${set.additive ? ' additive' : ''}`;
    case 'comm-list delete':
    case 'large-comm-list delete':
      return set.kind.replace(' ', ` ${set.list} `);
    case 'extcommunity rt':
    case 'extcommunity soo':
      return `${set.kind} ${set.targets.join(' ')}`;
    case 'originator-id':
      return `${set.kind} ${formatIpv4(set.originator)}`;
    case 'atomic-aggregate':
      return set.kind;
    case 'aggregator as':
      return `${set.kind} ${set.as} ${formatIpv4(set.address)}`;
    case 'ip next-hop':
      return `${set.kind} ${typeof set.nextHop === 'number' ? formatIpv4(set.nextHop) : set.nextHop}`;
  }
}

function goesOn<Value>(
  keywords: string,
  argument: Argument<Value>,
  help: string,
  make: (value: Value) => NonNullable<RouteMapEntry['continue']>,
): Command {
  return command({
    section,
    keywords,
    help,
    argument,
    set: (config, path, value) =>
      findEntry(config, path)?.action === 'deny'
        ? DENY_GOES_ON
        : updateEntry(config, path, (entry) => ({ ...entry, continue: make(value) })),
    removal: {
      argument: optional(argument),
      unset: (config, path) =>
        findEntry(config, path)?.continue === undefined
          ? new Refusal(`there is no "${keywords}" to remove`)
          : updateEntry(config, path, (entry) => put(entry, 'continue', undefined)),
    },
  });
}

function entrySetting(
  keywords: string,
  key: 'call' | 'description',
  argument: Argument<string>,
  help: string,
): Command {
  return setting<string>({
    section,
    keywords,
    help,
    argument,
    get: (config, path) => findEntry(config, path)?.[key],
    put: (config, path, value) => updateEntry(config, path, (entry) => put(entry, key, value)),
  });
}

/** The path of an entry is its map's name and its number. */
function findEntry(config: RouterConfig, path: string): RouteMapEntry | undefined {
  const [mapName, number] = path.split(' ');
  const found = mapByName(config.routeMaps, mapName);
  return found && entryByNumber(found.entries, Number(number));
}

const mapByName = finder((each: RouteMapConfig) => each.name);
const entryByNumber = finder((each: RouteMapEntry) => each.sequence);

function updateEntry(
  config: RouterConfig,
  path: string,
  change: (entry: RouteMapEntry) => RouteMapEntry,
): RouterConfig {
  const [mapName, number] = path.split(' ');
  const entries = config.routeMaps.find((each) => each.name === mapName)?.entries ?? [];
  return withEntries(
    config,
    mapName,
    entries.map((each) => (String(each.sequence) === number ? change(each) : each)),
  );
}

function withEntries(config: RouterConfig, mapName: string, entries: readonly RouteMapEntry[]): RouterConfig {
  const others = config.routeMaps.filter((each) => each.name !== mapName);
  return { ...config, routeMaps: entries.length === 0 ? others : [...others, { name: mapName, entries }] };
}
