import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { startForwarding } from '../../../src/routerd/daemon/forwarding-thread.ts';
import { ForwardingLostError } from '../../../src/routerd/daemon/remote-forwarding.ts';
import { readSettings } from '../../../src/routerd/daemon/settings.ts';
import { monotonic } from '../../../src/routerd/daemon/timer-clock.ts';
import { Daemon, freePorts, makeFolder, removeFolder } from './daemons.ts';

describe('the router daemon as a process', () => {
  let folder: string;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => removeFolder(folder));

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with 0 on ${signal}, also while clients are connected, and leaves no socket`, async () => {
      const daemon = new Daemon(folder, { name: 'r', ports: [] });
      const client = daemon.client();
      await client.reached(180_000);
      expect(await daemon.ended(signal)).to.equal(0);
      expect(daemon.leavesSocket).to.equal(false);
      client.close();
      for (const line of daemon.log.trim().split('\n')) {
        expect(JSON.parse(line)).to.have.all.keys('time', 'level', 'router', 'text');
      }
    });
  }

  it('loads the configurations of its start-up file, from the text and from a file', async () => {
    const file = join(folder, 'shadow.conf');
    writeFileSync(file, 'hostname from-file\n');
    const daemon = new Daemon(folder, {
      name: 'r',
      ports: [],
      real: { tag: 7, config: 'hostname from-text\n' },
      shadow: { tag: 8, file },
    });
    const client = daemon.client();
    await client.reached(180_000);
    for (const [plane, name] of [['real', 'from-text'] as const, ['shadow', 'from-file'] as const]) {
      const text = await new Promise((resolve) => {
        client.ask({ op: 'config', plane }, (answer) =>
          resolve(answer.ok && answer.op === 'config' && answer.text),
        );
      });
      expect(text).to.include(`hostname ${name}`);
    }
    client.close();
    await daemon.ended('SIGTERM');
  });

  it('ends with 2 and says the place where its start-up file is wrong, with 3 where it cannot do what it says', async () => {
    const [local, peer] = (await freePorts(2)).map(({ address, port }) => `${address}:${port}`);
    const udp = { driver: 'udp', mac: '02:00:00:00:00:01', local, peer };
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, number, string])[] = [
      [{ ports: [{ name: 'a', ...udp, mtu: 1 }] }, 2, 'ports[0].mtu: is no whole number'],
      [
        {
          ports: [
            { name: 'a', ...udp },
            { name: 'b', ...udp },
          ],
        },
        3,
        'Address already in use',
      ],
      [{ ports: [], real: { tag: 1, config: 'nonsense' } }, 3, 'the real configuration: line 1'],
      [{ ports: [], shadow: { tag: 1, file: join(folder, 'none.conf') } }, 3, 'none.conf'],
      [
        { ports: [{ name: 'eth7', driver: 'packet' }], interfaceLimitS: 0.1 },
        3,
        'no interface eth7 after 0.1 s; there are lo',
      ],
    ];
    for (const [settings, code, text] of cases) {
      const daemon = new Daemon(folder, { name: 'r', ...settings });
      expect(await daemon.ended()).to.equal(code);
      expect(daemon.log).to.include(text);
      expect(daemon.leavesSocket).to.equal(false);
    }
  });

  it('ends with 0 when it is told to while it waits for an interface', async () => {
    const daemon = new Daemon(folder, { name: 'r', ports: [{ name: 'eth7', driver: 'packet' }] });
    await new Promise<void>((resolve) => {
      daemon.process.stderr?.on('data', () => {
        if (daemon.log.includes('waiting for eth7')) resolve();
      });
    });
    expect(await daemon.ended('SIGTERM')).to.equal(0);
  });

  it('has a forwarding thread whose death is told to those who wait for it and to those who ask it', async () => {
    const settings = { name: 'r', ports: [], management: { socket: '/unused' } };
    const thread = await startForwarding(readSettings(settings, monotonic(0)()), () => {});
    thread.forwarding.failPort(0, 'no such port', true);
    expect(() => thread.forwarding.counters()).to.throw(
      ForwardingLostError,
      'no port is called no such port',
    );
    const death: unknown = await thread.ended.catch((error: unknown) => error);
    expect(String(death)).to.include('the forwarding thread died: RangeError: no port');
  });
});
