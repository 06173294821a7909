/** The containerlab backend on an engine of its own, where containerlab is installed. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after_ } from 'node:timers/promises';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { Result } from '../../src/analysis/result.ts';
import { allLeftovers } from '../../src/runner/backends/backends.ts';
import { deploy, destroy, installedVersion } from '../../src/runner/backends/containerlab/command.ts';
import { containerlab, PROGRAM } from '../../src/runner/backends/containerlab/containerlab.ts';
import { filesOfExport, filesOfRun, nodesOf } from '../../src/runner/backends/containerlab/folder.ts';
import { abilitiesOf } from '../../src/runner/backends/containerlab/version.ts';
import { planLab } from '../../src/runner/backends/daemons/plan.ts';
import { runFolder } from '../../src/runner/backends/daemons/runs.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { buildImage } from '../../src/runner/image/image.ts';
import type { ProgressEvent } from '../../src/runner/progress.ts';
import { writeRunFile } from '../../src/runner/results/folder.ts';
import { run } from '../../src/runner/run.ts';
import { version } from '../../src/runner/version.ts';
import { TestEngine } from './engine.ts';

const RUN = 'c1ab0001';
const LAB = `shadowlab-${RUN}`;
/** Pings of a lab that converges by itself. */
const TRIES = 60;

/** Names that containerlab would take for something else, and three routers on one link. */
const LAN = `
name: lan
topology:
  ospf: { hello: 1s, dead: 4s }
  nodes: { 'r {{ 1 }}': {}, $HOME: {}, r3: {} }
  hosts: { host: { router: 'r {{ 1 }}' }, h2: { router: r3 } }
  links:
    - endpoints: ['r {{ 1 }}', $HOME, r3]
    - endpoints: ['r {{ 1 }}', r3]
configs:
  shadow:
    r3: |
      interface to-r_1
       ip ospf cost 500
`;
const CHANGED = `
steps:
  - converge: { within: 600s }
  - probe: { from: host, to: h2, plane: real, count: 20, every: 10ms }
    exec: { on: host, run: 'ping -c 3 -i 0.2 {h2} && cat /proc/self/status' }
    expect:
      - { path: ['r {{ 1 }}', r3], within: 60s }
      - stdout: { matches: '3 received' }
      - stdout: { matches: 'NoNewPrivs:\\s*1' }
  - exec: { on: h2, run: [no-such-program] }
    expect:
      - exit: 127
`;
const WAITING = `
steps:
  - converge: { within: 600s }
  - wait: 60s
`;

describe('the containerlab backend', () => {
  let engine: TestEngine;
  let folder: string;

  before(async function () {
    const why = TestEngine.obstacle() ?? (await obstacle());
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      return this.skip();
    }
    engine = await TestEngine.start();
    process.env.DOCKER_HOST = engine.host;
    await buildImage(engine.client, { name: 'shadowlab', version, programs: [] });
  });
  after(async () => {
    delete process.env.DOCKER_HOST;
    await engine?.stop();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-containerlab-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('carries traffic and commands under any names, without privileges, and leaves nothing but the folder', async () => {
    const seen: Docker.ContainerInspectInfo[] = [];
    const { result, results } = await runOn(CHANGED, async (event) => {
      if (event.kind !== 'deployed') return;
      const ids = (await containers()).map(({ Id }) => Id);
      seen.push(...(await Promise.all(ids.map((id) => engine.client.getContainer(id).inspect()))));
    });
    const words = result.steps.flatMap(({ expectations }) =>
      expectations.map(({ verdict, seen: what }) => `${verdict}: ${what}`),
    );
    expect(result.verdict, `${result.error}\n${words.join('\n')}`).to.equal('pass');
    expect(seen).to.have.length(6);
    for (const { Name: name, HostConfig: limits } of seen) {
      expect([limits.Privileged, limits.NetworkMode, limits.RestartPolicy?.Name], name).to.deep.equal([
        false,
        'none',
        'no',
      ]);
      // Some engines write CAP_IPC_LOCK.
      const added = (limits.CapAdd ?? []).map((capability: string) => capability.replace('CAP_', ''));
      expect(added, name).to.deep.equal(/-(h2|host-2|segment-1)$/.test(name) ? [] : ['IPC_LOCK']);
    }
    expect(readFileSync(join(results, 'lab/r3.log'), 'utf8')).to.include('management on');
    expect(readdirSync(join(results, 'lab'))).to.include.members([
      `${LAB}.clab.yml`,
      'by-hand',
      'containerlab.log',
    ]);
    expect(existsSync(join(results, 'lab', `clab-${LAB}`))).to.equal(false);
    await expectNothingLeft();
  });

  it('leaves nothing when it is interrupted while containers are made', async () => {
    const interrupt = new AbortController();
    const events = await engine.client.getEvents({ filters: { type: ['container'], event: ['start'] } });
    events.once('data', () => interrupt.abort(new Error('interrupted')));
    const { result } = await runOn(WAITING, async () => {}, interrupt.signal);
    expect(result.ended).to.equal('interrupted');
    await expectNothingLeft();
  });

  it('ends with the reason when the container of a router does', async () => {
    const { result } = await runOn(WAITING, async (event) => {
      if (event.kind === 'step-started' && event.step.number === 2) {
        await engine.client.getContainer(`${LAB}-r3`).kill();
      }
    });
    expect(result.error).to.match(/the container of r3 ended with exit code 137; it last said: /);
    await expectNothingLeft();
  });

  it("says why a router's container ended at once, in the router's words", async () => {
    const { result } = await runOn(WAITING, async () => {}, undefined, 'no-router');
    expect(result.error).to.match(/the container of .* ended at once: .*Cannot find module/);
    await expectNothingLeft();
  });

  it('is cleaned away when the runner was killed', async () => {
    const plan = planLab(await load(WAITING), 0);
    const naming = { lab: LAB, prefix: '__lab-name', nodes: nodesOf(plan) } as const;
    const abilities = abilitiesOf(await installedVersion({ program: PROGRAM }));
    for (const [path, text] of filesOfRun(plan, naming, { id: RUN, image: 'shadowlab', abilities })) {
      writeRunFile(folder, path, text);
    }
    await deploy({ program: PROGRAM }, join(folder, `${LAB}.clab.yml`), new AbortController().signal);
    for (const { run: id, remove } of await allLeftovers()) if (id === RUN) await remove();
    await expectNothingLeft();
  });

  it('is exported as a lab that lives by itself, in both planes', async () => {
    const experiment = await load(WAITING);
    for (const [path, text] of filesOfExport(experiment)) writeRunFile(folder, path, text);
    const file = join(folder, 'lan.clab.yml');
    const options = { program: PROGRAM };
    const { address } = experiment.topology.hosts.find(({ name }) => name === 'h2')?.address ?? {};
    const dotted = [24, 16, 8, 0].map((shift) => ((address ?? 0) >>> shift) & 255).join('.');
    try {
      await deploy(options, file, new AbortController().signal);
      for (const words of [[], ['-Q', '188']]) {
        expect(await pings('clab-lan-host-2', [...words, dotted]), words.join(' ')).to.equal(true);
      }
    } finally {
      await destroy(options, file);
    }
  });

  it('ends with the reason when the engine does', async () => {
    const { result } = await runOn(WAITING, async (event) => {
      if (event.kind === 'step-started' && event.step.number === 2) await engine.kill();
    });
    expect(result.error).to.match(/the Docker engine at .*docker\.sock is gone/);
    rmSync(runFolder(RUN), { recursive: true });
    expect(tracesInFiles()).to.deep.equal([]);
  });

  async function obstacle(): Promise<string | undefined> {
    try {
      await installedVersion({ program: PROGRAM });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async function pings(container: string, words: readonly string[]): Promise<boolean> {
    for (let left = TRIES; left > 0; left--) {
      const command = ['--host', engine.host, 'exec', container, 'ping', '-c', '1', '-W', '1', ...words];
      const { exitCode } = await execa('docker', command, { reject: false });
      if (exitCode === 0) return true;
      await after_(500);
    }
    return false;
  }

  function containers(): Promise<readonly Docker.ContainerInfo[]> {
    return engine.client.listContainers({ all: true, filters: { label: [`shadowlab.run=${RUN}`] } });
  }

  function tracesInFiles(): readonly string[] {
    const ssh = existsSync('/etc/ssh/ssh_config.d') ? readdirSync('/etc/ssh/ssh_config.d') : [];
    const hosts = readFileSync('/etc/hosts', 'utf8').split('\n');
    return [...ssh, ...hosts].filter((text) => text.includes(LAB));
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await containers()).to.deep.equal([]);
    expect(existsSync(runFolder(RUN))).to.equal(false);
    expect(tracesInFiles()).to.deep.equal([]);
    const links = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    expect(links.filter((name) => name.startsWith(LAB))).to.deep.equal([]);
    const networks = await engine.client.listNetworks();
    expect(networks.filter(({ Name: name }) => name.startsWith(LAB))).to.deep.equal([]);
  }

  async function load(steps: string): Promise<Experiment> {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(file, LAN + steps);
    const loaded = await loadExperiment(file);
    return loaded.ok
      ? loaded.experiment
      : expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
  }

  /** What `meanwhile` throws, the test does. */
  async function runOn(
    steps: string,
    meanwhile: (event: ProgressEvent) => Promise<void> = async () => {},
    signal = new AbortController().signal,
    image?: string,
  ): Promise<{ readonly result: Result; readonly results: string }> {
    const results = join(folder, 'results');
    const pending: Promise<void>[] = [];
    if (image !== undefined) await withoutRouter(image);
    const result = await run(await load(steps), {
      backend: containerlab(image === undefined ? {} : { image }),
      folder: results,
      id: RUN,
      version,
      signal,
      progress: (event) => pending.push(meanwhile(event)),
    });
    await Promise.all(pending);
    return { result, results };
  }

  /** An image of ours that somebody broke. */
  async function withoutRouter(image: string): Promise<void> {
    const container = await engine.client.createContainer({
      Image: 'shadowlab',
      Cmd: ['node', '-e', 'require("fs").rmSync("/opt/shadowlab/dist", { recursive: true })'],
      HostConfig: { NetworkMode: 'none' },
    });
    await container.start();
    await container.wait();
    await container.commit({ repo: image });
    await container.remove();
  }
});
