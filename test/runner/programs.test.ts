import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { CommandFact, Fact } from '../../src/analysis/facts.ts';
import type { Backend } from '../../src/runner/lab.ts';
import { type Ran, runText } from '../support/run.ts';
import { thisMachine } from '../support/this-machine.ts';

/** Two routers 5 ms apart with a host each, converged. */
const network = (...steps: readonly string[]): string =>
  `
name: programs
topology:
  nodes: { A: , B: }
  hosts: { a: { router: A }, b: { router: B } }
  links: [{ endpoints: [A, B], delay: 5ms }]
steps:
  - converge:
${steps.map((step) => `  - ${step}`).join('\n')}
`;

/** As on one of its hosts. */
const runHere = (...steps: readonly string[]): Promise<Ran> =>
  runText(network(...steps), { backend: thisMachine });

const commands = (facts: readonly Fact[]): readonly CommandFact[] =>
  facts.filter((fact) => fact.fact === 'command');

describe('ping in the embedded lab', () => {
  it('goes by the plane that it is meant for, and says who refused it', async () => {
    const { verdicts, result } = await runText(
      network(
        'fail: { link: [A, B] }',
        'ping: { from: a, to: b, plane: real, count: 20, every: 10ms }\n    expect: [{ lost: 0, rtt: { mean: "<11ms" } }, reachable, { rtt: "<10ms" }]',
        'ping: { from: a, to: b }\n    expect: [unreachable, { lost: "==10" }, { rtt: "<1s" }]',
      ),
    );
    expect(verdicts).to.deep.equal([
      '3.1 pass: 0 of 20 pings not answered',
      '3.2 pass: mean round trip 10 ms (min 10 ms, max 10 ms)',
      '3.3 pass: 2 of the last 2 pings answered',
      '3.4 fail: max round trip 10 ms (min 10 ms, max 10 ms)',
      '4.1 pass: 0 of the last 1 ping answered; 10.0.0.1 says “unreachable” 10 times',
      '4.2 pass: 10 of 10 pings not answered; 10.0.0.1 says “unreachable” 10 times',
      '4.3 error: no ping was answered; 10.0.0.1 says “unreachable” 10 times',
    ]);
    expect(result.steps[2].ping).to.include({ sent: 20, answered: 20 });
    expect(result.steps[3].ping?.roundTripNs).to.deep.equal({ min: null, mean: null, p99: null, max: null });
  });

  it('goes on until it is answered, where there is time for it', async () => {
    const { verdicts, result } = await runText(
      network(
        'fail: { link: [A, B] }',
        'restore:\n    ping: { from: a, to: b }\n    expect: reachable within 60s',
        'ping: { from: a, to: b, count: 5, every: 500ms }\n    expect: unreachable within 3s',
      ),
    );
    expect(verdicts[0]).to.match(/^3\.1 pass/);
    expect(result.steps[2].ping?.sent).to.be.above(10);
    // Five in 2.5 s, then one by one until the time is over.
    expect(verdicts[1]).to.match(/^4\.1 fail/);
    expect(result.steps[3].ping?.sent).to.equal(6);
  });

  it('counts an answer that comes too late as none', async () => {
    const { verdicts } = await runText(
      network('ping: { from: a, to: b, within: 9ms }\n    expect: { lost: "==10" }'),
    );
    expect(verdicts).to.deep.equal(['2.1 pass: 10 of 10 pings not answered']);
  });

  it('is the same for the same seed', async () => {
    const text = network('ping: { from: a, to: b }\n    expect: reachable');
    // The first fact names the file, which is another one each time.
    const [first, second] = [await runText(text), await runText(text)].map(({ facts }) => facts.slice(1));
    expect(first).to.deep.equal(second);
  });
});

describe('a command on a host', () => {
  it('has its output and exit code in the results, and has to end with 0 where nothing is said', async () => {
    const { verdicts, result, facts } = await runHere(
      'exec: { on: a, run: "echo out; echo err >&2; exit 3" }',
      'exec: { on: a, run: [echo, "two  words", "$HOME"] }\n    expect: { stdout: { matches: "^two  words [$]HOME$" } }',
    );
    expect(verdicts).to.deep.equal([
      '2.1 fail: exit 3',
      '3.1 pass: exit 0',
      '3.2 pass: stdout has "two  words $HOME"',
    ]);
    expect(result.steps[1].expectations[0]).to.deep.include({
      expected: 'exit: 0',
      hints: [{ text: 'stderr: err' }],
    });
    expect(result.steps[1].command).to.include({
      run: 'echo out; echo err >&2; exit 3',
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      end: 'itself',
    });
    expect(result.steps[2].name).to.equal("echo 'two  words' '$HOME' on a");
    expect(commands(facts)).to.have.length(2);
    expect(result.verdict).to.equal('fail');
  });

  it('may be expected to fail, in its step or behind it', async () => {
    const { verdicts } = await runHere(
      'exec: { on: a, run: "exit 3" }\n    expect: { exit: ">0" }',
      'exec: { on: a, run: "exit 4" }',
      'expect: { exit: 4 }',
    );
    expect(verdicts).to.deep.equal(['2.1 pass: exit 3', '4.1 pass: exit 4']);
  });

  it('finds the address of a host in braces with its name, and braces as they are elsewhere', async () => {
    const { result } = await runHere('exec: { on: a, run: [echo, "http://{b}:80/{c}", "{\\"a b\\": {}}"] }');
    expect(result.steps[1].command?.stdout).to.equal('http://10.0.1.2:80/{c} {"a b": {}}\n');
  });

  it('is read as JSON where that is asked', async () => {
    const { verdicts } = await runHere(
      `exec: { on: a, run: [echo, '{"end": [{"rate": 5.5e6}]}'] }
    expect: [{ json: { at: "end[0].rate", is: ">=5e6" } }, { json: { at: end.rate, is: 1 } }]`,
      'exec: { on: a, run: echo no }\n    expect: { json: { at: x, is: 1 } }',
    );
    expect(verdicts.filter((line) => !/exit 0$/.test(line))).to.deep.equal([
      '2.2 pass: end[0].rate is 5500000',
      '2.3 fail: there is no end.rate: end is a list of 1',
      '3.2 error: stdout is no JSON: it begins with "no" (Unexpected token \'o\')',
    ]);
  });

  it('is ended when its time is over', async () => {
    const { verdicts, result } = await runHere('exec: { on: a, run: [sleep, "60"], within: 100ms }');
    expect(verdicts[0]).to.match(/^2\.1 fail: still running after/);
    expect(result.steps[1].command).to.include({ end: 'late', code: null });
  });

  it('that is not there is an error with a remedy', async () => {
    const { verdicts } = await runHere('exec: { on: a, run: [nosuchprogram] }');
    expect(verdicts[0]).to.match(/^2\.1 error: .*no such program on a.*install it/);
  });

  it('has more in the facts than in the result, and says where that ends', async () => {
    const { result, facts } = await runHere('exec: { on: a, run: "yes | head -c 200000" }');
    expect(result.steps[1].command?.stdout).to.have.length(4000);
    expect(result.steps[1].command?.isTruncated).to.equal(true);
    expect(commands(facts)[0].outcome?.stdout).to.have.length(128 * 1024);
  });

  it('is stopped where the run is interrupted', async () => {
    const controller = new AbortController();
    let stops = 0;
    const interrupting: Backend = {
      name: 'this machine',
      deploy: async (experiment, deployment) => {
        const lab = await thisMachine.deploy(experiment, deployment);
        const { exec } = lab;
        if (exec === undefined) throw new Error('it has programs');
        return {
          ...lab,
          exec: (...call) => {
            const execution = exec(...call);
            controller.abort(new Error('interrupted'));
            return {
              stop: () => {
                stops++;
                execution.stop();
              },
            };
          },
        };
      },
    };
    const { signal } = controller;
    const { result } = await runText(network('exec: { on: a, run: [sleep, "60"] }'), {
      backend: interrupting,
      signal,
    });
    expect(stops).to.equal(1);
    expect(result.ended).to.equal('interrupted');
  });
});

describe('a command in the background', () => {
  const outcomes = ({ facts }: Ran) => commands(facts).map(({ outcome }) => outcome?.ended);

  it('goes on while later steps do their work, and is stopped with the run', async () => {
    const ran = await runHere(
      'exec: { on: b, run: [sleep, "60"], background: true }',
      'exec: { on: a, run: [echo, meanwhile] }',
    );
    expect(ran.result.verdict).to.equal('pass');
    expect(outcomes(ran)).to.deep.equal([undefined, 'itself', 'stopped']);
    expect(ran.result.steps[1].command).to.include({ background: true, end: 'stopped' });
  });

  it('that there is not says so, and what to do', async () => {
    const { result } = await runHere(
      'exec: { on: b, run: "shadowlab-has-no-such-program", background: true }',
    );
    expect(result.error).to.match(/ended by itself with 127: .*not found \(install it: hosts of netns/);
  });

  it('that fails at once is an error of its step, in its own words', async () => {
    const { result } = await runHere(
      'exec: { on: b, run: "echo address in use >&2; exit 1", background: true }',
      'exec: { on: a, run: [echo, never] }',
    );
    expect(result.error).to.match(
      /step 2 .* on b in the background .* ended by itself with 1: address in use$/,
    );
    expect(result.steps.map(({ verdict }) => verdict)).to.deep.equal(['pass', 'error', 'skipped']);
  });

  it('that fails later is warned of, and one that comes to its end is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
    try {
      // Each goes on until somebody writes to its pipe.
      const waits = (pipe: string, code: number): string =>
        `exec: { on: b, run: "mkfifo ${folder}/${pipe}; read line < ${folder}/${pipe}; exit ${code}", background: true }`;
      const ran = await runHere(
        waits('fails', 5),
        waits('ends', 0),
        `exec: { on: a, run: "echo > ${folder}/fails; echo > ${folder}/ends" }`,
        'wait: 3s',
      );
      const warnings = ran.facts.flatMap((fact) => (fact.fact === 'log' ? [fact.text] : []));
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/step 2 started on b .*ended by itself with 5/);
      expect(ran.result.steps[1].command).to.include({ end: 'itself', code: 5 });
      expect(ran.result.steps[2].command).to.include({ end: 'itself', code: 0 });
      expect(ran.result.verdict).to.equal('pass');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
