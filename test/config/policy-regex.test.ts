import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { policyRegex, RegexError } from '../../src/config/policy-regex.ts';

function matches(expression: string, text: string): boolean {
  const regex = policyRegex(expression);
  if (regex instanceof RegexError) throw new Error(regex.reason);
  return regex.test(text);
}

function refusal(expression: string): string {
  const regex = policyRegex(expression);
  return regex instanceof RegexError ? regex.reason : 'none';
}

describe('regular expressions of policy', () => {
  it('take _ for what is between numbers, and for both ends', () => {
    expect(
      ['65001', '1 65001 2', '{65001,3}', '(65001)'].map((text) => matches('_65001_', text)),
    ).to.deep.equal([true, true, true, true]);
    expect(['165001', '650010', '1 650012'].map((text) => matches('_65001_', text))).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect(matches('^_1_$', '1')).to.equal(true);
    expect(matches('^$', '')).to.equal(true);
    expect(matches('^$', '1')).to.equal(false);
  });

  it('are held against hostile text in time linear in it', () => {
    const hostile = '1'.repeat(100_000);
    for (const expression of ['^(1|1)*$', '(1+)+$', '^(1*)*2', '(1?){60}1{60}$', '1{1,50}x']) {
      expect(matches(expression, `${hostile}2`), expression).to.equal(expression.endsWith('2'));
    }
  });

  it('that are wrong are refused with the reason', () => {
    expect(refusal('(1')).to.equal('a ")" is missing');
    expect(refusal('1)')).to.equal('there is a ")" too many');
    expect(refusal('[1')).to.equal('a "]" is missing');
    expect(refusal('*1')).to.contain('nothing before it');
    expect(refusal('[9-1]')).to.contain('goes backwards');
    expect(refusal('\\w+')).to.equal('"\\w" is not known');
    expect(refusal('1{3,2}')).to.contain('at most less than at least');
    expect(refusal('((1{99}){99}){99}')).to.equal('the expression is too large');
    expect(refusal('((){255}){255}')).to.equal('the expression is too large');
    expect(refusal('('.repeat(1000))).to.contain('nested');
  });

  it("mean what JavaScript's mean, where both have the same words", () => {
    const piece = fc.oneof(
      { arbitrary: fc.constantFrom('1', '2', ' ', '.', '[12]', '[^1]', '^', '$'), weight: 6 },
      { arbitrary: fc.constantFrom('(1|2)', '(1 ?)', '(^|2)'), weight: 2 },
    );
    const repeated = fc
      .tuple(piece, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}'))
      .map(([of, repeat]) => (/^[$^]$/.test(of) ? of : of + repeat));
    const branch = fc.array(repeated, { maxLength: 5 }).map((parts) => parts.join(''));
    const expression = fc.array(branch, { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|'));
    const text = fc
      .array(fc.constantFrom('1', '2', ' ', '3'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(expression, fc.array(text, { maxLength: 5 }), (source, texts) => {
        for (const each of texts) expect(matches(source, each)).to.equal(new RegExp(source).test(each));
      }),
      { numRuns: 1000 },
    );
  });

  it('are read or refused, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'01_^$.*+?()[]{},|\\-: a') }),
        fc.string(),
        (source, text) => {
          const regex = policyRegex(source);
          if (!(regex instanceof RegexError)) regex.test(text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
