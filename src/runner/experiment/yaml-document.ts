/**
 * A YAML file as a plain value that remembers where everything in it stands. Every user file that is YAML is
 * read here, so that limits and the look of errors are the same for all of them: one document a file, no
 * duplicate keys, plain text as keys, no tags of one's own, and bounded size, nesting and alias expansion.
 */
import {
  Composer,
  type CST,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  type ParsedNode,
  Parser,
} from 'yaml';
import type { DocumentPath, DocumentProblem, Problem } from './problem.ts';
import { type Location, MAX_FILE_BYTES, readSourceText, type SourceText } from './source-text.ts';
import { syntaxProblems } from './yaml-syntax.ts';

export const MAX_DEPTH = 64;
/** Nodes after every alias is replaced by what it stands for. */
export const MAX_EXPANDED_NODES = 250_000;
/** The library looks through all of them for each. */
export const MAX_ALIASES = 10_000;
/** Problems told at once; more are rarely more help. */
const MAX_PROBLEMS = 20;

export class YamlDocument {
  /** The name that messages show. */
  readonly file: string;
  /** Objects, arrays, strings, numbers, booleans, null; undefined where there are problems. */
  readonly value: unknown;
  /** Why the text could not be read as YAML; empty where it could. */
  readonly problems: readonly Problem[];
  readonly #source: SourceText;
  readonly #root: Node | null;

  private constructor(source: SourceText, root: Node | null, value: unknown, problems: readonly Problem[]) {
    this.file = source.file;
    this.value = value;
    this.problems = problems;
    this.#source = source;
    this.#root = root;
  }

  static parse(source: SourceText): YamlDocument {
    const refused = (problems: readonly Problem[]) => new YamlDocument(source, null, undefined, problems);
    const { text } = source;
    if (Buffer.byteLength(text) > MAX_FILE_BYTES)
      return refused([problemAt(source, 0, 1, 'the file is larger than 1 MiB')]);

    const tokens = tokensOf(text);
    if ('tooDeepAt' in tokens) {
      const at = tokens.tooDeepAt;
      return refused([problemAt(source, at, at + 1, `nested deeper than ${MAX_DEPTH} levels`)]);
    }

    // The library compares each key with all others of its mapping: minutes in a large file. We look for them below.
    const options = { merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    const documents = [...new Composer(options).compose(tokens, true, text.length)];
    const [document, second] = documents;
    const problems = [...syntaxProblems(source, document)];
    if (second !== undefined) {
      const at = second.range[0];
      problems.push(problemAt(source, at, at + 3, 'a second YAML document in one file'));
    }
    if (problems.length === 0) problems.push(...contentProblems(source, document.contents));
    if (problems.length > 0) return refused(problems);
    return new YamlDocument(source, document.contents, document.toJS({ maxAliasCount: -1 }), []);
  }

  /**
   * Where the value at `path` stands (or its key). A value of several lines is shown by its key; a path that
   * leads nowhere is shown by the last of its steps that is there.
   */
  locate(path: DocumentPath, atKey = false): Location {
    let node = this.#root;
    let shown: Node | null = node;
    let key: Node | null = null;
    for (const step of path) {
      const pair = node === null ? undefined : this.#child(node, step);
      if (pair === undefined) return this.#locateNode(shown);
      node = pair.value;
      key = pair.key;
      shown = key !== null && this.#isBetterShownByKey(node) ? key : node;
    }
    return this.#locateNode(atKey && key !== null ? key : shown);
  }

  /**
   * Where line `line`, column `column` (from 1) of the text at `path` stands in the file. Text that is not written
   * line by line (folded, or quoted with escapes) is shown as a whole.
   */
  locateInText(path: DocumentPath, line: number, column: number, length: number): Location {
    const text = this.#textAt(path);
    if (text === undefined) return this.locate(path);

    let lineStart = text.range[0];
    if (text.type === 'BLOCK_LITERAL') {
      for (let skipped = 0; skipped < line; skipped++) {
        lineStart = this.#source.text.indexOf('\n', lineStart) + 1;
      }
    } else if (text.type !== 'PLAIN') {
      lineStart += 1;
    }
    const written = /^.*/.exec(this.#source.text.slice(lineStart))?.[0].replace(/\r$/, '') ?? '';
    const wanted = text.value.split('\n')[line - 1] ?? '';
    const indent = text.type === 'BLOCK_LITERAL' ? written.length - wanted.length : 0;
    if (!written.startsWith(wanted, indent)) return this.locate(path);
    const start = lineStart + indent + column - 1;
    return this.#source.locate(start, start + Math.max(1, length));
  }

  /** Is the text at `path` written over several lines that YAML joins into one, for want of a `|`? */
  isJoined(path: DocumentPath): boolean {
    const text = this.#textAt(path);
    if (text === undefined) return false;
    const written = linesIn(this.#source.text.slice(text.range[0], text.range[1]));
    const header = text.type?.startsWith('BLOCK_') ? 1 : 0;
    return linesIn(text.value) < written - header;
  }

  /** The text at `path`, how it is written, and where it stands; undefined where there is none. */
  #textAt(
    path: DocumentPath,
  ): { value: string; type: string | undefined; range: readonly number[] } | undefined {
    let node: Node | null | undefined = this.#root;
    for (const step of path) node = node ? this.#child(node, step)?.value : undefined;
    const text = node ? this.#target(node) : null;
    if (!isScalar(text) || typeof text.value !== 'string' || !text.range) return undefined;
    return { value: text.value, type: text.type, range: text.range };
  }

  /** The problem with its place. */
  problem(problem: DocumentProblem, severity: Problem['severity'] = 'error'): Problem {
    return {
      severity,
      ...this.locate(problem.path, problem.atKey),
      message: problem.message,
      ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
    };
  }

  #child(parent: Node, step: string | number): { key: Node | null; value: Node | null } | undefined {
    const node = this.#target(parent);
    if (isSeq<ParsedNode>(node)) {
      const item = node.items[Number(step)];
      return item === undefined ? undefined : { key: null, value: item };
    }
    if (!isMap<ParsedNode, ParsedNode | null>(node)) return undefined;
    const pair = node.items.find((item) => keyText(item.key) === String(step));
    if (pair !== undefined) return { key: pair.key, value: pair.value };
    for (const merged of node.items.filter((item) => isMergeKey(item.key))) {
      const source = merged.value === null ? null : this.#target(merged.value);
      for (const map of isSeq<ParsedNode>(source) ? source.items : [source]) {
        const found = map === null ? undefined : this.#child(map, step);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #target(node: Node): Node | null {
    if (!isAlias(node)) return node;
    return this.#anchors().get(node.source) ?? null;
  }

  /** Anchors by name. One that is set again keeps its last place: good enough to point at. */
  #anchors(): Map<string, Node> {
    const anchors = new Map<string, Node>();
    walk(this.#root, (node) => {
      if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    });
    return anchors;
  }

  #isBetterShownByKey(value: Node | null): boolean {
    if (value === null || !value.range) return true;
    const [start, end] = value.range;
    return start === end || this.#source.text.slice(start, end).trimEnd().includes('\n');
  }

  #locateNode(node: Node | null): Location {
    if (node === null || !node.range) return this.#source.locate(0, 1);
    const [start, end] = node.range;
    return this.#source.locate(start, start + this.#source.text.slice(start, end).trimEnd().length);
  }
}

/**
 * Reads and parses a YAML file, shown in messages as `shownAs`. A file that cannot be read comes back as the
 * words that follow its name (`does not exist`): who named it knows where to point.
 */
export function loadYamlDocument(file: string, shownAs = file): YamlDocument | { readonly wrong: string } {
  const source = readSourceText(file, shownAs);
  return 'wrong' in source ? source : YamlDocument.parse(source);
}

function problemAt(source: SourceText, start: number, end: number, message: string): Problem {
  return { severity: 'error', ...source.locate(start, end), message };
}

/** Keys that are not plain text or stand twice, aliases and merges of what is not there or no mapping, too much expansion. */
function contentProblems(source: SourceText, root: Node | null): Problem[] {
  const problems: Problem[] = [];
  const anchors = new Map<string, { readonly node: Node; readonly size: number }>();
  let aliases = 0;
  let tooLarge = false;
  const refuse = (node: Node, message: string): void => {
    if (node.range && problems.length < MAX_PROBLEMS)
      problems.push(problemAt(source, node.range[0], node.range[1], message));
  };
  const target = (node: Node | null): Node | null =>
    isAlias(node) ? (anchors.get(node.source)?.node ?? null) : node;
  /** Nodes below and including this one, aliases expanded. Recursion is bounded by MAX_DEPTH. */
  const sizeOf = (node: Node | null): number => {
    if (node === null) return 1;
    if (isAlias(node)) {
      aliases += 1;
      const known = anchors.get(node.source);
      if (known === undefined) refuse(node, `there is no &${node.source} before this alias`);
      return known?.size ?? 1;
    }
    const anchor = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.delete(anchor);
    let size = 1;
    const keys = new Set<string>();
    for (const [key, value] of entries(node)) {
      if (key !== null && !isScalar(key)) refuse(key, 'a key must be plain text');
      else if (key !== null && !isMergeKey(key)) {
        const text = keyText(key);
        if (keys.has(text)) refuse(key, `the key "${text}" stands here twice`);
        keys.add(text);
      }
      size += sizeOf(value);
      if (isMergeKey(key) && !isMergeable(value, target)) refuse(value ?? key, 'only mappings can be merged');
    }
    if (anchor !== undefined) anchors.set(anchor, { node, size });
    if (size > MAX_EXPANDED_NODES && !tooLarge) {
      tooLarge = true;
      refuse(node, `with its aliases expanded this has more than ${MAX_EXPANDED_NODES} values`);
    }
    return size;
  };
  sizeOf(root);
  if (root !== null && aliases > MAX_ALIASES) refuse(root, `more than ${MAX_ALIASES} aliases`);
  return problems;
}

function isMergeKey(key: Node | null): key is Node {
  return isScalar(key) && typeof key.value === 'symbol';
}

/** What may stand after `<<:`, a mapping or a list of mappings, themselves or by alias. */
function isMergeable(value: Node | null, target: (node: Node | null) => Node | null): boolean {
  const merged = target(value);
  return isSeq<Node>(merged) ? merged.items.every((item) => isMap(target(item))) : isMap(merged);
}

function entries(node: Node): (readonly [Node | null, Node | null])[] {
  if (isMap<Node, Node | null>(node))
    return node.items.map((pair: Pair<Node, Node | null>) => [pair.key, pair.value]);
  if (isSeq<Node>(node)) return node.items.map((item) => [null, isNode(item) ? item : null]);
  return [];
}

function walk(node: Node | null, visit: (node: Node) => void): void {
  if (node === null) return;
  visit(node);
  for (const [, value] of entries(node)) walk(value, visit);
}

/** The text of a key as it stands in the parsed value. */
function keyText(key: Node): string {
  return isScalar(key) ? String(key.value ?? '') : '';
}

/** The text's tokens, or where it nests too deep: looked for on the way, because all that follows recurses. */
function tokensOf(text: string): readonly CST.Token[] | { readonly tooDeepAt: number } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return { tooDeepAt: parser.offset - 1 };
  }
  return [...tokens, ...parser.end()];
}

/** Lines with something on them. */
function linesIn(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length;
}
