/** `ip prefix-list NAME …` */
import { comparePrefixes, formatPrefix, type Prefix } from '../net/address.ts';
import {
  type Argument,
  anyOf,
  anyWords,
  chain,
  integer,
  misread,
  name,
  prefix,
  restOfLine,
} from './argument.ts';
import { type Command, commandAbout, put, Refusal } from './command.ts';
import type { RouterConfig } from './model.ts';
import type { PrefixListConfig, PrefixRule } from './policy-model.ts';
import { sequencedList } from './sequenced-list.ts';

type Body = Omit<PrefixRule, 'sequence' | 'action'>;

const EVERYTHING: Prefix = { address: 0, length: 0 };
const lengths = anyOf<{ readonly ge: number; readonly le: number }>({
  ge: integer(0, 32),
  le: integer(0, 32),
});

/** `A.B.C.D/M [ge N] [le N]`, where M <= ge <= le; a bound that says nothing is left out. */
const body: Argument<Body> = {
  notation: `<any|A.B.C.D/M ${lengths.notation}>`,
  read(words, at) {
    if (words[at]?.text === 'any') return { ok: true, value: { prefix: EVERYTHING, le: 32 }, next: at + 1 };
    return chain(prefix.read(words, at), (block, start) =>
      chain(lengths.read(words, start), ({ ge, le }, next) => {
        if ((ge ?? block.length) < block.length || (le ?? 32) < (ge ?? block.length)) {
          return misread(start, `lengths must be so: ${block.length} <= ge <= le`);
        }
        return { ok: true, value: tidy({ prefix: block, ge, le }), next };
      }),
    );
  },
};

interface Bounds {
  readonly prefix: Prefix;
  readonly ge?: number | undefined;
  readonly le?: number | undefined;
}

/** `ge` of the prefix's own length with a `le` says nothing; so does `le` of 32 behind a `ge`, or of that length alone. */
function tidy({ prefix: block, ge, le }: Bounds): Body {
  const least = ge === block.length && le !== undefined ? undefined : ge;
  const most =
    (le === 32 && least !== undefined) || (le === block.length && least === undefined) ? undefined : le;
  return {
    prefix: block,
    ...(least === undefined ? {} : { ge: least }),
    ...(most === undefined ? {} : { le: most }),
  };
}

export function tidyPrefixRule({ sequence, action, ...bounds }: PrefixRule): PrefixRule {
  return { sequence, action, ...tidy(bounds) };
}

export const prefixListCommands: readonly Command[] = [
  commandAbout({
    section: '',
    keywords: 'ip prefix-list * description',
    subject: name('NAME'),
    help: 'words for people',
    argument: restOfLine,
    set: (config, _name, list, description) =>
      withList(config, { ...(findList(config, list) ?? { name: list, rules: [] }), description }),
    removal: {
      argument: anyWords,
      unset(config, _name, wanted) {
        const list = findList(config, wanted);
        return list?.description === undefined
          ? new Refusal(`prefix list "${wanted}" has no description to remove`)
          : withList(config, put(list, 'description', undefined));
      },
    },
    lines: (config) =>
      config.prefixLists.flatMap((list) =>
        list.description === undefined
          ? []
          : [{ text: `ip prefix-list ${list.name} description ${list.description}`, group: list.name }],
      ),
  }),
  sequencedList<Body, PrefixRule>({
    keywords: 'ip prefix-list',
    what: 'prefix list',
    help: 'prefixes within the block of lengths `ge` to `le`; without either, the block itself',
    name: name('NAME'),
    body,
    names: (config) => config.prefixLists.map((each) => each.name),
    rules: (config, list) => findList(config, list)?.rules,
    put(config, list, rules) {
      const others = findList(config, list) ?? { name: list };
      return rules.length === 0
        ? { ...config, prefixLists: config.prefixLists.filter((each) => each.name !== list) }
        : withList(config, { ...others, rules });
    },
    make: (rule, { prefix: block, ...bounds }) => ({ ...rule, prefix: block, ...bounds }),
    format: ({ prefix: block, ge, le }) =>
      comparePrefixes(block, EVERYTHING) === 0 && ge === undefined && le === 32
        ? 'any'
        : [
            formatPrefix(block),
            ...(ge === undefined ? [] : [`ge ${ge}`]),
            ...(le === undefined ? [] : [`le ${le}`]),
          ].join(' '),
    writes: (config) => config.prefixLists,
  }),
];

function findList(config: RouterConfig, list: string): PrefixListConfig | undefined {
  return config.prefixLists.find((each) => each.name === list);
}

/** A list that says nothing is none. */
function withList(config: RouterConfig, list: PrefixListConfig): RouterConfig {
  const others = config.prefixLists.filter((each) => each.name !== list.name);
  const says = list.rules.length > 0 || list.description !== undefined;
  return { ...config, prefixLists: says ? [...others, list] : others };
}
