import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';

/** The canonical text of lines that have no problem. */
function written(text: string): string {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

/** What is told of a text, a line each: `LINE: message (suggestion)`, `?` before what may be passed over. */
function told(text: string): readonly string[] {
  return parseConfig(text).problems.map(
    ({ line, message, suggestion, unknown }) =>
      `${unknown ? '?' : ''}${line}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

const inBgp = (...lines: readonly string[]) =>
  ['router bgp 65000', ...lines.map((line) => ` ${line}`)].join('\n');

describe("what FRR's users say of BGP", () => {
  for (const [said, isWritten] of [
    ['neighbor 10.0.0.1 remove-private-AS all replace-AS'],
    ['neighbor 10.0.0.1 remove-private-AS replace-AS'],
    ['neighbor 10.0.0.1 route-server-client'],
    ['neighbor 10.0.0.1 attribute-unchanged'],
    [
      'neighbor 10.0.0.1 attribute-unchanged med as-path',
      'neighbor 10.0.0.1 attribute-unchanged as-path med',
    ],
    ['neighbor 10.0.0.1 unsuppress-map ALL'],
    ['neighbor 10.0.0.1 allowas-in origin'],
    ['neighbor 10.0.0.1 next-hop-self all', 'neighbor 10.0.0.1 next-hop-self force'],
    ['network 10.0.0.0 mask 255.0.0.0', 'network 10.0.0.0/8'],
    ['network 10.0.0.0 mask 255.0.0.0 route-map M', 'network 10.0.0.0/8 route-map M'],
    [
      'aggregate-address 10.0.0.0/8 route-map M summary-only',
      'aggregate-address 10.0.0.0/8 summary-only route-map M',
    ],
    ['aggregate-address 10.0.0.0/8 as-set origin igp matching-MED-only suppress-map S'],
    ['maximum-paths ibgp 4 equal-cluster-length'],
  ] as const) {
    it(`"${said}" is read, and written in the order of FRR`, () => {
      const text = written(inBgp('address-family ipv4 unicast', ` ${said}`));
      expect(text).to.include(`  ${isWritten ?? said}\n`);
      expect(written(text)).to.equal(text);
    });
  }

  for (const said of [
    'neighbor 10.0.0.1 shutdown message moving the cable',
    'neighbor 10.0.0.1 enforce-first-as',
    'bgp enforce-first-as',
    'bgp disable-ebgp-connected-route-check',
    'bgp route-reflector allow-outbound-policy',
    'bgp shutdown',
  ]) {
    it(`"${said}" stands above the families`, () => {
      const text = written(inBgp(said));
      expect(text).to.include(`\n ${said}\n`);
      expect(written(text)).to.equal(text);
    });
  }

  it('who is listened to is written behind the groups, one of which he is in', () => {
    const text = inBgp(
      'bgp listen limit 20',
      'neighbor EDGE peer-group',
      'neighbor EDGE remote-as 65001',
      'bgp listen range 10.9.0.0/16 peer-group EDGE',
      'bgp listen range 10.1.0.0/16 peer-group EDGE',
    );
    expect(written(text)).to.equal(`router bgp 65000
 neighbor EDGE peer-group
 neighbor EDGE remote-as 65001
 bgp listen limit 20
 bgp listen range 10.1.0.0/16 peer-group EDGE
 bgp listen range 10.9.0.0/16 peer-group EDGE
exit
!
`);
    expect(written(`${text}\n no neighbor EDGE`)).to.not.include('range');
    expect(told(inBgp('bgp listen range 10.1.0.0/16 peer-group EDGE'))).to.deep.equal([
      '2: there is no peer group "EDGE" (say "neighbor EDGE peer-group" first)',
    ]);
  });

  it('what is wrong behind a neighbour is found there, and not in its name', () => {
    const said = inBgp('neighbor 10.0.0.1 remot-as 65001');
    const [problem] = parseConfig(said).problems;
    expect([problem?.column, problem?.suggestion]).to.deep.equal([
      said.split('\n')[1].indexOf('remot-as') + 1,
      'did you mean "neighbor 10.0.0.1 remote-as"?',
    ]);
    expect(told(inBgp('neighbor 10.0.0.1 version 4')), 'which is like no other word').to.deep.equal([
      '?2: unknown command "neighbor 10.0.0.1 version 4"',
    ]);
  });

  it('what FRR does with tables and neighbours beyond that is told as such, also in a family', () => {
    const lines = ['table-map M', 'network 10.0.0.0/8 backdoor', 'neighbor 10.0.0.1 maximum-prefix-out 5'];
    for (const above of [[], ['address-family ipv4 unicast']]) {
      const problems = told(inBgp(...above, ...lines));
      expect(problems).to.have.length(lines.length);
      for (const problem of problems) expect(problem).to.match(/^\?\d: .* is not supported$/);
    }
    expect(told(inBgp(...lines.map((line) => `no ${line}`)))).to.deep.equal([]);
  });

  it('lists may be called by their older names', () => {
    const older = `ip community-list standard C seq 5 permit 65000:1
ip community-list 100 seq 5 permit 65000:.*
ip large-community-list expanded L seq 5 permit 1:2:3
ip extcommunity-list standard E seq 5 permit rt 65000:1 soo 10.0.0.1:7
ip as-path access-list A seq 5 permit ^65001_
`;
    for (const line of older.replaceAll(/^ip/gm, 'bgp').trimEnd().split('\n')) {
      expect(written(older)).to.include(`${line}\n`);
    }
  });

  it('a list of extended communities says of what kind each is', () => {
    const at = (rest: string) => told(`bgp extcommunity-list standard E permit ${rest}`);
    expect(at('65000:1')).to.deep.equal(['1: what must stand here is rt or soo']);
    expect(at('rt 65000')).to.deep.equal(['1: after rt stands ASN:NN or A.B.C.D:NN']);
    expect(at('rt')).to.deep.equal(['1: after rt stands ASN:NN or A.B.C.D:NN']);
  });

  it('a message at shutdown has no more bytes than the neighbour can be told', () => {
    expect(told(inBgp(`neighbor 10.0.0.1 shutdown message ${'é'.repeat(128)}`))).to.deep.equal([
      '2: the message has more than 255 bytes (RFC 9003)',
    ]);
  });

  it('an aggregate takes the place of all its parts or of some', () => {
    expect(told(inBgp('aggregate-address 10.0.0.0/8 summary-only suppress-map S'))).to.deep.equal([
      '2: "summary-only" takes the place of all routes, "suppress-map" of some: say one of them',
    ]);
  });
});

describe('what BGP of FRR can do and ours cannot', () => {
  it('is told as that, may be passed over, and is no error where it is not asked for', () => {
    const text = inBgp(
      'no bgp default ipv6-unicast',
      'neighbor 2001:db8::1 remote-as 65001',
      'neighbor 10.0.0.1 bfd',
      'no neighbor 10.0.0.1 bfd',
      'bgp confederation identifier 65100',
      'neighbor eth0 interface remote-as external',
      'no bgp suppress-duplicates',
    );
    expect(told(text)).to.deep.equal([
      '?3: IPv6 is not supported',
      '?4: BFD is not supported (short timers: "neighbor X timers 1 3")',
      '?6: a confederation is not supported (a route reflector: "neighbor X route-reflector-client")',
      '?7: a session over IPv6 link-local addresses is not supported (give the link IPv4 addresses)',
      '?8: telling a neighbour what it knows is not supported',
    ]);
  });

  for (const indent of ['  ', ' ']) {
    it(`takes its lines with it, ${indent.length === 1 ? 'not ' : ''}indented, and none of them is taken for IPv4's`, () => {
      const text = `router bgp 65000
 neighbor 10.0.0.1 remote-as 65001
 address-family ipv6 unicast
${indent}network 2001:db8::/32
${indent}redistribute connected
${indent}neighbor 10.0.0.1 activate
${indent}neighbor 10.0.0.1 route-map M in
 exit-address-family
 address-family ipv4 unicast
  network 10.0.0.0/8
 exit-address-family
`;
      expect(told(text)).to.have.length(1);
      const [bgp] = parseConfig(text).config.bgp;
      expect(bgp.ipv4).to.deep.include({ redistribute: [] });
      expect(bgp.ipv4.networks).to.have.length(1);
      expect(bgp.neighbours[0].ipv4).to.deep.equal({});
    });
  }
});

describe('the defaults of a text', () => {
  const bgp = 'router bgp 65000\n neighbor 10.0.0.1 remote-as 65001\n';

  it('are those of FRR 8.4 where nothing is said, and where "traditional" is', () => {
    expect(written(`frr version 8.4.4\nfrr defaults traditional\n${bgp}`)).to.equal(written(bgp));
  });

  it("are a data centre's where that is said: all of them are written", () => {
    expect(written(`frr defaults datacenter\n${bgp}`)).to.equal(`router bgp 65000
 no bgp ebgp-requires-policy
 bgp deterministic-med
 timers bgp 3 9
 neighbor 10.0.0.1 remote-as 65001
 neighbor 10.0.0.1 timers connect 10
exit
!
`);
  });

  it('count for what says nothing else', () => {
    const text = `frr defaults datacenter
router bgp 65000
 bgp ebgp-requires-policy
 timers bgp 10 30
 no bgp deterministic-med
 neighbor EDGE peer-group
 neighbor EDGE timers connect 7
 neighbor 10.0.0.1 remote-as 65001
 neighbor 10.0.0.1 peer-group EDGE
`;
    const [{ ebgpRequiresPolicy, deterministicMed, timersS, neighbours }] = parseConfig(text).config.bgp;
    expect({ ebgpRequiresPolicy, deterministicMed }).to.deep.equal({
      ebgpRequiresPolicy: undefined,
      deterministicMed: undefined,
    });
    expect(timersS).to.deep.equal({ keepalive: 10, hold: 30 });
    expect(neighbours[0].connectRetryS).to.equal(undefined);
  });

  it('are older ones in a text of FRR before 7.4', () => {
    for (const version of ['6.0', '7.3.1']) {
      expect(written(`frr version ${version}\n${bgp}`)).to.include(
        ' no bgp ebgp-requires-policy\n no bgp network import-check\n',
      );
    }
    for (const version of ['7.4', '10.0', 'new']) {
      expect(written(`frr version ${version}\n${bgp}`)).to.equal(written(bgp));
    }
  });
});
