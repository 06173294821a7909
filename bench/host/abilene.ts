/**
 * A whole network, from nothing until it is gone again: Abilene with a host behind every router, one-second hellos, in
 * every backend that this machine has, and FRR on the same network beside them, in turn. converging.ts says what counts
 * as reached.
 */
import type { BackendName } from '../../src/runner/backends/backends.ts';
import { inWords } from '../../src/runner/backends/finding.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import type { Backend } from '../../src/runner/lab.ts';
import { version } from '../../src/runner/version.ts';
import { TestEngine } from '../../test/host/engine.ts';
import { frrObstacle } from '../../test/host/interop/frr-daemons.ts';
import { type Figure, figureCells, median, table } from '../figure.ts';
import { experimentOn, networkOf } from '../lab.ts';
import { builtBackends, builtImage } from './built.ts';
import type { Circumstances } from './circumstances.ts';
import type { Phases } from './converging.ts';
import { measureFrr } from './frr.ts';
import { measureOurs } from './ours.ts';

const ABILENE = 'experiments/topologies/abilene.yaml';

interface Contender {
  readonly name: string;
  /** Seconds for all of it. */
  readonly goal?: number;
  readonly measure: (experiment: Experiment, signal: AbortSignal) => Promise<Phases>;
}

const GOALS: Readonly<Partial<Record<string, number>>> = { netns: 15, docker: 40 };

/** As Markdown: what is measured by who, and a line for each that cannot be measured here. */
export async function measureAbilene(circumstances: Circumstances): Promise<string> {
  const engine = TestEngine.obstacle() === undefined ? await startEngine() : undefined;
  try {
    return await measureHere(circumstances);
  } finally {
    await engine?.stop();
  }
}

/** A Docker engine for this alone, with our image in it, whatever else the machine has. */
async function startEngine(): Promise<TestEngine> {
  const engine = await TestEngine.start();
  process.env.DOCKER_HOST = engine.host;
  const { buildImage, DEFAULT_IMAGE } = await builtImage();
  await buildImage(engine.client, { name: DEFAULT_IMAGE, version, programs: [] });
  return engine;
}

async function measureHere({ rounds, signal }: Circumstances): Promise<string> {
  const network = networkOf(ABILENE);
  if (network === undefined) throw new Error(`there is no ${ABILENE} here: run it in the repository`);
  const experiment = experimentOn(network);
  const { contenders, skipped } = await contendersHere();
  const results = new Map(contenders.map(({ name }) => [name, [] as Phases[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of contenders) {
      const phases = await measure(experiment, signal);
      results.get(name)?.push(phases);
      console.error(`${name}: ${JSON.stringify(phases, rounded)}`);
    }
  }
  const columns = contenders.map(({ name, goal }) => figuresOf(results.get(name) ?? [], goal));
  const rows = (columns[0] ?? []).map(({ name }, row) => [
    name,
    ...columns.map((column) => cell(column[row])),
  ]);
  return [table([['', ...contenders.map(({ name }) => name)], ...rows]), ...skipped].join('\n\n');
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}

async function contendersHere(): Promise<{
  readonly contenders: readonly Contender[];
  readonly skipped: readonly string[];
}> {
  const contenders: Contender[] = [];
  const skipped: string[] = [];
  const { BACKENDS, backendNamed, findingsOf } = await builtBackends();
  for (const name of BACKENDS.filter((backend) => backend !== 'embedded')) {
    const missing = (await findingsOf(name, {})).filter(({ state }) => state === 'missing');
    if (missing.length > 0) skipped.push(`${name} skipped: ${missing.map(inWords).join('; ')}`);
    else contenders.push(ours(name, await backendNamed(name, {})));
  }
  const obstacle = frrObstacle();
  if (obstacle === undefined) contenders.push({ name: 'FRR, one plane', measure: measureFrr });
  else skipped.push(`FRR skipped: ${obstacle}`);
  return { contenders, skipped };
}

function ours(name: BackendName, backend: Backend): Contender {
  const goal = GOALS[name];
  return {
    name: `ours, ${name}`,
    ...(goal !== undefined && { goal }),
    measure: (experiment, signal) => measureOurs(backend, experiment, signal),
  };
}

function figuresOf(rounds: readonly Phases[], goal: number | undefined): readonly Figure[] {
  const seconds = (name: string, of: (phases: Phases) => number): Figure => ({
    name,
    value: median(rounds.map(of)),
    unit: 's',
  });
  const all = seconds('**all of it**', ({ judged, destroyed }) => judged + destroyed);
  return [
    seconds('deployed after', ({ deployed }) => deployed),
    seconds('every route in every FIB after', ({ complete }) => complete),
    seconds("that, since the first daemon's start", ({ daemons }) => daemons),
    seconds('converged, as the runner judges, after', ({ judged }) => judged),
    seconds('destroyed in', ({ destroyed }) => destroyed),
    { ...all, ...(goal !== undefined && { goal: { atMost: goal } }) },
    { name: 'a router, resident', value: median(rounds.map(({ router }) => router.residentMb)), unit: 'MB' },
    { name: 'of it private', value: median(rounds.map(({ router }) => router.privateMb)), unit: 'MB' },
    {
      name: 'a router at rest, of a core (%)',
      value: median(rounds.map(({ router }) => 100 * router.idleShare)),
      unit: '',
    },
  ];
}

function cell(figure: Figure): string {
  const [, value, goal, met] = figureCells(figure);
  return goal === '' ? value : `${value} (goal ${goal}: ${met})`;
}
