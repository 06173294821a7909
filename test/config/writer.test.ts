import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG } from '../../src/config/model.ts';
import { normaliseConfig } from '../../src/config/order.ts';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig, locateLine, sectionsOf } from '../../src/config/writer.ts';
import { routerConfig } from './arbitrary.ts';

const TEXT = `hostname DNVR
!
ip route 10.9.0.0/16 10.0.0.2 200
ip route 10.10.0.0/16 blackhole
!
interface lo
 ip address 10.255.0.1/32
exit
!
interface to-KSCY
 bandwidth 10000
 delay 100
 description to Kansas City
 ip access-group WEB in
 ip access-group 10 out
 ip address 10.0.0.1/31
 ip ospf cost 639
 ip ospf dead-interval 4
 ip ospf hello-interval 1
 ip ospf network point-to-point
 ip ospf priority 0
 mtu 9000
 service-policy input empty
 service-policy output EDGE
 shutdown
exit
!
router ospf
 ospf router-id 10.255.0.1
 auto-cost reference-bandwidth 40000
 timers throttle spf 10 100 5000
 maximum-paths 8
 passive-interface default
 passive-interface lo
 no passive-interface to-KSCY
 network 10.0.0.0/8 area 0
 network 192.168.0.0/16 area 10.0.0.1
 default-metric 20
exit
!
access-list 10 seq 5 permit 10.0.0.0/8
access-list 10 seq 10 permit host 192.0.2.1
access-list 10 seq 15 deny any
access-list WEB seq 10 permit tcp any host 10.0.0.1 eq 80
access-list WEB seq 20 permit udp 10.0.0.0 0.0.255.255 range 1000 2000 any dscp ef
access-list WEB seq 30 deny ip any any
!
class-map match-all VOICE
 match access-group 10
 match access-group name WEB
 match dscp cs5 ef 47
exit
!
class-map match-any rest
 match any
exit
!
policy-map EDGE
 class VOICE
  police cir 64000 bc 8000 conform-action set-dscp-transmit ef exceed-action drop
  priority percent 20
 class rest
  bandwidth 500
  queue-limit 10000 bytes
  random-detect ecn
  set dscp cs1
 class class-default
  random-detect
  shape average 1000000
exit
!
policy-map empty
exit
!
`;

describe('the configuration writer', () => {
  it('writes what the parser reads, for any configuration', () => {
    fc.assert(
      fc.property(routerConfig(), (config) => {
        const parsed = parseConfig(formatConfig(config));
        expect(parsed.problems).to.deep.equal([]);
        expect(parsed.config).to.deep.equal(normaliseConfig(config));
        expect(JSON.stringify(parsed.config)).to.equal(JSON.stringify(normaliseConfig(config)));
      }),
      { numRuns: 500 },
    );
  });

  it('writes one text for one configuration, whatever the order it was given in', () => {
    fc.assert(
      fc.property(routerConfig(), (config) => {
        const text = formatConfig(config);
        expect(formatConfig(parseConfig(text).config)).to.equal(text);
        const reversed = {
          ...config,
          interfaces: config.interfaces.toReversed(),
          staticRoutes: config.staticRoutes.toReversed(),
          accessLists: config.accessLists.toReversed(),
          classMaps: config.classMaps.toReversed().map((each) => ({
            ...each,
            criteria: each.criteria.toReversed(),
          })),
          policyMaps: config.policyMaps.toReversed(),
        };
        expect(formatConfig(reversed)).to.equal(text);
      }),
    );
  });

  it('leaves a text in canonical form as it is', () => {
    const { config, problems } = parseConfig(TEXT);
    expect(problems).to.deep.equal([]);
    expect(formatConfig(config)).to.equal(TEXT);
  });

  it('writes nothing for an empty configuration', () => {
    expect(formatConfig(EMPTY_CONFIG)).to.equal('');
  });

  it('keeps an interface and an OSPF that have no settings', () => {
    const text = 'interface eth0\nexit\n!\nrouter ospf\nexit\n!\n';
    expect(formatConfig(parseConfig(text).config)).to.equal(text);
  });

  it('sorts interfaces as FRR does, numbers by value', () => {
    const { config } = parseConfig('interface eth10\ninterface eth2\ninterface eth1/11\ninterface eth1/3');
    expect(config.interfaces.map(({ name }) => name)).to.deep.equal(['eth1/3', 'eth1/11', 'eth2', 'eth10']);
  });

  it('keeps the order of the addresses of an interface: the first is the one to send from', () => {
    const { config } = parseConfig('interface a\n ip address 10.0.0.9/24\n ip address 10.0.0.1/24');
    expect(formatConfig(config)).to.contain(' ip address 10.0.0.9/24\n ip address 10.0.0.1/24\n');
  });
});

describe('locating a line in written text', () => {
  const lineAt = (number: number | undefined) => TEXT.split('\n')[(number ?? 0) - 1];

  it('finds a line in its section', () => {
    expect(lineAt(locateLine(TEXT, 'interface lo', 'ip address 10.255.0.1/32'))).to.equal(
      ' ip address 10.255.0.1/32',
    );
    expect(locateLine(TEXT, 'interface to-KSCY', 'ip address 10.255.0.1/32')).to.equal(undefined);
  });
  it('finds a line by its first words', () => {
    expect(lineAt(locateLine(TEXT, 'interface to-KSCY', 'ip ospf cost'))).to.equal(' ip ospf cost 639');
    expect(lineAt(locateLine(TEXT, '', 'access-list WEB seq 20'))).to.match(/^access-list WEB seq 20 permit/);
  });
  it('takes whole words only', () => {
    expect(locateLine(TEXT, 'interface to-KSCY', 'ip ospf cos')).to.equal(undefined);
    expect(locateLine(TEXT, '', 'access-list 10 seq 1')).to.equal(undefined);
  });
  it('finds a line of a section within a section', () => {
    const title = 'policy-map EDGE class rest';
    expect(lineAt(locateLine(TEXT, title, 'set dscp'))).to.equal('  set dscp cs1');
    expect(locateLine(TEXT, title, 'police')).to.equal(undefined);
    expect(lineAt(locateLine(TEXT, 'policy-map EDGE', 'class rest'))).to.equal(' class rest');
    expect(locateLine(TEXT, '', 'class rest')).to.equal(undefined);
  });
  it('finds the line that opens a section', () => {
    expect(lineAt(locateLine(TEXT, '', 'router ospf'))).to.equal('router ospf');
  });
  it('finds every line that was written', () => {
    fc.assert(
      fc.property(routerConfig(), (config) => {
        const text = formatConfig(config);
        for (const { title, lines } of sectionsOf(config)) {
          for (const line of lines) {
            const number = locateLine(text, title, line.text) ?? 0;
            expect(text.split('\n')[number - 1].trim()).to.equal(line.text);
          }
        }
      }),
    );
  });
});
