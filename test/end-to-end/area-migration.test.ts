import { expect } from 'chai';
import { describe, it } from 'mocha';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

describe('area-migration', function () {
  this.timeout(120_000);
  const tmp = temporaryFolder();

  it('passes: one OSPF area becomes three, and no packet is lost or mixed on the way', async () => {
    const { code } = await shadowlab(['run', 'experiments/area-migration.yaml', '--results', tmp]);
    expect(code).to.equal(0);
    const { steps } = new RunFolder(tmp, 'area-migration').result();
    const [committed, ...others] = steps.filter(({ commit }) => commit?.outcome === 'committed');
    expect(others).to.deep.equal([]);
    const real = committed.traffic.find(({ plane }) => plane === 'real');
    expect(real).to.include({ lost: 0, mixed: 0, looped: 0 });
    expect(real?.sent).to.be.greaterThan(1000);
  });
});
