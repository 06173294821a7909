/** What the shadow configuration says of its interfaces acts on shadow packets alone, and goes live with a commit. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runText } from '../support/run.ts';

const NETWORK = `
name: parameters
topology:
  nodes: { R1: {}, R2: {} }
  links: [ { endpoints: [R1, R2], rate: 100Mbps, delay: 2ms } ]
  hosts: { h1: { router: R1 }, h2: { router: R2 } }
bandwidth: { mode: cancellation }
`;

const failed = (verdicts: readonly string[]) => verdicts.filter((verdict) => !/^\S+ pass/.test(verdict));

describe('an interface of the shadow', () => {
  it('with a smaller MTU sends fragments where packets permit it, and drops where they do not', async () => {
    const { verdicts, facts } = await runText(`${NETWORK}
configs:
  shadow:
    R1: |
      interface to-R2
       mtu 700
    R2: |
      interface to-R1
       mtu 700
traffic:
  - { name: whole, from: h1, to: h2, rate: 1Mbps, packet: 1400B, mirror: shadow }
  - { name: parts, from: h1, to: h2, rate: 1Mbps, packet: 1400B, mirror: shadow, fragment: true }
steps:
  - converge:
  - wait: 2s
    expect:
      - { plane: real, flow: whole, lost: 0 }
      - { plane: real, flow: parts, lost: 0 }
      - { plane: shadow, flow: parts, lost: 0 }
      - { plane: shadow, flow: whole, lost: ">170" }
  - commit:
  - wait: 2s
    expect:
      - { plane: real, flow: whole, lost: ">170" }
      - { plane: real, flow: parts, lost: 0 }
      - { plane: shadow, flow: whole, lost: 0 }
`);
    expect(failed(verdicts)).to.deep.equal([]);
    const dropped = facts.flatMap((fact) =>
      fact.fact === 'postcard' && fact.verdict === 'dropped' ? [`${fact.router} ${fact.reason}`] : [],
    );
    expect([...new Set(dropped)]).to.deep.equal(['R1 mtu']);
  });

  it('with a smaller MTU than the other end is named when the adjacency does not come up', async () => {
    const { result } = await runText(`${NETWORK}
configs:
  shadow:
    R1: |
      interface to-R2
       mtu 700
steps:
  - converge: { within: 20s }
`);
    expect(result.verdict).to.equal('error');
    expect(result.steps[0].error).to.match(
      /R2 \(to-R1\) has neighbour \S+ in state ExStart in shadow \(have both ends the same mtu\?\)/,
    );
  });

  it('gives a class its priority: marked packets pass an overloaded port that others wait for', async () => {
    const { verdicts } = await runText(`${NETWORK.replace('100Mbps', '5Mbps').replace('cancellation', 'fair')}
configs:
  shadow:
    R1: |
      class-map VOICE
       match dscp ef
      policy-map EDGE
       class VOICE
        priority 500
      interface to-R2
       service-policy output EDGE
traffic:
  - { name: call, from: h1, to: h2, rate: 200kbps, packet: 200B, dscp: ef, mirror: shadow }
  - { name: bulk, from: h1, to: h2, rate: 6Mbps, packet: 1400B, mirror: shadow }
steps:
  - converge:
  - wait: 3s
    expect:
      - { plane: shadow, flow: call, lost: 0 }
      - { plane: shadow, flow: call, delay: { p99: "<15ms" } }
      - { plane: real, flow: call, delay: { p99: ">100ms" } }
  - commit:
  - wait: 3s
    expect: [{ plane: real, flow: call, lost: 0 }, { plane: real, flow: call, delay: { p99: "<15ms" } }]
`);
    expect(failed(verdicts)).to.deep.equal([]);
  });
});
