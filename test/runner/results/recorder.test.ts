import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Fact } from '../../../src/analysis/facts.ts';
import { Recorder } from '../../../src/runner/results/recorder.ts';

describe('the recorder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-recorder-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const silent = (t: number): Fact => ({ t, fact: 'silent', router: 'r1' });

  it('writes a line a fact, in order, when it is told to and now and then by itself', () => {
    const file = join(folder, 'events.jsonl');
    const recorder = new Recorder(file);
    for (let t = 0; t < 1234; t++) recorder.record(silent(t));
    expect(readFileSync(file, 'utf8').split('\n').length).to.be.greaterThan(1000);
    recorder.flush();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).to.deep.equal(recorder.facts);
    expect(recorder.failed.aborted).to.equal(false);
  });

  it('never throws: a file that cannot be written is told by a signal, and facts are kept until it can', () => {
    const nowhere = join(folder, 'missing');
    const recorder = new Recorder(join(nowhere, 'events.jsonl'));
    for (let t = 0; t < 1234; t++) recorder.record(silent(t));
    recorder.flush();
    expect(recorder.failed.reason).to.include({ code: 'ENOENT' });
    expect(recorder.facts).to.have.length(1234);

    mkdirSync(nowhere);
    recorder.flush();
    expect(readFileSync(join(nowhere, 'events.jsonl'), 'utf8').trimEnd().split('\n')).to.have.length(1234);
  });
});
