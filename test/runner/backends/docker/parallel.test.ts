import { expect } from 'chai';
import { describe, it } from 'mocha';
import { inParallel } from '../../../../src/runner/backends/docker/parallel.ts';

describe('work in parallel', () => {
  it('is never more at once than it may be, and all of it is done', async () => {
    let [running, most] = [0, 0];
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      done.push(item);
    });
    expect(most).to.equal(3);
    expect(done).to.have.members([1, 2, 3, 4, 5, 6, 7]);
  });

  it('begins nothing new after a failure, and waits for what is under way', async () => {
    const events: string[] = [];
    const failure = await inParallel([1, 2, 3, 4], 2, async (item) => {
      events.push(`begin ${item}`);
      if (item === 1) throw new Error('no');
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`end ${item}`);
    }).catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'no');
    expect(events).to.deep.equal(['begin 1', 'begin 2', 'end 2']);
  });
});
