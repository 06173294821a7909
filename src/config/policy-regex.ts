/**
 * The regular expressions of routing policy: POSIX extended ones, as FRR hands them to regcomp(3), where `_` stands for
 * `(^|[,{}() ]|$)`: what is between two numbers of an AS path or two communities (bgpd/bgp_regex.c).
 *
 * Paths come from strangers, so matching takes time linear in their length whatever the expression is: it is made a
 * nondeterministic automaton (Thompson's construction), of which all states are followed at once; sets of states met
 * before are remembered with what follows them, which makes it a deterministic one as it goes along. Back-references
 * do not exist in it; the words of GNU (`\w`, `\b` …) are refused rather than guessed.
 */

export interface PolicyRegex {
  /** Does the expression occur anywhere in the text? */
  test(text: string): boolean;
}

/** What is wrong with an expression, for people. */
export class RegexError {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** States of an automaton; repetitions such as `{5,9}` are written out. */
const MAX_STATES = 2_000;
/** Repetitions by number (RE_DUP_MAX of POSIX). */
const MAX_REPEAT = 255;
const MAX_DEPTH = 50;
/** Sets of states that are remembered; with more, remembering begins anew. */
const MAX_REMEMBERED = 1_000;

type Node =
  | { readonly kind: 'characters'; readonly has: (code: number) => boolean }
  | { readonly kind: 'begin' | 'end' | 'empty' }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number };

/** Compiles an expression, or says what is wrong with it. Pure. */
export function policyRegex(source: string): PolicyRegex | RegexError {
  try {
    return automaton(new Reader(source).read());
  } catch (error) {
    if (error instanceof Wrong) return new RegexError(error.message);
    throw error;
  }
}

class Wrong extends Error {}

const SEPARATORS = characters(',{}() ');
const SEPARATOR: Node = { kind: 'any', parts: [{ kind: 'begin' }, SEPARATORS, { kind: 'end' }] };

function characters(set: string): Node {
  return { kind: 'characters', has: (code) => set.includes(String.fromCharCode(code)) };
}

/** A reader of the grammar  any: all { | all }   all: { piece }   piece: atom { * + ? {m,n} }. */
class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Node {
    const node = this.#any();
    if (this.#at < this.#source.length) throw new Wrong('there is a ")" too many');
    return node;
  }

  #any(): Node {
    if (++this.#depth > MAX_DEPTH) throw new Wrong(`groups are nested more than ${MAX_DEPTH} deep`);
    const parts = [this.#all()];
    while (this.#take('|')) parts.push(this.#all());
    this.#depth--;
    return parts.length === 1 ? parts[0] : { kind: 'any', parts };
  }

  #all(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at])) {
      parts.push(this.#repeated(this.#atom()));
    }
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'all', parts };
  }

  #repeated(atom: Node): Node {
    let node = atom;
    for (;;) {
      if (this.#take('*')) node = { kind: 'repeat', of: node, least: 0, most: Number.POSITIVE_INFINITY };
      else if (this.#take('+')) node = { kind: 'repeat', of: node, least: 1, most: Number.POSITIVE_INFINITY };
      else if (this.#take('?')) node = { kind: 'repeat', of: node, least: 0, most: 1 };
      else {
        const count = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/.exec(this.#source.slice(this.#at));
        if (count === null) return node;
        this.#at += count[0].length;
        const least = Number(count[1]);
        const most = count[2] === undefined ? least : Number(count[3] ?? Number.POSITIVE_INFINITY);
        if (least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY)) {
          throw new Wrong(`more than ${MAX_REPEAT} repetitions`);
        }
        if (most < least) throw new Wrong(`"${count[0]}" repeats at most less than at least`);
        node = { kind: 'repeat', of: node, least, most };
      }
    }
  }

  #atom(): Node {
    const character = this.#source[this.#at++];
    switch (character) {
      case '_':
        return SEPARATOR;
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'characters', has: () => true };
      case '(': {
        const node = this.#any();
        if (!this.#take(')')) throw new Wrong('a ")" is missing');
        return node;
      }
      case '[':
        return this.#bracket();
      case '*':
      case '+':
      case '?':
        throw new Wrong(`"${character}" has nothing before it that it could repeat`);
      case '\\': {
        const escaped = this.#source[this.#at++];
        if (escaped === undefined) throw new Wrong('"\\" stands at the end');
        if (/[A-Za-z0-9<>`']/.test(escaped)) throw new Wrong(`"\\${escaped}" is not known`);
        return characters(escaped);
      }
      default:
        return characters(character);
    }
  }

  /** `[0-9,]`, `[^ ]`, `[[:digit:]]`; a `]` that comes first is one of them. */
  #bracket(): Node {
    const negated = this.#take('^');
    const tests: ((code: number) => boolean)[] = [];
    for (let first = true; ; first = false) {
      const character = this.#source[this.#at];
      if (character === undefined) throw new Wrong('a "]" is missing');
      if (character === ']' && !first) break;
      tests.push(this.#bracketItem());
    }
    this.#at++;
    return { kind: 'characters', has: (code) => tests.some((test) => test(code)) !== negated };
  }

  #bracketItem(): (code: number) => boolean {
    const rest = this.#source.slice(this.#at);
    const named = /^\[:(\w+):\]/.exec(rest);
    if (named !== null) {
      const expression = CLASSES.get(named[1]);
      if (expression === undefined) throw new Wrong(`"${named[0]}" is not known`);
      this.#at += named[0].length;
      return (code) => expression.test(String.fromCharCode(code));
    }
    // As FRR puts its own expression for `_` everywhere, in brackets, too.
    if (rest[0] === '_') {
      this.#at++;
      return (code) => '(^|[,{}() ]|$)'.includes(String.fromCharCode(code));
    }
    const from = rest.charCodeAt(0);
    if (rest[1] === '-' && rest[2] !== undefined && rest[2] !== ']') {
      const to = rest.charCodeAt(2);
      if (to < from) throw new Wrong(`"${rest.slice(0, 3)}" goes backwards`);
      this.#at += 3;
      return (code) => code >= from && code <= to;
    }
    this.#at++;
    return (code) => code === from;
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['digit', /[0-9]/],
  ['alpha', /[A-Za-z]/],
  ['alnum', /[A-Za-z0-9]/],
  ['upper', /[A-Z]/],
  ['lower', /[a-z]/],
  ['xdigit', /[0-9A-Fa-f]/],
  ['space', /[ \t\n\r\f\v]/],
  ['blank', /[ \t]/],
  ['punct', /[!-/:-@[-`{-~]/],
]);

/** A state goes on by a character, or without one (`begin` and `end`: there alone). The state 0 accepts. */
type State =
  | { readonly kind: 'accept' }
  | { readonly kind: 'characters'; readonly has: (code: number) => boolean; readonly next: number }
  | { readonly kind: 'begin' | 'end'; readonly next: number }
  | { readonly kind: 'split'; readonly next: number[] };

const ACCEPT = 0;

function automaton(root: Node): PolicyRegex {
  const states: State[] = [{ kind: 'accept' }];
  const add = (state: State): number => {
    if (states.length >= MAX_STATES) throw new Wrong('the expression is too large');
    return states.push(state) - 1;
  };
  let built = 0;
  /** The state from which `node` leads to `next`. What repeats nothing makes no states, but takes time. */
  const build = (node: Node, next: number): number => {
    if (++built > 10 * MAX_STATES) throw new Wrong('the expression is too large');
    switch (node.kind) {
      case 'empty':
        return next;
      case 'characters':
        return add({ kind: 'characters', has: node.has, next });
      case 'begin':
      case 'end':
        return add({ kind: node.kind, next });
      case 'all':
        return node.parts.reduceRight((after, part) => build(part, after), next);
      case 'any':
        return add({ kind: 'split', next: node.parts.map((part) => build(part, next)) });
      case 'repeat': {
        let after = next;
        if (node.most === Number.POSITIVE_INFINITY) {
          const branches: number[] = [next];
          after = add({ kind: 'split', next: branches });
          branches.push(build(node.of, after));
        } else {
          for (let count = node.least; count < node.most; count++) {
            after = add({ kind: 'split', next: [next, build(node.of, after)] });
          }
        }
        for (let count = 0; count < node.least; count++) after = build(node.of, after);
        return after;
      }
    }
  };
  return new Automaton(states, build(root, ACCEPT));
}

/** A set of states that may be reached together, and what is known of it. */
interface Together {
  readonly members: readonly number[];
  /** The expression has occurred. */
  readonly accepts: boolean;
  /** It has, if the text ends here. */
  acceptsAtEnd: boolean | undefined;
  /** By character. */
  readonly next: Map<number, Together>;
}

class Automaton implements PolicyRegex {
  readonly #states: readonly State[];
  readonly #start: number;
  #known = new Map<string, Together>();
  #first: Together | undefined;

  constructor(states: readonly State[], start: number) {
    this.#states = states;
    this.#start = start;
  }

  test(text: string): boolean {
    this.#first ??= this.#together([this.#start], true);
    let now = this.#first;
    for (let index = 0; index < text.length; index++) {
      if (now.accepts) return true;
      const code = text.charCodeAt(index);
      let next = now.next.get(code);
      if (next === undefined) {
        next = this.#step(now, code);
        now.next.set(code, next);
      }
      now = next;
    }
    if (now.accepts) return true;
    now.acceptsAtEnd ??= this.#reach(now.members, text.length === 0, true).includes(ACCEPT);
    return now.acceptsAtEnd;
  }

  /** An occurrence may begin at any character, so the start is always among them. */
  #step({ members }: Together, code: number): Together {
    const reached: number[] = [this.#start];
    for (const member of members) {
      const state = this.#states[member];
      if (state.kind === 'characters' && state.has(code)) reached.push(state.next);
    }
    return this.#together(reached, false);
  }

  #together(seeds: readonly number[], atBegin: boolean): Together {
    const members = this.#reach(seeds, atBegin, false).sort((a, b) => a - b);
    const key = `${atBegin} ${members.join(' ')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_REMEMBERED) {
      // What is remembered hangs together by `next`; all of it goes.
      this.#known = new Map();
      this.#first = undefined;
    }
    const together: Together = {
      members,
      accepts: members.includes(ACCEPT),
      acceptsAtEnd: undefined,
      next: new Map(),
    };
    this.#known.set(key, together);
    return together;
  }

  /** All states that can be reached without a character. */
  #reach(seeds: readonly number[], atBegin: boolean, atEnd: boolean): number[] {
    const seen = new Set(seeds);
    for (const member of seen) {
      const state = this.#states[member];
      if (state.kind === 'split') for (const next of state.next) seen.add(next);
      else if ((state.kind === 'begin' && atBegin) || (state.kind === 'end' && atEnd)) seen.add(state.next);
    }
    return [...seen];
  }
}
