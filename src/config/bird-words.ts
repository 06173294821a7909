/** Pieces of BIRD's language: names, blocks, strings. */
import type { Inexpressible } from './inexpressible.ts';

/** Collects the text, and what cannot be said. */
export class BirdText {
  readonly problems: Inexpressible[] = [];
  readonly #blocks: string[] = [];
  readonly #names = new Map<string, string>();

  block(...lines: readonly string[]): void {
    this.#blocks.push(lines.join('\n'));
  }

  get text(): string {
    return this.#blocks.map((block) => `${block}\n`).join('\n');
  }

  cannot(section: string, line: string, reason: string): void {
    this.problems.push({ section, line, reason });
  }

  /** A symbol for what is called `name` among those of its kind: letters, digits and underscores, each once. */
  symbol(kind: string, name: string): string {
    const key = `${kind} ${name}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const plain = `${kind}_${name.replace(/[^A-Za-z0-9]/g, '_')}`;
    const taken = new Set(this.#names.values());
    let symbol = plain;
    for (let number = 2; taken.has(symbol); number++) symbol = `${plain}_${number}`;
    this.#names.set(key, symbol);
    return symbol;
  }
}

export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** `head { … }`; a block of nothing is `head { }`. */
export function braced(head: string, lines: readonly string[], end = ''): readonly string[] {
  return lines.length === 0 ? [`${head} { }${end}`] : [`${head} {`, ...indented(lines), `}${end}`];
}

/** BIRD's strings have no escapes: what has a quotation mark in it cannot be said. */
export function quoted(text: string): string | undefined {
  return /["\n]/.test(text) ? undefined : `"${text}"`;
}

/** BIRD prefers the greater preference; ours, the smaller distance. */
export function preferenceOf(distance: number): number {
  return 255 - distance;
}
