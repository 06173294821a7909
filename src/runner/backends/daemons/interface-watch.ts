/**
 * Are the lab's interfaces still there? A daemon waits for one that went away to come back, as a router does; but
 * nobody brings back the wires of a lab, so it cannot go on. Machines are looked at one after the other, each once a
 * second.
 */
import { present } from '../../../routerd/daemon/interfaces.ts';
import { type Clock, SECOND, type Timer } from '../../../world/clock.ts';
import { Namespace } from './namespace.ts';
import type { Machine } from './plan.ts';

const EVERY_NS = SECOND;

interface Watched {
  readonly machine: Machine;
  readonly namespace: Namespace;
}

export class InterfaceWatch {
  readonly #clock: Clock;
  readonly #watched: Watched[] = [];
  #next = 0;
  #timer: Timer | undefined;
  #failure: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Which is gone, in words. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Throws LabError where one of the namespaces cannot be entered. `netnsOf`: the path of a machine's. */
  start(machines: readonly Machine[], netnsOf: (machine: string) => string): void {
    for (const machine of machines) {
      this.#watched.push({ machine, namespace: new Namespace(netnsOf(machine.name)) });
    }
    this.#later();
  }

  close(): void {
    this.#timer?.cancel();
    for (const { namespace } of this.#watched.splice(0)) namespace.close();
  }

  #later(): void {
    this.#timer = this.#clock.after(EVERY_NS / this.#watched.length, () => this.#look());
  }

  #look(): void {
    const { machine, namespace } = this.#watched[this.#next];
    this.#next = (this.#next + 1) % this.#watched.length;
    const there = namespace.inside(present);
    const gone = interfacesOf(machine).find((name) => !there.includes(name));
    if (gone === undefined) this.#later();
    else this.#failure = `the interface ${gone} of ${machine.kind} ${machine.name} is gone`;
  }
}

function interfacesOf(machine: Machine): readonly string[] {
  return machine.kind === 'host' ? [machine.interface] : machine.interfaces;
}
