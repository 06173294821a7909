/**
 * A domain of OSPF and one of IS-IS, joined by two border routers that tell each of the other, and another AS behind the
 * domain of IS-IS:
 *
 *     O1 --- B1 --- I1
 *      |             |
 *     O2 --- B2 --- I2 --- X (AS 65001)
 *
 * The planes keep routes from coming back where they are from in two ways: the real one by tags, the shadow by prefixes.
 */
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';
import type { Plane } from '../../src/net/wire.ts';
import { askAll } from '../../src/runner/ask.ts';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { SourceText } from '../../src/runner/experiment/source-text.ts';
import { resolveTopologyText } from '../../src/runner/experiment/topology/topology.ts';
import type { Lab } from '../../src/runner/lab.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import type { FibEntry } from '../../src/world/observation.ts';
import { deployment } from '../support/deployment.ts';

type Protocol = 'ospf' | 'isis' | 'none';

export const ROUTERS = ['O1', 'O2', 'B1', 'B2', 'I1', 'I2', 'X'] as const;
export type Name = (typeof ROUTERS)[number];

const LINKS: readonly (readonly [Name, Name, Protocol])[] = [
  ['O1', 'O2', 'ospf'],
  ['O1', 'B1', 'ospf'],
  ['O2', 'B2', 'ospf'],
  ['B1', 'I1', 'isis'],
  ['B2', 'I2', 'isis'],
  ['I1', 'I2', 'isis'],
  ['I2', 'X', 'none'],
];

/** Routes that O2 and X have from elsewhere; O2's in the shadow plane alone. */
export const FOREIGN = { O2: '198.51.100.0/24', X: '203.0.113.0/24' } as const;

/** Those of OSPF's domain are 10.1.n.n/32, of IS-IS's 10.2.n.n/32; of the border routers, 10.3.n.n/32, both tell. */
export function loopback(router: Name): string {
  const number = ROUTERS.indexOf(router) + 1;
  return `10.${domainOf(router)}.${number}.${number}/32`;
}

function domainOf(router: Name): number {
  return { O: 1, I: 2, B: 3, X: 4 }[router[0]] ?? 0;
}

/** 10.1.100.0/31 and so on, by the domain that the link is in. */
function addressOf(link: number, end: number): string {
  const domain = { ospf: 1, isis: 2, none: 4 }[LINKS[link][2]];
  return `10.${domain}.${100 + link}.${end}`;
}

function configOf(router: Name, plane: Plane): string {
  const isBorder = router[0] === 'B';
  const speaks = (protocol: Protocol) =>
    protocol === 'ospf' ? router[0] === 'O' || isBorder : router[0] === 'I' || isBorder;
  const lines = ['interface lo', ` ip address ${loopback(router)}`];
  if (speaks('ospf')) lines.push(' ip ospf area 0');
  if (speaks('isis')) lines.push(' ip router isis core', ' isis passive');
  LINKS.forEach(([a, b, protocol], link) => {
    const end = [a, b].indexOf(router);
    if (end < 0) return;
    lines.push(`interface to-${[b, a][end]}`, ` ip address ${addressOf(link, end)}/31`);
    if (protocol === 'ospf') {
      lines.push(' ip ospf area 0', ' ip ospf network point-to-point', ' ip ospf cost 10');
      lines.push(' ip ospf hello-interval 1', ' ip ospf dead-interval 4');
    }
    if (protocol === 'isis') {
      lines.push(' ip router isis core', ' isis network point-to-point');
      lines.push(' isis hello-interval 1', ' isis hello-multiplier 4');
    }
  });
  const number = ROUTERS.indexOf(router) + 1;
  if (speaks('ospf')) lines.push('router ospf', ` ospf router-id 10.0.0.${number}`);
  if (isBorder) lines.push(' redistribute isis route-map TO-OSPF');
  if (isBorder && plane === 'real') lines.push(' distance ospf external 130');
  if (router === 'O2' && plane === 'shadow') lines.push(' redistribute static');
  if (speaks('isis')) {
    lines.push('router isis core', ` net 49.0001.0000.0000.000${number}.00`, ' is-type level-2-only');
  }
  if (isBorder) lines.push(' redistribute ipv4 ospf level-2 metric 10 route-map TO-ISIS');
  if (isBorder) lines.push(...(plane === 'real' ? BY_TAGS : BY_PREFIXES));
  if (router === 'O2' && plane === 'shadow') lines.push(`ip route ${FOREIGN.O2} Null0`);
  if (router === 'I2') {
    lines.push(' redistribute ipv4 bgp level-2');
    lines.push(...bgp(65000, addressOf(6, 1), 65001, ['redistribute isis', 'redistribute connected']));
  }
  if (router === 'X') {
    const networks = [`network ${FOREIGN.X}`, `network ${loopback('X')}`];
    lines.push(`ip route ${FOREIGN.X} Null0`, ...bgp(65001, addressOf(6, 0), 65000, networks));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * What IS-IS has told OSPF of bears a tag, by which the other border router knows it; and it is worse than what IS-IS
 * itself says there.
 */
const BY_TAGS = [
  'route-map TO-OSPF permit 10',
  ' set tag 115',
  'route-map TO-ISIS deny 10',
  ' match tag 115',
  'route-map TO-ISIS permit 20',
];

const BY_PREFIXES = [
  'ip prefix-list ISIS permit 10.2.0.0/16 le 32',
  'ip prefix-list ISIS permit 10.3.0.0/16 le 32',
  'ip prefix-list ISIS permit 10.4.0.0/16 le 32',
  `ip prefix-list ISIS permit ${FOREIGN.X}`,
  'ip prefix-list OSPF permit 10.1.0.0/16 le 32',
  'ip prefix-list OSPF permit 10.3.0.0/16 le 32',
  `ip prefix-list OSPF permit ${FOREIGN.O2}`,
  'route-map TO-OSPF permit 10',
  ' match ip address prefix-list ISIS',
  'route-map TO-ISIS permit 10',
  ' match ip address prefix-list OSPF',
];

function bgp(as: number, neighbour: string, theirs: number, tells: readonly string[]): readonly string[] {
  return [
    `router bgp ${as}`,
    ' no bgp ebgp-requires-policy',
    ` neighbor ${neighbour} remote-as ${theirs}`,
    ` neighbor ${neighbour} timers 1 4`,
    ` neighbor ${neighbour} timers connect 2`,
    ' address-family ipv4 unicast',
    ...tells.map((line) => `  ${line}`),
    ' exit-address-family',
  ];
}

function experiment(): Experiment {
  const text = ['name: borders', 'nodes:', ...ROUTERS.map((name) => `  ${name}: {}`), 'links:']
    .concat(LINKS.map(([a, b]) => `  - { endpoints: [${a}, ${b}] }`))
    .join('\n');
  const { resolved, problems } = resolveTopologyText(new SourceText('borders.yaml', text));
  if (resolved === undefined) throw new Error(JSON.stringify(problems));
  const parsed = (router: Name, plane: Plane) => {
    const { config, problems } = parseConfig(configOf(router, plane));
    if (problems.length > 0) throw new Error(`${router}: ${JSON.stringify(problems)}`);
    return config;
  };
  return {
    name: 'borders',
    description: '',
    file: 'borders',
    seed: 1,
    topology: resolved.topology,
    configs: ROUTERS.map((router) => ({
      router,
      real: parsed(router, 'real'),
      shadow: parsed(router, 'shadow'),
    })),
    routers: { fibUpdateNs: 0 },
    management: { delayNs: 5 * MILLISECOND, jitterNs: 0, loss: 0, unreachable: [] },
    flows: [],
    steps: [],
    captures: [],
  };
}

/** What a router says of a plane. */
export type Tables = ReadonlyMap<string, readonly FibEntry[]>;

export class BorderNetwork {
  readonly #lab: Lab;
  readonly #experiment: Experiment;

  private constructor(lab: Lab, made: Experiment) {
    this.#lab = lab;
    this.#experiment = made;
  }

  static async start(): Promise<BorderNetwork> {
    const made = experiment();
    const lab = await embedded.deploy(made, deployment());
    const network = new BorderNetwork(lab, made);
    for (const [plane, tag] of [['real', 1] as const, ['shadow', 2] as const]) {
      await askAll<'load'>(lab, ROUTERS, (router) => {
        const config = made.configs.find((each) => each.router === router)?.[plane];
        return { op: 'load', plane, tag, config: config === undefined ? '' : formatConfig(config) };
      });
    }
    await network.converge();
    return network;
  }

  async converge(): Promise<void> {
    await converge({ lab: this.#lab, experiment: this.#experiment }, 300 * SECOND);
  }

  async runFor(seconds: number): Promise<void> {
    await this.#lab.runUntil(() => false, this.#lab.clock.now() + seconds * SECOND);
  }

  /** In one plane; waits until it has come to rest. */
  async set(what: 'fail' | 'restore', router: Name, plane: Plane): Promise<void> {
    await askAll<'fail' | 'restore'>(this.#lab, [router], () => ({
      op: what,
      plane,
      target: { kind: 'router' },
    }));
    await this.converge();
  }

  async tables(plane: Plane): Promise<Tables> {
    const answers = await askAll<'fib'>(this.#lab, ROUTERS, () => ({ op: 'fib', plane }));
    return new Map([...answers].map(([router, { entries }]) => [router, entries]));
  }

  /** By protocol and distance, metric and next hops, best first: `ospf 130/20 to-B1`. */
  async routes(router: Name, prefix: string, plane: Plane): Promise<readonly string[]> {
    const { entries } = (await askAll<'rib'>(this.#lab, [router], () => ({ op: 'rib', plane }))).get(
      router,
    ) ?? { entries: [] };
    return entries
      .filter((entry) => entry.prefix === prefix)
      .sort((a, b) => Number(b.best) - Number(a.best))
      .map(({ source, distance, metric, nextHops }) => {
        const ports = nextHops.map((hop) => ('port' in hop ? hop.port : hop.kind));
        return `${source} ${distance}/${metric} ${ports.join(' ')}`;
      });
  }

  async spfRuns(): Promise<number> {
    const answers = await askAll<'status'>(this.#lab, ROUTERS, () => ({ op: 'status' }));
    return [...answers.values()].reduce((sum, { real, shadow }) => sum + real.spfRuns + shadow.spfRuns, 0);
  }

  destroy(): Promise<void> {
    return this.#lab.destroy();
  }
}

/** Where packets for an exact prefix end up that begin at a router, by all ways: `I1`, `loop`, `nowhere`. */
export function endsOf(tables: Tables, from: Name, prefix: string): readonly string[] {
  const ends = new Set<string>();
  const follow = (router: Name, before: readonly Name[]): void => {
    if (before.includes(router)) {
      ends.add('loop');
      return;
    }
    const entry = tables.get(router)?.find((each) => each.prefix === prefix);
    if (entry === undefined) ends.add('nowhere');
    for (const hop of entry?.nextHops ?? []) {
      const next = ROUTERS.find((name) => 'port' in hop && hop.port === `to-${name}`);
      if (next === undefined) ends.add(router);
      else follow(next, [...before, router]);
    }
  };
  follow(from, []);
  return [...ends].sort();
}
