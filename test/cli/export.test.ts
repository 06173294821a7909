import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { STARTER, shadowlab } from './shadowlab.ts';

describe('shadowlab export clab', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-export-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes a folder that says what to do with it, and says what it wrote', async () => {
    const output = join(folder, 'lab');
    const { code, stdout, stderr } = await shadowlab(['export', 'clab', STARTER, '--output', output]);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(
      /^wrote \d+ files into \S+lab; README\.md there .*\nnext: sudo containerlab deploy -t \S+\.clab\.yml\n$/,
    );
    expect(readdirSync(output).sort()).to.deep.equal(['README.md', 'first-change.clab.yml', 'routers']);
    const { name, topology } = parse(readFileSync(join(output, 'first-change.clab.yml'), 'utf8'));
    expect([name, topology.kinds.linux.image]).to.deep.equal(['first-change', 'shadowlab']);
    for (const bind of Object.values<{ binds?: string[] }>(topology.nodes).flatMap(
      ({ binds = [] }) => binds,
    )) {
      expect(existsSync(join(output, bind.split(':')[0] ?? '', 'router.json')), bind).to.equal(true);
    }
  });

  it('goes beside where it is called, and takes the name of another image', async () => {
    const starter = join(process.cwd(), STARTER);
    const { code } = await shadowlab(['export', 'clab', starter, '--image', 'team/lab:2'], { cwd: folder });
    expect(code).to.equal(0);
    const text = readFileSync(join(folder, 'first-change-clab/first-change.clab.yml'), 'utf8');
    expect(text).to.include('image: team/lab:2');
  });

  it('takes the place of what it wrote before, with nothing of that left', async () => {
    const output = join(folder, 'again');
    await shadowlab(['export', 'clab', STARTER, '--output', output]);
    mkdirSync(join(output, 'routers/gone'));
    mkdirSync(join(output, 'clab-first-change'));
    expect((await shadowlab(['export', 'clab', STARTER, '--output', output])).code).to.equal(0);
    expect(existsSync(join(output, 'routers/gone'))).to.equal(false);
    expect(existsSync(join(output, 'clab-first-change')), "containerlab's own").to.equal(true);
  });

  it("touches no folder with somebody's files in it", async () => {
    const output = join(folder, 'somebody');
    mkdirSync(output);
    writeFileSync(join(output, 'mine.clab.yml'), 'name: mine\n');
    const { code, stderr } = await shadowlab(['export', 'clab', STARTER, '--output', output]);
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /somebody is not empty, and no earlier export; choose another with --output DIR\n$/,
    );
    expect(readdirSync(output)).to.deep.equal(['mine.clab.yml']);
  });

  it('says what is wrong: with the experiment, the place, the image', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const wrong = async (...words: string[]): Promise<string> => {
      const { code, stderr } = await shadowlab(['export', 'clab', ...words]);
      expect(code, stderr).to.be.oneOf([2, 3]);
      return stderr;
    };
    expect(await wrong('no-such.yaml')).to.match(/nothing was started\n$/);
    expect(await wrong(STARTER, '--output', file)).to.match(
      /there is a file of this name|not a folder|part of the path/,
    );
    expect(await wrong(STARTER, '--image', 'NO SUCH')).to.match(/"NO SUCH" is no name of an image/);
    expect(await wrong()).to.match(/missing required argument/);
  });
});
