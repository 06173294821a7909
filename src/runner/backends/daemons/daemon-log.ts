/** What a router's daemon says (docs/daemon.md): JSON lines, and whatever Node says when it fails. */
import type { LogLevel } from '../../../world/world.ts';
import type { LogSink } from '../../lab.ts';

/** Of a line; of what comes without an end of line. */
const MAX_LINE = 2_000;

export class DaemonLog {
  readonly #router: string;
  readonly #log: LogSink;
  #rest = '';
  #last = '';
  #lastError = '';

  constructor(router: string, log: LogSink) {
    this.#router = router;
    this.#log = log;
  }

  /** What the daemon wrote next. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) this.#take(line);
  }

  /** The last that it said of a mistake, or else the last that it said; undefined where it said nothing. */
  get lastWords(): string | undefined {
    return this.#lastError || this.#last || undefined;
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    const { level, text } = parse(line.slice(0, MAX_LINE));
    this.#last = text;
    if (level === 'error') this.#lastError = text;
    this.#log(this.#router, level, text);
  }
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

function parse(line: string): { readonly level: LogLevel; readonly text: string } {
  try {
    const { level, text }: { level?: unknown; text?: unknown } = JSON.parse(line);
    const known = LEVELS.find((name) => name === level);
    if (known !== undefined && typeof text === 'string') return { level: known, text };
  } catch {
    // Node's own words, when it gives up.
  }
  return { level: /\bError\b/.test(line) ? 'error' : 'info', text: line };
}
