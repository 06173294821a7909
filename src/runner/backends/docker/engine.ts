/** The Docker engine: reached where DOCKER_HOST says, or at its usual socket; what it answers, in bounded time. */
import type Dockerode from 'dockerode';
import { DEFAULT_IMAGE, VERSION_LABEL } from '../../image/image.ts';
import { LabError } from '../../lab.ts';

export type Engine = Dockerode;

/** What is asked of an engine that does answer is answered within this, even by one that is busy. */
const LIMIT_MS = 30_000;
const REACH_LIMIT_MS = 5_000;

/** Its library is large, and only loaded where it is needed. Nothing is asked of the engine yet. */
export async function connectEngine(): Promise<Engine> {
  const { default: Docker } = await import('dockerode');
  return new Docker();
}

/** Where it is, for people. */
export function whereIs({ modem }: Engine): string {
  const { host, port, socketPath }: { readonly [key: string]: unknown } = { ...modem };
  if (typeof host === 'string') return port === undefined ? host : `${host}:${port}`;
  return typeof socketPath === 'string' ? socketPath : '/var/run/docker.sock';
}

/**
 * What the engine answers; rejects with a LabError that begins with `what` where it refuses, or says nothing for so
 * long.
 */
export async function answered<Answer>(
  what: string,
  answer: Promise<Answer>,
  limitMs = LIMIT_MS,
): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const limit = setTimeout(
    () => late.reject(new Error(`the engine does not answer for ${limitMs / 1000} s`)),
    limitMs,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } catch (error) {
    throw new LabError(`${what}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

/** Did the engine say that there is no such thing? */
export function isNotFound(error: unknown): boolean {
  const cause = error instanceof LabError ? error.cause : error;
  return cause instanceof Error && 'statusCode' in cause && cause.statusCode === 404;
}

/** The engine's version. Rejects with LabError. */
export async function engineVersion(engine: Engine): Promise<string> {
  const what = `the Docker engine at ${whereIs(engine)} is not reached`;
  return (await answered(what, engine.version(), REACH_LIMIT_MS)).Version;
}

export type ImageState =
  | { readonly state: 'usable'; readonly id: string; readonly size: number }
  | { readonly state: 'absent' }
  | { readonly state: 'other'; readonly version: string | undefined };

/** Is the image there, and made for this version of the program? Rejects with LabError. */
export async function imageState(engine: Engine, image: string, version: string): Promise<ImageState> {
  try {
    const what = `the image ${image} cannot be looked at`;
    const { Id: id, Size: size, Config: config } = await answered(what, engine.getImage(image).inspect());
    const found = config.Labels?.[VERSION_LABEL];
    return found === version ? { state: 'usable', id, size } : { state: 'other', version: found };
  } catch (error) {
    if (isNotFound(error)) return { state: 'absent' };
    throw error;
  }
}

/** What is wrong with it; undefined where nothing is. */
export function imageProblem(image: string, version: string, state: ImageState): string | undefined {
  switch (state.state) {
    case 'usable':
      return undefined;
    case 'absent':
      return `there is no image ${image}`;
    case 'other':
      return state.version === undefined
        ? `the image ${image} is not one of shadowlab's`
        : `the image ${image} is of shadowlab ${state.version}, this is ${version}`;
  }
}

/** The command that makes it. */
export function imageRemedy(image: string): string {
  return image === DEFAULT_IMAGE ? 'shadowlab image build' : `shadowlab image build --tag ${image}`;
}
