/**
 * Experiments: from a YAML file to a frozen value that everything after works from.
 *
 *     text → document (yaml-document.ts) → checked against the schema (schema.ts)
 *          → topology (topology/) → configurations (configs.ts) → traffic (traffic.ts) → steps (steps.ts)
 *
 * Nothing stops at the first mistake: each part is resolved as far as it is sound, and what is wrong is told
 * once, where it stands, together with all the rest. What must stay true: a file that loads can be run, and
 * every expectation in it measures something.
 */

import { existsSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { disagreements } from './agreement.ts';
import { shareLinks } from './bandwidth.ts';
import { resolveCaptures } from './captures.ts';
import { ConfigReader, resolveConfigs } from './configs.ts';
import { Names } from './names.ts';
import { fileProblem, type Problem, sortProblems } from './problem.ts';
import { Report } from './report.ts';
import type { Experiment } from './resolved.ts';
import type { ExperimentFile, Management } from './schema.generated.ts';
import { checkSchema } from './schema.ts';
import { resolveSteps } from './steps.ts';
import { withConfiguredAddresses } from './topology/configured.ts';
import { resolveTopology } from './topology/topology.ts';
import { resolveTraffic } from './traffic.ts';
import { durationNs, parseShare } from './units.ts';
import { loadYamlDocument, type YamlDocument } from './yaml-document.ts';

export type Loaded =
  | { readonly ok: true; readonly experiment: Experiment; readonly warnings: readonly Problem[] }
  /** Where the problems hold no error, only a warning, the experiment is to be skipped on this machine. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Loads an experiment. `file` is shown in problems as it is given; files that it names are looked for beside it.
 * `seed` wins over the one in the file. Problems are in the order of reading, warnings among them.
 */
export async function loadExperiment(
  file: string,
  options: { readonly seed?: number } = {},
): Promise<Loaded> {
  const document = loadYamlDocument(file);
  if ('wrong' in document) {
    return { ok: false, problems: [fileProblem(file, `the experiment ${document.wrong}`)] };
  }
  if (document.problems.length > 0) return { ok: false, problems: sortProblems(document.problems, file) };
  return resolve(document, options.seed);
}

function resolve(document: YamlDocument, seed: number | undefined): Loaded {
  // What stands under `topology` is checked where it is read.
  const hasTopology = isMapping(document.value) && 'topology' in document.value;
  const report = new Report(
    document,
    checkSchema('experiment.schema.json', document.value).filter(
      ({ path }) => path[0] !== 'topology' || !hasTopology,
    ),
  );
  const { file } = document;
  const failed = (): Loaded => ({ ok: false, problems: sortProblems(report.problems, file) });
  if (!isMapping(document.value)) return failed();

  const written = document.value as unknown as ExperimentFile;
  const needed = written.skipUnless;
  if (report.errors === 0 && needed !== undefined && !existsSync(resolvePath(dirname(file), needed))) {
    report.warning(['skipUnless'], `${written.name} is skipped: "${needed}" is not there`);
    return failed();
  }
  const { resolved, problems } = hasTopology ? resolveTopology(document, ['topology']) : { problems: [] };
  report.add(...problems);
  const names = new Names(report, resolved?.topology);
  const configsWritten = report.sound('configs') || isMapping(written.configs) ? (written.configs ?? {}) : {};
  const reader = new ConfigReader(report, names, configsWritten.unknownConfig);
  const errors = report.errors;
  const configs = resolveConfigs(report, names, reader, configsWritten, resolved?.real ?? new Map());
  const traffic = resolveTraffic(report, names, Array.isArray(written.traffic) ? written.traffic : []);
  const steps = resolveSteps(
    report,
    names,
    reader,
    Array.isArray(written.steps) ? written.steps : [],
    configs,
    traffic,
    report.errors === errors && report.sound('configs'),
  );
  const captures = resolveCaptures(
    report,
    names,
    Array.isArray(written.captures) ? written.captures : [],
    steps,
  );
  const bandwidth = isMapping(written.bandwidth) ? written.bandwidth : {};
  const links = shareLinks(report, names, bandwidth, resolved?.topology.links ?? []);
  const management = report.sound('management') ? manage(names, written.management ?? {}) : undefined;
  const wrong = report.problems.some((problem) => problem.severity === 'error');
  if (wrong || resolved === undefined || management === undefined) return failed();
  const topology = withConfiguredAddresses(report, { ...resolved.topology, links }, configs);
  reader.warnOf(disagreements(topology, configs));
  for (const change of reader.changes) reader.warnOf(disagreements(topology, change.configs), change);
  const experiment: Experiment = {
    name: written.name,
    description: (written.description ?? '').trim(),
    file,
    seed: seed ?? written.seed ?? 1,
    topology,
    configs,
    routers: { fibUpdateNs: durationNs(written.routers?.fibUpdate ?? '0ms') },
    management,
    flows: traffic.flows,
    steps,
    captures,
  };
  return { ok: true, experiment: deepFreeze(experiment), warnings: sortProblems(report.problems, file) };
}

function manage(names: Names, written: Management): Experiment['management'] {
  const unreachable = (written.unreachable ?? []).map(({ router, from }, index) => {
    names.router(['management', 'unreachable', index, 'router'], router, ' in management');
    return { router, from };
  });
  return {
    delayNs: durationNs(written.delay ?? '5ms'),
    jitterNs: durationNs(written.jitter ?? '0ms'),
    loss: parseShare(written.loss ?? '0%') ?? 0,
    unreachable,
  };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Freezes the value and all that it holds. Its depth is bounded: it was made here. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
