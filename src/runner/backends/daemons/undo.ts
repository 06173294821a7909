/** What has to be undone: registered before it is done, carried out in reverse order, however far things had come. */
import { messageOf } from '../../../world/message-of.ts';
import { type Deployment, LabError } from '../../lab.ts';

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
        reasons.push(messageOf(error));
      }
    }
    if (reasons.length > 0) throw new LabError(reasons.join('; '));
  }

  /** Nothing is undone any more. */
  forget(): void {
    this.#actions.length = 0;
  }
}

/**
 * What `build` makes. Where it fails, all that it registered is undone; rejects then with its reason, and what could not
 * be undone.
 */
export async function orUndo<Made>(
  { id }: Pick<Deployment, 'id'>,
  build: (undo: Undo) => Promise<Made>,
): Promise<Made> {
  const undo = new Undo();
  try {
    return await build(undo);
  } catch (error) {
    await undo.all().catch((trouble: unknown) => {
      const [why, left] = [error, trouble].map(messageOf);
      throw new LabError(`${why}; ${left} (shadowlab clean --run ${id} removes what is left)`);
    });
    throw error;
  }
}
