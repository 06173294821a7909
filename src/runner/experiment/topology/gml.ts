/**
 * Graph Modelling Language (M. Himsolt, 1997), as the Topology Zoo writes it:
 *
 *     list  := { key value }          key := letter { letter | digit | _ }
 *     value := number | "string" | [ list ]
 *
 * `#` begins a comment at the start of a line. A string may hold line ends; `&amp;`, `&quot;`, `&lt;`, `&gt;`
 * and `&#233;` stand for characters. A key may appear many times.
 */
import type { SourceText } from '../source-text.ts';
import type { Findings } from './findings.ts';

export interface GmlEntry {
  readonly key: string;
  readonly value: GmlValue;
  /** Offsets in the text: of the key, and of what follows the value. */
  readonly start: number;
  readonly end: number;
}

export type GmlValue = number | string | readonly GmlEntry[];

const MAX_DEPTH = 32;
const MAX_ENTRIES = 500_000;

/** The entries of the file; empty, with a finding, where it is not GML. Reading ends at the first error. */
export function parseGml(source: SourceText, findings: Findings): readonly GmlEntry[] {
  try {
    return new GmlParser(source.text).parse();
  } catch (error) {
    if (!(error instanceof GmlError)) throw error;
    findings.error(source.locate(error.start, error.end), error.message);
    return [];
  }
}

class GmlError extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

class GmlParser {
  readonly #text: string;
  #at = 0;
  #entries = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): readonly GmlEntry[] {
    return this.#list(0, undefined);
  }

  /** Entries up to the bracket that closes the one at `open`; up to the end of the text where there is none. */
  #list(depth: number, open: number | undefined): readonly GmlEntry[] {
    if (depth > MAX_DEPTH) throw this.#error(`lists nested deeper than ${MAX_DEPTH}`, this.#at - 1);
    const entries: GmlEntry[] = [];
    for (;;) {
      this.#skipBlank();
      const start = this.#at;
      if (start === this.#text.length) {
        if (open !== undefined) throw this.#error('this list is not closed by "]"', open, open + 1);
        return entries;
      }
      if (this.#text[start] === ']') {
        if (open === undefined) throw this.#error('"]" closes no list', start);
        this.#at += 1;
        return entries;
      }
      const key = this.#match(/[A-Za-z][A-Za-z0-9_]*/y);
      if (key === undefined)
        throw this.#error(`expected a key, found ${this.#found()}`, start, this.#wordEnd());
      this.#entries += 1;
      if (this.#entries > MAX_ENTRIES) throw this.#error(`more than ${MAX_ENTRIES} entries`, start);
      const value = this.#value(key, depth);
      entries.push({ key, value, start, end: this.#at });
    }
  }

  #value(key: string, depth: number): GmlValue {
    this.#skipBlank();
    const start = this.#at;
    const first = this.#text[start];
    if (first === '[') {
      this.#at += 1;
      return this.#list(depth + 1, start);
    }
    if (first === '"') {
      const end = this.#text.indexOf('"', start + 1);
      if (end < 0) throw this.#error('this string is not closed', start, this.#text.length);
      this.#at = end + 1;
      return withCharacters(this.#text.slice(start + 1, end));
    }
    const number = this.#match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?(?=[\s\]]|$)/y);
    if (number === undefined)
      throw this.#error(
        `expected a number, a "string" or a [list] as the value of "${key}", found ${this.#found()}`,
        start,
        this.#wordEnd(),
      );
    return Number(number);
  }

  #skipBlank(): void {
    this.#match(/(?:\s+|(?<=^|\n)#[^\n]*)+/y);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #found(): string {
    return this.#at >= this.#text.length
      ? 'the end of the file'
      : JSON.stringify(this.#text.slice(this.#at, this.#wordEnd()));
  }

  #wordEnd(): number {
    const word = /[^\s[\]"]{1,40}|./uy;
    word.lastIndex = this.#at;
    return this.#at + (word.exec(this.#text)?.[0].length ?? 0);
  }

  #error(message: string, start: number, end = start + 1): GmlError {
    return new GmlError(message, start, end);
  }
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', quot: '"', lt: '<', gt: '>', apos: "'" };

/** References that mean no character stay as they are. */
function withCharacters(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|([a-z]+));/g, (whole, code: string | undefined, name: string) =>
    code === undefined
      ? (NAMED[name] ?? whole)
      : Number(code) > 0x10ffff
        ? whole
        : String.fromCodePoint(Number(code)),
  );
}
