import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Choice, choose } from '../../../src/runner/backends/cleaning.ts';
import type { FoundRun, RegisteredRun } from '../../../src/runner/backends/daemons/runs.ts';
import { type Leftover, runOfName } from '../../../src/runner/backends/leftover.ts';

const record = (id: string, given: Partial<RegisteredRun> = {}): FoundRun => ({
  id,
  run: {
    id,
    backend: 'netns',
    pid: 42,
    startTime: 1,
    experiment: 'a.yaml',
    folder: 'results/a',
    kept: false,
    ...given,
  },
});

const KILLED = 'aaaaaaaa';
const LIVING = 'bbbbbbbb';
const KEPT = 'cccccccc';
/** Its folder is here, and says nothing. */
const MUTE = 'dddddddd';
/** It has no folder here. */
const UNKNOWN = 'eeeeeeee';

const RUNS = [record(KILLED), record(LIVING, { pid: 7 }), record(KEPT, { kept: true }), { id: MUTE }];
const FOUND = [KILLED, LIVING, KEPT, MUTE, UNKNOWN].flatMap((run): Leftover[] => [
  { run, what: `namespace of ${run}`, remove: async () => {} },
  { run, what: `folder of ${run}`, remove: async () => {} },
]);

function removed(choice: Choice): readonly string[] {
  const { remove } = choose(FOUND, RUNS, choice, ({ pid }) => pid === 7);
  return remove.map(({ what }) => what);
}

const all = (...runs: readonly string[]): readonly string[] =>
  runs.flatMap((run) => [`namespace of ${run}`, `folder of ${run}`]);

describe('what clean removes', () => {
  it('is what runs left whose runner is dead, in the order in which it was found', () => {
    expect(removed('killed')).to.deep.equal(all(KILLED));
  });

  it('is, with --all, also what was left up on purpose and what nobody says anything about', () => {
    expect(removed('all')).to.deep.equal(all(KILLED, KEPT, MUTE, UNKNOWN));
  });

  it('is, of a run that is named, whatever became of it, and nothing else', () => {
    for (const run of [KILLED, LIVING, KEPT, MUTE, UNKNOWN]) {
      expect(removed({ run })).to.deep.equal(all(run));
      expect(choose(FOUND, RUNS, { run }).spared).to.deep.equal([]);
    }
    expect(removed({ run: '12345678' })).to.deep.equal([]);
  });

  it('is what no run needs, too, but not where a run is named', () => {
    const image: Leftover = { what: 'image', remove: async () => {} };
    const of = (choice: Choice) => choose([image], RUNS, choice);
    expect(of('killed')).to.deep.equal({ remove: [image], spared: [] });
    expect(of('all')).to.deep.equal({ remove: [image], spared: [] });
    expect(of({ run: KILLED })).to.deep.equal({ remove: [], spared: [] });
  });

  it('is told of each run that is left alone, once, with the reason and what would remove it', () => {
    const { spared } = choose(FOUND, RUNS, 'killed', ({ pid }) => pid === 7);
    expect(spared).to.deep.equal([
      { run: LIVING, why: 'a.yaml on netns goes on, as process 7' },
      {
        run: KEPT,
        why: 'a.yaml on netns was left up on purpose (shadowlab clean --run cccccccc removes it)',
      },
      {
        run: MUTE,
        why: 'nothing on this machine says whether it goes on (shadowlab clean --run dddddddd removes it)',
      },
      {
        run: UNKNOWN,
        why: 'nothing on this machine says whether it goes on (shadowlab clean --run eeeeeeee removes it)',
      },
    ]);
  });

  it('goes by whole names: an id of another form, or a name around it, is of nobody', () => {
    expect(runOfName('shadowlab-0a1b2c3d')).to.equal('0a1b2c3d');
    expect(runOfName('shadowlab-0a1b2c3d-r1')).to.equal('0a1b2c3d');
    expect(runOfName('shadowlab-0a1b2c3d-a\nb')).to.equal('0a1b2c3d');
    for (const name of [
      'shadowlab-mine',
      'shadowlab-',
      'shadowlab-0a1b2c3',
      'shadowlab-0a1b2c3d4',
      'shadowlab-0A1B2C3D-r1',
      'shadowlab-0a1b2c3d-',
      'my-shadowlab-0a1b2c3d-r1',
      '\nshadowlab-0a1b2c3d-r1',
      'shadowlab-test-4711-r0',
    ]) {
      expect(runOfName(name), name).to.equal(undefined);
    }
  });
});
