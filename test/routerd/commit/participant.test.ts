/** A router's side of commitment: which request is taken in which state, and what it does. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CommitParticipant } from '../../../src/routerd/commit/participant.ts';
import type { CommitRequest } from '../../../src/routerd/management/contract.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { twoRouters } from '../forwarding/network.ts';

type Phase = Extract<CommitRequest, { op: 'commit' }>['phase'];
const OLD = 1;
const NEW = 2;

describe("a router's side of a commit", () => {
  it('marks, swaps and goes back to plain packets, each on its request', () => {
    const { ask, state } = router();
    const states = (['prepare', 'mark', 'swap', 'settle', 'unmark'] as const).map((phase) => {
      expect(ask(phase)).to.equal(undefined);
      return state();
    });
    expect(states).to.deep.equal(['real 1', 'real 1, marks', 'real 2, marks', 'real 2, marks', 'real 2']);
  });

  it('does nothing twice: a repeated request is confirmed and changes nothing', () => {
    const { ask, state } = router();
    for (const phase of ['prepare', 'mark', 'swap', 'settle'] as const) {
      expect(ask(phase)).to.equal(undefined);
      const before = state();
      expect(ask(phase)).to.equal(undefined);
      expect(state()).to.equal(before);
    }
  });

  it('refuses what is out of order, and changes nothing', () => {
    const orders: readonly (readonly [readonly Phase[], Phase])[] = [
      [[], 'mark'],
      [[], 'swap'],
      [['prepare'], 'swap'],
      [['prepare', 'mark'], 'settle'],
      [['prepare', 'mark', 'swap'], 'unmark'],
      [['prepare', 'mark', 'swap', 'settle'], 'swap'],
      [['prepare', 'mark', 'abort'], 'swap'],
      [['prepare', 'mark', 'swap', 'abort'], 'settle'],
    ];
    for (const [before, phase] of orders) {
      const { ask, state } = router();
      for (const each of before) expect(ask(each)).to.equal(undefined);
      const then = state();
      expect(ask(phase), `${phase} after ${before}`).to.be.a('string');
      expect(state()).to.equal(then);
    }
  });

  it('comes back from every state by abort and unmark', () => {
    const forward = ['prepare', 'mark', 'swap', 'settle'] as const;
    for (let done = 0; done <= forward.length; done++) {
      const { ask, state, participant } = router();
      for (const phase of forward.slice(0, done)) ask(phase);
      expect(ask('abort')).to.equal(undefined);
      expect(state().startsWith('real 1')).to.equal(true);
      expect(ask('unmark')).to.equal(undefined);
      expect([state(), participant.busy]).to.deep.equal(['real 1', false]);
    }
  });

  it('swaps back by itself when nothing is heard for the time of its lease, and goes on marking', () => {
    const { ask, state, clock, participant } = router();
    for (const phase of ['prepare', 'mark', 'swap'] as const) ask(phase);
    clock.runUntil(0.9 * SECOND);
    participant.heard();
    clock.runUntil(1.8 * SECOND);
    expect(state()).to.equal('real 2, marks');
    clock.runUntil(2 * SECOND);
    expect(state()).to.equal('real 1, marks');
    expect(ask('settle')).to.equal('cannot settle while aborted');
  });

  it('holds no lease once it has settled', () => {
    const { ask, state, clock } = router();
    for (const phase of ['prepare', 'mark', 'swap', 'settle'] as const) ask(phase);
    clock.runUntil(10 * SECOND);
    expect(state()).to.equal('real 2, marks');
  });

  it('refuses a second commit while one is under way, and takes no part in one of another tag', () => {
    const { ask } = router();
    for (const phase of ['prepare', 'mark', 'swap'] as const) ask(phase);
    expect(ask('prepare', 3)).to.equal('another commit is under way (swapped, tag 2)');
    expect(ask('mark', 3)).to.equal('no commit of tag 3 is under way');
    expect([ask('abort', 3), ask('unmark', 3)]).to.deep.equal([undefined, undefined]);
    expect(ask('settle')).to.equal(undefined);
  });

  it('takes over, with the next commit, what an aborted one left behind', () => {
    const { ask, state } = router();
    for (const phase of [
      'prepare',
      'mark',
      'abort',
      'prepare',
      'mark',
      'swap',
      'settle',
      'unmark',
    ] as const) {
      expect(ask(phase), phase).to.equal(undefined);
    }
    expect(state()).to.equal('real 2');
  });

  it('is not prepared where the slots hold other tags or something stands in the way', () => {
    expect(router().ask('prepare', 7)).to.equal('shadow configuration has tag 2, not 7');
    expect(router('R1 is failed').ask('prepare')).to.equal('R1 is failed');
  });
});

function router(obstacle?: string) {
  const clock = new VirtualClock();
  const { r1 } = twoRouters();
  r1.setTag(0, OLD);
  r1.setTag(1, NEW);
  const participant = new CommitParticipant(clock, r1, () => obstacle);
  const requestOf = (phase: Phase, newTag: number): Parameters<CommitParticipant['handle']>[0] => {
    switch (phase) {
      case 'prepare':
        return { op: 'commit', phase, oldTag: OLD, newTag };
      case 'swap':
        return { op: 'commit', phase, newTag, leaseNs: SECOND };
      default:
        return { op: 'commit', phase, newTag };
    }
  };
  return {
    clock,
    participant,
    ask: (phase: Phase, newTag = NEW) => participant.handle(requestOf(phase, newTag)),
    state: () => `real ${r1.tagOf(r1.realSlot)}${r1.marking ? ', marks' : ''}`,
  };
}
