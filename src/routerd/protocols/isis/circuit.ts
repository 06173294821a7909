/** A circuit: hellos and adjacencies by its kind, and for each of its levels what the rest of IS-IS needs of it. */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import type { Adjacency } from './adjacency.ts';
import { isAuthentic } from './authentication.ts';
import { CircuitLevel, type HelloOwner } from './circuit-level.ts';
import type { Context, Refusal } from './context.ts';
import type { IsisCircuitInput, IsisNeighbourView } from './contract.ts';
import { LAN_HELLO_HEADER, P2P_HELLO_HEADER } from './header.ts';
import type { LanHello, OwnHello, P2pHello } from './hello.ts';
import { LanLevel } from './lan.ts';
import { PointToPoint } from './point-to-point.ts';

export interface CircuitOwner {
  /** Who is there, or who is designated, changed: LSPs may have to say so. `isNew`: somebody has to be told all. */
  circuitChanged(at: CircuitLevel, isNew: boolean): void;
  /** It is time to tell a LAN what there is. */
  describe(at: CircuitLevel): void;
}

export class Circuit implements HelloOwner {
  input: IsisCircuitInput;
  readonly number: number;
  readonly levels: readonly CircuitLevel[];
  readonly #context: Context;
  readonly #owner: CircuitOwner;
  readonly #link: PointToPoint | undefined;
  readonly #lan: readonly LanLevel[];

  constructor(context: Context, owner: CircuitOwner, input: IsisCircuitInput, number: number) {
    this.#context = context;
    this.#owner = owner;
    this.input = input;
    this.number = number;
    this.levels = ([1, 2] as const).flatMap((level) => {
      const settings = input.levels[level];
      return settings === undefined ? [] : [new CircuitLevel(context, level, input, settings)];
    });
    const speaks = !input.passive && input.network !== 'loopback' && this.levels.length > 0;
    this.#link = speaks && input.network === 'point-to-point' ? new PointToPoint(context, this) : undefined;
    this.#lan =
      speaks && input.network === 'broadcast' ? this.levels.map((at) => new LanLevel(context, this, at)) : [];
  }

  get name(): string {
    return this.input.name;
  }

  get levelNumbers(): readonly IsisLevel[] {
    return this.levels.map(({ level }) => level);
  }

  get isSettled(): boolean {
    return this.#lan.every(({ isSettled }) => isSettled);
  }

  at(level: IsisLevel): CircuitLevel | undefined {
    return this.levels.find((each) => each.level === level);
  }

  start(): void {
    this.#link?.start();
    for (const lan of this.#lan) lan.start();
  }

  /** Sends at once what waits: the circuit is about to end. */
  flush(): void {
    for (const at of this.levels) at.queue.flush();
  }

  stop(): void {
    this.#link?.stop();
    for (const lan of this.#lan) lan.stop();
    for (const at of this.levels) at.stop();
  }

  /** Takes over settings that make it no other circuit. */
  adjust(input: IsisCircuitInput): void {
    this.input = input;
    for (const at of this.levels) {
      at.input = input;
      at.settings = input.levels[at.level] ?? at.settings;
    }
    this.#link?.adjust();
    for (const lan of this.#lan) lan.adjust();
  }

  /** True for a hello that says what its sender said the last time, and is done with. */
  hearsAgain(hello: Uint8Array, mac: Mac): boolean {
    return this.#link?.hearsAgain(hello, mac) ?? false;
  }

  receiveHello(hello: LanHello | P2pHello, bytes: Uint8Array, mac: Mac): Refusal | undefined {
    const header = hello.type === 'lan-hello' ? LAN_HELLO_HEADER : P2P_HELLO_HEADER;
    if (!isAuthentic(bytes, header, false, this.input.password)) return 'authentication';
    if (this.#link !== undefined) return this.#link.receive(hello, mac, bytes);
    if (hello.type === 'p2p-hello' || this.#lan.length === 0) return 'circuit-kind';
    const lan = this.#lan.find(({ level }) => level === hello.level);
    return lan === undefined ? 'level' : lan.receive(hello, mac);
  }

  views(): readonly IsisNeighbourView[] {
    return [...(this.#link?.views() ?? []), ...this.#lan.flatMap((lan) => lan.views())];
  }

  view({ system, address, state }: Adjacency, level: IsisLevel, dis: boolean): IsisNeighbourView {
    const systemId = system.toString(16).padStart(12, '0');
    return { circuit: this.name, level, systemId, address: address ?? 0, state, dis };
  }

  changed(at: CircuitLevel, isNew: boolean): void {
    this.#owner.circuitChanged(at, isNew);
  }

  describe(at: CircuitLevel): void {
    this.#owner.describe(at);
  }

  /** What hellos of every kind say of us. */
  ownHello(levels: readonly IsisLevel[], holdingTimeS: number): OwnHello {
    const { addresses, password, mtu, padding } = this.input;
    return {
      source: this.#context.system,
      levels,
      holdingTimeS,
      areas: this.#context.settings.areas,
      addresses: addresses.map(({ address }) => address),
      password,
      mtu,
      padding,
    };
  }
}
