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
import { formatResult } from '../../analysis/result-of.ts';
import { configFile, fileName } from '../../analysis/view.ts';
import { writeRunFile } from './folder.ts';

/** A line of `events.jsonl` longer than this is not ours. */
const MAX_LINE = 64 * 1024 * 1024;

/** Writes result.json, the three reports, `configs/` and `fibs/` into the run's folder. */
export async function writeReports(folder: string, facts: readonly Fact[], result: Result): Promise<void> {
  writeRunFile(folder, 'result.json', formatResult(result));
  writeRunFile(folder, 'report.html', await htmlReport(facts, result));
  writeRunFile(folder, 'report.md', markdownReport(facts, result));
  writeRunFile(folder, 'junit.xml', junitReport(facts, result));
  writeConfigs(folder, facts);
  writeFibs(folder, facts);
}

/** Reads the facts of a finished run. Throws an Error that names the line which is none. */
export async function readFacts(folder: string): Promise<readonly Fact[]> {
  const file = join(folder, 'events.jsonl');
  const facts: Fact[] = [];
  const lines = createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    if (line === '') continue;
    facts.push(parseFact(line, `${file}:${facts.length + 1}`));
  }
  return facts;
}

function parseFact(line: string, place: string): Fact {
  try {
    if (line.length > MAX_LINE) throw new SyntaxError('too long');
    const fact: unknown = JSON.parse(line);
    if (typeof fact === 'object' && fact !== null && 'fact' in fact && 't' in fact) return fact as Fact;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${place}: this line is no recorded fact (was the run cut short while writing it?)`);
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
