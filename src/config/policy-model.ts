/** Routing policy as data: what `frr.conf` says of route maps, and of the lists and key chains that they and others name. */
import type { Ipv4, Prefix } from '../net/address.ts';

export type Action = 'permit' | 'deny';

/** `ip prefix-list NAME`: rules by sequence, ended by an implicit deny. */
export interface PrefixListConfig {
  readonly name: string;
  readonly description?: string;
  readonly rules: readonly PrefixRule[];
}

/** Matches prefixes within `prefix` of lengths `ge` .. `le`; without either, the prefix itself alone. */
export interface PrefixRule {
  readonly sequence: number;
  readonly action: Action;
  readonly prefix: Prefix;
  readonly ge?: number;
  readonly le?: number;
}

/** `bgp as-path access-list NAME`: regular expressions as FRR writes them (`_` matches what stands between numbers). */
export interface AsPathListConfig {
  readonly name: string;
  readonly rules: readonly { readonly sequence: number; readonly action: Action; readonly regex: string }[];
}

/** `bgp community-list` and its like, `standard` (all of the named) or `expanded` (a regular expression). */
export interface CommunityListConfig {
  readonly name: string;
  readonly size: CommunitySize;
  readonly rules: readonly CommunityRule[];
}

/** RFC 1997, RFC 8092, RFC 4360. */
export type CommunitySize = 'standard' | 'large' | 'extended';

export type CommunityRule = { readonly sequence: number; readonly action: Action } & (
  | { readonly kind: 'standard'; readonly communities: readonly Community[] }
  | { readonly kind: 'expanded'; readonly regex: string }
);

/**
 * As text, canonical: `65000:100`, `64512:1:2` where large, or a well-known name as FRR writes it (`no-export`,
 * `no-advertise`, `local-AS`, `graceful-shutdown`, `blackhole`, `internet`); `rt 65000:1` and `soo 65000:1` where extended.
 */
export type Community = string;

/** `route-map NAME permit|deny N`. The first entry all of whose clauses match decides, unless it goes on. */
export interface RouteMapConfig {
  readonly name: string;
  readonly entries: readonly RouteMapEntry[];
}

export interface RouteMapEntry {
  readonly sequence: number;
  readonly action: Action;
  readonly description?: string;
  readonly match: readonly RouteMatch[];
  readonly set: readonly RouteSet[];
  /** Another map that must permit, too; what it sets stays set. */
  readonly call?: string;
  /** `continue [N]` (also written `on-match next`, `on-match goto N`): go on after a match, at the next entry or at N. */
  readonly continue?: 'next' | number;
}

export type RouteMatch =
  | {
      readonly kind:
        | 'ip address prefix-list'
        | 'ip address'
        | 'ip next-hop prefix-list'
        | 'ip next-hop'
        | 'as-path';
      readonly list: string;
    }
  /** `match ip next-hop address A.B.C.D`, and who told it. */
  | { readonly kind: 'ip next-hop address'; readonly address: Ipv4 }
  | {
      readonly kind: 'community' | 'large-community';
      readonly list: string;
      readonly exact: boolean;
    }
  | { readonly kind: 'extcommunity'; readonly list: string }
  | { readonly kind: 'metric' | 'tag' | 'local-preference'; readonly value: number }
  | { readonly kind: 'interface'; readonly interface: string }
  | { readonly kind: 'origin'; readonly origin: OriginName }
  | { readonly kind: 'peer'; readonly peer: Ipv4 }
  | { readonly kind: 'source-protocol'; readonly protocol: RedistributedProtocol };

export type RouteSet =
  | { readonly kind: 'metric'; readonly change: 'set' | 'add' | 'subtract'; readonly value: number }
  | { readonly kind: 'metric-type'; readonly type: 1 | 2 }
  | { readonly kind: 'tag' | 'local-preference' | 'weight'; readonly value: number }
  | { readonly kind: 'origin'; readonly origin: OriginName }
  | { readonly kind: 'as-path prepend'; readonly path: readonly number[] }
  /** `set as-path prepend last-as N` */
  | { readonly kind: 'as-path prepend last-as'; readonly times: number }
  | { readonly kind: 'as-path exclude'; readonly path: readonly number[] }
  | {
      readonly kind: 'community' | 'large-community';
      /** Empty and not additive: `none`. */
      readonly communities: readonly Community[];
      readonly additive: boolean;
    }
  | { readonly kind: 'comm-list delete' | 'large-comm-list delete'; readonly list: string }
  /** Route targets, and sites of origin, `65000:1` (RFC 4364). */
  | { readonly kind: 'extcommunity rt' | 'extcommunity soo'; readonly targets: readonly string[] }
  | { readonly kind: 'originator-id'; readonly originator: Ipv4 }
  | { readonly kind: 'atomic-aggregate' }
  | { readonly kind: 'aggregator as'; readonly as: number; readonly address: Ipv4 }
  | { readonly kind: 'ip next-hop'; readonly nextHop: Ipv4 | 'peer-address' | 'unchanged' }
  | { readonly kind: 'distance'; readonly value: number };

export type OriginName = 'igp' | 'egp' | 'incomplete';

/** What `redistribute` takes routes from. `kernel` is read nowhere: there is no kernel. */
export type RedistributedProtocol = 'connected' | 'static' | 'ospf' | 'isis' | 'bgp';

export interface RedistributeConfig {
  readonly from: RedistributedProtocol;
  readonly metric?: number;
  /** OSPF alone; 2 where left out. */
  readonly metricType?: 1 | 2;
  readonly routeMap?: string;
}

/** `key chain NAME`. Keys have no lifetimes: the one of the smallest number sends, all are accepted. */
export interface KeyChainConfig {
  readonly name: string;
  readonly keys: readonly KeyConfig[];
}

export interface KeyConfig {
  readonly id: number;
  readonly keyString: string;
  /** Default: md5. */
  readonly algorithm?: KeyAlgorithm;
}

export type KeyAlgorithm = 'md5' | 'hmac-sha-1' | 'hmac-sha-256' | 'hmac-sha-384' | 'hmac-sha-512';
