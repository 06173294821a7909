/**
 * GitHub's runner, as far as a composite action can tell: its steps in order, in bash as GitHub calls it, with the files
 * and variables that it sets. Steps by other actions are not run; what the one that keeps artifacts would keep is told.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import type { Repository } from './repository.ts';

export interface Action {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly ActionStep[] };
}

export interface ActionStep {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

export interface JobResult {
  readonly succeeded: boolean;
  /** The action's own output. */
  readonly exitCode: string | undefined;
  readonly summary: string;
  readonly log: string;
  /** Files that would be kept, relative to what is kept. */
  readonly artifact: readonly string[];
}

export function readAction(file: string): Action {
  return parse(readFileSync(file, 'utf8'));
}

/** Runs the action of a job's folder. `path` comes before all others in PATH. */
export async function runAction(
  repository: Repository,
  folder: string,
  given: Readonly<Record<string, string>>,
  path: readonly string[] = [],
): Promise<JobResult> {
  const action = readAction(join(folder, '.github/actions/shadowlab/action.yml'));
  const inputs = new Map(Object.entries(action.inputs).map(([name, input]) => [name, input.default]));
  for (const [name, value] of Object.entries(given)) {
    if (!inputs.has(name)) throw new Error(`the action has no input ${name}`);
    inputs.set(name, value);
  }
  const resolved = (text: string): string =>
    text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => inputs.get(name) ?? '');

  const temp = `${folder}-runner`;
  mkdirSync(temp);
  const [GITHUB_PATH, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY] = ['path', 'output', 'summary'].map((name) =>
    join(temp, name),
  );
  for (const file of [GITHUB_PATH, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY]) writeFileSync(file, '');
  const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);

  let [succeeded, log, artifact] = [true, '', [] as readonly string[]];
  for (const [index, step] of action.runs.steps.entries()) {
    if (!isMet(step.if, inputs, succeeded)) continue;
    if (step.uses?.startsWith('actions/upload-artifact@'))
      artifact = filesIn(join(folder, resolved(String(step.with?.path))));
    if (step.run === undefined) continue;
    const script = join(temp, `${index}.sh`);
    writeFileSync(script, step.run);
    const { code, stdout, stderr } = await repository.run(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', script],
      folder,
      {
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_BASE_REF: 'main',
        RUNNER_TEMP: temp,
        ...{ GITHUB_PATH, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY },
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, resolved(value)])),
        PATH: [...path, ...linesOf(GITHUB_PATH).toReversed(), repository.environment.PATH].join(delimiter),
      },
    );
    log += stdout + stderr;
    succeeded &&= code === 0;
  }
  const exitCode = linesOf(GITHUB_OUTPUT)
    .find((line) => line.startsWith('exit-code='))
    ?.slice('exit-code='.length);
  return { succeeded, exitCode, summary: readFileSync(GITHUB_STEP_SUMMARY, 'utf8'), log, artifact };
}

/** The conditions that the action has, and no others. */
function isMet(
  condition: string | undefined,
  inputs: ReadonlyMap<string, string>,
  succeeded: boolean,
): boolean {
  const parts = condition?.split(' && ') ?? [];
  return (
    (parts.includes('always()') || succeeded) &&
    parts
      .filter((part) => part !== 'always()')
      .every((part) => {
        const [, name, value] = /^inputs\.([\w-]+) != '(.*)'$/.exec(part) ?? [];
        if (!inputs.has(name)) throw new Error(`cannot tell whether ${part}`);
        return inputs.get(name) !== value;
      })
  );
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
