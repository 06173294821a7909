/** FRR: zebra and what else is wanted, on sockets and files of their own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextHop, RibEntry, RouteSource } from '../../../src/world/observation.ts';
import type { Namespace } from '../namespace.ts';
import { askFrr, type FrrDaemon, frrCommand } from './frr-daemons.ts';
import { letForward, Program, run } from './process.ts';
import { bestRoutes, byPrefix, type Router, type Routes, until } from './router.ts';

/** What the kernel notes as the origin of FRR's next hops, and of its routes: BGP, IS-IS, OSPF, static (zebra/rt_netlink.h). */
const OF_NEXT_HOPS = '11';
const OF_ROUTES = ['186', '187', '188', '196'];

export class FrrRouter implements Router {
  readonly name: string;
  readonly namespace: Namespace;
  readonly #folder: string;
  readonly #daemons: readonly FrrDaemon[];
  readonly #configs: string[] = [];
  #programs: Program[] = [];

  constructor(name: string, namespace: Namespace, folder: string, daemons: readonly FrrDaemon[]) {
    this.name = name;
    this.namespace = namespace;
    this.#folder = folder;
    this.#daemons = ['zebra', ...daemons];
    mkdirSync(folder, { recursive: true });
    // vtysh misses its own file otherwise.
    writeFileSync(join(folder, 'vtysh.conf'), '');
    letForward(namespace);
  }

  async start(config?: string): Promise<void> {
    await this.kill();
    this.#sweep();
    if (config !== undefined) this.#configs.splice(0, Number.POSITIVE_INFINITY, config);
    // Daemons try zebra only now and then, so zebra is first, as FRR's own start-up has it.
    for (const daemon of this.#daemons) {
      const program = new Program(this.namespace, frrCommand(this.#folder, daemon, ''));
      this.#programs.push(program);
      await until(
        `${daemon} answers`,
        () => (program.hasEnded ? program.said : this.show('version', daemon)),
        (answer) => {
          if (program.hasEnded) throw new Error(`${daemon} ended: ${answer}`);
          return true;
        },
      );
    }
    for (const each of this.#configs) this.#apply(each);
  }

  async configure(config: string): Promise<void> {
    this.#configs.push(config);
    this.#apply(config);
  }

  async kill(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end('SIGKILL')));
    this.#programs = [];
  }

  /** What one daemon answers to `show …`, as text. */
  show(command: string, daemon: FrrDaemon): Promise<string> {
    return askFrr(this.#folder, daemon, `show ${command}`);
  }

  /** What one daemon answers to `show … json`. */
  async showJson(command: string, daemon: FrrDaemon): Promise<unknown> {
    return JSON.parse(await this.show(`${command} json`, daemon));
  }

  /** Any command of vtysh's enable mode, `clear ip ospf process` for example; what it printed. */
  vtysh(...commands: readonly string[]): string {
    return this.#vtysh(...commands.flatMap((command) => ['-c', command]));
  }

  async rib(): Promise<readonly RibEntry[]> {
    // What FRR writes: a list of routes by prefix.
    const answer = (await this.showJson('ip route', 'zebra')) as Readonly<
      Record<string, readonly FrrRoute[]>
    >;
    return Object.values(answer).flat().map(entryOf).sort(byPrefix);
  }

  async routes(source: RouteSource): Promise<Routes> {
    return bestRoutes(await this.rib(), source);
  }

  attach(): void {}

  close(): void {}

  /**
   * Takes from the kernel the routes that a killed zebra left there. The next one does so, too, but not where it reads
   * them in a later second than that of its start: it then holds them for a protocol's own.
   */
  #sweep(): void {
    // Routes go with their next hops; those that have none, blackholes, are left.
    this.namespace.ip('nexthop', 'flush', 'proto', OF_NEXT_HOPS);
    for (const protocol of OF_ROUTES) {
      this.namespace.ip('route', 'flush', 'table', 'all', 'proto', protocol);
    }
  }

  #apply(config: string): void {
    const file = join(this.#folder, 'lines.conf');
    writeFileSync(file, `${config}\n`);
    const said = this.#vtysh('-f', file);
    if (/^%|line \d+: /m.test(said)) throw new Error(`${this.name} refuses a line: ${said}`);
  }

  #vtysh(...words: readonly string[]): string {
    return run('vtysh', '--vty_socket', this.#folder, '--config_dir', this.#folder, ...words);
  }
}

interface FrrRoute {
  readonly prefix: string;
  readonly protocol: string;
  readonly distance?: number;
  readonly metric?: number;
  readonly selected?: boolean;
  readonly nexthops?: readonly FrrNextHop[];
}

interface FrrNextHop {
  readonly ip?: string;
  readonly interfaceName?: string;
  readonly blackhole?: boolean;
  /** Of a gateway that is itself reached by a route: a nexthop further down says how. */
  readonly recursive?: boolean;
}

/** Names that differ: those of static and of isis are ours, too. */
function entryOf(route: FrrRoute): RibEntry {
  const hops = (route.nexthops ?? []).filter(({ recursive }) => recursive !== true).map(nextHopOf);
  return {
    prefix: route.prefix,
    // kernel routes do not occur in these labs.
    source: route.protocol as RouteSource,
    distance: route.distance ?? 0,
    metric: route.metric ?? 0,
    best: route.selected === true,
    nextHops: hops,
  };
}

function nextHopOf({ ip, interfaceName = '', blackhole }: FrrNextHop): NextHop {
  if (blackhole === true) return { kind: 'blackhole' };
  return ip === undefined
    ? { kind: 'connected', port: interfaceName }
    : { kind: 'gateway', port: interfaceName, gateway: ip };
}
