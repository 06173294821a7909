import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PolicyClassConfig } from '../../../src/config/model.ts';
import { queueingOf } from '../../../src/routerd/qos/queueing.ts';

function queueing(...classes: readonly PolicyClassConfig[]) {
  const match = { match: 'any', criteria: [] } as const;
  return queueingOf({ name: 'P', classes: classes.map((config) => ({ config, ...match })) }, 10e6, 50_000);
}

const DEFAULT = { name: 'class-default' };

describe('the queues of a policy', () => {
  it('are one for each class that says something of queues, and one for all others', () => {
    const { queueOf, queues } = queueing(
      { name: 'marked', setDscp: 1 },
      { name: 'limited', queueLimitBytes: 1000 },
      { name: 'shaped', shapeBps: 1e6 },
      DEFAULT,
    );
    expect(queues.map(({ name }) => name)).to.deep.equal(['limited', 'shaped', 'class-default']);
    expect(queueOf).to.deep.equal([2, 0, 1, 2]);
    expect(queues.map(({ limitBytes }) => limitBytes)).to.deep.equal([1000, 50_000, 50_000]);
  });

  it('share what bandwidth and priority leave, and always have a per cent', () => {
    const shares = (percent: number): readonly number[] =>
      queueing(
        { name: 'voice', priority: { kind: 'percent', percent: 10 } },
        { name: 'data', bandwidth: { kind: 'kbps', kbps: 4000 } },
        { name: 'more', bandwidth: { kind: 'percent', percent } },
        { name: 'shaped', shapeBps: 1e6 },
        DEFAULT,
      ).queues.map(({ shareBps }) => shareBps);
    expect(shares(20).slice(1)).to.deep.equal([4e6, 2e6, 1.5e6, 1.5e6]);
    expect(shares(60).slice(1)).to.deep.equal([4e6, 6e6, 1e5, 1e5]);
  });
});
