/** Commands, in the namespace that is there already. */
import { getActiveResourcesInfo } from 'node:process';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { Commands } from '../../src/runner/backends/netns/commands.ts';
import type { Command, ExecOutcome } from '../../src/runner/lab.ts';
import { obstacle } from './packet-lab.ts';

const HERE = '/proc/self/ns/net';
const HOUR_NS = 3_600e9;

describe('commands in a namespace', () => {
  before(function () {
    const reason = obstacle();
    if (reason === undefined) return;
    console.log(`    skipped: ${reason}`);
    this.skip();
  });

  it('that the kernel finds too long end as in a shell', async () => {
    const { code, stderr } = await outcomeOf({
      words: ['echo', ...new Array(1000).fill('x'.repeat(10_000))],
    });
    expect(code).to.equal(126);
    expect(stderr).to.contain('E2BIG');
  });

  it('may take longer than a timer can', async () => {
    const outcome = await outcomeOf({ words: ['sleep', '0.1'], limitNs: 1_000 * HOUR_NS });
    expect(outcome).to.include({ code: 0, isTimedOut: false });
  });

  it('are left alone once they ended', async () => {
    const timers = (): number => getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { promise, resolve } = Promise.withResolvers<ExecOutcome>();
    const execution = new Commands().run(HERE, { words: ['true'] }, resolve);
    expect((await promise).code).to.equal(0);
    const before = timers();
    execution.stop();
    // Others' may end meanwhile.
    expect(timers(), 'nobody is to be killed').to.be.at.most(before);
  });

  it('leave no timer behind where they cannot begin', async () => {
    const timers = (): number => getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await outcomeOf({ words: ['true'] });
    const path = process.env.PATH;
    const before = timers();
    try {
      process.env.PATH = '/nowhere';
      const { code, stderr } = await outcomeOf({ words: ['true'], limitNs: HOUR_NS });
      expect(code).to.equal(126);
      expect(stderr).to.contain('ENOENT');
    } finally {
      process.env.PATH = path;
    }
    expect(timers()).to.be.at.most(before);
  });
});

function outcomeOf(command: Command): Promise<ExecOutcome> {
  return new Promise((resolve) => new Commands().run(HERE, command, resolve));
}
