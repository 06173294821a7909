import { expect } from 'chai';
import { describe, it } from 'mocha';
import { clockEvents } from '../../bench/clock.ts';
import { convergence, redundantLink } from '../../bench/convergence.ts';
import { type Figure, formatTable, isMet, median } from '../../bench/figure.ts';
import { gridNetwork, networkOf, randomNetwork } from '../../bench/lab.ts';
import { emptyShadow, packetHops, packetHopsCancelling } from '../../bench/packet-hops.ts';
import { prefixesToHold, tables } from '../../bench/tables.ts';

const ABILENE = 'experiments/topologies/abilene.yaml';

function measuredOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name.startsWith(name))?.value ?? expect.fail(`no figure "${name}"`);
}

describe('the benchmarks', () => {
  it('converge a grid, and again after a failure', async () => {
    const figures = await convergence(gridNetwork(3, 3));
    expect(measuredOf(figures, 'routers')).to.equal(9);
    expect(measuredOf(figures, 'links')).to.equal(12);
    expect(measuredOf(figures, 'both planes converged')).to.be.above(0);
    expect(measuredOf(figures, 'routing packets')).to.be.above(12 * 2 * 2);
    // Both ends of the link, and whoever hears of it, compute anew in one plane; nobody needs long for it.
    expect(measuredOf(figures, 'its SPF runs')).to.be.within(9, 36);
    expect(measuredOf(figures, 'its last change')).to.be.within(0, 5);
  });

  it('fail a link that the network does not fall apart without', () => {
    const { topology } = gridNetwork(2, 2);
    const tail = {
      ...topology.links[0],
      name: 'tail',
      ends: [{ ...topology.links[0].ends[0], node: 'r9' }, topology.links[0].ends[1]],
    };
    const routers = [...topology.routers, { name: 'r9', loopback: 1 }];
    const links = [tail, ...topology.links];
    expect(redundantLink({ ...topology, routers, links }).name).to.equal(topology.links[0].name);
  });

  it('make random networks that are connected and the same every time', () => {
    const network = randomNetwork(30, 3);
    expect(network).to.deep.equal(randomNetwork(30, 3));
    expect(network.topology.links).to.have.length(45);
  });

  it('count as many packet-hops as postcards are written when all are traced', async () => {
    const network = networkOf(ABILENE) ?? expect.fail(`no ${ABILENE}`);
    const figures = await packetHops(network, { packets: 264, rounds: 1 });
    expect(measuredOf(figures, 'packets')).to.equal(264);
    expect(measuredOf(figures, 'packet-hops')).to.equal(measuredOf(figures, 'postcards of a round'));
    expect(measuredOf(figures, 'packet-hops')).to.be.above(2 * 264);
    const cancelling = await packetHopsCancelling(network, { packets: 264, rounds: 1 });
    for (const links of ['links at their own rates', 'links of 50 Mbps']) {
      expect(measuredOf(cancelling, `${links}: packet-hops, half of them in the shadow`)).to.equal(
        measuredOf(figures, 'packet-hops'),
      );
    }
    // Enough of them for a clock of the processor that moves in steps of milliseconds.
    const [empty] = await emptyShadow(network, { packets: 13_200, rounds: 1 });
    expect(empty.value).to.be.above(0);
  }).timeout(20_000);

  it('look up the same in both tables, and run the clock', () => {
    expect(() => tables('a few', prefixesToHold(2000).prefixes, 5000, 1)).not.to.throw();
    expect(measuredOf(clockEvents(10, 100, 1), 'events pending')).to.equal(10);
  });

  it('say beside each figure whether its goal is met', () => {
    const figures: Figure[] = [
      { name: 'time', value: 31, unit: 's', goal: { atMost: 30 } },
      { name: 'rate', value: 300_000, unit: '/s', goal: { atLeast: 300_000 } },
      { name: 'links', value: 12, unit: '' },
    ];
    expect(figures.map(isMet)).to.deep.equal([false, true, undefined]);
    expect(
      formatTable([
        { name: 'a', title: 'A', figures },
        { name: 'b', title: 'B', skipped: 'no file' },
      ]),
    ).to.equal(`\
|                  |  measured |         goal | met |
|------------------|----------:|-------------:|----:|
| **A**            |           |              |     |
| time             |      31 s |      <= 30 s |  no |
| rate             | 300,000/s | >= 300,000/s | yes |
| links            |        12 |              |     |
| **B**            |           |              |     |
| skipped: no file |           |              |     |`);
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
  });
});
