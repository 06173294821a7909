/** What a run has left in its folder, for tests that read it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import type { Fact } from '../../src/analysis/facts.ts';
import type { Result } from '../../src/analysis/result.ts';

const schema: SchemaObject = JSON.parse(readFileSync('schemas/result.schema.json', 'utf8'));
const isValid = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile<Result>(schema);

/** The files of a run's folder, by name. */
export class RunFolder {
  readonly #folder: string;

  /** The newest run of an experiment. */
  constructor(results: string, experiment: string) {
    this.#folder = join(results, experiment, 'latest');
  }

  read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  facts(): readonly Fact[] {
    return this.read('events.jsonl')
      .trim()
      .split('\n')
      .map((line): Fact => JSON.parse(line));
  }

  /** Fails the test where `result.json` is not what its schema says. */
  result(): Result {
    const result: unknown = JSON.parse(this.read('result.json'));
    if (!isValid(result)) expect.fail(JSON.stringify(isValid.errors));
    return result;
  }
}
