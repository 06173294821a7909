import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { monotonic } from '../../../../src/routerd/daemon/timer-clock.ts';
import { RunnerLoop } from '../../../../src/runner/backends/daemons/loop.ts';
import { LabError } from '../../../../src/runner/lab.ts';
import { MILLISECOND } from '../../../../src/world/clock.ts';

describe("the runner's loop in real time", () => {
  let loop: RunnerLoop | undefined;
  afterEach(() => loop?.stop());

  function started(signal = new AbortController().signal, failure = (): string | undefined => undefined) {
    loop = new RunnerLoop(monotonic(0)(), signal, failure);
    loop.start([]);
    return loop;
  }

  const reasonOf = async (waited: Promise<unknown>): Promise<unknown> => {
    try {
      await waited;
    } catch (reason) {
      return reason;
    }
    return expect.fail('it did not reject');
  };

  it('runs timers in the order of their times, none before its own, and waits until the time has come', async () => {
    const { clock, runUntil } = started();
    const order: number[] = [];
    const beganNs = clock.now();
    for (const ms of [3, 1, 2]) {
      clock.after(ms * MILLISECOND, () => {
        expect(clock.now()).to.be.at.least(beganNs + ms * MILLISECOND);
        order.push(ms);
      });
    }
    expect(await runUntil(() => false, beganNs + 4 * MILLISECOND)).to.equal(false);
    expect(order).to.deep.equal([1, 2, 3]);
    expect(clock.now()).to.be.at.least(beganNs + 4 * MILLISECOND);
  });

  it('ends waiting when the condition holds, whoever made it hold', async () => {
    const { clock, runUntil } = started();
    let isTold = false;
    expect(await runUntil(() => true, Number.POSITIVE_INFINITY)).to.equal(true);
    setImmediate(() => {
      isTold = true;
    });
    expect(await runUntil(() => isTold, Number.POSITIVE_INFINITY)).to.equal(true);
    clock.call(MILLISECOND, () => {
      isTold = false;
    });
    expect(await runUntil(() => !isTold, Number.POSITIVE_INFINITY)).to.equal(true);
  });

  it('goes on while nobody waits', async () => {
    const { clock } = started();
    await new Promise<void>((resolve) => clock.call(MILLISECOND, resolve));
  });

  it('shows one time to one function, and a later one to the next', async () => {
    const { clock } = started();
    const nowNs = clock.now();
    while (monotonic(0)() % MILLISECOND > 0.9 * MILLISECOND);
    expect(clock.now()).to.equal(nowNs);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).to.be.greaterThan(nowNs);
  });

  it('rejects with the reason of who aborts', async () => {
    const controller = new AbortController();
    const { runUntil } = started(controller.signal);
    const waited = reasonOf(runUntil(() => false, Number.POSITIVE_INFINITY));
    const reason = new Error('interrupted');
    controller.abort(reason);
    expect(await waited).to.equal(reason);
    expect(await reasonOf(runUntil(() => true, 0))).to.equal(reason);
  });

  it('rejects where the lab cannot go on, also those who come later', async () => {
    let failure: string | undefined;
    const { runUntil } = started(undefined, () => failure);
    const waited = reasonOf(runUntil(() => false, Number.POSITIVE_INFINITY));
    failure = 'router R1: its daemon ended by SIGKILL';
    for (const reason of [await waited, await reasonOf(runUntil(() => true, 0))]) {
      expect(reason).to.be.instanceOf(LabError);
      expect(String(reason)).to.include('its daemon ended by SIGKILL');
    }
  });

  it('rejects with what a timer throws, and stops', async () => {
    const { clock, runUntil } = started();
    const fault = new Error('a fault');
    clock.call(0, () => {
      throw fault;
    });
    let isRun = false;
    clock.call(MILLISECOND, () => {
      isRun = true;
    });
    expect(await reasonOf(runUntil(() => false, Number.POSITIVE_INFINITY))).to.equal(fault);
    expect(await reasonOf(runUntil(() => isRun, Number.POSITIVE_INFINITY))).to.equal(fault);
  });

  it('leaves nobody waiting when it is stopped', async () => {
    const stopped = started();
    const waited = reasonOf(stopped.runUntil(() => false, Number.POSITIVE_INFINITY));
    stopped.stop();
    expect(String(await waited)).to.include('the lab was taken down');
  });
});
