/** The configuration that a router has where the user gave none: what the topology says of it, in OSPF area 0. */
import { EMPTY_CONFIG, EMPTY_OSPF, type InterfaceConfig, type RouterConfig } from '../../../config/model.ts';
import { normaliseConfig } from '../../../config/order.ts';
import type { Ipv4, Prefix } from '../../../net/address.ts';
import type { OspfTimers } from './draft.ts';
import { asWord } from './names.ts';

/** What a router has on one of its links. */
export interface RouterPort {
  readonly name: string;
  readonly address: Prefix;
  /** Routers on the link, this one included. */
  readonly routers: number;
  /** Nodes on the link. */
  readonly nodes: number;
  readonly metric?: number;
  readonly rateBps: number;
  readonly mtu: number;
}

/** FRR: `bandwidth (1-1000000)`, Mbit/s. */
const MAX_BANDWIDTH = 1_000_000;

/**
 * Hostname, loopback, interfaces and `router ospf`. Where the topology gives no metric no `ip ospf cost` is
 * written, and the router makes the cost from `bandwidth`, as FRR does. Interfaces without another router are
 * passive. Two routers on a link are point-to-point: no DR is elected, and no network LSA is made.
 */
export function realConfig(
  router: string,
  loopback: Ipv4,
  ports: readonly RouterPort[],
  timers: OspfTimers | undefined,
): RouterConfig {
  const lo: InterfaceConfig = {
    name: 'lo',
    addresses: [{ address: loopback, length: 32 }],
    ospf: { area: 0 },
  };
  return normaliseConfig({
    ...EMPTY_CONFIG,
    hostname: asWord(router),
    interfaces: [lo, ...ports.map((port) => interfaceConfig(port, timers))],
    ospf: {
      ...EMPTY_OSPF,
      routerId: loopback,
      passiveInterfaces: ports.filter((port) => port.routers === 1).map((port) => port.name),
    },
  });
}

function interfaceConfig(port: RouterPort, timers: OspfTimers | undefined): InterfaceConfig {
  const hasNeighbours = port.routers > 1;
  return {
    name: port.name,
    addresses: [port.address],
    bandwidthMbps: Math.min(MAX_BANDWIDTH, Math.max(1, Math.round(port.rateBps / 1e6))),
    ...(port.mtu === 1500 ? {} : { mtu: port.mtu }),
    ospf: {
      area: 0,
      ...(port.metric === undefined ? {} : { cost: port.metric }),
      ...(hasNeighbours && port.nodes === 2 ? { network: 'point-to-point' as const } : {}),
      ...(hasNeighbours && timers !== undefined
        ? { helloIntervalS: timers.helloS, deadIntervalS: timers.deadS }
        : {}),
    },
  };
}
