/** What is found wrong with one experiment file, collected while it is resolved: nothing stops at the first problem. */
import type { SourcePlace } from '../../analysis/expectation.ts';
import type { DocumentPath, DocumentProblem, Problem } from './problem.ts';
import type { YamlDocument } from './yaml-document.ts';

/** A sentence, or a sentence with a suggestion. */
export type Words = string | { readonly message: string; readonly suggestion?: string };

export class Report {
  readonly document: YamlDocument;
  readonly #invalid: readonly DocumentPath[];
  readonly #problems: Problem[];

  /** `schemaProblems`: what the schema has against the document. */
  constructor(document: YamlDocument, schemaProblems: readonly DocumentProblem[]) {
    this.document = document;
    this.#invalid = schemaProblems.map((problem) => problem.path);
    this.#problems = schemaProblems.map((problem) => document.problem(problem));
  }

  /** Is the part at `path` what the schema says? Where not, that has been told, and nothing is made of the part. */
  sound(...path: DocumentPath): boolean {
    return !this.#invalid.some((invalid) =>
      invalid.slice(0, path.length).every((step, index) => String(step) === String(path[index])),
    );
  }

  error(path: DocumentPath, words: Words, atKey = false): void {
    this.#say('error', path, words, atKey);
  }

  warning(path: DocumentPath, words: Words, atKey = false): void {
    this.#say('warning', path, words, atKey);
  }

  add(...problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  /** Where the part begins, its key if it has one. */
  place(path: DocumentPath): SourcePlace {
    const { file, line, column } = this.document.locate(path);
    return { file, line, column };
  }

  /** How many errors there are so far. */
  get errors(): number {
    return this.#problems.filter((problem) => problem.severity === 'error').length;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  #say(severity: Problem['severity'], path: DocumentPath, words: Words, atKey: boolean): void {
    const parts = typeof words === 'string' ? { message: words } : words;
    this.#problems.push(this.document.problem({ path, atKey, ...parts }, severity));
  }
}
