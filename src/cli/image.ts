/** `shadowlab image build`: the image that containers of routers and hosts are made of. */

import { Command } from 'commander';
import { connectEngine } from '../runner/backends/docker/engine.ts';
import { buildImage, DEFAULT_IMAGE } from '../runner/image/image.ts';
import { version } from './version.ts';

interface Options {
  readonly tag: string;
  readonly with: readonly string[];
}

export function imageCommand(): Command {
  const build = new Command('build')
    .description("make the image from this machine's own Node and programs: no registry, no network")
    .option('--tag <name>', "the image's name", DEFAULT_IMAGE)
    .option('--with <program...>', 'further programs of this machine for hosts, by name or path', [])
    .action(async (options: Options) => {
      const { size, missing } = await buildImage(await connectEngine(), {
        name: options.tag,
        version,
        programs: options.with,
      });
      console.log(`${options.tag}: ${(size / 1e6).toFixed(1)} MB`);
      if (missing.length > 0) console.log(`without ${missing.join(', ')}: this machine does not have them`);
    });
  return new Command('image').description('the image of routers and hosts for containers').addCommand(build);
}
