/**
 * Reading an object that somebody else wrote, key by key: each reader says what it expects, and what was not read
 * in the end is unknown. Problems are collected; where one is, a value of the right type takes its place, so that
 * reading goes on.
 */

/** What is wrong, by place. */
export class Problems {
  readonly #lines: string[] = [];

  add(place: string, what: string): void {
    this.#lines.push(`${place || 'the file'}: ${what}`);
  }

  throwIfAny(): void {
    if (this.#lines.length > 0) throw new Error(this.#lines.join('; '));
  }
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

export class Fields {
  readonly #place: string;
  readonly #problems: Problems;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #read = new Set<string>();

  constructor(value: unknown, place: string, problems: Problems) {
    this.#place = place;
    this.#problems = problems;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) problems.add(place, 'is no object');
    this.#values = new Map(isObject ? Object.entries(value) : []);
  }

  /** To be called when all that is known was read. */
  done(): void {
    for (const key of this.#values.keys()) {
      if (!this.#read.has(key)) {
        this.#problems.add(this.#at(key), `unknown; known here: ${[...this.#read].join(', ')}`);
      }
    }
  }

  problem(what: string): void {
    this.#problems.add(this.#place, what);
  }

  text(key: string, maxLength: number, otherwise?: string): string {
    return this.optionalText(key, maxLength) ?? otherwise ?? this.#missing(key, '');
  }

  optionalText(key: string, maxLength: number): string | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
    this.#problems.add(this.#at(key), `is no text of 1 to ${maxLength} characters`);
    return '';
  }

  number(key: string, range: NumberRange & { readonly otherwise?: number }): number {
    return this.optionalNumber(key, range) ?? range.otherwise ?? this.#missing(key, range.min);
  }

  optionalNumber(key: string, { min, max, whole = false }: NumberRange): number | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const fits = typeof value === 'number' && value >= min && value <= max;
    if (fits && (!whole || Number.isInteger(value))) return value;
    this.#problems.add(this.#at(key), `is no ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
    return min;
  }

  /** False where it is not there. */
  flag(key: string): boolean {
    const value = this.#take(key) ?? false;
    if (typeof value !== 'boolean') this.#problems.add(this.#at(key), 'is neither true nor false');
    return value === true;
  }

  choice<const Choice extends string>(key: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const value = this.#take(key);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#problems.add(this.#at(key), `must be one of ${choices.join(', ')}`);
    return found ?? choices[0];
  }

  /** A text that `parse` understands; `expected` says in words what that is. */
  parsed<Value>(
    key: string,
    expected: string,
    parse: (text: string) => Value | undefined,
  ): Value | undefined {
    const text = this.#take(key);
    const value = typeof text === 'string' ? parse(text) : undefined;
    if (value === undefined) this.#problems.add(this.#at(key), `must be ${expected}`);
    return value;
  }

  object(key: string): Fields {
    return this.optional(key) ?? new Fields(this.#missing(key, {}), this.#at(key), new Problems());
  }

  optional(key: string): Fields | undefined {
    const value = this.#take(key);
    return value === undefined ? undefined : new Fields(value, this.#at(key), this.#problems);
  }

  list(key: string, maxLength: number): readonly Fields[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > maxLength) {
      this.#problems.add(this.#at(key), `is no list of at most ${maxLength}`);
      return [];
    }
    return value.map((entry, index) => new Fields(entry, `${this.#at(key)}[${index}]`, this.#problems));
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.#values.get(key);
  }

  #missing<Value>(key: string, instead: Value): Value {
    this.#problems.add(this.#at(key), 'is missing');
    return instead;
  }

  #at(key: string): string {
    return this.#place === '' ? key : `${this.#place}.${key}`;
  }
}
