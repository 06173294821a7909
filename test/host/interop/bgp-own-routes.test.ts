/**
 * What a router begins itself, FRR and ours beside one another: aggregates within aggregates, a preference on the way to
 * another AS, a default route for as long as another one is there. Two BIRDs, one of the same AS, are told by both.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { BirdRouter } from './bird.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { until } from './router.ts';

/** Ours is 10.9.0.1, FRR 10.9.0.2; 10.9.0.3 is another AS, 10.9.0.4 of theirs. */
const TEXT = (own: 1 | 2, defaultFor: string) => `
${own === 1 ? 'hostname o' : ''}
interface lan
 ip address 10.9.0.${own}/24
ip prefix-list THERE seq 5 permit 20.1.0.0/16
ip prefix-list NOT-THERE seq 5 permit 20.2.0.0/16
route-map PREFER permit 10
 set local-preference 222
route-map PREFERRED permit 10
 match local-preference 222
 set local-preference 333
route-map PREFERRED permit 20
 match metric 5
 set community 65001:5 additive
route-map PREFERRED permit 30
 match metric 7
 set metric 17
route-map THERE permit 10
 match ip address prefix-list THERE
 set metric 44
 set community 65001:44 additive
route-map NOT-THERE permit 10
 match ip address prefix-list NOT-THERE
router bgp 65001
 bgp router-id 10.255.0.${own}
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.9.0.3 remote-as 65003
 neighbor 10.9.0.3 timers connect 2
 neighbor 10.9.0.4 remote-as 65001
 neighbor 10.9.0.4 timers connect 2
 address-family ipv4 unicast
  network 20.98.0.0/16 route-map PREFER
  network 20.99.1.0/24
  network 20.99.129.0/24
  aggregate-address 20.99.0.0/16 summary-only
  aggregate-address 20.99.0.0/17 summary-only
  aggregate-address 21.0.0.0/8
  neighbor 10.9.0.3 route-map PREFERRED out
  neighbor 10.9.0.4 next-hop-self
  neighbor 10.9.0.4 default-originate route-map ${defaultFor}
`;

const session = (to: number, as: number) => `
protocol bgp p${to} {
  local as ${as};
  neighbor 10.9.0.${to} as 65001;
  hold time 9; keepalive time 3; connect delay time 1; connect retry time 2; error wait time 1, 4;
  ipv4 { import all; export where source = RTS_STATIC; };
}`;

const bird = (own: number, as: number, routes: string) => `
router id 10.255.0.${own};
protocol device {}
protocol direct { ipv4; interface "lan"; }
protocol static { ipv4; ${routes} }
${session(1, as)}${session(2, as)}`;

/** By prefix its attributes; the teller, as a next hop or a router id, is named `self`. */
type Told = Readonly<Record<string, string>>;

describe('routes of the router itself, the same on FRR and on us', () => {
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let outside: BirdRouter;
  let inside: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    outside = lab.bird('b', { lan: '10.9.0.3/24' });
    inside = lab.bird('c', { lan: '10.9.0.4/24' });
    lab.segment('lan', ours, frr, outside, inside);
    await Promise.all([
      outside.start(bird(3, 65003, 'route 20.1.0.0/16 blackhole { bgp_community.add((65003,1)); };')),
      inside.start(
        bird(
          4,
          65001,
          'route 20.5.0.0/16 blackhole { bgp_med = 5; }; route 20.7.0.0/16 blackhole { bgp_med = 7; };',
        ),
      ),
    ]);
  });
  after(() => lab?.destroy());

  function told(to: BirdRouter, by: 1 | 2): Told {
    const [, ...blocks] = to.birdc(`show route all protocol p${by}`).split(/\n(?=[0-9])/);
    return Object.fromEntries(
      blocks.map((block) => {
        const said = [...block.matchAll(/BGP\.\w+: .*/g)].map(([line]) =>
          line.replace(new RegExp(`10\\.(9|255)\\.0\\.${by}\\b`), 'self'),
        );
        return [block.slice(0, block.indexOf(' ')), said.sort().join('; ')];
      }),
    );
  }

  /** What is told first may be told better a moment later. */
  async function untilSame(to: BirdRouter): Promise<Told> {
    const [same] = await until(
      'the same of both',
      () => [told(to, 1), told(to, 2)] as const,
      ([of, other]) => isDeepStrictEqual(of, other),
    );
    return same;
  }

  /** What both tell, once they have told these prefixes: the same. */
  async function agreed(defaultFor: string, prefixes: readonly string[]): Promise<Told> {
    await Promise.all([ours.start(TEXT(1, defaultFor)), frr.start(TEXT(2, defaultFor))]);
    for (const by of [1, 2] as const) {
      const isTold = (seen: Told): boolean => Object.keys(seen).sort().join() === [...prefixes].sort().join();
      await until(`routes of ${by}`, () => told(inside, by), isTold);
    }
    return await untilSame(inside);
  }

  const always = ['20.1.0.0/16', '20.98.0.0/16', '20.99.0.0/16', '20.99.0.0/17'];

  it('aggregates stand beside those within them; a default route is there with another, as its map has it', async () => {
    const seen = await agreed('THERE', ['0.0.0.0/0', ...always]);
    expect(seen['0.0.0.0/0']).to.contain('BGP.med: 44').and.contain('(65001,44)').and.not.contain('65003');
    await agreed('NOT-THERE', always);
  });

  it('a route map on the way to another AS sees preference and MED, which are not told', async () => {
    for (const by of [1, 2] as const) {
      const wanted = ['20.5.0.0/16', '20.7.0.0/16', '20.98.0.0/16'];
      const isTold = (seen: Told): boolean => Object.keys(seen).sort().join() === wanted.join();
      await until(`routes of ${by}`, () => told(outside, by), isTold);
    }
    await untilSame(outside);
  });
});
