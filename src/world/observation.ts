/**
 * What a machine tells about itself: plain JSON, in the words of the field, the same from a router in this
 * process and from a daemon elsewhere. Lists are in a defined order (prefixes by address, then length; others
 * by name), so that two equal states print equally.
 */
import type { Plane, Tag } from '../net/wire.ts';
import type { TimeNs } from './clock.ts';

/**
 * `local`: one of the router's own addresses; `connected`: on the wire; `gateway`: by another router; `tunnel`: to
 * another router of the VPN, under the label that it gave out, by whatever way the default table has to it.
 */
export type NextHop =
  | { readonly kind: 'local' }
  | { readonly kind: 'blackhole' }
  /** The sender is told that there is no way. */
  | { readonly kind: 'reject' }
  | { readonly kind: 'connected'; readonly port: string }
  | { readonly kind: 'gateway'; readonly port: string; readonly gateway: string }
  | { readonly kind: 'tunnel'; readonly to: string; readonly label: number };

export interface FibEntry {
  /** Of another routing table than the default one. */
  readonly vrf?: string;
  readonly prefix: string;
  /** One, or several of equal cost, sorted by port and gateway. */
  readonly nextHops: readonly NextHop[];
}

export interface RibEntry {
  /** Of another routing table than the default one. */
  readonly vrf?: string;
  readonly prefix: string;
  readonly source: RouteSource;
  readonly distance: number;
  readonly metric: number;
  readonly best: boolean;
  readonly nextHops: readonly NextHop[];
}

export type RouteSource = 'connected' | 'static' | 'ospf' | 'isis' | 'bgp';

export interface NeighbourEntry {
  /** Where it is not the default one. */
  readonly vrf?: string;
  readonly port: string;
  readonly routerId: string;
  readonly address: string;
  /**
   * OSPF neighbour state: Init, 2-Way, ExStart, Exchange, Loading, Full (RFC 2328 10.1). Of BGP: Idle, Connect, Active,
   * OpenSent, OpenConfirm, Established (RFC 4271 8.2.2). Of IS-IS: Initializing, Up.
   */
  readonly state: string;
  readonly role: 'DR' | 'BDR' | 'DROther' | 'DIS' | '-';
  /** Left out: OSPF. */
  readonly protocol?: 'isis' | 'bgp';
  /** Of an adjacency of IS-IS. */
  readonly level?: 1 | 2;
  /** Of a BGP session that is not established: how the last one ended, or why none comes up, where that is known. */
  readonly reason?: string;
  /** Prefixes that a BGP session brought and policy let in, and that it was told. */
  readonly prefixes?: { readonly received: number; readonly sent: number };
}

/** A prefix of BGP's table, the path in use first. */
export interface BgpEntry {
  readonly prefix: string;
  /** Of a VPN: the route distinguisher, 16 hexadecimal digits. */
  readonly rd?: string;
  readonly paths: readonly BgpPathEntry[];
}

/** What a neighbour announced and was not let in. */
export interface BgpRefusal {
  readonly neighbour: string;
  readonly prefix: string;
  /** `route-map NAME`, `prefix-list NAME`, `filter-list NAME`, or the rule in words. */
  readonly by: string;
}

export interface BgpPathEntry {
  /** `multipath`: used with the best one; `unreachable`: its next hop is. */
  readonly use: 'best' | 'multipath' | 'usable' | 'unreachable';
  /** 0.0.0.0: the router itself. */
  readonly neighbour: string;
  readonly nextHop: string;
  readonly weight: number;
  readonly localPreference?: number;
  /** As FRR writes it: `65001 65002 {65003,65004}`. */
  readonly asPath: string;
  readonly origin: 'igp' | 'egp' | 'incomplete';
  readonly med?: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  /** 16 hexadecimal digits each. */
  readonly extendedCommunities: readonly string[];
  readonly originatorId?: string;
  readonly clusterList: readonly string[];
  readonly label?: number;
}

/** Why a router did not forward a packet. */
export type DropReason =
  | 'malformed'
  | 'checksum'
  | 'no-route'
  | 'blackhole'
  | 'reject'
  | 'ttl'
  | 'acl-in'
  | 'acl-out'
  | 'police'
  | 'queue'
  | 'failed'
  | 'unknown-tag'
  | 'unknown-label'
  | 'arp'
  | 'mtu'
  | 'not-for-us';

/** One router's note about one traced packet (or about a measured packet it dropped). */
export interface Postcard {
  readonly timeNs: TimeNs;
  readonly router: string;
  readonly flow: number;
  readonly sequence: number;
  /** The plane the packet was sent in. */
  readonly plane: Plane;
  /** The configuration that this router forwarded it by. */
  readonly tag: Tag;
  readonly in: string;
  /** Empty where the packet was dropped before a way out was chosen. */
  readonly out: string;
  /** Address of the next router, or of the host; empty where there is none. */
  readonly nextHop: string;
  /** Of a packet that was looked up in another routing table than the default one. */
  readonly vrf?: string;
  /** Of a packet in a VPN's tunnel that does not end here: the address that it was looked up by instead of its own. */
  readonly tunnelTo?: string;
  readonly verdict: 'forwarded' | 'delivered' | 'dropped';
  readonly reason?: DropReason;
  /** `access-list NAME seq N`, where a line of one decided. */
  readonly acl?: string;
  /** `policy-map NAME class NAME`, where a class of one dropped it. */
  readonly policy?: string;
}

/** Packets and bytes by port and plane; drops by reason. */
export interface PortCounters {
  readonly port: string;
  readonly plane: Plane;
  readonly inPackets: number;
  readonly inBytes: number;
  readonly outPackets: number;
  readonly outBytes: number;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}
