/** `shadowlab config`: a router's configuration by itself, without an experiment. */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { checkConfig } from '../config/check.ts';
import { convertConfig, TARGET_NAMES, TARGETS, type Target } from '../config/convert.ts';
import { lineOfText } from '../config/inexpressible.ts';
import { MAX_TEXT_LENGTH } from '../config/limits.ts';
import type { RouterConfig } from '../config/model.ts';
import { parseConfig } from '../config/parser.ts';
import { fileProblem, formatProblem, type Problem, printable } from '../runner/experiment/problem.ts';
import { readSourceText, type SourceText } from '../runner/experiment/source-text.ts';
import { EXIT, InputError, isSystemError, systemError } from './exit.ts';

interface Options {
  readonly to: Target;
  readonly unknown: 'error' | 'warn';
  readonly output?: string;
}

export function configCommand(): Command {
  const convert = new Command('convert')
    .description("write a router's configuration for FRR or BIRD 2; what cannot be said there is an error")
    .argument('<file>', "a router's configuration, in FRR's syntax")
    .addOption(new Option('--to <router>', 'whose language').choices(TARGETS).makeOptionMandatory())
    .addOption(
      new Option('--unknown <how>', 'lines that are not known here; warn: they are left out')
        .choices(['error', 'warn'])
        .default('error'),
    )
    .option('-o, --output <file>', 'where to write it (standard output)')
    .addHelpText(
      'after',
      `
Examples:
  shadowlab config convert DNVR.conf --to bird -o bird.conf     then: bird -p -c bird.conf
  shadowlab config convert DNVR.conf --to frr --unknown warn    without what is not known here
  shadowlab config convert DNVR.conf --to frr                   canonical, without what FRR does not know`,
    )
    .action((file: string, options: Options) => {
      process.exitCode = convertFile(file, options);
    });
  return new Command('config')
    .description("a router's configuration by itself, without an experiment")
    .addCommand(convert);
}

function convertFile(file: string, { to, unknown: unknownIs, output }: Options): number {
  const source = readSourceText(file, file, MAX_TEXT_LENGTH);
  if ('wrong' in source) throw new InputError(`${printable(file)} ${source.wrong}`);
  const { config, problems } = parseConfig(source.text);
  const wrong = [
    ...problems.map(({ line, column, length, message, suggestion, unknown }): Problem => {
      const isLeftOut = unknown && unknownIs === 'warn';
      const remedy =
        suggestion ?? (unknown && !isLeftOut ? 'take it out, or say "--unknown warn"' : undefined);
      return {
        severity: isLeftOut ? 'warning' : 'error',
        ...source.locateLine(line, column, length),
        message: isLeftOut ? `${message}: left out` : message,
        ...(remedy !== undefined && { suggestion: remedy }),
      };
    }),
    ...(problems.every(({ unknown }) => unknown && unknownIs === 'warn')
      ? inconsistencies(config, source)
      : []),
  ];
  const converted = convertConfig(config, to);
  const unsaid = wrong.some(({ severity }) => severity === 'error') ? [] : converted.problems;
  const all = [
    ...wrong,
    ...unsaid.map((each): Problem => {
      const name = each.section === '' ? each.line : `${each.line}" under "${each.section}`;
      const message = `"${name}" cannot be said in ${TARGET_NAMES[to]}: ${each.reason}`;
      return problemAt(source, lineOfText(source.text, each), message);
    }),
  ].sort((a, b) => a.line - b.line);
  for (const problem of all) console.error(formatProblem(problem));
  if (all.some(({ severity }) => severity === 'error')) return EXIT.wrongInput;
  if (output === undefined) process.stdout.write(converted.text);
  else writeOutput(output, converted.text);
  return EXIT.pass;
}

function inconsistencies(config: RouterConfig, source: SourceText): readonly Problem[] {
  const lines = source.text.split('\n').map((each) => each.trim());
  return checkConfig(config).map(({ severity, keywords, word, message, suggestion }) => {
    const at = lines.findIndex((each) => each.startsWith(`${keywords} `) && each.split(/\s+/).includes(word));
    const problem = problemAt(source, at < 0 ? undefined : at + 1, message);
    return { ...problem, severity, ...(suggestion === undefined ? {} : { suggestion }) };
  });
}

function problemAt(source: SourceText, line: number | undefined, message: string): Problem {
  if (line === undefined) return fileProblem(source.file, message);
  const text = source.text.split('\n')[line - 1];
  const column = text.length - text.trimStart().length + 1;
  return { severity: 'error', ...source.locateLine(line, column, text.trim().length), message };
}

function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new InputError(`--output: ${systemError(error)}`);
  }
}
