/** BIRD 2 on a socket and files of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextHop, RibEntry, RouteSource } from '../../../src/world/observation.ts';
import type { Namespace } from '../namespace.ts';
import { letForward, Program, run } from './process.ts';
import { bestRoutes, byPrefix, type Router, type Routes, until } from './router.ts';

export class BirdRouter implements Router {
  readonly name: string;
  readonly namespace: Namespace;
  readonly #folder: string;
  readonly #addresses: ReadonlyMap<string, readonly string[]>;
  #program: Program | undefined;

  constructor(
    name: string,
    namespace: Namespace,
    folder: string,
    addresses: Readonly<Record<string, string | readonly string[]>>,
  ) {
    this.name = name;
    this.namespace = namespace;
    this.#folder = folder;
    this.#addresses = new Map(Object.entries(addresses).map(([link, own]) => [link, [own].flat()]));
    mkdirSync(folder, { recursive: true });
    letForward(namespace);
    this.attach('lo');
  }

  async start(config?: string): Promise<void> {
    await this.kill();
    if (config !== undefined) this.#write(config);
    const program = new Program(this.namespace, [
      ...['bird', '-f', '-c', join(this.#folder, 'bird.conf'), '-s', this.#socket],
      ...['-P', join(this.#folder, 'bird.pid')],
    ]);
    this.#program = program;
    await until(
      'BIRD answers',
      () => (program.hasEnded ? program.said : this.birdc('show status')),
      (answer) => {
        if (program.hasEnded) throw new Error(`BIRD ended: ${answer}`);
        return answer.includes('Daemon is up and running');
      },
    );
  }

  async configure(config: string): Promise<void> {
    this.#write(config);
    const said = this.birdc('configure');
    if (!/Reconfigur(ed|ation in progress)/.test(said)) throw new Error(`${this.name}: ${said}`);
  }

  async kill(): Promise<void> {
    await this.#program?.end('SIGKILL');
  }

  /** What birdc prints. */
  birdc(command: string): string {
    return run('birdc', '-s', this.#socket, ...command.split(' '));
  }

  async rib(): Promise<readonly RibEntry[]> {
    return parseRoutes(this.birdc('show route table master4 all'));
  }

  async routes(source: RouteSource): Promise<Routes> {
    return bestRoutes(await this.rib(), source);
  }

  attach(interfaceName: string): void {
    for (const address of this.#addresses.get(interfaceName) ?? []) {
      this.namespace.ip('address', 'add', address, 'dev', interfaceName);
    }
  }

  close(): void {}

  get #socket(): string {
    return join(this.#folder, 'bird.ctl');
  }

  #write(config: string): void {
    writeFileSync(join(this.#folder, 'bird.conf'), config);
  }
}

const SOURCES: Readonly<Record<string, RouteSource>> = {
  device: 'connected',
  static: 'static',
  OSPF: 'ospf',
  'OSPF-IA': 'ospf',
  'OSPF-E1': 'ospf',
  'OSPF-E2': 'ospf',
  BGP: 'bgp',
};

/**
 * Of `show route all`: a line with prefix, star where it is the best, and preference with what else says how good it
 * is (a further route to the same prefix leaves the prefix out); then its ways, its type, and attributes, indented.
 */
export function parseRoutes(text: string): readonly RibEntry[] {
  const entries: { entry: RibEntry; readonly nextHops: NextHop[]; isType2: boolean }[] = [];
  let prefix = '';
  for (const line of text.split('\n')) {
    const route = ROUTE.exec(line);
    const last = entries.at(-1);
    if (route !== null) {
      const [, named, kind, flags, preference, metric] = route;
      prefix = named || prefix;
      const nextHops: NextHop[] = kind === 'unicast' ? [] : [{ kind: 'blackhole' }];
      const best = flags.includes('*');
      const distance = Number(preference);
      const entry = {
        prefix,
        source: 'static',
        distance,
        metric: Number(metric ?? 0),
        best,
        nextHops,
      } as const;
      entries.push({ entry, nextHops, isType2: false });
    } else if (last !== undefined) {
      const way = /^\t(?:via (\S+) on|dev) (\S+)/.exec(line);
      const type = /^\tType: (\S+)/.exec(line);
      const metric = /^\t(OSPF\.metric2|BGP\.med): (\d+)/.exec(line);
      if (way !== null) {
        const [, gateway, port] = way;
        last.nextHops.push(
          gateway === undefined ? { kind: 'connected', port } : { kind: 'gateway', port, gateway },
        );
      } else if (type !== null) {
        last.entry = { ...last.entry, source: SOURCES[type[1]] ?? 'static' };
        last.isType2 = type[1] === 'OSPF-E2';
      } else if (metric !== null && (last.isType2 || metric[1] === 'BGP.med')) {
        // An external route of type 2 is known by the metric that it was announced with.
        last.entry = { ...last.entry, metric: Number(metric[2]) };
      }
    }
  }
  return entries.map(({ entry }) => entry).sort(byPrefix);
}

/** `10.0.0.0/24  unicast [ospf1 12:00:00.000 from 10.1.0.1] * E2 (150/20/100) [10.255.0.1]` */
const ROUTE = /^(\S*)\s+(unicast|blackhole|unreachable|prohibit) \[.*?\](.*?)\((\d+)(?:\/(\d+))?.*?\)/;
