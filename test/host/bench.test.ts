/** That the benchmark of whole networks measures what it says, on the smallest one; how long it takes is not asked. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type Phases, prefixesToLearn } from '../../bench/host/converging.ts';
import { measureFrr } from '../../bench/host/frr.ts';
import { measureOurs } from '../../bench/host/ours.ts';
import { experimentOn, networkOf } from '../../bench/lab.ts';
import { netns } from '../../src/runner/backends/netns/netns.ts';
import { frrObstacle } from './interop/frr-daemons.ts';
import { obstacle } from './packet-lab.ts';

const network = networkOf('experiments/starter/topology.yaml') ?? expect.fail('no starter');
const experiment = experimentOn(network);

describe('the benchmark of whole networks', () => {
  before(function () {
    const why = obstacle();
    if (why === undefined) return;
    console.log(`      skipped: ${why}`);
    this.skip();
  });

  it('has routers learn what they are not on', () => {
    const left = ['10.254.0.4/31', '10.0.1.0/24', '10.255.0.2/32', '10.255.0.3/32'];
    expect(prefixesToLearn(experiment).get('A')).to.have.members(left);
  });

  it('measures our routers, and leaves nothing', async () => {
    expectPhases(await measureOurs(netns, experiment, new AbortController().signal));
    expect(leftovers()).to.deep.equal([]);
  });

  it("measures FRR's, and leaves nothing", async function () {
    const why = frrObstacle();
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    expectPhases(await measureFrr(experiment, new AbortController().signal));
    expect(leftovers()).to.deep.equal([]);
  });

  it('leaves nothing where it is interrupted either', async function () {
    if (frrObstacle() !== undefined) this.skip();
    const controller = new AbortController();
    const measured = measureFrr(experiment, controller.signal).then(
      () => 'measured',
      () => 'interrupted',
    );
    // Its folder, and namespaces.
    while (leftovers().length < 2) await new Promise((resume) => setImmediate(resume));
    controller.abort(new Error('interrupted'));
    expect(await measured).to.equal('interrupted');
    expect(leftovers()).to.deep.equal([]);
  });
});

function expectPhases({ deployed, daemons, complete, judged, destroyed, router }: Phases): void {
  expect(deployed).to.be.above(0);
  expect(complete).to.be.above(deployed);
  expect(daemons).to.be.within(0, complete);
  expect(judged).to.be.above(complete);
  expect(destroyed).to.be.above(0);
  expect(router.residentMb).to.be.above(router.privateMb);
  expect(router.privateMb).to.be.above(0);
  expect(router.idleShare).to.be.within(0, 1);
}

function leftovers(): readonly string[] {
  const own = `shadowlab-bench-${process.pid}-`;
  return ['/run/netns', tmpdir()].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.startsWith(own)),
  );
}
