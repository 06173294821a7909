/**
 * Routing tables of the engine, one for each VRF, the default one among them. A table serves both slots, as fib/ does;
 * so do its own addresses, by slot. By a port's VRF, in the slot that forwards, a packet comes into a table; by a
 * label that the slot gave out it comes out of a VPN's tunnel into one (RFC 4364 5).
 */
import type { Ipv4 } from '../../net/address.ts';
import { type Fib, makeFib } from '../fib/fib.ts';
import { DEFAULT_VRF, type Slot, type VrfLabel } from './contract.ts';
import { OwnAddresses } from './own-addresses.ts';

export class Vrf {
  readonly name: string;
  readonly fib: Fib;
  readonly #own = [new OwnAddresses(), new OwnAddresses()] as const;
  /** By slot: the first of its own addresses; by it the router speaks where no port's is at hand. */
  readonly #first: [Ipv4 | undefined, Ipv4 | undefined] = [undefined, undefined];
  /** By slot: own addresses that no port carries. */
  readonly loopbacks: [readonly Ipv4[], readonly Ipv4[]] = [[], []];

  constructor(name: string, fib: Fib) {
    this.name = name;
    this.fib = fib;
  }

  isOwn(slot: Slot, address: Ipv4): boolean {
    return this.#own[slot].has(address);
  }

  firstOwn(slot: Slot): Ipv4 | undefined {
    return this.#first[slot];
  }

  setOwn(slot: Slot, addresses: readonly Ipv4[]): void {
    this.#own[slot].clear();
    for (const address of addresses) this.#own[slot].add(address);
    this.#first[slot] = addresses[0];
  }
}

export class Vrfs {
  readonly default: Vrf;
  readonly #byName = new Map<string, Vrf>();
  readonly #byLabel: [ReadonlyMap<number, Vrf>, ReadonlyMap<number, Vrf>] = [new Map(), new Map()];

  constructor(fib: Fib) {
    this.default = new Vrf(DEFAULT_VRF, fib);
    this.#byName.set(DEFAULT_VRF, this.default);
  }

  /** By name, the default one first. */
  all(): readonly Vrf[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The table of that name; a new one where there is none. */
  take(name: string): Vrf {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const vrf = new Vrf(name, makeFib());
    this.#byName.set(name, vrf);
    return vrf;
  }

  atLabel(slot: Slot, label: number): Vrf | undefined {
    return this.#byLabel[slot].get(label);
  }

  /** A tunnel never ends in the default table, so that what comes out of one is in no tunnel to this router again. */
  setLabels(slot: Slot, labels: readonly VrfLabel[]): void {
    const own = labels.filter(({ vrf }) => vrf !== DEFAULT_VRF);
    this.#byLabel[slot] = new Map(own.map(({ label, vrf }) => [label, this.take(vrf)]));
  }
}
