/** Any routing policy that a router can have, for property tests. */
import fc from 'fast-check';
import { put } from '../../src/config/command.ts';
import { formatCommunity } from '../../src/config/community.ts';
import { sortCommunities } from '../../src/config/community-list-commands.ts';
import type {
  AsPathListConfig,
  CommunityListConfig,
  KeyChainConfig,
  PrefixListConfig,
  PrefixRule,
  RedistributeConfig,
  RedistributedProtocol,
  RouteMapConfig,
  RouteMapEntry,
  RouteMatch,
  RouteSet,
} from '../../src/config/policy-model.ts';
import { tidyPrefixRule } from '../../src/config/prefix-list-commands.ts';
import { REDISTRIBUTED } from '../../src/config/redistribute.ts';
import { distance, ipv4, positive32, prefix, sequence, unsigned32, word } from './arbitrary-basics.ts';

export function redistribution(
  own: RedistributedProtocol,
  maxMetric: number,
): fc.Arbitrary<RedistributeConfig> {
  return fc.record(
    {
      from: fc.constantFrom(...REDISTRIBUTED.filter((each) => each !== own)),
      metric: fc.integer({ min: 0, max: maxMetric }),
      ...(own === 'ospf' ? { metricType: fc.constantFrom(1 as const, 2 as const) } : {}),
      routeMap: word,
    },
    { requiredKeys: ['from'] },
  );
}

export const keyChain: fc.Arbitrary<KeyChainConfig> = fc.record({
  name: word,
  keys: fc.uniqueArray(
    fc.record(
      {
        id: fc.integer({ min: 0, max: 2147483647 }),
        keyString: fc.array(word, { maxLength: 2 }).map((words) => words.join(' ')),
        algorithm: fc.constantFrom('md5', 'hmac-sha-1', 'hmac-sha-256', 'hmac-sha-384', 'hmac-sha-512'),
      },
      { requiredKeys: ['id', 'keyString'] },
    ),
    { maxLength: 3, selector: ({ id }) => id },
  ),
});

const action = fc.constantFrom('permit' as const, 'deny' as const);

/** Rules of different numbers, no two of which say the same. */
function rulesOf<Rule extends { readonly sequence: number }>(rule: fc.Arbitrary<Rule>): fc.Arbitrary<Rule[]> {
  return fc
    .uniqueArray(rule, { minLength: 1, maxLength: 5, selector: (each) => each.sequence })
    .map((rules) => [
      ...new Map(rules.map((each) => [JSON.stringify({ ...each, sequence: 0 }), each])).values(),
    ]);
}

const prefixRule: fc.Arbitrary<PrefixRule> = fc
  .record({
    sequence,
    action,
    prefix,
    bounds: fc.tuple(fc.nat(32), fc.nat(32)),
    which: fc.constantFrom('', 'ge', 'le', 'both'),
  })
  .map(({ prefix: block, bounds, which, ...rest }) => {
    const [ge, le] = bounds.map((each) => Math.max(block.length, each)).sort((a, b) => a - b);
    return tidyPrefixRule({
      ...rest,
      prefix: block,
      ...(which === 'ge' || which === 'both' ? { ge } : {}),
      ...(which === 'le' || which === 'both' ? { le } : {}),
    });
  });

export const prefixList: fc.Arbitrary<PrefixListConfig> = fc.record(
  { name: word, description: word, rules: rulesOf(prefixRule) },
  { requiredKeys: ['name', 'rules'] },
);

const regex = fc.constantFrom('^65000_', '_1_', '^$', '.*', '^(1|2)+ [0-9]{1,3}$', '[^,]_3');

export const asPathList: fc.Arbitrary<AsPathListConfig> = fc.record({
  name: word,
  rules: rulesOf(fc.record({ sequence, action, regex })),
});

const extended = fc
  .subarray(['rt 1:2', 'rt 10.0.0.1:7', 'soo 65000:4200000000'], { minLength: 1 })
  .map((list) => list.toSorted());

const communities = (size: 'standard' | 'large', least = 1): fc.Arbitrary<readonly string[]> =>
  fc
    .uniqueArray(
      size === 'standard'
        ? fc.oneof(unsigned32.map(formatCommunity), fc.constantFrom('no-export', 'local-AS', 'internet'))
        : fc.tuple(unsigned32, unsigned32, unsigned32).map((parts) => parts.join(':')),
      { minLength: least, maxLength: 3 },
    )
    .map((list) => sortCommunities(size, list));

const listName = (...numbers: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...numbers),
    word.filter((text) => !/^\d+$/.test(text)),
  );

export const communityList: fc.Arbitrary<CommunityListConfig> = fc
  .constantFrom('standard' as const, 'large' as const, 'extended' as const)
  .chain((size) =>
    fc.oneof(
      fc.record({
        name: listName('1', '99'),
        size: fc.constant(size),
        rules: rulesOf(
          fc.record({
            sequence,
            action,
            kind: fc.constant('standard' as const),
            communities: size === 'extended' ? extended : communities(size),
          }),
        ),
      }),
      fc.record({
        name: listName('100', '500'),
        size: fc.constant(size),
        rules: rulesOf(fc.record({ sequence, action, kind: fc.constant('expanded' as const), regex })),
      }),
    ),
  );

const origin = fc.constantFrom('igp' as const, 'egp' as const, 'incomplete' as const);

const routeMatch: fc.Arbitrary<RouteMatch> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'ip address prefix-list' as const,
      'ip next-hop prefix-list' as const,
      'as-path' as const,
    ),
    list: word,
  }),
  fc.record({
    kind: fc.constantFrom('ip address' as const, 'ip next-hop' as const),
    list: word.filter((text) => text !== 'prefix-list' && text !== 'address'),
  }),
  fc.record({
    kind: fc.constantFrom('community' as const, 'large-community' as const),
    list: word,
    exact: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom('metric' as const, 'tag' as const, 'local-preference' as const),
    value: positive32,
  }),
  fc.record({ kind: fc.constant('extcommunity' as const), list: word }),
  fc.record({ kind: fc.constant('ip next-hop address' as const), address: ipv4 }),
  fc.record({ kind: fc.constant('interface' as const), interface: word }),
  fc.record({ kind: fc.constant('origin' as const), origin }),
  fc.record({ kind: fc.constant('peer' as const), peer: ipv4 }),
  fc.record({ kind: fc.constant('source-protocol' as const), protocol: fc.constantFrom(...REDISTRIBUTED) }),
);

const routeSet: fc.Arbitrary<RouteSet> = fc.oneof(
  fc.record({
    kind: fc.constant('metric' as const),
    change: fc.constantFrom('set' as const, 'add' as const, 'subtract' as const),
    value: unsigned32,
  }),
  fc.record({ kind: fc.constant('metric-type' as const), type: fc.constantFrom(1 as const, 2 as const) }),
  fc.record({
    kind: fc.constantFrom('tag' as const, 'local-preference' as const, 'weight' as const),
    value: positive32,
  }),
  fc.record({ kind: fc.constant('origin' as const), origin }),
  fc.record({
    kind: fc.constantFrom('as-path prepend' as const, 'as-path exclude' as const),
    path: fc.array(positive32, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('as-path prepend last-as' as const),
    times: fc.integer({ min: 1, max: 10 }),
  }),
  ...(['standard', 'large'] as const).map((size) =>
    fc
      .record({
        kind: fc.constant(size === 'standard' ? ('community' as const) : ('large-community' as const)),
        communities: communities(size, 0),
        additive: fc.boolean(),
      })
      .map((each) => ({ ...each, additive: each.additive && each.communities.length > 0 })),
  ),
  fc.record({
    kind: fc.constantFrom('comm-list delete' as const, 'large-comm-list delete' as const),
    list: word,
  }),
  fc.record({
    kind: fc.constantFrom('extcommunity rt' as const, 'extcommunity soo' as const),
    targets: fc.array(fc.constantFrom('1:2', '65000:4200000000', '10.0.0.1:7', '4200000000:9'), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({ kind: fc.constant('originator-id' as const), originator: ipv4 }),
  fc.record({ kind: fc.constant('atomic-aggregate' as const) }),
  fc.record({ kind: fc.constant('aggregator as' as const), as: positive32, address: ipv4 }),
  fc.record({
    kind: fc.constant('ip next-hop' as const),
    nextHop: fc.oneof(ipv4, fc.constantFrom('peer-address' as const, 'unchanged' as const)),
  }),
  fc.record({ kind: fc.constant('distance' as const), value: distance }),
);

const routeMapEntry: fc.Arbitrary<RouteMapEntry> = fc
  .record(
    {
      sequence: fc.integer({ min: 1, max: 65535 }),
      action,
      description: word,
      match: fc.uniqueArray(routeMatch, { maxLength: 4, selector: ({ kind }) => kind }),
      set: fc.uniqueArray(routeSet, {
        maxLength: 4,
        selector: ({ kind }) => (kind.startsWith('as-path prepend') ? 'as-path prepend' : kind),
      }),
      call: word,
      continue: fc.oneof(fc.constant('next' as const), fc.integer({ min: 1, max: 65535 })),
    },
    { requiredKeys: ['sequence', 'action', 'match', 'set'] },
  )
  .map((entry: RouteMapEntry) => (entry.action === 'permit' ? entry : put(entry, 'continue', undefined)));

export const routeMap: fc.Arbitrary<RouteMapConfig> = fc.record({
  name: word,
  entries: fc.uniqueArray(routeMapEntry, {
    minLength: 1,
    maxLength: 3,
    selector: (each) => each.sequence,
  }),
});
