/**
 * The image that containers of routers and hosts are made of, from this machine's own Node and files: no registry is
 * asked and nothing is fetched, for routers in laboratories are often offline. The files go into a tar archive in
 * memory, and that into the engine as `docker import` would do it.
 */
import { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { messageOf } from '../../world/message-of.ts';
import { LabError } from '../lab.ts';
import { imageContents } from './contents.ts';
import { tarOf } from './tar.ts';

export const DEFAULT_IMAGE = 'shadowlab';
/** On the image: the version of the program that it is for. */
export const VERSION_LABEL = 'shadowlab.version';

/** A registry with its port, a path, a tag. */
const IMAGE_NAME = /^((?:[a-z0-9.-]+:\d+\/)?[a-z0-9][a-z0-9._/-]*)(?::(\w[\w.-]{0,127}))?$/;

export interface BuildOptions {
  /** The image's name, with or without a tag. */
  readonly name: string;
  readonly version: string;
  /** Further programs of this machine for hosts, by name or path. */
  readonly programs: readonly string[];
}

export interface BuiltImage {
  readonly id: string;
  /** Bytes, as the engine counts them. */
  readonly size: number;
  /** Programs for hosts that are not in it, because this machine does not have them. */
  readonly missing: readonly string[];
}

/** Takes the place of the image that had the name. Rejects with LabError. */
export async function buildImage(engine: Dockerode, options: BuildOptions): Promise<BuiltImage> {
  const { repository, tag } = parseImageName(options.name);
  const before = await idOf(engine, options.name);
  const { entries, missing } = await imageContents(options.programs);
  try {
    const stream = await engine.importImage(Readable.from(tarOf(entries)), {
      repo: repository,
      tag,
      message: 'shadowlab image build',
      changes: [`LABEL ${VERSION_LABEL}=${options.version}`, 'ENV PATH=/usr/bin', 'CMD ["sh"]'],
    });
    await finished(engine, stream);
    const { Id: id, Size: size } = await engine.getImage(options.name).inspect();
    // The one that lost its name, unless containers still use it.
    if (before !== undefined && before !== id)
      await engine
        .getImage(before)
        .remove()
        .catch(() => {});
    return { id, size, missing };
  } catch (error) {
    throw new LabError(`the image cannot be built: ${messageOf(error)}`);
  }
}

/** `registry:5000/team/shadowlab:lab` is repository and tag; the tag is `latest` where there is none. */
export function parseImageName(name: string): { readonly repository: string; readonly tag: string } {
  const [, repository, tag = 'latest'] = IMAGE_NAME.exec(name) ?? [];
  if (repository === undefined) {
    throw new LabError(`"${name}" is no name of an image, such as shadowlab or shadowlab:lab`);
  }
  return { repository, tag };
}

async function idOf(engine: Dockerode, name: string): Promise<string | undefined> {
  try {
    return (await engine.getImage(name).inspect()).Id;
  } catch {
    return undefined;
  }
}

/** Until the engine has taken all of it. */
function finished(engine: Dockerode, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.modem.followProgress(
      stream,
      (error: Error | null, lines: readonly { readonly error?: string }[]) => {
        const failure = error?.message ?? lines.find((line) => line.error !== undefined)?.error;
        if (failure === undefined) resolve();
        else reject(new Error(failure));
      },
    );
  });
}
