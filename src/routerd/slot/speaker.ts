/**
 * What a slot and its routing protocols are to one another. A speaker joins one protocol to the slot: it reads from
 * the configuration what the protocol is to be, carries its packets, and offers its routes to the slot's tables. The
 * protocols themselves (protocols/) know neither slots nor tables, so another implementation of one needs no more
 * than another speaker.
 */
import type { RouterConfig } from '../../config/model.ts';
import { MPLS_ENTRY } from '../../net/mpls.ts';
import type { NeighbourEntry, RouteSource } from '../../world/observation.ts';
import type { Port } from '../../world/port.ts';
import type { World } from '../../world/world.ts';
import type { DeliverLocal, Forwarding, Slot } from '../forwarding/contract.ts';
import type { Rib } from '../rib/rib.ts';
import type { BgpAnswer, BgpQuestion } from './bgp-show.ts';

const MAX_PACKET = 65535;

/** What the control plane needs to know of a port. */
export type PortFacts = Pick<Port, 'name' | 'mac' | 'mtu' | 'labelRoom' | 'rateBps'>;

/**
 * The longest packet that a router's own protocols send on an interface whose own MTU is `mtu` (left out: the port's).
 * Under a label it has to pass, too: in the shadow plane always, in the real one while a router marks.
 */
export function longestOwnPacket(mtu: number | undefined, port: PortFacts | undefined): number {
  if (port === undefined) return mtu ?? MAX_PACKET;
  const { labelRoom = MPLS_ENTRY } = port;
  return Math.min(mtu ?? MAX_PACKET, port.mtu + Math.min(0, labelRoom - MPLS_ENTRY));
}

export type LocalPacket = Parameters<DeliverLocal>[0];

export { DEFAULT_VRF } from '../forwarding/contract.ts';

/** What a slot is now: its configuration, less what has failed. */
export interface SlotView {
  readonly config: RouterConfig;
  readonly ports: readonly PortFacts[];
  /** Of an interface: configured, not shut down, not failed, its wire there. */
  isUp(interfaceName: string): boolean;
}

/** What a speaker is given for good. */
export interface SpeakerSurroundings {
  /** A speaker forks its chance by its own name (`random.fork('bgp')`), so that none disturbs another. */
  readonly world: World;
  readonly slot: Slot;
  readonly forwarding: Forwarding;
  /** The routing table of a VRF; made where there is none. */
  table(vrf: string): Rib;
}

export interface Speaker {
  /** Of which it offers routes. */
  readonly source: RouteSource;
  /** Told whenever the configuration, or what has failed, changes: the whole of what it should be now. */
  configure(view: SlotView): void;
  /** A packet to one of the slot's addresses, or a group on a link, that the speaker takes if it is its own. */
  receive(packet: LocalPacket): void;
  neighbours(): readonly NeighbourEntry[];
  /** Another number whenever `neighbours` may say something else. A speaker that has none is asked each time. */
  readonly neighboursVersion?: number;
  /** Of BGP alone: its table. */
  bgp?(question: BgpQuestion): BgpAnswer;
  /** Nothing is on its way up: an adjacency, a session, a first exchange. */
  readonly settled: boolean;
  /** How often shortest paths were computed; 0 for protocols that have none. */
  readonly spfRuns: number;
  /** Cancels every timer and sends nothing more. */
  stop(): void;
}

export type MakeSpeaker = (surroundings: SpeakerSurroundings) => Speaker;
