/**
 * Our router beside FRR and BIRD, each in a network namespace of its own. How a test uses it:
 *
 *     before(function () { skipWithout(this, 'frr', 'bird', 'tshark'); });
 *
 *     const lab = new InteropLab();
 *     const ours = lab.ours('o');                        // our daemon, on real interfaces
 *     const frr = lab.frr('f', ['ospfd']);               // zebra and these daemons
 *     const bird = lab.bird('b', { lan: '10.0.0.3/24' });
 *     lab.link('of', ours, frr);                         // a veth pair; both ends are called `of`
 *     lab.segment('lan', ours, frr, bird);               // a bridge; all ends are called `lan`
 *     await Promise.all([ours.start(TEXT), frr.start(TEXT), bird.start(TEXT)]);
 *     await until('the routes', () => ours.routes('ospf'), (routes) => '10.9.0.0/24' in routes);
 *     expect(await frr.routes('ospf')).to.deep.equal({ '10.9.0.0/24': '20 via 10.0.0.3%lan' });
 *     await frr.configure('interface lan\n ip ospf cost 5\n');
 *     await frr.kill();  await frr.start();  lab.setLink('of', ours, 'down');
 *     await lab.destroy();                               // in `after`; processes and namespaces end with the test anyway
 *
 * What all three are is told in router.ts. All waiting is `until`: a state is asked for until it is as wanted, up to
 * a limit; then the error has what was seen last. `lab.capture` writes what is on an interface into a file, and
 * `complaints` is what tshark has to say against it (capture.ts).
 *
 * Links are up before the routers start, MTU 1500. FRR and BIRD forward packets as their kernels do.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { makeFolder, removeFolder } from '../../routerd/daemon/daemons.ts';
import { Namespace } from '../namespace.ts';
import { obstacle } from '../packet-lab.ts';
import { BirdRouter } from './bird.ts';
import { Capture } from './capture.ts';
import { FrrRouter } from './frr.ts';
import { type FrrDaemon, frrObstacle } from './frr-daemons.ts';
import { OurRouter } from './ours.ts';
import type { Router } from './router.ts';

/** Skips the tests where it cannot make namespaces or one of these is not installed, and says why. */
export function skipWithout(test: Context, ...tools: readonly ('frr' | 'bird' | 'tshark')[]): void {
  const why = obstacle() ?? tools.map(lacks).find((reason) => reason !== undefined);
  if (why === undefined) return;
  console.log(`    skipped: ${why}`);
  test.skip();
}

export class InteropLab {
  /** Files of all routers; FRR's user may look in. */
  readonly folder = makeFolder();
  readonly #routers: Router[] = [];
  readonly #namespaces: Namespace[] = [];
  readonly #captures: Capture[] = [];
  readonly #segments = new Map<string, { readonly bridge: Namespace; readonly routers: readonly Router[] }>();

  constructor() {
    chmodSync(this.folder, 0o755);
  }

  ours(name: string): OurRouter {
    return this.#made(new OurRouter(name, this.#namespace(name), this.folder));
  }

  /** Runs zebra, too. A daemon's lines are given to it as `vtysh` gives them. */
  frr(name: string, daemons: readonly Exclude<FrrDaemon, 'zebra'>[]): FrrRouter {
    return this.#made(new FrrRouter(name, this.#namespace(name), join(this.folder, name), daemons));
  }

  /** BIRD takes addresses from the kernel: by link, or `lo`. */
  bird(name: string, addresses: Readonly<Record<string, string | readonly string[]>>): BirdRouter {
    return this.#made(new BirdRouter(name, this.#namespace(name), join(this.folder, name), addresses));
  }

  /** A veth pair; both ends have the link's name. */
  link(name: string, a: Router, b: Router): void {
    const other = ['peer', 'name', name, 'netns', b.namespace.name];
    a.namespace.ip('link', 'add', 'name', name, 'type', 'veth', ...other);
    for (const router of [a, b]) this.#attached(router, name);
  }

  /** A bridge in a namespace of its own, and a veth pair to each; their ends have the segment's name. */
  segment(name: string, ...routers: readonly Router[]): void {
    const bridge = this.#namespace(`lan-${name}`);
    const mine = ['type', 'bridge', 'mcast_snooping', '0', 'forward_delay', '0'];
    bridge.ip('link', 'add', 'name', 'bridge', ...mine);
    bridge.ip('link', 'set', 'dev', 'bridge', 'up');
    for (const router of routers) {
      const other = ['peer', 'name', name, 'netns', router.namespace.name];
      bridge.ip('link', 'add', 'name', router.name, 'type', 'veth', ...other);
      bridge.ip('link', 'set', 'dev', router.name, 'master', 'bridge', 'up');
      this.#attached(router, name);
    }
    this.#segments.set(name, { bridge, routers });
  }

  /** All ends of a segment at once: nobody hears anybody, or all do from now on. */
  setSegment(name: string, state: 'down' | 'up'): void {
    const { bridge, routers } = this.#segments.get(name) ?? { bridge: undefined, routers: [] };
    for (const router of routers) bridge?.ip('link', 'set', 'dev', router.name, state);
  }

  /** One router's end of a link goes down or up: the other end of a veth pair loses its carrier, a segment's others do not. */
  setLink(name: string, router: Router, state: 'down' | 'up'): void {
    router.namespace.ip('link', 'set', 'dev', name, state);
  }

  /** Captures an interface of a router (at any router but ours what we send is seen as it arrives) until it is asked for. */
  async capture(name: string, router: Router): Promise<Capture> {
    const file = join(this.folder, `${router.name}-${name}-${this.#captures.length}.pcapng`);
    const capture = new Capture(router.namespace, name, file);
    this.#captures.push(capture);
    await capture.begun();
    return capture;
  }

  async destroy(): Promise<void> {
    await Promise.all([
      ...this.#captures.map((each) => each.stop()),
      ...this.#routers.map((each) => each.kill()),
    ]);
    for (const router of this.#routers) router.close();
    for (const namespace of this.#namespaces) namespace.destroy();
    removeFolder(this.folder);
  }

  #made<Kind extends Router>(router: Kind): Kind {
    this.#routers.push(router);
    return router;
  }

  #namespace(name: string): Namespace {
    const namespace = new Namespace(`-${name}`);
    this.#namespaces.push(namespace);
    return namespace;
  }

  #attached(router: Router, name: string): void {
    router.namespace.ip('link', 'set', 'dev', name, 'up');
    router.attach(name);
  }
}

function lacks(tool: 'frr' | 'bird' | 'tshark'): string | undefined {
  if (tool === 'frr') return frrObstacle();
  const { status } = spawnSync(tool, ['--version']);
  return status === 0 ? undefined : `there is no ${tool} (apt install ${tool === 'bird' ? 'bird2' : tool})`;
}
