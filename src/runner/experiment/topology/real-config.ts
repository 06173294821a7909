/** The configuration that a router has where the user gave none: what the topology says of it, in OSPF area 0. */

import type { BgpConfig } from '../../../config/bgp-model.ts';
import { EMPTY_BGP_FAMILY } from '../../../config/bgp-model.ts';
import { EMPTY_CONFIG, EMPTY_OSPF, type InterfaceConfig, type RouterConfig } from '../../../config/model.ts';
import { normaliseConfig } from '../../../config/order.ts';
import { formatIpv4, type Ipv4, type Prefix } from '../../../net/address.ts';
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
  readonly vrf?: string;
  readonly rateBps: number;
  readonly mtu: number;
  /** External peers on the link. */
  readonly peers: readonly { readonly name: string; readonly as: number; readonly address: Ipv4 }[];
}

/** BGP on all routers. */
export interface BgpPlan {
  readonly as: number;
  /** Of every router, by name. */
  readonly loopbacks: ReadonlyMap<string, Ipv4>;
  /** Absent: each router has a session with each other one. */
  readonly reflectors?: ReadonlySet<string>;
}

/** s: sessions are tried before OSPF has a way for them. FRR's 120 s would have everyone wait that long. */
const CONNECT_RETRY_S = 5;

/** FRR: `bandwidth (1-1000000)`, Mbit/s. */
const MAX_BANDWIDTH = 1_000_000;

/**
 * Hostname, loopback, interfaces and `router ospf`. What is in a VRF has its address and no protocol. Where the topology gives no metric no `ip ospf cost` is
 * written, and the router makes the cost from `bandwidth`, as FRR does. Interfaces without another router are
 * passive. Two routers on a link are point-to-point: no DR is elected, and no network LSA is made.
 */
export function realConfig(
  router: string,
  loopback: Ipv4,
  ports: readonly RouterPort[],
  timers: OspfTimers | undefined,
  bgp: BgpPlan | undefined,
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
    vrfs: [...new Set(ports.flatMap(({ vrf }) => vrf ?? []))].map((name) => ({ name })),
    ospf: {
      ...EMPTY_OSPF,
      routerId: loopback,
      passiveInterfaces: ports
        .filter((port) => port.routers === 1 && port.vrf === undefined)
        .map((port) => port.name),
    },
    ...(bgp === undefined ? {} : { bgp: [bgpConfig(router, loopback, ports, bgp)] }),
  });
}

/**
 * Sessions within the AS between loopbacks, with next-hop-self; to external peers on the link. Routes go to and from
 * peers without a policy, which RFC 8212 would have everyone write.
 */
function bgpConfig(
  router: string,
  loopback: Ipv4,
  ports: readonly RouterPort[],
  { as, loopbacks, reflectors }: BgpPlan,
): BgpConfig {
  const reflects = reflectors?.has(router) ?? false;
  const others = [...loopbacks].filter(
    ([name]) => name !== router && (reflectors === undefined || reflects || reflectors.has(name)),
  );
  const inside = others.map(([name, address]) => ({
    name: formatIpv4(address),
    address,
    remoteAs: as,
    description: name,
    updateSource: 'lo',
    connectRetryS: CONNECT_RETRY_S,
    ipv4: {
      nextHopSelf: 'normal' as const,
      ...(reflects && !reflectors?.has(name) ? { routeReflectorClient: true } : {}),
    },
    vpnv4: {},
  }));
  const outside = ports
    .flatMap(({ peers }) => peers)
    .map(({ name, as: remoteAs, address }) => ({
      name: formatIpv4(address),
      address,
      remoteAs,
      description: name,
      connectRetryS: CONNECT_RETRY_S,
      ipv4: {},
      vpnv4: {},
    }));
  return {
    as,
    routerId: loopback,
    ebgpRequiresPolicy: false,
    peerGroups: [],
    neighbours: [...inside, ...outside],
    ipv4: EMPTY_BGP_FAMILY,
    vpnv4: EMPTY_BGP_FAMILY,
  };
}

function interfaceConfig(port: RouterPort, timers: OspfTimers | undefined): InterfaceConfig {
  const hasNeighbours = port.routers > 1;
  const common = {
    name: port.name,
    addresses: [port.address],
    bandwidthMbps: Math.min(MAX_BANDWIDTH, Math.max(1, Math.round(port.rateBps / 1e6))),
    ...(port.mtu === 1500 ? {} : { mtu: port.mtu }),
  };
  if (port.vrf !== undefined) return { ...common, vrf: port.vrf, ospf: {} };
  return {
    ...common,
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
