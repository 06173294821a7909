/** The reference of the configuration language, made from the table of commands. Pure text, Markdown. */
import type { Command, SectionKind } from './command.ts';
import { COMMANDS, commandsOf, IGNORED } from './commands.ts';

const SECTIONS: readonly { readonly kind: SectionKind; readonly title: string }[] = [
  { kind: '', title: 'At the top' },
  ...COMMANDS.filter((command) => command.opener).map((command) => ({
    kind: command.keywords.join(' ') as SectionKind,
    title: `Under \`${command.notation}\``,
  })),
];

/** One table for each section: what may stand there, its `no` form, what it means. */
export function commandReference(): string {
  return SECTIONS.map(
    ({ kind, title }) =>
      `### ${title}\n\n${commandTable(commandsOf(kind).filter(({ unlisted }) => !unlisted))}`,
  ).join('\n');
}

function commandTable(commands: readonly Command[]): string {
  const rows = commands.map(({ notation, removalNotation, help }) => {
    const no = removalNotation === undefined ? '' : code(`no ${removalNotation}`);
    return `| ${code(notation)} | ${no} | ${help} |\n`;
  });
  return `| command | removed by | meaning |\n|---|---|---|\n${rows.join('')}`;
}

/** The lines that are passed over, and why. */
export function ignoredReference(): string {
  const rows = IGNORED.map(({ keywords, why }) => `| ${code(`${keywords} …`)} | ${why} |\n`);
  return `| line | why it means nothing here |\n|---|---|\n${rows.join('')}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
