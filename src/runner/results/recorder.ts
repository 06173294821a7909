/**
 * Everything observed goes through here: a line of `events.jsonl` each, as it happens, and the view that the
 * judge works on. What was recorded before a run died can be read and reported later.
 */
import { appendFileSync } from 'node:fs';
import type { Fact } from '../../analysis/facts.ts';

/** Lines kept back before they are written together. */
const LINES_AT_ONCE = 500;

export class Recorder {
  readonly #file: string;
  readonly #facts: Fact[] = [];
  readonly #observers: ((fact: Fact) => void)[] = [];
  #unwritten: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get facts(): readonly Fact[] {
    return this.#facts;
  }

  /** Calls back with every fact recorded from now on. */
  observe(observer: (fact: Fact) => void): void {
    this.#observers.push(observer);
  }

  record(fact: Fact): void {
    this.#facts.push(fact);
    this.#unwritten.push(JSON.stringify(fact));
    if (this.#unwritten.length >= LINES_AT_ONCE) this.flush();
    for (const observer of this.#observers) observer(fact);
  }

  /** Writes what is kept back. Throws the system's error, e.g. ENOSPC. */
  flush(): void {
    if (this.#unwritten.length === 0) return;
    const lines = `${this.#unwritten.join('\n')}\n`;
    this.#unwritten = [];
    appendFileSync(this.#file, lines);
  }
}
