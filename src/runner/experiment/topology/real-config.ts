/** The configuration that a router has where the user gave none: what the topology says of it, in OSPF area 0, or in IS-IS. */

import type { BgpConfig } from '../../../config/bgp-model.ts';
import { EMPTY_BGP_FAMILY } from '../../../config/bgp-model.ts';
import { EMPTY_ISIS, type InterfaceIsisConfig } from '../../../config/isis-model.ts';
import { EMPTY_CONFIG, EMPTY_OSPF, type InterfaceConfig, type RouterConfig } from '../../../config/model.ts';
import { normaliseConfig } from '../../../config/order.ts';
import { formatIpv4, type Ipv4, type Prefix } from '../../../net/address.ts';
import type { IsisPlan, OspfTimers } from './draft.ts';
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

/** What the routers find their ways by: OSPF, or where it is given IS-IS. */
export interface Igp {
  readonly ospf?: OspfTimers;
  readonly isis?: IsisPlan;
}

const ISIS_TAG = 'core';
const ISIS_AREA = '49.0001';

/** FRR: `bandwidth (1-1000000)`, Mbit/s. */
const MAX_BANDWIDTH = 1_000_000;

/**
 * Hostname, loopback, interfaces and `router ospf`, or `router isis`. What is in a VRF has its address and no protocol. Where the topology gives no metric no `ip ospf cost` is
 * written, and the router makes the cost from `bandwidth`, as FRR does. Interfaces without another router are
 * passive. Two routers on a link are point-to-point: no DR is elected, and no network LSA is made.
 */
export function realConfig(
  router: string,
  loopback: Ipv4,
  ports: readonly RouterPort[],
  { ospf: timers, isis }: Igp,
  bgp: BgpPlan | undefined,
): RouterConfig {
  const lo: InterfaceConfig = {
    name: 'lo',
    addresses: [{ address: loopback, length: 32 }],
    ...(isis === undefined ? { ospf: { area: 0 } } : { ospf: {}, isis: { tag: ISIS_TAG, passive: true } }),
  };
  return normaliseConfig({
    ...EMPTY_CONFIG,
    hostname: asWord(router),
    interfaces: [
      lo,
      ...ports.map((port) =>
        isis === undefined ? interfaceConfig(port, timers) : isisInterface(port, isis),
      ),
    ],
    vrfs: [...new Set(ports.flatMap(({ vrf }) => vrf ?? []))].map((name) => ({ name })),
    ...(isis === undefined
      ? {
          ospf: {
            ...EMPTY_OSPF,
            routerId: loopback,
            passiveInterfaces: ports
              .filter((port) => port.routers === 1 && port.vrf === undefined)
              .map((port) => port.name),
          },
        }
      : {
          isis: {
            ...EMPTY_ISIS,
            tag: ISIS_TAG,
            nets: [netOf(loopback)],
            levels: [isis.level],
          },
        }),
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

/** The loopback's digits, three for each of its numbers, are the system ID: 10.255.0.1 is 0102.5500.0001. */
function netOf(loopback: Ipv4): string {
  const digits = formatIpv4(loopback)
    .split('.')
    .map((octet) => octet.padStart(3, '0'))
    .join('');
  return `${ISIS_AREA}.${digits.replace(/(.{4})(.{4})/, '$1.$2.')}.00`;
}

function isisInterface(port: RouterPort, { level, helloS, multiplier }: IsisPlan): InterfaceConfig {
  const common = { ...withoutProtocol(port), ospf: {} };
  if (port.vrf !== undefined) return { ...common, vrf: port.vrf };
  const of = (value: number): { 1?: number; 2?: number } => ({ 1: value, 2: value });
  const speaking: InterfaceIsisConfig = {
    levels: [level],
    ...(port.nodes === 2 ? { network: 'point-to-point' as const } : {}),
    ...(helloS === undefined ? {} : { helloIntervalS: of(helloS) }),
    ...(multiplier === undefined ? {} : { helloMultiplier: of(multiplier) }),
  };
  return {
    ...common,
    isis: {
      tag: ISIS_TAG,
      ...(port.metric === undefined ? {} : { metric: of(port.metric) }),
      ...(port.routers > 1 ? speaking : { passive: true }),
    },
  };
}

function withoutProtocol(port: RouterPort): Omit<InterfaceConfig, 'ospf'> {
  return {
    name: port.name,
    addresses: [port.address],
    bandwidthMbps: Math.min(MAX_BANDWIDTH, Math.max(1, Math.round(port.rateBps / 1e6))),
    ...(port.mtu === 1500 ? {} : { mtu: port.mtu }),
  };
}

function interfaceConfig(port: RouterPort, timers: OspfTimers | undefined): InterfaceConfig {
  const hasNeighbours = port.routers > 1;
  const common = withoutProtocol(port);
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
