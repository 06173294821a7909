/** Captures of whole runs in the embedded lab: what is in the files, and what is not. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_MPLS, etherType } from '../../src/net/ethernet.ts';
import { ipv4Dscp, ipv4TotalLength } from '../../src/net/ipv4.ts';
import { labelAt, MPLS_ENTRY } from '../../src/net/mpls.ts';
import { type Plane, planeOfLabel, SHADOW_DSCP } from '../../src/net/wire.ts';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import type { Backend, Lab } from '../../src/runner/lab.ts';
import { readFacts } from '../../src/runner/results/reports.ts';
import { run } from '../../src/runner/run.ts';
import { readCapture } from '../../src/traffic/capture.ts';
import { SECOND } from '../../src/world/clock.ts';
import { type CapturedFrame, type ReadCapture, readPcapng } from '../support/pcapng.ts';

const LINE = `
name: line
topology:
  nodes: { A: , B: }
  hosts: { a: { router: A }, b: { router: B } }
  links: [{ endpoints: [A, B] }]
traffic:
  - { name: flow, from: a, to: b, rate: 1Mbps, mirror: shadow }
steps:
  - converge: {}
  - name: flowing
    wait: 1s
  - wait: 2s
`;

describe('a capture', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-captures-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const results = () => join(folder, 'results');

  async function load(yaml: string): Promise<Experiment> {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(file, yaml);
    const loaded = await loadExperiment(file);
    return loaded.ok
      ? loaded.experiment
      : expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
  }

  async function ran(
    yaml: string,
    { backend = embedded, only }: { readonly backend?: Backend; readonly only?: string } = {},
  ): Promise<readonly Fact[]> {
    const options = { id: '00000000', version: 'test', signal: new AbortController().signal };
    const chosen = only === undefined ? {} : { only };
    await run(await load(yaml), { backend, folder: results(), progress: () => {}, ...options, ...chosen });
    return readFacts(results());
  }

  const path = (link: string) => join(results(), 'captures', `${link}.pcapng`);
  const read = (link: string): ReadCapture => readPcapng(readFileSync(path(link)));
  const capturesOf = (facts: readonly Fact[]) => facts.filter((fact) => fact.fact === 'capture');

  it('ends as it should where the run does before its first step', async () => {
    const interrupted = new AbortController();
    const options = { backend: embedded, folder: results(), id: '00000000', version: 'test' };
    await run(await load(`${LINE}captures: [{ link: [A, B] }]`), {
      ...options,
      signal: interrupted.signal,
      progress: ({ kind }) => kind === 'deployed' && interrupted.abort(),
    });
    const [fact] = capturesOf(await readFacts(results()));
    expect(fact).to.include({ link: 'A-B', packets: 0, dropped: 0 });
  });

  it('holds what arrived at each end of the link, each end an interface', async () => {
    const facts = await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const { hardware, application, interfaces, frames, statistics } = read('A-B');
    expect([hardware, application]).to.deep.equal(['backend embedded', 'shadowlab test']);
    expect(interfaces).to.deep.equal([
      { name: 'A:to-B', snapBytes: 0 },
      { name: 'B:to-A', snapBytes: 0 },
    ]);
    // 125 packets a second arrive at B alone, in both planes.
    const long = frames.filter(({ length }) => length > 1000);
    expect(new Set(long.map(({ end }) => end))).to.deep.equal(new Set([1]));
    expect(long.filter(({ bytes }) => planeOf(bytes) === 'shadow')).to.have.length(long.length / 2);
    const times = frames.map(({ timeNs }) => timeNs);
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    expect(statistics.map(({ received }) => received)).to.deep.equal(
      [0, 1].map((end) => frames.filter((frame) => frame.end === end).length),
    );
    const [capture, ...more] = capturesOf(facts);
    expect(more).to.deep.equal([]);
    expect(capture).to.deep.include({
      link: 'A-B',
      file: 'captures/A-B.pcapng',
      packets: frames.length,
      dropped: 0,
    });
  });

  it('of a router is of all its links, of a host of its link; what is named first counts', async () => {
    await ran(`${LINE}captures: [{ host: a, packets: 3 }, { router: A, snap: 64B }, { link: A-B }]`);
    expect(readdirSync(join(results(), 'captures')).toSorted()).to.deep.equal(['A-B.pcapng', 'A-a.pcapng']);
    expect(read('A-a').frames).to.have.length(3);
    expect(read('A-a').interfaces[0].snapBytes).to.equal(0);
    expect(read('A-B').interfaces[0].snapBytes).to.equal(64);
  });

  it('is the same for the same seed, byte for byte', async () => {
    await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const first = readFileSync(path('A-B'));
    rmSync(results(), { recursive: true });
    await ran(`${LINE}captures: [{ link: [A, B] }]`);
    expect(readFileSync(path('A-B')).equals(first)).to.equal(true);
  });

  it('marks where steps begin', async () => {
    const facts = await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const marked = read('A-B').frames.filter(({ comments }) => comments.length > 1);
    expect(marked.map(({ comments }) => comments[0])).to.deep.equal([
      'step 1 begins: converge',
      'step 2 begins: flowing',
      'step 3 begins: wait 2 s',
    ]);
    const begun = facts.filter((fact) => fact.fact === 'step-started');
    for (const [index, { timeNs }] of marked.entries()) {
      expect(timeNs).to.be.within(begun[index].t, begun[index].t + 10 * SECOND);
    }
  });

  it('says of every frame which plane it is of, and which router it reached', async () => {
    await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const { frames } = read('A-B');
    expect(frames.map(({ comments }) => comments.at(-1))).to.deep.equal(
      frames.map(
        ({ end, bytes }) =>
          `${planeOf(bytes)} plane${planeOf(bytes) === 'both' ? 's' : ''}, arrived at ${'AB'[end]}`,
      ),
    );
  });

  it('of one plane leaves the other out, and keeps what both share', async () => {
    await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const all = read('A-B').frames.filter(({ bytes }) => planeOf(bytes) !== 'real');
    rmSync(results(), { recursive: true });
    await ran(`${LINE}captures: [{ link: [A, B], plane: shadow }]`);
    expect(read('A-B').frames.map(({ bytes }) => bytes)).to.deep.equal(all.map(({ bytes }) => bytes));
  });

  it('keeps the first frames and the first bytes that it is told to, and counts the rest', async () => {
    const all = await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const whole = read('A-B').frames;
    rmSync(results(), { recursive: true });
    const facts = await ran(`${LINE}captures: [{ link: [A, B], packets: 50, snap: 64B }]`);
    const { frames, statistics } = read('A-B');
    expect(frames).to.deep.equal(
      whole.slice(0, 50).map((frame) => ({ ...frame, bytes: frame.bytes.slice(0, 64) })),
    );
    expect(capturesOf(facts)[0]).to.deep.include({ packets: 50, dropped: whole.length - 50 });
    expect(statistics.map(({ received, dropped }) => received - dropped)).to.deep.equal(
      [0, 1].map((end) => frames.filter((frame) => frame.end === end).length),
    );
    expect(capturesOf(all)[0]).to.deep.include({ packets: whole.length });
  });

  it('of some steps holds nothing of the others', async () => {
    const facts = await ran(`${LINE}captures: [{ link: [A, B], steps: [2, 2] }]`);
    const { frames } = read('A-B');
    const [, second, third] = facts.filter((fact) => fact.fact === 'step-started').map(({ t }) => t);
    expect(frames.length).to.be.greaterThan(200);
    expect(frames.filter(({ timeNs }) => timeNs < second || timeNs > third)).to.deep.equal([]);
    const remarks = frames.flatMap(({ comments }) => comments.slice(0, -1));
    expect(remarks).to.deep.equal(['step 2 begins: flowing']);
  });

  it('that nothing arrived in is a file all the same', async () => {
    await ran(`${LINE}captures: [{ link: [A, a], steps: [2, 2] }]`, { only: '1' });
    expect(read('A-a')).to.deep.include({ frames: [] });
  });

  it('can be read by what replays captures', async () => {
    await ran(`${LINE}captures: [{ link: [B, b] }]`);
    const capture = readCapture(readFileSync(path('B-b')));
    if ('wrong' in capture) return expect.fail(capture.wrong);
    const { frames } = read('B-b');
    expect(capture.packets.length + capture.others).to.equal(frames.length);
    const longest = capture.packets.filter(({ bytes }) => bytes === 1000);
    expect(longest).to.have.length(frames.filter(({ length }) => length === 1014).length);
  });

  it('is opened by tshark without a word of complaint', async function () {
    if (spawnSync('tshark', ['--version']).status !== 0) {
      console.log('      skipped: there is no tshark');
      return this.skip();
    }
    await ran(`${LINE}captures: [{ link: [A, B] }]`);
    const fields = ['frame.interface_name', 'frame.time_epoch', 'frame.len', 'mpls.label', 'frame.comment'];
    const args = [
      '-r',
      path('A-B'),
      '-T',
      'fields',
      '-E',
      'separator=|',
      '-E',
      'aggregator=;',
      ...fields.flatMap((field) => ['-e', field]),
    ];
    const shown = spawnSync('tshark', args, { encoding: 'utf8' });
    expect(shown.stderr.replace(/^Running as user.*\n/m, '')).to.equal('');
    const { frames, interfaces } = read('A-B');
    const rows = shown.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'));
    expect(rows).to.have.length(frames.length);
    for (const [index, [name, time, length, label, comment]] of rows.entries()) {
      const frame = frames[index];
      expect(name).to.equal(interfaces[frame.end].name);
      expect(Number(time.replace('.', ''))).to.equal(frame.timeNs);
      expect(Number(length)).to.equal(frame.length);
      expect(label === '983041').to.equal(planeOf(frame.bytes) === 'shadow');
      expect(comment).to.equal(frame.comments.join(';'));
    }
  });

  it('that cannot be written any more ends the run, and the lab with it', async () => {
    mkdirSync(join(results(), 'captures'), { recursive: true });
    symlinkSync('/dev/full', path('A-B'));
    let isDown = false;
    const backend: Backend = {
      name: 'embedded',
      deploy: async (...given): Promise<Lab> => {
        const lab = await embedded.deploy(...given);
        return {
          ...lab,
          destroy: async () => {
            isDown = true;
            await lab.destroy();
          },
        };
      },
    };
    const outcome = await ran(`${LINE}captures: [{ link: [A, B] }]`, { backend }).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.include({ code: 'ENOSPC' });
    expect(isDown).to.equal(true);
  });

  it('is refused by a backend that has none, with a word on what to do', async () => {
    const backend: Backend = {
      name: 'blind',
      deploy: async (...given): Promise<Lab> => {
        const { capture: _, ...lab } = await embedded.deploy(...given);
        return { ...lab, backend: 'blind' };
      },
    };
    const facts = await ran(`${LINE}captures: [{ link: [A, B] }]`, { backend });
    expect(facts.at(-1)).to.include({
      ended: 'error',
      error: 'the backend blind cannot capture: take captures out of the experiment',
    });
  });

  it('agrees with what the routers count: packets and bytes, by port and plane', async () => {
    const rate = fc.integer({ min: 500, max: 3000 });
    const network = fc.record({
      // Of all six links of four routers; those in a ring are always there.
      chords: fc.subarray([
        ['A', 'C'],
        ['B', 'D'],
      ]),
      loss: fc.constantFrom('0%', '1%', '20%'),
      mode: fc.constantFrom('fair', 'priority', 'partition'),
      rates: fc.tuple(rate, rate, rate),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(network, async ({ chords, loss, mode, rates, seed }) => {
        const links = [['A', 'B'], ['B', 'C'], ['C', 'D'], ['D', 'A'], ...chords];
        rmSync(results(), { recursive: true, force: true });
        const facts = await ran(`
name: any
seed: ${seed}
topology:
  defaults: { rate: 2Mbps, loss: ${loss}, delay: 1.000777ms }
  nodes: { A: , B: , C: , D: }
  hosts: { a: { router: A }, c: { router: C } }
  links: [${links.map(([a, b]) => `{ endpoints: [${a}, ${b}] }`).join(', ')}]
bandwidth: { mode: ${mode} }
management: { delay: 0ms }
traffic:
  - { name: there, from: a, to: c, rate: ${rates[0]}kbps }
  - { name: back, from: c, to: a, rate: ${rates[1]}kbps }
  - { name: beside, from: a, to: c, rate: ${rates[2]}kbps, plane: shadow }
captures: [${[...'ABCD'].map((router) => `{ router: ${router}, packets: 1000000 }`).join(', ')}]
steps:
  - converge: {}
  - wait: 2s
`);
        expect(differences(facts)).to.deep.equal([]);
      }),
      { numRuns: 6 },
    );
  });

  /** Of the last counters of each router and the frames that had arrived by then. */
  function differences(facts: readonly Fact[]): readonly object[] {
    const links = facts.flatMap((fact) => (fact.fact === 'run-started' ? fact.links : []));
    const last = new Map(
      facts.flatMap((fact) => (fact.fact === 'counters' ? [[fact.router, fact] as const] : [])),
    );
    const counts = [...last.values()].flatMap(({ ports }) => ports.map(({ inPackets }) => inPackets));
    // Slow flows on a lossy network count a few hundred.
    expect(counts.reduce((sum, count) => sum + count, 0)).to.be.greaterThan(100);
    return [...last.values()].flatMap(({ router, ports, t }) =>
      ports.flatMap(({ port, plane, inPackets, inBytes }) => {
        const link = links.find(({ ends }) => ends.some((end) => end.node === router && end.port === port));
        const end = link?.ends.findIndex(({ node }) => node === router);
        const packets = read(link?.name ?? '').frames.filter(
          (frame) => frame.end === end && frame.timeNs <= t && isIp(frame) && planeOf(frame.bytes) === plane,
        );
        const bytes = packets.reduce(
          (sum, frame) => sum + ipv4TotalLength(frame.bytes, ipAt(frame.bytes)),
          0,
        );
        const counted = { router, port, plane, packets: inPackets, bytes: inBytes };
        const captured = { router, port, plane, packets: packets.length, bytes };
        return counted.packets === captured.packets && counted.bytes === captured.bytes
          ? []
          : [{ counted, captured }];
      }),
    );
  }
});

const isIp = ({ bytes }: CapturedFrame): boolean => etherType(bytes, 0) !== ETHERTYPE_ARP;

function ipAt(bytes: Uint8Array): number {
  return ETHERNET_HEADER + (etherType(bytes, 0) === ETHERTYPE_MPLS ? MPLS_ENTRY : 0);
}

function planeOf(bytes: Uint8Array): Plane | 'both' {
  if (etherType(bytes, 0) === ETHERTYPE_ARP) return 'both';
  if (etherType(bytes, 0) === ETHERTYPE_MPLS) return planeOfLabel(labelAt(bytes, ETHERNET_HEADER));
  return ipv4Dscp(bytes, ETHERNET_HEADER) === SHADOW_DSCP ? 'shadow' : 'real';
}
