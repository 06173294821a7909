import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { ManagementAnswer, ManagementRequest } from '../../src/routerd/management/contract.ts';
import type { ManagementClient } from '../../src/runner/backends/daemons/management-client.ts';
import { Daemon, makeFolder, removeFolder } from '../routerd/daemon/daemons.ts';
import { answerOf } from './interop/ours.ts';
import { until } from './interop/router.ts';
import { Namespace } from './namespace.ts';
import { obstacle } from './packet-lab.ts';

/** Longer than the test: what ends an adjacency here is not that hellos stay away. */
const DEAD_S = 600;
const PLANES = ['real', 'shadow'] as const;

describe('a router daemon whose wire is lost', () => {
  const namespaces: Namespace[] = [];
  const daemons: Daemon[] = [];
  const clients: ManagementClient[] = [];
  let folder: string | undefined;

  before(async function () {
    const why = obstacle();
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    const made = makeFolder();
    folder = made;
    namespaces.push(new Namespace('-r0'), new Namespace('-r1'));
    wire();
    for (const [index, { name }] of namespaces.entries()) {
      const settings = {
        name: `r${index}`,
        ports: [{ name: 'core', driver: 'packet', mtu: 1500 }],
        real: { tag: 1, config: configOf(index) },
        shadow: { tag: 2, config: configOf(index) },
      };
      const daemon = new Daemon(made, settings, ['ip', 'netns', 'exec', name]);
      daemons.push(daemon);
      clients.push(daemon.client());
    }
    for (const client of clients) await client.reached(180_000);
  });
  after(async () => {
    for (const client of clients) client.close();
    await Promise.all(daemons.map((daemon) => daemon.ended('SIGKILL')));
    for (const namespace of namespaces) namespace.destroy();
    if (folder !== undefined) removeFolder(folder);
  });

  it('has no neighbours there, in either plane, as soon as it sees that; it has them again when the wire is back', async () => {
    await neighbours('Full');
    namespaces[0].ip('link', 'delete', 'dev', 'core');
    await neighbours('none');
    wire();
    await neighbours('Full');
  });

  it('sees it, too, where the other end was switched off', async () => {
    namespaces[0].ip('link', 'set', 'dev', 'core', 'down');
    await neighbours('none');
    namespaces[0].ip('link', 'set', 'dev', 'core', 'up');
    await neighbours('Full');
  });

  it('keeps what was failed in a plane failed when the wire is back', async () => {
    namespaces[0].ip('link', 'delete', 'dev', 'core');
    await neighbours('none');
    expect(await fail('fail')).to.deep.include({ ok: true });
    wire();
    await untilOf(0, 'shadow', 'Full');
    expect(await states(0, 'real')).to.equal('none');
    expect(await fail('restore')).to.deep.include({ ok: true });
    await neighbours('Full');
  });

  function wire(): void {
    const [r0, r1] = namespaces;
    r0.ip('link', 'add', 'name', 'core', 'type', 'veth', 'peer', 'name', 'core', 'netns', r1.name);
    for (const namespace of namespaces) namespace.ip('link', 'set', 'dev', 'core', 'up');
  }

  function fail(op: 'fail' | 'restore'): Promise<ManagementAnswer> {
    return ask(0, { op, plane: 'real', target: { kind: 'port', port: 'core' } });
  }

  function ask(router: number, request: ManagementRequest): Promise<ManagementAnswer> {
    return answerOf(clients[router], request);
  }

  async function states(router: number, plane: (typeof PLANES)[number]): Promise<string> {
    const answer = await ask(router, { op: 'neighbours', plane });
    if (!answer.ok || answer.op !== 'neighbours') return expect.fail(JSON.stringify(answer));
    return answer.entries.map(({ state }) => state).join() || 'none';
  }

  async function untilOf(router: number, plane: (typeof PLANES)[number], wanted: string): Promise<void> {
    const what = `neighbours of r${router} in ${plane}: ${wanted}`;
    await until(
      what,
      () => states(router, plane),
      (seen) => seen === wanted,
    );
  }

  /** Until both routers say so of both planes. */
  async function neighbours(wanted: string): Promise<void> {
    for (const router of [0, 1]) for (const plane of PLANES) await untilOf(router, plane, wanted);
  }
});

function configOf(router: number): string {
  return `interface core
 ip address 10.12.0.${router}/31
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval ${DEAD_S}
router ospf
 ospf router-id 10.255.0.${router + 1}
`;
}
