/** Whole runs: what goes wrong in the lab is told, and the rest is judged all the same. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import { type Backend, type Lab, LabError } from '../../src/runner/lab.ts';
import { SECOND } from '../../src/world/clock.ts';
import { runText } from '../support/run.ts';

/** A triangle; h1 and h3 at two of its corners. R1-R3 is the short way, and in shadow too dear. */
const TRIANGLE = `
name: triangle
topology:
  nodes: { R1: {}, R2: {}, R3: {} }
  links: [{ endpoints: [R1, R2] }, { endpoints: [R2, R3] }, { endpoints: [R1, R3] }]
  hosts: { h1: { router: R1 }, h3: { router: R3 } }
configs:
  shadow:
    R1: "interface to-R3\\n ip ospf cost 500"
traffic:
  - { name: flow, from: h1, to: h3, rate: 1Mbps }
`;

/** The embedded backend whose labs differ in this. */
function changed(change: (lab: Lab) => Partial<Lab>): Backend {
  return {
    name: 'embedded',
    deploy: async (...given) => {
      const lab = await embedded.deploy(...given);
      return { ...lab, ...change(lab) };
    },
  };
}

describe('a run', () => {
  for (const from of ['prepare', 'mark', 'swap', 'settle'] as const) {
    it(`shows C-old on every router when the coordinator cannot reach one from ${from} on`, async () => {
      const { verdicts } = await runText(`${TRIANGLE}
management: { unreachable: [{ router: R2, from: ${from} }] }
steps:
  - name: ready
    converge: {}
  - commit: { phase: 1s }
    wait: 1s
    expect:
      - aborted
      - { lost: 0, mixed: 0, looped: 0 }
      - fib: { plane: real, equals: real, at: ready }
      - fib: { plane: shadow, equals: shadow, at: ready }
`);
      expect(verdicts.filter((verdict) => !/^\S+ pass/.test(verdict))).to.deep.equal([]);
      expect(verdicts).to.have.length(6);
    });
  }

  it('goes on past a router that is silent, and says what is not known of it', async () => {
    const silent: Backend = {
      name: 'embedded',
      deploy: async (...given) => {
        const lab = await embedded.deploy(...given);
        const r2 = lab.routers.get('R2');
        if (r2 === undefined) return expect.fail('no R2');
        const ask: typeof r2.ask = (request, answered) => {
          if (lab.clock.now() < 60 * SECOND) r2.ask(request, answered);
        };
        return { ...lab, routers: new Map([...lab.routers, ['R2', { name: 'R2', ask }]]) };
      },
    };
    const { result, facts, verdicts } = await runText(
      `${TRIANGLE}
steps:
  - converge: {}
  - wait: 20s
  - probe: { from: h1, to: h3 }
    expect: [{ lost: 0 }, { mixed: 0 }, { fib: { plane: real, equals: real, at: start } }]
`,
      { backend: silent },
    );
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal([
      '3.1 pass',
      '3.2 erro',
      '3.3 erro',
    ]);
    expect(verdicts[1]).to.include('postcards are missing of 100 of 100 traced packets');
    expect(verdicts[2]).to.include('no FIB is recorded of R2');
    expect(facts.filter(({ fact }) => fact === 'silent')).to.have.length(1);
    expect(result.error).to.equal(undefined);
  });

  it('whose lab is lost in a step keeps what was recorded, says why, and takes the rest of it down', async () => {
    let destroyed = 0;
    const dying = changed((lab) => ({
      runUntil: async (condition, untilNs) => {
        if (lab.clock.now() > 63 * SECOND) throw new LabError('router R2 ended with exit code 137');
        return lab.runUntil(condition, untilNs);
      },
      destroy: async () => {
        destroyed++;
        await lab.destroy();
      },
    }));
    const { result, facts } = await runText(
      `${TRIANGLE}
steps:
  - converge: {}
  - { wait: 5s, expect: [{ lost: 0 }] }
  - { name: never reached, wait: 100s, expect: [{ lost: 0 }] }
  - wait: 1s
`,
      { backend: dying },
    );
    const [, before, during, after] = result.steps;
    expect(before.verdict).to.equal('pass');
    expect(during).to.include({ verdict: 'error', error: 'router R2 ended with exit code 137' });
    expect(during.traffic.find(({ plane }) => plane === 'real')?.sent).to.be.greaterThan(0);
    expect(after.verdict).to.equal('skipped');
    expect(result).to.include({ verdict: 'error', ended: 'error' });
    expect(result.error).to.equal('step 3 (never reached): router R2 ended with exit code 137');
    expect(facts.at(-1)).to.include({ fact: 'run-finished', ended: 'error' });
    expect(destroyed).to.equal(1);
  });

  it('whose lab does not come down is an error that names the run, whatever was found', async () => {
    const sticky = changed(() => ({ destroy: () => Promise.reject(new Error('device is busy')) }));
    const { result, verdicts } = await runText(
      `${TRIANGLE}\nsteps: [{ converge: {} }, { wait: 1s, expect: [{ lost: 0 }] }]\n`,
      { backend: sticky },
    );
    expect(verdicts[0]).to.match(/^2.1 pass/);
    expect(result).to.include({ verdict: 'error', ended: 'error' });
    expect(result.error).to.equal(
      'the lab could not be taken down: device is busy (shadowlab clean --run 00000000 removes what is left of it)',
    );
  });

  it('takes the lab down also where the results cannot be written, or a fault comes from nowhere', async () => {
    for (const fault of [
      Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' }),
      new Error('bug'),
    ]) {
      let destroyed = 0;
      const broken = changed((lab) => ({
        runUntil: async () => {
          throw fault;
        },
        destroy: async () => {
          destroyed++;
          await lab.destroy();
        },
      }));
      const thrown: unknown = await runText(`${TRIANGLE}\nsteps: [{ converge: {} }]\n`, {
        backend: broken,
      }).catch((error: unknown) => error);
      expect(thrown).to.equal(fault);
      expect(destroyed).to.equal(1);
    }
  });

  it('leaves a lab up where it is told to, but not one that is interrupted', async () => {
    for (const [interrupted, ends] of [
      [false, ['leave']],
      [true, ['destroy']],
    ] as const) {
      const called: string[] = [];
      const interruption = new AbortController();
      const staying = changed((lab) => ({
        runUntil: async (condition, untilNs) => {
          if (interrupted) interruption.abort(new Error('interrupted'));
          interruption.signal.throwIfAborted();
          return lab.runUntil(condition, untilNs);
        },
        destroy: async () => {
          called.push('destroy');
        },
        leave: async () => {
          called.push('leave');
          return 'it is up';
        },
      }));
      const { result } = await runText(`${TRIANGLE}\nsteps: [{ converge: {} }]\n`, {
        backend: staying,
        keep: true,
        signal: interruption.signal,
      });
      expect(called).to.deep.equal(ends);
      expect(result.ended).to.equal(interrupted ? 'interrupted' : undefined);
    }
  });

  it('changes nothing more after a commit that was aborted against all expectation', async () => {
    const { result } = await runText(`${TRIANGLE}
steps:
  - converge: {}
  - fail: { link: [R1, R2] }
  - commit: { phase: 1s }
    expect: [committed]
  - change: { configs: { R1: "interface to-R3\\n ip ospf cost 7" } }
`);
    expect(result.verdict).to.equal('error');
    expect(result.error).to.include('the commit of step 3 did not end as the experiment expects');
  });

  it('knows a link by its ends in either order', async () => {
    const { verdicts } = await runText(`${TRIANGLE}
steps:
  - converge: {}
  - fail: { link: R2-R1, plane: real }
    probe: { from: h1, to: h3, plane: real }
    expect: [reachable]
`);
    expect(verdicts[0]).to.match(/^2.1 pass/);
  });

  it('takes nodes of any name, also where it becomes a file and a hostname', async () => {
    const long = '语'.repeat(60);
    const { verdicts } = await runText(`
name: names
topology:
  nodes: { 东京: {}, "..": {}, ${long}: {}, "<img src=x onerror=alert(1)>": {} }
  links: [{ endpoints: [东京, ".."] }, { endpoints: ["..", ${long}] }, { endpoints: [${long}, "<img src=x onerror=alert(1)>"] }]
  hosts: { a: { router: 东京 }, b: { router: "<img src=x onerror=alert(1)>" } }
steps:
  - converge: {}
  - probe: { from: a, to: b }
    expect: [{ path: [东京, "..", ${long}, "<img src=x onerror=alert(1)>"] }]
`);
    expect(verdicts[0]).to.match(/^2.1 pass/);
  });

  it('fails a router in both planes at once, and the other way takes over in both', async () => {
    const { verdicts } = await runText(`${TRIANGLE}
steps:
  - converge: {}
  - fail: { router: R2, plane: both }
    wait: 1s
  - probe: { from: h1, to: h3, plane: shadow }
    expect: [{ path: [R1, R3] }]
  - probe: { from: h1, to: h3, plane: real }
    expect: [{ path: [R1, R3] }]
  - restore: all
    converge: {}
  - probe: { from: h1, to: h3, plane: shadow }
    expect: [{ path: [R1, R2, R3] }]
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal([
      '3.1 pass',
      '4.1 pass',
      '6.1 pass',
    ]);
  });

  it('mirrors a packet once, also where its gateway sends it back over the link that it came by', async () => {
    const { verdicts } = await runText(`
name: segment
topology:
  nodes: { R1: {}, R2: {} }
  links: [{ endpoints: [R1, R2, h1] }]
  hosts: { h1: {}, h2: { router: R2 } }
traffic:
  - { name: flow, from: h1, to: h2, rate: 100kbps, mirror: shadow }
steps:
  - converge: {}
  - probe: { from: h1, to: h2, plane: real }
    expect: [{ path: [R1, R2] }, { flow: flow, plane: shadow, path: [R1, R2], looped: 0 }]
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal([
      '2.1 pass',
      '2.2 pass',
      '2.3 pass',
    ]);
  });

  it('keeps what two failures share failed until the last of them is restored', async () => {
    const { verdicts } = await runText(`${TRIANGLE}
steps:
  - converge: {}
  - fail: { link: [R1, R3], plane: real }
  - fail: { port: R1:to-R3, plane: real }
    converge: {}
  - restore: { link: [R1, R3], plane: real }
    wait: 2s
    expect: { lost: 0, path: [R1, R2, R3] }
  - restore: all
    converge: {}
  - probe: { from: h1, to: h3, plane: real }
    expect: { path: [R1, R3] }
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal([
      '4.1 pass',
      '4.2 pass',
      '6.1 pass',
    ]);
  });
});
