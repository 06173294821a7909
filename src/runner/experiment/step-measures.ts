/**
 * What a step measures, as far as claims ask: its probe, the flows that run, and what of them is traced. Where a
 * claim would be about nothing, that is said.
 */
import type { Scope } from '../../analysis/expectation.ts';
import type { Plane } from '../../net/wire.ts';
import { listed } from './names.ts';
import { type DocumentPath, didYouMean } from './problem.ts';
import type { Words } from './report.ts';
import type { Action, ExecAction, Flow, IperfAction, PingAction, ProbeAction } from './resolved.ts';
import type { Traffic } from './traffic.ts';

/** A step that does something, as far as expectations ask. */
export interface MeasuredStep {
  readonly actions: readonly Action[];
  readonly probe: ProbeAction | undefined;
  /** Traffic runs, and time passes. */
  readonly trafficFlows: boolean;
  /** False where an action was wrong and is left out: then nothing is said about what is not measured. */
  readonly isComplete: boolean;
}

/** All packets are traced while these last. */
const TRACED: readonly Action['kind'][] = ['change', 'commit', 'rollback'];

type Measured = Pick<Flow, 'from' | 'to' | 'outside'> & { readonly traced: boolean };

/** Tells what is wrong; `at` is below the expectation. */
export type Refuse = (at: DocumentPath, words: Words, atKey?: boolean, suggestion?: string) => void;

export class StepMeasures {
  readonly #traffic: Traffic;
  /** The step itself, or the last one that did something; undefined before any did. */
  readonly #about: MeasuredStep | undefined;
  readonly #number: number;
  readonly #refuse: Refuse;

  constructor(traffic: Traffic, about: MeasuredStep | undefined, number: number, refuse: Refuse) {
    this.#traffic = traffic;
    this.#about = about;
    this.#number = number;
    this.#refuse = refuse;
  }

  flowIsKnown(scope: Scope): boolean {
    const { flow } = scope;
    const { flows, groups } = this.#traffic;
    if (flow === undefined || groups.includes(flow) || flows.some(({ name }) => name === flow)) return true;
    const names = [...groups, ...flows.map(({ name }) => name)];
    const advice = didYouMean(flow, names) ?? `flows: ${listed(groups)}`;
    this.#refuse(['flow'], `unknown flow "${flow}" in step ${this.#number}`, false, advice);
    return false;
  }

  /** Will anything be sent that the claim is about? Says so where not. */
  measures(scope: Scope, at: DocumentPath, claim: string): boolean {
    const about = this.#about;
    if (this.probeInScope(scope) !== undefined) return true;
    if (about?.isComplete === false) return false;
    const refuse = (why: string, advice?: string): false => {
      this.#refuse(at, `${claim} measures nothing: ${why}`, at.length > 0, advice);
      return false;
    };
    if (this.#traffic.groups.length === 0) {
      return refuse('the step has no probe, and the experiment has no traffic');
    }
    if (this.inScope(scope).length === 0) {
      if (this.#isUnresolved(scope)) return false;
      if (this.meant(scope, 'tcp').length > 0) {
        const which = scope.flow === undefined ? 'all there is' : `flow "${scope.flow}"`;
        return refuse(`${which} is TCP, whose packets are not measured`, 'TCP has throughput and finished');
      }
      const what = scope.flow === undefined ? 'no flow' : `flow "${scope.flow}"`;
      const advice = scope.plane === 'shadow' ? 'add mirror: shadow to the flow' : undefined;
      return refuse(`${what} ${scope.flow === undefined ? 'is' : 'is not'} sent in ${scope.plane}`, advice);
    }
    return this.timePasses(at, claim);
  }

  /** Is there any stream (or TCP flow) that the claim is about, and does it run? Says so where not. */
  runs(kind: 'stream' | 'tcp', scope: Scope, claim: 'stalls' | 'stalled' | 'startup' | 'finished'): boolean {
    if (this.#about?.isComplete === false) return false;
    if (this.meant(scope, kind).length > 0) return this.timePasses([claim], claim);
    if (this.#isUnresolved(scope)) return false;
    const word = kind === 'stream' ? 'stream' : 'TCP flow';
    const { plane: _, ...anyPlane } = scope;
    const why =
      this.meant(anyPlane, kind).length > 0
        ? `no ${word} is sent in ${scope.plane}`
        : scope.flow === undefined
          ? `no flow is a ${word}`
          : `flow "${scope.flow}" is no ${word}`;
    const others = this.meant({}, kind).map(({ name }) => name);
    const example = kind === 'stream' ? 'stream: { bitrate: 6Mbps }' : 'tcp: { bytes: 10MB }';
    const advice = others.length === 0 ? `give a flow ${example}` : `${word}s: ${listed(others)}`;
    this.#refuse([claim], `${claim} measures nothing: ${why}`, true, advice);
    return false;
  }

  /** Could none of the flows be resolved that the claim is about? That has been told: claims are silent then. */
  #isUnresolved({ plane: _, ...anyPlane }: Scope): boolean {
    return this.#traffic.groups.length > 0 && this.#flowsIn(anyPlane).length === 0;
  }

  /** The flows of a kind that the claim is about. */
  meant(scope: Scope, kind: Flow['kind']): readonly Flow[] {
    return this.#flowsIn(scope).filter((flow) => flow.kind === kind);
  }

  #flowsIn(scope: Scope): readonly Flow[] {
    return this.#traffic.flows
      .filter((flow) => scope.flow === undefined || flow.name === scope.flow || flow.group === scope.flow)
      .filter((flow) => scope.plane === undefined || planesOf(flow).includes(scope.plane));
  }

  /** Has anything been done, and does time pass while traffic runs? Says so where not. */
  timePasses(at: DocumentPath, claim: string): boolean {
    const about = this.#about;
    if (about?.trafficFlows === true) return true;
    const message = `${claim} measures nothing: `;
    if (about === undefined) this.#refuse(at, `${message}nothing has been done by then`, at.length > 0);
    else {
      const why = 'no time passes in the step while traffic runs';
      this.#refuse(at, `${message}${why}`, at.length > 0, 'add a wait, such as wait: 5s');
    }
    return false;
  }

  traces(scope: Scope, at: DocumentPath, claim: string): boolean {
    const about = this.#about;
    const isTraced =
      about?.actions.some((action) => TRACED.includes(action.kind)) === true ||
      this.inScope(scope).some((measured) => measured.traced);
    if (!isTraced) {
      this.#refuse(
        at,
        `${claim} measures nothing: no packet is traced here`,
        at.length > 0,
        'give the flow trace: all, or a share',
      );
    }
    return isTraced;
  }

  /** The step's probe, where the claim is about it. */
  probeInScope(scope: Scope): ProbeAction | undefined {
    const probe = this.#about?.probe;
    const isMeant = scope.flow === undefined && (scope.plane === undefined || scope.plane === probe?.plane);
    return isMeant ? probe : undefined;
  }

  /** The step's ping or iperf, where the claim is about it. */
  programInScope({ flow, plane }: Scope): PingAction | IperfAction | undefined {
    if (flow !== undefined) return undefined;
    return this.#about?.actions
      .filter((action) => action.kind === 'ping' || action.kind === 'iperf')
      .find((action) => plane === undefined || plane === action.plane);
  }

  /** The step's command; says so where there is none that ends. */
  command(claim: 'exit' | 'stdout' | 'stderr' | 'json'): ExecAction | undefined {
    const about = this.#about;
    const command = about?.actions.find((action) => action.kind === 'exec');
    if (command?.background === false) return command;
    if (command !== undefined) {
      const advice = 'look at what it does with a command of its own, in a later step';
      const message = `${claim} measures nothing: the command goes on in the background`;
      this.#refuse([claim], message, true, advice);
    } else if (about?.isComplete !== false) {
      const advice = 'add exec: { on: HOST, run: COMMAND }';
      this.#refuse([claim], `${claim} measures nothing: the step runs no command`, true, advice);
    }
    return undefined;
  }

  /** The step's ping; says so where there is none. */
  ping(claim: string, scope: Scope): PingAction | undefined {
    const program = this.programInScope(scope);
    if (program?.kind === 'ping') return program;
    if (this.#about?.isComplete === false) return undefined;
    const message = `${claim} measures nothing: the step has no ping${scope.plane === undefined ? '' : ` in ${scope.plane}`}`;
    this.#refuse([claim], message, true, 'of a probe, and of flows, there is delay');
    return undefined;
  }

  inScope(scope: Scope): readonly Measured[] {
    const probe = this.probeInScope(scope);
    if (probe !== undefined) return [{ ...probe, traced: true }];
    // Packets of TCP are not measured one by one.
    return this.#flowsIn(scope)
      .filter(({ kind }) => kind !== 'tcp')
      .map((flow) => ({ ...flow, traced: flow.traceEvery > 0 }));
  }
}

export function planesOf(flow: Flow): readonly Plane[] {
  return flow.mirror ? ['real', 'shadow'] : [flow.plane];
}
