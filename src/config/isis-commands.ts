/** Commands under `router isis`, in the order in which FRR writes them (yang/frr-isisd.yang); then those that it has not. */
import {
  type Argument,
  anyOf,
  chain,
  integer,
  Misfit,
  map,
  name,
  nothing,
  oneOf,
  optional,
  reading,
  sequence,
  word,
} from './argument.ts';
import { type Command, command, flag, put, Refusal, setting } from './command.ts';
import { EMPTY_ISIS, type IsisConfig, type IsisLevel, type IsisPassword } from './isis-model.ts';
import { parseNet } from './isis-net.ts';
import { listed } from './list-command.ts';
import type { RouterConfig } from './model.ts';
import type { RedistributeConfig } from './policy-model.ts';
import { formatRedistributed, REDISTRIBUTED } from './redistribute.ts';

const section = 'router isis';

const opening = name('TAG');

export const openIsis: Command = command({
  section: '',
  keywords: 'router isis',
  help: 'runs IS-IS under this name, on the interfaces with `ip router isis` of that name; its settings follow',
  argument: opening,
  set: (config, _name, tag) =>
    config.isis !== undefined && config.isis.tag !== tag
      ? new Refusal(`there is "router isis ${config.isis.tag}" already, and a router runs one`)
      : { ...config, isis: config.isis ?? { ...EMPTY_ISIS, tag } },
  opens: (tag) => ({ kind: section, name: tag }),
  removal: {
    argument: opening,
    unset: (config, _name, tag) =>
      config.isis?.tag === tag
        ? put(config, 'isis', undefined)
        : new Refusal(`there is no "router isis ${tag}" to remove`),
  },
  lines: ({ isis }) =>
    isis === undefined
      ? []
      : [{ text: `router isis ${isis.tag}`, group: '', opens: { kind: section, name: isis.tag } }],
});

const net: Argument<string> = word('XX.XXXX. ... .XX', (text) =>
  parseNet(text) === undefined
    ? new Misfit(`"${text}" is not a network entity title, as 49.0001.1921.6800.1001.00 is`)
    : text.toLowerCase(),
);

/** `level-1`, `level-1-2`, `level-2-only` */
export const levels: Argument<readonly IsisLevel[]> = reading(
  oneOf('level-1', 'level-1-2', 'level-2-only'),
  (text): readonly IsisLevel[] => (text === 'level-1' ? [1] : text === 'level-1-2' ? [1, 2] : [2]),
);

export function formatLevels(of: readonly IsisLevel[]): string {
  return of.length === 2 ? 'level-1-2' : of[0] === 1 ? 'level-1' : 'level-2-only';
}

export const level: Argument<IsisLevel> = reading(oneOf('level-1', 'level-2'), (text) =>
  text === 'level-1' ? 1 : 2,
);

/** Kind and word; FRR takes up to 254 bytes. */
export const password: Argument<IsisPassword> = reading(
  sequence(
    oneOf('clear', 'md5'),
    word('WORD', (text) =>
      text.length <= 254 ? text : new Misfit(`a password of ${text.length} characters: 254 at most`),
    ),
  ),
  ([kind, text]) => ({ kind, password: text }),
);

const domainPassword: Argument<IsisPassword> = {
  notation: `${password.notation} [authenticate snp <send-only|validate>]`,
  read: (words, at) =>
    chain(password.read(words, at), (given, next) =>
      map(
        optional(sequence(oneOf('authenticate'), oneOf('snp'), oneOf('send-only', 'validate'))).read(
          words,
          next,
        ),
        (snp) => (snp === undefined ? given : { ...given, snp: snp[2] }),
      ),
    ),
};

export function formatPassword({ kind, password: text, snp }: IsisPassword): string {
  return `${kind} ${text}${snp === undefined ? '' : ` authenticate snp ${snp}`}`;
}

const routeMap = { 'route-map': name('NAME') };
const defaultOptions = anyOf<{
  readonly always: undefined;
  readonly metric: number;
  readonly 'route-map': string;
}>({ always: nothing, metric: integer(0, 16777215), ...routeMap });
const redistributionOptions = anyOf<{ readonly metric: number; readonly 'route-map': string }>({
  metric: integer(0, 16777215),
  ...routeMap,
});

type Default = IsisConfig['defaultInformation'][number];
type Redistribution = IsisConfig['redistribute'][number];

const defaultInformation: Argument<Default> = reading(
  sequence(level, defaultOptions),
  ([of, { metric, 'route-map': map, ...rest }]) => ({
    level: of,
    always: 'always' in rest,
    ...(metric === undefined ? {} : { metric }),
    ...(map === undefined ? {} : { routeMap: map }),
  }),
);

const redistribution: Argument<Redistribution> = reading(
  sequence(oneOf(...REDISTRIBUTED.filter((each) => each !== 'isis')), level, redistributionOptions),
  ([from, of, { metric, 'route-map': map }]) => ({
    from,
    level: of,
    ...(metric === undefined ? {} : { metric }),
    ...(map === undefined ? {} : { routeMap: map }),
  }),
);

const lspTimers = sequence(
  oneOf('gen-interval'),
  integer(1, 120),
  oneOf('refresh-interval'),
  integer(1, 65235),
  oneOf('max-lifetime'),
  integer(350, 65535),
);

export const isisCommands: readonly Command[] = [
  isisSetting('is-type', 'levels', levels, 'the levels that the router has (default both)', formatLevels),
  listed({
    section,
    keywords: 'net',
    what: 'nets',
    help: 'area, system and selector 00; the first one names the system, the others further areas',
    argument: net,
    removal: net,
    isChosen: (each, given) => each === given,
    get: (config) => config.isis?.nets ?? [],
    put: (config, _name, nets) => updateIsis(config, (isis) => ({ ...isis, nets })),
    key: (each) => each,
    format: String,
    ordered: true,
    refuse: (config, _name, given) => otherSystem(config, given),
  }),
  isisFlag(
    'set-overload-bit',
    'overload',
    'others go round the router: it is the end of paths, not on their way',
  ),
  isisSetting(
    'set-overload-bit on-startup',
    'overloadOnStartupS',
    integer(0, 86400),
    'the same for so many seconds from the start on',
  ),
  statedFlag(
    'attached-bit send',
    'attached',
    'level 1 is told that the router leads to other areas (default)',
  ),
  isisSetting(
    'metric-style',
    'metricStyle',
    oneOf('narrow', 'transition', 'wide'),
    'metrics to 63, larger ones, or both (default wide)',
  ),
  isisSetting('lsp-mtu', 'lspMtu', integer(128, 4352), 'bytes of the largest LSP (default 1497)'),
  isisSetting(
    'lsp-gen-interval',
    'lspGenerationIntervalS',
    integer(1, 120),
    'seconds that a new LSP waits at most after the one before (default 30)',
  ),
  isisSetting(
    'lsp-refresh-interval',
    'lspRefreshIntervalS',
    integer(1, 65235),
    'seconds after which an LSP is made anew though it says the same (default 900)',
  ),
  isisSetting(
    'max-lsp-lifetime',
    'lspLifetimeS',
    integer(350, 65535),
    'seconds that an LSP lives (default 1200)',
  ),
  command({
    section,
    keywords: 'lsp-timers',
    help: 'the three before in one line, as FRR writes them',
    argument: lspTimers,
    set: (config, _name, [, generation, , refresh, , lifetime]) =>
      updateIsis(config, (isis) => ({
        ...isis,
        lspGenerationIntervalS: generation,
        lspRefreshIntervalS: refresh,
        lspLifetimeS: lifetime,
      })),
  }),
  isisSetting(
    'spf-interval',
    'spfIntervalS',
    integer(1, 120),
    'seconds between two computations of shortest paths (default 1)',
  ),
  isisSetting(
    'area-password',
    'areaPassword',
    domainPassword,
    'signs the LSPs of level 1, and with `authenticate` its CSNPs and PSNPs',
    formatPassword,
  ),
  isisSetting('domain-password', 'domainPassword', domainPassword, 'the same at level 2', formatPassword),
  listed({
    section,
    keywords: 'default-information originate ipv4',
    what: 'default routes',
    help: 'tells the level of a default route, where there is one or `always`',
    argument: defaultInformation,
    removal: sequence(level, defaultOptions),
    isChosen: (each, [of]) => each.level === of,
    get: (config) => config.isis?.defaultInformation ?? [],
    put: (config, _name, given) => updateIsis(config, (isis) => ({ ...isis, defaultInformation: given })),
    key: (each) => `${each.level}`,
    format: formatDefault,
  }),
  listed({
    section,
    keywords: 'redistribute ipv4',
    what: 'protocols that are redistributed',
    help: 'routes of another source are announced in the level, with metric 0 where nothing is said',
    argument: redistribution,
    removal: redistribution,
    isChosen: (each, given) => each.from === given.from && each.level === given.level,
    get: (config) => config.isis?.redistribute ?? [],
    put: (config, _name, redistribute) => updateIsis(config, (isis) => ({ ...isis, redistribute })),
    key: redistributionKey,
    format: formatRedistribution,
  }),
  setting<string>({
    section,
    keywords: 'redistribute isis ip level-2 into level-1 route-map',
    help: 'tells level 1 of the routes of level 2 that the map lets through (IOS; RFC 5302)',
    argument: name('NAME'),
    get: ({ isis }) => isis?.leak?.routeMap,
    put: (config, _name, map) =>
      updateIsis(config, (isis) => put(isis, 'leak', map === undefined ? undefined : { routeMap: map })),
  }),
  flag({
    section,
    keywords: 'redistribute isis ip level-2 into level-1',
    help: 'tells level 1 of all routes of level 2',
    get: ({ isis }) => isis?.leak !== undefined && isis.leak.routeMap === undefined,
    put: (config, _name, on) => updateIsis(config, (isis) => put(isis, 'leak', on ? {} : undefined)),
  }),
  isisSetting(
    'maximum-paths',
    'maximumPaths',
    integer(1, 64),
    'next hops of equal cost that are used (default 64); FRR takes all',
  ),
];

function formatDefault({ level: of, always, metric, routeMap: map }: Default): string {
  return [
    `level-${of}`,
    ...(always ? ['always'] : []),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
    ...(map === undefined ? [] : [`route-map ${map}`]),
  ].join(' ');
}

/** The level stands behind the protocol. */
function formatRedistribution({ level: of, ...rest }: Redistribution): string {
  const line: RedistributeConfig = rest;
  return formatRedistributed(line).replace(line.from, `${line.from} level-${of}`);
}

function redistributionKey({ from, level: of }: Redistribution): string {
  return `${of} ${from}`;
}

/** All nets of a router name one system. */
function otherSystem({ isis }: RouterConfig, given: string): Refusal | undefined {
  const [first] = isis?.nets ?? [];
  if (first === undefined || first === given) return undefined;
  const [known, other] = [parseNet(first), parseNet(given)];
  return known?.systemId === other?.systemId
    ? undefined
    : new Refusal(`"${given}" names another system than "${first}": they differ in their areas alone`);
}

export function updateIsis(config: RouterConfig, change: (isis: IsisConfig) => IsisConfig): RouterConfig {
  return config.isis === undefined ? config : { ...config, isis: change(config.isis) };
}

type SettingKey = Exclude<
  keyof IsisConfig,
  'tag' | 'nets' | 'overload' | 'attached' | 'redistribute' | 'defaultInformation' | 'leak'
>;

function isisSetting<Key extends SettingKey>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<IsisConfig[Key]>>,
  help: string,
  format?: (value: NonNullable<IsisConfig[Key]>) => string,
): Command {
  return setting<IsisConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    get: (config) => config.isis?.[key],
    put: (config, _name, value) => updateIsis(config, (isis) => put(isis, key, value)),
    ...(format === undefined ? {} : { format }),
  });
}

function isisFlag(keywords: string, key: 'overload', help: string): Command {
  return flag({
    section,
    keywords,
    help,
    get: (config) => config.isis?.[key] ?? false,
    put: (config, _name, on) => updateIsis(config, (isis) => put(isis, key, on || undefined)),
    stated: true,
  });
}

/** On where nothing is said: what is written is its `no` form. */
function statedFlag(keywords: string, key: 'attached', help: string): Command {
  const set = (config: RouterConfig, on: boolean): RouterConfig =>
    updateIsis(config, (isis) => put(isis, key, on ? undefined : false));
  return command({
    section,
    keywords,
    help,
    argument: nothing,
    set: (config) => set(config, true),
    removal: { argument: nothing, unset: (config) => set(config, false) },
    lines: ({ isis }) => (isis?.[key] === false ? [{ text: `no ${keywords}`, group: '' }] : []),
  });
}
