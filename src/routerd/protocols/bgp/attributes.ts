/**
 * Path attributes of a BGP route (RFC 4271 5), decoded. Plain and frozen; those of equal bytes are one object, so
 * that a full table from a peer holds each set once, and two slots of one process share them.
 */
import type { Ipv4 } from '../../../net/address.ts';

/** RFC 4271 5.1.1: IGP, EGP, INCOMPLETE. */
export type Origin = 0 | 1 | 2;

export interface AsSegment {
  readonly type: 'set' | 'sequence' | 'confederation-sequence' | 'confederation-set';
  /** 1 .. 4294967295 (RFC 6793) */
  readonly numbers: readonly number[];
}

export interface PathAttributes {
  readonly origin: Origin;
  readonly asPath: readonly AsSegment[];
  /** Of IPv4 unicast in NEXT_HOP, of other families in MP_REACH_NLRI (RFC 4760). */
  readonly nextHop: Ipv4;
  readonly med?: number;
  readonly localPreference?: number;
  readonly atomicAggregate?: true;
  readonly aggregator?: { readonly as: number; readonly address: Ipv4 };
  /** RFC 1997: 32-bit values, ascending. */
  readonly communities: readonly number[];
  /** RFC 8092, ascending. */
  readonly largeCommunities: readonly LargeCommunity[];
  /** RFC 4360: 8 bytes as 16 hexadecimal digits, ascending. */
  readonly extendedCommunities: readonly string[];
  /** RFC 4456 */
  readonly originatorId?: Ipv4;
  readonly clusterList: readonly Ipv4[];
  /** Optional transitive ones that we do not know, to be carried on with the Partial bit (RFC 4271 5). */
  readonly unknown: readonly {
    readonly flags: number;
    readonly type: number;
    readonly value: Uint8Array;
  }[];
}

export interface LargeCommunity {
  readonly global: number;
  readonly local1: number;
  readonly local2: number;
}

/** RFC 1997, RFC 8326, RFC 7999 */
export const COMMUNITY = {
  GRACEFUL_SHUTDOWN: 0xffff0000,
  BLACKHOLE: 0xffff029a,
  NO_EXPORT: 0xffffff01,
  NO_ADVERTISE: 0xffffff02,
  LOCAL_AS: 0xffffff03,
} as const;
