import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Expectation } from '../../src/analysis/expectation.ts';
import type { Fact } from '../../src/analysis/facts.ts';
import { judge } from '../../src/analysis/judge.ts';
import { viewOf } from '../../src/analysis/view.ts';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';
import type { NeighbourEntry } from '../../src/world/observation.ts';
import { BOB, finished, MS, PROBE, packet, probe, runStarted, started } from './run-builder.ts';

/** Of A and D, which have bob's and alice's links; B and C say nothing. */
interface Texts {
  readonly A: string;
  readonly D: string;
}

const STEP = 2;
const lost: Expectation = { kind: 'lost', count: { op: '==', value: 0 } };

function written(text: string): string {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

/** The hints, with the line that they point at, where A has no route to bob in shadow. */
function told(real: Texts, shadow: Texts, facts: readonly Fact[] = []): readonly string[] {
  const configs = (['A', 'D'] as const).map((router) => ({
    router,
    real: written(real[router]),
    shadow: written(shadow[router]),
    diff: '',
  }));
  const dropped = [0, 1, 2].flatMap((index) =>
    packet((5 + index) * MS, ['A'], { flow: PROBE, plane: 'shadow', dropped: { reason: 'no-route' } }),
  );
  const { hints } = judge(
    lost,
    STEP,
    viewOf([
      runStarted({ configs }),
      started(1, 0),
      started(STEP, MS),
      ...facts,
      ...dropped,
      probe(STEP, [null, null, null], { sinceNs: 5 * MS }),
      finished(STEP, 5e9),
    ]),
  );
  return hints.map(({ text, config }) => `${text}${config === undefined ? '' : ` [${config.text}]`}`);
}

const bgp = (more = ''): string => `router bgp 65000\n${more}`;

function session(
  router: string,
  address: string,
  plane: 'real' | 'shadow',
  up: boolean,
  reason?: string,
): Fact {
  const entry: NeighbourEntry = {
    port: '',
    routerId: address,
    address,
    state: up ? 'Established' : 'Idle',
    role: '-',
    protocol: 'bgp',
    ...(reason !== undefined && { reason }),
  };
  return { t: 0, fact: 'neighbours', step: STEP, router, plane, entries: [entry] };
}

describe('hints of BGP', () => {
  const D = ' neighbor 10.255.0.4 remote-as 65000\n';
  const A = ' neighbor 10.255.0.1 remote-as 65000\n';
  const both = { A: bgp(D), D: bgp(A) };
  const inReal = [session('A', '10.255.0.4', 'real', true), session('D', '10.255.0.1', 'real', true)];

  it('name a session that is not established, why, and the line that ended it', () => {
    const shadow = { ...both, D: bgp(`${A} neighbor 10.255.0.1 shutdown\n`) };
    expect(
      told(both, shadow, [
        ...inReal,
        session('A', '10.255.0.4', 'shadow', false, 'the neighbour said: cease: administrative shutdown'),
        session('D', '10.255.0.1', 'shadow', false, 'it is shut down'),
      ]),
    ).to.include(
      'the BGP session of D with A (10.255.0.1) is not established in shadow (Idle: it is shut down); ' +
        '"neighbor 10.255.0.1 shutdown" is set on D [neighbor 10.255.0.1 shutdown]',
    );
  });

  it('name the line of a key that is not the same, of the neighbour or of its group, and not the key', () => {
    const down = [
      ...inReal,
      session('A', '10.255.0.4', 'shadow', false),
      session('D', '10.255.0.1', 'shadow', false),
    ];
    const keyed = (key: string): Texts => ({ ...both, A: bgp(`${D} neighbor 10.255.0.4 password ${key}\n`) });
    const what = 'the BGP session of A with D (10.255.0.4) is not established in shadow (Idle)';
    const hints = told(keyed('tango'), keyed('foxtrot'), down);
    expect(hints).to.include(
      `${what}; another "neighbor 10.255.0.4 password …" is set on A [neighbor 10.255.0.4 password …]`,
    );
    const group = (key: string): Texts => ({
      ...both,
      A: bgp(
        ` neighbor G peer-group\n neighbor G remote-as 65000\n neighbor G password ${key}\n neighbor 10.255.0.4 peer-group G\n`,
      ),
    });
    const ofGroup = told(group('tango'), group('foxtrot'), down);
    expect(ofGroup).to.include(
      `${what}; another "neighbor G password …" is set on A [neighbor G password …]`,
    );
    expect([...hints, ...ofGroup].join()).not.to.match(/tango|foxtrot/);
  });

  it('name a neighbour that is none any more', () => {
    const gone: Fact = { t: 0, fact: 'neighbours', step: STEP, router: 'D', plane: 'shadow', entries: [] };
    expect(told(both, { ...both, D: bgp() }, [...inReal, gone])).to.include(
      'D does not have A (10.255.0.1) for a BGP neighbour in shadow, as it has in real; ' +
        '"neighbor 10.255.0.1 remote-as 65000" is missing on D [neighbor 10.255.0.1 remote-as 65000]',
    );
  });

  it('say nothing of a session whose router is failed', () => {
    const failed: Fact = { t: 2 * MS, fact: 'failed', step: STEP, plane: 'shadow', target: 'router D' };
    const hints = told(both, both, [
      ...inReal,
      session('A', '10.255.0.4', 'shadow', false, 'hold timer expired'),
      failed,
    ]);
    expect(hints.filter((text) => text.includes('session'))).to.deep.equal([]);
  });

  it('name the route that was refused, and the policy', () => {
    const policy = `${D} address-family ipv4 unicast\n  neighbor 10.255.0.4 route-map NONE in\n exit-address-family\nroute-map NONE deny 10\n`;
    const refused: Fact = {
      t: 0,
      fact: 'bgp',
      step: STEP,
      router: 'A',
      plane: 'shadow',
      address: BOB,
      refused: [{ neighbour: '10.255.0.4', prefix: '10.0.9.0/24', by: 'route-map NONE' }],
    };
    const inRealToo: Fact = { ...refused, plane: 'real' };
    const alike = told({ ...both, A: bgp(policy) }, { ...both, A: bgp(policy) }, [refused, inRealToo]);
    expect(alike.filter((text) => text.includes('refuses'))).to.deep.equal([]);
    expect(told(both, { ...both, A: bgp(policy) }, [refused])).to.include(
      'A refuses 10.0.9.0/24 of D in shadow, by route-map NONE [neighbor 10.255.0.4 route-map NONE in]',
    );
  });
});

describe('hints of VPNs', () => {
  const site = (port: string, vpn: string): string =>
    `vrf RED\nexit-vrf\ninterface ${port} vrf RED\n ip address 10.9.0.1/24\nrouter bgp 65000\nrouter bgp 65000 vrf RED\n address-family ipv4 unicast\n${vpn}`;
  const all = (targets: string): string =>
    `  redistribute connected\n  label vpn export auto\n  rd vpn export 65000:1\n  ${targets}\n  export vpn\n  import vpn\n`;
  const A = site('to-alice', all('rt vpn both 65000:1'));
  const of = (far: string): readonly string[] => {
    const shadow = { A, D: far };
    return told(shadow, shadow).filter((text) => text.includes('VRF') || text.includes('target'));
  };

  it('say nothing where the targets meet', () => {
    expect(of(site('to-bob', all('rt vpn both 65000:1')))).to.deep.equal([]);
  });

  it('name the targets that do not meet, and those that nobody has', () => {
    expect(of(site('to-bob', all('rt vpn both 65000:9')))).to.deep.equal([
      'VRF RED of A imports route target 65000:1 in shadow, and VRF RED of D exports 65000:9 [rt vpn both 65000:9]',
    ]);
    expect(of(site('to-bob', all('rt vpn export 65000:9')))).to.include.members([
      'no router imports route target 65000:9 in shadow [rt vpn export 65000:9]',
    ]);
  });

  it('name what is missing for a route to be given, or taken', () => {
    expect(of(site('to-bob', all('rt vpn both 65000:1').replace('  export vpn\n', '')))).to.deep.equal([
      'VRF RED of D gives the VPN nothing in shadow: there is no "export vpn" [router bgp 65000 vrf RED]',
    ]);
  });

  it('say when one end is in no VRF', () => {
    expect(of('interface to-bob\n ip address 10.9.0.1/24')).to.deep.equal([
      'in shadow to-alice of A is in VRF RED, and to-bob of D is in no VRF',
    ]);
  });
});
