/** What a lab of containers needs besides what every lab does: an engine that answers, and the image. */
import { DEFAULT_IMAGE } from '../../image/image.ts';
import { version } from '../../version.ts';
import * as lab from '../daemons/findings.ts';
import type { Finding } from '../finding.ts';
import { installing } from '../packages.ts';
import type { DockerOptions } from './docker.ts';
import {
  connectEngine,
  type Engine,
  engineVersion,
  imageProblem,
  imageRemedy,
  imageState,
  reasonOf,
  whereIs,
} from './engine.ts';

export async function findings({ image = DEFAULT_IMAGE }: DockerOptions): Promise<readonly Finding[]> {
  return [...(await lab.findings()), ...(await ofEngine(image))];
}

async function ofEngine(image: string): Promise<readonly Finding[]> {
  const engine = await connectEngine();
  try {
    const detail = `${await engineVersion(engine)} at ${whereIs(engine)}`;
    return [{ state: 'ok', what: 'Docker engine', detail }, await ofImage(engine, image)];
  } catch (error) {
    const remedy = `start it, or ${installing({ apt: 'docker.io', dnf: 'moby-engine' })}; DOCKER_HOST says where it is`;
    return [{ state: 'missing', what: 'Docker engine', detail: reasonOf(error), remedy }];
  }
}

async function ofImage(engine: Engine, image: string): Promise<Finding> {
  const what = `image ${image}`;
  try {
    const found = await imageState(engine, image, version);
    const problem = imageProblem(image, version, found);
    if (problem !== undefined) return { state: 'missing', what, detail: problem, remedy: imageRemedy(image) };
    const size = found.state === 'usable' ? `, ${(found.size / 1e6).toFixed(0)} MB` : '';
    return { state: 'ok', what, detail: `of shadowlab ${version}${size}` };
  } catch (error) {
    return { state: 'missing', what, detail: reasonOf(error), remedy: imageRemedy(image) };
  }
}
