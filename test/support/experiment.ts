/** Small resolved experiments, made in code, for tests that need a lab and no YAML. */
import { EMPTY_CONFIG, type RouterConfig } from '../../src/config/model.ts';
import type { Experiment, Link } from '../../src/runner/experiment/resolved.ts';
import { MILLISECOND } from '../../src/world/clock.ts';

/** Routers R0, R1, ... and the links between them, by index. Every router has a host H0, H1, ... behind it. */
export interface Shape {
  readonly routers: number;
  readonly links: readonly (readonly [number, number])[];
  /** Of the link with that index; a millisecond where absent. */
  readonly delaysNs?: readonly number[];
}

/** What a router's interface to another is called. */
export const portTo = (node: string): string => `to-${node}`;
/** 10.1.R.1 is router R's address towards its host, 10.1.R.10 the host's. */
export const hostNet = (router: number): number => 0x0a010000 + router * 256;
/** Link number n has the addresses 10.2.0.0 + 2n and + 2n + 1, in the order of its ends. */
const linkAddress = (link: number, end: number): number => 0x0a020000 + 2 * link + end;

export function experimentOf(
  shape: Shape,
  configOf: (plane: 'real' | 'shadow', router: number) => RouterConfig,
  rest: Partial<Experiment> = {},
): Experiment {
  const names = Array.from({ length: shape.routers }, (_, index) => `R${index}`);
  return {
    name: 'test',
    description: '',
    file: 'test.yaml',
    seed: 1,
    topology: {
      name: 'test',
      routers: names.map((name, index) => ({ name, loopback: 0x0aff0000 + index })),
      hosts: names.map((_, index) => ({
        name: `H${index}`,
        address: { address: hostNet(index) + 10, length: 24 },
        gateway: hostNet(index) + 1,
      })),
      links: [
        ...shape.links.map(([a, b], index) => coreLink(index, a, b, shape.delaysNs?.[index] ?? MILLISECOND)),
        ...names.map((_, index) => hostLink(index)),
      ],
    },
    configs: names.map((router, index) => ({
      router,
      real: configOf('real', index),
      shadow: configOf('shadow', index),
    })),
    routers: { fibUpdateNs: 0 },
    management: { delayNs: MILLISECOND, jitterNs: 0, loss: 0, unreachable: [] },
    flows: [],
    steps: [],
    captures: [],
    ...rest,
  };
}

const PARAMETERS = {
  rateBps: 1e9,
  delayNs: MILLISECOND,
  jitterNs: 0,
  loss: 0,
  queueBytes: 50_000,
  mtu: 1500,
  bandwidth: { mode: 'fair' } as const,
};

function coreLink(index: number, a: number, b: number, delayNs: number): Link {
  const end = (node: number, peer: number, side: number) => ({
    node: `R${node}`,
    kind: 'router' as const,
    port: portTo(`R${peer}`),
    mac: 0x020000000000 + index * 2 + side,
    address: { address: linkAddress(index, side), length: 31 },
  });
  return { name: `R${a}-R${b}`, ends: [end(a, b, 0), end(b, a, 1)], ...PARAMETERS, delayNs };
}

function hostLink(router: number): Link {
  return {
    name: `R${router}-H${router}`,
    ends: [
      {
        node: `R${router}`,
        kind: 'router',
        port: portTo(`H${router}`),
        mac: 0x020000010000 + router * 2,
        address: { address: hostNet(router) + 1, length: 24 },
      },
      {
        node: `H${router}`,
        kind: 'host',
        port: 'eth0',
        mac: 0x020000010001 + router * 2,
        address: { address: hostNet(router) + 10, length: 24 },
      },
    ],
    ...PARAMETERS,
  };
}

/** The router's interfaces with their addresses, and nothing else. */
export function interfacesOf(shape: Shape, router: number): RouterConfig {
  const core = shape.links.flatMap(([a, b], index) => {
    if (a !== router && b !== router) return [];
    const [peer, side] = a === router ? [b, 0] : [a, 1];
    return [
      {
        name: portTo(`R${peer}`),
        addresses: [{ address: linkAddress(index, side), length: 31 }],
        ospf: {},
      },
    ];
  });
  const host = {
    name: portTo(`H${router}`),
    addresses: [{ address: hostNet(router) + 1, length: 24 }],
    ospf: {},
  };
  return { ...EMPTY_CONFIG, hostname: `R${router}`, interfaces: [...core, host] };
}

/** The address of `peer` on its link with `router`. */
export function gatewayTo(shape: Shape, router: number, peer: number): number {
  const index = shape.links.findIndex(
    ([a, b]) => (a === router && b === peer) || (a === peer && b === router),
  );
  return linkAddress(index, shape.links[index][0] === peer ? 0 : 1);
}

/**
 * Static routes from `router` to every other router's host, along shortest paths under these weights (one per
 * link): loop-free, and different for different weights.
 */
export function staticRoutes(
  shape: Shape,
  router: number,
  weights: readonly number[],
): RouterConfig['staticRoutes'] {
  return Array.from({ length: shape.routers }, (_, target) => target)
    .filter((target) => target !== router)
    .map((target) => ({
      prefix: { address: hostNet(target), length: 24 },
      via: { kind: 'gateway', gateway: gatewayTo(shape, router, nextHop(shape, router, target, weights)) },
    }));
}

function nextHop(shape: Shape, router: number, target: number, weights: readonly number[]): number {
  const distance = distancesTo(shape, target, weights);
  let best = -1;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [index, [a, b]] of shape.links.entries()) {
    if (a !== router && b !== router) continue;
    const peer = a === router ? b : a;
    const cost = weights[index] + distance[peer];
    if (cost < bestCost) [best, bestCost] = [peer, cost];
  }
  return best;
}

/** Bellman-Ford: short and plainly right. */
function distancesTo(shape: Shape, target: number, weights: readonly number[]): readonly number[] {
  const distance = new Array<number>(shape.routers).fill(Number.POSITIVE_INFINITY);
  distance[target] = 0;
  for (let round = 0; round < shape.routers; round++) {
    for (const [index, [a, b]] of shape.links.entries()) {
      distance[a] = Math.min(distance[a], distance[b] + weights[index]);
      distance[b] = Math.min(distance[b], distance[a] + weights[index]);
    }
  }
  return distance;
}
