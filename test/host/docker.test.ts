/** The docker backend on an engine of its own: what it makes, what it may, what becomes of it when things break. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Result } from '../../src/analysis/result.ts';
import { runFolder } from '../../src/runner/backends/daemons/runs.ts';
import { docker } from '../../src/runner/backends/docker/docker.ts';
import { execute } from '../../src/runner/backends/docker/execute.ts';
import { findings } from '../../src/runner/backends/docker/findings.ts';
import { leftovers } from '../../src/runner/backends/docker/leftovers.ts';
import { containerSettings } from '../../src/runner/backends/docker/settings.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import { buildImage } from '../../src/runner/image/image.ts';
import { type ExecOutcome, MAX_OUTPUT_BYTES } from '../../src/runner/lab.ts';
import type { ProgressEvent } from '../../src/runner/progress.ts';
import { run } from '../../src/runner/run.ts';
import { version } from '../../src/runner/version.ts';
import { SECOND } from '../../src/world/clock.ts';
import { shadowlab } from '../cli/shadowlab.ts';
import { TestEngine } from './engine.ts';
import { until } from './interop/router.ts';

/** Decimal, as `docker images` counts. */
const MAX_IMAGE_BYTES = 130e6;
const RUN = 'd0c4e400';
const OTHER = 'd0c4e401';

const TRIANGLE = `
name: triangle
topology:
  ospf: { hello: 1s, dead: 8s }
  nodes: { r1: {}, r2: {}, r3: {} }
  hosts: { h1: {}, h2: {} }
  links:
    - endpoints: [r1, r2]
    - endpoints: [r2, r3]
    - endpoints: [r1, r3]
    - endpoints: [h1, r1]
    - endpoints: [h2, r2]
configs:
  shadow:
    r1: |
      interface to-r2
       ip ospf cost 500
traffic:
  - { name: steady, from: h1, to: h2, rate: 1Mbps, packet: 500B }
`;
const CHANGED = `
steps:
  - converge: { within: 600s }
  - name: real traffic, and what is on a host
    probe: { from: h1, to: h2, plane: real, count: 20, every: 10ms }
    exec: { on: h1, run: 'ping -c 3 -i 0.2 {h2} && cat /proc/self/status' }
    expect:
      - { path: [r1, r2], within: 60s }
      - stdout: { matches: '3 received' }
      - stdout: { matches: 'NoNewPrivs:\\s*1' }
  - exec: { on: h2, run: [no-such-program] }
    expect:
      - exit: 127
  - commit: { within: 120s, phase: 30s }
    expect:
      - { lost: 0, plane: real }
      - { mixed: 0, plane: real }
`;
const WAITING = `
steps:
  - wait: 1s
  - wait: 60s
`;

describe('the docker backend', () => {
  let engine: TestEngine;
  let folder: string;

  before(async function () {
    const why = TestEngine.obstacle();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    engine = await TestEngine.start();
    process.env.DOCKER_HOST = engine.host;
  });
  after(async () => {
    delete process.env.DOCKER_HOST;
    await engine?.stop();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-docker-test-'));
  });
  afterEach(() => {
    for (const path of [folder, runFolder(RUN), runFolder(OTHER)])
      rmSync(path, { recursive: true, force: true });
  });

  it('says what to do where there is no image, or one of another version', async () => {
    const { result } = await runOn(WAITING);
    expect(result).to.include({ verdict: 'error' });
    expect(result.error).to.equal('there is no image shadowlab (shadowlab image build)');
    const tar = await engine.client
      .importImage(join(import.meta.dirname, '../../Dockerfile'))
      .catch(() => {});
    expect(tar, 'what is no archive is no image').to.equal(undefined);
    await buildImage(engine.client, { name: 'shadowlab:old', version: '0.0.1', programs: [] });
    const lacking = (await findings({ image: 'shadowlab:old' })).filter(({ state }) => state === 'missing');
    expect(lacking).to.deep.equal([
      {
        state: 'missing',
        what: 'image shadowlab:old',
        detail: `the image shadowlab:old is of shadowlab 0.0.1, this is ${version}`,
        remedy: 'shadowlab image build --tag shadowlab:old',
      },
    ]);
  });

  it('makes its image here, small, the same from the same files, and leaves none behind that it replaces', async () => {
    const first = await build();
    expect(first.size).to.be.lessThan(MAX_IMAGE_BYTES);
    const layers = await layersOf(first.id);
    const second = await build();
    expect(await layersOf(second.id)).to.deep.equal(layers);
    const images = await engine.client.listImages({ filters: { label: [`shadowlab.version=${version}`] } });
    expect(images.map(({ Id }) => Id)).to.deep.equal([second.id]);
    const lacking = (await findings({})).filter(({ state }) => state === 'missing');
    expect(lacking).to.deep.equal([]);
  });

  it('changes a network under traffic and loses nothing; containers have the few privileges meant; nothing is left', async () => {
    const seen: Docker.ContainerInspectInfo[] = [];
    const { result, results } = await runOn(CHANGED, async (event) => {
      if (event.kind !== 'deployed') return;
      const ids = (await containers()).map(({ Id }) => Id);
      seen.push(...(await Promise.all(ids.map((id) => engine.client.getContainer(id).inspect()))));
    });
    const seenWords = result.steps.flatMap(({ expectations }) =>
      expectations.map(({ verdict, seen }) => `${verdict}: ${seen}`),
    );
    expect(result.verdict, `${result.error}\n${seenWords.join('\n')}`).to.equal('pass');

    expect(seen).to.have.length(5);
    for (const { Name: name, HostConfig: limits, NetworkSettings: network } of seen) {
      expect(limits.Privileged, name).to.equal(false);
      expect(limits.CapDrop, name).to.deep.equal(['ALL']);
      const isRouter = name.startsWith(`/shadowlab-${RUN}-r`);
      expect(limits.CapAdd, name).to.deep.equal(isRouter ? ['NET_RAW', 'IPC_LOCK'] : ['NET_RAW']);
      expect(limits.ReadonlyRootfs, name).to.equal(true);
      expect(Object.keys(network.Networks), name).to.deep.equal(['none']);
    }
    expect(readFileSync(join(results, 'lab', 'r1.log'), 'utf8')).to.include('"router":"r1"');
    await expectNothingLeft();
  });

  describe('a command on a host', () => {
    let container: Docker.Container;
    before(async () => {
      const machine = { kind: 'segment', name: 'h', interfaces: [] } as const;
      const settings = containerSettings(machine, { run: RUN, image: 'shadowlab', word: 'h' });
      container = await engine.client.createContainer(settings);
      await container.start();
    });
    after(() => container?.remove({ force: true }));

    const sh = (text: string): readonly string[] => ['sh', '-c', text];
    const outcomeOf = (words: readonly string[], limitNs?: number): Promise<ExecOutcome> =>
      new Promise((resolve) => {
        execute(container, { words, ...(limitNs !== undefined && { limitNs }) }, resolve);
      });
    const quiet = { stdout: '', stderr: '', isTruncated: false, isTimedOut: false };

    it('has its outputs apart and its exit code told', async () => {
      const outcome = await outcomeOf(sh('echo out; echo err >&2; exit 3'));
      expect(outcome).to.deep.equal({ ...quiet, code: 3, stdout: 'out\n', stderr: 'err\n' });
    });

    it('that is not there is 127', async () => {
      const { code, stderr } = await outcomeOf(['no-such-program']);
      expect(code).to.equal(127);
      expect(stderr).to.match(/"no-such-program": executable file not found/);
    });

    it('is killed when its time is over, with what it started', async () => {
      const outcome = await outcomeOf(sh('echo begun; sleep 1000 & sleep 1000'), 10 * SECOND);
      expect(outcome).to.deep.equal({
        ...quiet,
        code: null,
        signal: 'SIGKILL',
        stdout: 'begun\n',
        isTimedOut: true,
      });
      expect((await outcomeOf(sh('cat /proc/[0-9]*/cmdline'))).stdout).not.to.include('1000');
    });

    it('is stopped as by Ctrl-C, and one that does not care for good, whenever that is asked', async () => {
      const stopped = (text: string): Promise<ExecOutcome> =>
        new Promise((resolve) => execute(container, { words: sh(text) }, resolve).stop());
      expect(await stopped('sleep 1000')).to.include({ code: null, signal: 'SIGINT', isTimedOut: false });
      const stubborn = await new Promise<ExecOutcome>((resolve, reject) => {
        const words = sh("trap '' INT; while :; do sleep 1; done");
        const execution = execute(container, { words }, resolve);
        until(
          'it does not care for SIGINT',
          () => outcomeOf(sh('cat /proc/[0-9]*/status')),
          ({ stdout }) => /^SigIgn:\s+0*2$/m.test(stdout),
        ).then(() => execution.stop(), reject);
      });
      expect(stubborn).to.include({ code: null, signal: 'SIGKILL' });
    });

    it('may write more than is kept, and byte by byte', async () => {
      const much = await outcomeOf(sh('head -c 3000000 /dev/zero; echo end >&2'));
      expect(much.stdout).to.have.length(MAX_OUTPUT_BYTES);
      expect(much).to.include({ code: 0, isTruncated: true, stderr: 'end\n' });
      const little = await outcomeOf(sh('for i in $(seq 3000); do echo -n x; done'));
      expect(little).to.deep.equal({ ...quiet, code: 0, stdout: 'x'.repeat(3000) });
    });

    it('ends when its container does', async () => {
      const ended = outcomeOf(sh('sleep 1000'));
      await outcomeOf(['true']).catch(() => {});
      await container.kill();
      expect(await ended)
        .to.have.property('code')
        .that.is.not.equal(0);
    });
  });

  it('ends with the reason when the container of a router does, with nothing left', async () => {
    const { result } = await runOn(WAITING, async (event) => {
      if (event.kind === 'step-started' && event.step.number === 2) {
        await engine.client.getContainer(`shadowlab-${RUN}-r2`).stop();
      }
    });
    expect(result.verdict).to.equal('error');
    expect(result.error).to.match(/the container of r2 ended with exit code 0; it last said: /);
    await expectNothingLeft();
  });

  it('ends with the reason when the process of a router is killed', async () => {
    const { result } = await runOn(WAITING, async (event) => {
      if (event.kind === 'step-started' && event.step.number === 2)
        process.kill(await pidOf('r2'), 'SIGKILL');
    });
    expect(result.verdict).to.equal('error');
    expect(result.error).to.match(/the container of r2 ended with exit code 137; it last said: /);
    expect(result.steps.map(({ verdict }) => verdict)).to.deep.equal(['pass', 'error']);
    await expectNothingLeft();
  });

  it('ends with the reason when an interface is removed', async () => {
    const { result } = await runOn(WAITING, async (event) => {
      if (event.kind !== 'step-started' || event.step.number !== 2) return;
      const words = [`--net=/proc/${await pidOf('r1')}/ns/net`, 'ip', 'link', 'delete', 'dev', 'to-r2'];
      expect(spawnSync('nsenter', words).status).to.equal(0);
    });
    expect(result.verdict).to.equal('error');
    expect(result.error).to.match(/ the interface to-r\d of router r\d is gone$/);
    await expectNothingLeft();
  });

  it('ends with a sentence when the disk is full, and what there was room for can be reported', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'shadowlab-test', disk]);
    expect(mount.status).to.equal(0);
    try {
      const file = join(folder, 'long.yaml');
      writeFileSync(file, TRIANGLE + WAITING.replace('wait: 60s', 'wait: 3600s'));
      const words = ['run', file, '--backend', 'docker', '--results', disk];
      const { code, stderr, stdout } = await shadowlab(words, { env: { DOCKER_HOST: engine.host } });
      expect(stderr, `${code} ${stdout}`).to.match(
        /^shadowlab: the results in .* cannot be written: .*no space left on the disk /,
      );
      expect(code).to.equal(3);
      const facts = readFileSync(join(disk, 'triangle/latest/events.jsonl'), 'utf8').split('\n').slice(0, -1);
      for (const line of facts) expect(JSON.parse(line)).to.have.property('fact');
      expect(facts.length).to.be.greaterThan(1);
    } finally {
      spawnSync('umount', [disk]);
    }
    expect(await containers('shadowlab.run')).to.deep.equal([]);
  });

  it('does not meet another of the same experiment on the same engine', async () => {
    const runs = await Promise.all([RUN, OTHER].map((id) => runOn(CHANGED, undefined, undefined, id)));
    expect(runs.map(({ result }) => [result.verdict, result.error])).to.deep.equal([
      ['pass', undefined],
      ['pass', undefined],
    ]);
    await expectNothingLeft();
    expect(await containers('shadowlab.run')).to.deep.equal([]);
  });

  it('leaves nothing when it is interrupted while containers are made', async () => {
    const interrupt = new AbortController();
    const events = await engine.client.getEvents({ filters: { type: ['container'], event: ['start'] } });
    events.once('data', () => interrupt.abort(new Error('interrupted')));
    const { result } = await runOn(WAITING, async () => {}, interrupt.signal);
    expect(result.ended).to.equal('interrupted');
    await expectNothingLeft();
  });

  it('finds what a killed runner left, and nothing else', async () => {
    const { Id: stranger } = await engine.client
      .createContainer({ Image: 'shadowlab', name: 'shadowlab-mine', Labels: { 'shadowlab.run': 'mine' } })
      .then(({ id }) => ({ Id: id }));
    const name = 'shadowlab-0badf00d-r1';
    await engine.client.createContainer({
      Image: 'shadowlab',
      name,
      Labels: { 'shadowlab.run': '0badf00d' },
    });
    const found = await leftovers();
    expect(found.map(({ run: id, what }) => `${id}: ${what}`)).to.deep.equal([
      `0badf00d: container ${name} (created)`,
    ]);
    await Promise.all(found.map((leftover) => leftover.remove()));
    await found[0].remove();
    expect((await containers('shadowlab.run')).map(({ Id }) => Id)).to.deep.equal([stranger]);
    await engine.client.getContainer(stranger).remove();
  });

  it('finds images that lost their name to a newer one, once no container uses them', async () => {
    const name = 'shadowlab:again';
    const first = await buildImage(engine.client, { name, version: '0.0.1', programs: [] });
    const container = await engine.client.createContainer({ Image: name });
    await buildImage(engine.client, { name, version: '0.0.2', programs: [] });
    expect(await leftovers()).to.deep.equal([]);
    await container.remove();
    const found = await leftovers();
    const short = first.id.slice('sha256:'.length).slice(0, 12);
    expect(found.map(({ run: of, what }) => [of, what])).to.deep.equal([
      [undefined, `image ${short} of shadowlab 0.0.1, which has no name`],
    ]);
    await found[0].remove();
    await found[0].remove();
    expect(await leftovers()).to.deep.equal([]);
    await engine.client.getImage(name).remove();
  });

  // The last: there is no engine after it.
  describe('without an engine', () => {
    it('ends with the reason, in bounded time; what ran is ended, what may be left is said', async () => {
      let processes: readonly number[] = [];
      const { result } = await runOn(WAITING, async (event) => {
        if (event.kind !== 'step-started' || event.step.number !== 2) return;
        const infos = (await containers()).map(({ Id }) => engine.client.getContainer(Id).inspect());
        processes = (await Promise.all(infos)).map(({ State }) => State.Pid);
        await engine.kill();
      });
      expect(result.verdict).to.equal('error');
      expect(result.error).to.match(/the Docker engine at .*docker\.sock is gone/);
      expect(result.error).to.include(`containers with the label shadowlab.run=${RUN}`);
      expect(processes).to.have.length(5);
      expect(processes.filter(isRunning)).to.deep.equal([]);
      expect(existsSync(runFolder(RUN)), 'the record for clean').to.equal(true);
    });
  });

  function build(): Promise<{ readonly id: string; readonly size: number }> {
    return buildImage(engine.client, { name: 'shadowlab', version, programs: [] });
  }

  async function layersOf(image: string): Promise<readonly string[]> {
    return (await engine.client.getImage(image).inspect()).RootFS.Layers ?? [];
  }

  function containers(label = `shadowlab.run=${RUN}`): Promise<readonly Docker.ContainerInfo[]> {
    return engine.client.listContainers({ all: true, filters: { label: [label] } });
  }

  /** Of the machine's first process, on this machine. */
  async function pidOf(machine: string): Promise<number> {
    return (await engine.client.getContainer(`shadowlab-${RUN}-${machine}`).inspect()).State.Pid;
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await containers()).to.deep.equal([]);
    expect(existsSync(runFolder(RUN))).to.equal(false);
  }

  /** What `meanwhile` throws, the test does. */
  async function runOn(
    steps: string,
    meanwhile: (event: ProgressEvent) => Promise<void> = async () => {},
    signal = new AbortController().signal,
    id = RUN,
  ): Promise<{ readonly result: Result; readonly results: string }> {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(file, TRIANGLE + steps);
    const loaded = await loadExperiment(file);
    if (!loaded.ok) return expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
    const results = join(folder, `results-${id}`);
    const pending: Promise<void>[] = [];
    const result = await run(loaded.experiment, {
      backend: docker({}),
      folder: results,
      id,
      version,
      signal,
      progress: (event) => pending.push(meanwhile(event)),
    });
    await Promise.all(pending);
    return { result, results };
  }
});

/** A process that ended and that nobody asked about yet runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
