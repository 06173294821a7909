/** `bgp community-list …` and `bgp large-community-list …`, by name with their style, by number with that of the number. */
import { type Argument, misread, reading } from './argument.ts';
import { regex } from './as-path-list-commands.ts';
import { type Command, Refusal } from './command.ts';
import { communityValue, formatCommunity, largeCommunityParts, WELL_KNOWN_COMMUNITIES } from './community.ts';
import type { RouterConfig } from './model.ts';
import type { Community, CommunityListConfig, CommunityRule } from './policy-model.ts';
import { nameOrNumber, sequencedList } from './sequenced-list.ts';

type Size = CommunityListConfig['size'];
type Style = CommunityRule['kind'];
type Body =
  | { readonly kind: 'standard'; readonly communities: readonly Community[] }
  | { readonly kind: 'expanded'; readonly regex: string };

const STYLES: readonly Style[] = ['standard', 'expanded'];
const NUMBERS: Readonly<Record<Style, readonly [number, number]>> = {
  standard: [1, 99],
  expanded: [100, 500],
};

/** Communities to the end of the line, or to one of these words; sorted by value, each once. */
export function communities(size: Size, until: readonly string[] = []): Argument<readonly Community[]> {
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
export function sortCommunities(size: Size, list: readonly Community[]): readonly Community[] {
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
  const list = communities(size);
  return style === 'expanded'
    ? reading(regex, (body) => ({ kind: style, ...body }))
    : reading(list, (each) => ({ kind: style, communities: each }));
}

const NUMBER = nameOrNumber('(1-500)', (text) =>
  isNumber(text) && styleOfNumber(text) !== undefined
    ? undefined
    : `"${text}" is neither a number (1-500) nor standard nor expanded`,
);

export const communityListCommands: readonly Command[] = (['standard', 'large'] as const).flatMap((size) => {
  const start = size === 'large' ? 'bgp large-community-list' : 'bgp community-list';
  const ofSize = (config: RouterConfig) => config.communityLists.filter((each) => each.size === size);
  const common = {
    what: size === 'large' ? 'large-community list' : 'community list',
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
});
