import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { wrap } from '../../src/cli/wrap.ts';

describe('a line wrapped for a terminal', () => {
  it('is indented on, so that it shows to what it belongs', () => {
    expect(wrap('    STTL has no route to newyork in shadow', 24)).to.deep.equal([
      '    STTL has no route to',
      '      newyork in shadow',
    ]);
  });

  it('stays as it is where it fits', () => {
    expect(wrap('  two words', 11)).to.deep.equal(['  two words']);
    expect(wrap('', 11)).to.deep.equal(['']);
  });

  it('has all its words in order, and no line longer than the terminal but for one long word', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 20 }),
        fc.nat(8),
        fc.integer({ min: 1, max: 40 }),
        (words, indent, columns) => {
          const lines = wrap(' '.repeat(indent) + words.join(' '), columns);
          expect(lines.flatMap((line) => line.trim().split(' '))).to.deep.equal(words);
          for (const line of lines) {
            expect(line.length <= columns || !line.trim().includes(' ')).to.equal(true);
          }
        },
      ),
    );
  });
});
