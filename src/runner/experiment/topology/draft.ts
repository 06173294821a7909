/**
 * A topology as its author described it, whatever the format: every importer ends in a draft, and everything
 * that is not given (ports, addresses, impairments) is filled in from here on, the same way for all.
 */
import type { Ipv4, Mac, Prefix } from '../../../net/address.ts';
import type { ExternalPeer } from '../schema.generated.ts';
import type { Place } from './findings.ts';

export interface Draft {
  readonly name: string;
  readonly place: Place;
  /** All lists in the order of the file: the address plan follows it. */
  readonly routers: readonly DraftRouter[];
  readonly hosts: readonly DraftHost[];
  readonly links: readonly DraftLink[];
  readonly defaults: Partial<LinkTraits>;
  readonly addressing: Partial<AddressPools>;
  readonly ospf?: OspfTimers;
  /** The routers run IS-IS instead. */
  readonly isis?: IsisPlan;
  readonly bgp?: DraftBgp;
}

export interface DraftRouter {
  readonly name: string;
  readonly place: Place;
  readonly loopback?: Ipv4;
  readonly position?: Position;
}

export interface DraftHost {
  readonly name: string;
  readonly place: Place;
  /** Counts where the host's end of its link gives none. */
  readonly address?: Prefix;
  readonly position?: Position;
  /** It is an external peer; `place` is that of the host. */
  readonly peer?: ExternalPeer;
}

export interface DraftBgp {
  readonly as: number;
  readonly reflectors?: readonly string[];
  readonly place: Place;
}

export interface DraftLink {
  readonly place: Place;
  readonly name?: string;
  readonly ends: readonly DraftEnd[];
  readonly traits: Partial<LinkTraits>;
}

export interface DraftEnd {
  /** A router or a host. */
  readonly node: string;
  readonly place: Place;
  readonly port?: string;
  readonly address?: Prefix;
  readonly mac?: Mac;
  /** Counts before the link's. */
  readonly metric?: number;
  /** Of a router's end. */
  readonly vrf?: string;
}

/** What a link is like, in the units of `Link`. */
export interface LinkTraits {
  readonly metric: number;
  readonly rateBps: number;
  readonly delayNs: number;
  readonly jitterNs: number;
  readonly loss: number;
  readonly queueBytes: number;
  readonly mtu: number;
}

export interface AddressPools {
  readonly loopbacks: Prefix;
  readonly links: Prefix;
  readonly hosts: Prefix;
}

/** IS-IS at one level. What is left out is what FRR has. */
export interface IsisPlan {
  readonly level: 1 | 2;
  readonly helloS?: number;
  readonly multiplier?: number;
}

export interface OspfTimers {
  readonly helloS: number;
  readonly deadS: number;
}

export interface Position {
  readonly x: number;
  readonly y: number;
}

/** Links that say nothing else. The metric has no default: left out, FRR makes it from the bandwidth. */
export const DEFAULT_TRAITS: Omit<LinkTraits, 'metric'> = {
  rateBps: 1e9,
  delayNs: 1e6,
  jitterNs: 0,
  loss: 0,
  queueBytes: 1e6,
  mtu: 1500,
};

/** The short, fast cable between a host and its router, so that the backbone is what is measured. */
export const ACCESS_TRAITS = { rateBps: 10e9, delayNs: 10_000 } as const;
