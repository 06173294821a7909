/** Configuration to text, in the form and order of FRR's `write`; and where a line stands in such text. */
import { type CommandLine, pathOf, type Section, TOP } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { RouterConfig } from './model.ts';
import { normaliseConfig } from './order.ts';

/** A line with the rank of its command in the table. */
export interface WrittenLine extends CommandLine {
  readonly rank: number;
}

export interface WrittenSection {
  /**
   * The line that opens it: `interface eth0`, `router ospf`; of a section within a section both lines,
   * `policy-map EDGE class VOICE`; empty for the top.
   */
  readonly title: string;
  /** The lines that open it, from the outside in; none for the top. */
  readonly openers: readonly WrittenLine[];
  readonly lines: readonly WrittenLine[];
}

/** The top first, then the sections in the order of the text, each before those within it. */
export function sectionsOf(config: RouterConfig): readonly WrittenSection[] {
  return sectionsWithin(normaliseConfig(config), TOP, []);
}

function sectionsWithin(
  config: RouterConfig,
  section: Section,
  openers: readonly WrittenLine[],
): readonly WrittenSection[] {
  const lines = linesOf(config, section);
  const title = openers.map(({ text }) => text).join(' ');
  const within = lines.flatMap((line) =>
    line.opens === undefined ? [] : sectionsWithin(config, line.opens, [...openers, line]),
  );
  return [{ title, openers, lines }, ...within];
}

function linesOf(config: RouterConfig, section: Section): readonly WrittenLine[] {
  return COMMANDS.flatMap((command, rank) =>
    command.section === section.kind
      ? command.lines(config, pathOf(section)).map((line) => ({ ...line, rank }))
      : [],
  );
}

/**
 * The text of a configuration, `frr.conf` as FRR would write it: canonical, so that equal configurations have
 * equal texts, and parsing it gives the configuration back. Empty for an empty configuration.
 */
export function formatConfig(config: RouterConfig): string {
  const canonical = normaliseConfig(config);
  const blocks: string[][] = [];
  let lastRank = -1;
  for (const line of linesOf(canonical, TOP)) {
    if (line.opens !== undefined) {
      blocks.push([line.text, ...indented(canonical, line.opens, ' '), line.closing ?? 'exit']);
    } else if (line.rank === lastRank) {
      blocks[blocks.length - 1].push(line.text);
    } else {
      blocks.push([line.text]);
    }
    lastRank = line.rank;
  }
  return blocks.map((block) => `${block.join('\n')}\n!\n`).join('');
}

function indented(config: RouterConfig, section: Section, indent: string): readonly string[] {
  return linesOf(config, section).flatMap((line) => [
    indent + line.text,
    ...(line.opens === undefined ? [] : indented(config, line.opens, `${indent} `)),
    ...(line.closing === undefined ? [] : [indent + line.closing]),
  ]);
}

/**
 * Line number, from 1, of `line` in a text that `formatConfig` wrote; undefined where it is not there. `section`
 * is the title of the section (`interface eth0`, `policy-map EDGE class VOICE`), empty for the top. `line` may be
 * the beginning of the line, of whole words: `ip ospf cost`, `access-list 101 seq 10`.
 */
export function locateLine(text: string, section: string, line: string): number | undefined {
  /** The line above at each depth, which opened what stands deeper. */
  const openers: string[] = [];
  let number = 0;
  for (const each of text.split('\n')) {
    number++;
    const own = each.trimStart();
    const depth = each.length - own.length;
    if ((own === line || own.startsWith(`${line} `)) && openers.slice(0, depth).join(' ') === section) {
      return number;
    }
    openers[depth] = own;
  }
  return undefined;
}
