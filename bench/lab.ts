/** Networks to measure, as labs of the embedded backend: whole routers, real frames, a management network. */
import { existsSync } from 'node:fs';
import { formatConfig } from '../src/config/writer.ts';
import type { Plane } from '../src/net/wire.ts';
import { askAll } from '../src/runner/ask.ts';
import { embedded } from '../src/runner/backends/embedded/embedded.ts';
import type { Experiment } from '../src/runner/experiment/resolved.ts';
import { SourceText } from '../src/runner/experiment/source-text.ts';
import type { Assembled } from '../src/runner/experiment/topology/assemble.ts';
import {
  type ResolvedTopology,
  resolveTopology,
  resolveTopologyFile,
  resolveTopologyText,
} from '../src/runner/experiment/topology/topology.ts';
import { YamlDocument } from '../src/runner/experiment/yaml-document.ts';
import { type Lab, LabError, type LogSink } from '../src/runner/lab.ts';
import { MILLISECOND } from '../src/world/clock.ts';
import { seededRandom } from '../src/world/random.ts';
import { deployment } from '../test/support/deployment.ts';

const TAGS = { real: 1, shadow: 2 } as const;

/** The network of a file; undefined where there is no such file. */
export function networkOf(file: string): Assembled | undefined {
  return existsSync(file) ? resolved(resolveTopologyFile(file)) : undefined;
}

/** The same, and its routers speak IS-IS of level 2 where the file's would speak OSPF. */
export function networkOfIsis(file: string): Assembled | undefined {
  if (!existsSync(file)) return undefined;
  const text = `topology: { file: ${file}, isis: { level: 2 } }`;
  const document = YamlDocument.parse(new SourceText('bench.yaml', text));
  return resolved(resolveTopology(document, ['topology']));
}

/** `width` x `height` routers, each joined to those beside it. */
export function gridNetwork(width: number, height: number): Assembled {
  const links: Pair[] = [];
  for (let at = 0; at < width * height; at++) {
    if (at % width < width - 1) links.push([at, at + 1]);
    if (at + width < width * height) links.push([at, at + width]);
  }
  return network('grid', width * height, links);
}

/** A random tree, so that it is connected, and random links on top, `degree` link ends a router on average. */
export function randomNetwork(routers: number, degree: number): Assembled {
  const random = seededRandom(1, 'random network');
  const pick = (below: number): number => Math.floor(random.next() * below);
  const links: Pair[] = [];
  for (let at = 1; at < routers; at++) links.push([at, pick(at)]);
  while (links.length < (routers * degree) / 2) {
    const [a, b] = [pick(routers), pick(routers)];
    if (a !== b) links.push([a, b]);
  }
  return network('random', routers, links);
}

/** The same configurations in both planes, and nothing that happens by itself. */
export function experimentOn({ topology, real }: Assembled): Experiment {
  return {
    name: 'bench',
    description: '',
    file: 'bench',
    seed: 1,
    topology,
    configs: [...real]
      .map(([router, config]) => ({ router, real: config, shadow: config }))
      .sort((a, b) => (a.router < b.router ? -1 : 1)),
    routers: { fibUpdateNs: 0 },
    management: { delayNs: 5 * MILLISECOND, jitterNs: 0, loss: 0, unreachable: [] },
    flows: [],
    steps: [],
    captures: [],
  };
}

/** A lab whose routers have their configurations, in both planes unless told otherwise, and have just begun to talk. */
export async function startLab(
  experiment: Experiment,
  log: LogSink = () => undefined,
  planes: readonly Plane[] = ['real', 'shadow'],
): Promise<Lab> {
  const lab = await embedded.deploy(experiment, deployment({ log }));
  const configs = new Map(experiment.configs.map((entry) => [entry.router, entry]));
  for (const plane of planes) {
    await askAll<'load'>(lab, [...configs.keys()], (router) => {
      const config = configs.get(router)?.[plane];
      if (config === undefined) throw new LabError(`router ${router} has no configuration`);
      return { op: 'load', plane, config: formatConfig(config), tag: TAGS[plane] };
    });
  }
  return lab;
}

type Pair = readonly [number, number];

/** Every link with a metric of its own, 1 .. 100. */
function network(name: string, routers: number, links: readonly Pair[]): Assembled {
  const random = seededRandom(1, 'metrics');
  const text = [
    `name: ${name}`,
    'nodes:',
    ...Array.from({ length: routers }, (_, at) => `  r${at}: {}`),
    'links:',
    ...links.map(
      ([a, b]) => `  - { endpoints: [r${a}, r${b}], metric: ${1 + Math.floor(random.next() * 100)} }`,
    ),
  ].join('\n');
  return resolved(resolveTopologyText(new SourceText(`${name}.yaml`, text)));
}

function resolved({ resolved: assembled, problems }: ResolvedTopology): Assembled {
  if (assembled !== undefined) return assembled;
  throw new Error(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
}
