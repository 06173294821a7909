/**
 * Policy maps, as in IOS: what is done with each class, in sections within a section. The first class that a
 * packet matches counts, so their order is kept; `class-default` takes the rest and is always the last.
 */
import { nearest } from '../net/suggest.ts';
import { type Argument, after, chain, integer, map, meant, misread, name, oneOf } from './argument.ts';
import { type Command, command, put, Refusal, setting } from './command.ts';
import { dscp, formatDscp } from './dscp.ts';
import { atMost } from './limits.ts';
import {
  CLASS_DEFAULT,
  type ClassRate,
  type PolicyClassConfig,
  type PolicyMapConfig,
  type RouterConfig,
} from './model.ts';
import { classesInOrder } from './order.ts';
import { bitRate, formatPolice, police } from './police.ts';

const section = 'policy-map';

export const openPolicyMap: Command = command({
  section: '',
  keywords: section,
  help: 'what is done with classes of packets; they follow, the first that matches counts',
  argument: name('NAME'),
  set: (config, _name, policyMap) =>
    findPolicyMap(config, policyMap) !== undefined
      ? config
      : (atMost(config.policyMaps, 'policy maps') ?? withPolicyMap(config, { name: policyMap, classes: [] })),
  opens: (policyMap) => ({ kind: section, name: policyMap }),
  removal: {
    argument: name('NAME'),
    unset(config, _name, policyMap) {
      const names = config.policyMaps.map((each) => each.name);
      return names.includes(policyMap)
        ? { ...config, policyMaps: config.policyMaps.filter((each) => each.name !== policyMap) }
        : new Refusal(`there is no policy map "${policyMap}" to remove`, {
            suggestion: meant(nearest(policyMap, names)),
          });
    },
  },
  lines: (config) =>
    config.policyMaps.map((each) => ({
      text: `policy-map ${each.name}`,
      group: each.name,
      opens: { kind: section, name: each.name },
    })),
});

const className = name(`<NAME|${CLASS_DEFAULT}>`);

export const openClass: Command = command({
  section,
  keywords: 'class',
  help: 'what is done with packets of this class map, or with all that no class before it took',
  argument: className,
  set(config, policyName, wanted) {
    const policyMap = findPolicyMap(config, policyName);
    if (policyMap === undefined || policyMap.classes.some((each) => each.name === wanted)) return config;
    return (
      atMost(policyMap.classes, 'classes in a policy map') ??
      withPolicyMap(config, {
        ...policyMap,
        classes: classesInOrder([...policyMap.classes, { name: wanted }]),
      })
    );
  },
  opens: (wanted, outer) => ({ kind: 'class', name: wanted, outer }),
  removal: {
    argument: className,
    unset(config, policyName, unwanted) {
      const policyMap = findPolicyMap(config, policyName);
      const names = (policyMap?.classes ?? []).map((each) => each.name);
      return policyMap !== undefined && names.includes(unwanted)
        ? withPolicyMap(config, {
            ...policyMap,
            classes: policyMap.classes.filter((each) => each.name !== unwanted),
          })
        : new Refusal(`policy map "${policyName}" has no class "${unwanted}"`, {
            suggestion: meant(nearest(unwanted, names)),
          });
    },
  },
  lines: (config, policyName) =>
    (findPolicyMap(config, policyName)?.classes ?? []).map((each) => ({
      text: `class ${each.name}`,
      group: each.name === CLASS_DEFAULT ? CLASS_DEFAULT : '',
      ordered: true,
      opens: { kind: 'class', name: each.name, outer: { kind: section, name: policyName } },
    })),
});

const kbps = integer(1, 1_000_000_000);
const percent = after('percent', integer(1, 100));

const classRate: Argument<ClassRate> = {
  notation: `<${kbps.notation}|${percent.notation}>`,
  read(words, at) {
    const text = words[at]?.text;
    if (text === undefined) return misread(at, `${classRate.notation} is missing`);
    if (text === 'percent') {
      return map(percent.read(words, at), (value) => ({ kind: 'percent', percent: value }));
    }
    return /^\d/.test(text)
      ? map(kbps.read(words, at), (value) => ({ kind: 'kbps', kbps: value }))
      : misread(at, `"${text}" is neither a number of kbit/s nor percent`);
  },
};

function formatRate(rate: ClassRate): string {
  return rate.kind === 'kbps' ? String(rate.kbps) : `percent ${rate.percent}`;
}

const queueLimit: Argument<number> = {
  notation: '(1-1000000000) bytes',
  read: (words, at) =>
    chain(integer(1, 1_000_000_000).read(words, at), (value, next) =>
      words[next]?.text === 'bytes'
        ? { ok: true, value, next: next + 1 }
        : misread(next, 'a queue is limited in bytes', `write "queue-limit N bytes"`),
    ),
};

const ecn: Argument<'drop' | 'ecn'> = {
  notation: '[ecn]',
  read: (words, at) =>
    at < words.length
      ? chain(oneOf('ecn').read(words, at), (value, next) => ({ ok: true, value, next }))
      : { ok: true, value: 'drop', next: at },
};

/** Sorted by their text. */
export const classCommands: readonly Command[] = [
  classSetting(
    'bandwidth',
    'bandwidth',
    classRate,
    'output: kbit/s, or share of the interface, that the class has at least',
    {
      format: formatRate,
      refuse: ({ priority }) =>
        priority &&
        new Refusal(`a class has bandwidth or priority: remove "priority ${formatRate(priority)}" first`),
    },
  ),
  classSetting(
    'police',
    'police',
    police,
    'bits of IPv4 packet per second that conform, bytes that may come at once (default: what the rate brings in 250 ms, at least 1500), and what is done with the packets: `transmit`, `drop` or `set-dscp-transmit DSCP` (default: transmit, drop)',
    {
      format: formatPolice,
    },
  ),
  classSetting(
    'priority',
    'priority',
    classRate,
    'output: before all others, and no more than this while others wait',
    {
      format: formatRate,
      refuse: ({ bandwidth }) =>
        bandwidth &&
        new Refusal(`a class has bandwidth or priority: remove "bandwidth ${formatRate(bandwidth)}" first`),
    },
  ),
  classSetting('queue-limit', 'queueLimitBytes', queueLimit, 'output: bytes that may wait', {
    format: (bytes) => `${bytes} bytes`,
  }),
  classSetting(
    'random-detect',
    'randomDetect',
    ecn,
    'output: drops some packets before the queue is full; with `ecn`, marks those that allow it (RFC 3168)',
    {
      format: (how) => (how === 'ecn' ? how : ''),
    },
  ),
  classSetting('set dscp', 'setDscp', dscp, 'writes this code point into the packets', {
    format: formatDscp,
  }),
  {
    ...classSetting('set ip dscp', 'setDscp', dscp, 'the same, as IOS wrote it once'),
    lines: () => [],
  },
  classSetting(
    'shape average',
    'shapeBps',
    bitRate,
    'output: never faster than so many bits of IPv4 packet per second',
  ),
];

function classSetting<Key extends Exclude<keyof PolicyClassConfig, 'name'>>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<PolicyClassConfig[Key]>>,
  help: string,
  more: {
    readonly format?: (value: NonNullable<PolicyClassConfig[Key]>) => string;
    readonly refuse?: (settings: PolicyClassConfig) => Refusal | undefined;
  } = {},
): Command {
  const { format, refuse } = more;
  return setting<PolicyClassConfig[Key]>({
    section: 'class',
    keywords,
    help,
    argument,
    ...(format === undefined ? {} : { format }),
    ...(refuse === undefined
      ? {}
      : {
          refuse(config: RouterConfig, path: string) {
            const settings = findClass(config, path);
            return settings && refuse(settings);
          },
        }),
    get: (config, path) => findClass(config, path)?.[key],
    put: (config, path, value) => updateClass(config, path, (each) => put(each, key, value)),
  });
}

function findPolicyMap(config: RouterConfig, policyMap: string): PolicyMapConfig | undefined {
  return config.policyMaps.find((each) => each.name === policyMap);
}

/** In place of the one of its name, or at the end. */
function withPolicyMap(config: RouterConfig, policyMap: PolicyMapConfig): RouterConfig {
  const others = config.policyMaps.filter((each) => each.name !== policyMap.name);
  return { ...config, policyMaps: [...others, policyMap] };
}

/** The path of a class is its policy map's name and its own; names have no spaces. */
function findClass(config: RouterConfig, path: string): PolicyClassConfig | undefined {
  const [policyName, wanted] = path.split(' ');
  return findPolicyMap(config, policyName)?.classes.find((each) => each.name === wanted);
}

function updateClass(
  config: RouterConfig,
  path: string,
  change: (settings: PolicyClassConfig) => PolicyClassConfig,
): RouterConfig {
  const [policyName, wanted] = path.split(' ');
  const policyMap = findPolicyMap(config, policyName);
  if (policyMap === undefined) return config;
  const classes = policyMap.classes.map((each) => (each.name === wanted ? change(each) : each));
  return withPolicyMap(config, { ...policyMap, classes });
}
