/** What BGP is to be in one VRF of a slot: every default filled in, every group's word given to its neighbours. */
import type { BgpFamilyConfig, BgpPeerFamilyConfig } from '../../../config/bgp-model.ts';
import type { Ipv4, Prefix } from '../../../net/address.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Family, SessionSettings, TransportSettings } from './contract.ts';
import type { DecisionSettings } from './decision.ts';

export interface BgpSettings {
  readonly as: number;
  readonly routerId: Ipv4;
  readonly clusterId: Ipv4;
  /** RFC 8326, of the whole router. */
  readonly gracefulShutdown: boolean;
  /** RFC 8212 */
  readonly ebgpRequiresPolicy: boolean;
  /** Policies change what is reflected, too. */
  readonly reflectorOutboundPolicy?: boolean;
  readonly decision: Omit<DecisionSettings, 'maximumPaths' | 'maximumPathsIbgp' | 'equalClusterLength'>;
  readonly families: Readonly<Record<Family, FamilySettings>>;
  readonly neighbours: readonly NeighbourSettings[];
  /** Who connects without being configured. */
  readonly guests?: GuestSettings;
  readonly policy: Policy;
}

/** `bgp listen range`: neighbours that are there while their session is. */
export interface GuestSettings {
  /** As many at once. */
  readonly limit: number;
  /** What one from there is to be; undefined: he is none. */
  settingsFor(address: Ipv4): NeighbourSettings | undefined;
}

export interface FamilySettings {
  readonly maximumPaths: number;
  readonly maximumPathsIbgp: number;
  readonly equalClusterLength?: boolean;
  readonly distance: { readonly external: number; readonly internal: number; readonly local: number };
  readonly aggregates: readonly AggregateSettings[];
}

export type AggregateSettings = BgpFamilyConfig['aggregates'][number] & {
  /** What its maps say, with all that they name: another text makes it another aggregate. */
  readonly policy?: string;
};

export interface NeighbourSettings {
  readonly address: Ipv4;
  readonly transport: TransportSettings;
  readonly session: SessionSettings;
  /** `neighbor … shutdown` */
  readonly shutdown: boolean;
  /** What the neighbour is told of that (RFC 9003). */
  readonly shutdownMessage?: string;
  /** A path of another AS begins with its number. */
  readonly enforceFirstAs?: boolean;
  /** The neighbour must be on a link, as must the next hops that it gives. */
  readonly mustBeConnected: boolean;
  /** The subnet of that link: its hosts can be told the next hop itself (RFC 4271 5.1.3, third party). */
  readonly link?: Prefix;
  /** A route map may look at who the neighbour is. */
  readonly matchesPeer: boolean;
  readonly localAs?: { readonly as: number; readonly noPrepend: boolean; readonly replaceAs: boolean };
  readonly advertisementIntervalS: number;
  readonly ipv4?: NeighbourFamilySettings;
  readonly vpnv4?: NeighbourFamilySettings;
}

export interface NeighbourFamilySettings extends BgpPeerFamilyConfig {
  /** Changes whenever something does that the policy says which is named here: its text, with all that it names. */
  readonly importPolicy: string;
  readonly exportPolicy: string;
}

/** Equal keys: what arrives from the neighbour becomes the same routes. */
export function importKey(settings: BgpSettings, neighbour: NeighbourSettings, family: Family): string {
  const own = neighbour[family];
  return JSON.stringify([
    [
      settings.as,
      settings.routerId,
      settings.clusterId,
      settings.gracefulShutdown,
      settings.ebgpRequiresPolicy,
    ],
    [neighbour.localAs, neighbour.mustBeConnected, neighbour.enforceFirstAs],
    own && [
      [own.importPolicy, own.routeMapIn, own.prefixListIn, own.filterListIn],
      [own.allowAsIn, own.weight, own.softReconfigurationInbound],
    ],
  ]);
}
