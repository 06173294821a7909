import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { loadExperiment } from '../../../src/runner/experiment/load.ts';
import { formatProblem, type Problem } from '../../../src/runner/experiment/problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'agreement-'));

/** What is said of two routers on a link, each with these lines below its address on it. */
async function said(real: Lines, shadow: Lines = {}): Promise<readonly string[]> {
  return (await warnings(real, shadow)).map(({ message }) => message);
}

async function warnings(
  real: Lines,
  shadow: Lines,
  steps: readonly string[] = [],
): Promise<readonly Problem[]> {
  const file = join(folder, 'x.yaml');
  const block = (lines: string): string => lines.replaceAll(/^/gm, '      ');
  const own = { A: '10.0.0.1', B: '10.0.0.2' };
  const reals = (['A', 'B'] as const).map(
    (name) =>
      `    ${name}: |\n${block(`interface to-${name === 'A' ? 'B' : 'A'}\n ip address ${own[name]}/30\n${real[name] ?? ''}`)}\n`,
  );
  const shadows = Object.entries(shadow).map(([name, lines]) => `    ${name}: |\n${block(lines)}\n`);
  writeFileSync(
    file,
    `name: x
topology:
  nodes: { A: , B: }
  links: [{ endpoints: [A, B] }]
configs:
  real:
${reals.join('')}${shadows.length === 0 ? '' : `  shadow:\n${shadows.join('')}`}steps:
  - converge: { within: 10s }
${steps.map((step) => `  - ${step}\n`).join('')}`,
  );
  const loaded = await loadExperiment(file);
  if (!loaded.ok) expect.fail(JSON.stringify(loaded.problems));
  return loaded.warnings;
}

interface Lines {
  readonly A?: string;
  readonly B?: string;
}

const ospf = (id: string, more = '', area = 0): string =>
  ` ip ospf area ${area}\n${more}router ospf\n ospf router-id ${id}`;
const isis = (net: string, more = ''): string => ` ip router isis core\n${more}router isis core\n net ${net}`;
const bgp = (as: number, neighbour: string): string => `router bgp ${as}\n neighbor ${neighbour}`;
const vrf = (name: string, targets: string): string =>
  `vrf ${name}
exit-vrf
router bgp 65000 vrf ${name}
 address-family ipv4 unicast
  label vpn export auto
  rd vpn export 65000:1
  ${targets}
  export vpn
  import vpn`;

describe('what configurations say to one another', () => {
  after(() => rmSync(folder, { recursive: true }));

  describe('of OSPF', () => {
    it('is nothing where both ends agree', async () => {
      expect(await said({ A: ospf('1.1.1.1'), B: ospf('2.2.2.2') })).to.deep.equal([]);
    });

    it('is a router id that two have', async () => {
      expect(await said({ A: ospf('1.1.1.1'), B: ospf('1.1.1.1') })).to.deep.equal([
        'router "B" has the OSPF router id 1.1.1.1, as router "A" has: others take them for one',
      ]);
    });

    const unequal: readonly (readonly [string, string, string])[] = [
      ['kind of network', ' ip ospf network point-to-point\n', 'OSPF network point-to-point and broadcast'],
      [
        'hello interval',
        ' ip ospf hello-interval 5\n ip ospf dead-interval 40\n',
        'OSPF hello interval 5 s and 10 s',
      ],
      ['dead interval', ' ip ospf dead-interval 20\n', 'OSPF dead interval 20 s and 40 s'],
      ['mtu', ' mtu 1400\n', 'OSPF exchanges no databases over MTUs of 1400 and 1500'],
    ];
    for (const [what, line, why] of unequal) {
      it(`is another ${what} at the other end of a link, told of the end that was read last`, async () => {
        expect(await said({ A: ospf('1.1.1.1'), B: ospf('2.2.2.2', line) })).to.deep.equal([
          `"B:to-A" and "A:to-B" will be no neighbours: ${why}`,
        ]);
      });
    }

    it('is another area at the other end of a link', async () => {
      expect(await said({ A: ospf('1.1.1.1'), B: ospf('2.2.2.2', '', 3) })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: OSPF area 0.0.0.3 and 0.0.0.0',
      ]);
    });

    it('is an area that is a stub for one end alone', async () => {
      const a = ` ip ospf area 1\nrouter ospf\n ospf router-id 1.1.1.1\n area 1 stub`;
      const b = ` ip ospf area 1\nrouter ospf\n ospf router-id 2.2.2.2`;
      expect(await said({ A: a, B: b })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: OSPF area 0.0.0.1 is no stub area and a stub area',
      ]);
    });

    it('is nothing of an MTU that is to be ignored, nor of passive ends, nor of one without OSPF', async () => {
      const ignoring = ' mtu 1400\n ip ospf mtu-ignore\n';
      expect(await said({ A: ospf('1.1.1.1'), B: ospf('2.2.2.2', ignoring) })).to.deep.equal([]);
      const passive = `${ospf('2.2.2.2', '', 3)}\n passive-interface to-A`;
      const other = `${ospf('1.1.1.1')}\n passive-interface to-B`;
      expect(await said({ A: other, B: passive })).to.deep.equal([]);
      expect(await said({ A: ospf('1.1.1.1') })).to.deep.equal([]);
    });

    it('is told of the end that the shadow has changed', async () => {
      const real = { A: ospf('1.1.1.1'), B: ospf('2.2.2.2') };
      const [warning] = await warnings(real, {
        A: 'interface to-B\n ip ospf hello-interval 5\n ip ospf dead-interval 40',
      });
      expect(warning.message).to.contain('OSPF hello interval 10 s and 5 s, in shadow');
      expect(warning.lineText.trim()).to.equal('interface to-B');
      expect(warning.line).to.be.above(20);
    });

    it('is an end that alone is passive, told where it is', async () => {
      const [a, b] = [ospf('1.1.1.1'), ospf('2.2.2.2')];
      const told = '"B:to-A" and "A:to-B" will be no neighbours: OSPF is passive at the';
      expect(await said({ A: a, B: `${b}\n passive-interface to-A` })).to.deep.equal([`${told} first alone`]);
      const [warning] = await warnings({ A: `${a}\n passive-interface to-B`, B: b }, {});
      expect(warning.message).to.equal(`${told} second alone`);
      expect(warning.lineText.trim()).to.equal('interface to-B');
    });

    const md5 = (id: number, key: string): string =>
      ` ip ospf authentication message-digest\n ip ospf message-digest-key ${id} md5 ${key}\n`;
    const chain = (id: number, algorithm: string, key: string): string =>
      `key chain K\n key ${id}\n  key-string ${key}\n  cryptographic-algorithm ${algorithm}\n exit\nexit\n` +
      'interface to-A\n ip ospf authentication key-chain K\n';
    const simple = (key: string): string => ` ip ospf authentication\n ip ospf authentication-key ${key}\n`;
    const keys: readonly (readonly [string, string, string])[] = [
      [md5(1, 'one'), '', 'OSPF authentication none and by keys'],
      [md5(1, 'one'), simple('one'), 'OSPF authentication by a password and by keys'],
      [simple('one'), simple('two'), 'OSPF passwords differ'],
      [md5(1, 'one'), md5(1, 'two'), 'OSPF key 1 is not the same one at both'],
      [md5(1, 'one'), md5(2, 'one'), 'OSPF key 2 signs at the first, and the other does not have it'],
      [
        md5(1, 'one'),
        ' ip ospf authentication message-digest\n',
        'OSPF packets are to be signed, and the first has no key',
      ],
      [md5(1, 'one'), chain(1, 'hmac-sha-256', 'one'), 'OSPF key 1 is hmac-sha-256 and md5'],
    ];
    for (const [a, b, why] of keys) {
      it(`is authentication that ends do not share: ${why}`, async () => {
        expect(await said({ A: ospf('1.1.1.1', a), B: ospf('2.2.2.2', b) })).to.deep.equal([
          `"B:to-A" and "A:to-B" will be no neighbours: ${why}`,
        ]);
        expect(await said({ A: ospf('1.1.1.1', a), B: ospf('2.2.2.2', a) })).to.deep.equal([]);
      });
    }

    it('says in which plane it is, and points at the line of that plane', async () => {
      const real = { A: ospf('1.1.1.1'), B: ospf('2.2.2.2') };
      const [warning] = await warnings(real, { B: 'interface to-A\n no ip ospf area\n ip ospf area 3' });
      expect(warning.message).to.equal(
        '"B:to-A" and "A:to-B" will be no neighbours: OSPF area 0.0.0.3 and 0.0.0.0, in shadow',
      );
      expect(warning.lineText).to.equal('      interface to-A');
      expect(warning.line).to.be.above(20);
    });
  });

  describe('of a link', () => {
    const to = (address: string): Lines => ({
      B: `interface to-A\n no ip address 10.0.0.2/30\n ip address ${address}`,
    });

    it('is two subnets on it, whatever runs over it, told of the line that has the address', async () => {
      const [warning, ...others] = await warnings({}, to('10.254.0.5/31'));
      expect(others).to.deep.equal([]);
      expect(warning.message).to.equal(
        '"B:to-A" and "A:to-B" have no subnet in common: 10.254.0.5/31, and 10.0.0.1/30, in shadow',
      );
      expect(warning.lineText.trim()).to.equal('ip address 10.254.0.5/31');
    });

    it('is nothing of a second address, of an end that is shut down, nor of ends without subnets', async () => {
      expect(await said({}, { B: 'interface to-A\n ip address 10.9.0.1/24' })).to.deep.equal([]);
      expect(await said({}, { B: `${to('10.254.0.5/31').B}\n shutdown` })).to.deep.equal([]);
      const bare = 'interface to-B\n no ip address 10.0.0.1/30\n ip address 10.0.0.1/32';
      expect(await said({}, { A: bare, ...to('10.9.9.9/32') })).to.deep.equal([]);
    });
  });

  describe('of a change', () => {
    it('is what it brings, told once, of its own lines', async () => {
      const both = { A: ospf('1.1.1.1'), B: ospf('2.2.2.2') };
      const area = (n: number): string =>
        `change: { configs: { B: "interface to-A\\n no ip ospf area\\n ip ospf area ${n}" } }`;
      const [first, ...others] = await warnings(both, {}, [area(3), area(0), area(3)]);
      expect([first, ...others].map(({ message }) => message)).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: OSPF area 0.0.0.3 and 0.0.0.0, in shadow after step 2',
      ]);
      expect(first.lineText).to.contain('ip ospf area 3');
    });
  });

  describe('of IS-IS', () => {
    it('is a password that ends do not share', async () => {
      const at = (net: number, more: string): string => isis(`49.0001.0000.0000.000${net}.00`, more);
      const apart = '"B:to-A" and "A:to-B" will be no neighbours: IS-IS';
      const password = (kind: string, secret: string): string => ` isis password ${kind} ${secret}\n`;
      const a = at(1, password('md5', 'tango'));
      expect(await said({ A: a, B: at(2, password('md5', 'tango')) })).to.deep.equal([]);
      expect(await said({ A: a, B: at(2, password('md5', 'foxtrot')) })).to.deep.equal([
        `${apart} passwords differ`,
      ]);
      expect(await said({ A: a, B: at(2, password('clear', 'tango')) })).to.deep.equal([
        `${apart} password clear and md5`,
      ]);
      expect(await said({ A: a, B: at(2, '') })).to.deep.equal([`${apart} password at the second alone`]);
      const domain = (net: number, secret: string): string =>
        `${at(net, '')}\n domain-password md5 ${secret}`;
      expect(await said({ A: domain(1, 'tango'), B: domain(2, 'foxtrot') })).to.deep.equal([
        `"B:to-A" and "A:to-B" will not take one another's LSPs of level 2: IS-IS domain passwords differ`,
      ]);
    });

    it('is an end that alone is passive', async () => {
      const [a, b] = [
        isis('49.0001.0000.0000.0001.00'),
        isis('49.0001.0000.0000.0002.00', ' isis passive\n'),
      ];
      expect(await said({ A: a, B: b })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: IS-IS is passive at the first alone',
      ]);
    });

    it('is nothing where both ends agree, or areas meet on level 2', async () => {
      const a = isis('49.0001.0000.0000.0001.00');
      expect(await said({ A: a, B: isis('49.0001.0000.0000.0002.00') })).to.deep.equal([]);
      expect(await said({ A: a, B: isis('49.0002.0000.0000.0002.00') })).to.deep.equal([]);
    });

    it('is a system id that two have', async () => {
      const a = isis('49.0001.0000.0000.0001.00');
      expect(await said({ A: a, B: isis('49.0002.0000.0000.0001.00') })).to.deep.equal([
        'router "B" has the IS-IS system id 000000000001, as router "A" has: others take them for one',
      ]);
    });

    it('is level 1 where areas differ, levels that do not meet, and another kind of network', async () => {
      const a = isis('49.0001.0000.0000.0001.00');
      const area2 = '49.0002.0000.0000.0002.00';
      expect(await said({ A: a, B: `${isis(area2)}\n is-type level-1` })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: IS-IS level 1 alone, and no area in common (490002; 490001)',
      ]);
      const upper = `${a}\n is-type level-2-only`;
      expect(await said({ A: upper, B: `${isis(area2)}\n is-type level-1` })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: IS-IS level 1, and level 2',
      ]);
      expect(await said({ A: a, B: isis(area2, ' isis network point-to-point\n') })).to.deep.equal([
        '"B:to-A" and "A:to-B" will be no neighbours: IS-IS network point-to-point and broadcast',
      ]);
    });
  });

  describe('of BGP', () => {
    it('is nothing where both are what the other says', async () => {
      expect(
        await said({
          A: bgp(65000, '10.0.0.2 remote-as internal'),
          B: bgp(65000, '10.0.0.1 remote-as 65000'),
        }),
      ).to.deep.equal([]);
    });

    it('is nothing of a neighbour that is shut down', async () => {
      const a = `${bgp(65000, '10.9.9.9 remote-as 65000')}\n neighbor 10.9.9.9 shutdown`;
      expect(await said({ A: a })).to.deep.equal([]);
    });

    it('is a neighbour that nobody is, that is the router itself, has no BGP, has no such neighbour, or is another AS', async () => {
      const has = (address: string): string => `router "A" has BGP neighbour ${address}`;
      const at = async (lines: string, other?: string): Promise<readonly string[]> =>
        (await said({ A: lines, ...(other !== undefined && { B: other }) })).filter((each) =>
          each.includes('router "A" has'),
        );
      const internal = (address: string): string => bgp(65000, `${address} remote-as 65000`);
      expect(await at(internal('10.9.9.9'))).to.deep.equal([
        `${has('10.9.9.9')}, which is no router's address, and no host's`,
      ]);
      expect(await at(internal('10.0.0.1'))).to.deep.equal([`${has('10.0.0.1')}, which is its own address`]);
      expect(await at(internal('10.0.0.2'))).to.deep.equal([
        `${has('10.0.0.2')}, which is router "B", but that has no BGP`,
      ]);
      expect(await at(internal('10.0.0.2'), 'router bgp 65000')).to.deep.equal([
        `${has('10.0.0.2')}, which is router "B", but that does not have it for a neighbour`,
      ]);
      expect(await at(internal('10.0.0.2'), bgp(65009, '10.0.0.1 remote-as external'))).to.deep.equal([
        `${has('10.0.0.2')} with remote-as 65000, but router "B" is AS 65009 there`,
      ]);
    });
  });

  describe('of a BGP session', () => {
    const session = (as: number, neighbour: string, password?: string): string =>
      `${bgp(as, `${neighbour} remote-as 65000`)}${password === undefined ? '' : `\n neighbor ${neighbour} password ${password}`}`;
    const has = 'router "A" has BGP neighbour 10.0.0.2';

    it('is nothing of equal passwords', async () => {
      expect(
        await said({ A: session(65000, '10.0.0.2', 'tango'), B: session(65000, '10.0.0.1', 'tango') }),
      ).to.deep.equal([]);
    });

    it('is a password that is another, or at one end alone', async () => {
      const at = async (a: string | undefined, b: string | undefined): Promise<string> =>
        (await said({ A: session(65000, '10.0.0.2', a), B: session(65000, '10.0.0.1', b) }))[0];
      expect(await at('tango', 'foxtrot')).to.equal(
        `${has} with another password than router "B" has for it`,
      );
      expect(await at('tango', undefined)).to.equal(`${has} with a password, but router "B" has none for it`);
      expect(await at(undefined, 'tango')).to.equal(
        `${has} without a password, but router "B" has one for it`,
      );
    });

    it('is told without the secret, where the line itself is shown', async () => {
      const real = { A: session(65000, '10.0.0.2'), B: session(65000, '10.0.0.1') };
      const told = await warnings(real, { A: 'router bgp 65000\n neighbor 10.0.0.2 password tango' });
      const shown = told.map(formatProblem).join('\n');
      expect(shown).to.contain('neighbor 10.0.0.2 password …');
      expect(shown).not.to.contain('tango');
    });
  });

  describe('of VPNs', () => {
    it('is nothing of targets that two VRFs share, or whose routes a route map marks', async () => {
      const a = vrf('RED', 'rt vpn both 65000:1');
      expect(await said({ A: a, B: a })).to.deep.equal([]);
      const map = 'route-map EXTRA permit 10\n set extcommunity rt 65000:2';
      expect(
        await said({
          A: `${vrf('RED', 'rt vpn export 65000:1\n  rt vpn import 65000:1 65000:2')}\n${map}`,
          B: a,
        }),
      ).to.deep.equal([]);
    });

    it('is a target that nobody else imports, exports, or has', async () => {
      const told = await said({
        A: vrf('RED', 'rt vpn import 65000:1\n  rt vpn export 65000:2'),
        B: vrf('RED', 'rt vpn both 65000:3'),
      });
      expect(told).to.deep.equal([
        'VRF "RED" of router "A" imports route target 65000:1, which no other VRF exports',
        'VRF "RED" of router "A" exports route target 65000:2, which no other VRF imports',
        'VRF "RED" of router "B" imports and exports route target 65000:3, which no other VRF has',
      ]);
    });
  });
});
