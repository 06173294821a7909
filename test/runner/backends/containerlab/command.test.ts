import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  deploy,
  destroy,
  inspect,
  installedVersion,
  withoutOptions,
} from '../../../../src/runner/backends/containerlab/command.ts';
import { LabError } from '../../../../src/runner/lab.ts';
import { recorded } from './recorded.ts';

const FAKE = fileURLToPath(new URL('fake-containerlab', import.meta.url));
const FILE = '/labs/a/shadowlab-0a1b2c3d.clab.yml';

describe('the containerlab command', () => {
  let folder = '';
  let options = { program: FAKE, log: '' };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-clab-'));
    options = { program: FAKE, log: join(folder, 'containerlab.log') };
    process.env.FAKE_FOLDER = folder;
    process.env.CLAB_RUNTIME = 'podman';
    process.env.CLAB_DESTROY_CLEANUP = 'true';
  });
  afterEach(() => {
    delete process.env.FAKE_FOLDER;
    delete process.env.CLAB_RUNTIME;
    delete process.env.CLAB_DESTROY_CLEANUP;
    rmSync(folder, { recursive: true, force: true });
  });

  const says = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const called = (): string => readFileSync(join(folder, 'words'), 'utf8').trim().replaceAll('\n', ' ');
  const never = new AbortController().signal;

  async function failure(promise: Promise<unknown>): Promise<Error> {
    try {
      await promise;
    } catch (error) {
      if (error instanceof Error) return error;
    }
    return expect.fail('it did not fail');
  }

  it('is asked for its version', async () => {
    says('stdout', recorded('version-0.67.txt'));
    expect(await installedVersion(options)).to.deep.equal({ major: 0, minor: 67, patch: 0 });
    expect(called()).to.equal('version');
  });

  it('deploys, inspects and destroys the file that it is given, and never cleans up or reconfigures', async () => {
    await deploy(options, FILE, never);
    expect(called()).to.equal(`deploy --topo ${FILE}`);
    says('stdout', recorded('inspect-0.79.json'));
    expect(await inspect(options, FILE, 'shadowlab-0a1b2c3d')).to.have.length(2);
    expect(called()).to.equal(`inspect --topo ${FILE} --format json`);
    await destroy(options, FILE);
    expect(called()).to.equal(`destroy --topo ${FILE}`);
  });

  it("sees none of the user's options, asks the web for nothing, and keeps what else there is", async () => {
    process.env.DOCKER_HOST ??= 'unix:///var/run/docker.sock';
    await deploy(options, FILE, never);
    const variables = readFileSync(join(folder, 'variables'), 'utf8').split('\n');
    expect(variables.filter((line) => line.startsWith('CLAB_'))).to.deep.equal([
      'CLAB_VERSION_CHECK=disable',
    ]);
    expect(variables).to.include(`DOCKER_HOST=${process.env.DOCKER_HOST}`);
    expect(
      withoutOptions({ clab_name: 'x', CLAB_VERSION_CHECK: 'enable', A: '1', B: undefined }),
    ).to.deep.equal({
      A: '1',
      CLAB_VERSION_CHECK: 'disable',
    });
  });

  it('that fails is told by its final error and the log that has the rest', async () => {
    for (const version of ['0.67', '0.79']) {
      says('stderr', recorded(`no-engine-${version}.txt`));
      says('code', '1');
      const error = await failure(deploy(options, FILE, never));
      expect(error).to.be.instanceOf(LabError);
      expect(error.message).to.match(/^containerlab deploy failed: .*Cannot connect to the Docker daemon/);
      expect(error.message).to.include(options.log);
      expect(readFileSync(options.log, 'utf8')).to.include(`INFO Containerlab started version=${version}.0`);
    }
  });

  it('that is not there, may not be run, or says nothing is told as that', async () => {
    const missing = { program: join(folder, 'no-such') };
    expect((await failure(installedVersion(missing))).message).to.match(/no-such is not installed$/);
    writeFileSync(join(folder, 'plain'), '', { mode: 0o644 });
    expect((await failure(installedVersion({ program: join(folder, 'plain') }))).message).to.match(
      /may not be run$/,
    );
    says('stdout', 'hello\n');
    expect((await failure(installedVersion(options))).message).to.match(/does not say its version$/);
    says('code', '7');
    expect((await failure(destroy(options, FILE))).message).to.match(
      /^containerlab destroy failed: .*exit code 7/,
    );
  });

  it('is ended when the run is, and waited for', async () => {
    says('hangs', '');
    const run = new AbortController();
    const deploying = failure(deploy(options, FILE, run.signal));
    while (!existsSync(join(folder, 'waits'))) await after(10);
    run.abort(new Error('interrupted'));
    expect((await deploying).message).to.equal('interrupted');
    expect(readFileSync(join(folder, 'ended'), 'utf8')).to.equal('TERM\n');
  });

  it('is not begun when the run has ended', async () => {
    expect(
      (await failure(deploy(options, FILE, AbortSignal.abort(new Error('interrupted'))))).message,
    ).to.equal('interrupted');
    expect(existsSync(join(folder, 'words'))).to.equal(false);
  });
});
