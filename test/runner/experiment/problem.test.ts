import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatProblem, type Problem } from '../../../src/runner/experiment/problem.ts';

const problem: Problem = {
  severity: 'error',
  file: 'abilene.yaml',
  line: 23,
  column: 26,
  length: 4,
  lineText: '    fail: { link: [DNVR, KCSY], plane: shadow }',
  message: 'unknown router "KCSY" in step 2',
  suggestion: 'did you mean "KSCY"?',
};

describe('a problem as people read it', () => {
  it('is a sentence with its place, the line, and a caret under the words', () => {
    expect(formatProblem(problem)).to.equal(
      [
        'abilene.yaml:23:26: unknown router "KCSY" in step 2 (did you mean "KSCY"?)',
        '   23 |     fail: { link: [DNVR, KCSY], plane: shadow }',
        '      |                          ^^^^',
      ].join('\n'),
    );
  });

  it('says when it is a warning, and has no line where it is about the whole file', () => {
    expect(formatProblem({ ...problem, severity: 'warning', line: 0, lineText: '' })).to.equal(
      'abilene.yaml: warning: unknown router "KCSY" in step 2 (did you mean "KSCY"?)',
    );
  });

  it('keeps the caret under the words behind tabs', () => {
    const lines = formatProblem({ ...problem, lineText: '\tcost KCSY', column: 7 }).split('\n');
    expect(lines.slice(1)).to.deep.equal(['   23 | \tcost KCSY', '      | \t     ^^^^']);
  });

  it('hands no control character of the file to the terminal', () => {
    const text = formatProblem({
      ...problem,
      lineText: '\u001b[2J \u202eKCSY',
      message: 'odd \u001b]0;x\u0007',
    });
    expect(text.replaceAll('\n', '')).to.not.match(/[\p{Cc}\u202a-\u202e]/u);
  });

  it('shows the part of a very long line that matters', () => {
    const lineText = `${'x'.repeat(5000)}KCSY${'y'.repeat(5000)}`;
    const [, line, carets] = formatProblem({ ...problem, lineText, column: 5001 }).split('\n');
    expect(line.length).to.be.lessThan(200);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).to.equal('KCSY');
  });
});
