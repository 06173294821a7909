/**
 * Facts of a small run, made by hand. The network is a square with a host at two corners:
 *
 *     alice — A — B — D — bob        A-B-D is the short way, A-C-D the other
 *              \ C /
 *
 * Port `to-B` of A leads to B. Addresses: bob is 10.9.0.2, in the prefix 10.9.0.0/24.
 */
import type { Expectation } from '../../src/analysis/expectation.ts';
import type {
  ConfigFact,
  Fact,
  FlowFact,
  FlowWindow,
  LinkFact,
  ProbeResult,
  RunStarted,
} from '../../src/analysis/facts.ts';
import type { Plane, Tag } from '../../src/net/wire.ts';
import type { DropReason, FibEntry, NeighbourEntry, Postcard } from '../../src/world/observation.ts';

export const MS = 1_000_000;
export const BOB = '10.9.0.2';
export const BOBS = '10.9.0.0/24';
export const VIDEO = 1;
/** The probe of step 2, shadow plane. */
export const PROBE = 100;

const LINKS: readonly (readonly [string, string])[] = [
  ['A', 'B'],
  ['B', 'D'],
  ['A', 'C'],
  ['C', 'D'],
  ['alice', 'A'],
  ['bob', 'D'],
];

/** The address of a node at its end of a link. */
export function addressOf(node: string, other: string): string {
  if (node === 'bob') return BOB;
  const at = LINKS.findIndex(([a, b]) => (a === node && b === other) || (b === node && a === other));
  return `10.0.${at}.${node < other ? 0 : 1}`;
}

function link(a: string, b: string): LinkFact {
  const end = (node: string, other: string) => ({
    node,
    port: `to-${other}`,
    address: `${addressOf(node, other)}/31`,
  });
  return { name: `${a}-${b}`, ends: [end(a, b), end(b, a)], rateBps: 1e9, delayNs: MS };
}

export function flow(id: number, name: string, planes: readonly Plane[], group = name): FlowFact {
  return { id, name, group, from: 'alice', to: 'bob', planes };
}

export interface Claims {
  readonly [step: number]: readonly Expectation[];
}

export interface RunSettings {
  readonly steps?: number;
  readonly flows?: readonly FlowFact[];
  readonly configs?: readonly ConfigFact[];
  readonly claims?: Claims;
}

export function runStarted({ steps = 3, flows, configs = [], claims = {} }: RunSettings = {}): RunStarted {
  const place = (line: number) => ({ file: 'square.yaml', line, column: 5 });
  return {
    t: 0,
    fact: 'run-started',
    version: '0.1.0',
    experiment: 'square',
    description: '',
    file: 'square.yaml',
    seed: 1,
    backend: 'embedded',
    nodes: [
      ...['A', 'B', 'C', 'D'].map(
        (name, at) => ({ name, kind: 'router', address: `10.255.0.${at + 1}` }) as const,
      ),
      { name: 'alice', kind: 'host', address: addressOf('alice', 'A') },
      { name: 'bob', kind: 'host', address: BOB },
    ],
    links: LINKS.map(([a, b]) => link(a, b)),
    flows: flows ?? [flow(VIDEO, 'video', ['real', 'shadow']), flow(PROBE, 'probe 2.1', ['shadow'])],
    steps: Array.from({ length: steps }, (_, index) => ({
      number: index + 1,
      name: `step ${index + 1}`,
      actions: ['expect'],
      place: place(10 * (index + 1)),
      expectations: (claims[index + 1] ?? []).map((expectation, at) => ({
        expectation,
        text: expectation.kind,
        place: place(10 * (index + 1) + at + 1),
      })),
    })),
    configs,
  };
}

export const started = (step: number, t: number): Fact => ({ t, fact: 'step-started', step });
export const finished = (step: number, t: number): Fact => ({ t, fact: 'step-finished', step });
export const runFinished = (t: number): Fact => ({ t, fact: 'run-finished' });

export interface PacketSettings {
  readonly flow?: number;
  readonly plane?: Plane;
  readonly sequence?: number;
  /** One for all routers, or one each. */
  readonly tags?: Tag | readonly Tag[];
  /** The last router drops it; with no way out chosen, unless `out` is given. */
  readonly dropped?: {
    readonly reason: DropReason;
    readonly out?: string;
    readonly acl?: string;
    readonly policy?: string;
  };
  /** The last router sends it here instead of to bob. */
  readonly to?: string;
}

type PostcardFact = Extract<Fact, { fact: 'postcard' }>;

/** Postcards of a packet that left alice at `t` and took 1 ms from router to router. */
export function packet(
  t: number,
  routers: readonly string[],
  settings: PacketSettings = {},
): readonly PostcardFact[] {
  const {
    flow = VIDEO,
    plane = 'real',
    sequence = Math.round(t / 1000),
    tags = 1,
    dropped,
    to = 'bob',
  } = settings;
  return routers.map((router, index) => {
    const isLast = index === routers.length - 1;
    const next = routers[index + 1] ?? to;
    const timeNs = t + index * MS;
    const postcard: Postcard = {
      timeNs,
      router,
      flow,
      sequence,
      plane,
      tag: typeof tags === 'number' ? tags : (tags[index] ?? 0),
      in: `to-${routers[index - 1] ?? 'alice'}`,
      out: isLast && dropped !== undefined ? (dropped.out ?? '') : `to-${next}`,
      nextHop: isLast && dropped !== undefined ? '' : addressOf(next, router),
      verdict: isLast && dropped !== undefined ? 'dropped' : 'forwarded',
      ...(isLast && dropped !== undefined ? { reason: dropped.reason } : {}),
      ...(isLast && dropped?.acl !== undefined ? { acl: dropped.acl } : {}),
      ...(isLast && dropped?.policy !== undefined ? { policy: dropped.policy } : {}),
    };
    return { t: timeNs, fact: 'postcard', ...postcard };
  });
}

/** A FIB with one route, to bob: by a neighbour, connected (D), or none. */
export function fib(step: number, router: string, plane: Plane, next: string | undefined, t = 0): Fact {
  return {
    t,
    fact: 'fib',
    step,
    router,
    plane,
    entries: next === undefined ? [OTHER] : [OTHER, toBob(router, next)],
  };
}

const OTHER: FibEntry = { prefix: '10.255.0.0/16', nextHops: [{ kind: 'blackhole' }] };

export function toBob(router: string, next: string): FibEntry {
  return {
    prefix: BOBS,
    nextHops: [
      next === 'bob'
        ? { kind: 'connected', port: 'to-bob' }
        : { kind: 'gateway', port: `to-${next}`, gateway: addressOf(next, router) },
    ],
  };
}

/** Where each router sends what is for bob: `{ A: 'B', B: 'D', D: 'bob' }`. */
export function fibs(
  step: number,
  plane: Plane,
  ways: Readonly<Record<string, string | undefined>>,
): readonly Fact[] {
  return Object.entries(ways).map(([router, next]) => fib(step, router, plane, next));
}

export const SHORT = { A: 'B', B: 'D', C: 'D', D: 'bob' };
export const LONG = { A: 'C', B: 'A', C: 'D', D: 'bob' };

/** All neighbours of the square, but for the pairs left out (`A-B`). */
export function neighbours(step: number, plane: Plane, without: readonly string[] = []): readonly Fact[] {
  const pairs = LINKS.slice(0, 4).filter(([a, b]) => !without.includes(`${a}-${b}`));
  return ['A', 'B', 'C', 'D'].map((router) => ({
    t: 0,
    fact: 'neighbours',
    step,
    router,
    plane,
    entries: pairs
      .filter((pair) => pair.includes(router))
      .map(([a, b]): NeighbourEntry => {
        const other = a === router ? b : a;
        return {
          port: `to-${other}`,
          routerId: `10.255.0.${'ABCD'.indexOf(other) + 1}`,
          address: addressOf(other, router),
          state: 'Full',
          role: '-',
        };
      }),
  }));
}

export function probe(
  step: number,
  delayNs: readonly (number | null)[],
  settings: Partial<ProbeResult> = {},
): Fact {
  const fromNs = settings.sinceNs ?? 0;
  return {
    t: fromNs + delayNs.length * MS,
    fact: 'probe',
    step,
    probe: 1,
    flow: PROBE,
    from: 'alice',
    to: 'bob',
    plane: 'shadow',
    sinceNs: fromNs,
    sentNs: delayNs.map((_, index) => fromNs + index * MS),
    delayNs,
    ...settings,
  };
}

export function flowWindow(step: number, plane: Plane, settings: Partial<FlowWindow> = {}): Fact {
  return {
    t: 0,
    fact: 'flow',
    step,
    flow: VIDEO,
    plane,
    fromNs: 0,
    toNs: 1e9,
    sent: 100,
    received: 100,
    duplicated: 0,
    reordered: 0,
    bytes: 125_000,
    delayNs: { min: MS, mean: 2 * MS, p99: 3 * MS, max: 4 * MS },
    jitterNs: 0,
    ...settings,
  };
}
