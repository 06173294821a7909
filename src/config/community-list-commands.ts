/**
 * `bgp community-list …`, and its like for large and extended communities: by name with their style, by number with that of
 * the number. `ip community-list` is what they were called once.
 */
import { type Argument, misread, reading } from './argument.ts';
import { regex } from './as-path-list-commands.ts';
import { type Command, Refusal } from './command.ts';
import {
  administrated,
  communityValue,
  EXTENDED_KINDS,
  formatCommunity,
  largeCommunityParts,
  WELL_KNOWN_COMMUNITIES,
} from './community.ts';
import type { RouterConfig } from './model.ts';
import type { Community, CommunityRule, CommunitySize as Size } from './policy-model.ts';
import { nameOrNumber, sequencedList } from './sequenced-list.ts';

type Style = CommunityRule['kind'];
type Body =
  | { readonly kind: 'standard'; readonly communities: readonly Community[] }
  | { readonly kind: 'expanded'; readonly regex: string };

const STYLES: readonly Style[] = ['standard', 'expanded'];
const NUMBERS: Readonly<Record<Style, readonly [number, number]>> = {
  standard: [1, 99],
  expanded: [100, 500],
};

/** `rt ASN:NN`, `soo A.B.C.D:NN` and more of them, to the end of the line; sorted, each once. */
const extendedCommunities: Argument<readonly Community[]> = {
  notation: '<rt|soo> ASN:NN...',
  read(words, at) {
    const found = new Set<Community>();
    for (let next = at; next < words.length || found.size === 0; next += 2) {
      const kind = EXTENDED_KINDS.find((each) => each === words[next]?.text);
      const value = words[next + 1]?.text ?? '';
      if (kind === undefined) return misread(next, 'what must stand here is rt or soo');
      if (administrated(value) === undefined) {
        return misread(next + 1, `after ${kind} stands ASN:NN or A.B.C.D:NN`);
      }
      found.add(`${kind} ${value}`);
    }
    return { ok: true, value: [...found].sort(), next: words.length };
  },
};

/** Communities to the end of the line, or to one of these words; sorted by value, each once. */
export function communities(
  size: Exclude<Size, 'extended'>,
  until: readonly string[] = [],
): Argument<readonly Community[]> {
  const notation = size === 'standard' ? 'AA:NN...' : 'AA:BB:CC...';
  return {
    notation,
    read(words, at) {
      const found: Community[] = [];
      let next = at;
      for (; next < words.length && !until.includes(words[next].text); next++) {
        const { text } = words[next];
        const community = size === 'standard' ? standard(text) : largeCommunityParts(text)?.join(':');
        if (community === undefined) {
          const names = size === 'standard' ? ` or one of ${WELL_KNOWN_COMMUNITIES.join(', ')}` : '';
          return misread(next, `"${text}" is not a community ${notation.slice(0, -3)}${names}`);
        }
        found.push(community);
      }
      return next === at
        ? misread(at, `${notation} is missing`)
        : { ok: true, value: sortCommunities(size, found), next };
    },
  };
}

function standard(text: string): Community | undefined {
  const value = communityValue(text);
  return value === undefined ? undefined : formatCommunity(value);
}

/** By value, each once. */
export function sortCommunities(
  size: Exclude<Size, 'extended'>,
  list: readonly Community[],
): readonly Community[] {
  const key = (text: Community): readonly number[] =>
    size === 'standard' ? [communityValue(text) ?? 0] : (largeCommunityParts(text) ?? [0]);
  return [...new Set(list)].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at < 0 ? 0 : left[at] - right[at];
  });
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

function styleOfNumber(text: string): Style | undefined {
  return STYLES.find((style) => Number(text) >= NUMBERS[style][0] && Number(text) <= NUMBERS[style][1]);
}

function bodyOf(size: Size, style: Style): Argument<Body> {
  const list = size === 'extended' ? extendedCommunities : communities(size);
  return style === 'expanded'
    ? reading(regex, (body) => ({ kind: style, ...body }))
    : reading(list, (each) => ({ kind: style, communities: each }));
}

const NUMBER = nameOrNumber('(1-500)', (text) =>
  isNumber(text) && styleOfNumber(text) !== undefined
    ? undefined
    : `"${text}" is neither a number (1-500) nor standard nor expanded`,
);

export const LIST_KEYWORDS: Readonly<Record<Size, string>> = {
  standard: 'community-list',
  large: 'large-community-list',
  extended: 'extcommunity-list',
};
const NAMES: Readonly<Record<Size, string>> = {
  standard: 'community list',
  large: 'large-community list',
  extended: 'extcommunity list',
};
const SIZES = ['standard', 'large', 'extended'] as const;

export const communityListCommands: readonly Command[] = [
  ...SIZES.flatMap((size) => commandsFor(size, 'bgp')),
  ...SIZES.flatMap((size) => commandsFor(size, 'ip')).map(
    (command): Command => ({ ...command, unlisted: true, lines: () => [] }),
  ),
];

function commandsFor(size: Size, first: 'bgp' | 'ip'): readonly Command[] {
  const start = `${first} ${LIST_KEYWORDS[size]}`;
  const ofSize = (config: RouterConfig) => config.communityLists.filter((each) => each.size === size);
  const common = {
    what: NAMES[size],
    names: (config: RouterConfig) => ofSize(config).map((each) => each.name),
    rules: (config: RouterConfig, name: string) => ofSize(config).find((each) => each.name === name)?.rules,
    put(config: RouterConfig, name: string, rules: readonly CommunityRule[]) {
      const others = config.communityLists.filter((each) => each.size !== size || each.name !== name);
      if (new Set(rules.map((rule) => rule.kind)).size > 1) {
        return new Refusal(
          `the list "${name}" is ${rules[0].kind}, or was until this line: it can be one alone`,
        );
      }
      return { ...config, communityLists: rules.length === 0 ? others : [...others, { name, size, rules }] };
    },
    make: (rule: Omit<CommunityRule, 'kind'>, body: Body): CommunityRule => ({ ...rule, ...body }),
    format: (rule: CommunityRule) => (rule.kind === 'expanded' ? rule.regex : rule.communities.join(' ')),
  };
  return [
    sequencedList<Body, CommunityRule>({
      ...common,
      keywords: start,
      help: 'by number: 1-99 standard, 100-500 expanded',
      name: NUMBER,
      body: {
        ...bodyOf(size, 'standard'),
        notation: `<${bodyOf(size, 'standard').notation}|${regex.notation}>`,
      },
      bodyOf: (name) => bodyOf(size, styleOfNumber(name) ?? 'standard'),
      writes: (config) => ofSize(config).filter(({ name }) => isNumber(name)),
    }),
    ...STYLES.map((style) =>
      sequencedList<Body, CommunityRule>({
        ...common,
        keywords: `${start} ${style}`,
        help:
          style === 'standard'
            ? 'routes that have all of these communities'
            : 'routes whose communities, as text, the expression occurs in',
        name: nameOrNumber('NAME', (text) =>
          isNumber(text) ? `a number says its style itself: "${start} ${text} …"` : undefined,
        ),
        body: bodyOf(size, style),
        writes: (config) =>
          ofSize(config).filter(({ name, rules }) => !isNumber(name) && rules[0]?.kind === style),
      }),
    ),
  ];
}
