import { expect } from 'chai';
import { describe, it } from 'mocha';
import { orUndo } from '../../../../src/runner/backends/daemons/undo.ts';
import { LabError } from '../../../../src/runner/lab.ts';

const RUN = { id: '0a1b2c3d' };

describe('a deployment that fails', () => {
  it('is undone in reverse, and rejects with its reason', async () => {
    const undone: string[] = [];
    const reason = new Error('no memory');
    const deployed = orUndo(RUN, async (undo) => {
      for (const name of ['folder', 'namespaces', 'routers']) undo.add(() => void undone.push(name));
      throw reason;
    });
    expect(await deployed.catch((why: unknown) => why)).to.equal(reason);
    expect(undone).to.deep.equal(['routers', 'namespaces', 'folder']);
  });

  it('tells of both where it cannot be undone, and goes on undoing', async () => {
    const undone: string[] = [];
    const deployed = orUndo(RUN, async (undo) => {
      undo.add(() => void undone.push('folder'));
      undo.add(() => Promise.reject(new LabError('the engine does not answer')));
      throw new LabError('router A ended');
    });
    const error = await deployed.catch((why: unknown) => why);
    expect(error).to.be.instanceOf(LabError);
    expect(String(error)).to.match(/router A ended; the engine does not answer.*clean --run 0a1b2c3d/);
    expect(undone).to.deep.equal(['folder']);
  });
});
