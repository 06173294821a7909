/** Labs of namespaces: what they do, and that nothing is left of them, whatever becomes of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Result } from '../../src/analysis/result.ts';
import { planLab } from '../../src/runner/backends/daemons/plan.ts';
import { listRuns, removeRun, runFolder } from '../../src/runner/backends/daemons/runs.ts';
import { leftovers } from '../../src/runner/backends/netns/leftovers.ts';
import { netns } from '../../src/runner/backends/netns/netns.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import {
  type Command,
  type ExecOutcome,
  type Lab,
  LabError,
  MAX_OUTPUT_BYTES,
} from '../../src/runner/lab.ts';
import type { ProgressSink } from '../../src/runner/progress.ts';
import { run } from '../../src/runner/run.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { until } from './interop/router.ts';
import { obstacle } from './packet-lab.ts';

const STRANGE_NAME = '../a router/whose name is no file’s, é';

/**
 * A commit under traffic, which takes another way by it. The kernel of host a answers pings, which take as long as the
 * links say, and refuses connections, but for those that the runner has there. A router that a busy machine has wait for
 * some seconds is not missed, and its rings hold what came meanwhile.
 */
const COMMIT = `
name: triangle
topology:
  nodes: { A: , B: , "${STRANGE_NAME}": }
  hosts: { a: { router: A, delay: 10ms }, b: { router: B, delay: 5ms } }
  links:
    - { endpoints: [A, B], delay: 1ms }
    - { endpoints: [A, "${STRANGE_NAME}"], delay: 1ms }
    - { endpoints: ["${STRANGE_NAME}", B], delay: 1ms }
  ospf: { hello: 1s, dead: 8s }
configs:
  shadow:
    A: "interface to-B\\n ip ospf cost 1000"
    B: "interface to-A\\n ip ospf cost 1000"
traffic:
  - { name: video, from: a, to: b, rate: 500kbps, packet: 500B, mirror: shadow }
  - { name: back, from: b, to: a, rate: 1500kbps, packet: 1500B }
  - { name: download, from: b, to: a, tcp: { bytes: 2MB } }
steps:
  - converge: { within: 600s }
  - commit: { within: 120s, phase: 30s }
    wait: 1s
    expect:
      - committed
      - { lost: 0, mixed: 0, looped: 0 }
  - probe: { from: a, to: b, plane: real, count: 20 }
    expect:
      - path: [A, "${STRANGE_NAME}", B]
  - ping: { from: b, to: a, count: 3, every: 200ms, within: 20s }
    expect: { lost: 0, rtt: { min: ">=30ms" } }
  - exec: { on: b, run: 'bash -c "exec 3<>/dev/tcp/{a}/80"' }
    expect:
      - exit: 1
      - stderr: { matches: Connection refused }
      - { flow: download, finished: "<100s" }
`;

/** Runs until it is ended from outside. */
const WAITING = `
name: waiting
topology:
  nodes: { A: , B: , C: }
  hosts: { a: { router: A }, b: { router: B } }
  links: [{ endpoints: [A, B, C] }]
steps: [{ wait: 60s }]
`;

describe('a lab of namespaces', () => {
  const reason = obstacle();
  let folder = '';
  let id = '';
  before(function () {
    if (reason === undefined) return;
    console.log(`    skipped: ${reason}`);
    this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-netns-'));
    id = newId();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function load(yaml: string): Promise<Experiment> {
    const file = join(folder, `${randomBytes(4).toString('hex')}.yaml`);
    writeFileSync(file, yaml);
    const loaded = await loadExperiment(file);
    return loaded.ok
      ? loaded.experiment
      : expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
  }

  interface Options {
    readonly id?: string;
    readonly signal?: AbortSignal;
    readonly progress?: ProgressSink;
  }

  async function runText(yaml: string, options: Options = {}): Promise<Result> {
    return await run(await load(yaml), {
      backend: netns,
      folder: join(folder, `results-${options.id ?? id}`),
      id,
      version: 'test',
      signal: new AbortController().signal,
      progress: () => {},
      ...options,
    });
  }

  async function deploy(yaml: string, signal = new AbortController().signal): Promise<Lab> {
    return await netns.deploy(await load(yaml), {
      signal,
      log: () => {},
      folder: join(folder, 'results'),
      id,
    });
  }

  it('commits a change under traffic without losing or mixing a packet, whatever its machines are called', async () => {
    const result = await runText(COMMIT);
    const seen = result.steps.flatMap(({ expectations }) =>
      expectations.map((expectation) => `${expectation.verdict}: ${expectation.seen}`),
    );
    expect(result.verdict, `${result.error}\n${seen.join('\n')}`).to.equal('pass');
    expect(remains(id)).to.deep.equal([]);
  });

  it('ends with an error that names the router whose daemon was killed', async () => {
    const result = await runText(WAITING, {
      progress: ({ kind }) => {
        if (kind === 'step-started') for (const pid of daemonsOf(id, 'B')) process.kill(pid, 'SIGKILL');
      },
    });
    expect(result.verdict).to.equal('error');
    expect(result.error).to.include('router B: its daemon ended by SIGKILL');
    expect(remains(id)).to.deep.equal([]);
  });

  it('ends with an error that names the interface that is gone', async () => {
    const wire = planLab(await load(WAITING), 0).wires.find(({ ends }) =>
      ends.some(({ machine }) => machine === 'b'),
    );
    const end = wire?.ends.find(({ machine }) => machine === 'b');
    const result = await runText(WAITING, {
      progress: ({ kind }) => {
        if (kind === 'step-started') ip('-n', `shadowlab-${id}-b`, 'link', 'delete', end?.interface ?? '');
      },
    });
    expect(result.verdict).to.equal('error');
    expect(result.error).to.match(/the interface .* of (host b|router B) is gone/);
    expect(remains(id)).to.deep.equal([]);
  });

  it('is left up where that is wanted, and found by its record; what is in it can be ended', async () => {
    const lab = await deploy(WAITING);
    const told = await lab.leave?.();
    expect(told).to.include(`shadowlab clean --run ${id}`);
    expect(listRuns().find((found) => found.id === id)?.run).to.include({ backend: 'netns', kept: true });
    expect(daemonsOf(id, 'A')).to.have.length(1);
    for (const found of await leftovers()) if (found.run === id) await found.remove();
    removeRun(id);
    expect(remains(id)).to.deep.equal([]);
  });

  it('leaves nothing when its deployment is aborted, at whatever moment', async () => {
    const reason = new Error('interrupted');
    for (const afterMs of [0, 10, 30, 60, 100, 200, 400, 800]) {
      const controller = new AbortController();
      const abort = setTimeout(() => controller.abort(reason), afterMs);
      const deployed = await deploy(WAITING, controller.signal).catch((error: unknown) => error);
      clearTimeout(abort);
      if (deployed instanceof Error) expect(deployed).to.equal(reason);
      else await (deployed as Lab).destroy();
      expect(remains(id), `aborted after ${afterMs} ms`).to.deep.equal([]);
    }
  });

  it('leaves nothing when its deployment fails halfway', async () => {
    const experiment = await load(WAITING);
    const [, second] = planLab(experiment, 0).machines;
    const taken = `shadowlab-${id}-${second.name}`;
    ip('netns', 'add', taken);
    try {
      const failure = await deploy(WAITING).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(LabError);
      expect(String(failure)).to.include(`netns add ${taken}`);
    } finally {
      spawnSync('ip', ['netns', 'delete', taken]);
    }
    expect(remains(id)).to.deep.equal([]);
  });

  it('does not hinder another on the same machine', async () => {
    const other = newId();
    const results = await Promise.all([runText(COMMIT), runText(COMMIT, { id: other })]);
    expect(results.map(({ verdict, error }) => error ?? verdict)).to.deep.equal(['pass', 'pass']);
    expect([...remains(id), ...remains(other)]).to.deep.equal([]);
  });

  describe("and its hosts' programs", () => {
    let lab: Lab | undefined;
    beforeEach(async () => {
      lab = await deploy(WAITING);
    });
    afterEach(async () => {
      await lab?.destroy();
      expect(remains(id)).to.deep.equal([]);
    });

    function exec(
      host: string,
      command: Command,
      started = (_stop: () => void): void => {},
    ): Promise<ExecOutcome> {
      return new Promise((resolve, reject) => {
        const execution = lab?.exec?.(host, command, resolve);
        if (execution === undefined) reject(new Error('no programs'));
        else started(() => execution.stop());
      });
    }

    it('run on the host that is meant, with its address, and their output and exit code come back', async () => {
      const { code, stdout, stderr, isTruncated, isTimedOut } = await exec('a', {
        words: ['sh', '-c', 'ip -brief address; echo no >&2; exit 3'],
      });
      expect({ code, stderr, isTruncated, isTimedOut }).to.deep.equal({
        code: 3,
        stderr: 'no\n',
        isTruncated: false,
        isTimedOut: false,
      });
      expect(stdout).to.match(/^\S+@\S+ +UP +10\.[.\d]+\/\d+ *$/m);
    });

    it('are 127 where there is no such program, and say so', async () => {
      const outcome = await exec('a', { words: ['no-such-program'] });
      expect(outcome.code).to.equal(127);
      expect(outcome.stderr).to.include('no-such-program');
    });

    it('are cut where they say too much, and go on', async () => {
      const outcome = await exec('a', { words: ['sh', '-c', 'yes | head -c 3000000; exit 4'] });
      expect(outcome).to.include({ code: 4, isTruncated: true });
      expect(outcome.stdout).to.have.length(MAX_OUTPUT_BYTES);
    });

    it('are ended with all that they started when their time is over', async () => {
      const outcome = await exec('a', {
        words: ['sh', '-c', 'sleep 61 & sleep 61'],
        limitNs: 200 * MILLISECOND,
      });
      expect(outcome).to.include({ code: null, signal: 'SIGKILL', isTimedOut: true });
    });

    it('hear Ctrl-C where they are stopped, and may say a last word', async () => {
      const ready = join(folder, 'ready');
      const script = `trap "echo summary; exit 5" INT; echo ready; touch ${ready}; while :; do sleep 0.05; done`;
      const outcome = await exec('a', { words: ['bash', '-c', script] }, (stop) => {
        void until('the program is ready', () => existsSync(ready), Boolean).then(stop);
      });
      expect(outcome).to.include({ code: 5, stdout: 'ready\nsummary\n' });
    });

    it('are not waited for when they leave others behind that hold their output', async () => {
      const outcome = await exec('a', { words: ['sh', '-c', 'sleep 62 & echo done'], limitNs: 30 * SECOND });
      expect(outcome).to.include({ code: 0, stdout: 'done\n', isTimedOut: false });
    });
  });
});

const newId = (): string => randomBytes(4).toString('hex');

function ip(...words: readonly string[]): void {
  execFileSync('ip', words);
}

/** What the machine still has of a run, in words. */
function remains(id: string): readonly string[] {
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  return [
    ...namespaces.filter((name) => name.includes(id)).map((name) => `namespace ${name}`),
    ...(existsSync(runFolder(id)) ? [`folder ${runFolder(id)}`] : []),
    ...processesWith(id).map((pid) => `process ${pid}`),
  ];
}

function daemonsOf(id: string, router: string): readonly number[] {
  return processesWith(join(runFolder(id), `${router}.json`));
}

/** Whose command line has the text in it. */
function processesWith(text: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
