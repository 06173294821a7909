import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { attribute, updateOf } from '../../routerd/protocols/bgp/values.ts';
import { complaints, dissect } from '../../support/tshark.ts';
import { birdNeighbour, neighbour } from './bgp-text.ts';
import type { BirdRouter } from './bird.ts';
import { type Capture, merged } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { Program } from './process.ts';
import { type Routes, until } from './router.ts';

describe('BGP in a ring of FRR, BIRD and us, each an AS', () => {
  const O = `
hostname o
ip route 172.16.1.0/24 blackhole
interface lo
 ip address 10.255.0.1/32
interface of
 ip address 10.1.0.1/24
interface ob
 ip address 10.2.0.1/24
route-map MARK permit 10
 set community 65001:7 65001:8
 set large-community 65001:1:2
 set metric 50
router bgp 65001
 bgp router-id 10.255.0.1
 no bgp ebgp-requires-policy${neighbour('10.1.0.2', 4200000002)}${neighbour('10.2.0.3', 65003)}
 address-family ipv4 unicast
  network 172.16.1.0/24 route-map MARK
`;
  const F = `
interface lo
 ip address 10.255.0.2/32
interface of
 ip address 10.1.0.2/24
interface fb
 ip address 10.3.0.2/24
route-map MARK permit 10
 set community 65002:7
 set large-community 4200000002:1:2
router bgp 4200000002
 bgp router-id 10.255.0.2
 no bgp network import-check
 no bgp ebgp-requires-policy${neighbour('10.1.0.1', 65001)}${neighbour('10.3.0.3', 65003)}
 address-family ipv4 unicast
  network 172.16.2.0/24 route-map MARK
`;
  const B = `
router id 10.255.0.3;
protocol device {}
protocol direct { ipv4; interface "ob", "fb"; }
protocol static { ipv4; route 172.16.3.0/24 blackhole { bgp_large_community.add((65003, 5, 6)); }; }
${birdNeighbour('o', '10.2.0.1', 65001, 65003)}
${birdNeighbour('f', '10.3.0.2', 4200000002, 65003)}
`;
  const whole: Readonly<Record<'o' | 'f' | 'b', Routes>> = {
    o: { '172.16.2.0/24': '0 via 10.1.0.2%of', '172.16.3.0/24': '0 via 10.2.0.3%ob' },
    f: { '172.16.1.0/24': '50 via 10.1.0.1%of', '172.16.3.0/24': '0 via 10.3.0.3%fb' },
    b: { '172.16.1.0/24': '50 via 10.2.0.1%ob', '172.16.2.0/24': '0 via 10.3.0.2%fb' },
  };
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let bird: BirdRouter;
  let captures: readonly Capture[];

  before(async function () {
    skipWithout(this, 'frr', 'bird', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    bird = lab.bird('b', { ob: '10.2.0.3/24', fb: '10.3.0.3/24' });
    lab.link('of', ours, frr);
    lab.link('ob', ours, bird);
    lab.link('fb', frr, bird);
    captures = [await lab.capture('of', frr), await lab.capture('ob', bird)];
    await Promise.all([ours.start(O), frr.start(F), bird.start(B)]);
  });
  after(() => lab?.destroy());

  async function untilRoutes(wanted: typeof whole): Promise<void> {
    for (const [router, routes] of [
      [ours, wanted.o],
      [frr, wanted.f],
      [bird, wanted.b],
    ] as const) {
      const same = (seen: Routes) => JSON.stringify(seen) === JSON.stringify(routes);
      await until(`routes of ${router.name}: ${JSON.stringify(routes)}`, () => router.routes('bgp'), same);
    }
  }

  it('has the same routes on all sides', async () => {
    await untilRoutes(whole);
  });

  it('passes on AS paths of four bytes, communities, large communities and MED as they should be', async () => {
    const atFrr = async (prefix: string) => {
      const answer = (await frr.showJson(`bgp ipv4 unicast ${prefix}`, 'bgpd')) as FrrPaths;
      return answer.paths.map(
        (path): FrrTold => ({
          path: path.aspath.string,
          communities: path.community?.string,
          large: path.largeCommunity?.string,
        }),
      );
    };
    const untilAtFrr = (prefix: string, wanted: FrrTold) =>
      until(
        `${prefix} at FRR with ${JSON.stringify(wanted)}`,
        () => atFrr(prefix),
        (paths) => paths.some((path) => isDeepStrictEqual(path, wanted)),
      );
    await untilAtFrr('172.16.1.0/24', {
      path: '65001',
      communities: '65001:7 65001:8',
      large: '65001:1:2',
    });
    await untilAtFrr('172.16.3.0/24', {
      path: '65001 65003',
      communities: undefined,
      large: '65003:5:6',
    });
    const untilAtBird = (prefix: string, ...wanted: readonly string[]) =>
      until(
        `${prefix} at BIRD with ${wanted.join('; ')}`,
        () => bird.birdc(`show route ${prefix} all protocol o`),
        (text) => wanted.every((line) => text.includes(`${line}\n`)),
      );
    await untilAtBird(
      '172.16.2.0/24',
      'BGP.as_path: 65001 4200000002',
      'BGP.community: (65002,7)',
      'BGP.large_community: (4200000002, 1, 2)',
    );
    await untilAtBird('172.16.1.0/24', 'BGP.med: 50', 'BGP.community: (65001,7) (65001,8)');
  });

  it('sends everything again when it is asked to (RFC 2918)', async () => {
    await frr.configure('route-map IN permit 10\n set metric 77\nexit');
    await frr.configure(
      'router bgp 4200000002\n address-family ipv4 unicast\n  neighbor 10.1.0.1 route-map IN in\n',
    );
    const with77 = { ...whole, f: { ...whole.f, '172.16.1.0/24': '77 via 10.1.0.1%of' } };
    await untilRoutes(with77);
    await frr.configure(
      'router bgp 4200000002\n address-family ipv4 unicast\n  no neighbor 10.1.0.1 route-map IN in\n',
    );
    await untilRoutes(whole);
    bird.birdc('reload in o');
    await untilRoutes(whole);
  });

  it('goes the other way round when a link fails, and back', async () => {
    lab.setLink('of', frr, 'down');
    await untilRoutes({
      o: { ...whole.o, '172.16.2.0/24': '0 via 10.2.0.3%ob' },
      f: { ...whole.f, '172.16.1.0/24': '0 via 10.3.0.3%fb' },
      b: whole.b,
    });
    lab.setLink('of', frr, 'up');
    await untilRoutes(whole);
  });

  for (const name of ['FRR', 'BIRD', 'ours'] as const) {
    it(`is whole again after ${name} was killed and started`, async () => {
      const router = { FRR: frr, BIRD: bird, ours }[name];
      await router.kill();
      const gone = { FRR: '172.16.2.0/24', BIRD: '172.16.3.0/24', ours: '172.16.1.0/24' }[name];
      const other = name === 'ours' ? frr : ours;
      await until(
        `${gone} is gone`,
        () => other.routes('bgp'),
        (routes) => !(gone in routes),
      );
      await router.start();
      await untilRoutes(whole);
    });
  }

  it('says why it ends: shut down, or by more prefixes than a neighbour may have', async () => {
    await ours.configure(`${O} exit-address-family\n neighbor 10.1.0.2 shutdown\n`);
    const reset = async () => {
      const answer = (await frr.showJson('bgp neighbors 10.1.0.1', 'bgpd')) as FrrNeighbours;
      return answer['10.1.0.1']?.lastNotificationReason;
    };
    await until('FRR was told', reset, (reason) => reason === 'Cease/Administrative Shutdown');
    await ours.configure(O);
    await untilRoutes(whole);
    await ours.configure(`${O}  neighbor 10.1.0.2 maximum-prefix 1\n`);
    await until('FRR was told', reset, (reason) => reason === 'Cease/Maximum Number of Prefixes Reached');
    await ours.configure(O);
    await untilRoutes(whole);
  });

  it('no packet of ours makes tshark complain', async () => {
    const file = await merged(captures);
    for (const own of ['10.1.0.1', '10.2.0.1']) {
      expect(dissect(file, `bgp.type == 2 && ip.src == ${own}`, ['frame.number'])).not.to.deep.equal([]);
      expect(complaints(file, `bgp && ip.src == ${own}`)).to.deep.equal([]);
    }
  });
});

interface FrrTold {
  readonly path: string;
  readonly communities: string | undefined;
  readonly large: string | undefined;
}

interface FrrPaths {
  readonly paths: readonly {
    readonly aspath: { readonly string: string };
    readonly community?: { readonly string: string };
    readonly largeCommunity?: { readonly string: string };
  }[];
}

type FrrNeighbours = Readonly<Record<string, { readonly lastNotificationReason?: string }>>;

describe('BGP within an AS, on a segment', () => {
  const PASSWORD = 'se-cret';
  /** Ours is 10.9.0.1 and FRR 10.9.0.2; both speak one language. A reflector has a session with BIRD, too. */
  const text = (own: 1 | 2, isReflector: boolean) => {
    const peers = [`10.9.0.${3 - own}`, ...(isReflector ? ['10.9.0.3'] : [])];
    const lines = peers.map((peer) => `${neighbour(peer, 65010)}\n neighbor ${peer} password ${PASSWORD}`);
    const clients = peers.map((peer) => `  neighbor ${peer} route-reflector-client`);
    return `
${own === 1 ? 'hostname o\nip route 172.16.1.0/24 blackhole' : ''}
interface lan
 ip address 10.9.0.${own}/24
router bgp 65010
 bgp router-id 10.255.0.${own}${own === 2 ? '\n no bgp network import-check' : ''}${lines.join('')}
 address-family ipv4 unicast
  network 172.16.${own}.0/24
${isReflector ? clients.join('\n') : ''}
`;
  };
  const B = `
router id 10.255.0.3;
protocol device {}
protocol direct { ipv4; interface "lan"; }
protocol static { ipv4; route 172.16.3.0/24 blackhole; }
${birdNeighbour('o', '10.9.0.1', 65010, 65010, `password "${PASSWORD}";`)}
`;
  const whole: Readonly<Record<'o' | 'f' | 'b', Routes>> = {
    o: { '172.16.2.0/24': '0 via 10.9.0.2%lan', '172.16.3.0/24': '0 via 10.9.0.3%lan' },
    f: { '172.16.1.0/24': '0 via 10.9.0.1%lan', '172.16.3.0/24': '0 via 10.9.0.3%lan' },
    b: { '172.16.1.0/24': '0 via 10.9.0.1%lan', '172.16.2.0/24': '0 via 10.9.0.2%lan' },
  };
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let bird: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    bird = lab.bird('b', { lan: '10.9.0.3/24' });
    lab.segment('lan', ours, frr, bird);
    await Promise.all([ours.start(text(1, true)), frr.start(text(2, false)), bird.start(B)]);
  });
  after(() => lab?.destroy());

  async function untilRoutes(wanted: typeof whole): Promise<void> {
    for (const [router, routes] of [
      [ours, wanted.o],
      [frr, wanted.f],
      [bird, wanted.b],
    ] as const) {
      const same = (seen: Routes) => JSON.stringify(seen) === JSON.stringify(routes);
      await until(`routes of ${router.name}: ${JSON.stringify(routes)}`, () => router.routes('bgp'), same);
    }
  }

  it('reflects routes between FRR and BIRD, over sessions that are signed (RFC 2385)', async () => {
    await untilRoutes(whole);
    const lines = [
      'originator_id: 10.255.0.2',
      'cluster_list: 10.255.0.1',
      'local_pref: 100',
      'next_hop: 10.9.0.2',
    ];
    await until(
      `a reflected route with ${lines.join('; ')}`,
      () => bird.birdc('show route 172.16.2.0/24 all'),
      (text) => lines.every((line) => text.includes(`BGP.${line}\n`)),
    );
  });

  it('loses everything a hold time after the segment went silent, and finds it again', async () => {
    lab.setSegment('lan', 'down');
    await untilRoutes({ o: {}, f: {}, b: {} });
    lab.setSegment('lan', 'up');
    await untilRoutes(whole);
  });

  it('with another password there is no session', async () => {
    await frr.configure('router bgp 65010\n neighbor 10.9.0.1 password another\n');
    await until(
      'without FRR',
      () => ours.routes('bgp'),
      (routes) => !('172.16.2.0/24' in routes),
    );
    await frr.configure(`router bgp 65010\n neighbor 10.9.0.1 password ${PASSWORD}\n`);
    await untilRoutes(whole);
  });

  it('is reflected by FRR, too: we are a client, and BIRD another', async () => {
    await Promise.all([ours.kill(), frr.kill(), bird.kill()]);
    await Promise.all([
      ours.start(text(1, false)),
      frr.start(text(2, true)),
      bird.start(B.replace('neighbor 10.9.0.1 as', 'neighbor 10.9.0.2 as')),
    ]);
    await untilRoutes(whole);
  });
});

const ORIGIN = attribute(0x40, 1, 0);
const AS_PATH = attribute(0x40, 2, 2, 1, 0, 0, 0xfd, 0xec);
const NEXT_HOP = attribute(0x40, 3, 10, 7, 0, 9);
const GOOD = [ORIGIN, AS_PATH, NEXT_HOP];
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * What is wrong, attributes, and whether the route is withdrawn over it. FRR 8.4 and we agree on each, while the wrong
 * one is the last: after another FRR looks for the prefixes in the wrong place, and ends the session over them.
 */
const FAULTS: readonly (readonly [string, readonly (readonly number[])[], 'withdrawn' | 'kept'])[] = [
  ['nothing', GOOD, 'kept'],
  ['ORIGIN of 9', [AS_PATH, NEXT_HOP, attribute(0x40, 1, 9)], 'withdrawn'],
  ['ORIGIN of two bytes', [AS_PATH, NEXT_HOP, attribute(0x40, 1, 0, 0)], 'withdrawn'],
  ['AS_PATH with an empty segment', [ORIGIN, NEXT_HOP, attribute(0x40, 2, 2, 0)], 'withdrawn'],
  ['AS_PATH with an unknown segment', [ORIGIN, NEXT_HOP, attribute(0x40, 2, 9, 1, 0, 0, 0, 1)], 'withdrawn'],
  ['no NEXT_HOP', [ORIGIN, AS_PATH], 'withdrawn'],
  ['MED of three bytes', [...GOOD, attribute(0x80, 4, 0, 0, 1)], 'withdrawn'],
  ['ATOMIC_AGGREGATE with a value', [...GOOD, attribute(0x40, 6, 1)], 'kept'],
  ['AGGREGATOR of seven bytes', [...GOOD, attribute(0xc0, 7, 1, 2, 3, 4, 5, 6, 7)], 'kept'],
  ['COMMUNITIES of five bytes', [...GOOD, attribute(0xc0, 8, 1, 2, 3, 4, 5)], 'withdrawn'],
  ['extended communities of seven bytes', [...GOOD, attribute(0xc0, 16, 1, 2, 3, 4, 5, 6, 7)], 'withdrawn'],
  ['large communities of five bytes', [...GOOD, attribute(0xc0, 32, 1, 2, 3, 4, 5)], 'withdrawn'],
];

describe('Malformed UPDATEs (RFC 7606), by us and by FRR', () => {
  const text = (own: number) => `
interface lan
 ip address 10.7.0.${own}/24
router bgp 6501${own}
 bgp router-id 10.255.7.${own}
 no bgp ebgp-requires-policy
 neighbor 10.7.0.9 remote-as 65004
 neighbor 10.7.0.9 passive
 address-family ipv4 unicast
`;
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let script: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    // Its namespace and address alone: the neighbour is a script.
    script = lab.bird('s', { lan: '10.7.0.9/24' });
    lab.segment('lan', ours, frr, script);
    await Promise.all([ours.start(`hostname o${text(1)}`), frr.start(text(2))]);
  });
  after(() => lab?.destroy());

  /** Each fault has a prefix that is announced well before, and another one follows them all. */
  const messages = FAULTS.flatMap(([, attributes], index) => {
    const nlri = [24, 203, 0, index];
    return [updateOf({ attributes: GOOD, nlri }), updateOf({ attributes, nlri })];
  });
  const last = updateOf({ attributes: GOOD, nlri: [24, 198, 51, 100] });

  for (const [name, remote] of [
    ['us', '10.7.0.1'],
    ['FRR', '10.7.0.2'],
  ] as const) {
    it(`withdraw the routes that they announce, and leave the session as it is, with ${name}`, async () => {
      const words = [process.execPath, 'test/host/interop/bgp-script.ts', remote, '65004'];
      const neighbour = new Program(script.namespace, [...words, ...[...messages, last].map(hexOf)]);
      const router = name === 'us' ? ours : frr;
      const kept = FAULTS.flatMap(([, , fate], index) => (fate === 'kept' ? [`203.0.${index}.0/24`] : []));
      const wanted = ['198.51.100.0/24', ...kept].join();
      await until(
        'the last route, and those that are kept',
        () => router.routes('bgp'),
        (seen) => Object.keys(seen).join() === wanted,
      );
      expect(neighbour.said).to.equal('established\nsent\n');
      await neighbour.end('SIGKILL');
    });
  }
});

describe('100,000 routes from FRR, and as many from BIRD', () => {
  const COUNT = 100_000;
  /** Whoever is silent for so long has forgotten his neighbours over his work. */
  const HOLD_S = 30;
  /** /24s from 20.0.0.0 on, or from 60.0.0.0 on. */
  const prefixOf = (first: number, index: number) =>
    `${first + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}.0/24`;
  const birdText = (id: string, first: number, session: string) => `
router id ${id};
protocol device {}
protocol direct { ipv4; interface "ob", "fb"; }
protocol static { ipv4; ${Array.from({ length: COUNT }, (_, i) => `route ${prefixOf(first, i)} blackhole;`).join('\n')} }
${session}
`;
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let near: BirdRouter;
  let far: BirdRouter;

  before(async function () {
    skipWithout(this, 'frr', 'bird');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['bgpd']);
    near = lab.bird('b', { ob: '10.2.0.3/24' });
    far = lab.bird('c', { fb: '10.3.0.4/24' });
    lab.link('ob', ours, near);
    lab.link('of', ours, frr);
    lab.link('fb', frr, far);
    const between = (own: string, as: number, links: string, neighbours: string) => `${links}
router bgp ${as}
 bgp router-id ${own}
 no bgp ebgp-requires-policy${neighbours}
 address-family ipv4 unicast
`;
    await Promise.all([
      ours.start(
        between(
          '10.255.0.1',
          65001,
          'hostname o\ninterface of\n ip address 10.1.0.1/24\ninterface ob\n ip address 10.2.0.1/24',
          neighbour('10.1.0.2', 65002, HOLD_S) + neighbour('10.2.0.3', 65003, HOLD_S),
        ),
      ),
      frr.start(
        between(
          '10.255.0.2',
          65002,
          'interface of\n ip address 10.1.0.2/24\ninterface fb\n ip address 10.3.0.2/24',
          neighbour('10.1.0.1', 65001, HOLD_S) + neighbour('10.3.0.4', 65004, HOLD_S),
        ),
      ),
      near.start(birdText('10.255.0.3', 20, birdNeighbour('o', '10.2.0.1', 65001, 65003, '', HOLD_S))),
      far.start(birdText('10.255.0.4', 60, birdNeighbour('f', '10.3.0.2', 65002, 65004, '', HOLD_S))),
    ]);
  });
  after(() => lab?.destroy());

  it('pass through us in both directions, and no session is lost over it', async () => {
    const fromUs = async () => {
      const { peers } = (await frr.showJson('bgp ipv4 unicast summary', 'bgpd')) as FrrSummary;
      return peers['10.1.0.1'];
    };
    await until('FRR has them', fromUs, (peer) => peer?.pfxRcd === COUNT);
    const imported = () => /Routes: +(\d+) imported/.exec(near.birdc('show protocols all o'))?.[1];
    await until('BIRD has them', imported, (count) => count === String(COUNT));
    const last = near.birdc(`show route ${prefixOf(60, COUNT - 1)} all`);
    expect(last).to.match(/BGP.as_path: 65001 65002 65004\n/);
    const { length } = Object.keys(await ours.routes('bgp'));
    expect(length).to.equal(2 * COUNT);
    expect((await fromUs())?.connectionsDropped ?? 0).to.equal(0);
  });
});

interface FrrSummary {
  readonly peers: Readonly<Record<string, { readonly pfxRcd: number; readonly connectionsDropped?: number }>>;
}
