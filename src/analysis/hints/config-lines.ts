/** The lines of a router's configuration in which two planes (or moments) differ, each with its place in a file. */
import { type DiffChange, diffConfigs } from '../../config/diff.ts';
import { parseConfig } from '../../config/parser.ts';
import { locateLine } from '../../config/writer.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

export interface ChangedLine {
  readonly router: string;
  /** Heading it stands under, e.g. `interface to-KSCY`; empty at the top level. */
  readonly section: string;
  readonly text: string;
  readonly change: DiffChange['kind'];
  /** In the file that has the line: of `now` where it was added, of the reference where it was removed. */
  readonly config: NonNullable<Hint['config']>;
}

/** Lines of a router that stand in the configuration of one of two moments only, in the order of the diff. */
export function changedLines(
  router: string,
  reference: Moment,
  now: Moment,
  view: RunView,
): readonly ChangedLine[] {
  const before = view.config(reference.step, router, reference.plane);
  const after = view.config(now.step, router, now.plane);
  if (before === undefined || after === undefined || before.text === after.text) return [];
  const differences = diffConfigs(parseConfig(before.text).config, parseConfig(after.text).config);
  return differences.flatMap(({ section, changes }) =>
    changes.flatMap(({ kind, line }): readonly ChangedLine[] => {
      const { file, text } = kind === 'added' ? after : before;
      const number = locateLine(text, section, line);
      if (number === undefined) return [];
      return [{ router, section, text: line, change: kind, config: { file, line: number, text: line } }];
    }),
  );
}

/** Does a line say something of a port: in its own section, or by its name? */
export function mentions(line: ChangedLine, port: string): boolean {
  return line.section === `interface ${port}` || line.text.split(/\s+/).includes(port);
}

/** `"passive-interface to-KSCY" on DNVR`, `"network 10.0.0.0/8 area 0" removed on DNVR`. */
export function quote(line: ChangedLine): string {
  const section = line.section.startsWith('interface ') ? ` (${line.section})` : '';
  return `"${line.text}"${section} ${line.change === 'removed' ? 'is missing' : 'is set'} on ${line.router}`;
}
