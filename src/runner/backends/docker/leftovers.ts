/**
 * Containers that runs left: those with a run's label whose name is of the same run. And images of ours that lost their
 * name to a newer one while containers still used them, once none does.
 */
import { VERSION_LABEL } from '../../image/image.ts';
import { type Leftover, runOfName } from '../leftover.ts';
import { removeContainer } from './containers.ts';
import { answered, connectEngine, type Engine, isNotFound } from './engine.ts';
import { RUN_LABEL } from './settings.ts';

const REACH_LIMIT_MS = 5_000;

export async function leftovers(given?: Engine): Promise<readonly Leftover[]> {
  const engine = given ?? (await connectEngine());
  return [...(await containers(engine)), ...(await images(engine))];
}

async function containers(engine: Engine): Promise<readonly Leftover[]> {
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

async function images(engine: Engine): Promise<readonly Leftover[]> {
  try {
    const filters = { label: [VERSION_LABEL], dangling: ['true'] };
    const [found, containers] = await Promise.all([
      answered('images', engine.listImages({ filters }), REACH_LIMIT_MS),
      answered('containers', engine.listContainers({ all: true }), REACH_LIMIT_MS),
    ]);
    const used = new Set(containers.map(({ ImageID: id }) => id));
    return found.flatMap(({ Id: id, Labels: labels }): readonly Leftover[] => {
      if (used.has(id)) return [];
      const what = `image ${id.replace('sha256:', '').slice(0, 12)} of shadowlab ${labels[VERSION_LABEL]}, which has no name`;
      return [{ what, remove: () => removeImage(engine, id) }];
    });
  } catch {
    return [];
  }
}

/** The engine refuses where it has a name or a container again. */
async function removeImage(engine: Engine, id: string): Promise<void> {
  try {
    await answered('it cannot be removed', engine.getImage(id).remove());
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
