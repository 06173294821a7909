import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type Ended, startProcess, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

const REPOSITORY = process.cwd();

/** What npm says where it cannot reach its registry. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED/;

const { files: shipped }: { files: readonly string[] } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Paths below a folder of the repository. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('the package', () => {
  const tmp = temporaryFolder();
  const user = join(tmp, 'user');
  let packed: readonly string[] = [];
  let tarball = '';

  /** npm and npx, on the Node that runs this test. */
  const npm = (command: 'npm' | 'npx', args: readonly string[], cwd: string): Promise<Ended> => {
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const quiet = {
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    };
    return startProcess(command, args, { cwd, env: { PATH, ...quiet } }).ended;
  };

  before(async () => {
    mkdirSync(user);
    // What an earlier build left would be packed, too.
    rmSync('dist', { recursive: true, force: true });
    const { stdout, stderr, code } = await npm(
      'npm',
      ['pack', '--json', '--pack-destination', tmp],
      REPOSITORY,
    );
    expect(code, stderr).to.equal(0);
    const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
    tarball = join(tmp, filename);
    packed = files.map(({ path }: { readonly path: string }) => path);
  });

  it('holds a compiled file for each source, and what package.json names, and nothing else', () => {
    const sources = filesIn('src').filter((file) => !file.endsWith('.d.ts'));
    const compiled = sources.map((file) => file.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
    const others = shipped
      .filter((name) => name !== 'dist' && existsSync(name))
      .flatMap((name) => (name.includes('.') || name === 'LICENSE' ? [name] : filesIn(name)));
    expect(packed.toSorted()).to.deep.equal([...compiled, ...others, 'package.json'].toSorted());
  });

  it('has a command that can be run where it was built, too, and workflows that ask for this version', () => {
    expect(statSync('dist/cli/main.js').mode & 0o111).to.equal(0o111);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const [file, asked] of [
      ['action.yml', /^ {2}version:[\s\S]*?default: '([\d.]+)'/m],
      ['ci/gitlab/shadowlab.gitlab-ci.yml', /^ {4}version:[\s\S]*?default: '([\d.]+)'/m],
      ['experiments/starter/.github/workflows/shadowlab.yml', /version: '([\d.]+)'/],
      ['experiments/starter/.gitlab-ci.yml', /version: '([\d.]+)'/],
    ] as const) {
      expect(version.startsWith(`${readFileSync(file, 'utf8').match(asked)?.[1]}.`), file).to.equal(true);
    }
  });

  it('holds what init writes, with the workflow in its hidden folder, README and licence', () => {
    expect(packed).to.include.members([
      'README.md',
      'LICENSE',
      'schemas/experiment.schema.json',
      'action.yml',
      'ci/gitlab/shadowlab.gitlab-ci.yml',
      'experiments/starter/.github/workflows/shadowlab.yml',
      'experiments/starter/.gitlab-ci.yml',
      'experiments/starter/configs/A.conf',
      'experiments/starter/experiments/first-change.yaml',
      'experiments/abilene-backup-path.yaml',
      'experiments/data/abilene-2004-03-01.csv',
    ]);
  });

  it('works in an empty folder: init, run, report', async function () {
    // Without --prefix npm would install into any folder above this one that has a package.json.
    const installed = await npm('npm', ['install', '--prefix', user, '--prefer-offline', tarball], user);
    if (installed.code !== 0 && OFFLINE.test(installed.stderr)) {
      console.log('      skipped: npm cannot reach its registry for the dependencies');
      this.skip();
    }
    expect(installed.code, installed.stderr).to.equal(0);
    expect(existsSync(join(user, 'node_modules/shadowlab/dist/cli/main.js'))).to.equal(true);

    const init = await npm('npx', ['shadowlab', 'init'], user);
    expect(init.code, init.stderr).to.equal(0);
    const next = init.stdout.match(/^next: npx (.*)$/m)?.[1] ?? '';
    expect(next).to.equal('shadowlab run experiments/first-change.yaml');

    const run = await npm('npx', next.split(' '), user);
    expect(run.code, run.stdout + run.stderr).to.equal(0);
    const folder = new RunFolder(join(user, 'results'), 'first-change');
    expect(folder.result().verdict).to.equal('pass');
    expect(folder.read('report.html')).to.match(/^<!doctype html>/i);

    const report = await npm('npx', ['shadowlab', 'report', 'results/first-change/latest'], user);
    expect([report.stdout, report.code]).to.deep.equal(['results/first-change/latest/report.html\n', 0]);
    expect(readdirSync(user).toSorted()).to.deep.equal([
      '.github',
      'configs',
      'experiments',
      'node_modules',
      'package-lock.json',
      'package.json',
      'results',
      'topology.yaml',
    ]);
  });
});
