import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { complaints, dissect } from '../../support/tshark.ts';
import type { Capture } from './capture.ts';
import { merged } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { type Routes, until } from './router.ts';

// BIRD 2.0 has no IS-IS: FRR is the one to be understood by.

interface IsisInterface {
  readonly address: string;
  readonly lines?: readonly string[];
}

/**
 * The same lines for FRR and for us. Hellos each second: what is lost is noticed in 4. LSPs each second: FRR has the one
 * after the first wait for 30 s else.
 */
function text(
  number: number,
  level: string,
  interfaces: Readonly<Record<string, IsisInterface>>,
  ...more: readonly string[]
): string {
  const lo: IsisInterface = { address: `10.255.0.${number}/32` };
  const own = Object.entries<IsisInterface>({ lo, ...interfaces }).flatMap(
    ([name, { address, lines = [] }]) => [
      `interface ${name}`,
      ` ip address ${address}`,
      ' ip router isis core',
      ...(name === 'lo' ? [' isis passive'] : HELLOS),
      ...lines.map((line) => ` ${line}`),
      'exit',
    ],
  );
  return [
    ...own,
    'router isis core',
    ` net ${more.find((line) => line.startsWith('area '))?.slice(5) ?? '49.0001'}.0000.0000.000${number}.00`,
    ` is-type ${level}`,
    ' lsp-gen-interval 1',
    ...more.filter((line) => !line.startsWith('area ')).map((line) => ` ${line}`),
    'exit',
    '',
  ].join('\n');
}

const HELLOS = [' isis hello-interval 1', ' isis hello-multiplier 4'];
const P2P = 'isis network point-to-point';

/** Waits until the IS-IS routes of a router are these. */
async function untilRoutes(router: OurRouter | FrrRouter, wanted: Routes): Promise<void> {
  const shown = (routes: Routes): string => JSON.stringify(Object.entries(routes).sort());
  const last = await until(
    `routes of ${router.name}`,
    () => router.routes('isis'),
    (routes) => shown(routes) === shown(wanted),
  );
  expect(last).to.deep.equal(wanted);
}

describe('IS-IS, point-to-point, beside FRR', () => {
  let lab: InteropLab;
  let ours: OurRouter;
  let near: FrrRouter;
  let far: FrrRouter;
  let capture: Capture;

  const ourText = (...more: readonly string[]): string =>
    text(
      1,
      'level-2-only',
      {
        of: { address: '10.1.0.1/24', lines: [P2P] },
        og: { address: '10.2.0.1/24', lines: [P2P] },
      },
      ...more,
    );
  /** Ours, and two of FRR, in a triangle; the far sides are two ways of one cost. */
  const ourRoutes: Routes = {
    '10.3.0.0/24': '20 via 10.1.0.2%of, via 10.2.0.3%og',
    '10.255.0.2/32': '20 via 10.1.0.2%of',
    '10.255.0.3/32': '20 via 10.2.0.3%og',
  };
  const nearRoutes: Routes = {
    '10.2.0.0/24': '20 via 10.1.0.1%of, via 10.3.0.3%fg',
    '10.255.0.1/32': '20 via 10.1.0.1%of',
    '10.255.0.3/32': '20 via 10.3.0.3%fg',
  };

  before(async function () {
    skipWithout(this, 'frr', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    near = lab.frr('f', ['isisd']);
    far = lab.frr('g', ['isisd']);
    lab.link('of', ours, near);
    lab.link('og', ours, far);
    lab.link('fg', near, far);
    capture = await lab.capture('of', near);
    await Promise.all([
      ours.start(ourText()),
      near.start(
        text(2, 'level-2-only', {
          of: { address: '10.1.0.2/24', lines: [P2P] },
          fg: { address: '10.3.0.2/24', lines: [P2P] },
        }),
      ),
      far.start(
        text(3, 'level-2-only', {
          og: { address: '10.2.0.3/24', lines: [P2P] },
          fg: { address: '10.3.0.3/24', lines: [P2P] },
        }),
      ),
    ]);
  });

  after(async () => {
    await lab?.destroy();
  });

  it('finds the same routes, those of equal cost among them', async () => {
    await untilRoutes(ours, ourRoutes);
    await untilRoutes(near, nearRoutes);
    await until(
      'both neighbours',
      () => ours.neighbours(),
      (all) => all.map(({ port, state }) => `${port} ${state}`).join() === 'of Up,og Up',
    );
  });

  it('goes round a link that fails, and back when it is there again', async () => {
    lab.setLink('of', near, 'down');
    await untilRoutes(ours, {
      '10.3.0.0/24': '20 via 10.2.0.3%og',
      '10.255.0.2/32': '30 via 10.2.0.3%og',
      '10.255.0.3/32': '20 via 10.2.0.3%og',
    });
    lab.setLink('of', near, 'up');
    await untilRoutes(ours, ourRoutes);
    await untilRoutes(near, nearRoutes);
  });

  it('is no longer on the way while we are overloaded', async () => {
    await ours.configure(ourText('set-overload-bit'));
    await untilRoutes(near, {
      '10.2.0.0/24': '20 via 10.1.0.1%of, via 10.3.0.3%fg',
      '10.255.0.1/32': '20 via 10.1.0.1%of',
      '10.255.0.3/32': '20 via 10.3.0.3%fg',
    });
    await near.configure('interface fg\n shutdown\n');
    await until(
      'the far one is out of reach',
      () => near.routes('isis'),
      (routes) => !('10.255.0.3/32' in routes),
    );
    await near.configure('interface fg\n no shutdown\n');
    await ours.configure(ourText());
    await untilRoutes(near, nearRoutes);
  });

  it('comes up again after we were killed, and after FRR was', async () => {
    await ours.start();
    await untilRoutes(ours, ourRoutes);
    await untilRoutes(near, nearRoutes);
    await near.start();
    await untilRoutes(ours, ourRoutes);
    await untilRoutes(near, nearRoutes);
  });

  it('tells 600 static routes, in fragments, and hears as many', async () => {
    const statics = (second: number): string =>
      Array.from(
        { length: 600 },
        (_, i) => `ip route 10.${second}.${i >> 6}.${(i & 63) * 4}/30 blackhole`,
      ).join('\n');
    await ours.configure(`${statics(100)}\n${ourText('redistribute ipv4 static level-2 metric 5')}`);
    await until(
      'FRR has them all',
      () => near.routes('isis'),
      (routes) => Object.keys(routes).filter((each) => each.startsWith('10.100.')).length === 600,
    );
    expect((await near.routes('isis'))['10.100.9.92/30']).to.equal('15 via 10.1.0.1%of');
    const database = await near.show('isis database', 'isisd');
    expect(database.match(/-0[0-9] /g)?.length).to.be.greaterThan(3);
    await ours.configure(ourText());
    await until(
      'FRR has none',
      () => near.routes('isis'),
      (routes) => !Object.keys(routes).some((each) => each.startsWith('10.100.')),
    );
  });

  it('sends nothing that tshark warns of', async () => {
    const file = await merged([capture]);
    expect(complaints(file, 'isis')).to.deep.equal([]);
    const kinds = new Set(dissect(file, 'isis', ['isis.type']));
    for (const kind of ['17', '20', '25', '27']) expect([...kinds]).to.include(kind);
  });
});

describe('IS-IS on a LAN with FRR', () => {
  let lab: InteropLab;
  let ours: OurRouter;
  let one: FrrRouter;
  let two: FrrRouter;
  let capture: Capture;
  const lan = (number: number, ...more: readonly string[]) => ({
    lan: { address: `10.1.0.${number}/24`, lines: more },
  });
  const routesAt = (number: number): Routes =>
    Object.fromEntries(
      [1, 2, 3]
        .filter((each) => each !== number)
        .map((each) => [`10.255.0.${each}/32`, `20 via 10.1.0.${each}%lan`]),
    );

  before(async function () {
    skipWithout(this, 'frr', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    one = lab.frr('f', ['isisd']);
    two = lab.frr('g', ['isisd']);
    lab.segment('lan', ours, one, two);
    capture = await lab.capture('lan', one);
    await Promise.all([
      ours.start(text(1, 'level-1-2', lan(1, 'isis priority 100'))),
      one.start(text(2, 'level-1-2', lan(2))),
      two.start(text(3, 'level-1-2', lan(3))),
    ]);
  });

  after(async () => {
    await lab?.destroy();
  });

  it('we are designated at both levels, and all find their ways', async () => {
    for (const [number, router] of [ours, one, two].entries())
      await untilRoutes(router, routesAt(number + 1));
    await until(
      'what the designated one tells of the LAN',
      () => two.show('isis database', 'isisd'),
      (database) => /\.01-00/.test(database),
    );
    await until(
      'neighbours of both levels, none of them designated',
      () => ours.neighbours(),
      (all) =>
        all.map(({ level, state, role }) => `${level} ${state} ${role}`).join() ===
        '1 Up -,1 Up -,2 Up -,2 Up -',
    );
  });

  it('give it up to one of a higher priority, and hear of it', async () => {
    await one.configure('interface lan\n isis priority 120\n');
    await until(
      'FRR is designated',
      () => ours.neighbours(),
      (all) =>
        all.filter(({ role, routerId }) => role === 'DIS' && routerId === '0000.0000.0002').length === 2,
    );
    for (const [number, router] of [ours, one, two].entries())
      await untilRoutes(router, routesAt(number + 1));
  });

  it('another is designated when that one dies', async () => {
    await one.kill();
    await untilRoutes(ours, { '10.255.0.3/32': '20 via 10.1.0.3%lan' });
    await untilRoutes(two, { '10.255.0.1/32': '20 via 10.1.0.1%lan' });
  });

  it('sends nothing that tshark warns of', async () => {
    const file = await merged([capture]);
    expect(complaints(file, 'isis')).to.deep.equal([]);
    const kinds = new Set(dissect(file, 'isis', ['isis.type']));
    for (const kind of ['15', '16', '18', '20', '24', '25']) expect([...kinds]).to.include(kind);
  });
});

describe('IS-IS that is signed, with FRR', () => {
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  const routes: Routes = { '10.255.0.2/32': '20 via 10.1.0.2%of' };
  const both = (number: number, kind: string, word: string): string =>
    text(
      number,
      'level-2-only',
      { of: { address: `10.1.0.${number}/24`, lines: [P2P, `isis password ${kind} ${word}`] } },
      `domain-password ${kind} ${word} authenticate snp validate`,
    );

  before(async function () {
    skipWithout(this, 'frr');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['isisd']);
    lab.link('of', ours, frr);
  });

  after(async () => {
    await lab?.destroy();
  });

  for (const kind of ['clear', 'md5']) {
    it(`by a password, ${kind}, comes up; by another one it does not`, async () => {
      await Promise.all([ours.start(both(1, kind, 'one')), frr.start(both(2, kind, 'one'))]);
      await untilRoutes(ours, routes);
      await untilRoutes(frr, { '10.255.0.1/32': '20 via 10.1.0.1%of' });
      await ours.start(both(1, kind, 'other'));
      await untilRoutes(frr, {});
      expect((await ours.neighbours()).map(({ state }) => state)).to.deep.equal([]);
    });
  }
});

describe('IS-IS of two areas, with FRR', () => {
  let lab: InteropLab;
  let inner: FrrRouter;
  let ours: OurRouter;
  let outer: FrrRouter;
  const ourText = (...more: readonly string[]): string =>
    text(
      1,
      'level-1-2',
      {
        of: { address: '10.1.0.1/24', lines: [P2P] },
        og: { address: '10.2.0.1/24', lines: [P2P] },
      },
      ...more,
    );

  before(async function () {
    skipWithout(this, 'frr');
    lab = new InteropLab();
    ours = lab.ours('o');
    inner = lab.frr('f', ['isisd']);
    outer = lab.frr('g', ['isisd']);
    lab.link('of', ours, inner);
    lab.link('og', ours, outer);
    await Promise.all([
      ours.start(ourText()),
      inner.start(text(2, 'level-1', { of: { address: '10.1.0.2/24', lines: [P2P] } })),
      outer.start(text(3, 'level-2-only', { og: { address: '10.2.0.3/24', lines: [P2P] } }, 'area 49.0002')),
    ]);
  });

  after(async () => {
    await lab?.destroy();
  });

  it('we tell level 2 of level 1, and level 1 that we are the way out', async () => {
    await untilRoutes(outer, {
      '10.1.0.0/24': '20 via 10.2.0.1%og',
      '10.255.0.1/32': '20 via 10.2.0.1%og',
      '10.255.0.2/32': '30 via 10.2.0.1%og',
    });
    await untilRoutes(inner, {
      '0.0.0.0/0': '10 via 10.1.0.1%of',
      '10.2.0.0/24': '20 via 10.1.0.1%of',
      '10.255.0.1/32': '20 via 10.1.0.1%of',
    });
  });

  it('we leak level 2 into level 1 where we are told to', async () => {
    await ours.configure(ourText('redistribute isis ip level-2 into level-1'));
    await untilRoutes(inner, {
      '0.0.0.0/0': '10 via 10.1.0.1%of',
      '10.2.0.0/24': '20 via 10.1.0.1%of',
      '10.255.0.1/32': '20 via 10.1.0.1%of',
      '10.255.0.3/32': '30 via 10.1.0.1%of',
    });
  });

  for (const style of ['narrow', 'transition']) {
    it(`metrics are ${style} where that is configured`, async () => {
      await Promise.all([
        ours.configure(ourText(`metric-style ${style}`)),
        inner.configure(`router isis core\n metric-style ${style}\n`),
        outer.configure(`router isis core\n metric-style ${style}\n`),
      ]);
      await until(
        'the inner one is reached',
        () => outer.routes('isis'),
        (all) => all['10.255.0.2/32'] === '30 via 10.2.0.1%og',
      );
      await until(
        'and from within',
        () => ours.routes('isis'),
        (all) => all['10.255.0.2/32'] === '20 via 10.1.0.2%of',
      );
    });
  }
});

describe('IS-IS in both planes of two of ours', () => {
  let lab: InteropLab;

  before(function () {
    skipWithout(this, 'tshark');
    lab = new InteropLab();
  });

  after(async () => {
    await lab?.destroy();
  });

  it('finds its routes in each, and tshark has nothing to say', async () => {
    const [a, b] = [lab.ours('a'), lab.ours('b')];
    lab.link('ab', a, b);
    // Room for a label behind hellos as long as the MTU.
    for (const router of [a, b]) router.namespace.ip('link', 'set', 'dev', 'ab', 'mtu', '1532');
    const capture = await lab.capture('ab', b);
    const of = (number: number): string =>
      text(number, 'level-2-only', { ab: { address: `10.1.0.${number}/24`, lines: [P2P, 'mtu 1500'] } });
    await Promise.all([a.start(of(1), of(1)), b.start(of(2), of(2))]);
    for (const plane of ['real', 'shadow'] as const) {
      await until(
        `the route in ${plane}`,
        () => a.ask({ op: 'rib', plane }),
        ({ entries }) =>
          entries.some(({ source, prefix }) => source === 'isis' && prefix === '10.255.0.2/32'),
      );
    }
    // Confirmations wait 2 s.
    await until(
      'both have come to rest',
      () => a.ask({ op: 'status' }),
      ({ real, shadow }) => real.settled && shadow.settled,
    );
    const file = await merged([capture]);
    expect(complaints(file, 'isis || mpls || gre')).to.deep.equal([]);
    for (const filter of ['isis && llc', 'isis && mpls && gre']) {
      const kinds = new Set(dissect(file, filter, ['isis.type']));
      for (const kind of ['17', '20', '25']) expect([...kinds], filter).to.include(kind);
    }
  });
});
