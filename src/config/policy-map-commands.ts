/**
 * Policy maps, as in IOS: what is done with each class, in sections within a section. The first class that a
 * packet matches counts, so their order is kept; `class-default` takes the rest and is always the last.
 */
import { nearest } from '../net/suggest.ts';
import {
  type Argument,
  after,
  chain,
  integer,
  map,
  meant,
  misread,
  name,
  oneOf,
  optional,
  sequence,
} from './argument.ts';
import { type Command, command, put, Refusal, remark, setting } from './command.ts';
import { formatDscp, settableDscp } from './dscp.ts';
import { atMost, MAX_CLASSES } from './limits.ts';
import {
  CLASS_DEFAULT,
  type ClassRate,
  type PolicyClassConfig,
  type PolicyMapConfig,
  type RouterConfig,
} from './model.ts';
import { classesInOrder } from './order.ts';
import { bitRate, formatPolice, police, policeAction } from './police.ts';

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

export const policyMapRemark: Command = remark(section, 'description');

export const openClass: Command = command({
  section,
  keywords: 'class',
  help: 'what is done with packets of this class map, or with all that no class before it took; a new one comes last, or before the other',
  argument: sequence(className, optional(after('insert-before', name('NAME')))),
  set(config, policyName, [wanted, other]) {
    const policyMap = findPolicyMap(config, policyName);
    if (policyMap === undefined) return config;
    const known = policyMap.classes.find((each) => each.name === wanted);
    if (known !== undefined && other === undefined) return config;
    const others = policyMap.classes.filter((each) => each.name !== wanted);
    const place = other === undefined ? others.length : others.findIndex((each) => each.name === other);
    if (place < 0) return noClass(policyName, other ?? '', others);
    const classes = classesInOrder(others.toSpliced(place, 0, known ?? { name: wanted }));
    return (
      atMost(others, 'classes in a policy map', MAX_CLASSES) ??
      withPolicyMap(config, { ...policyMap, classes })
    );
  },
  opens: ([wanted], outer) => ({ kind: 'class', name: wanted, outer }),
  removal: {
    argument: className,
    unset(config, policyName, unwanted) {
      const policyMap = findPolicyMap(config, policyName);
      const classes = policyMap?.classes ?? [];
      const left = classes.filter((each) => each.name !== unwanted);
      return policyMap === undefined || left.length === classes.length
        ? noClass(policyName, unwanted, classes)
        : withPolicyMap(config, { ...policyMap, classes: left });
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

function noClass(policyName: string, wanted: string, classes: readonly PolicyClassConfig[]): Refusal {
  const names = classes.map(({ name }) => name);
  return new Refusal(`policy map "${policyName}" has no class "${wanted}"`, {
    suggestion: meant(nearest(wanted, names)),
  });
}

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
    'bits of IPv4 packet per second that conform, bytes that may come at once (default: what the rate brings in 250 ms, at least 1500), and what is done with the packets (default: `transmit`, `drop`)',
    { format: formatPolice },
  ),
  actionOfPolice('conform-action', 'conform'),
  actionOfPolice('exceed-action', 'exceed'),
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
  classSetting('set dscp', 'setDscp', settableDscp, 'writes this code point into the packets', {
    format: formatDscp,
  }),
  {
    ...classSetting('set ip dscp', 'setDscp', settableDscp, 'the same, as IOS wrote it once'),
    lines: () => [],
  },
  classSetting(
    'shape average',
    'shapeBps',
    bitRate,
    'output: never faster than so many bits of IPv4 packet per second',
  ),
];

function actionOfPolice(keywords: string, key: 'conform' | 'exceed'): Command {
  return command({
    section: 'class',
    keywords,
    help: 'of `police`, on a line of its own as IOS shows it',
    argument: policeAction,
    set: (config, path, value) =>
      findClass(config, path)?.police === undefined
        ? new Refusal('there is no "police" that this could belong to')
        : updateClass(config, path, ({ police: before, ...rest }) => ({
            ...rest,
            ...(before === undefined ? {} : { police: { ...before, [key]: value } }),
          })),
  });
}

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
