import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MAX_ENTRIES, MAX_LINES, MAX_PROBLEMS, MAX_TEXT_LENGTH } from '../../src/config/limits.ts';
import { applyLines, parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';

/** The canonical text of what was read; the text has no problem. */
function read(text: string): string {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

/** The canonical text after `lines` were entered on top of `text`, without a problem. */
function enter(text: string, lines: string): string {
  const { config, problems } = applyLines(parseConfig(text).config, lines);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

/** The problems as a person sees them: `line:column+length: message (suggestion)`, `?` where not understood. */
function problemsOf(text: string, base = ''): readonly string[] {
  return applyLines(parseConfig(base).config, text).problems.map(
    ({ line, column, length, message, suggestion, unknown }) =>
      `${line}:${column}+${length}${unknown ? '?' : ''}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

const inOspf = (line: string) => `router ospf\n ${line}\nexit\n!\n`;
const onPort = (line: string) => `interface eth0\n ${line}\nexit\n!\n`;

describe('the configuration parser', () => {
  describe('reads', () => {
    it('an area as a number or dotted', () => {
      expect(read(onPort('ip ospf area 0.0.0.7'))).to.equal(onPort('ip ospf area 7'));
      expect(read(inOspf('network 10.0.0.0/8 area 167772161'))).to.equal(
        inOspf('network 10.0.0.0/8 area 10.0.0.1'),
      );
    });
    it('both spellings of the router id', () => {
      expect(read(inOspf('router-id 1.2.3.4'))).to.equal(inOspf('ospf router-id 1.2.3.4'));
    });
    it('both spellings of a passive interface, before and after `router ospf`', () => {
      const canonical = read(`interface eth0\n${inOspf('passive-interface eth0')}`);
      expect(read('interface eth0\n ip ospf passive\nrouter ospf')).to.equal(canonical);
      expect(read('router ospf\ninterface eth0\n ip ospf passive')).to.equal(canonical);
    });
    it('sections in any order, and a section in several pieces', () => {
      const one = read('interface a\n mtu 1400\ninterface b\nrouter ospf\n maximum-paths 2');
      expect(
        read('router ospf\ninterface b\ninterface a\nrouter ospf\n maximum-paths 2\ninterface a\n mtu 1400'),
      ).to.equal(one);
    });
    it('a command of the top inside a section, which ends the section', () => {
      expect(read('interface a\n mtu 1400\n hostname R1')).to.match(/^hostname R1\n/);
    });
    it('static routes with mask or length, host bits cleared', () => {
      expect(read('ip route 10.1.2.3 255.255.0.0 10.0.0.1')).to.equal('ip route 10.1.0.0/16 10.0.0.1\n!\n');
      expect(read('ip route 10.1.2.3/16 eth0')).to.equal('ip route 10.1.0.0/16 eth0\n!\n');
    });
    it('a discard route by each of its names', () => {
      expect(read('ip route 10.0.0.0/8 Null0')).to.equal(read('ip route 10.0.0.0/8 blackhole'));
    });
    it('a router id for all protocols, by each of its lines', () => {
      const text = 'ip router-id 10.0.0.1\n!\nvrf RED\n ip router-id 10.0.0.2\nexit-vrf\n!\n';
      expect(read('router-id 10.0.0.1\nip router-id 10.0.0.2 vrf RED')).to.equal(text);
      expect(read(text)).to.equal(text);
      expect(read(`${text}no ip router-id 10.0.0.1\nvrf RED\n no ip router-id`)).to.equal(
        'vrf RED\nexit-vrf\n!\n',
      );
    });
    it('every way of a static route', () => {
      const lines = [
        'ip route 10.0.0.0/8 10.1.0.1 eth0 tag 7 5 nexthop-vrf BLUE onlink',
        'ip route 10.1.0.0/16 eth0 nexthop-vrf BLUE',
        'ip route 10.2.0.0/16 reject 250',
        'ip route 10.3.0.0/16 10.1.0.1 vrf RED nexthop-vrf default',
      ];
      const [top, ofVrf] = read(lines.join('\n')).split('!\n');
      expect(top).to.equal(`${lines.slice(0, 3).join('\n')}\n`);
      expect(ofVrf).to.equal('vrf RED\n ip route 10.3.0.0/16 10.1.0.1 nexthop-vrf default\nexit-vrf\n');
      expect(read('ip route 10.0.0.0/8 e0 vrf default nexthop-vrf default')).to.equal(
        read('ip route 10.0.0.0/8 e0'),
      );
    });
    it('the last distance of a route given twice', () => {
      expect(read('ip route 10.0.0.0/8 eth0 7\nip route 10.0.0.0/8 eth0 9')).to.equal(
        'ip route 10.0.0.0/8 eth0 9\n!\n',
      );
      expect(read('ip route 10.0.0.0/8 eth0 1')).to.equal('ip route 10.0.0.0/8 eth0\n!\n');
    });
    it('several next hops of one prefix', () => {
      expect(read('ip route 10.0.0.0/8 eth1\nip route 10.0.0.0/8 eth0').split('\n')).to.have.length(4);
    });
    it('every form of a standard access list', () => {
      const forms = ['10.0.0.0/8', 'host 192.0.2.1', '192.0.2.2', '172.16.0.0 0.15.255.255', 'any'];
      expect(read(forms.map((each) => `access-list 10 permit ${each}\n`).join(''))).to.equal(
        'access-list 10 seq 5 permit 10.0.0.0/8\n' +
          'access-list 10 seq 10 permit host 192.0.2.1\n' +
          'access-list 10 seq 15 permit host 192.0.2.2\n' +
          'access-list 10 seq 20 permit 172.16.0.0/12\n' +
          'access-list 10 seq 25 permit any\n!\n',
      );
    });
    it('an extended access list, a line at a time or as a block', () => {
      const lines =
        'access-list 101 seq 10 permit tcp any host 10.0.0.1 eq 80\naccess-list 101 seq 20 deny ip any any';
      const block = 'ip access-list extended 101\n permit tcp any 10.0.0.1/32 eq 80\n deny ip any any';
      expect(read(block)).to.equal(read(lines));
    });
    it('rules by their sequence, whenever they were entered', () => {
      const text =
        'ip access-list extended X\n 20 deny ip any any\n 10 permit icmp any any\n permit udp any any';
      expect(read(text)).to.equal(
        'access-list X seq 10 permit icmp any any\n' +
          'access-list X seq 20 deny ip any any\n' +
          'access-list X seq 30 permit udp any any\n!\n',
      );
    });
    it('a rule of a sequence number that is taken, instead of the old one', () => {
      expect(read('access-list 1 seq 5 permit any\naccess-list 1 seq 5 deny any')).to.equal(
        'access-list 1 seq 5 deny any\n!\n',
      );
    });
    it('a line twice as once', () => {
      for (const line of ['access-list 1 permit any', 'ip route 10.0.0.0/8 eth0', 'hostname R']) {
        expect(read(`${line}\n${line}`)).to.equal(read(line));
      }
      for (const line of ['ip address 10.0.0.1/8', 'ip ospf area 3', 'shutdown']) {
        expect(read(onPort(line) + onPort(line))).to.equal(onPort(line));
      }
      for (const line of ['network 10.0.0.0/8 area 3', 'passive-interface x']) {
        expect(read(inOspf(line) + inOspf(line))).to.equal(inOspf(line));
      }
    });
    it('tabs, carriage returns and many spaces', () => {
      expect(read('interface\teth0\r\n   description  to   the\tlab \r\n')).to.equal(
        onPort('description to the lab'),
      );
    });
    it('the same /32 on several interfaces: unnumbered links', () => {
      expect(
        read('interface a\n ip address 10.0.0.1/32\ninterface b\n ip address 10.0.0.1/32').split(
          '10.0.0.1/32',
        ),
      ).to.have.length(3);
    });
    it('nothing in what frr.conf carries for others', () => {
      const text = `! a comment
# another
frr version 10.2
frr defaults traditional
service integrated-vtysh-config
log syslog informational
no log timestamps
debug ospf event
ip forwarding
no ipv6 forwarding
configure terminal
line vty
 exec-timeout 0 0
!
end
`;
      expect(read(text)).to.equal('');
    });
    it('what vtysh says before the configuration that it shows', () => {
      const shown =
        '\nBuilding configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n!\nrouter ospf\nexit\n!\nend\n';
      expect(read(shown)).to.equal('router ospf\nexit\n!\n');
    });
    it('the interface again after an ignored line in it', () => {
      expect(read('router ospf\n log-adjacency-changes detail\n maximum-paths 2')).to.equal(
        inOspf('maximum-paths 2'),
      );
    });
  });

  describe('removes with no', () => {
    const settings = [
      'bandwidth 10',
      'description x y',
      'ip access-group 10 in',
      'ip address 10.0.0.1/8',
      'ip ospf area 1',
      'ip ospf cost 5',
      'ip ospf dead-interval 5',
      'ip ospf hello-interval 5',
      'ip ospf network broadcast',
      'ip ospf priority 5',
      'mtu 1400',
      'shutdown',
    ];
    for (const line of settings) {
      it(`interface: ${line}`, () => {
        expect(enter(onPort(line), onPort(`no ${line}`))).to.equal('interface eth0\nexit\n!\n');
      });
    }
    const ospfSettings = [
      'ospf router-id 1.1.1.1',
      'network 10.0.0.0/8 area 0',
      'passive-interface eth0',
      'passive-interface default',
      'default-metric 3',
      'maximum-paths 3',
      'auto-cost reference-bandwidth 3',
      'timers throttle spf 1 2 3',
    ];
    for (const line of ospfSettings) {
      it(`router ospf: ${line}`, () => {
        expect(enter(inOspf(line), inOspf(`no ${line}`))).to.equal('router ospf\nexit\n!\n');
      });
    }
    for (const line of [
      'hostname R',
      'interface eth0',
      'router ospf',
      'ip route 10.0.0.0/8 eth0 7',
      'access-list 10 seq 5 permit any',
      'access-list 10 permit any',
      'ip prefix-list P permit 10.0.0.0/8 le 24',
      'ip prefix-list P deny any',
      'bgp as-path access-list P permit _1_',
      'bgp community-list standard P permit 1:2',
    ]) {
      it(`the top: ${line}`, () => {
        expect(enter(line, `no ${line}`)).to.equal('');
      });
    }
    it('a rule by what it says, and adds none twice', () => {
      const list = 'ip prefix-list P seq 5 permit 10.0.0.0/8 le 24\n!\n';
      expect(enter(list, 'ip prefix-list P permit 10.0.0.0/8 le 24')).to.equal(list);
    });
    it('a setting without its value, and whatever value is said, as FRR does', () => {
      const empty = 'interface eth0\nexit\n!\n';
      expect(enter(onPort('ip ospf cost 639'), onPort('no ip ospf cost'))).to.equal(empty);
      expect(enter(onPort('ip ospf cost 639'), onPort('no ip ospf cost 5000'))).to.equal(empty);
      expect(enter('hostname R', 'no hostname')).to.equal('');
    });
    it('a route without its distance', () => {
      expect(enter('ip route 10.0.0.0/8 eth0 7', 'no ip route 10.0.0.0/8 eth0')).to.equal('');
    });
    it('a whole access list', () => {
      expect(enter('access-list 101 permit ip any any', 'no ip access-list extended 101')).to.equal('');
      expect(enter('access-list 1 permit any', 'no access-list 1')).to.equal('');
    });
    it('a rule by its number alone', () => {
      const list = 'access-list X permit any\naccess-list X deny 10.0.0.0/8';
      const left = 'access-list X seq 10 deny 10.0.0.0/8\n!\n';
      expect(enter(list, 'no access-list X seq 5')).to.equal(left);
      expect(enter(list, 'ip access-list standard X\n no 5')).to.equal(left);
      expect(enter(list, 'ip access-list standard X\n no permit any')).to.equal(left);
    });
    it('the default of being passive for one interface', () => {
      expect(enter(inOspf('passive-interface default'), inOspf('no passive-interface eth0'))).to.equal(
        'router ospf\n passive-interface default\n no passive-interface eth0\nexit\n!\n',
      );
    });
    it('no interface that is not shut down: `no shutdown` may always be said', () => {
      expect(read(onPort('no shutdown'))).to.equal('interface eth0\nexit\n!\n');
    });
  });

  describe('refuses to remove what is not there', () => {
    const base =
      'interface to-KSCY\n ip address 10.0.0.1/31\nrouter ospf\n passive-interface lo\naccess-list WEB permit any';
    const cases: readonly [string, string][] = [
      ['no hostname', '1:1+11: there is no "hostname" to remove'],
      ['no interface to-KCSY', '1:1+20: there is no interface "to-KCSY" to remove (did you mean "to-KSCY"?)'],
      ['no ip route 10.0.0.0/8 eth0 5', '1:1+29: there is no "ip route 10.0.0.0/8 eth0 5" to remove'],
      ['no access-list WBE', '1:1+18: there is no access list "WBE" (did you mean "WEB"?)'],
      ['no access-list WEB seq 6', '1:1+24: access list "WEB" has no rule seq 6'],
      ['no access-list WEB deny any', '1:1+27: access list "WEB" has no such rule'],
      ['no ip access-list extended WEB', '1:1+30: access list "WEB" is standard'],
      ['interface to-KSCY\n no ip ospf cost', '2:2+15: there is no "ip ospf cost" to remove'],
      [
        'interface to-KSCY\n no ip address 10.0.0.1/30',
        '2:2+25: there is no address 10.0.0.1/30 to remove (did you mean "10.0.0.1/31"?)',
      ],
      [
        'interface to-KSCY\n no ip access-group WEB in',
        '2:2+25: there is no "ip access-group WEB in" to remove',
      ],
      ['router ospf\n no passive-interface l0', '2:2+23: interface "l0" is not passive (did you mean "lo"?)'],
      [
        'router ospf\n no passive-interface default',
        '2:2+28: there is no "passive-interface default" to remove',
      ],
      [
        'router ospf\n no network 10.0.0.0/8 area 0',
        '2:2+28: there is no "network 10.0.0.0/8 area 0" to remove',
      ],
    ];
    for (const [text, problem] of cases) {
      it(text, () => expect(problemsOf(text, base)).to.deep.equal([problem]));
    }
    it('no router ospf', () => {
      expect(problemsOf('no router ospf')).to.deep.equal(['1:1+14: there is no "router ospf" to remove']);
    });
  });

  describe('tells what it does not understand', () => {
    const cases: readonly [string, string][] = [
      ['interfce eth0', '1:1+8?: unknown command "interfce eth0" (did you mean "interface"?)'],
      ['no roter ospf', '1:4+5?: unknown command "no roter ospf" (did you mean "no router ospf"?)'],
      ['router opsf', '1:8+4?: unknown command "router opsf" (did you mean "router ospf"?)'],
      [
        'interface a\n ip ospf kost 5',
        '2:10+4?: unknown command "ip ospf kost 5" (did you mean "ip ospf cost"?)',
      ],
      ['interface a\n ip cost 5', '2:5+4?: unknown command "ip cost 5" (did you mean "ip ospf cost"?)'],
      ['interface a\n ospf cost 5', '2:2+4?: unknown command "ospf cost 5" (did you mean "ip ospf cost"?)'],
      [
        'router ospf\n timers throttle',
        '2:9+8?: unknown command "timers throttle" (what must follow is one of spf, lsa)',
      ],
    ];
    for (const [text, problem] of cases) {
      it(text, () => expect(problemsOf(text)).to.deep.equal([problem]));
    }
    it('and what stands under it, line by line, without taking it for something else', () => {
      const text =
        'interface a\nrouter foo 1\n shutdown\n exit\n passive-interface a\ninterface a\n mtu 1400';
      expect(problemsOf(text)).to.deep.equal([
        '2:8+3?: unknown command "router foo 1"',
        '3:2+8?: unknown command "shutdown"',
        '5:2+17?: unknown command "passive-interface a"',
      ]);
      expect(formatConfig(parseConfig(text).config)).to.equal('interface a\n mtu 1400\nexit\n!\n');
    });
  });

  describe('tells what FRR can do and we cannot', () => {
    const cases: readonly [string, string][] = [
      ['ipv6 route ::/0 fe80::1 eth0', '1:1+28?: IPv6 is not supported'],
      ['interface a\n ipv6 address 2001:db8::1/64', '2:2+27?: IPv6 is not supported'],
      [
        'exit-authentication',
        '1:1+19?: "exit-authentication" leaves no section that there is here ("exit" leaves any)',
      ],
      ['no ip forwarding', '1:1+16?: a router that does not forward is not supported'],
      [
        'router ospf vrf RED\n network 10.0.0.0/8 area 0',
        '1:1+19?: OSPF in a VRF is not supported (OSPF runs in the default VRF: routes of a VRF are static or come by BGP)',
      ],
      [
        'interface a\n ip ospf network non-broadcast',
        '2:2+29?: OSPF on networks without broadcast (NBMA) is not supported (use "point-to-point" or "broadcast")',
      ],
      ['router ospf\n area 1 virtual-link 1.1.1.1', '2:2+27?: a virtual link of OSPF is not supported'],
    ];
    for (const [text, problem] of cases) {
      it(text, () => expect(problemsOf(text)).to.deep.equal([problem]));
    }
    it('of an address of an interface alone, and takes what is for all of it', () => {
      expect(
        problemsOf('router ospf\ninterface a\n ip ospf cost 5 10.0.0.1\n ip ospf passive\n'),
      ).to.deep.equal([
        '3:2+23?: OSPF that differs by the address of an interface is not supported (leave the address out: it is for the whole interface)',
      ]);
      expect(problemsOf('interface a\n ip ospf authentication message-digest')).to.deep.equal([]);
    });
    it("nothing of a router's name under IS-IS", () => {
      const { config, problems } = parseConfig('hostname R\nrouter isis 1\n hostname dynamic');
      expect([config.hostname, problems]).to.deep.equal(['R', []]);
    });
    it('once for a section, however it is indented', () => {
      const rip = ['router rip', 'network 10.0.0.0/8', 'timers basic 5 15 10', 'exit'];
      const kept = 'interface a\n mtu 1400\nexit\n!\n';
      for (const indent of ['', ' ']) {
        const lines = rip.map((line, index) => (index === 0 || line === 'exit' ? line : `${indent}${line}`));
        const { config, problems } = parseConfig(`${lines.join('\n')}\n!\n${kept}`);
        expect(problems.map(({ line, message }) => [line, message])).to.deep.equal([
          [1, 'RIP is not supported'],
        ]);
        expect(formatConfig(config)).to.equal(kept);
      }
    });
    it('and takes no line of a family that is passed over for one outside it, whatever else is not supported there', () => {
      const { config, problems } = parseConfig(`router bgp 65000
neighbor 10.0.0.1 remote-as internal
address-family ipv6 unicast
neighbor 2001:db8::1 activate
neighbor 10.0.0.1 route-map SIX in
exit-address-family
neighbor 10.0.0.1 route-map FOUR out
`);
      expect(problems.map(({ line }) => line)).to.deep.equal([3, 4]);
      expect(config.bgp[0]?.neighbours[0]?.ipv4).to.deep.equal({ routeMapOut: 'FOUR' });
    });
    it('but says nothing where what is so anyway is said, or what is not there is taken away', () => {
      const lines = [
        'bgp suppress-duplicates',
        'bgp fast-external-failover',
        'bgp client-to-client reflection',
      ];
      const told = (said: readonly string[]) => parseConfig(`router bgp 1\n${said.join('\n')}`).problems;
      expect(told([...lines, 'no bgp dampening'])).to.deep.equal([]);
      expect(told(lines.map((line) => `no ${line}`))).to.have.length(3);
    });
    it('and goes on in the section that it stands in', () => {
      const text = [
        'router isis 1',
        ' segment-routing srv6',
        '  locator A',
        ' exit',
        ' net 49.0001.0000.0000.0001.00',
        'exit',
        'interface a',
        ' link-params',
        '  metric 5',
        ' exit-link-params',
        ' mtu 1400',
      ].join('\n');
      const { config, problems } = parseConfig(text);
      expect(problems.map(({ line, message }) => [line, message])).to.deep.equal([
        [2, 'segment routing is not supported'],
        [8, 'traffic engineering is not supported'],
      ]);
      expect(config.isis?.nets).to.deep.equal(['49.0001.0000.0000.0001.00']);
      expect(config.interfaces).to.have.length(1);
      expect(config.interfaces[0]).to.include({ mtu: 1400 });
    });
  });

  describe('takes shortened words, as FRR does,', () => {
    const cases: readonly [string, string][] = [
      ['int a\n ip addr 10.0.0.1/24', 'interface a\n ip address 10.0.0.1/24'],
      ['int a\n shut', 'interface a\n shutdown'],
      ['int a\n shut\n no shut', 'interface a'],
      ['int a\n ip ospf net point', 'interface a\n ip ospf network point-to-point'],
      ['int a\n isis circuit-type level-2', 'interface a\n isis circuit-type level-2-only'],
      ['router ospf\n area 1 stub no-sum', 'router ospf\n area 1 stub\n area 1 stub no-summary'],
      ['router ospf\n int a\n mtu 1400', 'router ospf\nexit\n!\ninterface a\n mtu 1400'],
    ];
    for (const [short, long] of cases) {
      it(short, () => expect(read(short)).to.equal(read(long)));
    }
    it('not where they are short for several', () => {
      expect(problemsOf('interface a\n isis c level-1')).to.deep.equal([
        '2:7+1?: unknown command "isis c level-1" (it is short for circuit-type and for csnp-interval)',
      ]);
    });
    it('nor where they are whole words that stand elsewhere', () => {
      expect(problemsOf('class A')).to.deep.equal([
        '1:1+5: "class" stands under "policy-map NAME", not at the top',
      ]);
    });
  });

  describe('tells what is wrong', () => {
    const cases: readonly [string, string][] = [
      ['interface', '1:10+1: IFNAME is missing'],
      ['interface a b', '1:13+1: "b" is not vrf'],
      ['hostname -x', '1:1+11: a hostname begins with a letter or a digit'],
      ['ip ospf cost 5', '1:1+2: "ip ospf cost" stands under "interface IFNAME [vrf NAME]", not at the top'],
      [
        'router ospf\n ip ospf cost 5',
        '2:2+2: "ip ospf cost" stands under "interface IFNAME [vrf NAME]", not under "router ospf"',
      ],
      ['interface a\n ip ospf cost', '2:14+1: (1-65535) is missing'],
      ['interface a\n ip ospf cost 0', '2:15+1: "0" is out of range (1-65535)'],
      ['interface a\n ip ospf cost 65536', '2:15+5: "65536" is out of range (1-65535)'],
      ['interface a\n ip ospf cost 5x', '2:15+2: "5x" is not a number (1-65535)'],
      ['interface a\n ip ospf cost 5 6', '2:17+1: unexpected "6"'],
      ['interface a\n ip ospf cost 5 # dear', '2:17+1: unexpected "#" (a comment has a line of its own)'],
      [
        'interface a\n ip ospf cost !x',
        '2:15+2: "!x" is not a number (1-65535) (a comment has a line of its own)',
      ],
      ['interface a\n ip ospf area x', '2:15+1: "x" is not an area A.B.C.D or (0-4294967295)'],
      [
        'interface a\n ip ospf network pointtopoint',
        '2:18+12: "pointtopoint" is not broadcast or point-to-point (did you mean "point-to-point"?)',
      ],
      ['interface a\n mtu 67', '2:6+2: "67" is out of range (68-65535)'],
      ['interface a\n ip address 10.0.0.1', '2:13+8: "10.0.0.1" is not an address with its length A.B.C.D/M'],
      [
        'interface a\n ip address 10.0.0.1/33',
        '2:13+11: "10.0.0.1/33" is not an address with its length A.B.C.D/M',
      ],
      ['interface a\n ip address 127.0.0.1/8', '2:2+22: 127.0.0.1/8 cannot be the address of an interface'],
      [
        'interface a\n ip address 10.0.0.1/24\n ip address 10.0.0.1/25',
        '3:2+22: interface "a" has the address 10.0.0.1/24 already',
      ],
      [
        'interface a\n ip address 10.0.0.1/24\ninterface b\n ip address 10.0.0.1/24',
        '4:2+22: interface "a" has the address 10.0.0.1/24 already',
      ],
      ['interface a\n ip ospf area 0\n ip ospf area 1', '3:2+14: remove "ip ospf area 0" first'],
      [
        'router ospf\n network 10.0.0.0/8 area 0\ninterface a\n ip ospf area 0',
        '4:2+14: remove all "network … area" commands of "router ospf" first',
      ],
      [
        'interface a\n ip ospf area 0\nrouter ospf\n network 10.0.0.0/8 area 0',
        '4:2+25: remove all "ip ospf area" commands of interfaces first',
      ],
      ['interface a\n ip ospf passive', '2:2+15: there is no "router ospf" that this could belong to'],
      [
        'router ospf\n network 10.0.0.0/8 area 0\n network 10.0.0.0/8 area 1',
        '3:2+25: network 10.0.0.0/8 is in area 0 already',
      ],
      ['router ospf\n network 10.0.0.0/8 aera 0', '2:21+4: "aera" is not area (did you mean "area"?)'],
      ['router ospf\n maximum-paths 65', '2:16+2: "65" is out of range (1-64)'],
      ['router ospf\n timers throttle spf 0 50', '2:26+1: (0-600000) is missing'],
      ['router ospf 1', '1:13+1: unexpected "1"'],
      ['ip route 10.0.0.0/8 10.0.0.300', '1:21+10: "10.0.0.300" is not an address A.B.C.D'],
      [
        'ip route 10.0.0.0/8 10.0.0.1 table 20',
        '1:30+5: tables by number are not supported (use "vrf NAME")',
      ],
      [
        'ip route 10.0.0.0/8 10.0.0.1 onlink',
        '1:21+8: "onlink" says that a gateway is on an interface (write "A.B.C.D IFNAME onlink")',
      ],
      ['ip route 10.0.0.0/8 reject nexthop-vrf RED', '1:21+6: what is discarded has no next hop'],
      ['ip route 10.0.0.0 255.0.255.0 eth0', '1:19+11: "255.0.255.0" is not a netmask'],
      ['ip route 10.0.0.0/8 eth0 0', '1:26+1: "0" is out of range (1-255)'],
      ['access-list 10 allow any', '1:16+5: "allow" is not permit or deny'],
      ['access-list 10 permit ip any any', '1:23+2: "ip" is not a prefix A.B.C.D/M'],
      ['access-list 101 permit any', '1:24+3: "any" is not ip, icmp, tcp, udp or ospf'],
      ['access-list 101 permit ip 10.0.0.1 any', '1:36+3: "any" is not a wildcard A.B.C.D'],
      [
        'access-list 101 permit ip 10.0.0.0 255.0.0.0 any',
        '1:36+9: the wildcard 255.0.0.0 does not stand for one prefix (did you mean "0.255.255.255"?)',
      ],
      ['access-list 101 permit icmp any any eq 80', '1:24+4: ports are for tcp and udp, not for icmp'],
      ['access-list 101 permit tcp any any range 9 8', '1:44+1: the range ends at 8, before it begins'],
      ['access-list 101 permit ip any any dscp 64', '1:40+2: "64" is out of range (0-63)'],
      ['access-list 101 permit ip any any log', '1:35+3: unexpected "log"'],
      ['ip access-list extended 10', '1:1+26: access list "10" is standard'],
      [
        'ip access-list extended X\n permti ip any any',
        '2:2+6: "permti" is not permit or deny (did you mean "permit"?)',
      ],
      ['access-list X permit any\naccess-list X permit tcp any any', '2:1+32: access list "X" is standard'],
      [
        'access-list X seq 20 permit any\naccess-list X seq 5 permit any',
        '2:1+30: access list "X" has this rule already, as seq 20',
      ],
      [
        'access-list X seq 4294967295 permit any\naccess-list X deny any',
        '2:1+22: access list "X" has no sequence number left',
      ],
    ];
    for (const [text, problem] of cases) {
      it(text.replaceAll('\n', ' /'), () => expect(problemsOf(text)).to.deep.equal([problem]));
    }

    it('all at once, in the order of the lines, and reads the rest', () => {
      const text = 'interface a\n ip ospf passive\n ip ospf kost 5\n mtu 9\n mtu 1400';
      expect(problemsOf(text).map((problem) => problem.split(':')[0])).to.deep.equal(['2', '3', '4']);
      expect(formatConfig(parseConfig(text).config)).to.equal('interface a\n mtu 1400\nexit\n!\n');
    });
    it('once where a list could not be opened, and does not give its rules to another one', () => {
      const text =
        'ip access-list extended X\n permit ip any any\nip access-list extended 10\n deny ip any any';
      expect(problemsOf(text)).to.have.length(1);
      expect(formatConfig(parseConfig(text).config)).to.equal('access-list X seq 10 permit ip any any\n!\n');
    });
  });

  describe('has limits', () => {
    it('of text and lines', () => {
      expect(problemsOf('!'.repeat(MAX_TEXT_LENGTH + 1))).to.deep.equal([
        '1:1+1: the configuration is longer than 1048576 characters',
      ]);
      expect(problemsOf('\n'.repeat(MAX_LINES))).to.deep.equal([
        '1:1+1: the configuration has more than 50000 lines',
      ]);
      expect(problemsOf(`hostname ${'x'.repeat(1000)}`)).to.deep.equal([
        '1:1+1: the line is longer than 1000 characters',
      ]);
    });
    it('of interfaces, told at the first that is too many', () => {
      const text = Array.from({ length: MAX_ENTRIES + 1 }, (_, index) => `interface eth${index}\n`).join('');
      const { config, problems } = parseConfig(text);
      expect(config.interfaces).to.have.length(MAX_ENTRIES);
      expect(problems.map(({ line, message }) => `${line}: ${message}`)).to.deep.equal([
        '4097: more than 4096 interfaces',
      ]);
    });
    it('of problems', () => {
      const problems = problemsOf('hostnaem x\n'.repeat(MAX_PROBLEMS + 1));
      expect(problems).to.have.length(MAX_PROBLEMS);
      expect(problems.at(-1)).to.equal('100:1+8: more than 100 problems; the rest is not told');
    });
  });
});
