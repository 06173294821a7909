/** The files of a run that are made from its facts, during the run or long after it. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Fact } from '../../analysis/facts.ts';
import { formatNextHops } from '../../analysis/fib.ts';
import { htmlReport } from '../../analysis/report/html.ts';
import { junitReport } from '../../analysis/report/junit.ts';
import { markdownReport } from '../../analysis/report/markdown.ts';
import type { Result } from '../../analysis/result.ts';
import { formatResult, resultOf } from '../../analysis/result-of.ts';
import { configFile, fileName, type RunView } from '../../analysis/view.ts';
import { writeRunFile } from './folder.ts';

/** A line of `events.jsonl` longer than this is not ours. */
const MAX_LINE = 64 * 1024 * 1024;

/** Writes result.json, the three reports, `configs/` and `fibs/` into the run's folder. `view`: the index of these facts. Returns the result. */
export async function writeReports(folder: string, facts: readonly Fact[], view: RunView): Promise<Result> {
  const result = resultOf(view);
  writeRunFile(folder, 'result.json', formatResult(result));
  writeRunFile(folder, 'report.html', await htmlReport(facts, result, view));
  writeRunFile(folder, 'report.md', markdownReport(facts, result));
  writeRunFile(folder, 'junit.xml', junitReport(facts, result));
  writeConfigs(folder, facts);
  writeFibs(folder, facts);
  return result;
}

/**
 * Reads the facts of a run. A last line that was cut short, as a full disk or a power failure leaves it, is left
 * out. Throws an Error that names any other line which is no fact.
 */
export async function readFacts(folder: string): Promise<readonly Fact[]> {
  const file = join(folder, 'events.jsonl');
  const facts: Fact[] = [];
  let lineNumber = 0;
  let noFact = 0;
  const lines = createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    lineNumber++;
    if (noFact > 0) throw new Error(`its line ${noFact} is no recorded fact`);
    const fact = parseFact(line);
    if (fact === undefined) noFact = lineNumber;
    else facts.push(fact);
  }
  if (facts.length === 0) throw new Error('there is no recorded fact in it');
  return facts;
}

function parseFact(line: string): Fact | undefined {
  if (line.length > MAX_LINE) return undefined;
  try {
    const fact: unknown = JSON.parse(line);
    return typeof fact === 'object' && fact !== null && 'fact' in fact && 't' in fact
      ? (fact as Fact)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function writeConfigs(folder: string, facts: readonly Fact[]): void {
  for (const fact of facts) {
    if (fact.fact === 'run-started') {
      for (const { router, real, shadow } of fact.configs) {
        writeRunFile(folder, `configs/${configFile(router, 'real')}`, real);
        writeRunFile(folder, `configs/${configFile(router, 'shadow')}`, shadow);
      }
    } else if (fact.fact === 'config-changed') {
      writeRunFile(folder, `configs/${configFile(fact.router, fact.plane, fact.step)}`, fact.config);
    }
  }
}

/** One file per router: its FIBs at the end of each step in which they changed, by plane. */
function writeFibs(folder: string, facts: readonly Fact[]): void {
  const texts = new Map<string, string[]>();
  for (const fact of facts) {
    if (fact.fact !== 'fib') continue;
    const lines = texts.get(fact.router) ?? [];
    texts.set(fact.router, lines);
    lines.push(`# step ${fact.step}, ${fact.plane}: ${fact.entries.length} prefixes`);
    for (const { prefix, nextHops } of fact.entries) lines.push(`${prefix} ${formatNextHops(nextHops)}`);
    lines.push('');
  }
  for (const [router, lines] of texts)
    writeRunFile(folder, `fibs/${fileName(router)}.txt`, `${lines.join('\n')}\n`);
}
