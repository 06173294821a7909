/**
 * What may follow the keywords of a command: small readers of one or several words, put together to larger
 * ones. Each knows its notation (FRR's: `(1-65535)`, `A.B.C.D/M`, `[optional]`, `<in|out>`), so that documentation
 * and error messages are made from the same value that reads the text.
 */
import {
  formatIpv4,
  type Ipv4,
  lengthOfMask,
  type Prefix,
  parseInterfaceAddress,
  parseIpv4,
  prefixOf,
} from '../net/address.ts';
import { nearest } from '../net/suggest.ts';

export interface Word {
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

/** Words are what stands between spaces and tabs. */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  const pattern = /\S+/g;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    words.push({ text: match[0], column: match.index + 1 });
  }
  return words;
}

/** The value, and the index of the first word after it; or the index of the word that does not fit, and why. */
export type Reading<Value> = { readonly ok: true; readonly value: Value; readonly next: number } | Misreading;

export interface Misreading {
  readonly ok: false;
  /** Index of the word; the number of words where the line ends too early. */
  readonly at: number;
  readonly message: string;
  readonly suggestion?: string;
}

export interface Argument<Value> {
  readonly notation: string;
  read(words: readonly Word[], at: number): Reading<Value>;
}

/** Why a word does not fit. */
export class Misfit {
  readonly message: string;
  readonly suggestion: string | undefined;

  constructor(message: string, suggestion?: string) {
    this.message = message;
    this.suggestion = suggestion;
  }
}

export function misread(at: number, message: string, suggestion?: string): Misreading {
  return { ok: false, at, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** One word. */
export function word<Value>(notation: string, parse: (text: string) => Value | Misfit): Argument<Value> {
  return {
    notation,
    read(words, at) {
      if (at >= words.length) return misread(at, `${notation} is missing`);
      const value = parse(words[at].text);
      if (value instanceof Misfit) return misread(at, value.message, value.suggestion);
      return { ok: true, value, next: at + 1 };
    },
  };
}

export const nothing: Argument<undefined> = {
  notation: '',
  read: (_words, at) => ({ ok: true, value: undefined, next: at }),
};

export function integer(min: number, max: number): Argument<number> {
  return word(`(${min}-${max})`, (text) => {
    if (!/^\d+$/.test(text)) return new Misfit(`"${text}" is not a number (${min}-${max})`);
    const value = Number(text);
    if (value < min || value > max) return new Misfit(`"${text}" is out of range (${min}-${max})`);
    return value;
  });
}

/** Any word: a name that the user chose. */
export function name(notation: string): Argument<string> {
  return word(notation, (text) => text);
}

/** All that is left of the line, at least one word, joined by single spaces as vtysh does. */
export const restOfLine: Argument<string> = {
  notation: 'LINE...',
  read(words, at) {
    if (at >= words.length) return misread(at, 'LINE... is missing');
    const text = words
      .slice(at)
      .map((each) => each.text)
      .join(' ');
    return { ok: true, value: text, next: words.length };
  },
};

/** Written out, or shortened as at FRR's prompt while it is one of them only: `ip ospf network point`. */
export function oneOf<Choice extends string>(...choices: readonly Choice[]): Argument<Choice> {
  const notation = choices.length === 1 ? choices[0] : `<${choices.join('|')}>`;
  return word(notation, (text) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    const short = choices.filter((each) => each.startsWith(text));
    if (short.length === 1) return short[0];
    const near = nearest(text, choices);
    return new Misfit(`"${text}" is not ${choices.join(', ')}`.replace(/, ([^,]*)$/, ' or $1'), meant(near));
  });
}

/** `did you mean "…"?` */
export function meant(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

export const address: Argument<Ipv4> = word('A.B.C.D', readAddress);

function readAddress(text: string): Ipv4 | Misfit {
  return parseIpv4(text) ?? new Misfit(`"${text}" is not an address A.B.C.D`);
}

/** `A.B.C.D/M`, host bits kept. */
export const interfaceAddress: Argument<Prefix> = word('A.B.C.D/M', (text) => {
  return parseInterfaceAddress(text) ?? new Misfit(`"${text}" is not an address with its length A.B.C.D/M`);
});

/** `A.B.C.D/M`, host bits cleared as FRR does. */
export const prefix: Argument<Prefix> = word('A.B.C.D/M', (text) => {
  const parsed = parseInterfaceAddress(text);
  if (parsed === undefined) return new Misfit(`"${text}" is not a prefix A.B.C.D/M`);
  return prefixOf(parsed.address, parsed.length);
});

/** `A.B.C.D/M` or `A.B.C.D MASK`. */
export const prefixOrMask: Argument<Prefix> = {
  notation: '<A.B.C.D/M|A.B.C.D MASK>',
  read(words, at) {
    if (at >= words.length || parseIpv4(words[at].text) === undefined) return prefix.read(words, at);
    return chain(address.read(words, at), (start, next) =>
      map(netmask.read(words, next), (length) => prefixOf(start, length)),
    );
  },
};

const netmask: Argument<number> = word('MASK', (text) => {
  const mask = parseIpv4(text);
  const length = mask === undefined ? undefined : lengthOfMask(mask);
  return length ?? new Misfit(`"${text}" is not a netmask`);
});

/** An OSPF area, as number or dotted. */
export const area: Argument<Ipv4> = word('<A.B.C.D|(0-4294967295)>', (text) => {
  const number = /^\d+$/.test(text) ? Number(text) : parseIpv4(text);
  if (number === undefined || number > 0xffffffff) {
    return new Misfit(`"${text}" is not an area A.B.C.D or (0-4294967295)`);
  }
  return number;
});

/** Below 65536 as a number, else dotted: `0`, `10.0.0.1`. */
export function formatArea(value: Ipv4): string {
  return value < 65536 ? String(value) : formatIpv4(value);
}

/** Undefined at the end of the line. */
export function optional<Value>(argument: Argument<Value>): Argument<Value | undefined> {
  return {
    notation: /^$|^\[[^[]*\]$/.test(argument.notation) ? argument.notation : `[${argument.notation}]`,
    read(words, at) {
      return at < words.length ? argument.read(words, at) : { ok: true, value: undefined, next: at };
    },
  };
}

/** `keyword` and then the argument. */
export function after<Value>(keyword: string, argument: Argument<Value>): Argument<Value> {
  return {
    notation: `${keyword} ${argument.notation}`,
    read: (words, at) =>
      chain(oneOf(keyword).read(words, at), (_keyword, next) => argument.read(words, next)),
  };
}

/** `keyword`, or nothing: whether it stands there. */
export function present(keyword: string): Argument<boolean> {
  return {
    notation: `[${keyword}]`,
    read(words, at) {
      if (at >= words.length) return { ok: true, value: false, next: at };
      return map(oneOf(keyword).read(words, at), () => true);
    },
  };
}

/** Options in any order, each once at most, each begun by its name: `[{metric (0-16777214)|route-map NAME}]`. */
export function anyOf<Options extends object>(
  options: {
    readonly [Name in keyof Options]: Argument<Options[Name]>;
  },
): Argument<Partial<Options>> {
  const known = Object.entries<Argument<unknown>>(options);
  return {
    notation: `[{${known.map(([option, { notation }]) => `${option} ${notation}`.trimEnd()).join('|')}}]`,
    read(words, at) {
      const values: Record<string, unknown> = {};
      let next = at;
      while (next < words.length) {
        const which = oneOf(...known.map(([option]) => option)).read(words, next);
        if (!which.ok) return which;
        const option = which.value;
        if (option in values) return misread(next, `"${option}" stands there twice`);
        const reading = known.find(([each]) => each === option)?.[1].read(words, which.next);
        if (reading === undefined || !reading.ok) return reading ?? misread(next, `unexpected "${option}"`);
        values[option] = reading.value;
        next = reading.next;
      }
      return { ok: true, value: values as Partial<Options>, next };
    },
  };
}

/** What the argument reads, as something else. */
export function reading<From, To>(
  argument: Argument<From>,
  change: (value: From) => To,
  notation = argument.notation,
): Argument<To> {
  return { notation, read: (words, at) => map(argument.read(words, at), change) };
}

/** The words that stand there whatever they are; where a `no` form does not look at what follows. */
export const anyWords: Argument<undefined> = {
  notation: '[…]',
  read: (words) => ({ ok: true, value: undefined, next: words.length }),
};

/** One after the other. */
export function sequence<Values extends readonly unknown[]>(
  ...parts: { readonly [Index in keyof Values]: Argument<Values[Index]> }
): Argument<Values> {
  return {
    notation: parts.map((part) => part.notation).join(' '),
    read(words, at) {
      const values: unknown[] = [];
      let next = at;
      for (const part of parts) {
        const reading = part.read(words, next);
        if (!reading.ok) return reading;
        values.push(reading.value);
        next = reading.next;
      }
      return { ok: true, value: values as unknown as Values, next };
    },
  };
}

/** Goes on reading behind what was read. */
export function chain<From, To>(
  reading: Reading<From>,
  then: (value: From, next: number) => Reading<To>,
): Reading<To> {
  return reading.ok ? then(reading.value, reading.next) : reading;
}

/** The same reading with another value. */
export function map<From, To>(reading: Reading<From>, change: (value: From) => To): Reading<To> {
  return chain(reading, (value, next) => ({ ok: true, value: change(value), next }));
}
