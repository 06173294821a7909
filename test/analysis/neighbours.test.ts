import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import { makeResult } from '../../src/analysis/result-of.ts';
import type { NeighbourEntry } from '../../src/world/observation.ts';
import { finished, MS, neighbours, runStarted, started } from './run-builder.ts';

function noticesOf(facts: readonly Fact[]): readonly string[] | undefined {
  const all = [runStarted(), started(1, 0), started(2, MS), started(3, 2 * MS), ...facts, finished(3, 5e9)];
  return makeResult(all).notices;
}

function session(router: string, plane: 'real' | 'shadow', address: string, state: string): Fact {
  const entry: NeighbourEntry = { port: '', routerId: address, address, state, role: '-', protocol: 'bgp' };
  return { t: 0, fact: 'neighbours', step: 3, router, plane, entries: [entry] };
}

describe('neighbours of both planes', () => {
  it('are no news where both planes have the same', () => {
    expect(noticesOf([...neighbours(3, 'real'), ...neighbours(3, 'shadow')])).to.equal(undefined);
  });

  it('are told of where one plane alone has them, once for both ends, though every claim holds', () => {
    expect(noticesOf([...neighbours(3, 'real'), ...neighbours(3, 'shadow', ['A-B'])])).to.deep.equal([
      'neighbours in real at the end, not in shadow: A and B (OSPF)',
    ]);
    expect(noticesOf([...neighbours(3, 'real', ['C-D']), ...neighbours(3, 'shadow', ['A-B'])])).to.deep.equal(
      [
        'neighbours in real at the end, not in shadow: A and B (OSPF)',
        'neighbours in shadow at the end, not in real: C and D (OSPF)',
      ],
    );
  });

  it('are those of the end: what was put right is no news', () => {
    const facts = [...neighbours(2, 'real'), ...neighbours(2, 'shadow', ['A-B']), ...neighbours(3, 'shadow')];
    expect(noticesOf(facts)).to.equal(undefined);
  });

  it('are no news of what has failed in the plane that lacks them', () => {
    const failure: Fact = {
      t: 2 * MS,
      fact: 'failed',
      step: 3,
      plane: 'shadow',
      target: 'link A-B',
    };
    expect(noticesOf([failure, ...neighbours(3, 'real'), ...neighbours(3, 'shadow', ['A-B'])])).to.equal(
      undefined,
    );
  });

  it('are no news of routers that were not heard of in both planes', () => {
    expect(noticesOf(neighbours(3, 'real'))).to.equal(undefined);
  });

  it('of BGP are sessions that are not established', () => {
    const facts = (state: string) => [
      session('A', 'real', '192.0.2.1', 'Established'),
      session('A', 'shadow', '192.0.2.1', state),
    ];
    expect(noticesOf(facts('Established'))).to.equal(undefined);
    expect(noticesOf(facts('Connect'))).to.deep.equal([
      'neighbours in real at the end, not in shadow: A and 192.0.2.1 (BGP)',
    ]);
  });
});
