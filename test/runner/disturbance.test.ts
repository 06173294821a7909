/** A disturbance counts from when routers are told of it, however long their answers take. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runText } from '../support/run.ts';

const TRIANGLE = `
name: triangle
topology:
  nodes: { A: {}, B: {}, C: {} }
  links: [{ endpoints: [A, B] }, { endpoints: [A, C] }, { endpoints: [C, B] }]
  hosts: { left: { router: A }, right: { router: B } }
  ospf: { hello: 1s }
routers: { fibUpdate: 20ms }
management: { delay: 400ms }
traffic:
  - { name: app, from: left, to: right, rate: 1Mbps, trace: all }
steps:
  - converge: {}
`;

describe('a failure of which routers answer late', () => {
  it('is not recovered from before it is told, and is not taken for what was there before', async () => {
    const { verdicts } = await runText(`${TRIANGLE}
  - fail: { link: [A, B], plane: real }
    probe: { from: left, to: right, plane: real, count: 2000, every: 1ms }
    expect:
      - recovered within 1ms
      - { flow: app, plane: real, path: unchanged }
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal(['2.1 fail', '2.2 fail']);
  });
});

describe('a change made directly', () => {
  it('counts from its first router on', async () => {
    const { verdicts } = await runText(`${TRIANGLE}
  - change: { plane: real, configs: { A: "interface to-B\\n ip ospf cost 5000" } }
    wait: 1s
    expect: [{ flow: app, plane: real, path: unchanged }, { flow: app, plane: real, path: [A, C, B] }]
`);
    expect(verdicts.map((verdict) => verdict.slice(0, 8))).to.deep.equal(['2.1 fail', '2.2 pass']);
  });
});
