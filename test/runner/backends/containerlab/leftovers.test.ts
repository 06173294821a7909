import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import Docker from 'dockerode';
import { leftovers } from '../../../../src/runner/backends/containerlab/leftovers.ts';

const HOSTS = `127.0.0.1\tlocalhost
###### CLAB-shadowlab-0a1b2c3d-START ######
172.20.0.2\tr1
###### CLAB-shadowlab-0a1b2c3d-END ######
###### CLAB-mine-START ######
172.20.1.2\tmine
###### CLAB-mine-END ######
###### CLAB-shadowlab-ffffffff-START ######
###### CLAB-shadowlab-ffffffff-END ######
###### CLAB-shadowlab-0a1b2c3e-START ######
10.0.0.1\tcut off by somebody
`;

describe('what containerlab leaves', () => {
  let folder = '';
  const places = () => ({ ssh: join(folder, 'ssh'), hosts: join(folder, 'hosts') });
  const find = () => leftovers(places(), new Docker({ socketPath: join(folder, 'none.sock') }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-clab-'));
    mkdirSync(places().ssh);
    for (const lab of ['shadowlab-0a1b2c3d', 'mine', 'shadowlab-0a1b2c3d-x', 'shadowlab-12345'])
      writeFileSync(join(places().ssh, `clab-${lab}.conf`), '');
    writeFileSync(places().hosts, HOSTS);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is found by the run's name, and nobody else's is", async () => {
    expect((await find()).map(({ run, what }) => `${run} ${what.split(' ')[0]}`)).to.deep.equal([
      '0a1b2c3d file',
      '0a1b2c3d lines',
      'ffffffff lines',
      '0a1b2c3e lines',
    ]);
  });

  it('is removed, and all else stays as it is', async () => {
    for (const { remove } of await find()) await remove();
    expect(readdirSync(places().ssh)).to.have.members([
      'clab-mine.conf',
      'clab-shadowlab-0a1b2c3d-x.conf',
      'clab-shadowlab-12345.conf',
    ]);
    // What has no end is not known to be ours.
    expect(readFileSync(places().hosts, 'utf8')).to.equal(`127.0.0.1\tlocalhost
###### CLAB-mine-START ######
172.20.1.2\tmine
###### CLAB-mine-END ######
###### CLAB-shadowlab-0a1b2c3e-START ######
10.0.0.1\tcut off by somebody
`);
  });

  it('is nothing where there are no such places', async () => {
    const nowhere = { ssh: join(folder, 'no'), hosts: join(folder, 'neither') };
    expect(await leftovers(nowhere, new Docker({ socketPath: join(folder, 'none.sock') }))).to.deep.equal([]);
  });
});
