import { after, before, describe, it } from 'mocha';
import type { BirdRouter } from './bird.ts';
import type { Capture } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import { expectNoComplaints, sequenceAt, untilHeard, untilRoutes } from './ospf.ts';
import { addressesOf, birdText, frrText, type OspfRouter } from './ospf-text.ts';
import type { OurRouter } from './ours.ts';
import { type Routes, until } from './router.ts';

describe('OSPF in a ring of FRR, BIRD and us', () => {
  /** All costs are 10. */
  const texts = {
    o: {
      routerId: '10.255.0.1',
      interfaces: {
        lo: { address: '10.255.0.1/32' },
        of: { address: '10.1.0.1/24' },
        ob: { address: '10.2.0.1/24' },
      },
    },
    f: {
      routerId: '10.255.0.2',
      interfaces: {
        lo: { address: '10.255.0.2/32' },
        of: { address: '10.1.0.2/24' },
        fb: { address: '10.3.0.2/24' },
      },
    },
    b: {
      routerId: '10.255.0.3',
      interfaces: {
        lo: { address: '10.255.0.3/32' },
        ob: { address: '10.2.0.3/24' },
        fb: { address: '10.3.0.3/24' },
      },
    },
  } as const satisfies Record<string, OspfRouter>;
  /** With two equal ways to the far side of the ring. */
  const whole: Readonly<Record<'o' | 'f' | 'b', Routes>> = {
    o: {
      '10.3.0.0/24': '20 via 10.1.0.2%of, via 10.2.0.3%ob',
      '10.255.0.2/32': '10 via 10.1.0.2%of',
      '10.255.0.3/32': '10 via 10.2.0.3%ob',
    },
    f: {
      '10.2.0.0/24': '20 via 10.1.0.1%of, via 10.3.0.3%fb',
      '10.255.0.1/32': '10 via 10.1.0.1%of',
      '10.255.0.3/32': '10 via 10.3.0.3%fb',
    },
    b: {
      '10.1.0.0/24': '20 via 10.2.0.1%ob, via 10.3.0.2%fb',
      '10.255.0.1/32': '10 via 10.2.0.1%ob',
      '10.255.0.2/32': '10 via 10.3.0.2%fb',
    },
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
    bird = lab.bird('b', addressesOf(texts.b));
    lab.link('of', ours, frr);
    lab.link('ob', ours, bird);
    lab.link('fb', frr, bird);
    captures = [await lab.capture('of', frr), await lab.capture('ob', bird)];
    await Promise.all([
      ours.start(frrText(texts.o)),
      frr.start(frrText(texts.f)),
      bird.start(birdText(texts.b)),
    ]);
  });
  after(() => lab?.destroy());

  async function untilWhole(): Promise<void> {
    await untilRoutes(ours, whole.o);
    await untilRoutes(frr, whole.f);
    await untilRoutes(bird, whole.b);
  }

  it('has the same routes on all sides, equal ways among them', async () => {
    await untilHeard(ours, ['ob 10.255.0.3 - Full', 'of 10.255.0.2 - Full']);
    await untilWhole();
  });

  it('goes round the other way when a link fails, and back when it is mended', async () => {
    lab.setLink('of', ours, 'down');
    await untilRoutes(ours, {
      '10.3.0.0/24': '20 via 10.2.0.3%ob',
      '10.255.0.2/32': '20 via 10.2.0.3%ob',
      '10.255.0.3/32': '10 via 10.2.0.3%ob',
    });
    await untilRoutes(frr, {
      '10.2.0.0/24': '20 via 10.3.0.3%fb',
      '10.255.0.1/32': '20 via 10.3.0.3%fb',
      '10.255.0.3/32': '10 via 10.3.0.3%fb',
    });
    lab.setLink('of', ours, 'up');
    await untilWhole();
    lab.setLink('fb', frr, 'down');
    // BIRD still has its own address of an interface without a carrier.
    await untilRoutes(ours, {
      '10.3.0.3/32': '10 via 10.2.0.3%ob',
      '10.255.0.2/32': '10 via 10.1.0.2%of',
      '10.255.0.3/32': '10 via 10.2.0.3%ob',
    });
    await untilRoutes(bird, {
      '10.1.0.0/24': '20 via 10.2.0.1%ob',
      '10.3.0.3/32': '0 dev fb',
      '10.255.0.1/32': '10 via 10.2.0.1%ob',
      '10.255.0.2/32': '20 via 10.2.0.1%ob',
    });
    lab.setLink('fb', frr, 'up');
    await untilWhole();
  });

  it('follows a cost that changes, on either side', async () => {
    await frr.configure('interface of\n ip ospf cost 30\n');
    const { of } = texts.o.interfaces;
    const dearer = { ...texts.o, interfaces: { ...texts.o.interfaces, of: { ...of, cost: 25 } } };
    await ours.configure(frrText(dearer));
    await untilRoutes(ours, {
      '10.3.0.0/24': '20 via 10.2.0.3%ob',
      '10.255.0.2/32': '20 via 10.2.0.3%ob',
      '10.255.0.3/32': '10 via 10.2.0.3%ob',
    });
    await untilRoutes(bird, {
      ...whole.b,
      '10.1.0.0/24': '35 via 10.2.0.1%ob',
    });
    await frr.configure('interface of\n ip ospf cost 10\n');
    await ours.configure(frrText(texts.o));
    await untilWhole();
  });

  it('takes us back after a kill: our LSAs of before come to us, and are outdone', async () => {
    const before = await sequenceAt(frr, '10.255.0.1');
    await ours.kill();
    await ours.start();
    await untilWhole();
    await until(
      `our router-LSA at FRR with a number above ${before}`,
      () => sequenceAt(frr, '10.255.0.1'),
      (sequence) => sequence > before,
    );
  });

  it('misses us after the dead interval, and then takes us back', async () => {
    await ours.kill();
    await untilRoutes(frr, {
      '10.2.0.0/24': '20 via 10.3.0.3%fb',
      '10.255.0.3/32': '10 via 10.3.0.3%fb',
    });
    await ours.start();
    await untilWhole();
  });

  it('takes FRR and BIRD back after a kill', async () => {
    await Promise.all([frr.start(), bird.start()]);
    await untilWhole();
  });

  it('sent nothing that tshark complains of', async () => {
    await expectNoComplaints(captures);
  });
});

describe('OSPF on broadcast networks with FRR and BIRD', () => {
  /**
   * Three segments of the same three routers: priorities make each the designated router of one. They wait for one
   * another as long as the dead interval is, and whoever is not heard within it is not elected any more: that is long.
   */
  const deadS = 12;
  const priorities = { o: [200, 100, 1], f: [100, 200, 100], b: [1, 1, 200] };
  const textOf = (name: 'o' | 'f' | 'b', host: number): OspfRouter => ({
    routerId: `10.255.0.${host}`,
    interfaces: {
      lo: { address: `10.255.0.${host}/32` },
      ...Object.fromEntries(
        priorities[name].map((priority, index) => [
          `lan${index + 1}`,
          { address: `10.1.${index + 1}.${host}/24`, isBroadcast: true, priority, deadS },
        ]),
      ),
    },
  });
  const segments = ['lan1', 'lan2', 'lan3'];
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
    bird = lab.bird('b', addressesOf(textOf('b', 3)));
    for (const segment of segments) {
      lab.segment(segment, ours, frr, bird);
      lab.setSegment(segment, 'down');
    }
    await Promise.all([
      ours.start(frrText(textOf('o', 1))),
      frr.start(frrText(textOf('f', 2))),
      bird.start(birdText(textOf('b', 3))),
    ]);
    captures = await Promise.all(segments.map((segment) => lab.capture(segment, frr)));
    for (const segment of segments) lab.setSegment(segment, 'up');
  });
  after(() => lab?.destroy());

  it('makes us designated router, its backup, and neither', async () => {
    await untilHeard(ours, [
      'lan1 10.255.0.2 BDR Full',
      'lan1 10.255.0.3 DROther Full',
      'lan2 10.255.0.2 DR Full',
      'lan2 10.255.0.3 DROther Full',
      'lan3 10.255.0.2 BDR Full',
      'lan3 10.255.0.3 DR Full',
    ]);
    await until(
      'the same of us at FRR',
      () => frr.show('ip ospf neighbor', 'ospfd'),
      (neighbours) => {
        const lines = neighbours.match(/^10\.255\.0\.1 .*?Full\/\S+/gm) ?? [];
        return lines.map((line) => line.split('/').at(-1)).join() === 'DR,Backup,DROther';
      },
    );
  });

  it('has the same routes on all sides, over every segment', async () => {
    const ways = (host: number): string =>
      [1, 2, 3].map((lan) => `via 10.1.${lan}.${host}%lan${lan}`).join(', ');
    await untilRoutes(ours, { '10.255.0.2/32': `10 ${ways(2)}`, '10.255.0.3/32': `10 ${ways(3)}` });
    await untilRoutes(frr, { '10.255.0.1/32': `10 ${ways(1)}`, '10.255.0.3/32': `10 ${ways(3)}` });
    await untilRoutes(bird, { '10.255.0.1/32': `10 ${ways(1)}`, '10.255.0.2/32': `10 ${ways(2)}` });
  });

  it('makes the backup designated router when that is killed, and us backup of BIRD', async () => {
    await frr.kill();
    await untilHeard(ours, [
      'lan1 10.255.0.3 BDR Full',
      'lan2 10.255.0.3 BDR Full',
      'lan3 10.255.0.3 DR Full',
    ]);
    await untilRoutes(bird, {
      '10.255.0.1/32': '10 via 10.1.1.1%lan1, via 10.1.2.1%lan2, via 10.1.3.1%lan3',
    });
  });

  it('takes FRR back, whose LSAs were kept', async () => {
    await frr.start();
    await untilHeard(ours, [
      'lan1 10.255.0.2 DROther Full',
      'lan1 10.255.0.3 BDR Full',
      'lan2 10.255.0.2 DROther Full',
      'lan2 10.255.0.3 BDR Full',
      'lan3 10.255.0.2 DROther Full',
      'lan3 10.255.0.3 DR Full',
    ]);
  });

  it('sent nothing that tshark complains of', async () => {
    await expectNoComplaints(captures);
  });
});
