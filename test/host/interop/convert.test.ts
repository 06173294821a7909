/**
 * One configuration, converted: FRR runs the one text, BIRD the other, and a router of ours beside each sees the same
 * routes.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { convertConfig, type Target } from '../../../src/config/convert.ts';
import { parseConfig } from '../../../src/config/parser.ts';
import type { BirdRouter } from './bird.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { type Routes, until } from './router.ts';

const ROUTER = `ip route 10.1.0.0/16 blackhole tag 5
ip route 10.2.0.0/16 blackhole
ip route 172.16.1.0/24 blackhole
ip route 172.16.2.0/24 blackhole
ip route 172.17.0.0/16 blackhole
interface lo
 ip address 10.255.0.1/32
interface x
 ip address 10.0.0.1/24
 ip ospf cost 7
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf authentication message-digest
 ip ospf message-digest-key 3 md5 secret
router ospf
 ospf router-id 10.255.0.1
 redistribute static route-map TO-OSPF
 network 10.0.0.0/24 area 0
 network 10.255.0.1/32 area 0
router bgp 65001
 bgp router-id 10.255.0.1
 timers bgp 3 9
 neighbor 10.0.0.2 remote-as 65002
 neighbor 10.0.0.2 password hidden
 neighbor 10.0.0.2 timers connect 1
 address-family ipv4 unicast
  network 172.16.1.0/24 route-map TAGGED
  redistribute static route-map BLOCK
  neighbor 10.0.0.2 route-map OUT out
  neighbor 10.0.0.2 route-map IN in
ip prefix-list BLOCK seq 5 deny 172.16.1.0/24
ip prefix-list BLOCK seq 10 permit 172.16.0.0/12 le 24
ip prefix-list ONE seq 5 permit 172.16.1.0/24
bgp community-list standard MINE permit 65001:1
route-map TO-OSPF permit 10
 match tag 5
 set metric 55
 set metric-type type-1
route-map TO-OSPF permit 20
 match ip address prefix-list TEN
 set metric 66
ip prefix-list TEN permit 10.0.0.0/8 le 24
route-map TAGGED permit 10
 set community 65001:1
 set metric 10
route-map BLOCK permit 10
 match ip address prefix-list BLOCK
 set metric 20
route-map OUT permit 10
 match community MINE
 set as-path prepend 65001 65001
 set metric +5
 on-match next
route-map OUT permit 20
 set community 65001:2 additive
route-map IN deny 10
`;

/** Beside it. */
const OURS = `interface lo
 ip address 10.255.0.2/32
interface x
 ip address 10.0.0.2/24
 ip ospf cost 3
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf authentication message-digest
 ip ospf message-digest-key 3 md5 secret
router ospf
 network 10.0.0.0/8 area 0
router bgp 65002
 no bgp ebgp-requires-policy
 timers bgp 3 9
 neighbor 10.0.0.1 remote-as 65001
 neighbor 10.0.0.1 password hidden
 neighbor 10.0.0.1 timers connect 1
`;

function converted(target: Target): string {
  const { config, problems } = parseConfig(ROUTER);
  expect(problems).to.deep.equal([]);
  const result = convertConfig(config, target);
  expect(result.problems).to.deep.equal([]);
  return result.text;
}

describe('a configuration that was converted', () => {
  let lab: InteropLab;
  let beside: Readonly<Record<'frr' | 'bird', OurRouter>>;
  let frr: FrrRouter;
  let bird: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    beside = { frr: lab.ours('of'), bird: lab.ours('ob') };
    frr = lab.frr('f', ['staticd', 'ospfd', 'bgpd']);
    bird = lab.bird('b', { x: '10.0.0.1/24', lo: '10.255.0.1/32' });
    lab.link('x', beside.frr, frr);
    lab.link('x', beside.bird, bird);
    await Promise.all([
      beside.frr.start(OURS),
      beside.bird.start(OURS),
      frr.start(converted('frr')),
      bird.start(converted('bird')),
    ]);
  });
  after(() => lab?.destroy());

  it('is one that FRR and BIRD read', () => {
    for (const [target, check] of [
      ['frr', ['vtysh', '-C', '-f']],
      ['bird', ['bird', '-p', '-c']],
    ] as const) {
      const file = join(lab.folder, `${target}.conf`);
      writeFileSync(file, converted(target));
      const [command, ...options] = check;
      const { status, stderr } = spawnSync(command, [...options, file], { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
    }
  });

  it('announces the same in OSPF: the loopback, and external routes of both types with their metrics', async () => {
    for (const router of [beside.frr, beside.bird]) {
      const wanted: Routes = {
        '10.1.0.0/16': '58 via 10.0.0.1%x',
        '10.2.0.0/16': '66 via 10.0.0.1%x',
        '10.255.0.1/32': '3 via 10.0.0.1%x',
      };
      await until(
        `OSPF's routes at ${router.name}: ${JSON.stringify(wanted)}`,
        () => router.routes('ospf'),
        (routes) => JSON.stringify(routes) === JSON.stringify(wanted),
      );
    }
  });

  it('announces the same in BGP: paths, origins, MEDs, communities as its policies have them', async () => {
    for (const router of [beside.frr, beside.bird]) {
      const wanted = [
        '172.16.1.0/24 65001 65001 65001 igp 15 65001:1+65001:2',
        '172.16.2.0/24 65001 incomplete 20 65001:2',
        '172.17.0.0/16 65001 incomplete 20 65001:2',
      ];
      const said = async (): Promise<readonly string[]> => {
        const { entries } = await router.ask({ op: 'bgp', plane: 'real' });
        return entries.map(({ prefix, paths: [path] }) =>
          [prefix, path.asPath, path.origin, path.med ?? '-', path.communities.join('+')].join(' '),
        );
      };
      // FRR reads its lines one by one, and may tell of a route before it has read all of its policy.
      await until(`BGP's routes at ${router.name}`, said, (routes) => routes.join() === wanted.join());
    }
  });
});
