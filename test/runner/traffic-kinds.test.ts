/** Whole runs of every kind of traffic: what was measured of it, and what is claimed about it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatResult } from '../../src/analysis/result-of.ts';
import { runText } from '../support/run.ts';
import { pcap } from '../traffic/captures.ts';

/** h1 - R1 - R2 - h2, and a third router beside the link between the two. */
const NETWORK = `
name: kinds
topology:
  nodes: { R1: {}, R2: {}, R3: {} }
  links:
    - { endpoints: [R1, R2], rate: 20Mbps, delay: 5ms, queue: 50kB }
    - { endpoints: [R1, R3], rate: 20Mbps }
    - { endpoints: [R3, R2], rate: 20Mbps }
  hosts: { h1: { router: R1 }, h2: { router: R2 } }
`;

/** Runs with files beside the experiment, named by their full path where the text says FILES/. */
async function runWith(files: Readonly<Record<string, string | Uint8Array>>, yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return await runText(yaml.replaceAll('FILES', `../${folder.slice(tmpdir().length + 1)}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const failed = (verdicts: readonly string[]) => verdicts.filter((verdict) => !/^\S+ pass/.test(verdict));

describe('a run', () => {
  it('replays a capture in both planes: as many packets and bytes as it holds', async () => {
    const packets = Array.from({ length: 500 }, (_, n) => ({
      timeNs: n * 4_000_000,
      bytes: 100 + 2 * n,
      from: 1,
      to: 2,
    }));
    const { verdicts, facts } = await runWith(
      { 'call.pcap': pcap(packets) },
      `${NETWORK}
traffic:
  - { name: call, from: h1, to: h2, start: 3s, replay: { file: FILES/call.pcap }, mirror: shadow }
steps:
  - converge:
  - wait: 10s
    expect: [{ flow: call, lost: 0 }, { flow: call, path: [R1, R2] }]
`,
    );
    expect(failed(verdicts)).to.deep.equal([]);
    const bytes = packets.reduce((sum, packet) => sum + packet.bytes, 0);
    for (const plane of ['real', 'shadow']) {
      const window = facts.find((fact) => fact.fact === 'flow' && fact.step === 2 && fact.plane === plane);
      expect(window).to.include({ sent: 500, received: 500, bytes });
    }
  });

  it('takes a file that is named by its absolute path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
    try {
      writeFileSync(join(folder, 'call.pcap'), pcap([{ timeNs: 0, bytes: 100, from: 1, to: 2 }]));
      const { verdicts } = await runText(`${NETWORK}
traffic:
  - { name: call, from: h1, to: h2, start: 3s, replay: { file: "${join(folder, 'call.pcap')}" } }
steps:
  - converge:
  - wait: 5s
    expect: [{ flow: call, lost: 0 }]
`);
      expect(failed(verdicts)).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('plays a stream in shadow, through a failure there, and the real plane notices nothing', async () => {
    const { verdicts, result } = await runText(`${NETWORK}
traffic:
  - { name: video, from: h1, to: h2, plane: shadow, stream: { bitrate: 4Mbps, segment: 1s, buffer: 6s, startup: 2s } }
  - { name: call, from: h1, to: h2, rate: 1Mbps }
steps:
  - converge:
  - name: it plays
    wait: 30s
    expect:
      - { flow: video, stalls: 0, stalled: "<1ms", startup: "<1.1s", throughput: ">3.9Mbps", lost: 0 }
  - name: the other way serves as well
    fail: { link: [R1, R2], plane: shadow }
    wait: 20s
    expect:
      - { stalls: 0 }
      - { flow: call, lost: 0 }
  - name: cut off
    fail: { router: R3, plane: shadow }
    wait: 20s
    expect:
      - { stalls: 1, stalled: ">10s", startup: "<1.1s" }
      - { flow: call, lost: 0 }
  - name: back
    restore: all
    wait: 20s
    expect: { flow: video, throughput: ">3Mbps" }
`);
    expect(failed(verdicts)).to.deep.equal([]);
    expect(result.steps.map(({ streams }) => streams?.length ?? 0)).to.deep.equal([0, 1, 1, 1, 1]);
  });

  it('tells of a stream that fails its claims, with the router that lost its packets', async () => {
    const { verdicts, result } = await runText(`${NETWORK}
configs:
  shadow:
    R1: |
      access-list NO seq 5 deny ip any any
      access-list NO seq 6 permit ip any any
      interface to-h1
       ip access-group NO in
traffic:
  - { name: video, from: h1, to: h2, plane: shadow, stream: { bitrate: 4Mbps } }
steps:
  - converge:
  - wait: 5s
    expect: [{ startup: "<3s" }, { startup: "<9s" }, { stalls: 0 }, { throughput: ">1Mbps" }]
`).catch((error: unknown) => expect.fail(String(error)));
    expect(verdicts[0]).to.match(
      /^2\.1 fail: after 7.* s it did not play yet$|^2\.1 fail: after 5.* s it did not play yet$/,
    );
    expect(verdicts[1]).to.match(/^2\.2 error: after .* it did not play yet$/);
    expect(verdicts[2]).to.equal('2.3 pass: 0 stalls (it did not play yet)');
    expect(result.steps[1].expectations[0].hints[0].text).to.contain('R1');
  });

  it('carries bytes by TCP, as fast as the link lets it, and knows when all have arrived', async () => {
    const { verdicts, result } = await runText(`${NETWORK}
traffic:
  - { name: file, from: h1, to: h2, start: 3s, tcp: { bytes: 5MB } }
  - { name: trial, from: h1, to: h2, plane: shadow, start: 12s, tcp: { congestion: newreno } }
steps:
  - converge:
  - wait: 5s
    expect: [{ finished: "<4s", plane: real }, { flow: file, throughput: ">7.5Mbps" }]
  - wait: 1s
  - wait: 10s
    expect: { flow: trial, throughput: ">15Mbps" }
`);
    expect(failed(verdicts)).to.deep.equal([]);
    expect(
      result.steps[3].transfers?.map(({ flow, finishedNs }) => [flow, finishedNs !== null]),
    ).to.deep.equal([
      ['file', true],
      ['trial', false],
    ]);
  });

  it('follows a matrix over time, at its own pace', async () => {
    const matrix = 'from,to,0s,1h,2h\nR1,R2,10000000,0,30000000\nR2,R1,1000000,1000000,1000000\n';
    const { verdicts, facts } = await runWith(
      { 'day.csv': matrix },
      `${NETWORK}
traffic:
  - { name: day, matrix: { file: FILES/day.csv, scale: 0.1, every: 30s } }
steps:
  - converge:
  - wait: 20s
    expect: [{ flow: "day:R1>R2", throughput: ">0.9Mbps" }, { flow: "day:R2>R1", throughput: ">0.07Mbps" }]
  - wait: 10s
  - wait: 20s
    expect: { flow: "day:R2>R1", throughput: ">0.07Mbps" }
  - wait: 10s
  - wait: 20s
    expect: [{ flow: "day:R1>R2", throughput: ">2.8Mbps" }, { flow: "day:R2>R1", lost: 0 }]
`,
    );
    expect(failed(verdicts)).to.deep.equal([]);
    const paused = facts.find((fact) => fact.fact === 'flow' && fact.flow === 1 && fact.step === 4);
    expect(paused).to.include({ sent: 0 });
  });

  it('of all kinds at once is the same, byte for byte, for the same seed', async () => {
    const yaml = `${NETWORK}
seed: 4711
traffic:
  - { name: video, from: h1, to: h2, plane: shadow, stream: { bitrate: 4Mbps } }
  - { name: bulk, from: h1, to: h2, plane: shadow, tcp: { bytes: 3MB } }
  - { name: greedy, from: h1, to: h2, tcp: }
  - { name: call, from: h2, to: h1, rate: 2Mbps, arrival: { on: 100ms, off: 100ms } }
steps:
  - converge:
  - wait: 10s
    expect: { lost: 0 }
`;
    const [first, second] = [await runText(yaml), await runText(yaml)];
    // Only the folder that the experiment lay in has another name.
    const plain = (text: string) => text.replace(/shadowlab-\w+/g, '');
    expect(plain(formatResult(first.result))).to.equal(plain(formatResult(second.result)));
    expect(plain(JSON.stringify(first.facts))).to.equal(plain(JSON.stringify(second.facts)));
  });
});
