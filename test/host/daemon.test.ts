import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { ManagementClient } from '../../src/runner/backends/daemons/management-client.ts';
import { Daemon, makeFolder, removeFolder } from '../routerd/daemon/daemons.ts';
import { answerOf } from './interop/ours.ts';
import { until } from './interop/router.ts';
import { Namespace } from './namespace.ts';
import { obstacle } from './packet-lab.ts';

/**
 * Kernel hosts and our routers, a namespace each:
 *
 *     h0 10.1.0.10 ── .1 r0 10.12.0.0 ── 10.12.0.1 r1 .1 ── 10.2.0.10 h1
 */
describe('router daemons on real interfaces', () => {
  const namespaces = new Map<string, Namespace>();
  const daemons: Daemon[] = [];
  const clients: ManagementClient[] = [];
  let folder: string;

  before(function () {
    const why = obstacle();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    folder = makeFolder();
    for (const name of ['h0', 'r0', 'r1', 'h1']) namespaces.set(name, new Namespace(`-${name}`));
  });

  after(async () => {
    for (const client of clients) client.close();
    await Promise.all(daemons.map((daemon) => daemon.ended('SIGKILL')));
    for (const namespace of namespaces.values()) namespace.destroy();
    if (folder !== undefined) removeFolder(folder);
  });

  it('wait for interfaces that come later, converge, and carry what hosts of the kernel send', async () => {
    for (const [index, name] of ['r0', 'r1'].entries()) {
      daemons.push(
        new Daemon(
          folder,
          {
            name,
            ports: [
              { name: 'core', driver: 'packet', mtu: 1500, rateBps: 1e9, delayNs: 1e6 },
              { name: 'host', driver: 'packet', edge: true, mtu: 1500 },
            ],
            real: { tag: 1, config: configOf(index) },
            shadow: { tag: 2, config: configOf(index) },
          },
          ['ip', 'netns', 'exec', namespaceOf(name).name],
        ),
      );
    }
    for (const daemon of daemons) await logged(daemon, 'waiting for core, host');
    wire('r0', 'core', 'r1', 'core');
    wire('h0', 'eth0', 'r0', 'host');
    wire('h1', 'eth0', 'r1', 'host');
    for (const index of [0, 1]) {
      const host = namespaceOf(`h${index}`);
      host.ip('address', 'add', `10.${index + 1}.0.10/24`, 'dev', 'eth0');
      host.ip('route', 'add', 'default', 'via', `10.${index + 1}.0.1`);
    }
    clients.push(...daemons.map((daemon) => daemon.client()));
    for (const client of clients) await client.reached(180_000);
    for (const [index, client] of clients.entries()) {
      for (const plane of ['real', 'shadow'] as const)
        await until(
          `the other side in the FIB of r${index}, ${plane}`,
          () => answerOf(client, { op: 'fib', plane }),
          (answer) => JSON.stringify(answer).includes(`10.${2 - index}.0.0/24`),
        );
    }
    const ping = ['ping', '-c', '20', '-i', '0.02', '-W', '20', '-s', '1472', '-M', 'do', '10.2.0.10'];
    const { stdout } = spawnSync('ip', ['netns', 'exec', namespaceOf('h0').name, ...ping], {
      encoding: 'utf8',
    });
    expect(stdout).to.include('20 packets transmitted, 20 received, 0% packet loss');
    // A millisecond each way on the link between the routers.
    expect(Number(stdout.match(/min\/avg\/max\/mdev = ([\d.]+)/)?.[1])).to.be.at.least(2);
  });

  it('end cleanly, and leave the interfaces to those who made them', async () => {
    for (const daemon of daemons) {
      expect(await daemon.ended('SIGTERM')).to.equal(0);
      expect(daemon.leavesSocket).to.equal(false);
    }
    namespaceOf('r0').ip('link', 'show', 'dev', 'core');
  });

  function namespaceOf(name: string): Namespace {
    return namespaces.get(name) ?? expect.fail(`no namespace ${name}`);
  }

  function wire(a: string, aPort: string, b: string, bPort: string): void {
    const other = ['peer', 'name', bPort, 'netns', namespaceOf(b).name];
    namespaceOf(a).ip('link', 'add', 'name', aPort, 'type', 'veth', ...other);
    namespaceOf(a).ip('link', 'set', 'dev', aPort, 'up');
    namespaceOf(b).ip('link', 'set', 'dev', bPort, 'up');
  }
});

function configOf(router: number): string {
  return `interface core
 ip address 10.12.0.${router}/31
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 40
interface host
 ip address 10.${router + 1}.0.1/24
 ip ospf area 0
router ospf
 ospf router-id 10.255.0.${router + 1}
 passive-interface host
`;
}

async function logged(daemon: Daemon, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (daemon.log.includes(text)) resolve();
    };
    daemon.process.stderr?.on('data', look);
    look();
  });
}
