/**
 * The routers that tell what they see. One that does not answer its management is asked no more, and a fact says
 * so: the run goes on to its end, and what cannot be known of that router is not guessed.
 */
import type { ManagementRequest } from '../routerd/management/contract.ts';
import { type Answer, askThoseWhoAnswer, type RequestOf } from './ask.ts';
import type { Lab } from './lab.ts';
import type { Recorder } from './results/recorder.ts';

export class Witnesses {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #names: Set<string>;

  constructor(lab: Lab, recorder: Recorder) {
    this.#lab = lab;
    this.#recorder = recorder;
    this.#names = new Set(lab.routers.keys());
  }

  /** In the order of the lab. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  has(router: string): boolean {
    return this.#names.has(router);
  }

  /** Of `routers` those that are still asked, and their answers. Throws LabError where one refuses. */
  async ask<Op extends ManagementRequest['op']>(
    routers: readonly string[],
    requestOf: (router: string) => RequestOf<Op>,
  ): Promise<ReadonlyMap<string, Answer<Op>>> {
    const asked = routers.filter((router) => this.#names.has(router));
    const answers = await askThoseWhoAnswer<Op>(this.#lab, asked, requestOf);
    for (const router of asked) if (!answers.has(router)) this.dismiss(router);
    return answers;
  }

  /** The router has kept silent. */
  dismiss(router: string): void {
    if (this.#names.delete(router))
      this.#recorder.record({ t: this.#lab.clock.now(), fact: 'silent', router });
  }
}
