/**
 * One policy, in FRR's words, on FRR and on us. The same BIRD tells both the same routes, and another BIRD of their AS is
 * told by both: what it hears from one and from the other must be the same, attribute by attribute.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { birdNeighbour, neighbour } from './bgp-text.ts';
import type { BirdRouter } from './bird.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { until } from './router.ts';

/** What BIRD announces: the third number of a prefix in 20.0.0.0/16, its length, and what a filter says of it. */
const ROUTES: readonly (readonly [number, number, string])[] = [
  [1, 24, ''],
  [2, 24, 'bgp_community.add((65003,1));'],
  [3, 24, 'bgp_community.add((65003,1)); bgp_community.add((65003,2));'],
  [4, 24, 'bgp_community.add((65003,20)); bgp_community.add((65003,211));'],
  [5, 24, 'bgp_path.prepend(64999);'],
  [6, 24, 'bgp_path.prepend(64998); bgp_path.prepend(64999);'],
  [7, 24, 'bgp_med = 5;'],
  [8, 24, 'bgp_large_community.add((65003,8,8));'],
  [9, 24, 'bgp_origin = ORIGIN_INCOMPLETE;'],
  [10, 24, 'bgp_path.prepend(4200000009);'],
  [11, 24, 'bgp_community.add((65003,11));'],
  [12, 24, 'bgp_community.add((65535,0));'],
  [16, 20, ''],
  [32, 25, ''],
  [48, 26, 'bgp_med = 7; bgp_community.add((65003,1));'],
  [64, 28, ''],
  [80, 24, 'bgp_path.prepend(64512);'],
  [96, 24, 'bgp_path.prepend(174);'],
];

type Told = Readonly<Record<string, string>>;

const LISTS = `
ip prefix-list LONG seq 5 deny 20.0.48.0/26
ip prefix-list LONG seq 10 permit 20.0.0.0/16 ge 25 le 27
ip prefix-list TOO-LONG seq 5 permit 0.0.0.0/0 ge 28
ip prefix-list EXACT seq 5 permit 20.0.16.0/20
ip prefix-list NOT-TOO-LONG seq 5 deny 0.0.0.0/0 ge 28
ip prefix-list NOT-TOO-LONG seq 10 permit any
bgp as-path access-list THROUGH seq 5 permit _64999_
bgp as-path access-list BEHIND seq 5 permit ^65003 64999 [0-9]+$
bgp as-path access-list BIG seq 5 permit _4200000009$
bgp as-path access-list NO-PRIVATE seq 5 deny _64512_
bgp as-path access-list NO-PRIVATE seq 10 permit .*
bgp community-list standard ONE seq 5 permit 65003:1
bgp community-list standard BOTH seq 5 permit 65003:1 65003:2
bgp community-list expanded TWENTIES seq 5 permit 65003:2[0-9]+
bgp community-list standard ELEVEN seq 5 permit 65003:11
bgp large-community-list standard EIGHT seq 5 permit 65003:8:8
`;

/** Every entry ends, is gone on from, calls, or denies: on the way in. */
const IN = `
route-map IN permit 10
 match as-path BEHIND
 set local-preference 300
 set as-path exclude 64998
route-map IN permit 20
 match as-path THROUGH
 set as-path prepend 65101 65102
 set local-preference 200
route-map IN deny 30
 match community ELEVEN
route-map IN permit 40
 match community BOTH
 set comm-list ONE delete
 set community 65001:40 additive
route-map IN permit 50
 match community ONE exact-match
 set community 65001:50 no-export
 continue 70
route-map IN permit 60
 match community TWENTIES
 set large-community 65001:60:60 additive
 on-match next
route-map IN permit 70
 match ip address prefix-list LONG
 set metric 70
route-map IN permit 80
 match metric 5
 set metric +10
 set origin egp
route-map IN permit 90
 match large-community EIGHT
 call CALLED
 set weight 90
route-map IN permit 100
 match origin incomplete
 set as-path prepend last-as 2
route-map IN permit 110
 match ip address prefix-list EXACT
 set ip next-hop 10.9.0.99
route-map IN permit 120
 match as-path BIG
 set community none
 set metric 120
route-map IN permit 1000
 set metric 1000
route-map CALLED permit 10
 set large-community 65001:9:9 additive
 continue 20
route-map CALLED permit 20
 set local-preference 90
`;

const OUT = `
route-map OUT permit 10
 match local-preference 300
 set community 65001:300 additive
route-map OUT deny 20
 match ip address prefix-list LONG
route-map OUT permit 30
 match metric 1000
 set metric -900
 set local-preference 77
route-map OUT permit 40
route-map MORE permit 10
 set metric +5
route-map TAGGED permit 10
 set community 65001:21
 set metric 21
route-map LONG permit 10
 match ip address prefix-list LONG
`;

interface Wanted {
  /** Lines of `router bgp`, of the neighbour who tells, and of the one who is told. */
  readonly router?: string;
  readonly feeder?: string;
  readonly collector?: string;
  /** Of the one who is told, and which AS he takes us for. */
  readonly as?: number;
  readonly ours?: number;
  /** How many routes he is told. */
  readonly count: number;
}

/** What FRR and we tell another AS in the same words, and what a route has then. */
const EXTERNAL: readonly (readonly [string, Omit<Wanted, 'as'>, readonly [string, string]])[] = [
  ['as it is', { count: ROUTES.length }, ['20.0.1.0/24', 'BGP.as_path: 65001 65003;']],
  [
    'with local-as',
    { ours: 65077, router: ' neighbor 10.9.0.4 local-as 65077', count: ROUTES.length },
    ['20.0.1.0/24', 'BGP.as_path: 65077 65001 65003;'],
  ],
  [
    'with local-as in place of ours',
    { ours: 65077, router: ' neighbor 10.9.0.4 local-as 65077 no-prepend replace-as', count: ROUTES.length },
    ['20.0.1.0/24', 'BGP.as_path: 65077 65003;'],
  ],
  [
    'as about to go (RFC 8326)',
    { router: ' bgp graceful-shutdown', count: ROUTES.length },
    ['20.0.2.0/24', 'BGP.community: (65003,1) (65535,0);'],
  ],
  [
    'without communities, and a default route',
    {
      collector: ' no neighbor 10.9.0.4 send-community all\n neighbor 10.9.0.4 default-originate',
      count: ROUTES.length + 1,
    },
    ['0.0.0.0/0', 'BGP.as_path: 65001;'],
  ],
  [
    'without private numbers in any path',
    { collector: ' neighbor 10.9.0.4 remove-private-AS all', count: ROUTES.length },
    ['20.0.96.0/24', 'BGP.as_path: 65001 174;'],
  ],
  [
    'with our number in place of private ones',
    { collector: ' neighbor 10.9.0.4 remove-private-AS all replace-AS', count: ROUTES.length },
    ['20.0.96.0/24', 'BGP.as_path: 65001 65001 174;'],
  ],
  [
    'with path, next hop and MED as they came',
    { collector: ' neighbor 10.9.0.4 attribute-unchanged', count: ROUTES.length },
    ['20.0.7.0/24', 'BGP.as_path: 65003; BGP.local_pref: 100; BGP.med: 5; BGP.next_hop: 10.9.0.3;'],
  ],
  [
    'as a route server between clients',
    {
      feeder: ' neighbor 10.9.0.3 route-server-client',
      collector: ' neighbor 10.9.0.4 route-server-client',
      count: ROUTES.length,
    },
    ['20.0.7.0/24', 'BGP.as_path: 65003; BGP.local_pref: 100; BGP.med: 5; BGP.next_hop: 10.9.0.3;'],
  ],
  [
    'a MED that is more than none, whatever came',
    { collector: ' neighbor 10.9.0.4 route-map MORE out', count: ROUTES.length },
    ['20.0.7.0/24', 'BGP.as_path: 65001 65003; BGP.local_pref: 100; BGP.med: 5;'],
  ],
  [
    'summed up as a map says, beside what lies within',
    { collector: ' aggregate-address 20.0.0.0/21 route-map TAGGED', count: ROUTES.length + 1 },
    ['20.0.0.0/21', 'BGP.community: (65001,21); BGP.local_pref: 100; BGP.med: 21;'],
  ],
  [
    'summed up in place of what a map permits',
    { collector: ' aggregate-address 20.0.0.0/16 suppress-map LONG', count: ROUTES.length },
    ['20.0.0.0/16', 'BGP.as_path: 65001;'],
  ],
  [
    'summed up, and by a list of prefixes and one of paths',
    {
      collector:
        ' aggregate-address 20.0.0.0/21 summary-only\n neighbor 10.9.0.4 prefix-list NOT-TOO-LONG out\n neighbor 10.9.0.4 filter-list NO-PRIVATE out',
      count: 10,
    },
    ['20.0.0.0/21', 'BGP.as_path: 65001'],
  ],
];

describe('BGP policy, the same on FRR and on us', () => {
  const LAN = 'protocol direct { ipv4; interface "lan"; }';
  /** Ours is 10.9.0.1, FRR 10.9.0.2; 10.9.0.3 tells, 10.9.0.4 is told. */
  const text = (own: 1 | 2, { router = '', feeder = '', collector = '', as = 65001 }: Wanted) => `
${own === 1 ? 'hostname o' : ''}
interface lan
 ip address 10.9.0.${own}/24
${LISTS}${IN}${OUT}
router bgp 65001
 bgp router-id 10.255.0.${own}${neighbour('10.9.0.3', 65003)}${neighbour('10.9.0.4', as)}
${router}
 address-family ipv4 unicast
${feeder}
${collector}
`;
  const sessions = (as: number, ours: number) =>
    birdNeighbour('o', '10.9.0.1', ours, as) + birdNeighbour('f', '10.9.0.2', ours, as);
  const routes = ROUTES.map(
    ([third, length, said]) => `route 20.0.${third}.0/${length} blackhole { ${said} };`,
  );
  const feederText = (id: number, told: readonly string[]) => `
router id 10.255.0.${id};
protocol device {}
protocol static { ipv4; ${told.join('\n')} }
${sessions(65003, 65001)}`;
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let feeder: BirdRouter;
  let second: BirdRouter;
  let collector: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    feeder = lab.bird('b', { lan: '10.9.0.3/24' });
    collector = lab.bird('c', { lan: '10.9.0.4/24' });
    second = lab.bird('d', { lan: '10.9.0.5/24' });
    lab.segment('lan', ours, frr, feeder, collector, second);
    await feeder.start(feederText(3, routes));
  });
  after(() => lab?.destroy());

  /** What the collector was told by one of the two: by prefix its attributes, with names for the teller's address and Router ID. */
  function told(by: 'o' | 'f'): Told {
    const [own, routerId] = by === 'o' ? ['10.9.0.1', '10.255.0.1'] : ['10.9.0.2', '10.255.0.2'];
    const [, ...blocks] = collector.birdc(`show route all protocol ${by}`).split(/\n(?=[0-9])/);
    return Object.fromEntries(
      blocks.map((block) => {
        const said = [...block.matchAll(/BGP\.\w+: .*/g)].map(([line]) =>
          line.replaceAll(own, 'self').replace(routerId, 'router'),
        );
        return [block.slice(0, block.indexOf(' ')), `${said.sort().join('; ')};`];
      }),
    );
  }

  /** What both tell, once they have told as much as is wanted: the same. */
  async function agreed(wanted: Wanted): Promise<Told> {
    await Promise.all([ours.kill(), frr.kill()]);
    const { as = 65001, ours: taken = 65001 } = wanted;
    await collector.start(`router id 10.255.0.4;\nprotocol device {}\n${LAN}\n${sessions(as, taken)}`);
    await Promise.all([ours.start(text(1, wanted)), frr.start(text(2, wanted))]);
    for (const by of ['o', 'f'] as const) {
      await until(
        `routes of ${by}`,
        () => told(by),
        (seen) => Object.keys(seen).length === wanted.count,
      );
    }
    // What is told first may be told better a moment later.
    const [same] = await until(
      'the same of both',
      () => [told('o'), told('f')] as const,
      ([of, other]) => isDeepStrictEqual(of, other),
    );
    return same;
  }

  const OPEN = ' no bgp ebgp-requires-policy';

  it('is needed towards another AS (RFC 8212): without one nothing comes', async () => {
    const router = ' no bgp network import-check';
    const seen = await agreed({ router, collector: ' network 20.99.0.0/16', count: 1 });
    expect(seen).to.have.keys('20.99.0.0/16');
  });

  it('lets everything through where none is asked for, with next-hop-self and a local preference of its own', async () => {
    const router = `${OPEN}\n bgp default local-preference 150`;
    const seen = await agreed({
      router,
      collector: ' neighbor 10.9.0.4 next-hop-self',
      count: ROUTES.length,
    });
    expect(seen['20.0.7.0/24']).to.contain('BGP.local_pref: 150; BGP.med: 5; BGP.next_hop: self;');
  });

  it('lists, matches, sets, calls and goes on as FRR does', async () => {
    const seen = await agreed({
      feeder:
        ' neighbor 10.9.0.3 route-map IN in\n neighbor 10.9.0.3 prefix-list NOT-TOO-LONG in\n neighbor 10.9.0.3 filter-list NO-PRIVATE in',
      collector: ' neighbor 10.9.0.4 route-map OUT out',
      count: 14,
    });
    // One of each kind, lest both should do nothing.
    for (const [prefix, has] of [
      ['20.0.2.0/24', 'BGP.community: (65001,50) (65535,65281); BGP.local_pref: 77; BGP.med: 100;'],
      ['20.0.3.0/24', 'BGP.community: (65001,40) (65003,2);'],
      ['20.0.4.0/24', 'BGP.large_community: (65001, 60, 60); BGP.local_pref: 77;'],
      ['20.0.5.0/24', 'BGP.as_path: 65101 65102 65003 64999;'],
      ['20.0.6.0/24', 'BGP.as_path: 65003 64999; BGP.community: (65001,300); BGP.local_pref: 300;'],
      ['20.0.8.0/24', 'BGP.large_community: (65001, 9, 9) (65003, 8, 8); BGP.local_pref: 90;'],
      ['20.0.16.0/20', 'BGP.next_hop: 10.9.0.99;'],
    ] as const) {
      expect(seen[prefix], prefix).to.contain(has);
    }
  });

  for (const [name, wanted, [prefix, has]] of EXTERNAL) {
    it(`tells another AS ${name}`, async () => {
      const seen = await agreed({ ...wanted, as: 65005, router: `${OPEN}\n${wanted.router ?? ''}` });
      expect(seen[prefix]).to.contain(has);
    });
  }

  it('uses two neighbours of one AS at once, as FRR does', async () => {
    await second.start(feederText(5, routes.slice(0, 3)));
    // Else the path that came first is the best one, and which that is differs from one start to the next.
    const router = `${OPEN}\n bgp bestpath compare-routerid${neighbour('10.9.0.5', 65003)}`;
    await agreed({ router, collector: ' maximum-paths 2', count: ROUTES.length });
    const both = '0 via 10.9.0.3%lan, 10.9.0.5%lan';
    const isBoth = (seen: Told) => seen['20.0.3.0/24'] === both.replace(', ', ', via ');
    for (const router of [ours, frr])
      await until(`two ways of ${router.name}`, () => router.routes('bgp'), isBoth);
    await until(
      'the same routes',
      async () => [await ours.routes('bgp'), await frr.routes('bgp')] as const,
      ([of, other]) => isDeepStrictEqual(of, other),
    );
  });
});
