/**
 * What policy's lists say of a route. Each is compiled to a function; those that look at attributes remember what they
 * said of each, since the routes of a full table share theirs.
 */
import { INTERNET } from '../../config/community.ts';
import type { AccessListConfig } from '../../config/model.ts';
import type {
  AsPathListConfig,
  CommunityListConfig,
  CommunitySize,
  PrefixListConfig,
} from '../../config/policy-model.ts';
import { type PolicyRegex, policyRegex, RegexError } from '../../config/policy-regex.ts';
import { contains, maskOf, type Prefix } from '../../net/address.ts';
import type { LargeCommunity, PathAttributes } from '../protocols/bgp/attributes.ts';
import { PrefixMap } from '../rib/prefix-map.ts';
import { extendedCommunity, extendedCommunityText } from './extended.ts';
import { asPathText, communityText, largeCommunityText } from './text.ts';

export type PrefixTest = (prefix: Prefix) => boolean;
export type AttributesTest = (attributes: PathAttributes) => boolean;

/** A community list decides on a route by all of its communities, and for `delete` on each by itself. */
export interface CommunityTests {
  matches(attributes: PathAttributes, exact: boolean): boolean;
  /** The communities that are left when those that the list permits are taken away. */
  standardLeft(attributes: PathAttributes): readonly number[];
  largeLeft(attributes: PathAttributes): readonly LargeCommunity[];
}

interface RangeRule {
  readonly sequence: number;
  readonly permits: boolean;
  readonly least: number;
  readonly most: number;
}

/**
 * The rule of the smallest sequence number that covers the prefix decides, none denies; a list without rules permits
 * (lib/plist.c). They are found by the
 * prefixes that cover it, 33 at most, so that long lists cost full tables no more than short ones.
 */
export function prefixTest({ rules }: PrefixListConfig): PrefixTest {
  if (rules.length === 0) return () => true;
  const byBlock = new PrefixMap<RangeRule[]>();
  for (const { sequence, action, prefix, ge, le } of rules) {
    const same = byBlock.get(prefix) ?? [];
    if (same.length === 0) byBlock.set(prefix, same);
    const least = ge ?? prefix.length;
    same.push({
      sequence,
      permits: action === 'permit',
      least,
      most: le ?? (ge === undefined ? prefix.length : 32),
    });
  }
  const lengths = [...new Set(rules.map(({ prefix }) => prefix.length))].sort((a, b) => a - b);
  return ({ address, length }) => {
    let best: RangeRule | undefined;
    for (const own of lengths) {
      if (own > length) break;
      for (const rule of byBlock.get({ address: (address & maskOf(own)) >>> 0, length: own }) ?? []) {
        if (length < rule.least || length > rule.most) continue;
        if (best === undefined || rule.sequence < best.sequence) best = rule;
      }
    }
    return best?.permits ?? false;
  };
}

/**
 * As FRR filters routes by it (lib/filter.c): a standard rule matches prefixes whose address lies in its block; an
 * extended one looks at the mask, too: its destination's block is that of the mask.
 */
export function accessTest({ kind, rules }: AccessListConfig): PrefixTest {
  return ({ address, length }) => {
    for (const rule of rules) {
      if (!contains(rule.source, address)) continue;
      if (kind === 'extended' && !contains(rule.destination, maskOf(length))) continue;
      return rule.action === 'permit';
    }
    return false;
  };
}

export function asPathTest({ rules }: AsPathListConfig): AttributesTest {
  const compiled = rules.map(({ action, regex }) => ({
    permits: action === 'permit',
    regex: compiledRegex(regex),
  }));
  return remembered((attributes) => {
    const text = asPathText(attributes.asPath);
    return compiled.find(({ regex }) => regex.test(text))?.permits ?? false;
  });
}

interface CommunityRuleTest {
  readonly permits: boolean;
  all(texts: readonly string[], exact: boolean): boolean;
  one(text: string): boolean;
}

export function communityTests({ size, rules }: CommunityListConfig): CommunityTests {
  const compiled = rules.map((rule): CommunityRuleTest => {
    const permits = rule.action === 'permit';
    if (rule.kind === 'expanded') {
      const regex = compiledRegex(rule.regex);
      return { permits, all: (texts) => regex.test(texts.join(' ')), one: (text) => regex.test(text) };
    }
    const wanted = new Set(size === 'extended' ? rule.communities.map(extendedText) : rule.communities);
    const everything = wanted.has(INTERNET);
    return {
      permits,
      all: (texts, exact) =>
        everything ||
        ([...wanted].every((each) => texts.includes(each)) && (!exact || texts.length === wanted.size)),
      one: (text) => everything || wanted.has(text),
    };
  });
  const textsOf = (attributes: PathAttributes): readonly string[] => textsBySize[size](attributes);
  const decide = (attributes: PathAttributes, exact: boolean): boolean => {
    const texts = textsOf(attributes);
    return compiled.find((rule) => rule.all(texts, exact))?.permits ?? false;
  };
  const isTaken = (text: string): boolean => compiled.find((rule) => rule.one(text))?.permits ?? false;
  const loosely = remembered((attributes) => decide(attributes, false));
  const exactly = remembered((attributes) => decide(attributes, true));
  return {
    matches: (attributes, exact) => (exact ? exactly(attributes) : loosely(attributes)),
    standardLeft: ({ communities }) => communities.filter((each) => !isTaken(communityText(each))),
    largeLeft: ({ largeCommunities }) =>
      largeCommunities.filter((each) => !isTaken(largeCommunityText(each))),
  };
}

const textsBySize: Readonly<Record<CommunitySize, (attributes: PathAttributes) => readonly string[]>> = {
  standard: ({ communities }) => communities.map(communityText),
  large: ({ largeCommunities }) => largeCommunities.map(largeCommunityText),
  extended: ({ extendedCommunities }) => extendedCommunities.map(extendedCommunityText),
};

/** `rt 65000:1`, as a list has it, in the words of the route's own. */
function extendedText(text: string): string {
  const [kind, value] = text.split(' ');
  const community = extendedCommunity(kind === 'rt' ? 'rt' : 'soo', value);
  return community === undefined ? text : extendedCommunityText(community);
}

function remembered(test: AttributesTest): AttributesTest {
  const known = new WeakMap<PathAttributes, boolean>();
  return (attributes) => {
    let result = known.get(attributes);
    if (result === undefined) {
      result = test(attributes);
      known.set(attributes, result);
    }
    return result;
  };
}

/** An expression that is wrong is refused when it is entered; one that came here otherwise matches nothing. */
function compiledRegex(source: string): PolicyRegex {
  const regex = policyRegex(source);
  return regex instanceof RegexError ? { test: () => false } : regex;
}
