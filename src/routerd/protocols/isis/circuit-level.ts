/** A circuit at one of its levels: what the update process and the LSPs of that level need of it. */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import type { Adjacency } from './adjacency.ts';
import { ALL_LEVEL_1, ALL_LEVEL_2, ALL_SYSTEMS } from './constants.ts';
import type { Context } from './context.ts';
import type { IsisCircuitInput, IsisCircuitLevel, IsisNeighbourView } from './contract.ts';
import type { FloodingCircuit } from './flooding.ts';
import type { LanId, OwnHello } from './hello.ts';
import { type QueueOwner, UpdateQueue } from './update-queue.ts';

export class CircuitLevel implements QueueOwner, FloodingCircuit {
  readonly level: IsisLevel;
  readonly queue: UpdateQueue;
  readonly #context: Context;
  /** That are up at the level. */
  adjacencies: readonly Adjacency[] = [];
  /** On a LAN: whose pseudonode stands for it; undefined until somebody is elected. */
  designated: LanId | undefined;
  input: IsisCircuitInput;
  settings: IsisCircuitLevel;

  constructor(context: Context, level: IsisLevel, input: IsisCircuitInput, settings: IsisCircuitLevel) {
    this.#context = context;
    this.level = level;
    this.input = input;
    this.settings = settings;
    this.queue = new UpdateQueue(context, this);
  }

  get name(): string {
    return this.input.name;
  }

  get isPointToPoint(): boolean {
    return this.input.network === 'point-to-point';
  }

  /** RFC 5309 4.1: point-to-point circuits have a group of their own. */
  get destination(): Mac {
    if (this.isPointToPoint) return ALL_SYSTEMS;
    return this.level === 1 ? ALL_LEVEL_1 : ALL_LEVEL_2;
  }

  get mtu(): number {
    return this.input.mtu;
  }

  get psnpIntervalS(): number {
    return this.settings.psnpIntervalS;
  }

  get hasNeighbour(): boolean {
    return this.adjacencies.length > 0;
  }

  get isDesignated(): boolean {
    return this.designated?.system === this.#context.system;
  }

  get asks(): boolean {
    return !this.isDesignated;
  }

  stop(): void {
    this.queue.stop();
    this.adjacencies = [];
    this.designated = undefined;
  }
}

/** A circuit as those see it who say hello on it: point-to-point.ts, lan.ts. */
export interface HelloOwner {
  readonly name: string;
  readonly input: IsisCircuitInput;
  /** The local circuit ID: of a LAN also the number of its pseudonode where we are designated. */
  readonly number: number;
  readonly levels: readonly CircuitLevel[];
  readonly levelNumbers: readonly IsisLevel[];
  /** Who is there, or who is designated, changed. `isNew`: somebody is to be told all. */
  changed(at: CircuitLevel, isNew: boolean): void;
  /** It is time to tell a LAN what there is. */
  describe(at: CircuitLevel): void;
  /** What hellos of every kind say of us. */
  ownHello(levels: readonly IsisLevel[], holdingTimeS: number): OwnHello;
  view(adjacency: Adjacency, level: IsisLevel, dis: boolean): IsisNeighbourView;
}
