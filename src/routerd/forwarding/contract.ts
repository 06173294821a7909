/**
 * The forwarding engine's border: what the control plane and management tell it, and what it hands up.
 *
 * The engine knows slots, not planes of the day: every slot has its own FIB column, port settings, ACLs and
 * failures, and a tag. Two pointers say which slot is real and which is shadow; `marking` says that packets
 * leave for other routers under their slot's tag (commitment). Nothing else moves when planes are swapped.
 */
import type { AccessListConfig, PolicyClassConfig } from '../../config/model.ts';
import type { Ipv4, Mac, Prefix } from '../../net/address.ts';
import { PROTOCOL_ICMP, PROTOCOL_OSPF, PROTOCOL_TCP } from '../../net/ipv4.ts';
import type { Tag } from '../../net/wire.ts';
import type { FibEntry, NextHop, PortCounters, Postcard } from '../../world/observation.ts';
import type { Port } from '../../world/port.ts';
import type { World } from '../../world/world.ts';
import type { BandwidthSettings } from '../bandwidth/bandwidth.ts';
import type { MirrorRule } from '../management/contract.ts';

export type Slot = 0 | 1;
export const SLOTS: readonly Slot[] = [0, 1];

/** The name of the VRF, the routing table, that everything is in that no other is named for. */
export const DEFAULT_VRF = '';

/** A label by which other routers send packets into a VRF. */
export interface VrfLabel {
  readonly label: number;
  readonly vrf: string;
}

/** What one slot's configuration says of one port. */
export interface SlotPort {
  /** False when shut down in this configuration, or not mentioned. */
  readonly up: boolean;
  /** Left out: the default one. */
  readonly vrf?: string;
  /** Interface addresses, host bits kept. The first one is the source of what the router sends there. */
  readonly addresses: readonly Prefix[];
  /** Bytes of IPv4 packet; at most the port's own. */
  readonly mtu: number;
  readonly accessIn?: AccessListConfig;
  readonly accessOut?: AccessListConfig;
  readonly policyIn?: ServicePolicy;
  readonly policyOut?: ServicePolicy;
  /** What percentages in `policyOut` refer to (default: the port's rate). */
  readonly bandwidthBps?: number;
}

/** A policy map with everything looked up that it names. */
export interface ServicePolicy {
  readonly name: string;
  /** In the order of the text; the last one is class-default. */
  readonly classes: readonly ServiceClass[];
}

export interface ServiceClass {
  readonly config: PolicyClassConfig;
  readonly match: 'all' | 'any';
  readonly criteria: readonly ServiceCriterion[];
}

export type ServiceCriterion =
  | { readonly kind: 'any' }
  | { readonly kind: 'dscp'; readonly values: readonly number[] }
  /** A list that is named but not defined matches nothing. */
  | { readonly kind: 'access-list'; readonly list: AccessListConfig | undefined };

/** A port as the engine is given it. */
export interface ForwardingPort {
  readonly port: Port;
  /** True where the link has hosts, which understand no labels: packets delivered there go without. */
  readonly edge: boolean;
  /** No other router is on the link: a gateway there is a host, too, an external peer. Default: false. */
  readonly hostsOnly?: boolean;
  /** Bytes that may wait at the port in each plane (default: DEFAULT_QUEUE_BYTES). */
  readonly queueBytes?: number;
  /** How the planes share it (default: `fair`). Not on an edge: hosts understand no cancellation. */
  readonly bandwidth?: BandwidthSettings;
}

export const DEFAULT_QUEUE_BYTES = 262_144;

/** src/routerd/forwarding/engine.ts; `router` is the name in postcards, and salts the choice among equal paths. */
export type MakeForwarding = (
  world: World,
  router: string,
  ports: readonly ForwardingPort[],
  deliver: DeliverLocal,
) => Forwarding;

export interface Forwarding {
  configurePort(slot: Slot, port: string, settings: SlotPort): void;
  /** The slot's own addresses that no port carries (loopbacks): answered on any port. */
  configureLoopback(slot: Slot, addresses: readonly Ipv4[], vrf?: string): void;
  /** The labels by which other routers send the slot's packets into VRFs, all of them. */
  configureLabels(slot: Slot, labels: readonly VrfLabel[]): void;
  /** Sets, or with undefined withdraws, the slot's route for a prefix. ARP for new gateways starts at once. */
  route(slot: Slot, prefix: Prefix, nextHops: readonly NextHop[] | undefined, vrf?: string): void;
  /** A failed port neither sends nor takes packets of that slot. */
  failPort(slot: Slot, port: string, failed: boolean): void;

  readonly realSlot: Slot;
  readonly marking: boolean;
  tagOf(slot: Slot): Tag;
  setTag(slot: Slot, tag: Tag): void;
  setMarking(marking: boolean): void;
  swapPlanes(): void;

  /**
   * Sends an IPv4 packet of the router's own out of one port to an address on that link (multicast included),
   * in the slot's plane, marked as the slot's packets are at the moment.
   */
  originate(slot: Slot, port: string, packet: OwnPacket): void;
  /** The same for a PDU of OSI's network layer (IS-IS), to a group of its own: see net/osi.ts. */
  originateOsi(slot: Slot, port: string, destination: Mac, pdu: Uint8Array): void;
  /** The same, by the slot's own FIB, as a host sends by its routes. */
  send(slot: Slot, packet: OwnPacket): void;

  mirror(rules: readonly MirrorRule[]): void;

  /** One VRF's routes, or all: those of the default table first, then by VRF. */
  fib(slot: Slot, vrf?: string): readonly FibEntry[];
  counters(): readonly PortCounters[];
  /** The postcards since the last call, oldest first; `dropped` counts those that the bounded store refused. */
  takePostcards(): { readonly postcards: readonly Postcard[]; readonly dropped: number };
  /** When did a packet that was sent in the real plane last go through, or wait here, under this tag? Null: never. */
  lastSeenNs(tag: Tag): number | null;
}

/** An IPv4 packet that the router makes itself. */
export interface OwnPacket {
  /** By whose table `send` sends it. Left out: the default one. */
  readonly vrf?: string;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  readonly payload: Uint8Array;
}

/** No IP protocol, whose numbers end at 255: what is handed up is a PDU of OSI, and its addresses are MACs. */
export const OSI_PDU = 0x1fe;

/** The IP protocols that a router's own protocols listen to, and OSI; the rest is not worth handing up. */
export const CONTROL_PROTOCOLS: ReadonlySet<number> = new Set([
  PROTOCOL_OSPF,
  PROTOCOL_TCP,
  PROTOCOL_ICMP,
  OSI_PDU,
]);

/**
 * What the engine hands up: OSPF's packets to the router's own addresses or the group, BGP's segments (TCP from or to
 * port 179), and of ICMP what says that such a segment was too big for its way (RFC 1191).
 */
export type DeliverLocal = (packet: {
  readonly slot: Slot;
  /** Of which it was taken for one of the own addresses. Left out: the default one. */
  readonly vrf?: string;
  readonly port: string;
  /** With OSI_PDU: MACs. */
  readonly source: Ipv4 | Mac;
  readonly destination: Ipv4 | Mac;
  readonly protocol: number;
  readonly ttl: number;
  /** IP payload, or the PDU; valid only during the call. */
  readonly payload: Uint8Array;
}) => void;

export function otherSlot(slot: Slot): Slot {
  return slot === 0 ? 1 : 0;
}
