/** Whole runs: what goes wrong in the lab is told, and the rest is judged all the same. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
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

describe('a run', () => {
  it('judges the commit that a router was cut off from, and says what is not known of that router', async () => {
    const { result, facts, verdicts } = await runText(`${TRIANGLE}
management: { unreachable: [{ router: R2, from: swap }] }
steps:
  - converge: {}
  - commit: { phase: 1s }
    expect: [aborted, { lost: 0 }]
  - wait: 100ms
    expect: [{ lost: 0 }, { fib: { plane: real, equals: real, at: start } }]
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal([
      '2.1 pass',
      '2.2 pass',
      '3.1 pass',
      '3.2 erro',
    ]);
    expect(verdicts[3]).to.equal('3.2 error: no FIB is recorded of R2');
    expect(facts.filter(({ fact }) => fact === 'silent')).to.have.length(1);
    expect(result.error).to.equal(undefined);
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
