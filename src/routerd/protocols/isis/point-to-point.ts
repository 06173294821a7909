/**
 * A point-to-point circuit: one neighbour, at one level or both, brought up by a three-way handshake (ISO 10589 8.2,
 * RFC 5303); without that TLV, or where it is switched off, by hearing the neighbour alone.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import type { Mac } from '../../../net/address.ts';
import { equalBytes } from '../../../net/bytes.ts';
import { SECOND } from '../../../world/clock.ts';
import { Adjacency, helloFault, sharesArea } from './adjacency.ts';
import type { CircuitLevel, HelloOwner } from './circuit-level.ts';
import { ALL_SYSTEMS } from './constants.ts';
import { type Context, type Refusal, Repeater } from './context.ts';
import type { IsisNeighbourView } from './contract.ts';
import { encodeP2pHello, type LanHello, type P2pHello, type ThreeWay, type ThreeWayState } from './hello.ts';
import { formatSystemId } from './ids.ts';

export class PointToPoint {
  readonly #context: Context;
  readonly #circuit: HelloOwner;
  readonly #hellos: Repeater;
  #adjacency: Adjacency | undefined;
  /** The neighbour's last hello, once all is settled: the same bytes say nothing new. */
  #heard: Uint8Array | undefined;
  /** Our last one, and of what it was made; a hello of every few seconds is as long as the link can carry. */
  #said: { readonly hello: Uint8Array; readonly threeWay: ThreeWay | undefined } | undefined;

  constructor(context: Context, circuit: HelloOwner) {
    this.#context = context;
    this.#circuit = circuit;
    this.#hellos = new Repeater(
      context,
      () => this.#timers().intervalS * SECOND,
      () => this.#sendHello(),
    );
  }

  /** A hello at once, and from then on by the interval. */
  start(): void {
    this.#hellos.restart();
    this.#sendHello();
  }

  stop(): void {
    this.#hellos.stop();
    this.#adjacency?.stop();
    this.#adjacency = undefined;
    this.#heard = undefined;
  }

  /** Settings changed: the neighbour may have to know. */
  adjust(): void {
    this.#heard = undefined;
    this.#said = undefined;
    this.#hellos.restart();
    this.#sendHello();
  }

  views(): readonly IsisNeighbourView[] {
    const adjacency = this.#adjacency;
    if (adjacency === undefined) return [];
    return adjacency.levels.map((level) => this.#circuit.view(adjacency, level, false));
  }

  /** True for a hello that is the last one over again, which keeps the adjacency and changes nothing. */
  hearsAgain(hello: Uint8Array, mac: Mac): boolean {
    const adjacency = this.#adjacency;
    if (this.#heard === undefined || adjacency?.mac !== mac || !equalBytes(this.#heard, hello)) return false;
    adjacency.hearAgain();
    return true;
  }

  receive(hello: LanHello | P2pHello, mac: Mac, bytes: Uint8Array): Refusal | undefined {
    this.#heard = undefined;
    if (hello.type !== 'p2p-hello') return 'circuit-kind';
    const fault = helloFault(this.#context, hello);
    if (fault !== undefined) return fault;
    const levels = this.#levelsWith(hello);
    if (levels.length === 0) {
      this.#lose('no level in common');
      return hello.levels.includes(1) ? 'area' : 'level';
    }
    let adjacency = this.#adjacency;
    if (adjacency !== undefined && adjacency.system !== hello.source) {
      // Another one on a link for two: whoever is up stays as long as it is heard.
      if (adjacency.state === 'Up') {
        this.#context.tell(
          'warning',
          `${this.#circuit.name} is point-to-point, and has more than one neighbour`,
        );
        return 'neighbour';
      }
      this.#lose('another neighbour');
      adjacency = undefined;
    }
    const state = this.#stateAfter(adjacency?.state ?? 'Down', hello.threeWay);
    if (state === undefined) return 'three-way';
    if (state === 'Down') {
      this.#lose('the neighbour began anew');
      this.#sendHello();
      return undefined;
    }
    adjacency ??= new Adjacency(this.#context, hello.source, mac, () =>
      this.#lose('nothing heard for the holding time'),
    );
    this.#adjacency = adjacency;
    const isOther = adjacency.hear(hello, this.#circuit.input.addresses);
    const former = { state: adjacency.state, levels: adjacency.levels.join() };
    adjacency.circuit = hello.threeWay?.circuit;
    adjacency.state = state;
    adjacency.levels = levels;
    if (former.state !== state) this.#sendHello();
    const isSettled = former.state === state && former.levels === levels.join() && !isOther;
    if (!isSettled) this.#tell(adjacency, former.state);
    else if (state === 'Up' && adjacency.mac === mac) this.#heard = bytes.slice();
    return undefined;
  }

  /** RFC 5303 3.2; undefined where the neighbour talks to somebody else. */
  #stateAfter(state: ThreeWayState, theirs: ThreeWay | undefined): ThreeWayState | undefined {
    if (theirs === undefined || !this.#circuit.input.threeWay) return 'Up';
    if (theirs.neighbour !== undefined) {
      const isOther =
        theirs.neighbour !== this.#context.system || theirs.neighbourCircuit !== this.#circuit.number;
      if (isOther) return undefined;
    }
    switch (theirs.state) {
      case 'Down':
        return 'Initializing';
      case 'Initializing':
        return 'Up';
      case 'Up':
        return state === 'Down' ? 'Down' : 'Up';
    }
  }

  /** 8.2.4.2: level 1 within an area, level 2 with anyone who has it. */
  #levelsWith(hello: P2pHello): readonly IsisLevel[] {
    return this.#circuit.levelNumbers.filter(
      (level) => hello.levels.includes(level) && (level === 2 || sharesArea(this.#context, hello.areas)),
    );
  }

  #lose(reason: string): void {
    const adjacency = this.#adjacency;
    if (adjacency === undefined) return;
    this.#context.tell(
      'info',
      `${this.#circuit.name}: ${formatSystemId(adjacency.system)} is lost: ${reason}`,
    );
    const former = adjacency.state;
    adjacency.stop();
    adjacency.state = 'Down';
    this.#adjacency = undefined;
    this.#heard = undefined;
    this.#sendHello();
    this.#tell(adjacency, former);
  }

  #tell(adjacency: Adjacency, former: ThreeWayState): void {
    if (former !== 'Up' && adjacency.state !== 'Up') return;
    for (const at of this.#circuit.levels) this.#tellLevel(at, adjacency);
  }

  #tellLevel(at: CircuitLevel, adjacency: Adjacency): void {
    const wasUp = at.adjacencies.length > 0;
    const isUp = adjacency.isUp(at.level);
    at.adjacencies = isUp ? [adjacency] : [];
    if (wasUp && !isUp) at.queue.stop();
    if (wasUp || isUp) this.#circuit.changed(at, isUp && !wasUp);
  }

  /** A hello stands for both levels: the shorter interval, and the longer holding time. */
  #timers(): { readonly intervalS: number; readonly holdingTimeS: number } {
    const all = this.#circuit.levels.map(({ settings }) => settings);
    const intervalS = Math.min(...all.map((each) => each.helloIntervalS));
    return {
      intervalS,
      holdingTimeS: Math.max(...all.map((each) => each.helloIntervalS * each.helloMultiplier)),
    };
  }

  #sendHello(): void {
    const { input, number } = this.#circuit;
    const adjacency = this.#adjacency;
    const threeWay: ThreeWay | undefined = input.threeWay
      ? {
          state: adjacency?.state ?? 'Down',
          circuit: number,
          ...(adjacency?.circuit !== undefined && {
            neighbour: adjacency.system,
            neighbourCircuit: adjacency.circuit,
          }),
        }
      : undefined;
    if (this.#said === undefined || !isSameThreeWay(this.#said.threeWay, threeWay)) {
      const hello = this.#circuit.ownHello(this.#circuit.levelNumbers, this.#timers().holdingTimeS);
      this.#said = { hello: encodeP2pHello({ ...hello, circuit: number }, threeWay).slice(), threeWay };
    }
    this.#context.transmit(input.name, ALL_SYSTEMS, this.#said.hello);
  }
}

function isSameThreeWay(a: ThreeWay | undefined, b: ThreeWay | undefined): boolean {
  return (
    a?.state === b?.state &&
    a?.circuit === b?.circuit &&
    a?.neighbour === b?.neighbour &&
    a?.neighbourCircuit === b?.neighbourCircuit
  );
}
