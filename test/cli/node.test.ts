import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nodeProblem } from '../../src/cli/node.ts';

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^import .* from '(.*)'/gm)].map(([, from]) => from);

describe('a Node that is too old', () => {
  it('is told so, and how to get a newer one', () => {
    expect(nodeProblem('20.11.1')).to.match(
      /^Node 24 or newer is needed, this is 20\.11\.1 \(.*node@24.*\)$/,
    );
    expect(nodeProblem('24.0.0')).to.equal(undefined);
    expect(nodeProblem('100.1.0')).to.equal(undefined);
  });

  it('meets nothing before that which it may not know: no other module is loaded', () => {
    expect(importsOf('src/cli/main.ts')).to.deep.equal(['./node.ts']);
    expect(importsOf('src/cli/node.ts')).to.deep.equal([]);
  });
});
