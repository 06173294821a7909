import { expect } from 'chai';
import { describe, it } from 'mocha';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

const CHANGES = {
  'area-migration': 'one OSPF area becomes three',
  'internet2-isis': "an overloaded router of IS-IS is on nobody's way",
};

describe('a change of the interior routing protocol', () => {
  const tmp = temporaryFolder();

  for (const [name, what] of Object.entries(CHANGES)) {
    it(`${name} passes: ${what}, and no packet is lost or mixed on the way`, async () => {
      const { code } = await shadowlab(['run', `experiments/${name}.yaml`, '--results', tmp]);
      expect(code).to.equal(0);
      const { steps } = new RunFolder(tmp, name).result();
      const committed = steps.filter(({ commit }) => commit?.outcome === 'committed');
      expect(committed).to.not.deep.equal([]);
      for (const { traffic } of committed) {
        const real = traffic.find(({ plane }) => plane === 'real');
        expect(real).to.include({ lost: 0, mixed: 0, looped: 0 });
        expect(real?.sent).to.be.greaterThan(500);
      }
    });
  }
});
