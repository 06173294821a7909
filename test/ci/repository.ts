/**
 * A user's git repository, made as the documentation says: what `shadowlab init` writes, in a main branch; a change to
 * it in a branch of its own. shadowlab itself lies in it as a package, as long as npm's registry has none: here one
 * that runs this checkout.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Ended, shadowlab, startProcess } from '../cli/shadowlab.ts';

/** What the starter's workflows are told to install. */
export const PACKAGE = './shadowlab-0.1.0.tgz';

export type Edit = (text: string) => string;

/** Half a maintenance: traffic from A leaves the direct link. */
export const DRAIN: Edit = (text) =>
  text.replace('interface to-B\n', 'interface to-B\n ip ospf cost 1000\n').replace(' ip ospf cost 10\n', '');
/** Looks harmless, and leaves A-B without a backup. */
export const NO_BACKUP: Edit = (text) =>
  text.replace('passive-interface to-left', 'passive-interface to-left\n passive-interface to-C');

export class Repository {
  readonly folder: string;
  /** For what runs in it: this Node, no one's git settings. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(folder: string, home: string) {
    this.folder = folder;
    this.environment = {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'test',
      GIT_AUTHOR_EMAIL: 'test@localhost',
      GIT_COMMITTER_NAME: 'test',
      GIT_COMMITTER_EMAIL: 'test@localhost',
      npm_config_update_notifier: 'false',
      npm_config_offline: 'true',
    };
  }

  /** In a new folder of `tmp`, with one commit on `main`. `without`: what that leaves out. */
  static async make(
    tmp: string,
    ci: 'github' | 'gitlab',
    without: readonly string[] = [],
  ): Promise<Repository> {
    const repository = new Repository(join(tmp, 'origin'), tmp);
    const init = await shadowlab(['init', repository.folder, '--ci', ci]);
    if (init.code !== 0) throw new Error(init.stderr);
    await repository.#addPackage(tmp);
    await repository.git('init', '--quiet', '--initial-branch', 'main');
    await repository.git('add', '.', ...without.map((path) => `:!${path}`));
    await repository.git('commit', '--quiet', '-m', 'what the network runs');
    return repository;
  }

  /** Commits a change of files on a branch, which is made from the branch that is checked out where it is new. */
  async commit(branch: string, edits: Readonly<Record<string, Edit>>): Promise<void> {
    const branches = await this.git('branch', '--list', branch);
    await this.git('checkout', '--quiet', ...(branches === '' ? ['-b', branch] : [branch]));
    for (const [file, edit] of Object.entries(edits)) {
      const path = join(this.folder, file);
      const text = readFileSync(path, 'utf8');
      const edited = edit(text);
      if (edited === text) throw new Error(`nothing to change in ${file}`);
      writeFileSync(path, edited);
    }
    await this.git('add', '.');
    await this.git('commit', '--quiet', '-m', branch);
  }

  /** What git printed. */
  async git(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run('git', words, this.folder);
    if (code !== 0) throw new Error(`git ${words.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** A job's copy. */
  async clone(folder: string, ...words: readonly string[]): Promise<string> {
    await this.git('clone', '--quiet', ...words, `file://${this.folder}`, folder);
    return folder;
  }

  run(
    command: string,
    words: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    return startProcess(command, words, { cwd, env: { ...this.environment, ...env } }).ended;
  }

  async #addPackage(tmp: string): Promise<void> {
    const folder = join(tmp, 'package');
    mkdirSync(folder);
    const bin = { shadowlab: 'shadowlab.js' };
    const about = { name: 'shadowlab', version: '0.1.0', type: 'module', bin };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
    writeFileSync(
      join(folder, bin.shadowlab),
      `#!/usr/bin/env node\nawait import('${resolve('src/cli/main.ts')}');\n`,
    );
    const { code, stderr } = await this.run(
      'npm',
      ['pack', '--silent', '--pack-destination', this.folder],
      folder,
    );
    if (code !== 0) throw new Error(stderr);
  }
}
