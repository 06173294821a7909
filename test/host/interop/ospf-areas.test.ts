import { after, before, describe, it } from 'mocha';
import type { BirdRouter } from './bird.ts';
import type { Capture } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import { expectNoComplaints, untilRoutes } from './ospf.ts';
import { addressesOf, birdText, frrText, type OspfRouter } from './ospf-text.ts';
import type { OurRouter } from './ours.ts';

/**
 * We are the border between
 *
 *     area 0: z (FRR), which announces externals of both types
 *     area 1, an NSSA: n (FRR), which announces an external of its own
 *     area 2, a stub area: s (BIRD)
 */
describe('OSPF areas with us as their border', () => {
  const ourSide: OspfRouter = {
    routerId: '10.255.0.1',
    interfaces: {
      lo: { address: '10.255.0.1/32' },
      oz: { address: '10.0.0.1/24' },
      on: { address: '10.1.0.1/24', area: '1' },
      os: { address: '10.2.0.1/24', area: '2' },
    },
    lines: ['area 1 nssa', 'area 2 stub', 'area 2 default-cost 7'],
  };
  const zSide: OspfRouter = {
    routerId: '10.255.0.2',
    interfaces: { lo: { address: '10.255.0.2/32' }, oz: { address: '10.0.0.2/24' } },
    lines: ['redistribute static metric 100 metric-type 2 route-map MAP'],
    outside: [
      'ip route 172.16.1.0/24 blackhole',
      'ip route 172.16.2.0/24 blackhole',
      'ip prefix-list ONE permit 172.16.1.0/24',
      'route-map MAP permit 10',
      ' match ip address prefix-list ONE',
      ' set metric-type type-1',
      'exit',
      'route-map MAP permit 20',
    ],
  };
  const nSide: OspfRouter = {
    routerId: '10.255.0.3',
    interfaces: {
      lo: { address: '10.255.0.3/32', area: '1' },
      on: { address: '10.1.0.3/24', area: '1' },
    },
    lines: ['area 1 nssa', 'redistribute static metric 50'],
    outside: ['ip route 172.17.0.0/16 blackhole'],
  };
  const sSide: OspfRouter = {
    routerId: '10.255.0.4',
    interfaces: {
      lo: { address: '10.255.0.4/32', area: '2' },
      os: { address: '10.2.0.4/24', area: '2' },
    },
    areaLines: { '2': ['stub;'] },
  };
  let lab: InteropLab;
  let ours: OurRouter;
  let z: FrrRouter;
  let n: FrrRouter;
  let s: BirdRouter;
  let captures: readonly Capture[];

  before(async function () {
    skipWithout(this, 'frr', 'bird', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    z = lab.frr('z', ['ospfd', 'staticd']);
    n = lab.frr('n', ['ospfd', 'staticd']);
    s = lab.bird('s', addressesOf(sSide));
    lab.link('oz', ours, z);
    lab.link('on', ours, n);
    lab.link('os', ours, s);
    captures = [await lab.capture('oz', z), await lab.capture('on', n), await lab.capture('os', s)];
    await Promise.all([
      ours.start(frrText(ourSide)),
      z.start(frrText(zSide)),
      n.start(frrText(nSide)),
      s.start(birdText(sSide)),
    ]);
  });
  after(() => lab?.destroy());

  it('has us know all: what is within, and what is without by both types', () =>
    untilRoutes(ours, {
      '10.255.0.2/32': '10 via 10.0.0.2%oz',
      '10.255.0.3/32': '10 via 10.1.0.3%on',
      '10.255.0.4/32': '10 via 10.2.0.4%os',
      '172.16.1.0/24': '110 via 10.0.0.2%oz',
      '172.16.2.0/24': '100 via 10.0.0.2%oz',
      '172.17.0.0/16': '50 via 10.1.0.3%on',
    }));

  it('tells the backbone of both areas, and of the external of the NSSA, which we translate', () =>
    untilRoutes(z, {
      '10.1.0.0/24': '20 via 10.0.0.1%oz',
      '10.2.0.0/24': '20 via 10.0.0.1%oz',
      '10.255.0.1/32': '10 via 10.0.0.1%oz',
      '10.255.0.3/32': '20 via 10.0.0.1%oz',
      '10.255.0.4/32': '20 via 10.0.0.1%oz',
      '172.17.0.0/16': '50 via 10.0.0.1%oz',
    }));

  it('tells the NSSA of the other areas, and of no external', () =>
    untilRoutes(n, {
      '10.0.0.0/24': '20 via 10.1.0.1%on',
      '10.2.0.0/24': '20 via 10.1.0.1%on',
      '10.255.0.1/32': '10 via 10.1.0.1%on',
      '10.255.0.2/32': '20 via 10.1.0.1%on',
      '10.255.0.4/32': '20 via 10.1.0.1%on',
    }));

  it('tells the stub area of the other areas, and of a default route instead of externals', () =>
    untilRoutes(s, {
      '0.0.0.0/0': '17 via 10.2.0.1%os',
      '10.0.0.0/24': '20 via 10.2.0.1%os',
      '10.1.0.0/24': '20 via 10.2.0.1%os',
      '10.255.0.1/32': '10 via 10.2.0.1%os',
      '10.255.0.2/32': '20 via 10.2.0.1%os',
      '10.255.0.3/32': '20 via 10.2.0.1%os',
    }));

  it('sums up by a range, tells a totally stubby area no more than the default, and an NSSA a default', async () => {
    const lines = [
      'area 1 nssa default-information-originate',
      'area 2 stub no-summary',
      'area 1 range 10.255.0.0/24',
      'area 1 range 10.1.0.0/16 not-advertise',
    ];
    await ours.configure(frrText({ ...ourSide, lines: [...lines, 'area 2 default-cost 7'] }));
    await untilRoutes(z, {
      '10.2.0.0/24': '20 via 10.0.0.1%oz',
      '10.255.0.0/24': '20 via 10.0.0.1%oz',
      '10.255.0.1/32': '10 via 10.0.0.1%oz',
      '10.255.0.4/32': '20 via 10.0.0.1%oz',
      '172.17.0.0/16': '50 via 10.0.0.1%oz',
    });
    await untilRoutes(s, { '0.0.0.0/0': '17 via 10.2.0.1%os' });
    await untilRoutes(n, {
      '0.0.0.0/0': '1 via 10.1.0.1%on',
      '10.0.0.0/24': '20 via 10.1.0.1%on',
      '10.2.0.0/24': '20 via 10.1.0.1%on',
      '10.255.0.1/32': '10 via 10.1.0.1%on',
      '10.255.0.2/32': '20 via 10.1.0.1%on',
      '10.255.0.4/32': '20 via 10.1.0.1%on',
    });
  });

  it('loses what is redistributed no longer, and gains what is anew', async () => {
    await n.configure('no ip route 172.17.0.0/16 blackhole\nip route 172.18.0.0/16 blackhole\n');
    await untilRoutes(z, {
      '10.2.0.0/24': '20 via 10.0.0.1%oz',
      '10.255.0.0/24': '20 via 10.0.0.1%oz',
      '10.255.0.1/32': '10 via 10.0.0.1%oz',
      '10.255.0.4/32': '20 via 10.0.0.1%oz',
      '172.18.0.0/16': '50 via 10.0.0.1%oz',
    });
  });

  it('sent nothing that tshark complains of', async () => {
    await expectNoComplaints(captures);
  });
});

/**
 * FRR is the border: we are in the backbone, announcing externals of both types, and in its NSSA, announcing one;
 * BIRD is the border to a further area of ours.
 *
 *     n (ours, NSSA 1) ── f (FRR) ── area 0 ── o (ours) ── area 0 ── b (BIRD) ── p (ours, area 3)
 */
describe('OSPF areas with FRR and BIRD as their borders', () => {
  const statics = (...prefixes: readonly string[]): string[] =>
    prefixes.map((prefix) => `ip route ${prefix} blackhole`);
  const oSide: OspfRouter = {
    routerId: '10.255.0.1',
    interfaces: {
      lo: { address: '10.255.0.1/32' },
      of: { address: '10.0.1.1/24' },
      ob: { address: '10.0.2.1/24' },
    },
    lines: ['redistribute static metric 100 metric-type 1'],
    outside: statics('172.16.0.0/16'),
  };
  const fSide: OspfRouter = {
    routerId: '10.255.0.2',
    interfaces: { of: { address: '10.0.1.2/24' }, nf: { address: '10.1.0.2/24', area: '1' } },
    lines: ['area 1 nssa'],
  };
  const nSide: OspfRouter = {
    routerId: '10.255.0.3',
    interfaces: { nf: { address: '10.1.0.3/24', area: '1' } },
    lines: ['area 1 nssa', 'redistribute static metric 50 metric-type 2'],
    outside: statics('172.17.0.0/16'),
  };
  const bSide: OspfRouter = {
    routerId: '10.255.0.4',
    interfaces: { ob: { address: '10.0.2.4/24' }, pb: { address: '10.3.0.4/24', area: '3' } },
  };
  const pSide: OspfRouter = {
    routerId: '10.255.0.5',
    interfaces: {
      lo: { address: '10.255.0.5/32', area: '3' },
      pb: { address: '10.3.0.5/24', area: '3' },
    },
  };
  let lab: InteropLab;
  let o: OurRouter;
  let f: FrrRouter;
  let n: OurRouter;
  let b: BirdRouter;
  let p: OurRouter;
  let captures: readonly Capture[];

  before(async function () {
    skipWithout(this, 'frr', 'bird', 'tshark');
    lab = new InteropLab();
    [o, n, p] = [lab.ours('o'), lab.ours('n'), lab.ours('p')];
    f = lab.frr('f', ['ospfd', 'staticd']);
    b = lab.bird('b', addressesOf(bSide));
    lab.link('of', o, f);
    lab.link('nf', n, f);
    lab.link('ob', o, b);
    lab.link('pb', p, b);
    captures = [await lab.capture('of', f), await lab.capture('nf', f), await lab.capture('pb', b)];
    await Promise.all([
      o.start(frrText(oSide)),
      n.start(frrText(nSide)),
      p.start(frrText(pSide)),
      f.start(frrText(fSide)),
      b.start(birdText(bSide)),
    ]);
  });
  after(() => lab?.destroy());

  // FRR 8.4 gives what it translates its own metric, 20, whatever the LSA of type 7 says.
  it('gives us in the backbone the areas, and the external that FRR translates', () =>
    untilRoutes(o, {
      '10.1.0.0/24': '20 via 10.0.1.2%of',
      '10.3.0.0/24': '20 via 10.0.2.4%ob',
      '10.255.0.5/32': '20 via 10.0.2.4%ob',
      '172.17.0.0/16': '20 via 10.0.1.2%of',
    }));

  it('gives us in the NSSA the areas, and a default route for externals', () =>
    untilRoutes(n, {
      '0.0.0.0/0': '11 via 10.1.0.2%nf',
      '10.0.1.0/24': '20 via 10.1.0.2%nf',
      '10.0.2.0/24': '30 via 10.1.0.2%nf',
      '10.3.0.0/24': '40 via 10.1.0.2%nf',
      '10.255.0.1/32': '20 via 10.1.0.2%nf',
      '10.255.0.5/32': '40 via 10.1.0.2%nf',
    }));

  it('gives us behind BIRD all of it, externals by the way to whoever announced them', () =>
    untilRoutes(p, {
      '10.0.1.0/24': '30 via 10.3.0.4%pb',
      '10.0.2.0/24': '20 via 10.3.0.4%pb',
      '10.1.0.0/24': '40 via 10.3.0.4%pb',
      '10.255.0.1/32': '20 via 10.3.0.4%pb',
      '172.16.0.0/16': '120 via 10.3.0.4%pb',
      '172.17.0.0/16': '20 via 10.3.0.4%pb',
    }));

  it('gives FRR and BIRD what we announce, as type 1 and within the NSSA', async () => {
    await untilRoutes(f, {
      '10.0.2.0/24': '20 via 10.0.1.1%of',
      '10.3.0.0/24': '30 via 10.0.1.1%of',
      '10.255.0.1/32': '10 via 10.0.1.1%of',
      '10.255.0.5/32': '30 via 10.0.1.1%of',
      '172.16.0.0/16': '110 via 10.0.1.1%of',
      '172.17.0.0/16': '50 via 10.1.0.3%nf',
    });
    await untilRoutes(b, {
      '10.0.1.0/24': '20 via 10.0.2.1%ob',
      '10.1.0.0/24': '30 via 10.0.2.1%ob',
      '10.255.0.1/32': '10 via 10.0.2.1%ob',
      '10.255.0.5/32': '10 via 10.3.0.5%pb',
      '172.16.0.0/16': '110 via 10.0.2.1%ob',
      '172.17.0.0/16': '20 via 10.0.2.1%ob',
    });
  });

  it('sent nothing that tshark complains of', async () => {
    await expectNoComplaints(captures);
  });
});
