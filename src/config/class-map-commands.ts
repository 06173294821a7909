/**
 * Class maps, as in IOS: which packets are of a class. All criteria must hold (`match-all`, what is meant where
 * nothing is said) or one of them (`match-any`); of the values of one `match dscp`, one.
 */
import { nearest } from '../net/suggest.ts';
import { type Argument, chain, Misfit, map, meant, misread, name, nothing, oneOf, word } from './argument.ts';
import { type Command, command, Refusal, remark } from './command.ts';
import { dscp, formatDscp } from './dscp.ts';
import { atMost, MAX_CLASSES } from './limits.ts';
import { CLASS_DEFAULT, type ClassCriterion, type ClassMapConfig, type RouterConfig } from './model.ts';

const section = 'class-map';

interface Opening {
  readonly mode?: ClassMapConfig['match'];
  readonly classMap: string;
}

const opening: Argument<Opening> = {
  notation: '[match-all|match-any] NAME',
  read(words, at) {
    if (words.length - at < 2) return map(name('NAME').read(words, at), (classMap) => ({ classMap }));
    return chain(oneOf('match-all', 'match-any').read(words, at), (mode, next) =>
      map(name('NAME').read(words, next), (classMap) => ({
        mode: mode === 'match-all' ? 'all' : 'any',
        classMap,
      })),
    );
  },
};

export const openClassMap: Command = command({
  section: '',
  keywords: section,
  help: 'a class of packets; what they match follows: all of it (the default), or any of it',
  argument: opening,
  set(config, _name, { mode, classMap }) {
    if (classMap === CLASS_DEFAULT) {
      return new Refusal(`"${CLASS_DEFAULT}" is what no class map takes: it has none of its own`);
    }
    const known = findClassMap(config, classMap);
    const full = known === undefined ? atMost(config.classMaps, 'class maps') : undefined;
    return (
      full ??
      withClassMap(config, {
        name: classMap,
        criteria: known?.criteria ?? [],
        match: mode ?? known?.match ?? 'all',
      })
    );
  },
  opens: ({ classMap }) => ({ kind: section, name: classMap }),
  removal: {
    argument: opening,
    unset(config, _name, { classMap }) {
      const names = config.classMaps.map((each) => each.name);
      return names.includes(classMap)
        ? { ...config, classMaps: config.classMaps.filter((each) => each.name !== classMap) }
        : new Refusal(`there is no class map "${classMap}" to remove`, {
            suggestion: meant(nearest(classMap, names)),
          });
    },
  },
  lines: (config) =>
    config.classMaps.map((each) => ({
      text: `class-map match-${each.match} ${each.name}`,
      group: each.name,
      opens: { kind: section, name: each.name },
    })),
});

/** One value or several, sorted. */
const codePoints: Argument<readonly number[]> = {
  notation: 'DSCP...',
  read(words, at) {
    if (at >= words.length) return misread(at, 'DSCP... is missing');
    const values = new Set<number>();
    for (let next = at; next < words.length; next++) {
      const reading = dscp.read(words, next);
      if (!reading.ok) return reading;
      values.add(reading.value);
    }
    return { ok: true, value: [...values].sort((a, b) => a - b), next: words.length };
  },
};

const listNumber: Argument<string> = word('NUMBER', (text) =>
  /^\d+$/.test(text)
    ? text
    : new Misfit(`"${text}" is not a number`, meant(`match access-group name ${text}`)),
);

export const classMapCommands: readonly Command[] = [
  remark(section, 'description'),
  criterion({
    keywords: 'match access-group',
    help: 'packets that the access list permits, by its number',
    argument: listNumber,
    make: (list) => ({ kind: 'access-group', name: list }),
    format: (each) => (each.kind === 'access-group' && /^\d+$/.test(each.name) ? each.name : undefined),
  }),
  criterion({
    keywords: 'match access-group name',
    help: 'packets that the access list permits, by its name',
    argument: name('NAME'),
    make: (list) => ({ kind: 'access-group', name: list }),
    format: (each) => (each.kind === 'access-group' && !/^\d+$/.test(each.name) ? each.name : undefined),
  }),
  criterion({
    keywords: 'match any',
    help: 'all packets',
    argument: nothing,
    make: () => ({ kind: 'any' }),
    format: (each) => (each.kind === 'any' ? '' : undefined),
  }),
  criterion({
    keywords: 'match dscp',
    help: 'packets with one of these code points: 0-63, or `ef`, `af11` to `af43`, `cs1` to `cs7`, `default`',
    argument: codePoints,
    make: (values) => ({ kind: 'dscp', values }),
    format: (each) => (each.kind === 'dscp' ? each.values.map(formatDscp).join(' ') : undefined),
  }),
  criterion({
    keywords: 'match ip dscp',
    help: 'the same, as IOS wrote it once',
    argument: codePoints,
    make: (values) => ({ kind: 'dscp', values }),
    format: () => undefined,
  }),
];

interface Criterion<Value> {
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<Value>;
  readonly make: (value: Value) => ClassCriterion;
  /** What follows the keywords; undefined: another command writes it. */
  readonly format: (criterion: ClassCriterion) => string | undefined;
}

function criterion<Value>({ keywords, help, argument, make, format }: Criterion<Value>): Command {
  return command({
    section,
    keywords,
    help,
    argument,
    set(config, classMap, value) {
      const wanted = make(value);
      const map = findClassMap(config, classMap);
      if (map === undefined || map.criteria.some((each) => isSame(each, wanted))) return config;
      return (
        atMost(map.criteria, 'lines in a class map', MAX_CLASSES) ??
        withClassMap(config, { ...map, criteria: [...map.criteria, wanted] })
      );
    },
    removal: {
      argument,
      unset(config, classMap, value) {
        const unwanted = make(value);
        const map = findClassMap(config, classMap);
        const left = (map?.criteria ?? []).filter((each) => !isSame(each, unwanted));
        return map === undefined || left.length === map.criteria.length
          ? new Refusal(`class map "${classMap}" does not have this line`)
          : withClassMap(config, { ...map, criteria: left });
      },
    },
    lines: (config, classMap) =>
      (findClassMap(config, classMap)?.criteria ?? []).flatMap((each) => {
        const text = format(each);
        return text === undefined ? [] : [{ text: `${keywords} ${text}`.trimEnd(), group: '' }];
      }),
  });
}

/** Values are a set. */
function isSame(a: ClassCriterion, b: ClassCriterion): boolean {
  switch (a.kind) {
    case 'any':
      return b.kind === 'any';
    case 'dscp':
      return (
        b.kind === 'dscp' &&
        a.values.length === b.values.length &&
        a.values.every((each) => b.values.includes(each))
      );
    case 'access-group':
      return b.kind === 'access-group' && a.name === b.name;
  }
}

function findClassMap(config: RouterConfig, classMap: string): ClassMapConfig | undefined {
  return config.classMaps.find((each) => each.name === classMap);
}

/** In place of the one of its name, or at the end. */
function withClassMap(config: RouterConfig, classMap: ClassMapConfig): RouterConfig {
  const others = config.classMaps.filter((each) => each.name !== classMap.name);
  return { ...config, classMaps: [...others, classMap] };
}
