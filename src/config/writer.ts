/** Configuration to text, in the form and order of FRR's `write`; and where a line stands in such text. */
import { type Command, type CommandLine, type Section, sectionTitle, TOP } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { RouterConfig } from './model.ts';
import { normaliseConfig } from './order.ts';

/** A line with the rank of its command in the table. */
export interface WrittenLine extends CommandLine {
  readonly rank: number;
}

export interface WrittenSection {
  /** The line that opens it: `interface eth0`, `router ospf`; empty for the top. */
  readonly title: string;
  /** The same line as a line of the top; undefined for the top itself. */
  readonly opener?: WrittenLine;
  readonly lines: readonly WrittenLine[];
}

/** The top first, then the sections in the order of the text. */
export function sectionsOf(config: RouterConfig): readonly WrittenSection[] {
  const canonical = normaliseConfig(config);
  const top = linesOf(canonical, TOP);
  const sections = top.flatMap((opener) =>
    opener.opens === undefined
      ? []
      : [{ title: sectionTitle(opener.opens), opener, lines: linesOf(canonical, opener.opens) }],
  );
  return [{ title: '', lines: top }, ...sections];
}

function linesOf(config: RouterConfig, section: Section): readonly WrittenLine[] {
  return COMMANDS.flatMap((command: Command, rank) =>
    command.section === section.kind
      ? command.lines(config, section.name).map((line) => ({ ...line, rank }))
      : [],
  );
}

/**
 * The text of a configuration, `frr.conf` as FRR would write it: canonical, so that equal configurations have
 * equal texts, and parsing it gives the configuration back. Empty for an empty configuration.
 */
export function formatConfig(config: RouterConfig): string {
  const [top, ...sections] = sectionsOf(config);
  const blocks: string[][] = [];
  let lastRank = -1;
  let opened = 0;
  for (const line of top.lines) {
    if (line.opens !== undefined) {
      const inner = sections[opened++].lines.map((each) => ` ${each.text}`);
      blocks.push([line.text, ...inner, 'exit']);
    } else if (line.rank === lastRank) {
      blocks[blocks.length - 1].push(line.text);
    } else {
      blocks.push([line.text]);
    }
    lastRank = line.rank;
  }
  return blocks.map((block) => `${block.join('\n')}\n!\n`).join('');
}

/**
 * Line number, from 1, of `line` in a text that `formatConfig` wrote; undefined where it is not there. `section`
 * is the line that opens the section (`interface eth0`), empty for the top. `line` may be the beginning of the
 * line, of whole words: `ip ospf cost`, `access-list 101 seq 10`.
 */
export function locateLine(text: string, section: string, line: string): number | undefined {
  let current = '';
  let number = 0;
  for (const each of text.split('\n')) {
    number++;
    const inside = each.startsWith(' ');
    if (!inside) current = each;
    const fits = each.trim() === line || each.trim().startsWith(`${line} `);
    if (fits && (inside ? current === section : section === '')) return number;
  }
  return undefined;
}
