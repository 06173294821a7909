/** What a protocol has told of, so that hostile neighbours do not fill the log: each thing once, and not without end. */
import type { LogLevel, World } from '../../world/world.ts';

/** Different things; what comes after them is only counted. */
const MAX_TOLD = 256;

export class ToldOnce {
  readonly #log: World['log'];
  readonly #told = new Set<string>();

  constructor(log: World['log']) {
    this.#log = log;
  }

  tell(level: LogLevel, text: string): void {
    if (this.#told.size >= MAX_TOLD || this.#told.has(text)) return;
    this.#told.add(text);
    this.#log(level, text);
  }

  /** All may be told again. */
  forget(): void {
    this.#told.clear();
  }
}
