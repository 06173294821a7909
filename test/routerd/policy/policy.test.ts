import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseConfig } from '../../../src/config/parser.ts';
import { formatIpv4, parseIpv4, parsePrefix } from '../../../src/net/address.ts';
import { compilePolicy } from '../../../src/routerd/policy/compile.ts';
import type { PolicyContext, PolicyRoute } from '../../../src/routerd/policy/policy.ts';
import { asPathText, communityText, largeCommunityText } from '../../../src/routerd/policy/text.ts';
import type { AsSegment, PathAttributes } from '../../../src/routerd/protocols/bgp/attributes.ts';

const ATTRIBUTES: PathAttributes = {
  origin: 0,
  asPath: [{ type: 'sequence', numbers: [65001, 65002] }],
  nextHop: 0x0a000002,
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
  clusterList: [],
  unknown: [],
};

function policy(text: string) {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return compilePolicy(config);
}

function route(prefix: string, more: Partial<PolicyRoute> = {}): PolicyRoute {
  const parsed = parsePrefix(prefix);
  if (parsed === undefined) throw new Error(prefix);
  return { prefix: parsed, attributes: ATTRIBUTES, ...more };
}

/** What `M` makes of the route, in short; `denied`. */
function result(text: string, given = route('10.0.0.0/8'), context?: PolicyContext): string {
  const left = policy(text).routeMap('M', given, context);
  if (left === undefined) return 'denied';
  const { metric, metricType, tag, weight, distance, setNextHop, attributes } = left;
  return Object.entries({
    metric,
    metricType,
    tag,
    weight,
    distance,
    setNextHop: typeof setNextHop === 'number' ? formatIpv4(setNextHop) : setNextHop,
    localPreference: attributes?.localPreference,
    origin: attributes?.origin || undefined,
    path: attributes?.asPath === ATTRIBUTES.asPath ? undefined : asPathText(attributes?.asPath ?? []),
    communities: attributes?.communities.map(communityText).join(' ') || undefined,
    large: attributes?.largeCommunities.map(largeCommunityText).join(' ') || undefined,
    extended: attributes?.extendedCommunities.join(' ') || undefined,
  })
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value}`]))
    .join(', ');
}

const withPath = (...asPath: readonly AsSegment[]) =>
  route('10.0.0.0/8', { attributes: { ...ATTRIBUTES, asPath } });
const withCommunities = (...communities: readonly number[]) =>
  route('10.0.0.0/8', { attributes: { ...ATTRIBUTES, communities } });

describe('prefix lists', () => {
  const permits = (text: string, prefix: string) => policy(text).prefixList('P', route(prefix).prefix);

  it('permit the prefix itself alone, where no lengths are given', () => {
    expect(permits('ip prefix-list P permit 10.0.0.0/8', '10.0.0.0/8')).to.equal(true);
    expect(permits('ip prefix-list P permit 10.0.0.0/8', '10.1.0.0/16')).to.equal(false);
    expect(permits('ip prefix-list P permit 10.0.0.0/8', '8.0.0.0/5')).to.equal(false);
  });
  it('permit the lengths between ge and le, and up to 32 where only ge is given', () => {
    const text = 'ip prefix-list P permit 10.0.0.0/8 ge 16 le 24';
    expect(
      ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.0/24', '10.1.1.1/32'].map((each) => permits(text, each)),
    ).to.deep.equal([false, true, true, false]);
    expect(permits('ip prefix-list P permit 10.0.0.0/8 ge 9', '10.1.1.1/32')).to.equal(true);
    expect(permits('ip prefix-list P permit any', '0.0.0.0/0')).to.equal(true);
  });
  it('go by the lowest sequence number that matches, wherever its block is', () => {
    const text = `ip prefix-list P seq 20 permit 10.1.0.0/16 le 32
ip prefix-list P seq 10 deny 10.0.0.0/8 ge 24
ip prefix-list P seq 30 permit any`;
    expect(permits(text, '10.1.1.0/24')).to.equal(false);
    expect(permits(text, '10.1.0.0/16')).to.equal(true);
    expect(permits(text, '11.0.0.0/8')).to.equal(true);
  });
  it('deny everything where they are not defined, and permit it where they have no rule, as in FRR', () => {
    expect(permits('', '10.0.0.0/8')).to.equal(false);
    expect(permits('ip prefix-list P description nothing yet', '10.0.0.0/8')).to.equal(true);
  });
});

describe('AS path lists', () => {
  it('hold the path as text against their expressions, the first that occurs decides', () => {
    const text = `bgp as-path access-list A deny _65002$
bgp as-path access-list A permit ^65001_
bgp as-path access-list A permit \\{65009,65010\\}`;
    const permits = (...path: readonly AsSegment[]) =>
      policy(text).asPathList('A', { ...ATTRIBUTES, asPath: path });
    expect(permits({ type: 'sequence', numbers: [65001, 65002] })).to.equal(false);
    expect(permits({ type: 'sequence', numbers: [65001, 65003] })).to.equal(true);
    expect(permits({ type: 'sequence', numbers: [650010, 65003] })).to.equal(false);
    expect(permits({ type: 'sequence', numbers: [1] }, { type: 'set', numbers: [65009, 65010] })).to.equal(
      true,
    );
    expect(permits()).to.equal(false);
  });
  it('deny where they are not defined', () => {
    expect(policy('').asPathList('A', ATTRIBUTES)).to.equal(false);
  });
});

describe('what a route map matches', () => {
  const matches = (line: string, given?: PolicyRoute, more = '', context?: PolicyContext) =>
    result(`${more}\nroute-map M permit 10\n match ${line}`, given, context) !== 'denied';

  it('everything, where it does not say', () => {
    expect(result('route-map M permit 10')).to.equal('');
    expect(result('route-map M deny 10')).to.equal('denied');
  });
  it('nothing, where it is not defined', () => {
    expect(result('')).to.equal('denied');
  });
  it('prefixes by lists of either kind', () => {
    const list = 'ip prefix-list P permit 10.0.0.0/8';
    expect(matches('ip address prefix-list P', undefined, list)).to.equal(true);
    expect(matches('ip address prefix-list P', route('10.1.0.0/16'), list)).to.equal(false);
    expect(matches('ip address 10', route('10.1.0.0/16'), 'access-list 10 permit 10.0.0.0/8')).to.equal(true);
    expect(matches('ip address 10', route('11.0.0.0/8'), 'access-list 10 permit 10.0.0.0/8')).to.equal(false);
    expect(matches('ip address prefix-list P')).to.equal(false);
  });
  it('next hops as a /32, of the route or of its attributes', () => {
    const list = 'ip prefix-list N permit 10.0.0.0/24 le 32';
    expect(matches('ip next-hop prefix-list N', undefined, list)).to.equal(true);
    expect(matches('ip next-hop prefix-list N', route('1.0.0.0/8', { nextHop: 1 }), list)).to.equal(false);
    expect(matches('ip next-hop prefix-list N', undefined, 'ip prefix-list N permit 10.0.0.0/24')).to.equal(
      false,
    );
  });
  it('communities: all of a rule, with others or exactly', () => {
    const list = 'bgp community-list standard C permit 1:1 1:2';
    expect(matches('community C', withCommunities(0x10001, 0x10002, 0x10003), list)).to.equal(true);
    expect(matches('community C', withCommunities(0x10001), list)).to.equal(false);
    expect(matches('community C exact-match', withCommunities(0x10001, 0x10002, 0x10003), list)).to.equal(
      false,
    );
    expect(matches('community C exact-match', withCommunities(0x10001, 0x10002), list)).to.equal(true);
  });
  it('communities by an expression in their text, names as FRR writes them', () => {
    const list = 'bgp community-list expanded C permit _1:2_|no-export';
    expect(matches('community C', withCommunities(0x10001, 0x10002), list)).to.equal(true);
    expect(matches('community C', withCommunities(0x10020), list)).to.equal(false);
    expect(matches('community C', withCommunities(0xffffff01), list)).to.equal(true);
  });
  it('every route by the community internet', () => {
    expect(matches('community C', undefined, 'bgp community-list standard C permit internet')).to.equal(true);
  });
  it('large communities', () => {
    const large = [{ global: 1, local1: 2, local2: 3 }];
    const given = route('10.0.0.0/8', { attributes: { ...ATTRIBUTES, largeCommunities: large } });
    expect(matches('large-community C', given, 'bgp large-community-list standard C permit 1:2:3')).to.equal(
      true,
    );
    expect(matches('large-community C', given, 'bgp community-list standard C permit 1:2')).to.equal(false);
  });
  it('metric, tag, origin, local preference, interface, neighbour and source', () => {
    const given = route('10.0.0.0/8', { metric: 5, tag: 7, interface: 'eth0', source: 'static' });
    for (const line of ['metric 5', 'tag 7', 'origin igp', 'interface eth0', 'source-protocol static']) {
      expect(matches(line, given), line).to.equal(true);
    }
    for (const line of ['metric 6', 'tag 8', 'origin egp', 'interface eth1', 'source-protocol bgp']) {
      expect(matches(line, given), line).to.equal(false);
    }
    expect(matches('metric 0'), 'no MED counts as 0').to.equal(true);
    const peer = parseIpv4('10.0.0.2');
    expect(matches('peer 10.0.0.2', given, '', peer === undefined ? {} : { peer })).to.equal(true);
    expect(matches('peer 10.0.0.3', given, '', peer === undefined ? {} : { peer })).to.equal(false);
  });
  it('only what all of its lines match', () => {
    const given = route('10.0.0.0/8', { metric: 5, tag: 7 });
    expect(matches('metric 5\n match tag 7', given)).to.equal(true);
    expect(matches('metric 5\n match tag 8', given)).to.equal(false);
  });
});

describe('what a route map sets', () => {
  const set = (line: string, given?: PolicyRoute, more = '') =>
    result(`${more}\nroute-map M permit 10\n set ${line}`, given);

  it('metric, also as a change, within 0 and the greatest', () => {
    expect(set('metric 5')).to.equal('metric 5');
    expect(set('metric +5', route('10.0.0.0/8', { metric: 10 }))).to.equal('metric 15');
    expect(set('metric -50', route('10.0.0.0/8', { metric: 10 }))).to.equal('metric 0');
    expect(set('metric +5', route('10.0.0.0/8', { metric: 4294967294 }))).to.equal('metric 4294967295');
  });
  it('what stands beside the path', () => {
    expect(
      set('local-preference 200\n set origin egp\n set weight 7\n set tag 9\n set distance 50'),
    ).to.equal('tag 9, weight 7, distance 50, localPreference 200, origin 1');
    expect(set('metric-type type-1\n set ip next-hop peer-address')).to.equal(
      'metricType 1, setNextHop peer-address',
    );
  });
  it('the path: numbers before it, its first again, numbers out of it', () => {
    expect(set('as-path prepend 1 2')).to.equal('path 1 2 65001 65002');
    expect(set('as-path prepend last-as 2')).to.equal('path 65001 65001 65001 65002');
    expect(set('as-path exclude 65001')).to.equal('path 65002');
    expect(set('as-path prepend 1', withPath({ type: 'set', numbers: [5, 6] }))).to.equal('path 1 {5,6}');
    expect(set('as-path prepend last-as 2', withPath())).to.equal('path ');
  });
  it('communities: these alone, these too, none', () => {
    const given = withCommunities(0x20001);
    expect(set('community 1:1 no-export', given)).to.equal('communities 1:1 no-export');
    expect(set('community 1:1 additive', given)).to.equal('communities 1:1 2:1');
    expect(set('community none', given)).to.equal('');
    expect(set('large-community 1:2:3 additive')).to.equal('large 1:2:3');
    expect(set('extcommunity rt 65000:1 10.0.0.1:7 4200000000:9')).to.equal(
      'extended 0002fde800000001 01020a0000010007 0202fa56ea000009',
    );
  });
  it('communities away that a list permits, before those that are added', () => {
    const list = 'bgp community-list standard D deny 1:1\nbgp community-list standard D permit 1:1 1:2';
    expect(set('comm-list D delete', withCommunities(0x10001, 0x10002, 0x10003), list)).to.equal(
      'communities 1:1 1:3',
    );
    expect(
      set('community 1:2 additive\n set comm-list D delete', withCommunities(0x10002, 0x10003), list),
    ).to.equal('communities 1:2 1:3');
  });
  it('the same attributes once for all routes that share them', () => {
    const map = policy('route-map M permit 10\n set local-preference 5');
    const one = map.routeMap('M', route('10.0.0.0/8'))?.attributes;
    const other = map.routeMap('M', route('11.0.0.0/8'))?.attributes;
    expect(one).to.not.equal(undefined);
    expect(one).to.equal(other);
  });
});

describe('the way through a route map', () => {
  it('ends at the first entry that matches', () => {
    const text = `route-map M permit 10\n match tag 1\n set weight 1
route-map M permit 20\n set weight 2
route-map M permit 30\n set weight 3`;
    expect(result(text)).to.equal('weight 2');
    expect(result(text, route('10.0.0.0/8', { tag: 1 }))).to.equal('tag 1, weight 1');
  });
  it('goes on after a match where it is told to, with what was set', () => {
    const text = `route-map M permit 10\n set weight 1\n on-match next
route-map M permit 20\n set tag 2\n continue 40
route-map M deny 30
route-map M permit 40\n match tag 2\n set metric 4`;
    expect(result(text)).to.equal('metric 4, tag 2, weight 1');
  });
  it('goes on at the first entry from the number on; past the last one the route is permitted', () => {
    const text = `route-map M permit 10\n set weight 1\n on-match goto 25
route-map M deny 20
route-map M permit 30\n set weight 3`;
    expect(result(text)).to.equal('weight 3');
    expect(result('route-map M permit 10\n set weight 1\n on-match goto 99\nroute-map M deny 20')).to.equal(
      'weight 1',
    );
    expect(result('route-map M permit 10\n set weight 1\n on-match next')).to.equal('weight 1');
  });
  it('denies what went on and is matched by no entry after, as FRR does', () => {
    const text = 'route-map M permit 10\n set weight 1\n on-match next\nroute-map M permit 20\n match tag 9';
    expect(result(text)).to.equal('denied');
  });
  it('asks the map that it calls, which may change the route and deny it', () => {
    const called = (action: string) => `route-map M permit 10\n set weight 1\n call C
route-map C ${action} 10\n set tag 5`;
    expect(result(called('permit'))).to.equal('tag 5, weight 1');
    expect(result(called('deny'))).to.equal('denied');
    expect(result('route-map M permit 10\n set weight 1\n call NONE')).to.equal('weight 1');
  });
  it('goes on after a call that permits, and never after one that denies', () => {
    const text = (action: string) => `route-map M permit 10\n call C\n on-match next
route-map M permit 20\n set weight 2
route-map C ${action} 10`;
    expect(result(text('permit'))).to.equal('weight 2');
    expect(result(text('deny'))).to.equal('denied');
  });
  it('ends where maps call one another in a circle: the route is denied', () => {
    expect(result('route-map M permit 10\n call M')).to.equal('denied');
    expect(result('route-map M permit 10\n call C\nroute-map C permit 10\n call M')).to.equal('denied');
  });
});

describe('extended communities', () => {
  const withTargets = (...extendedCommunities: readonly string[]) =>
    route('10.0.0.0/8', { attributes: { ...ATTRIBUTES, extendedCommunities } });
  /** 65000:1 as route target, 10.0.0.1:7 as site of origin. */
  const RT = '0002fde800000001';
  const SOO = '01030a0000010007';

  it('are matched by a standard list that names some of them', () => {
    const map = (list: string) =>
      `bgp extcommunity-list standard L ${list}\nroute-map M permit 1\n match extcommunity L`;
    expect(result(map('permit rt 65000:1'), withTargets(SOO, RT))).to.not.equal('denied');
    expect(result(map('permit rt 65000:1 soo 10.0.0.1:7'), withTargets(SOO, RT))).to.not.equal('denied');
    expect(result(map('permit soo 65000:1'), withTargets(SOO, RT))).to.equal('denied');
    expect(result(map('permit rt 65000:1'), route('10.0.0.0/8'))).to.equal('denied');
  });

  it("are matched by an expanded list in FRR's words", () => {
    const map =
      'bgp extcommunity-list 100 permit RT:65000:[0-9]+ SoO\nroute-map M permit 1\n match extcommunity 100';
    expect(result(map, withTargets(RT, SOO))).to.not.equal('denied');
    expect(result(map, withTargets(SOO))).to.equal('denied');
  });

  it('are added as route targets, and as sites of origin', () => {
    const map = 'route-map M permit 1\n set extcommunity rt 65000:1\n set extcommunity soo 10.0.0.1:7';
    expect(result(map)).to.equal(`extended ${RT} ${SOO}`);
  });
});

describe('what a map adds to the metric', () => {
  it('begins with that which goes on, and then with that which it has set', () => {
    const given = route('10.0.0.0/8', { metric: 100, toldMetric: 0 });
    expect(result('route-map M permit 1\n match metric 100\n set metric +5', given)).to.include('metric 5');
    const twice =
      'route-map M permit 1\n set metric +5\n on-match next\nroute-map M permit 2\n match metric 5\n set metric +2';
    expect(result(twice, given)).to.include('metric 7');
  });
});
