import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { AccessListConfig, AccessRule } from '../../../src/config/model.ts';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { compileAccessList } from '../../../src/routerd/forwarding/acl.ts';
import { drops, packetBytes, prefix, twoRouters, up } from './network.ts';

const ANY = prefix('0.0.0.0/0');

function list(...rules: Partial<AccessRule>[]): AccessListConfig {
  const complete = rules.map(
    (rule, index): AccessRule => ({
      sequence: (index + 1) * 10,
      action: 'permit',
      protocol: 'ip',
      source: ANY,
      destination: ANY,
      ...rule,
    }),
  );
  return { name: 'EDGE', kind: 'extended', rules: complete };
}

const decide = (config: AccessListConfig, packet: Uint8Array) => compileAccessList(config)(packet, 0);

describe('an access list', () => {
  it('is decided by the first line that matches, and ends with a deny', () => {
    const edge = list(
      { action: 'deny', destination: prefix('10.2.0.2/32') },
      { destination: prefix('10.2.0.0/24') },
    );
    expect(decide(edge, packetBytes({ to: '10.2.0.2' }))).to.deep.equal({
      permit: false,
      text: 'access-list EDGE seq 10',
    });
    expect(decide(edge, packetBytes({ to: '10.2.0.3' }))).to.deep.equal({
      permit: true,
      text: 'access-list EDGE seq 20',
    });
    expect(decide(edge, packetBytes({ to: '10.3.0.3' }))).to.deep.equal({
      permit: false,
      text: 'access-list EDGE implicit deny',
    });
  });

  const matches: readonly [string, Partial<AccessRule>, Parameters<typeof packetBytes>[0], boolean][] = [
    ['its source', { source: prefix('10.1.0.0/24') }, { to: '10.2.0.2' }, true],
    ['another source', { source: prefix('10.7.0.0/24') }, { to: '10.2.0.2' }, false],
    ['its protocol', { protocol: 'udp' }, { to: '10.2.0.2' }, true],
    ['another protocol', { protocol: 'ospf' }, { to: '10.2.0.2' }, false],
    ['its DSCP', { dscp: 10 }, { to: '10.2.0.2', dscp: 10 }, true],
    ['another DSCP', { dscp: 10 }, { to: '10.2.0.2', dscp: 11 }, false],
    [
      'a port in its range',
      { protocol: 'udp', sourcePort: { from: 4999, to: 5000 } },
      { to: '10.2.0.2' },
      true,
    ],
    [
      'a port beside its range',
      { protocol: 'udp', sourcePort: { from: 5001, to: 6000 } },
      { to: '10.2.0.2' },
      false,
    ],
    [
      'both ports',
      { sourcePort: { from: 5000, to: 5000 }, destinationPort: { from: 80, to: 80 } },
      { to: '10.2.0.2', destinationPort: 80 },
      true,
    ],
    [
      'one port of two',
      { sourcePort: { from: 5000, to: 5000 }, destinationPort: { from: 80, to: 80 } },
      { to: '10.2.0.2' },
      false,
    ],
    [
      'ports in a protocol without',
      { destinationPort: { from: 0, to: 65535 } },
      { to: '10.2.0.2', protocol: 89 },
      false,
    ],
  ];
  for (const [what, rule, packet, permit] of matches) {
    it(`${permit ? 'matches' : 'does not match'} ${what}`, () => {
      expect(decide(list(rule), packetBytes(packet)).permit).to.equal(permit);
    });
  }

  it('finds no ports in a fragment after the first', () => {
    const edge = list({ protocol: 'udp', destinationPort: { from: 0, to: 65535 } });
    const fragment = packetBytes({ to: '10.2.0.2' });
    fragment[7] = 3;
    expect(decide(edge, fragment).permit).to.equal(false);
  });

  it('decides any packet as its lines read from top to bottom would', () => {
    const nets = fc
      .constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/24', '10.1.0.2/32', '10.2.0.0/31')
      .map(prefix);
    const rules = fc.array(
      fc.record({ action: fc.constantFrom('permit', 'deny'), source: nets, destination: nets }),
    );
    const hosts = fc.constantFrom('10.1.0.2', '10.1.0.3', '10.2.0.1', '10.2.0.2', '192.0.2.1');
    fc.assert(
      fc.property(rules, hosts, hosts, (rules, from, to) => {
        const inside = (host: string, net: { address: number; length: number }): boolean => {
          const bits = (address: number): string =>
            address.toString(2).padStart(32, '0').slice(0, net.length);
          const number = host.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
          return bits(number) === bits(net.address);
        };
        const first = rules.find((rule) => inside(from, rule.source) && inside(to, rule.destination));
        const verdict = decide(list(...rules), packetBytes({ from, to }));
        expect(verdict.permit).to.equal(first?.action === 'permit');
      }),
    );
  });
});

describe('access lists at ports', () => {
  it('drop what comes in, tell the sender, and name the line in the postcard', () => {
    const { h1, h2, r1, send } = twoRouters();
    const accessIn = list({ action: 'deny', protocol: 'udp' });
    r1.configurePort(0, 'to-h1', up('10.1.0.1/24', { accessIn }));
    send({ to: '10.2.0.2', traced: false });
    expect(h2.take()).to.deep.equal([]);
    expect(h1.take().map(({ icmp }) => [icmp?.type, icmp?.code])).to.deep.equal([[3, 13]]);
    expect(drops(r1)).to.deep.equal({ 'real acl-in': 1 });
    const [postcard] = r1.takePostcards().postcards;
    expect([postcard.verdict, postcard.reason, postcard.acl, postcard.out]).to.deep.equal([
      'dropped',
      'acl-in',
      'access-list EDGE seq 10',
      '',
    ]);
  });

  it('drop what goes out, in their slot alone', () => {
    const { h2, r1, send } = twoRouters();
    r1.configurePort(1, 'to-R2', up('10.12.0.1/24', { accessOut: list({ source: prefix('10.7.0.0/24') }) }));
    send({ to: '10.2.0.2', dscp: SHADOW_DSCP });
    send({ to: '10.2.0.2' });
    expect(h2.take().map(({ dscp }) => dscp)).to.deep.equal([0]);
    const dropped = r1.takePostcards().postcards.filter(({ verdict }) => verdict === 'dropped');
    expect(dropped.map(({ plane, reason, acl, out }) => [plane, reason, acl, out])).to.deep.equal([
      ['shadow', 'acl-out', 'access-list EDGE implicit deny', 'to-R2'],
    ]);
  });

  it('name the line that let a traced packet pass', () => {
    const { r1, send } = twoRouters();
    r1.configurePort(0, 'to-h1', up('10.1.0.1/24', { accessIn: list({}) }));
    send({ to: '10.2.0.2' });
    expect(r1.takePostcards().postcards.map(({ verdict, acl }) => [verdict, acl])).to.deep.equal([
      ['forwarded', 'access-list EDGE seq 10'],
    ]);
  });
});
