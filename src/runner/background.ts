/** Commands that go on behind the steps of a run, such as servers: started by a step, stopped with the run. */
import { NO_SUCH_PROGRAM, PROGRAM_REMEDY } from '../analysis/claims/command.ts';
import type { CommandFact } from '../analysis/facts.ts';
import { MILLISECOND, SECOND } from '../world/clock.ts';
import { type ExecOutcome, type Lab, LabError } from './lab.ts';
import { type Program, startProgram } from './program.ts';
import type { Recorder } from './results/recorder.ts';

/** Characters of each output that are recorded. */
const RECORDED_OUTPUT = 128 * 1024;
/** A server that cannot start says so within this. */
const START_NS = 500 * MILLISECOND;
/** At the end of the run, for all of them to end. */
const STOP_NS = 5 * SECOND;
/** Characters of a command, and of its own words, in an error. */
const SAID = 200;

type Ended = NonNullable<CommandFact['outcome']>['ended'];
export type Started = Pick<CommandFact, 'step' | 'host' | 'command' | 'background' | 'startedNs'>;

/** The commands of a run that go on behind its steps. */
export class Background {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #running = new Set<Program>();
  #isStopping = false;
  #isOver = false;

  constructor(lab: Lab, recorder: Recorder) {
    this.#lab = lab;
    this.#recorder = recorder;
  }

  /** Throws LabError where it fails as soon as it is started. */
  async start(started: Started, words: readonly string[]): Promise<void> {
    const lab = this.#lab;
    this.#recorder.record({ t: lab.clock.now(), fact: 'command', ...started });
    const program = startProgram(lab, started.host, words, undefined, (outcome) => {
      this.#running.delete(program);
      if (!this.#isOver) this.#ended(started, outcome);
    });
    this.#running.add(program);
    await lab.runUntil(() => program.outcome !== undefined, lab.clock.now() + START_NS);
    const { outcome } = program;
    if (outcome !== undefined && outcome.code !== 0) throw new LabError(failure(started, outcome));
  }

  /**
   * Ends what still runs and records what it came to; nothing of it is heard after that. Never rejects: a lab that
   * cannot go on ends its programs itself.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const program of this.#running) program.stop();
    try {
      if (this.#running.size > 0) {
        await this.#lab.runUntil(() => this.#running.size === 0, this.#lab.clock.now() + STOP_NS);
      }
    } catch {
      // Why it cannot go on is known already.
    }
    this.#isOver = true;
  }

  #ended(started: Started, outcome: ExecOutcome): void {
    const t = this.#lab.clock.now();
    this.#recorder.record(factOf(started, t, outcome, this.#isStopping ? 'stopped' : 'itself'));
    // What fails in its own step is the step's error.
    if (this.#isStopping || outcome.code === 0 || t - started.startedNs <= START_NS) return;
    const text = failure(started, outcome);
    this.#recorder.record({ t, fact: 'log', level: 'warning', source: started.host, text });
  }
}

/** What became of a command. */
export function factOf(started: Started, t: number, outcome: ExecOutcome, ended: Ended): CommandFact {
  const { code, signal, stdout, stderr } = outcome;
  const isCut = stdout.length > RECORDED_OUTPUT || stderr.length > RECORDED_OUTPUT;
  return {
    t,
    fact: 'command',
    ...started,
    outcome: {
      code,
      ...(signal === undefined ? {} : { signal }),
      ended,
      stdout: stdout.slice(0, RECORDED_OUTPUT),
      stderr: stderr.slice(0, RECORDED_OUTPUT),
      isTruncated: outcome.isTruncated || isCut,
    },
  };
}

function failure({ step, host, command }: Started, { code, signal, stdout, stderr }: ExecOutcome): string {
  const how = code === null ? `was ended by ${signal ?? 'a signal'}` : `ended by itself with ${code}`;
  const last = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').at(-1) ?? '';
  const said = last === '' ? '' : `: ${last.slice(0, SAID)}`;
  const remedy = code === NO_SUCH_PROGRAM ? ` (${PROGRAM_REMEDY})` : '';
  return `the command that step ${step} started on ${host} in the background (${command.slice(0, SAID)}) ${how}${said}${remedy}`;
}
