/**
 * GitLab and its runner, as far as the template can tell: inputs are put in, the lines of before_script and script run
 * as one bash script, those of after_script in a shell of their own whatever came before.
 */
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Repository } from './repository.ts';

export interface Template {
  readonly inputs: Readonly<
    Record<
      string,
      { readonly description: string; readonly default: string; readonly options?: readonly string[] }
    >
  >;
  /** As it stands, inputs not put in. */
  readonly text: string;
}

export interface TemplateJob {
  readonly image: string;
  readonly rules: readonly { readonly if: string }[];
  readonly variables: Readonly<Record<string, string>>;
  readonly before_script: readonly string[];
  readonly script: readonly string[];
  readonly after_script: readonly string[];
  readonly artifacts: {
    readonly when: string;
    readonly paths: readonly string[];
    readonly reports: { readonly junit: string };
  };
}

export interface PipelineResult {
  readonly exitCode: number | null;
  readonly log: string;
  /** Of the test report. */
  readonly junit: readonly string[];
  /** Files that are kept. */
  readonly artifacts: readonly string[];
}

export function readTemplate(file: string): Template {
  const text = readFileSync(file, 'utf8');
  const [header] = parseAllDocuments(text);
  return { inputs: header.toJS().spec.inputs, text };
}

/** The template's job, with these inputs, its defaults for the rest. */
export function jobOf({ inputs, text }: Template, given: Readonly<Record<string, string>>): TemplateJob {
  const unknown = Object.keys(given).find((name) => inputs[name] === undefined);
  if (unknown !== undefined) throw new Error(`the template has no input ${unknown}`);
  const body = text.slice(text.indexOf('\n---\n') + 5);
  const filled = body.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? inputs[name]?.default;
    if (value === undefined) throw new Error(`the template has no input ${name}`);
    return value;
  });
  const { shadowlab, ...others } = parse(filled);
  if (Object.keys(others).length > 0) throw new Error(`more than one job: ${Object.keys(others)}`);
  return shadowlab;
}

/** Runs the job of a merge request in a clone of the repository. `env`: what GitLab says of the merge request. */
export async function runJob(
  repository: Repository,
  folder: string,
  given: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<PipelineResult> {
  const job = jobOf(readTemplate(join(folder, 'ci/shadowlab.gitlab-ci.yml')), given);
  const shell = async (lines: readonly string[]) => {
    const script = `${folder}.sh`;
    writeFileSync(script, `set -eo pipefail\n${lines.join('\n')}\n`);
    return repository.run('bash', [script], folder, {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_PROJECT_ID: '1',
      CI_MERGE_REQUEST_PROJECT_ID: '1',
      CI_MERGE_REQUEST_PROJECT_URL: 'https://localhost/nowhere',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      ...job.variables,
      ...env,
    });
  };
  const main = await shell([...job.before_script, ...job.script]);
  const after = await shell(job.after_script);
  const kept = (pattern: string): readonly string[] => globSync(pattern, { cwd: folder }).sort();
  const artifacts = job.artifacts.paths
    .flatMap((path) => kept(`${path}**`))
    .filter((file) => statSync(join(folder, file)).isFile());
  const log = main.stdout + main.stderr + after.stdout + after.stderr;
  return { exitCode: main.code, log, junit: kept(job.artifacts.reports.junit), artifacts };
}
