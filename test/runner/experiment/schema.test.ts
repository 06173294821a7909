import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkSchema } from '../../../src/runner/experiment/schema.ts';

describe('the schema of experiments', () => {
  it('is what the types and the reference in the repository were made from', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/generate.ts', '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
  });

  it('picks the branch that was meant, and tells of that one alone', () => {
    const steps = [{ converge: null }];
    const traffic = [{ name: 'video', from: 'a', too: 'b', rate: '6mbps' }];
    const problems = checkSchema('experiment.schema.json', { name: 'x', topology: 't.yaml', steps, traffic });
    expect(problems.map(({ message, suggestion }) => [message, suggestion])).to.deep.equal([
      ['the key "to" is missing', undefined],
      ['unknown key "too"', 'did you mean "to"?'],
      [
        'rate: expected a rate with its unit (bps, kbps, Mbps, Gbps), such as 10Mbps, found "6mbps"',
        'did you mean "6Mbps"?',
      ],
    ]);
  });
});
