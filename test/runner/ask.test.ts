/** Questions to routers over a management network that delays and loses messages. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { askAll } from '../../src/runner/ask.ts';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { type Lab, LabError } from '../../src/runner/lab.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { deployment } from '../support/deployment.ts';
import { experimentOf, interfacesOf, type Shape } from '../support/experiment.ts';

const PAIR: Shape = { routers: 2, links: [[0, 1]] };
const PORT = { kind: 'port', port: 'to-R1' } as const;

describe('asking routers', () => {
  it('is answered in the end, however many messages are lost', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const lab = await deploy(seed, { loss: 0.5 });
      const answers = await askAll<'config'>(lab, ['R1', 'R0'], () => ({ op: 'config', plane: 'real' }));
      expect([...answers.keys()]).to.deep.equal(['R1', 'R0']);
    }
  });

  it('does not let a repeated request undo a later one', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      // Answers take longer than the pause between two requests: every one is sent again.
      const lab = await deploy(seed, { delayNs: MILLISECOND, jitterNs: 3 * SECOND, loss: 0.1 });
      for (const op of ['fail', 'restore'] as const) {
        await askAll<'fail' | 'restore'>(lab, ['R0'], () => ({ op, plane: 'shadow', target: PORT }));
      }
      await lab.runUntil(() => false, lab.clock.now() + 10 * SECOND);
      const commit = { op: 'commit', phase: 'prepare', oldTag: 0, newTag: 0 } as const;
      // Refused where anything is failed in one plane alone.
      await askAll<'commit'>(lab, ['R0'], () => commit);
    }
  });

  it('says which router does not answer, and which one refuses and why', async () => {
    const cutOff = await deploy(1, { loss: 1 });
    expect(await errorOf(askAll<'status'>(cutOff, ['R0', 'R1'], () => ({ op: 'status' })))).to.equal(
      'router R0 does not answer its management',
    );
    const lab = await deploy(1, {});
    const target = { kind: 'port', port: 'x' } as const;
    const refused = askAll<'fail' | 'restore'>(lab, ['R1'], () => ({ op: 'fail', plane: 'real', target }));
    expect(await errorOf(refused)).to.equal('router R1: no port "x" (it has to-R0, to-H1)');
    const unknown = askAll<'status'>(lab, ['R7'], () => ({ op: 'status' }));
    expect(await errorOf(unknown)).to.equal('the lab has no router "R7"');
  });
});

function deploy(seed: number, network: Partial<Experiment['management']>): Promise<Lab> {
  const management = { delayNs: MILLISECOND, jitterNs: 0, loss: 0, unreachable: [], ...network };
  const experiment = experimentOf(PAIR, (_, router) => interfacesOf(PAIR, router), { seed, management });
  return embedded.deploy(experiment, deployment());
}

async function errorOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
  return expect.fail('nothing was refused');
}
