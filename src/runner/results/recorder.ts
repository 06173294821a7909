/**
 * Everything observed goes through here: a line of `events.jsonl` each, as it happens, and the view that the
 * judge works on. What was recorded before a run died can be read and reported later.
 *
 * Facts come from timers and from machines' logs, where nobody could catch an error. So where the file cannot be
 * written any more, that is told by a signal, which ends the run; what was recorded stays here, and the file holds
 * its beginning without a gap.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Fact } from '../../analysis/facts.ts';

/** Lines kept back before they are written together. */
const LINES_AT_ONCE = 500;

export class Recorder {
  readonly #file: string;
  readonly #facts: Fact[] = [];
  readonly #observers: ((fact: Fact) => void)[] = [];
  readonly #failed = new AbortController();
  #unwritten: string[] = [];
  /** The end of lines whose beginning is written. */
  #rest: Uint8Array = new Uint8Array();

  constructor(file: string) {
    this.#file = file;
  }

  get facts(): readonly Fact[] {
    return this.#facts;
  }

  /** Aborted when what is observed cannot be written; its reason is the system's error, e.g. ENOSPC. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Something else that is recorded, such as a capture, cannot be written. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /** Calls back with every fact recorded from now on. */
  observe(observer: (fact: Fact) => void): void {
    this.#observers.push(observer);
  }

  record(fact: Fact): void {
    this.#facts.push(fact);
    this.#unwritten.push(JSON.stringify(fact));
    if (this.#unwritten.length >= LINES_AT_ONCE && !this.failed.aborted) this.flush();
    for (const observer of this.#observers) observer(fact);
  }

  /** Writes what is kept back, as far as it can be written; see `failed`. */
  flush(): void {
    try {
      const file = openSync(this.#file, 'a');
      try {
        this.#write(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #write(file: number): void {
    const lines = this.#unwritten.map((line) => `${line}\n`).join('');
    this.#rest = Buffer.concat([this.#rest, Buffer.from(lines)]);
    this.#unwritten = [];
    while (this.#rest.length > 0) this.#rest = this.#rest.subarray(writeSync(file, this.#rest));
  }
}
