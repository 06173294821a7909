/** Containers that runs left: those with a run's label whose name is of the same run. */
import { type Leftover, runOfName } from '../leftover.ts';
import { removeContainer } from './containers.ts';
import { answered, connectEngine, type Engine } from './engine.ts';
import { RUN_LABEL } from './settings.ts';

const REACH_LIMIT_MS = 5_000;

export async function leftovers(given?: Engine): Promise<readonly Leftover[]> {
  const engine = given ?? (await connectEngine());
  try {
    const filters = { label: [RUN_LABEL] };
    const found = await answered('containers', engine.listContainers({ all: true, filters }), REACH_LIMIT_MS);
    return found.flatMap(({ Id: id, Names: names, Labels: labels, State: state }): readonly Leftover[] => {
      const name = names[0]?.replace(/^\//, '') ?? '';
      const run = runOfName(name);
      if (run === undefined || labels[RUN_LABEL] !== run) return [];
      const remove = (): Promise<void> =>
        answered(`container ${name} cannot be removed`, removeContainer(engine, id));
      return [{ run, what: `container ${name} (${state})`, remove }];
    });
  } catch {
    // No engine, so none of its containers.
    return [];
  }
}
