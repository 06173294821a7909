/** Programs on hosts, as steps run them: started, waited for, ended where their time is over or the run is. */
import { formatPlural } from '../analysis/format.ts';
import { SHADOW_DSCP } from '../net/wire.ts';
import { SECOND, type TimeNs } from '../world/clock.ts';
import type { Experiment } from './experiment/resolved.ts';
import { type ExecOutcome, type Execution, type Lab, LabError } from './lab.ts';

/** What a program that was told to end may take for it. */
const PATIENCE_NS = 15 * SECOND;

/** TOS byte (RFC 2474: the code point and two bits of ECN) by which a host sends into the shadow plane. */
export const SHADOW_TOS = SHADOW_DSCP << 2;

/** Backends whose hosts are no machines: nothing can be started on them. */
const WITHOUT_MACHINES: readonly string[] = ['embedded'];

/** Why the experiment cannot run in a backend whose hosts have no programs; undefined where it can. */
export function machinesMissing({ steps }: Experiment, backend: string): string | undefined {
  if (!WITHOUT_MACHINES.includes(backend)) return undefined;
  const [first, ...more] = steps.flatMap((step) =>
    step.actions
      .filter(({ kind }) => kind === 'exec' || kind === 'iperf')
      .map(({ kind }) => ({ step, kind })),
  );
  if (first === undefined) return undefined;
  const { kind, step } = first;
  const { file, line, column } = step.place;
  const others = more.length === 0 ? '' : ` (and ${formatPlural(more.length, 'more such action')} behind it)`;
  return `${file}:${line}:${column}: step ${step.number} (${step.name}): ${kind} needs a real backend${others}: run it with --backend netns, docker or containerlab; the ${backend} lab's hosts have no programs`;
}

export interface Program {
  /** Undefined while it runs. */
  readonly outcome: ExecOutcome | undefined;
  stop(): void;
}

/** Throws LabError where the lab's hosts run no programs. */
export function startProgram(
  lab: Lab,
  host: string,
  words: readonly string[],
  limitNs?: TimeNs,
  ended: (outcome: ExecOutcome) => void = () => {},
): Program {
  if (lab.exec === undefined) throw new LabError(`the hosts of the ${lab.backend} lab have no programs`);
  let outcome: ExecOutcome | undefined;
  const command = limitNs === undefined ? { words } : { words, limitNs };
  const execution: Execution = lab.exec(host, command, (result) => {
    outcome = result;
    ended(result);
  });
  return {
    get outcome() {
      return outcome;
    },
    stop: () => execution.stop(),
  };
}

/** Runs a program to its end, which comes when `limitNs` is over at the latest. Throws LabError where it does not. */
export async function runProgram(
  lab: Lab,
  host: string,
  words: readonly string[],
  limitNs: TimeNs,
): Promise<ExecOutcome> {
  const program = startProgram(lab, host, words, limitNs);
  try {
    await lab.runUntil(() => program.outcome !== undefined, lab.clock.now() + limitNs + PATIENCE_NS);
  } finally {
    if (program.outcome === undefined) program.stop();
  }
  if (program.outcome === undefined) throw new LabError(`${words[0]} on ${host} does not end`);
  return program.outcome;
}

/** What to do about a program that a step of ours needs and a host has not. */
export function missing(program: string, host: string, debian: string): LabError {
  return new LabError(
    `there is no ${program} on host ${host}: hosts of netns have the programs of this machine (apt-get install ${debian}), those of docker and containerlab what is in their image`,
  );
}
