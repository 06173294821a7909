import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Policy } from '../../../../src/routerd/policy/policy.ts';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import {
  type AsSegment,
  COMMUNITY,
  type PathAttributes,
} from '../../../../src/routerd/protocols/bgp/attributes.ts';
import { Exporter, type ExportRules } from '../../../../src/routerd/protocols/bgp/export.ts';
import {
  DefaultPath,
  OWN_HOP,
  ownAttributes,
  ownSource,
  Path,
  type PathSource,
} from '../../../../src/routerd/protocols/bgp/path.ts';
import type { NeighbourFamilySettings } from '../../../../src/routerd/protocols/bgp/settings.ts';
import { PERMIT_ALL, prefixAt } from './speakers.ts';

const PREFIX = prefixAt('192.0.2.0/24');
const LOCAL = 0x0a000001;
const ELSEWHERE = 0x0b000001;
const ON_LINK = 0x0a000009;

const EXTERNAL: PathSource = {
  kind: 'external',
  address: 7,
  routerId: 70,
  as: 65007,
  isClient: false,
  isGone: false,
};
const INTERNAL: PathSource = {
  kind: 'internal',
  address: 8,
  routerId: 80,
  as: 65000,
  isClient: false,
  isGone: false,
};
const CLIENT: PathSource = { ...INTERNAL, isClient: true };
const OWN = ownSource(1);

interface Given {
  readonly from?: PathSource;
  readonly to?: 'external' | 'internal';
  readonly path?: Partial<PathAttributes>;
  readonly own?: Partial<NeighbourFamilySettings>;
  readonly rules?: Partial<ExportRules>;
  readonly policy?: Partial<Policy>;
}

/** What is told of a path, heard from AS 65007 unless told otherwise, to AS 65009 or within 65000. */
function told(given: Given): PathAttributes | undefined {
  const { from = EXTERNAL, path } = given;
  const attributes: PathAttributes = {
    ...ownAttributes(0),
    asPath: from.kind === 'local' ? [] : sequence(65007),
    nextHop: from.kind === 'local' ? 0 : ELSEWHERE,
    ...path,
  };
  return exporter(given).announce(PREFIX, new Path(from, attributes, OWN_HOP, 0));
}

function exporter({ to = 'external', own, rules, policy }: Given): Exporter {
  return new Exporter(
    {
      family: 'ipv4',
      kind: to,
      as: 65000,
      routerId: 1,
      clusterId: 1,
      gracefulShutdown: false,
      requiresPolicy: false,
      defaultLocalPreference: 100,
      local: LOCAL,
      remoteAs: 65009,
      own: { importPolicy: '', exportPolicy: '', ...own },
      ...rules,
    },
    { ...PERMIT_ALL, ...policy },
    new AttributePool(),
  );
}

function sequence(...numbers: readonly number[]): readonly AsSegment[] {
  return [{ type: 'sequence', numbers }];
}

const asPath = (given: Given) => told(given)?.asPath.flatMap(({ numbers }) => numbers);

describe('who is told of a path', () => {
  const others = { to: 'internal' } as const;
  for (const [name, given, isTold] of [
    ['our AS of what came from another', { ...others, from: EXTERNAL }, true],
    ['our AS of what is ours', { ...others, from: OWN }, true],
    ['our AS not of what came from it', { ...others, from: INTERNAL }, false],
    [
      "a reflector's client, of that, too",
      { ...others, from: INTERNAL, own: { routeReflectorClient: true } },
      true,
    ],
    ['everyone, of what came from a client', { ...others, from: CLIENT }, true],
    ['another AS of what came from ours', { from: INTERNAL }, true],
    ['nobody, with no-advertise', { ...others, path: { communities: [COMMUNITY.NO_ADVERTISE] } }, false],
    ['no other AS, with no-export', { path: { communities: [COMMUNITY.NO_EXPORT] } }, false],
    ['our AS, with no-export', { ...others, path: { communities: [COMMUNITY.NO_EXPORT] } }, true],
    ['no other AS, with local-AS', { path: { communities: [COMMUNITY.LOCAL_AS] } }, false],
    ['no other AS without a policy (RFC 8212)', { rules: { requiresPolicy: true } }, false],
    ['another AS with one', { rules: { requiresPolicy: true }, own: { routeMapOut: 'M' } }, true],
    [
      'nobody that a prefix list denies',
      { own: { prefixListOut: 'P' }, policy: { prefixList: () => false } },
      false,
    ],
    [
      'nobody that a filter list denies',
      { own: { filterListOut: 'F' }, policy: { asPathList: () => false } },
      false,
    ],
    [
      'nobody that a route map denies',
      { own: { routeMapOut: 'M' }, policy: { routeMap: () => undefined } },
      false,
    ],
  ] as const satisfies readonly (readonly [string, Given, boolean])[]) {
    it(name, () => expect(told(given) !== undefined).to.equal(isTold));
  }
});

describe('what is told of a path', () => {
  it('to another AS: our AS before the path, nothing that is for our AS alone', () => {
    const path = { localPreference: 7, med: 5, originatorId: 3, clusterList: [4] };
    const attributes = told({ path, from: INTERNAL });
    expect(attributes).to.deep.include({ asPath: sequence(65000, 65007), nextHop: LOCAL, clusterList: [] });
    expect(attributes).to.not.have.any.keys('localPreference', 'med', 'originatorId');
  });

  it('to another AS: the MED of a route that begins here', () => {
    expect(told({ from: OWN, path: { med: 5 } })?.med).to.equal(5);
  });

  it('to another AS: the next hop itself where it is on the link to the neighbour', () => {
    const link = prefixAt('10.0.0.0/24');
    expect(told({ path: { nextHop: ON_LINK }, rules: { link } })?.nextHop).to.equal(ON_LINK);
    expect(told({ path: { nextHop: ON_LINK } })?.nextHop).to.equal(LOCAL);
    expect(
      told({ path: { nextHop: ON_LINK }, rules: { link }, own: { nextHopSelf: 'normal' } })?.nextHop,
    ).to.equal(LOCAL);
    expect(told({ path: { nextHop: ELSEWHERE }, rules: { link } })?.nextHop).to.equal(LOCAL);
  });

  it('within our AS: the next hop as it came, a preference', () => {
    expect(told({ to: 'internal' })).to.deep.include({
      nextHop: ELSEWHERE,
      localPreference: 100,
      asPath: sequence(65007),
    });
    expect(told({ to: 'internal', path: { localPreference: 7 } })?.localPreference).to.equal(7);
    expect(told({ to: 'internal', from: OWN })?.nextHop).to.equal(LOCAL);
  });

  it('within our AS: ourselves as the next hop, if asked; of what is reflected only if forced to', () => {
    const [own, forced] = [{ nextHopSelf: 'normal' }, { nextHopSelf: 'force' }] as const;
    expect(told({ to: 'internal', own })?.nextHop).to.equal(LOCAL);
    expect(told({ to: 'internal', own, from: CLIENT })?.nextHop).to.equal(ELSEWHERE);
    expect(told({ to: 'internal', own: forced, from: CLIENT })?.nextHop).to.equal(LOCAL);
  });

  it('reflected: who began it, and through which clusters it came (RFC 4456 8)', () => {
    expect(told({ to: 'internal', from: CLIENT })).to.deep.include({ originatorId: 80, clusterList: [1] });
    const path = { originatorId: 3, clusterList: [4] };
    expect(told({ to: 'internal', from: CLIENT, path })).to.deep.include({
      originatorId: 3,
      clusterList: [1, 4],
    });
    expect(told({ to: 'internal', from: EXTERNAL })).to.not.have.property('originatorId');
  });

  it('with local-as: both ASes, or the other one alone', () => {
    const localAs = { as: 64999, noPrepend: false, replaceAs: false };
    expect(asPath({ rules: { localAs } })).to.deep.equal([64999, 65000, 65007]);
    expect(asPath({ rules: { localAs: { ...localAs, replaceAs: true } } })).to.deep.equal([64999, 65007]);
  });

  it("with as-override: ours in place of the neighbour's", () => {
    const path = { asPath: sequence(65009, 1, 65009) };
    expect(asPath({ path, own: { asOverride: true } })).to.deep.equal([65000, 65000, 1, 65000]);
  });

  it('with remove-private-AS: no private number, where there are no others', () => {
    const own = { removePrivateAs: { all: false, replace: false } };
    expect(asPath({ own, path: { asPath: sequence(65007, 4200000000) } })).to.deep.equal([65000]);
    expect(asPath({ own, path: { asPath: sequence(65007, 1) } })).to.deep.equal([65000, 65007, 1]);
  });

  it('with remove-private-AS all: none in any path, but the number of who is told, lest he misses a loop', () => {
    const path = { asPath: sequence(65007, 1, 65009, 65008) };
    const own = (replace: boolean) => ({ removePrivateAs: { all: true, replace } });
    expect(asPath({ own: own(false), path })).to.deep.equal([65000, 1, 65009]);
    expect(asPath({ own: own(true), path })).to.deep.equal([65000, 65000, 1, 65009, 65000]);
  });

  it('what a map adds to the MED that is told: that of another AS is not, ours is', () => {
    const policy: Partial<Policy> = {
      routeMap: (_, route) => ({ ...route, metric: (route.toldMetric ?? -1) + 5, metricIsSet: true }),
    };
    const own = { routeMapOut: 'M' };
    expect(told({ own, policy, path: { med: 100 } })?.med).to.equal(5);
    expect(told({ own, policy, from: OWN, path: { med: 100 } })?.med).to.equal(105);
    expect(told({ own, policy, to: 'internal', path: { med: 100 } })?.med).to.equal(105);
  });

  it('with attribute-unchanged: what is named as it came', () => {
    const path = { med: 7 };
    const all = { asPath: true, nextHop: true, med: true };
    expect(told({ path, own: { attributeUnchanged: all } })).to.deep.include({
      asPath: sequence(65007),
      nextHop: ELSEWHERE,
      med: 7,
    });
    const hopAlone = told({ path, own: { attributeUnchanged: { ...all, asPath: false, med: false } } });
    expect(hopAlone).to.deep.include({ asPath: sequence(65000, 65007), nextHop: ELSEWHERE });
    expect(hopAlone).to.not.have.property('med');
    const ours = told({ from: OWN, own: { attributeUnchanged: all } });
    expect(ours, 'what is ours has to lead here').to.deep.include({
      asPath: sequence(65000),
      nextHop: LOCAL,
    });
  });

  it('from client to client of a route server: all of it as it came, even what others are not told', () => {
    const path = { med: 7, communities: [COMMUNITY.NO_EXPORT] };
    const own = { routeServerClient: true };
    const client: PathSource = { ...EXTERNAL, isRouteServerClient: true };
    expect(told({ from: client, path, own })).to.deep.include({
      asPath: sequence(65007),
      nextHop: ELSEWHERE,
      med: 7,
    });
    expect(told({ from: client, path }), 'to one that is no client').to.equal(undefined);
    expect(told({ path: { med: 7 }, own }), 'from one that is none').to.deep.include({
      asPath: sequence(65007),
      nextHop: LOCAL,
    });
  });

  it('reflected: as it came, whatever a map sets, unless that is allowed; a map that denies does so', () => {
    const policy: Partial<Policy> = {
      routeMap: (name, route) =>
        name === 'DENY' ? undefined : { ...route, metric: 5, metricIsSet: true, setNextHop: ON_LINK },
    };
    const given: Given = { to: 'internal', from: CLIENT, policy, own: { routeMapOut: 'M' } };
    expect(told(given)).to.include({ nextHop: ELSEWHERE }).and.not.have.property('med');
    expect(told({ ...given, rules: { reflectorOutboundPolicy: true } })).to.include({
      nextHop: ON_LINK,
      med: 5,
    });
    expect(told({ ...given, own: { routeMapOut: 'DENY' } })).to.equal(undefined);
    expect(told({ ...given, from: EXTERNAL }), 'of another AS').to.include({ nextHop: ON_LINK, med: 5 });
  });

  it('of what an aggregate stands for: what unsuppress-map permits, as it sets it', () => {
    const policy: Partial<Policy> = {
      routeMap: (name, route) => (name === 'U' ? { ...route, metric: 9, metricIsSet: true } : undefined),
    };
    const path = new Path(EXTERNAL, { ...ownAttributes(0), asPath: sequence(65007), nextHop: 5 }, OWN_HOP, 0);
    const announce = (own: Partial<NeighbourFamilySettings>) =>
      exporter({ policy, own }).announce(PREFIX, path, true);
    expect(announce({})).to.equal(undefined);
    expect(announce({ unsuppressMap: 'U', routeMapOut: 'DENY' })?.med).to.equal(9);
    expect(announce({ unsuppressMap: 'DENY' })).to.equal(undefined);
  });

  it('a path that begins with a set: our AS in a segment before it', () => {
    const set: AsSegment = { type: 'set', numbers: [1, 2] };
    expect(told({ path: { asPath: [set] } })?.asPath).to.deep.equal([...sequence(65000), set]);
  });

  it('the kinds of communities that are sent', () => {
    const path = {
      communities: [1],
      largeCommunities: [{ global: 1, local1: 2, local2: 3 }],
      extendedCommunities: ['0002fde800000001'],
    };
    const kinds = (sendCommunity?: NeighbourFamilySettings['sendCommunity']) => {
      const sent = told({ path, own: sendCommunity === undefined ? {} : { sendCommunity } });
      const lists = [sent?.communities, sent?.extendedCommunities, sent?.largeCommunities];
      return lists.map((list) => list?.length);
    };
    expect(kinds()).to.deep.equal([1, 1, 1]);
    expect(kinds('all')).to.deep.equal([1, 1, 1]);
    expect(kinds('none')).to.deep.equal([0, 0, 0]);
    expect(kinds('both')).to.deep.equal([1, 1, 0]);
    expect(kinds('standard')).to.deep.equal([1, 0, 0]);
    expect(kinds('extended')).to.deep.equal([0, 1, 0]);
    expect(kinds('large')).to.deep.equal([0, 0, 1]);
  });

  it('to another AS: no extended community that says it is not for others (RFC 4360 6)', () => {
    const path = { extendedCommunities: ['0002fde800000001', '4004fde84b189680', '4300000000000001'] };
    expect(told({ path })?.extendedCommunities).to.deep.equal(['0002fde800000001']);
    expect(told({ path, to: 'internal' })?.extendedCommunities).to.have.length(3);
  });

  it('of a VPN: under the next hop whose label it is, or not at all', () => {
    const rules = { family: 'vpnv4' as const };
    const unchanged: Partial<Policy> = { routeMap: (_, route) => ({ ...route, setNextHop: 'unchanged' }) };
    expect(told({ rules }), 'to another AS').to.equal(undefined);
    expect(told({ rules, own: { routeMapOut: 'M' }, policy: unchanged })?.nextHop).to.equal(ELSEWHERE);
    expect(told({ rules, to: 'internal', from: CLIENT })?.nextHop, 'reflected').to.equal(ELSEWHERE);
    const forced = { nextHopSelf: 'force' as const };
    expect(told({ rules, to: 'internal', from: CLIENT, own: forced })).to.equal(undefined);
    expect(told({ rules, from: OWN })?.nextHop, 'its own').to.equal(LOCAL);
  });

  it('by a router that is about to go: the community to other ASes, the least preference within (RFC 8326)', () => {
    const rules = { gracefulShutdown: true };
    expect(told({ rules, path: { communities: [1] } })?.communities).to.deep.equal([
      1,
      COMMUNITY.GRACEFUL_SHUTDOWN,
    ]);
    expect(told({ rules, to: 'internal' })?.localPreference).to.equal(0);
  });

  it('to another AS: neither preference nor MED, though a route map sees both, and may set a preference', () => {
    const own = { routeMapOut: 'M' };
    const seen: (number | undefined)[] = [];
    const policy: Partial<Policy> = {
      routeMap: (_, route) => {
        seen.push(route.attributes?.localPreference, route.metric);
        return {
          ...route,
          ...(route.attributes && { attributes: { ...route.attributes, localPreference: 7 } }),
        };
      },
    };
    const attributes = told({
      from: INTERNAL,
      own,
      policy,
      path: { localPreference: 200, med: 5, originatorId: 6 },
    });
    expect(seen).to.deep.equal([200, 5]);
    expect(attributes).to.not.have.any.keys('localPreference', 'med', 'originatorId');
  });

  it('a default route, by a map of its own and not by the one for others', () => {
    const own = { defaultOriginate: { routeMap: 'D' }, routeMapOut: 'DENY' };
    const policy: Partial<Policy> = {
      routeMap: (name, route) => (name === 'D' ? { ...route, metric: 9, metricIsSet: true } : undefined),
    };
    const attributes = exporter({ own, policy }).announceDefault(new DefaultPath(1));
    expect(attributes).to.deep.include({ asPath: sequence(65000), nextHop: LOCAL, med: 9 });
  });

  it('what a route map set', () => {
    const by = (change: object): Partial<Policy> => ({ routeMap: (_, route) => ({ ...route, ...change }) });
    const own = { routeMapOut: 'M' };
    expect(told({ own, policy: by({ setNextHop: 5 }) })?.nextHop).to.equal(5);
    expect(told({ own, policy: by({ setNextHop: 'unchanged' }) })?.nextHop).to.equal(ELSEWHERE);
    expect(told({ own, policy: by({ setNextHop: 'peer-address' }), to: 'internal' })?.nextHop).to.equal(
      LOCAL,
    );
    expect(told({ own, policy: by({ metric: 3, metricIsSet: true }) })?.med).to.equal(3);
    expect(told({ own, policy: by({ metric: 3 }) })).to.not.have.property('med');
  });
});
