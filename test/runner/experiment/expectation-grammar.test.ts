import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseComparison, parseSentence } from '../../../src/runner/experiment/expectation-grammar.ts';
import { parseDuration } from '../../../src/runner/experiment/units.ts';

describe('expectations written as text', () => {
  it('mean what they say', () => {
    const meaning = (text: string) => {
      const parsed = parseSentence(text);
      return parsed.ok ? parsed.value : parsed.wrong;
    };
    expect(meaning('recovered within 2s')).to.deep.equal({ kind: 'recovered', withinNs: 2e9 });
    expect(meaning('  unreachable   within 500ms ')).to.deep.equal({ kind: 'unreachable', withinNs: 5e8 });
    expect(meaning('reachable')).to.deep.equal({ kind: 'reachable' });
    expect(meaning('path unchanged')).to.deep.equal({ kind: 'path-unchanged' });
    expect(meaning('aborted')).to.deep.equal({ kind: 'aborted' });
    expect(meaning('fib equal to real of start')).to.deep.equal({
      kind: 'fib-equal',
      ofPlane: 'real',
      at: 'start',
    });
    expect(meaning('fib equal to shadow of "all is well"')).to.deep.equal({
      kind: 'fib-equal',
      ofPlane: 'shadow',
      at: 'all is well',
    });
  });

  it('are refused, never half understood', () => {
    const more = fc.constantFrom(
      'recovered within 2s',
      'reachable',
      'path unchanged',
      'committed',
      'fib equal to real of start',
    );
    fc.assert(
      fc.property(more, fc.stringMatching(/^[a-z0-9]{1,8}$/), (sentence, word) => {
        expect(parseSentence(`${sentence} ${word}`).ok).to.equal(false);
      }),
    );
  });

  it('never throw, whatever is written', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseSentence(text).ok === 'boolean'));
  });

  it('compare by the sign they begin with, and exactly without one', () => {
    expect(parseComparison('0', Number)).to.deep.equal({ op: '==', value: 0 });
    expect(parseComparison('<= 3', Number)).to.deep.equal({ op: '<=', value: 3 });
    expect(parseComparison('<20ms', parseDuration)).to.deep.equal({ op: '<', value: 20e6 });
    expect(parseComparison('=>20ms', parseDuration)).to.equal(undefined);
  });
});
