import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { TcpSettings } from '../../src/tcp/settings.ts';
import { address } from '../tcp/lab.ts';
import { noise } from '../tcp/noise.ts';
import { HostLab, hashOf, type Impairment, KERNEL, OURS, OurEnd } from './lab.ts';
import type { PeerTask } from './namespace.ts';

const MEGABYTE = 1_000_000;
const SENT = noise(52 * MEGABYTE, 1);
const RECEIVED = noise(52 * MEGABYTE, 2);
const SENT_HASH = hashOf(SENT);
const RECEIVED_HASH = hashOf(RECEIVED);
const SMALL = SENT.subarray(0, MEGABYTE);

/** Why the tests cannot run here; undefined where they can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return 'no /dev/net/tun';
  }
  return spawnSync('ip', ['-V']).status === 0 ? undefined : 'no `ip` command';
}

describe('our TCP and that of the Linux kernel', () => {
  let lab: HostLab;
  let port = 5000;

  before(function () {
    const reason = obstacle();
    if (reason === undefined) lab = new HostLab();
    else {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
  });
  after(async () => {
    await lab?.destroy();
  });

  /** We connect to the kernel, or are connected to by it. Returns what both ends saw. */
  async function connection(
    opened: 'by us' | 'by the kernel',
    ours: OurEnd,
    task: Pick<PeerTask, 'sends' | 'seed' | 'ends'>,
    settings: Partial<TcpSettings> = {},
  ) {
    port++;
    const role = opened === 'by us' ? 'listen' : 'connect';
    if (role === 'connect') lab.stack.listen(port, () => ours, settings);
    const peer = lab.namespace.peer({ ...task, role, port, address: role === 'listen' ? KERNEL : OURS });
    if (role === 'listen') {
      await peer.ready();
      lab.stack.connect(address(KERNEL), port, ours, settings);
    }
    const [end, report] = await Promise.all([ours.finished, peer.report()]);
    return { end, report };
  }

  const wires: Readonly<Record<string, Impairment>> = {
    'a good wire': { loss: 0, reordering: 0 },
    'a wire that loses 1 %': { loss: 0.01, reordering: 0 },
    'a wire that loses 1 % and reorders 2 %': { loss: 0.01, reordering: 0.02 },
  };
  for (const [wire, impairment] of Object.entries(wires)) {
    for (const opened of ['by us', 'by the kernel'] as const) {
      it(`bring 52 MB each way at the same time, bit by bit, over ${wire}, opened ${opened}`, async () => {
        lab.impair(impairment);
        const ours = new OurEnd(SENT, 'after-sending');
        const startMs = performance.now();
        const { end, report } = await connection(opened, ours, {
          sends: RECEIVED.length,
          seed: 2,
          ends: 'close',
        });
        const seconds = (performance.now() - startMs) / 1000;
        lab.impair({ loss: 0, reordering: 0 });
        expect(end).to.equal('closed');
        expect(report).to.deep.equal({ received: SENT.length, hash: SENT_HASH, error: null });
        expect([ours.received, ours.hash]).to.deep.equal([RECEIVED.length, RECEIVED_HASH]);
        console.log(
          `      ${((8 * (SENT.length + RECEIVED.length)) / seconds / 1e6).toFixed(0)} Mbit/s, both ways together`,
        );
      });
    }
  }

  const variants: Readonly<Record<string, Partial<TcpSettings>>> = {
    NewReno: { congestionControl: 'new-reno' },
    'no SACK': { sack: false },
    'no timestamps': { timestamps: false },
    'no window scale': { windowScale: false },
    'no options at all': { sack: false, timestamps: false, windowScale: false },
    'small buffers': { sendBufferBytes: 10_000, receiveBufferBytes: 10_000 },
  };
  for (const [variant, settings] of Object.entries(variants)) {
    it(`bring a megabyte each way over a wire that loses 1 %, with ${variant}`, async () => {
      lab.impair({ loss: 0.01, reordering: 0 });
      const ours = new OurEnd(SMALL, 'after-sending');
      const task = { sends: MEGABYTE, seed: 2, ends: 'close' } as const;
      const { end, report } = await connection('by us', ours, task, settings);
      lab.impair({ loss: 0, reordering: 0 });
      expect([end, report.received, report.hash]).to.deep.equal(['closed', MEGABYTE, hashOf(SMALL)]);
      expect([ours.received, ours.hash]).to.deep.equal([MEGABYTE, hashOf(noise(MEGABYTE, 2))]);
    });
  }

  it("close from the kernel's side first; what we send after that still arrives", async () => {
    const ours = new OurEnd(new Uint8Array(0), 'after-the-other');
    ours.ended = (own) => {
      own.write(SMALL.subarray(0, 10_000));
      own.close();
    };
    const { end, report } = await connection('by us', ours, { sends: 1000, seed: 3, ends: 'close' });
    expect([end, ours.received]).to.deep.equal(['closed', 1000]);
    expect(report).to.deep.equal({ received: 10_000, hash: hashOf(SMALL.subarray(0, 10_000)), error: null });
  });

  it('close from our side first; what the kernel sends after that still arrives', async () => {
    const ours = new OurEnd(SMALL, 'after-sending');
    const { end, report } = await connection('by the kernel', ours, {
      sends: MEGABYTE,
      seed: 2,
      ends: 'close-after',
    });
    expect([end, ours.received, report.received]).to.deep.equal(['closed', MEGABYTE, MEGABYTE]);
  });

  it("reset: the kernel's reset ends our connection", async () => {
    const ours = new OurEnd(SMALL, 'after-the-other');
    const { end } = await connection('by us', ours, { sends: 0, seed: 1, ends: { resetAfter: 1000 } });
    expect(end).to.equal('reset');
  });

  it("reset: ours ends the kernel's", async () => {
    const ours = new OurEnd(new Uint8Array(0), 'after-the-other');
    ours.onReceived = () => ours.connection?.abort();
    const { end, report } = await connection('by us', ours, { sends: 1000, seed: 1, ends: 'close-after' });
    expect([end, report.error]).to.deep.equal(['aborted', 'ECONNRESET']);
  });

  it('are refused by a port where nobody listens, both ways', async () => {
    const ours = new OurEnd(new Uint8Array(0), 'after-sending');
    lab.stack.connect(address(KERNEL), 1, ours);
    expect(await ours.finished).to.equal('refused');
    const peer = lab.namespace.peer({
      role: 'connect',
      address: OURS,
      port: 2,
      sends: 0,
      seed: 1,
      ends: 'close',
    });
    expect((await peer.report()).error).to.equal('ECONNREFUSED');
  });

  it('speak so that tshark finds nothing malformed', async function () {
    if (spawnSync('tshark', ['-v']).status !== 0) {
      console.log('      skipped: no tshark');
      this.skip();
    }
    lab.capture();
    lab.impair({ loss: 0.02, reordering: 0.02 });
    const ours = new OurEnd(SMALL, 'after-sending');
    const { end } = await connection('by us', ours, { sends: MEGABYTE, seed: 2, ends: 'close' });
    lab.impair({ loss: 0, reordering: 0 });
    expect(end).to.equal('closed');
    const folder = mkdtempSync(join(tmpdir(), 'shadowlab-'));
    try {
      const file = join(folder, 'tcp.pcap');
      writeFileSync(file, lab.captured());
      const shown = (filter: string): readonly string[] => {
        const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
        const { stdout } = spawnSync('tshark', ['-r', file, ...checks, '-Y', filter], { encoding: 'utf8' });
        return stdout.split('\n').filter((line) => line !== '');
      };
      expect(shown('tcp').length).to.be.greaterThan(1400);
      expect(shown('_ws.malformed || _ws.expert.severity == error')).to.deep.equal([]);
      expect(shown('tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"')).to.deep.equal([]);
      expect(shown('tcp.options.sack_le && ip.src == 10.77.0.2').length).to.be.greaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
