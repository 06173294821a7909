/** What interfaces say of IS-IS; interface-commands.ts has them among its own, sorted by their text as vtysh does. */
import { type Argument, chain, integer, map, name, nothing, oneOf, optional } from './argument.ts';
import { type Command, command, put, Refusal, setting } from './command.ts';
import { findInterface, updateInterface } from './interfaces.ts';
import { formatLevels, formatPassword, level, levels, password } from './isis-commands.ts';
import type { InterfaceIsisConfig, IsisLevel, PerLevel } from './isis-model.ts';
import type { InterfaceConfig, RouterConfig } from './model.ts';

const section = 'interface';

export const ipRouterIsis: Command = isisSetting(
  'ip router isis',
  'tag',
  name('TAG'),
  'runs the IS-IS of that name on the interface',
);

export const isisInterfaceCommands: readonly Command[] = [
  isisSetting(
    'isis circuit-type',
    'levels',
    levels,
    'the levels on the interface (default both)',
    formatLevels,
  ),
  perLevel(
    'isis csnp-interval',
    'csnpIntervalS',
    integer(1, 600),
    'behind',
    'seconds between the CSNPs of a LAN (default 10)',
  ),
  perLevel(
    'isis hello-interval',
    'helloIntervalS',
    integer(1, 600),
    'before',
    'seconds between hellos (default 3)',
  ),
  perLevel(
    'isis hello-multiplier',
    'helloMultiplier',
    integer(2, 100),
    'before',
    'hellos that may stay away until a neighbour counts as lost (default 10)',
  ),
  perLevel('isis metric', 'metric', integer(0, 16777215), 'before', "the interface's metric (default 10)"),
  isisSetting(
    'isis network',
    'network',
    oneOf('point-to-point'),
    'one neighbour, and nobody designated (default: a LAN)',
  ),
  isisFlag('isis passive', 'passive', 'announces the interface and sends no hellos'),
  isisSetting('isis password', 'password', password, 'signs the hellos of the interface', formatPassword),
  perLevel('isis priority', 'priority', integer(0, 127), 'behind', 'who becomes designated (default 64)'),
  perLevel(
    'isis psnp-interval',
    'psnpIntervalS',
    integer(1, 120),
    'behind',
    'seconds until LSPs are confirmed or asked for (default 2)',
  ),
  isisFlag('isis hello padding', 'helloPadding', 'hellos are as long as the largest PDU (default)'),
  isisFlag(
    'isis three-way-handshake',
    'threeWay',
    'a neighbour has to say that it hears us, by RFC 5303 (default)',
  ),
];

/** What a flag is where nothing is said. */
const BY_DEFAULT = { passive: false, helloPadding: true, threeWay: true } as const;

/** Its `no` form is written where it is on by default. */
function isisFlag(keywords: string, key: keyof typeof BY_DEFAULT, help: string): Command {
  const set = (config: RouterConfig, interfaceName: string, on: boolean): RouterConfig =>
    updateIsis(config, interfaceName, (isis) => put(isis, key, on === BY_DEFAULT[key] ? undefined : on));
  return command({
    section,
    keywords,
    help,
    argument: nothing,
    set: (config, interfaceName) => set(config, interfaceName, true),
    removal: { argument: nothing, unset: (config, interfaceName) => set(config, interfaceName, false) },
    lines(config, interfaceName) {
      const on = isisOf(config, interfaceName)[key];
      return on === undefined ? [] : [{ text: on ? keywords : `no ${keywords}`, group: '' }];
    },
  });
}

type PerLevelKey =
  | 'metric'
  | 'helloIntervalS'
  | 'helloMultiplier'
  | 'priority'
  | 'csnpIntervalS'
  | 'psnpIntervalS';

interface OfLevel {
  readonly level: IsisLevel | undefined;
  readonly value: number;
}

/** `isis metric level-1 20`, `isis priority 20 level-1`; without a level for both. */
function perLevel(
  keywords: string,
  key: PerLevelKey,
  number: Argument<number>,
  place: 'before' | 'behind',
  help: string,
): Command {
  const argument: Argument<OfLevel> = place === 'before' ? levelBefore(number) : levelBehind(number);
  const change = (config: RouterConfig, interfaceName: string, of: IsisLevel | undefined, value?: number) =>
    updateIsis(config, interfaceName, (isis) => {
      const next: PerLevel = of === undefined ? both(value) : put(isis[key] ?? {}, of, value);
      return put(isis, key, Object.keys(next).length === 0 ? undefined : next);
    });
  return command({
    section,
    keywords,
    help,
    argument,
    set: (config, interfaceName, { level: of, value }) => change(config, interfaceName, of, value),
    removal: {
      argument: optional(place === 'before' ? levelBefore(optional(number)) : argument),
      unset(config, interfaceName, given) {
        const now = isisOf(config, interfaceName)[key];
        return now === undefined || (given?.level !== undefined && now[given.level] === undefined)
          ? new Refusal(`there is no "${keywords}" to remove`)
          : change(config, interfaceName, given?.level);
      },
    },
    lines(config, interfaceName) {
      const { 1: one, 2: two } = isisOf(config, interfaceName)[key] ?? {};
      if (one === two) return one === undefined ? [] : [{ text: `${keywords} ${one}`, group: '' }];
      return ([1, 2] as const).flatMap((of) => {
        const value = of === 1 ? one : two;
        if (value === undefined) return [];
        const text = place === 'before' ? `level-${of} ${value}` : `${value} level-${of}`;
        return [{ text: `${keywords} ${text}`, group: `level-${of}` }];
      });
    },
  });
}

function both(value: number | undefined): PerLevel {
  return value === undefined ? {} : { 1: value, 2: value };
}

function levelBefore<Value>(
  number: Argument<Value>,
): Argument<{ readonly level: IsisLevel | undefined; readonly value: Value }> {
  return {
    notation: `[${level.notation}] ${number.notation}`,
    read(words, at) {
      const isLevel = words[at]?.text.startsWith('level') ?? false;
      if (!isLevel) return map(number.read(words, at), (value) => ({ level: undefined, value }));
      return chain(level.read(words, at), (of, next) =>
        map(number.read(words, next), (value) => ({ level: of, value })),
      );
    },
  };
}

function levelBehind(number: Argument<number>): Argument<OfLevel> {
  return {
    notation: `${number.notation} [${level.notation}]`,
    read: (words, at) =>
      chain(number.read(words, at), (value, next) =>
        map(optional(level).read(words, next), (of) => ({ level: of, value })),
      ),
  };
}

function isisSetting<Key extends 'tag' | 'levels' | 'network' | 'password'>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<InterfaceIsisConfig[Key]>>,
  help: string,
  format?: (value: NonNullable<InterfaceIsisConfig[Key]>) => string,
): Command {
  return setting<InterfaceIsisConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    get: (config, interfaceName) => isisOf(config, interfaceName)[key],
    put: (config, interfaceName, value) => updateIsis(config, interfaceName, (isis) => put(isis, key, value)),
    ...(format === undefined ? {} : { format }),
  });
}

function isisOf(config: RouterConfig, interfaceName: string): InterfaceIsisConfig {
  return findInterface(config, interfaceName)?.isis ?? {};
}

/** An interface that says nothing of IS-IS has no part for it. */
function updateIsis(
  config: RouterConfig,
  interfaceName: string,
  change: (isis: InterfaceIsisConfig) => InterfaceIsisConfig,
): RouterConfig {
  const changed = (each: InterfaceConfig): InterfaceConfig => {
    const isis = change(each.isis ?? {});
    return put(each, 'isis', Object.keys(isis).length === 0 ? undefined : isis);
  };
  return updateInterface(config, interfaceName, changed);
}
