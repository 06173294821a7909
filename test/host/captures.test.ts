import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { EMPTY_CONFIG } from '../../src/config/model.ts';
import { readU16, readU32, readU64 } from '../../src/net/bytes.ts';
import { internetChecksum, transportChecksum } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_IPV4, ETHERTYPE_MPLS, etherType } from '../../src/net/ethernet.ts';
import { ipv4HeaderLength, ipv4Protocol, ipv4TotalLength, PROTOCOL_TCP } from '../../src/net/ipv4.ts';
import { MPLS_ENTRY } from '../../src/net/mpls.ts';
import { monotonic, TimerClock } from '../../src/routerd/daemon/timer-clock.ts';
import { captureLink } from '../../src/runner/backends/daemons/capture.ts';
import { netns } from '../../src/runner/backends/netns/netns.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import { LabError, type Tap } from '../../src/runner/lab.ts';
import { readFacts } from '../../src/runner/results/reports.ts';
import { run } from '../../src/runner/run.ts';
import { experimentOf } from '../support/experiment.ts';
import { type CapturedFrame, readPcapng } from '../support/pcapng.ts';
import { Namespace } from './namespace.ts';
import { obstacle } from './packet-lab.ts';

/** What the kernel keeps for a capture that comes to nothing else for a while. */
const MEGABYTE = 1_000_000;
/** Links from host a to host b, and where their frames arrive. */
const WAY = [
  ['A-a', 'A:to-a'],
  ['A-B', 'B:to-A'],
  ['B-b', 'b:eth0'],
] as const;

describe('captures on real links', () => {
  const reason = obstacle();
  before(function () {
    if (reason === undefined) return;
    console.log(`    skipped: ${reason}`);
    this.skip();
  });

  describe('between two machines', () => {
    let left: Namespace;
    let right: Namespace;
    let tap: Tap | undefined;
    let frames: Omit<CapturedFrame, 'length' | 'comments'>[] = [];
    const epochNs = monotonic(0)();
    const [link] = experimentOf({ routers: 2, links: [[0, 1]] }, () => EMPTY_CONFIG).topology.links;

    beforeEach(() => {
      frames = [];
      left = new Namespace('-left');
      right = new Namespace('-right');
      wire();
    });
    afterEach(() => {
      stop();
      for (const namespace of [left, right]) namespace.destroy();
    });

    function wire(): void {
      left.ip('link', 'add', 'name', 'a', 'type', 'veth', 'peer', 'name', 'b', 'netns', right.name);
      for (const [namespace, name, address] of [
        [left, 'a', '10.9.0.1'],
        [right, 'b', '10.9.0.2'],
      ] as const) {
        namespace.ip('address', 'add', `${address}/24`, 'dev', name);
        namespace.ip('link', 'set', 'dev', name, 'up');
      }
    }

    function listen(): void {
      const ends = [
        { netns: `/run/netns/${left.name}`, interface: 'a' },
        { netns: `/run/netns/${right.name}`, interface: 'b' },
      ];
      tap = captureLink(new TimerClock(epochNs), monotonic(epochNs), link, ends, (end, frame, timeNs) => {
        frames.push({ end, timeNs, bytes: frame.bytes.slice(frame.start, frame.end) });
      });
    }

    function stop(): readonly number[] {
      const missed = tap?.stop() ?? [];
      tap = undefined;
      return missed;
    }

    /** One echo request; whether it was answered. */
    async function ping(): Promise<boolean> {
      const words = ['netns', 'exec', left.name, 'ping', '-c', '1', '-W', '20', '10.9.0.2'];
      const [code] = await once(spawn('ip', words, { stdio: 'ignore' }), 'close');
      return code === 0;
    }

    it("hold what the kernel's own TCP sends, cut and with whole checksums as on a wire, in the order of time", async () => {
      const beganNs = monotonic(epochNs)();
      listen();
      const listener = right.peer({
        role: 'listen',
        address: '10.9.0.2',
        port: 5001,
        sends: 0,
        seed: 1,
        ends: 'close-after',
      });
      await listener.ready();
      const sender = left.peer({
        role: 'connect',
        address: '10.9.0.2',
        port: 5001,
        sends: MEGABYTE,
        seed: 1,
        ends: 'close',
      });
      expect((await listener.report()).received).to.equal(MEGABYTE);
      await sender.report();
      expect(stop()).to.deep.equal([0, 0]);
      const times = frames.map(({ timeNs }) => timeNs);
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
      expect(times[0]).to.be.at.least(beganNs);
      expect(times.at(-1)).to.be.at.most(monotonic(epochNs)());
      const segments = frames.filter(({ bytes }) => isTcp(bytes));
      for (const { bytes } of segments) {
        expect(bytes.length).to.be.at.most(1514);
        expect(checksumsHold(bytes)).to.equal(true);
      }
      expect([coveredBy(segments, 0), coveredBy(segments, 1)]).to.deep.equal([0, MEGABYTE]);
    });

    it('go on when the interface was removed and is back', async () => {
      listen();
      expect(await ping()).to.equal(true);
      left.ip('link', 'delete', 'dev', 'a');
      expect(await ping()).to.equal(false);
      wire();
      const before = frames.length;
      const heard = () => new Set(frames.slice(before).map(({ end }) => end));
      for (let tries = 0; tries < 2000 && heard().size < 2; tries++) await ping();
      expect(heard()).to.deep.equal(new Set([0, 1]));
    });

    it('are refused where there is no such interface, and no socket is left', () => {
      const sockets = () => readFileSync('/proc/self/net/packet', 'utf8');
      const before = sockets();
      const ends = [
        { netns: `/run/netns/${left.name}`, interface: 'a' },
        { netns: `/run/netns/${right.name}`, interface: 'gone' },
      ];
      expect(() => captureLink(new TimerClock(0), monotonic(0), link, ends, () => {})).to.throw(
        LabError,
        'the link R0-R1 cannot be captured: there is no interface gone',
      );
      const listeners = spawnSync('ip', ['netns', 'exec', left.name, 'cat', '/proc/net/packet'], {
        encoding: 'utf8',
      });
      expect(listeners.stdout.trimEnd().split('\n')).to.have.length(1);
      expect(sockets()).to.equal(before);
    });
  });

  it('of a run in namespaces agree with what the hosts measured', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-captures-'));
    try {
      const file = join(folder, 'experiment.yaml');
      writeFileSync(
        file,
        `
name: captured
topology:
  nodes: { A: , B: }
  hosts: { a: { router: A }, b: { router: B } }
  links: [{ endpoints: [A, B] }]
  ospf: { hello: 1s, dead: 8s }
captures: [{ router: A }, { router: B, steps: [2, 2] }]
steps:
  - converge: { within: 600s }
  - probe: { from: a, to: b, plane: shadow, count: 500, every: 10ms }
    expect: { lost: 0 }
`,
      );
      const loaded = await loadExperiment(file);
      if (!loaded.ok) return expect.fail(loaded.problems.map(({ message }) => message).join('\n'));
      const results = join(folder, 'results');
      const result = await run(loaded.experiment, {
        backend: netns,
        folder: results,
        id: randomBytes(4).toString('hex'),
        version: 'test',
        signal: new AbortController().signal,
        progress: () => {},
      });
      expect(result.verdict).to.equal('pass');
      const facts = await readFacts(results);
      const captures = facts.filter((fact) => fact.fact === 'capture');
      expect(captures.map(({ link, dropped }) => [link, dropped])).to.deep.equal([
        ['A-B', 0],
        ['A-a', 0],
        ['B-b', 0],
      ]);
      const sent = Array.from({ length: 500 }, (_, sequence) => sequence);
      // When each packet left, and was at the end of each link on its way.
      const times = new Map<number, number[]>();
      for (const [link, arrivesAt] of WAY) {
        const name = captures.find((capture) => capture.link === link)?.file ?? '';
        const { frames, interfaces } = readPcapng(readFileSync(join(results, name)));
        const measured = frames.flatMap((frame) => {
          const probe = probeIn(frame.bytes);
          return probe === undefined ? [] : [{ ...probe, ...frame }];
        });
        expect(measured.map(({ sequence }) => sequence)).to.deep.equal(sent);
        expect(interfaces[measured[0].end].name).to.equal(arrivesAt);
        for (const { sequence, sentNs, timeNs } of measured) {
          const known = times.get(sequence) ?? [sentNs];
          times.set(sequence, [...known, timeNs]);
        }
      }
      for (const passed of times.values()) expect(passed).to.deep.equal(passed.toSorted((a, b) => a - b));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function isTcp(bytes: Uint8Array): boolean {
  return etherType(bytes, 0) === ETHERTYPE_IPV4 && ipv4Protocol(bytes, ETHERNET_HEADER) === PROTOCOL_TCP;
}

function tcpAt(bytes: Uint8Array): number {
  return ETHERNET_HEADER + ipv4HeaderLength(bytes, ETHERNET_HEADER);
}

function checksumsHold(bytes: Uint8Array): boolean {
  const end = ETHERNET_HEADER + ipv4TotalLength(bytes, ETHERNET_HEADER);
  return (
    internetChecksum(bytes, ETHERNET_HEADER, tcpAt(bytes)) === 0 &&
    transportChecksum(bytes, tcpAt(bytes), end, ETHERNET_HEADER) === 0
  );
}

/** How many bytes of a connection arrived at that end, those that were sent again counted once. */
function coveredBy(segments: readonly Omit<CapturedFrame, 'length' | 'comments'>[], end: number): number {
  const data = segments
    .filter((frame) => frame.end === end)
    .map(({ bytes }) => ({ from: readU32(bytes, tcpAt(bytes) + 4), length: payloadOf(bytes) }))
    .filter(({ length }) => length > 0);
  const first = data[0]?.from ?? 0;
  const ranges = data.map(({ from, length }) => ({ from: (from - first) | 0, length }));
  let covered = 0;
  let until = 0;
  for (const { from, length } of ranges.toSorted((a, b) => a.from - b.from)) {
    covered += Math.max(0, from + length - Math.max(from, until));
    until = Math.max(until, from + length);
  }
  return covered;
}

function payloadOf(bytes: Uint8Array): number {
  const header = (bytes[tcpAt(bytes) + 12] >>> 4) * 4;
  return ETHERNET_HEADER + ipv4TotalLength(bytes, ETHERNET_HEADER) - tcpAt(bytes) - header;
}

/** Of a measured packet: docs/wire-format.md. */
function probeIn(bytes: Uint8Array): { readonly sequence: number; readonly sentNs: number } | undefined {
  const ipAt = ETHERNET_HEADER + (etherType(bytes, 0) === ETHERTYPE_MPLS ? MPLS_ENTRY : 0);
  const at = ipAt + 28;
  if (bytes.length < at + 24 || readU16(bytes, ipAt + 22) !== 49777 || readU32(bytes, at) !== 0x53484c42)
    return undefined;
  return { sequence: readU32(bytes, at + 8), sentNs: readU64(bytes, at + 16) };
}
