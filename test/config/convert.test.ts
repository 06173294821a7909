import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { convertConfig, type Target } from '../../src/config/convert.ts';
import { lineOfText } from '../../src/config/inexpressible.ts';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';
import { routerConfig } from './arbitrary.ts';

function convert(text: string, target: Target) {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return convertConfig(config, target);
}

/** `NUMBER: the line` of each line that cannot be said. */
function unsaid(text: string, target: Target): readonly string[] {
  return convert(text, target).problems.map(
    (problem) => `${lineOfText(text, problem) ?? '?'}: ${problem.line}`,
  );
}

/** What BIRD's text says of one line of ours, under what it needs. */
function bird(text: string): string {
  const { text: written, problems } = convert(text, 'bird');
  expect(problems).to.deep.equal([]);
  return written;
}

describe('a configuration for FRR', () => {
  it('is the canonical text', () => {
    const text = 'router ospf\n network 10.0.0.0/8 area 0\n!\ninterface eth0\n ip address 10.0.0.1/24\n';
    expect(convert(text, 'frr')).to.deep.equal({
      text: formatConfig(parseConfig(text).config),
      problems: [],
    });
  });
  it('has none of what only IOS knows: each line is named', () => {
    const text = `interface eth0
 ip access-group WEB in
 service-policy output EDGE
 mtu 9000
 delay 10
class-map VOICE
 match any
policy-map EDGE
 class VOICE
  set dscp ef
`;
    expect(unsaid(text, 'frr')).to.deep.equal([
      '6: class-map match-all VOICE',
      '8: policy-map EDGE',
      '5: delay 10',
      '2: ip access-group WEB in',
      '4: mtu 9000',
      '3: service-policy output EDGE',
    ]);
  });
});

describe('a configuration for BIRD', () => {
  it('has IS-IS, packet filters and the like named line by line', () => {
    const text = `interface eth0
 ip access-group WEB in
 ip router isis 1
router isis 1
 net 49.0001.0000.0000.0001.00
router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
 neighbor 10.0.0.2 advertisement-interval 5
 neighbor 10.0.0.3 remote-as 65001
 neighbor 10.0.0.3 advertisement-interval 5
 neighbor 10.0.0.3 weight 5
 aggregate-address 10.0.0.0/8
router bgp 65000 vrf RED
 address-family ipv4 unicast
  rd vpn export 65000:1
bgp as-path access-list A permit ^(1|2)$
route-map M permit 10
 match as-path A
 set weight 3
router ospf
 area 1 range 10.0.0.0/8 cost 5
 redistribute bgp route-map M
`;
    expect(unsaid(text, 'bird').toSorted()).to.deep.equal(
      [
        '2: ip access-group WEB in',
        '3: ip router isis 1',
        '4: router isis 1',
        '8: neighbor 10.0.0.2 advertisement-interval 5',
        '10: neighbor 10.0.0.3 advertisement-interval 5',
        '11: neighbor 10.0.0.3 weight 5',
        '12: aggregate-address 10.0.0.0/8',
        '15: rd vpn export 65000:1',
        '16: bgp as-path access-list A seq 5 permit ^(1|2)$',
        '19: set weight 3',
        '21: area 1 range 10.0.0.0/8 cost 5',
      ].sort(),
    );
  });

  it('changes what it reflects, which FRR does where that is asked for: maps that change nothing may stand', () => {
    const text = (line: string, set: string) => `route-map M permit 10
${set}router bgp 65000
${line} neighbor G peer-group
 neighbor G remote-as internal
 neighbor 10.0.0.2 peer-group G
 neighbor 10.0.0.2 route-reflector-client
 neighbor G route-map M out
`;
    expect(unsaid(text('', ' set metric 5\n'), 'bird')).to.deep.equal(['8: neighbor G route-map M out']);
    expect(unsaid(text('', ''), 'bird')).to.deep.equal([]);
    const allowed = text(' bgp route-reflector allow-outbound-policy\n', ' set metric 5\n');
    expect(unsaid(allowed, 'bird')).to.deep.equal([]);
  });

  it('does not ask how often routes were reflected, nor is there who is not configured', () => {
    const text = `router bgp 65000
 neighbor G peer-group
 bgp listen range 10.0.0.0/8 peer-group G
 address-family ipv4 unicast
  maximum-paths ibgp 4 equal-cluster-length
`;
    expect(unsaid(text, 'bird').toSorted()).to.deep.equal([
      '3: bgp listen range 10.0.0.0/8 peer-group G',
      '5: maximum-paths ibgp 4 equal-cluster-length',
    ]);
  });

  it('ends a session with too many routes, and does not say when it comes back', () => {
    const text = (end: string) => `router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
 address-family ipv4 unicast
  neighbor 10.0.0.2 maximum-prefix 5${end}
`;
    expect(bird(text(''))).to.contain('import limit 5 action disable;');
    expect(bird(text(' warning-only'))).to.contain('import limit 5 action warn;');
    expect(unsaid(text(' restart 7'), 'bird')).to.deep.equal([
      '4: neighbor 10.0.0.2 maximum-prefix 5 restart 7',
    ]);
  });

  it('prefers sources in the order of FRR', () => {
    const text = bird(`ip route 10.1.0.0/16 blackhole
ip route 10.2.0.0/16 blackhole 250
router ospf
 area 1 stub
router bgp 65000
 no bgp ebgp-requires-policy
 neighbor 10.0.0.2 remote-as 65001
 neighbor 10.0.0.3 remote-as internal
`);
    const preferences = Array.from(text.matchAll(/preference (\d+);/g), ([, number]) => Number(number));
    // Connected, static, static with a distance of its own, OSPF, BGP from another AS, BGP from ours.
    expect(preferences).to.deep.equal([255, 254, 5, 145, 235, 55]);
  });

  it('computes the cost that FRR would take from the bandwidth, and asks for it where it cannot', () => {
    const at = (more: string) => `interface eth0
 ip address 10.0.0.1/24
${more}router ospf
 auto-cost reference-bandwidth 40000
 network 10.0.0.0/8 area 0
`;
    expect(bird(at(' bandwidth 10000\n'))).to.contain('cost 4;');
    expect(bird(at(' ip ospf cost 7\n'))).to.contain('cost 7;');
    expect(unsaid(at(''), 'bird')).to.deep.equal(['1: interface eth0']);
  });

  it('lets nothing in or out of other ASs where a policy is required and there is none', () => {
    const neighbour = (more: string) =>
      bird(`router bgp 65000\n${more} neighbor 10.0.0.2 remote-as 65001\n`).split('protocol bgp')[1];
    expect(neighbour('')).to.contain('import none;').and.to.contain('export none;');
    expect(neighbour(' no bgp ebgp-requires-policy\n')).to.contain('import all;').and.not.to.contain('none;');
  });

  it('asks neighbours of other ASs for paths that begin with them, where that is said of them or of all', () => {
    const asks = (...lines: readonly string[]) =>
      bird(`router bgp 65000
 neighbor G peer-group
 neighbor 10.0.0.2 remote-as 65001
 neighbor 10.0.0.2 peer-group G
 neighbor 10.0.0.3 remote-as internal
${lines.join('\n')}`)
        .split('protocol bgp')
        .slice(1)
        .map((each) => each.includes('enforce first as on;'));
    expect(asks()).to.deep.equal([false, false]);
    expect(asks('bgp enforce-first-as')).to.deep.equal([true, false]);
    expect(asks('neighbor G enforce-first-as')).to.deep.equal([true, false]);
  });

  it('denies by lists that are not defined, as FRR does', () => {
    const text = bird('router bgp 1\n neighbor 10.0.0.2 remote-as 2\n neighbor 10.0.0.2 route-map NONE in');
    expect(text).to.contain('if ! false then reject;');
  });

  it('is made, or refused line by line, whatever the configuration is', () => {
    fc.assert(
      fc.property(routerConfig(), (config) => {
        const canonical = formatConfig(config);
        for (const problem of convertConfig(config, 'bird').problems) {
          expect(problem.reason).to.not.equal('');
          expect(lineOfText(canonical, problem), problem.line).to.not.equal(undefined);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('static routes for BIRD', () => {
  it('have the ways that FRR has, and name those that BIRD has not', () => {
    const text = bird(`ip route 10.1.0.0/16 10.0.0.2 eth0
ip route 10.2.0.0/16 10.9.0.2 eth0 onlink
ip route 10.3.0.0/16 reject
ip route 10.4.0.0/16 10.7.0.1
interface eth0
 ip address 10.0.0.1/24
`);
    for (const line of [
      "route 10.1.0.0/16 via 10.0.0.2%'eth0';",
      "route 10.2.0.0/16 via 10.9.0.2%'eth0' onlink;",
      'route 10.3.0.0/16 unreachable;',
      'route 10.4.0.0/16 recursive 10.7.0.1;',
    ]) {
      expect(text).to.include(line);
    }
    const impossible = `ip route 10.1.0.0/16 10.0.0.2 nexthop-vrf RED
ip route 10.2.0.0/16 10.7.0.1
ip route 10.2.0.0/16 10.7.0.2
`;
    expect(unsaid(impossible, 'bird')).to.deep.equal(['1: ip route 10.1.0.0/16', '2: ip route 10.2.0.0/16']);
  });
  it('are told apart from those of a VRF that is called main', () => {
    const text = bird('ip route 10.1.0.0/16 reject\nvrf main\n ip route 10.1.0.0/16 reject\nexit-vrf\n');
    const names = [...text.matchAll(/^protocol \w+ (\w+)/gm)].map(([, name]) => name);
    expect(names).to.include.members(['static_main_1', 'static_main__1']);
    expect(new Set(names).size).to.equal(names.length);
  });
});

it('OSPF without an area is none for BIRD, which would refuse it', () => {
  expect(bird('router ospf\n')).to.not.include('protocol ospf');
});
