import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { fileNames } from '../../../../src/runner/backends/daemons/file-names.ts';
import {
  isAlive,
  keepRun,
  listRuns,
  registerRun,
  removeRun,
  runFolder,
} from '../../../../src/runner/backends/daemons/runs.ts';
import { machineWords } from '../../../../src/runner/backends/docker/settings.ts';
import { LabError } from '../../../../src/runner/lab.ts';

const ID = '0a1b2c3d';
const RUN = { id: ID, backend: 'netns', experiment: 'a.yaml', folder: 'results/a' };

describe('the runs on a machine', () => {
  let root = '';
  beforeEach(() => {
    root = join(mkdtempSync(join(tmpdir(), 'shadowlab-runs-')), 'shadowlab');
  });
  afterEach(() => rmSync(join(root, '..'), { recursive: true }));

  it('are none where there is no folder for them', () => {
    expect(listRuns(root)).to.deep.equal([]);
  });

  it('say whose they are, in a folder that nobody else may enter', () => {
    const before = process.umask(0);
    try {
      expect(registerRun(RUN, root)).to.equal(runFolder(ID, root));
    } finally {
      process.umask(before);
    }
    expect(statSync(runFolder(ID, root)).mode & 0o777).to.equal(0o700);
    const [{ id, run }] = listRuns(root);
    expect(id).to.equal(ID);
    expect(run).to.include({ ...RUN, pid: process.pid, kept: false });
    if (run === undefined) return expect.fail();
    expect(isAlive(run)).to.equal(true);
    expect(isAlive({ ...run, startTime: run.startTime - 1 }), 'another process of that number').to.equal(
      false,
    );
    expect(isAlive({ ...run, pid: 2 ** 30 }), 'no process').to.equal(false);
  });

  it('may be meant to stay', () => {
    registerRun(RUN, root);
    keepRun(ID, root);
    expect(listRuns(root)[0].run?.kept).to.equal(true);
  });

  it('keep their record whatever their machines are called', () => {
    const folder = registerRun(RUN, root);
    const names = ['run', '.run', 'run.json', ' run', '...run', '~run', '_run', 'é', '/'];
    const machines = names.map((name) => ({ kind: 'segment', name, interfaces: [] }) as const);
    for (const called of [fileNames(machines), machineWords({ machines, wires: [] })]) {
      expect(new Set(called.values()).size).to.equal(names.length);
      for (const file of called.values()) {
        for (const ending of ['json', 'sock', 'log']) writeFileSync(join(folder, `${file}.${ending}`), '{}');
      }
    }
    keepRun(ID, root);
    expect(listRuns(root)[0].run).to.include({ ...RUN, kept: true });
  });

  it('are removed with all that is in their folder, also twice', () => {
    const folder = registerRun(RUN, root);
    writeFileSync(join(folder, 'r1.json'), '{}');
    removeRun(ID, root);
    removeRun(ID, root);
    expect(existsSync(folder)).to.equal(false);
    expect(() => removeRun('../../etc', root)).to.throw('is no run');
  });

  it('do not take the folder of another', () => {
    registerRun(RUN, root);
    expect(() => registerRun({ ...RUN, experiment: 'b.yaml' }, root)).to.throw(LabError, 'EEXIST');
    expect(listRuns(root)[0].run?.experiment).to.equal('a.yaml');
  });

  it('are told from what else is there, and from what nobody can read', () => {
    for (const name of ['ours', '0A1B2C3D', '0a1b2c3d4', 'ffffffff', 'eeeeeeee', 'dddddddd']) {
      mkdirSync(join(root, name), { recursive: true });
    }
    writeFileSync(join(root, 'eeeeeeee', '.run.json'), '{"id":"eeeeeeee"');
    writeFileSync(
      join(root, 'dddddddd', '.run.json'),
      JSON.stringify({ ...RUN, pid: 1, startTime: 1, kept: false }),
    );
    chmodSync(join(root, 'ours'), 0o700);
    expect(listRuns(root)).to.deep.equal([{ id: 'dddddddd' }, { id: 'eeeeeeee' }, { id: 'ffffffff' }]);
  });
});
