/**
 * The embedded backend: the whole lab in this process, on a virtual clock. Links are memory, so nothing is
 * installed and nothing is left behind; one seed gives one history, faster than real time.
 */
import type { ForwardingPort } from '../../../routerd/forwarding/contract.ts';
import { joinMemoryLink, type MemoryPort } from '../../../routerd/ports/memory.ts';
import { AttributePool } from '../../../routerd/protocols/bgp/attribute-pool.ts';
import { LspPool } from '../../../routerd/protocols/isis/pool.ts';
import { LsaPool } from '../../../routerd/protocols/ospf/pool.ts';
import { Router } from '../../../routerd/router.ts';
import { Host } from '../../../traffic/host.ts';
import type { TimeNs } from '../../../world/clock.ts';
import { seededRandom } from '../../../world/random.ts';
import type { World } from '../../../world/world.ts';
import type { Experiment, Topology } from '../../experiment/resolved.ts';
import {
  type Backend,
  type Deployment,
  type Lab,
  LabError,
  type RouterHandle,
  type TakeFrame,
} from '../../lab.ts';
import { overNetwork } from '../management-network.ts';
import { TooManyEventsError, VirtualClock } from './virtual-clock.ts';

/** Events between two looks at the process's own event loop, so that Ctrl-C is heard. */
const EVENTS_PER_SLICE = 5000;

export const embedded: Backend = {
  name: 'embedded',
  deploy: async (experiment, deployment) => deploy(experiment, deployment),
};

function deploy(experiment: Experiment, { signal, log }: Deployment): Lab {
  const clock = new VirtualClock();
  const random = seededRandom(experiment.seed);
  const worldOf = (name: string): World => ({
    clock,
    random: random.fork(name),
    log: (level, text) => log(name, level, text),
  });
  const { ports, links } = joinLinks(experiment.topology, worldOf('links'));

  const settings = {
    ...experiment.routers,
    lsaPool: new LsaPool(),
    lspPool: new LspPool(),
    attributePool: new AttributePool(),
  };
  const routers = experiment.topology.routers.map(
    ({ name }) => new Router(worldOf(name), name, ports.get(name) ?? [], settings),
  );
  const hosts = experiment.topology.hosts.map((host): [string, Host] => {
    const port = ports.get(host.name)?.[0]?.port;
    if (port === undefined) throw new Error(`host ${host.name} has no link`);
    const settings = {
      address: host.address.address,
      prefixLength: host.address.length,
      gateway: host.gateway,
      isInternet: host.peer !== undefined,
    };
    return [host.name, new Host(worldOf(host.name), host.name, port, settings)];
  });
  const management = worldOf('management');

  return {
    ...worldOf('lab'),
    backend: 'embedded',
    routers: new Map(
      routers.map((router) => [
        router.name,
        overNetwork(management, experiment.management, handleOf(router)),
      ]),
    ),
    hosts: new Map(hosts),
    runUntil: driverOf(clock, signal),
    marginNs: 0,
    capture: (link, take) => tapLink(clock, links.get(link) ?? [], take),
    destroy: async () => {
      for (const router of routers) router.stop();
    },
  };
}

function handleOf(router: Router): RouterHandle {
  return { name: router.name, ask: (request, answered) => answered(router.manage(request)) };
}

interface JoinedLinks {
  /** Of every node, in the order of the links. */
  readonly ports: ReadonlyMap<string, readonly ForwardingPort[]>;
  /** Of every link, in the order of its ends. */
  readonly links: ReadonlyMap<string, readonly MemoryPort[]>;
}

/** A link with a host on it is an edge. */
function joinLinks(topology: Topology, world: World): JoinedLinks {
  const portsOf = new Map<string, ForwardingPort[]>();
  const links = new Map<string, readonly MemoryPort[]>();
  for (const link of topology.links) {
    const ends = link.ends.map(({ port, mac }) => ({ name: port, mac }));
    const ports = joinMemoryLink(world.clock, world.random.fork(link.name), link, ends);
    links.set(link.name, ports);
    const edge = link.ends.some(({ kind }) => kind === 'host');
    const hostsOnly = edge && link.ends.filter(({ kind }) => kind === 'router').length === 1;
    for (const [index, { node }] of link.ends.entries()) {
      const own = portsOf.get(node);
      const { queueBytes, bandwidth } = link;
      const entry = { port: ports[index], edge, hostsOnly, queueBytes, ...(edge ? {} : { bandwidth }) };
      if (own === undefined) portsOf.set(node, [entry]);
      else own.push(entry);
    }
  }
  return { ports: portsOf, links };
}

function tapLink(clock: VirtualClock, ends: readonly MemoryPort[], take: TakeFrame) {
  for (const [end, port] of ends.entries()) port.tap((frame) => take(end, frame, clock.now()));
  return {
    stop: () => {
      for (const port of ends) port.tap(undefined);
      return ends.map(() => 0);
    },
  };
}

/** Slices go on from one call to the next: a step may make many calls of few events each. */
function driverOf(clock: VirtualClock, signal: AbortSignal): Lab['runUntil'] {
  let left = EVENTS_PER_SLICE;
  const isEnded = (condition: () => boolean, untilNs: TimeNs): boolean => {
    for (; left > 0; left--) {
      if (condition()) return true;
      if (!clock.step(untilNs)) return clock.runUntil(untilNs);
    }
    return false;
  };
  return async (condition, untilNs) => {
    for (;;) {
      signal.throwIfAborted();
      if (namingLimits(() => isEnded(condition, untilNs))) return condition();
      left = EVENTS_PER_SLICE;
      await new Promise((resume) => setImmediate(resume));
    }
  };
}

function namingLimits<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TooManyEventsError)) throw error;
    throw new LabError(`the embedded lab cannot hold this much traffic: ${error.message}; lower its rates`);
  }
}
