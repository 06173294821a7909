/** What has to be undone: registered before it is done, carried out in reverse order, however far things had come. */
import { LabError } from '../../lab.ts';

export class Undo {
  readonly #actions: (() => void | Promise<void>)[] = [];

  add(action: () => void | Promise<void>): void {
    this.#actions.push(action);
  }

  /** Each of them once, whatever becomes of the others. Rejects with a LabError that says what could not be undone. */
  async all(): Promise<void> {
    const reasons: string[] = [];
    for (let action = this.#actions.pop(); action !== undefined; action = this.#actions.pop()) {
      try {
        await action();
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (reasons.length > 0) throw new LabError(reasons.join('; '));
  }

  /** Nothing is undone any more. */
  forget(): void {
    this.#actions.length = 0;
  }
}
