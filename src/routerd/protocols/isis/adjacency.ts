/** A neighbour on a circuit, as its hellos tell it, until they stay away for its holding time (ISO 10589 8.2, 8.4). */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { contains, type Ipv4, type Mac, type Prefix, prefixOf } from '../../../net/address.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import type { Context, Refusal } from './context.ts';
import type { IsisNeighbourView } from './contract.ts';
import type { LanHello, LanId, P2pHello } from './hello.ts';
import type { SystemId } from './ids.ts';

export type AdjacencyState = IsisNeighbourView['state'];

export class Adjacency {
  readonly system: SystemId;
  readonly mac: Mac;
  state: AdjacencyState = 'Down';
  /** Those that both sides have, and may have with one another. */
  levels: readonly IsisLevel[] = [];
  /** Where packets to the neighbour go; undefined where it names no address. */
  address: Ipv4 | undefined;
  areas: readonly string[] = [];
  priority = 0;
  lanId: LanId | undefined;
  /** Its extended local circuit ID (RFC 5303). */
  circuit: number | undefined;
  readonly #context: Context;
  readonly #expired: () => void;
  #heardNs = 0;
  #holdingTimeNs = 0;
  #timer: Timer | undefined;

  constructor(context: Context, system: SystemId, mac: Mac, expired: () => void) {
    this.#context = context;
    this.system = system;
    this.mac = mac;
    this.#expired = expired;
  }

  isUp(level: IsisLevel): boolean {
    return this.state === 'Up' && this.levels.includes(level);
  }

  /** Takes over what a hello says of its sender. True where that is other than before. */
  hear(hello: LanHello | P2pHello, own: readonly Prefix[]): boolean {
    this.#heardNs = this.#context.clock.now();
    const formerNs = this.#holdingTimeNs;
    this.#holdingTimeNs = hello.holdingTimeS * SECOND;
    if (this.#holdingTimeNs < formerNs) this.stop();
    this.#timer ??= this.#awaitSilence(this.#holdingTimeNs);
    const address = usableAddress(hello.addresses, own);
    const isOther = address !== this.address;
    this.address = address;
    this.areas = hello.areas;
    return isOther;
  }

  /** The last hello, once more. */
  hearAgain(): void {
    this.#heardNs = this.#context.clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** One timer for many hellos: when it fires, what is left since the last one decides. */
  #awaitSilence(delayNs: number): Timer {
    return this.#context.clock.after(delayNs, () => {
      this.#timer = undefined;
      const leftNs = this.#heardNs + this.#holdingTimeNs - this.#context.clock.now();
      if (leftNs > 0) this.#timer = this.#awaitSilence(leftNs);
      else this.#expired();
    });
  }
}

/** One on a subnet of ours, or else the first. */
function usableAddress(addresses: readonly Ipv4[], own: readonly Prefix[]): Ipv4 | undefined {
  const isNear = (address: Ipv4): boolean =>
    own.some((each) => contains(prefixOf(each.address, each.length), address));
  return addresses.find(isNear) ?? addresses[0];
}

/** Why a hello is not for us, whoever sent it and by whatever kind of circuit. */
export function helloFault({ settings, system }: Context, hello: LanHello | P2pHello): Refusal | undefined {
  if (hello.source === system) return 'system-id';
  if (!hello.speaksIpv4) return 'protocols';
  if (hello.holdingTimeS === 0) return 'body';
  return settings.areas.length === 0 ? 'area' : undefined;
}

/** Neighbours of level 1 have an area in common (8.2.4.2, 8.4.2.2). */
export function sharesArea({ settings }: Context, areas: readonly string[]): boolean {
  return areas.some((area) => settings.areas.includes(area));
}
