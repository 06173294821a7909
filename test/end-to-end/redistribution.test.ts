import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { Plane } from '../../src/net/wire.ts';
import { BorderNetwork, endsOf, FOREIGN, loopback, type Name, ROUTERS } from './redistribution-network.ts';

const PLANES: readonly Plane[] = ['real', 'shadow'];

describe('OSPF, IS-IS and BGP that tell one another, by two border routers', function () {
  this.timeout(120_000);
  let network: BorderNetwork;

  before(async () => {
    network = await BorderNetwork.start();
  });
  after(() => network.destroy());

  /** Everybody who is there reaches everybody who is there, and nobody else. */
  const check = async (plane: Plane, gone: readonly Name[] = []): Promise<void> => {
    const tables = await network.tables(plane);
    const there = ROUTERS.filter((name) => !gone.includes(name));
    const wanted: (readonly [Name, string])[] = ROUTERS.map((name) => [name, loopback(name)]);
    wanted.push(['X', FOREIGN.X]);
    if (plane === 'shadow') wanted.push(['O2', FOREIGN.O2]);
    for (const from of there) {
      for (const [owner, prefix] of wanted) {
        const ends = gone.includes(owner) ? ['nowhere'] : [owner];
        expect(endsOf(tables, from, prefix), `${plane}: ${from} to ${prefix} of ${owner}`).to.deep.equal(
          ends,
        );
      }
    }
  };

  for (const plane of PLANES) {
    it(`lead from everywhere to everywhere in the ${plane} plane, and never in a circle`, () => check(plane));
  }

  it('by tags, each border router prefers its own domain, and both tell the other one', async () => {
    expect(await network.routes('O1', loopback('I2'), 'real')).to.deep.equal(['ospf 110/20 to-B1']);
    expect(await network.routes('B2', loopback('I1'), 'real')).to.deep.equal([
      'isis 115/30 to-I2',
      'ospf 130/20 to-O2',
    ]);
    expect(await network.routes('I1', loopback('O2'), 'real')).to.deep.equal(['isis 115/20 to-B1']);
    expect(await network.routes('O2', FOREIGN.X, 'real')).to.deep.equal(['ospf 110/20 to-B2']);
    expect(await network.routes('X', loopback('O1'), 'real')).to.have.length(1);
  });

  it('by prefixes, what OSPF has from elsewhere goes to IS-IS and not back', async () => {
    expect(await network.routes('I1', FOREIGN.O2, 'shadow')).to.have.length(1);
    expect(await network.routes('B1', FOREIGN.O2, 'shadow')).to.deep.equal(['ospf 110/20 to-O1']);
  });

  it('are at rest then: no tree is grown, no route changes', async () => {
    const seen = async () => ({
      real: Object.fromEntries(await network.tables('real')),
      shadow: Object.fromEntries(await network.tables('shadow')),
      runs: await network.spfRuns(),
    });
    const first = await seen();
    await network.runFor(300);
    expect(await seen()).to.deep.equal(first);
  });

  for (const plane of PLANES) {
    const other = plane === 'real' ? 'shadow' : 'real';

    for (const border of ['B1', 'B2'] as const) {
      it(`go by the other border router when ${border} fails in the ${plane} plane, and the other plane does not see it`, async () => {
        const before = Object.fromEntries(await network.tables(other));
        await network.set('fail', border, plane);
        await check(plane, [border]);
        expect(Object.fromEntries(await network.tables(other))).to.deep.equal(before);
        await network.set('restore', border, plane);
        await check(plane);
      });
    }

    it(`keep nothing of who fails in the ${plane} plane: no border router has it back from the other one`, async () => {
      for (const router of ['X', 'I1', 'O2'] as const) {
        await network.set('fail', router, plane);
        await check(plane, router === 'I1' || router === 'O2' ? [router] : ['X']);
        await network.set('restore', router, plane);
        await check(plane);
      }
    });
  }
});
