/**
 * A LAN at one level: everyone who is heard and hears us is a neighbour, and one of all is designated to stand for
 * the LAN as a pseudonode, and to tell all regularly what there is (ISO 10589 8.4).
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import { Adjacency, helloFault, sharesArea } from './adjacency.ts';
import type { CircuitLevel, HelloOwner } from './circuit-level.ts';
import { MAX_ADJACENCIES_PER_CIRCUIT } from './constants.ts';
import { type Context, type Refusal, Repeater } from './context.ts';
import type { IsisNeighbourView } from './contract.ts';
import { encodeLanHello, type LanHello, type LanId } from './hello.ts';
import { formatSystemId } from './ids.ts';

/** Whoever is designated says hello so many times as often: that it is gone is to be noticed soon (8.4.3). */
const DESIGNATED_HELLOS = 3;

export class LanLevel {
  readonly #context: Context;
  readonly #circuit: HelloOwner;
  readonly #at: CircuitLevel;
  readonly #neighbours = new Map<Mac, Adjacency>();
  readonly #hellos: Repeater;
  readonly #csnps: Repeater;
  #waiting: Timer | undefined;

  constructor(context: Context, circuit: HelloOwner, at: CircuitLevel) {
    this.#context = context;
    this.#circuit = circuit;
    this.#at = at;
    this.#hellos = new Repeater(
      context,
      () => this.#helloIntervalS * SECOND,
      () => this.#sendHello(),
    );
    this.#csnps = new Repeater(
      context,
      () => at.settings.csnpIntervalS * SECOND,
      () => circuit.describe(at),
    );
  }

  get level(): IsisLevel {
    return this.#at.level;
  }

  /** Who is designated is known, or nobody is there. */
  get isSettled(): boolean {
    if (this.#waiting !== undefined) return false;
    return (
      this.#at.designated !== undefined || this.#at.adjacencies.every((each) => this.#followsStranger(each))
    );
  }

  /** Whoever comes looks around for two hello intervals before it elects (8.4.5). */
  start(): void {
    this.#hellos.restart();
    this.#sendHello();
    this.#waiting = this.#context.clock.after(2 * this.#at.settings.helloIntervalS * SECOND, () => {
      this.#waiting = undefined;
      this.#elect();
    });
  }

  stop(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
    this.#hellos.stop();
    this.#csnps.stop();
    for (const adjacency of this.#neighbours.values()) adjacency.stop();
    this.#neighbours.clear();
  }

  /** Settings changed: priority or intervals may count, before the next hello of the former interval. */
  adjust(): void {
    this.#hellos.restart();
    if (this.#csnps.isRunning) this.#csnps.restart();
    this.#sendHello();
    this.#elect();
  }

  views(): readonly IsisNeighbourView[] {
    return [...this.#neighbours.values()]
      .sort((a, b) => a.system - b.system)
      .map((each) => this.#circuit.view(each, this.level, each.system === this.#at.designated?.system));
  }

  receive(hello: LanHello, mac: Mac): Refusal | undefined {
    if (mac === this.#circuit.input.mac) return undefined;
    const fault = helloFault(this.#context, hello);
    if (fault !== undefined) return fault;
    let adjacency = this.#neighbours.get(mac);
    if (this.level === 1 && !sharesArea(this.#context, hello.areas)) {
      if (adjacency !== undefined) this.#lose(adjacency, 'no area in common');
      return 'area';
    }
    if (adjacency !== undefined && adjacency.system !== hello.source) {
      this.#lose(adjacency, 'another system at its address');
      adjacency = undefined;
    }
    if (adjacency === undefined) {
      if (this.#neighbours.size >= MAX_ADJACENCIES_PER_CIRCUIT) return 'neighbour';
      const made = new Adjacency(this.#context, hello.source, mac, () =>
        this.#lose(made, 'nothing heard for the holding time'),
      );
      adjacency = made;
      adjacency.levels = [this.level];
      this.#neighbours.set(mac, adjacency);
    }
    const isOther = adjacency.hear(hello, this.#circuit.input.addresses);
    const former = adjacency.state;
    const { priority, lanId } = adjacency;
    adjacency.priority = hello.priority;
    adjacency.lanId = hello.lanId;
    adjacency.state = hello.heard.includes(this.#circuit.input.mac) ? 'Up' : 'Initializing';
    if (former === 'Down') this.#sendHello();
    if (former !== adjacency.state && (former === 'Up' || adjacency.state === 'Up')) this.#changed(adjacency);
    else if (isOther && adjacency.state === 'Up') this.#circuit.changed(this.#at, false);
    const isOtherLan = !sameLan(lanId, hello.lanId);
    if (former !== adjacency.state || priority !== hello.priority || isOtherLan) this.#elect();
    return undefined;
  }

  /** It has designated one that we do not hear, of another area: as long as that is so, nobody stands for us. */
  #followsStranger({ lanId, system }: Adjacency): boolean {
    if (lanId === undefined || lanId.system === system || lanId.system === this.#context.system) return false;
    return !this.#at.adjacencies.some((each) => each.system === lanId.system);
  }

  get #helloIntervalS(): number {
    const { helloIntervalS } = this.#at.settings;
    return this.#at.isDesignated ? helloIntervalS / DESIGNATED_HELLOS : helloIntervalS;
  }

  #lose(adjacency: Adjacency, reason: string): void {
    this.#context.tell(
      'info',
      `${this.#circuit.name}: ${formatSystemId(adjacency.system)} is lost: ${reason}`,
    );
    const wasUp = adjacency.state === 'Up';
    adjacency.stop();
    adjacency.state = 'Down';
    this.#neighbours.delete(adjacency.mac);
    if (wasUp) this.#changed(adjacency);
    this.#sendHello();
    this.#elect();
  }

  #changed(adjacency: Adjacency): void {
    this.#at.adjacencies = [...this.#neighbours.values()]
      .filter(({ state }) => state === 'Up')
      .sort((a, b) => a.system - b.system);
    if (!this.#at.hasNeighbour) this.#at.queue.stop();
    this.#circuit.changed(this.#at, adjacency.state === 'Up');
  }

  /** The highest priority, then the highest MAC; at once when a better one comes (8.4.5). */
  #elect(): void {
    if (this.#waiting !== undefined) return;
    const before = this.#at.designated;
    this.#at.designated = this.#winner();
    if (sameLan(before, this.#at.designated)) return;
    const isDesignated = this.#at.isDesignated;
    this.#hellos.restart();
    if (isDesignated !== this.#csnps.isRunning) {
      if (isDesignated) this.#csnps.restart();
      else this.#csnps.stop();
    }
    this.#sendHello();
    this.#circuit.changed(this.#at, false);
    if (isDesignated) this.#circuit.describe(this.#at);
  }

  #winner(): LanId | undefined {
    if (!this.#at.hasNeighbour) return undefined;
    const own = { priority: this.#at.settings.priority, mac: this.#circuit.input.mac };
    let best: Adjacency | undefined;
    for (const each of this.#at.adjacencies) {
      if (isBetter(each, best ?? own)) best = each;
    }
    if (best === undefined) return { system: this.#context.system, pseudonode: this.#circuit.number };
    // Not elected in its own eyes yet: its pseudonode has no number.
    return best.lanId?.system === best.system && best.lanId.pseudonode !== 0 ? best.lanId : undefined;
  }

  #sendHello(): void {
    const circuit = this.#circuit;
    const at = this.#at;
    const { helloMultiplier, priority } = at.settings;
    const holdingTimeS = Math.max(1, Math.ceil(this.#helloIntervalS * helloMultiplier));
    const hello = circuit.ownHello(circuit.levelNumbers, holdingTimeS);
    const lanId = at.designated ?? { system: this.#context.system, pseudonode: circuit.number };
    const heard = [...this.#neighbours.keys()].sort((a, b) => a - b);
    const bytes = encodeLanHello({ ...hello, level: this.level, priority, lanId }, heard);
    this.#context.transmit(circuit.name, at.destination, bytes);
  }
}

function isBetter(a: { priority: number; mac: Mac }, b: { priority: number; mac: Mac }): boolean {
  return a.priority !== b.priority ? a.priority > b.priority : a.mac > b.mac;
}

function sameLan(a: LanId | undefined, b: LanId | undefined): boolean {
  return a?.system === b?.system && a?.pseudonode === b?.pseudonode;
}
