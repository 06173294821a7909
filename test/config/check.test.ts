import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkConfig } from '../../src/config/check.ts';
import { parseConfig } from '../../src/config/parser.ts';

/** `severity KEYWORDS WORD: message (suggestion)` */
function found(text: string): readonly string[] {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return checkConfig(config).map(
    ({ severity, keywords, word, message, suggestion }) =>
      `${severity} ${keywords} ${word}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

const SOUND = `access-list WEB permit tcp any any
class-map VOICE
 match access-group name WEB
policy-map EDGE
 class VOICE
  priority percent 40
 class class-default
  bandwidth percent 60
policy-map MARK
 class VOICE
  set dscp ef
  police 64000
interface eth0
 ip access-group WEB in
 service-policy input MARK
 service-policy output EDGE
`;

describe('a whole configuration', () => {
  it('has nothing wrong with it where all names are known and shares add up to 100', () => {
    expect(found(SOUND)).to.deep.equal([]);
    expect(found('')).to.deep.equal([]);
  });

  it('names access lists that are not there: a warning, for that has a meaning', () => {
    expect(found(`${SOUND}no access-list WEB\naccess-list WEP permit any`)).to.deep.equal([
      'warning ip access-group WEB: access list "WEB" is applied, and is not defined (did you mean "WEP"?)',
      'warning match access-group WEB: access list "WEB" is matched by class map "VOICE", and is not defined (did you mean "WEP"?)',
    ]);
  });

  it('names one thing once, however often it is wrong', () => {
    const applied = (port: string) => `interface ${port}\n service-policy output X\n ip access-group Y in\n`;
    expect(found(applied('eth0') + applied('eth1'))).to.have.length(2);
  });

  it('has class maps that match nothing', () => {
    expect(found('class-map NONE')).to.deep.equal([
      'warning class-map NONE: class map "NONE" has no "match" line, and matches nothing',
    ]);
  });

  it('has classes without a class map', () => {
    expect(found(`${SOUND}no class-map VOICE\nclass-map VOCE\n match any`)).to.deep.equal([
      'error class VOICE: class "VOICE" of policy map "EDGE" has no class map (did you mean "VOCE"?)',
      'error class VOICE: class "VOICE" of policy map "MARK" has no class map (did you mean "VOCE"?)',
    ]);
  });

  it('has shares of more than there is', () => {
    expect(found(`${SOUND}policy-map EDGE\n class VOICE\n  priority percent 41`)).to.deep.equal([
      'error policy-map EDGE: the classes of policy map "EDGE" have 101 % of the bandwidth together ("bandwidth percent" and "priority percent" may add up to 100)',
    ]);
  });

  it('applies policies that are not there', () => {
    expect(found(`${SOUND}interface eth0\n service-policy output EGDE`)).to.deep.equal([
      'error service-policy EGDE: policy map "EGDE" is applied, and is not defined (did you mean "EDGE"?)',
    ]);
  });

  for (const line of [
    'bandwidth 5',
    'priority 5',
    'shape average 8000',
    'queue-limit 3000 bytes',
    'random-detect',
  ]) {
    it(`applies to input what queues: ${line}`, () => {
      const queueing = `policy-map MARK\n class class-default\n  ${line}`;
      const command = line.replace(/ ?\d.*/, '');
      expect(found(SOUND + queueing)).to.deep.equal([
        `error service-policy MARK: policy map "MARK" is applied to input, and its class "class-default" has "${command}" (nothing queues there: say "service-policy output MARK")`,
      ]);
    });
  }

  it('uses names in routing that nothing bears: warnings, for what is unknown denies', () => {
    const text = `ip prefix-list OUT permit any
route-map EXPORT permit 10
 match ip address prefix-list OUTT
 match as-path PATHS
 match community C
 set large-comm-list L delete
 call MORE
interface eth0 vrf RED
 ip ospf authentication key-chain K
router ospf
 redistribute static route-map EXPROT
router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
 neighbor 10.0.0.2 route-map IN in
 neighbor 10.0.0.2 filter-list F out
`;
    expect(found(text)).to.deep.equal([
      'warning interface RED: VRF "RED" is not defined: say "vrf RED", so that it can be seen that it is meant',
      'warning ip ospf authentication K: key chain "K" is not defined: no packet is let through',
      'warning redistribute EXPROT: route map "EXPROT" is not defined: it denies everything (did you mean "EXPORT"?)',
      'warning neighbor IN: route map "IN" is not defined: it denies everything',
      'warning neighbor F: AS path list "F" is not defined: it denies everything',
      'warning call MORE: route map "MORE" is not defined: it is as if not called',
      'warning match as-path PATHS: AS path list "PATHS" is not defined: it denies everything',
      'warning match community C: community list "C" is not defined: it matches nothing',
      'warning match ip address prefix-list OUTT: prefix list "OUTT" is not defined: it denies everything (did you mean "OUT"?)',
      'warning set large-comm-list L: large-community list "L" is not defined: it matches nothing',
    ]);
  });

  it('has neighbours without an AS, and keys without a secret', () => {
    expect(
      found(`key chain K
 key 1
router bgp 65000
 neighbor G peer-group
 neighbor G remote-as internal
 neighbor 10.0.0.1 peer-group G
 neighbor 10.0.0.2 description nobody
`),
    ).to.deep.equal([
      'error neighbor 10.0.0.2: neighbour 10.0.0.2 of "router bgp 65000" has no AS (say "neighbor 10.0.0.2 remote-as", or put it in a peer group that has one)',
      'error key 1: key 1 of key chain "K" has no key-string (say "key-string" below it)',
    ]);
  });

  it('signs OSPF by keys whose numbers its packets have room for', () => {
    const chain = (name: string, id: number) => `key chain ${name}
 key ${id}
  key-string secret
  exit
 exit
`;
    const text = `${chain('K', 256)}${chain('L', 255)}${chain('M', 300)}interface eth0
 ip ospf authentication key-chain K
interface eth1
 ip ospf authentication key-chain L
`;
    expect(found(text)).to.deep.equal([
      'error key 256: key 256 of key chain "K" signs OSPF, whose keys go up to 255 (give it a number from 1 to 255, at both ends the same)',
    ]);
  });

  it('has neighbours of other ASes that no policy lets anything from or to', () => {
    const lines = (policy: string) => `route-map M permit 10
router bgp 65000
${policy}
 neighbor G peer-group
 neighbor G remote-as external
 neighbor 10.0.0.1 peer-group G
 neighbor 10.0.0.2 remote-as 65002
 neighbor 10.0.0.3 remote-as 65000
 address-family ipv4 unicast
  neighbor G route-map M in
  neighbor G route-map M out
  neighbor 10.0.0.2 route-map M in
`;
    expect(found(lines(''))).to.deep.equal([
      'warning neighbor 10.0.0.2: neighbour 10.0.0.2, of another AS, has no policy for what goes out: by RFC 8212 no such route passes (give it a route map, or say "no bgp ebgp-requires-policy" below "router bgp 65000")',
    ]);
    expect(found(lines(' no bgp ebgp-requires-policy'))).to.deep.equal([]);
  });

  it('listens to a range for a group that has no AS, or no policy: nobody is answered, or told anything', () => {
    const lines = (as: string) => `router bgp 65000
 neighbor EDGE peer-group
${as} bgp listen range 10.1.0.0/16 peer-group EDGE
`;
    expect(found(lines(''))).to.deep.equal([
      'error bgp listen range 10.1.0.0/16: nobody from 10.1.0.0/16 can be a neighbour: peer group "EDGE" has no AS (say "neighbor EDGE remote-as", for instance "external")',
    ]);
    expect(found(lines(' neighbor EDGE remote-as external\n'))).to.deep.equal([
      'warning neighbor EDGE: peer group EDGE, of another AS, has no policy for what comes in or goes out: by RFC 8212 no such route passes (give it a route map, or say "no bgp ebgp-requires-policy" below "router bgp 65000")',
    ]);
    expect(found(lines(' neighbor EDGE remote-as internal\n'))).to.deep.equal([]);
  });

  it('has aggregates, and neighbours of theirs, whose maps nothing defines', () => {
    expect(
      found(`router bgp 65000
 neighbor 10.0.0.1 remote-as internal
 neighbor 10.0.0.1 unsuppress-map U
 aggregate-address 10.0.0.0/8 route-map R suppress-map S
route-map CUSTOMERS permit 10
 match extcommunity E
`),
    ).to.deep.equal([
      'warning aggregate-address R: route map "R" is not defined: there is no such aggregate',
      'warning aggregate-address S: route map "S" is not defined: the aggregate takes the place of no route',
      'warning neighbor U: route map "U" is not defined: it denies everything',
      'warning match extcommunity E: extended community list "E" is not defined: it matches nothing',
    ]);
  });

  it('has VRFs that export or import nothing', () => {
    const lines = (...vpn: readonly string[]) =>
      ['vrf RED', 'router bgp 65000 vrf RED', 'address-family ipv4 unicast', 'export vpn', ...vpn].join('\n');
    const whole = ['rd vpn export 65000:1', 'rt vpn both 65000:1', 'label vpn export auto'];
    expect(found(lines(...whole, 'import vpn'))).to.deep.equal([]);
    expect(found(lines('rt vpn export 65000:1', 'import vpn'))).to.deep.equal([
      'warning router bgp RED: nothing of VRF "RED" goes into the VPN: there is no "rd vpn export", no "label vpn export"',
      'warning router bgp RED: nothing of VRF "RED" comes from the VPN: there is no "rt vpn import"',
    ]);
  });

  it('names an IS-IS that the router does not have', () => {
    const text = 'interface a\n ip router isis crore\ninterface b\n ip router isis core\nrouter isis core\n';
    expect(found(text)).to.deep.equal([
      'warning ip router isis crore: there is no "router isis crore": interface "a" does not run IS-IS (did you mean "core"?)',
    ]);
  });
});
