/** The lines of a router's configuration in which two planes (or moments) differ, each with its place in a file. */
import { type DiffChange, diffConfigs } from '../../config/diff.ts';
import { parseConfig } from '../../config/parser.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { locateLine } from '../../config/writer.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

export interface ChangedLine {
  readonly router: string;
  /** Heading it stands under, e.g. `interface to-KSCY`; empty at the top level. */
  readonly section: string;
  /** Without secrets, as all that is shown of it. */
  readonly text: string;
  readonly change: DiffChange['kind'];
  /** The line that stood there before, where only a value changed. */
  readonly instead?: string;
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
    changes.flatMap(({ kind, line }, index): readonly ChangedLine[] => {
      if (kind === 'removed' && replaces(changes[index + 1], line)) return [];
      const previous = changes[index - 1]?.line;
      const instead =
        previous !== undefined && replaces(changes[index], previous)
          ? { instead: withoutSecrets(previous) }
          : {};
      const { file, text } = kind === 'added' ? after : before;
      const number = locateLine(text, section, line);
      if (number === undefined) return [];
      const shown = withoutSecrets(line);
      const config = { file, line: number, text: shown };
      return [{ router, section, text: shown, change: kind, ...instead, config }];
    }),
  );
}

/** Is it the same command with another value: `ip ospf cost 10`, then `ip ospf cost 5000`? */
function replaces(change: DiffChange | undefined, removed: string): boolean {
  return change?.kind === 'added' && change.line !== removed && command(change.line) === command(removed);
}

/** Commands that may have several words of value. */
const MANY_WORDS = /^(bandwidth|police|priority|queue-limit|random-detect)\b/;

function command(line: string): string {
  return MANY_WORDS.exec(line)?.[0] ?? line.split(' ').slice(0, -1).join(' ');
}

/** Does a line say something of a port: in its own section, or by its name? */
export function mentions(line: ChangedLine, port: string): boolean {
  return line.section === `interface ${port}` || line.text.split(/\s+/).includes(port);
}

/** `"passive-interface to-DNVR" is set on KSCY`, `"network 10.0.0.0/8 area 0" is missing on KSCY`. */
export function quote({ router, section, text, change, instead }: ChangedLine): string {
  const where = /^(interface|class-map|policy-map) /.test(section) ? ` (${section})` : '';
  const before = instead === undefined ? '' : ` instead of "${instead}"`;
  if (instead === text) return `another "${text}"${where} is set on ${router}`;
  return `"${text}"${where} is ${change === 'removed' ? 'missing' : 'set'} on ${router}${before}`;
}
