import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import { loopOf, type Path } from '../../src/analysis/paths.ts';
import { viewOf } from '../../src/analysis/view.ts';
import { MS, packet, runStarted, started, VIDEO } from './run-builder.ts';

type Postcards = ReturnType<typeof packet>;

function onlyPath(postcards: Postcards): Path {
  const view = viewOf([runStarted(), started(1, 0), ...postcards]);
  const traces = view.packets(1, VIDEO, 'real');
  expect(traces).to.have.length(1);
  const [trace] = traces;
  if (trace === undefined) throw new Error('no packet');
  return view.path(trace);
}

describe('the path of a packet', () => {
  const whole = packet(MS, ['A', 'B', 'D']);

  it('is read from its postcards', () => {
    expect(onlyPath(whole)).to.deep.equal({
      routers: ['A', 'B', 'D'],
      traced: true,
      complete: true,
      arrived: true,
      looped: false,
      tags: [1],
    });
  });

  it('is the same whatever order postcards come in and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 9 }), (order) => {
        const shuffled = [...order, 0, 1, 2].flatMap((index) => whole.slice(index, index + 1));
        expect(onlyPath(shuffled)).to.deep.equal(onlyPath(whole));
      }),
    );
  });

  it('follows the links where a router wrote down an earlier time than the one before it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 3, maxLength: 3 }), (lateMs) => {
        const skewed = packet(100 * MS, ['A', 'B', 'D']).map((postcard, index) => ({
          ...postcard,
          timeNs: postcard.timeNs + (lateMs[index] ?? 0) * MS,
        }));
        expect(onlyPath(skewed)).to.deep.equal(onlyPath(whole));
      }),
    );
  });

  it('ends where a router dropped the packet, with its reason', () => {
    const path = onlyPath(packet(MS, ['A', 'B'], { dropped: { reason: 'no-route' } }));
    expect(path.arrived).to.equal(false);
    expect(path.lost).to.deep.equal({ router: 'B', in: 'to-A', out: '', reason: 'no-route' });
  });

  it('ends on the wire where a router sent it on and no other saw it', () => {
    const path = onlyPath(packet(MS, ['A'], { to: 'B' }));
    expect(path.lost).to.deep.equal({ router: 'A', in: 'to-alice', out: 'to-B', reason: 'wire' });
  });

  it('blames an access list only where that is why: a postcard also names the line that let a packet pass', () => {
    const passed = packet(MS, ['A'], { dropped: { reason: 'no-route', acl: 'access-list 7 seq 5' } });
    const stopped = packet(MS, ['A'], { dropped: { reason: 'acl-in', acl: 'access-list 7 seq 5' } });
    expect(onlyPath(passed).lost?.acl).to.equal(undefined);
    expect(onlyPath(stopped).lost?.acl).to.equal('access-list 7 seq 5');
  });

  it('is not complete where a postcard between two others is missing', () => {
    const path = onlyPath(whole.filter((postcard) => postcard.router !== 'B'));
    expect(path.complete).to.equal(false);
    expect(path.traced).to.equal(true);
  });

  it('is not traced where it does not begin at the source: an untraced packet leaves a postcard only where it is dropped', () => {
    const path = onlyPath(packet(MS, ['A', 'B'], { dropped: { reason: 'queue', out: 'to-D' } }).slice(1));
    expect(path.traced).to.equal(false);
  });

  it('goes round where it passes a router twice', () => {
    const path = onlyPath(packet(MS, ['A', 'B', 'A', 'B', 'D']));
    expect(path.looped).to.equal(true);
    expect(loopOf(path.routers)).to.deep.equal(['A', 'B', 'A']);
    expect(loopOf(['A', 'B'])).to.deep.equal([]);
  });
});

describe('packets and steps', () => {
  it('a packet belongs to the step in which it was sent, also when a later postcard comes first', () => {
    const across = packet(10 * MS - 1, ['A', 'B', 'D']);
    const facts: readonly Fact[] = [runStarted(), started(1, 0), started(2, 10 * MS), ...across.toReversed()];
    const view = viewOf(facts);
    expect(view.packets(1, VIDEO, 'real')).to.have.length(1);
    expect(view.packets(2, VIDEO, 'real')).to.have.length(0);
  });

  it('are kept apart by flow, plane and sequence number', () => {
    const view = viewOf([
      runStarted(),
      started(1, 0),
      ...packet(MS, ['A'], { sequence: 1 }),
      ...packet(MS, ['A'], { sequence: 2 }),
      ...packet(MS, ['A'], { sequence: 1, plane: 'shadow' }),
    ]);
    expect(view.packets(1, VIDEO, 'real')).to.have.length(2);
    expect(view.packets(1, VIDEO, 'shadow')).to.have.length(1);
  });

  it('hundreds of thousands of postcards are indexed in the time it takes to read them', () => {
    const view = viewOf([runStarted(), started(1, 0)]);
    for (let sequence = 0; sequence < 100_000; sequence++) {
      for (const postcard of packet(sequence * 1000, ['A', 'B', 'D'], { sequence })) view.add(postcard);
    }
    const arrived = view.packets(1, VIDEO, 'real').filter((trace) => view.path(trace).arrived);
    expect(arrived).to.have.length(100_000);
  });
});
