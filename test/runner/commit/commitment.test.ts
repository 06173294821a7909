/**
 * Commitment as a whole: real routers, hosts and links, a management network that delays, loses and cuts off.
 * Whatever happens there, a packet is forwarded by one configuration from end to end.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { askAll } from '../../../src/runner/ask.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { deploy, fibs, NEW, OLD, PHASE_LIMIT, pick } from './network.ts';

describe('commitment', () => {
  it('swaps real and shadow on every router, and back', async () => {
    const world = await deploy(1, { loss: 0, unreachable: [] });
    const before = await fibs(world.lab, 'shadow');
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
    expect(await fibs(world.lab, 'real')).to.deep.equal(before);
    expect((await world.commit(NEW, OLD)).outcome).to.equal('committed');
    expect(await fibs(world.lab, 'shadow')).to.deep.equal(before);
  });

  it('goes through its phases in order, each confirmed by every router before the next is asked for', async () => {
    const world = await deploy(2, { loss: 0, unreachable: [] });
    const { phases } = await world.commit(OLD, NEW);
    expect(phases.map(({ phase }) => phase)).to.deep.equal([
      'prepare',
      'mark',
      'drain',
      'swap',
      'drain',
      'settle',
      'unmark',
    ]);
    for (const [index, { fromNs }] of phases.entries()) {
      if (index > 0) expect(fromNs).to.be.at.least(phases[index - 1].toNs);
    }
    for (const phase of ['prepare', 'mark', 'swap', 'settle', 'unmark']) {
      const confirmed = world.reports.filter((report) => report.phase === phase);
      expect(confirmed.map(({ outcome }) => outcome)).to.deep.equal(confirmed.map(() => 'confirmed'));
      expect(confirmed).to.have.length(world.routers.length);
    }
  });

  it('is refused while something is failed in one plane alone, and changes nothing', async () => {
    const world = await deploy(3, { loss: 0, unreachable: [] });
    const before = await fibs(world.lab, 'real');
    const target = { kind: 'router' } as const;
    await askAll<'fail' | 'restore'>(world.lab, ['R1'], () => ({ op: 'fail', plane: 'shadow', target }));
    const outcome = await world.commit(OLD, NEW);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.match(/^prepare: R1 failed in one plane alone .*restore first$/);
    expect(await fibs(world.lab, 'real')).to.deep.equal(before);
    await askAll<'fail' | 'restore'>(world.lab, ['R1'], () => ({ op: 'restore', plane: 'shadow', target }));
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
  });

  it('is refused when a router does not hold the configurations that are meant', async () => {
    const world = await deploy(4, { loss: 0, unreachable: [] });
    const outcome = await world.commit(OLD, 7);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.include('shadow configuration has tag 2, not 7');
  });

  it('waits for links on which packets may queue for longer than a phase may take', async () => {
    const world = await deploy(7, { loss: 0, unreachable: [] }, { hopTimeNs: 10 * PHASE_LIMIT });
    expect((await world.commit(OLD, NEW)).outcome).to.equal('committed');
    await world.drain();
    expect(world.faults()).to.deep.equal([]);
  });

  for (const from of ['mark', 'swap'] as const) {
    it(`ends with C-old real everywhere when a router is cut off before ${from}`, async () => {
      const world = await deploy(5, { loss: 0, unreachable: [{ router: 'R0', from }] });
      const before = await fibs(world.lab, 'real');
      const outcome = await world.commit(OLD, NEW);
      expect(outcome.outcome).to.equal('aborted');
      expect(outcome.reason).to.include(`${from}: R0 did not answer in time`);
      const others = world.routers.filter((router) => router !== 'R0');
      expect(await fibs(world.lab, 'real', others)).to.deep.equal(
        before.filter(([router]) => router !== 'R0'),
      );
    });
  }

  it('brings a router that swapped and then lost its coordinator back to C-old by its lease', async () => {
    const world = await deploy(6, { loss: 0, unreachable: [{ router: 'R0', from: 'settle' }] });
    const outcome = await world.commit(OLD, NEW);
    expect(outcome.outcome).to.equal('aborted');
    expect(outcome.reason).to.include('settle: R0 did not answer in time');
    await world.drain();
    const fromR0 = world.postcards.filter(({ flow, plane }) => flow === 1 && plane === 'real');
    expect(fromR0.map(({ tag }) => tag)).to.include(NEW);
    expect(fromR0.at(-1)?.tag).to.equal(OLD);
  });

  it('mixes no packet and loses none, at any event, over 1,000 random networks and seeds', async () => {
    const outcomes = { committed: 0, aborted: 0 };
    for (let seed = 1; seed <= 1000; seed++) {
      const random = seededRandom(seed, 'faults');
      const unreachable =
        random.next() < 0.25
          ? [{ router: 'R1', from: pick(random, ['prepare', 'mark', 'swap', 'settle', 'unmark'] as const) }]
          : [];
      const world = await deploy(seed, { loss: random.next() < 0.5 ? 0 : 0.2, unreachable });
      const outcome = await world.commit(OLD, NEW);
      outcomes[outcome.outcome]++;
      await world.drain();
      const wrong = world.faults();
      expect(wrong, `seed ${seed}, ${outcome.outcome}: ${outcome.reason ?? ''}`).to.deep.equal([]);
    }
    // The faults are many enough that both ways are walked.
    expect(outcomes.committed).to.be.greaterThan(500);
    expect(outcomes.aborted).to.be.greaterThan(50);
  });
});
