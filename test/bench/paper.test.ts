import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Figure } from '../../bench/figure.ts';
import { drawChart } from '../../bench/paper/chart.ts';
import { measureForwarding } from '../../bench/paper/forwarding.ts';
import { MeasuredRouter, undisturbedMean } from '../../bench/paper/measured-router.ts';
import { measureMemory, randomNextHops } from '../../bench/paper/memory.ts';
import { measureOverhead } from '../../bench/paper/overhead.ts';
import { refusedShare } from '../../bench/paper/overhead-router.ts';
import { PlainFib } from '../../bench/paper/plain-fib.ts';
import { measureUpdates } from '../../bench/paper/updates.ts';
import { parsePrefix, prefixOf } from '../../src/net/address.ts';
import { makeFib } from '../../src/routerd/fib/fib.ts';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from '../end-to-end/results.ts';

const prefixes = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => prefixOf(address & 0xff00ff01, length));

function measuredOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name.includes(name))?.value ?? expect.fail(`no figure "${name}"`);
}

describe("the paper's experiments", () => {
  it('compare the shadow-enabled table with one of a plane that says the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(prefixes, fc.integer({ min: 0, max: 3 })), { maxLength: 200 }),
        fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 20 }),
        (changes, addresses) => {
          const [both, plain] = [makeFib(), new PlainFib()];
          for (const [prefix, group] of changes) {
            for (const fib of [both, plain]) fib.set(prefix, 0, group);
          }
          expect(plain.prefixes).to.equal(both.prefixes);
          expect([...plain.entries(0)]).to.deep.equal([...both.entries(0)]);
          const asked = [...addresses, ...changes.map(([{ address }]) => address)];
          expect(asked.map((address) => plain.lookup(address, 0))).to.deep.equal(
            asked.map((address) => both.lookup(address, 0)),
          );
        },
      ),
    );
  });

  it('refuse to count packets that the router did not send on', () => {
    const router = new MeasuredRouter(300);
    const prefix = parsePrefix('192.0.2.0/24') ?? expect.fail('no prefix');
    expect(() => router.forward(Uint32Array.of(prefix.address + 1), 0, false)).to.throw('1 of 1 packets');
    router.engine.route(0, prefix, router.nextHops[63]);
    expect(router.forward(Uint32Array.of(prefix.address + 1), 0, false)).to.be.above(0);
    expect(() => router.forward(new Uint32Array(2).fill(prefix.address), 0, true)).to.throw('1 of 2 packets');
  });

  it('leave out what was interrupted', () => {
    expect(undisturbedMean([1, 2, 3, 100])).to.equal(2);
  });

  it('measure forwarding, a process for each kind of table', async () => {
    const tables = [{ table: 'a few', prefixes: 2000, oneIn: 10 }];
    const outcome = await measureForwarding({ tables, packets: 4096, processes: 1, rounds: 1, abilene: 0 });
    expect(measuredOf(outcome.figures, 'a table of one plane')).to.be.above(0);
    expect(outcome.figures.filter(({ value }) => !(value > 0))).to.deep.equal([]);
    expect(await drawChart(outcome.charts[0])).to.contain('</svg>');
  }).timeout(180_000);

  it('measure forwarding beside updates', () => {
    const { figures } = measureUpdates({ prefixes: 2000, rounds: 1, turnSeconds: 0.005 });
    expect(measuredOf(figures, 'an update')).to.be.above(0);
    expect(figures.filter(({ name }) => name.startsWith('rate kept at'))).to.have.length(8);
  });

  it('measure memory: next hops exchanged one for one cost next to nothing, at random they do', () => {
    const { figures } = measureMemory([randomNextHops(20_000)]);
    expect(measuredOf(figures, '100.0 % by exchange')).to.be.below(
      measuredOf(figures, '100 % differ at random'),
    );
    expect(measuredOf(figures, ': 0 % differ')).to.be.below(measuredOf(figures, ': 100 % differ'));
  });

  it('measure loads against the planner', () => {
    const size = { packets: 5000, rounds: 1, mixtures: [{ real: 1, shadow: 1 }] };
    const { figures, charts } = measureOverhead(size);
    expect(measuredOf(figures, 'without cancellation: planned')).to.be.closeTo(50, 1e-9);
    expect(measuredOf(figures, 'with cancellation: planned, %')).to.be.within(50, 100);
    expect(measuredOf(figures, 'with cancellation: measured')).to.be.within(0, 100);
    expect(charts[0].lines).to.have.length(5);
  });

  it('find where a link ends: at its rate without cancellation, beyond it with', () => {
    const offered = { linkBps: 1e9, packetBytes: 300, loads: { real: 0.7, shadow: 0.7 } };
    expect(refusedShare({ ...offered, sharing: 'without' }, 30_000)).to.be.within(0.2, 0.3);
    expect(refusedShare({ ...offered, sharing: 'with' }, 30_000)).to.equal(0);
  });

  describe('as experiments', () => {
    const tmp = temporaryFolder();
    for (const name of ['forwarding', 'updates', 'overhead']) {
      it(`${name}.yaml passes`, async () => {
        const { code } = await shadowlab(['run', `experiments/paper/${name}.yaml`, '--results', tmp]);
        expect(code).to.equal(0);
        expect(new RunFolder(tmp, `paper-${name}`).result().verdict).to.equal('pass');
      }).timeout(120_000);
    }
  });
});
