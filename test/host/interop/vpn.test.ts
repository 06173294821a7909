/**
 * A VPN whose core is FRR's: it reflects the VPN's routes, and its kernel is the router between ours, which knows of IP
 * alone.
 *
 *     h1 10.1.0.2 ── o1 (RED) ── f ── o2 (RED) ── h2 10.2.0.2
 */
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { complaints, dissect } from '../../support/tshark.ts';
import { Namespace } from '../namespace.ts';
import type { Capture } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { until } from './router.ts';

const OSPF =
  ' ip ospf area 0\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n ip ospf network point-to-point';

function ours(number: number, link: string): string {
  return `
hostname o${number}
vrf RED
exit-vrf
interface lo
 ip address 10.255.0.${number}/32
 ip ospf area 0
interface ${link}
 ip address 10.0.${number}.1/24
${OSPF}
interface red vrf RED
 ip address 10.${number}.0.1/24
router ospf
 ospf router-id 10.255.0.${number}
router bgp 65000
 bgp router-id 10.255.0.${number}
 no bgp default ipv4-unicast
 neighbor 10.255.0.9 remote-as 65000
 neighbor 10.255.0.9 update-source lo
 neighbor 10.255.0.9 timers connect 1
 address-family ipv4 vpn
  neighbor 10.255.0.9 activate
 exit-address-family
router bgp 65000 vrf RED
 address-family ipv4 unicast
  redistribute connected
  label vpn export auto
  rd vpn export 65000:${number}
  rt vpn both 65000:1
  export vpn
  import vpn
 exit-address-family
`;
}

const FRR = `
interface lo
 ip address 10.255.0.9/32
 ip ospf area 0
interface l1
 ip address 10.0.1.2/24
${OSPF}
interface l2
 ip address 10.0.2.2/24
${OSPF}
router ospf
 ospf router-id 10.255.0.9
route-map RED permit 10
 set extcommunity rt 65000:1
route-map OTHER permit 10
 set extcommunity rt 65000:2
router bgp 65000
 bgp router-id 10.255.0.9
 no bgp default ipv4-unicast
 neighbor 10.255.0.1 remote-as 65000
 neighbor 10.255.0.1 update-source lo
 neighbor 10.255.0.1 timers connect 1
 neighbor 10.255.0.2 remote-as 65000
 neighbor 10.255.0.2 update-source lo
 neighbor 10.255.0.2 timers connect 1
 address-family ipv4 vpn
  neighbor 10.255.0.1 activate
  neighbor 10.255.0.1 route-reflector-client
  neighbor 10.255.0.2 activate
  neighbor 10.255.0.2 route-reflector-client
  network 10.9.0.0/24 rd 65000:9 label 77 route-map RED
  network 10.8.0.0/24 rd 65000:9 label 78 route-map OTHER
 exit-address-family
`;

interface FrrVpnPath {
  readonly bestpath?: boolean;
  readonly valid?: boolean;
  readonly nexthops?: readonly { readonly ip: string }[];
}

describe('a VPN over FRR', () => {
  let lab: InteropLab;
  let one: OurRouter;
  let two: OurRouter;
  let frr: FrrRouter;
  let capture: Capture;
  const hosts: Namespace[] = [];

  before(async function () {
    skipWithout(this, 'frr', 'tshark');
    lab = new InteropLab();
    [one, two] = [lab.ours('o1'), lab.ours('o2')];
    frr = lab.frr('f', ['ospfd', 'bgpd']);
    lab.link('l1', one, frr);
    lab.link('l2', two, frr);
    [one, two].forEach((router, index) => {
      const site = index + 1;
      const host = new Namespace(`-h${site}`);
      hosts.push(host);
      host.ip(
        'link',
        'add',
        'name',
        'eth0',
        'type',
        'veth',
        'peer',
        'name',
        'red',
        'netns',
        router.namespace.name,
      );
      router.namespace.ip('link', 'set', 'dev', 'red', 'up');
      router.attach('red');
      host.ip('address', 'add', `10.${site}.0.2/24`, 'dev', 'eth0');
      host.ip('link', 'set', 'dev', 'eth0', 'up');
      host.ip('route', 'add', 'default', 'via', `10.${site}.0.1`);
    });
    capture = await lab.capture('l2', frr);
    await Promise.all([one.start(ours(1, 'l1')), two.start(ours(2, 'l2')), frr.start(FRR)]);
  });
  after(async () => {
    await lab?.destroy();
    for (const host of hosts) host.destroy();
  });

  /** Routes of RED by BGP. */
  const red = async (router: OurRouter): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await router.rib())
        .filter(({ vrf, source, best }) => vrf === 'RED' && source === 'bgp' && best)
        .map(({ prefix, nextHops }) => [
          prefix,
          nextHops.map((hop) => (hop.kind === 'tunnel' ? `${hop.to} label ${hop.label}` : hop.kind)).join(),
        ]),
    );
  const isEqual = (wanted: unknown) => (seen: unknown) => JSON.stringify(seen) === JSON.stringify(wanted);
  const ping = (from: Namespace, ...words: readonly string[]) =>
    spawnSync('ip', ['netns', 'exec', from.name, 'ping', '-c', '3', '-i', '0.2', '-W', '20', ...words], {
      encoding: 'utf8',
    });

  it('takes from FRR what has its route target, under the labels that FRR says, and not the rest', async () => {
    const others = { '10.9.0.0/24': '10.255.0.9 label 77' };
    await until('o1', () => red(one), isEqual({ '10.2.0.0/24': '10.255.0.2 label 16', ...others }));
    await until('o2', () => red(two), isEqual({ '10.1.0.0/24': '10.255.0.1 label 16', ...others }));
  });

  it('is to FRR as it is to us: distinguishers, next hops, labels, targets', async () => {
    // What FRR writes: paths by route distinguisher and prefix.
    const table = (await frr.showJson('bgp ipv4 vpn', 'bgpd')) as {
      readonly routes: {
        readonly routeDistinguishers: Readonly<
          Record<string, Readonly<Record<string, readonly FrrVpnPath[]>>>
        >;
      };
    };
    const { routeDistinguishers } = table.routes;
    const seen = Object.entries(routeDistinguishers).flatMap(([rd, prefixes]) =>
      Object.entries(prefixes).map(([prefix, [path]]) => `${rd} ${prefix} ${path.nexthops?.[0]?.ip}`),
    );
    expect(seen.sort()).to.deep.equal([
      '65000:1 10.1.0.0/24 10.255.0.1',
      '65000:2 10.2.0.0/24 10.255.0.2',
      '65000:9 10.8.0.0/24 0.0.0.0',
      '65000:9 10.9.0.0/24 0.0.0.0',
    ]);
    const text = await frr.show('bgp ipv4 vpn 10.1.0.0/24', 'bgpd');
    expect(text).to.include('Extended Community: RT:65000:1').and.to.include('Remote label: 16');
  });

  it('carries pings between its sites through a kernel that knows of IP alone, also long ones', () => {
    const [h1, h2] = hosts;
    for (const size of ['56', '1400', '3000']) {
      for (const [from, to] of [
        [h1, '10.2.0.2'],
        [h2, '10.1.0.2'],
      ] as const) {
        const { stdout } = ping(from, '-s', size, to);
        expect(stdout, `${size} bytes to ${to}`).to.include('3 received');
      }
    }
  });

  it('tells a host what fits', () => {
    const { stdout, stderr } = ping(hosts[0], '-M', 'do', '-s', '1472', '10.2.0.2');
    expect(stdout + stderr).to.match(/mtu\s?=\s?1472/);
    expect(ping(hosts[0], '-M', 'do', '-s', '1444', '10.2.0.2').stdout).to.include('3 received');
  });

  it('loses a site with its router, and has it again', async () => {
    await two.kill();
    await until('o1 without o2', () => red(one), isEqual({ '10.9.0.0/24': '10.255.0.9 label 77' }));
    await two.start();
    await until(
      'o1 with o2',
      () => red(one),
      (seen) => '10.2.0.0/24' in seen,
    );
    await until(
      'a ping',
      () => ping(hosts[0], '10.2.0.2').stdout,
      (text) => text.includes('3 received'),
    );
  });

  it('is read by tshark without complaint, tunnels and all', async () => {
    await capture.stop();
    expect(complaints(capture.file, 'gre || bgp || ospf')).to.deep.equal([]);
    const labels = new Set(dissect(capture.file, 'gre && icmp', ['ip.src', 'ip.dst', 'mpls.label']));
    expect([...labels].sort()).to.deep.equal([
      '10.255.0.1,10.1.0.2|10.255.0.2,10.2.0.2|16',
      '10.255.0.2,10.2.0.2|10.255.0.1,10.1.0.2|16',
    ]);
  });
});
