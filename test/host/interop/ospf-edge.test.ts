import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { complaints, dissect } from '../../support/tshark.ts';
import type { BirdRouter } from './bird.ts';
import type { Capture } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import { expectNoComplaints, untilHeard, untilRoutes } from './ospf.ts';
import { addressesOf, birdText, frrText, type OspfLink, type OspfRouter } from './ospf-text.ts';
import type { OurRouter } from './ours.ts';
import { until } from './router.ts';

/** `fast` is looked after by fast Hellos, `slow` by slow ones; the ends of `mtu` have different ones. */
describe('Timers and MTU of OSPF with FRR', () => {
  const minimal = 'ip ospf dead-interval minimal hello-multiplier 4';
  const textOf = (host: number, mtuLines: readonly string[] = []): OspfRouter => ({
    routerId: `10.255.0.${host}`,
    interfaces: {
      fast: { address: `10.1.1.${host}/24`, lines: [minimal] },
      slow: { address: `10.1.2.${host}/24`, deadS: 300 },
      mtu: {
        address: `10.1.3.${host}/24`,
        deadS: 300,
        lines: ['ip ospf retransmit-interval 3', ...mtuLines],
      },
    },
  });
  const delayed = 'ip ospf transmit-delay 40';
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let captures: readonly Capture[];

  before(async function () {
    skipWithout(this, 'frr', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['ospfd']);
    const links = ['fast', 'slow', 'mtu'];
    for (const link of links) lab.link(link, ours, frr);
    captures = await Promise.all(links.map((link) => lab.capture(link, frr)));
    await Promise.all([ours.start(frrText(textOf(1, ['mtu 1400']))), frr.start(frrText(textOf(2)))]);
  });
  after(() => lab?.destroy());

  it('are no adjacency where the neighbour may send what does not fit, unless told not to mind', async () => {
    await until(
      'both other links are up, and the third is refused',
      async () => (await ours.neighbours()).filter(({ state }) => state === 'Full').map(({ port }) => port),
      (ports) => ports.join() === 'fast,slow' && ours.log.includes('packet refused on mtu: mtu'),
    );
    await ours.configure(frrText(textOf(1, ['mtu 1400', 'ip ospf mtu-ignore', delayed])));
    const state = '10.255.0.2 - Full';
    await untilHeard(ours, [`fast ${state}`, `mtu ${state}`, `slow ${state}`]);
  });

  it('age LSAs by the transmit delay where they are sent', async () => {
    await ours.configure(frrText(textOf(1, ['mtu 1400', 'ip ospf mtu-ignore', delayed, 'ip ospf cost 77'])));
    await until(
      'FRR has our router-LSA with the new cost',
      () => frr.show('ip ospf database router 10.255.0.1', 'ospfd'),
      (text) => /Link Data\) Router Interface address: 10\.1\.3\.1[\s\S]*?TOS 0 Metric: 77/.test(text),
    );
  });

  it('notice a neighbour that is gone by fast Hellos, long before slow ones do', async () => {
    await frr.kill();
    await untilHeard(ours, ['mtu 10.255.0.2 - Full', 'slow 10.255.0.2 - Full']);
  });

  it('sent nothing that tshark complains of', async () => {
    const file = await expectNoComplaints(captures);
    const ofUs = 'ospf.srcrouter == 10.255.0.1';
    const intervals = ['ospf.hello.hello_interval', 'ospf.hello.router_dead_interval'];
    const hellos = dissect(file, `${ofUs} && ospf.msg.hello && ip.src == 10.1.1.1`, intervals);
    expect(new Set(hellos)).to.deep.equal(new Set(['0|1']));
    const updates = dissect(file, `${ofUs} && ospf.msg.lsupdate && ip.src == 10.1.3.1`, ['ospf.lsa.age']);
    expect(updates.flatMap((ages) => ages.split(',')).map(Number)).to.satisfy((ages: readonly number[]) =>
      ages.every((age) => age >= 40),
    );
  });
});

/** o stands between f and b, and they have a dearer way of their own. */
describe('A stub router (RFC 6987) beside FRR and BIRD', () => {
  const link = (address: string, cost = 10): OspfLink => ({ address, cost });
  const ourSide: OspfRouter = {
    routerId: '10.255.0.1',
    interfaces: { lo: link('10.255.0.1/32'), of: link('10.1.0.1/24'), ob: link('10.2.0.1/24') },
  };
  const frrSide: OspfRouter = {
    routerId: '10.255.0.2',
    interfaces: { lo: link('10.255.0.2/32'), of: link('10.1.0.2/24'), fb: link('10.3.0.2/24', 100) },
  };
  const birdSide: OspfRouter = {
    routerId: '10.255.0.3',
    interfaces: { lo: link('10.255.0.3/32'), ob: link('10.2.0.3/24'), fb: link('10.3.0.3/24', 100) },
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
    frr = lab.frr('f', ['ospfd']);
    bird = lab.bird('b', addressesOf(birdSide));
    lab.link('of', ours, frr);
    lab.link('ob', ours, bird);
    lab.link('fb', frr, bird);
    captures = [await lab.capture('of', frr), await lab.capture('ob', bird)];
    await Promise.all([
      ours.start(frrText(ourSide)),
      frr.start(frrText(frrSide)),
      bird.start(birdText(birdSide)),
    ]);
  });
  after(() => lab?.destroy());

  const throughUs = {
    '10.2.0.0/24': '20 via 10.1.0.1%of',
    '10.255.0.1/32': '10 via 10.1.0.1%of',
    '10.255.0.3/32': '20 via 10.1.0.1%of',
  };

  it('lets nothing through, is still reached with all its networks, and then lets through again', async () => {
    await untilRoutes(frr, throughUs);
    await ours.configure(frrText({ ...ourSide, lines: ['max-metric router-lsa administrative'] }));
    await untilRoutes(frr, {
      '10.2.0.0/24': '20 via 10.1.0.1%of',
      '10.255.0.1/32': '10 via 10.1.0.1%of',
      '10.255.0.3/32': '100 via 10.3.0.3%fb',
    });
    await untilRoutes(bird, {
      '10.1.0.0/24': '20 via 10.2.0.1%ob',
      '10.255.0.1/32': '10 via 10.2.0.1%ob',
      '10.255.0.2/32': '100 via 10.3.0.2%fb',
    });
    await ours.configure(frrText(ourSide));
    await untilRoutes(frr, throughUs);
  });

  it('is gone round by us where FRR is it', async () => {
    await bird.configure(
      birdText({
        ...birdSide,
        interfaces: { ...birdSide.interfaces, ob: link('10.2.0.3/24', 1000) },
      }),
    );
    await frr.configure('interface fb\n ip ospf cost 10\n');
    const { ob } = ourSide.interfaces;
    await ours.configure(
      frrText({ ...ourSide, interfaces: { ...ourSide.interfaces, ob: { ...ob, cost: 1000 } } }),
    );
    await untilRoutes(ours, {
      '10.3.0.0/24': '20 via 10.1.0.2%of',
      '10.255.0.2/32': '10 via 10.1.0.2%of',
      '10.255.0.3/32': '20 via 10.1.0.2%of',
    });
    await frr.configure('router ospf\n max-metric router-lsa administrative\n');
    await untilRoutes(ours, {
      '10.3.0.0/24': '20 via 10.1.0.2%of',
      '10.255.0.2/32': '10 via 10.1.0.2%of',
      '10.255.0.3/32': '1000 via 10.2.0.3%ob',
    });
  });

  it('sent nothing that tshark complains of', async () => {
    await expectNoComplaints(captures);
  });
});

describe('Opaque LSAs (RFC 5250) of two FRRs, with us between them', () => {
  /** FRR 8.4 dies of some pairs of kinds: each of the two has one. */
  const side = (host: number, own: string, address: string, kind: string): OspfRouter => ({
    routerId: `10.255.0.${host}`,
    interfaces: { [own]: { address } },
    lines: ['capability opaque', kind],
  });
  let lab: InteropLab;
  let captures: readonly Capture[];
  let left: FrrRouter;
  let right: FrrRouter;

  before(async function () {
    skipWithout(this, 'frr', 'tshark');
    lab = new InteropLab();
    const ours = lab.ours('o');
    left = lab.frr('l', ['ospfd']);
    right = lab.frr('r', ['ospfd']);
    lab.link('ol', ours, left);
    lab.link('or', ours, right);
    captures = [await lab.capture('ol', left), await lab.capture('or', right)];
    const between: OspfRouter = {
      routerId: '10.255.0.1',
      interfaces: { ol: { address: '10.1.0.1/24' }, or: { address: '10.2.0.1/24' } },
      lines: ['capability opaque'],
    };
    await Promise.all([
      ours.start(frrText(between)),
      left.start(frrText(side(2, 'ol', '10.1.0.2/24', 'router-info as'))),
      right.start(frrText(side(3, 'or', '10.2.0.3/24', 'router-info area'))),
    ]);
  });
  after(() => lab?.destroy());

  it('are carried on as they are, in the area and in the AS', async () => {
    for (const [maker, taker, routerId] of [
      [left, right, '10.255.0.2'],
      [right, left, '10.255.0.3'],
    ] as const) {
      /** Sequence number and checksum of its router information. */
      const instanceAt = async (frr: FrrRouter): Promise<string | undefined> => {
        const database = await frr.show('ip ospf database', 'ospfd');
        return new RegExp(`^4\\.0\\.0\\.0 +${routerId} +\\d+ (.*)`, 'm').exec(database)?.[1];
      };
      await until(
        `what ${routerId} says, and the same at the other`,
        async () => [await instanceAt(maker), await instanceAt(taker)] as const,
        ([own, other]) => own !== undefined && own === other,
      );
    }
  });

  it('are sent so that tshark does not complain', async () => {
    await expectNoComplaints(captures);
  });
});

describe('OSPF between two of us, in both planes', () => {
  const textOf = (host: number, cost: number): OspfRouter => ({
    routerId: `10.255.0.${host}`,
    interfaces: {
      lo: { address: `10.255.0.${host}/32` },
      wire: {
        address: `10.1.0.${host}/24`,
        cost,
        lines: ['ip ospf authentication key-chain keys'],
      },
      lan: { address: `10.2.0.${host}/24`, cost: 100, isBroadcast: true },
    },
    outside: ['key chain keys', ' key 1', '  key-string secret', '  cryptographic-algorithm hmac-sha-256'],
  });
  let lab: InteropLab;

  before(function () {
    skipWithout(this, 'tshark');
    lab = new InteropLab();
  });
  after(() => lab?.destroy());

  it('converges in each, and sends nothing in either that tshark complains of', async () => {
    const [a, b] = [lab.ours('a'), lab.ours('b')];
    lab.link('wire', a, b);
    lab.segment('lan', a, b);
    const captures = [await lab.capture('wire', a), await lab.capture('lan', b)];
    await Promise.all([
      a.start(frrText(textOf(1, 10)), frrText(textOf(1, 20))),
      b.start(frrText(textOf(2, 10)), frrText(textOf(2, 20))),
    ]);
    for (const [plane, cost] of [
      ['real', 10],
      ['shadow', 20],
    ] as const) {
      const wanted = { '10.255.0.2/32': `${cost} via 10.1.0.2%wire` };
      await until(
        `${plane} routes`,
        () => a.routes('ospf', plane),
        (routes) => JSON.stringify(routes) === JSON.stringify(wanted),
      );
      await until(
        `${plane} neighbours`,
        () => b.neighbours(plane),
        (neighbours) => neighbours.filter(({ state }) => state === 'Full').length === 2,
      );
    }
    const kindsIn = (plane: string): ReadonlySet<number> =>
      new Set(captures.flatMap(({ file }) => dissect(file, `ospf && ${plane}`, ['ospf.msg']).map(Number)));
    for (const plane of ['mpls', '!mpls']) {
      // Acknowledgments wait a second.
      await until(
        `Hellos, descriptions, updates and acknowledgments: ${plane}`,
        () => [...kindsIn(plane)].sort(),
        (kinds) => [1, 2, 4, 5].every((kind) => kinds.includes(kind)),
      );
    }
    const file = await expectNoComplaints(captures);
    expect(complaints(file, 'frame')).to.deep.equal([]);
  });
});
