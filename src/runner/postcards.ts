/**
 * Collects the routers' postcards over the management network: every second, so that their bounded stores do
 * not run over, and whenever a step wants to know everything up to now.
 */

import { MILLISECOND, SECOND, type TimeNs } from '../world/clock.ts';
import type { Postcard } from '../world/observation.ts';
import type { Lab, RouterHandle } from './lab.ts';
import type { Recorder } from './results/recorder.ts';
import type { Witnesses } from './witnesses.ts';

const EVERY_NS = SECOND;
const REPEAT_NS = 500 * MILLISECOND;
const LIMIT_NS = 30 * SECOND;

/** What is known of one router's batches: see `trace` in the management contract. */
interface Batches {
  readonly handle: RouterHandle;
  /** The batch that comes next. */
  next: number;
  /** When it was asked for first; undefined while it is not. */
  askedNs: TimeNs | undefined;
  /** Everything written before this time has arrived. */
  completeNs: TimeNs;
}

export class PostcardCollector {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #witnesses: Witnesses;
  readonly #routers: readonly Batches[];
  #arrived: Postcard[] = [];

  constructor(lab: Lab, recorder: Recorder, witnesses: Witnesses) {
    this.#lab = lab;
    this.#recorder = recorder;
    this.#witnesses = witnesses;
    this.#routers = [...lab.routers.values()].map((handle) => {
      return { handle, next: 0, askedNs: undefined, completeNs: -1 };
    });
    this.#tick();
  }

  /** Returns when every postcard written before this call is recorded, but for routers that stay silent. */
  async collect(): Promise<void> {
    const { clock } = this.#lab;
    const sinceNs = clock.now();
    const waiting = (): Batches[] => this.#asked().filter(({ completeNs }) => completeNs < sinceNs);
    while (waiting().length > 0 && clock.now() < sinceNs + LIMIT_NS) {
      for (const router of waiting()) this.#ask(router);
      // An answer to a question from before this call does not do: the loop asks again at once.
      const open = waiting().length;
      const answered = (): boolean =>
        waiting().some(({ askedNs }) => askedNs === undefined) || waiting().length < open;
      await this.#lab.runUntil(answered, clock.now() + REPEAT_NS);
    }
    for (const { handle } of waiting()) this.#witnesses.dismiss(handle.name);
    this.#record();
  }

  #asked(): readonly Batches[] {
    return this.#routers.filter(({ handle }) => this.#witnesses.has(handle.name));
  }

  #tick(): void {
    for (const router of this.#asked()) this.#ask(router);
    this.#record();
    this.#lab.clock.after(EVERY_NS, () => this.#tick());
  }

  #ask(router: Batches): void {
    const batch = router.next;
    const askedNs = router.askedNs ?? this.#lab.clock.now();
    router.askedNs = askedNs;
    router.handle.ask({ op: 'trace', batch }, (answer) => {
      if (router.next !== batch || !answer.ok || answer.op !== 'trace') return;
      router.next++;
      router.askedNs = undefined;
      router.completeNs = askedNs;
      this.#arrived.push(...answer.postcards);
      if (answer.dropped > 0) this.#lost(router.handle.name, answer.dropped);
    });
  }

  /** In the order of time; of one time, in the order of the packet's way, which is the order of arrival here. */
  #record(): void {
    const postcards = this.#arrived.sort((a, b) => a.timeNs - b.timeNs);
    this.#arrived = [];
    for (const postcard of postcards)
      this.#recorder.record({ t: postcard.timeNs, fact: 'postcard', ...postcard });
  }

  #lost(router: string, count: number): void {
    this.#recorder.record({
      t: this.#lab.clock.now(),
      fact: 'log',
      level: 'warning',
      source: router,
      text: `${count} postcards were not kept: paths and mixed packets are not complete (trace fewer packets)`,
    });
  }
}
