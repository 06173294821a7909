/**
 * The coordinator's side of commitment: leads all routers through the phases of src/routerd/commit.
 *
 *     prepare → mark → (drain) → swap → (drain) → settle → unmark                committed
 *          any phase not confirmed in time, or refused:  abort → (drain) → unmark   aborted, C-old everywhere
 *
 * A phase begins when every router has confirmed the one before. Requests are repeated until answered, so a
 * lost message costs time and nothing else. The drains make "no packet forwarded by half of each" hold:
 *
 * - after **mark** no router sends an unmarked real packet to another any more (what waits at its ports is marked
 *   as well); after the longest time that a packet spends between two routers (`hopTimeNs`) there is none on the
 *   way either. Only then may planes be swapped, because an unmarked packet is forwarded by whatever is real where
 *   it happens to be.
 * - after **swap** packets of C-old are on their way still, marked, and may wait at ports for as long as queues and
 *   shapers keep them. All routers are asked in rounds, a hop's time or more apart, when they last saw one or had
 *   one waiting. They have drained when that was at no router since the round before began: whatever was on the
 *   way when the last round began had left its router after it was asked in the round before.
 *
 * Past `settle` the commit has happened: all routers have swapped and will stay so. A router that does not
 * confirm `unmark` goes on marking, which is harmless; the outcome names it.
 *
 * It is a machine of messages and timers like the routers are: no promises, so that it runs inside a virtual
 * clock as it does outside.
 */
import type { CommitPhase } from '../../analysis/facts.ts';
import type { Tag } from '../../net/wire.ts';
import type {
  CommitRequest,
  ManagementAnswer,
  ManagementRequest,
} from '../../routerd/management/contract.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';

/** Sends a request to a router; calls back with its answer, or never. */
export type Ask = (
  router: string,
  request: ManagementRequest,
  answered: (answer: ManagementAnswer) => void,
) => void;

export interface CommitPlan {
  readonly routers: readonly string[];
  readonly oldTag: Tag;
  readonly newTag: Tag;
  /** How long a phase may take until every router has confirmed. */
  readonly phaseLimitNs: TimeNs;
  /** How long the whole commit may take before it is given up; the way back is not counted. */
  readonly withinNs: TimeNs;
  /** The longest time a packet can spend from one router to the next once it has left its queue: wire, jitter. */
  readonly hopTimeNs: TimeNs;
  /** After this long without an answer a request is repeated. */
  readonly repeatNs: TimeNs;
}

export interface PhaseReport {
  readonly phase: CommitPhase;
  readonly router: string;
  readonly sentNs: TimeNs;
  readonly atNs: TimeNs;
  readonly outcome: 'confirmed' | 'refused' | 'timed-out';
  readonly reason?: string;
}

export interface Outcome {
  readonly outcome: 'committed' | 'aborted';
  readonly startedNs: TimeNs;
  readonly endedNs: TimeNs;
  readonly phases: readonly { phase: CommitPhase | 'drain'; fromNs: TimeNs; toNs: TimeNs }[];
  readonly reason?: string;
}

export interface CommitEvents {
  progress(report: PhaseReport): void;
  done(outcome: Outcome): void;
}

/**
 * How long a router that has swapped waits to hear again: longer than a drain is silent, and than it takes to notice
 * a silent router and to roll the others back.
 */
function leaseOf({ phaseLimitNs, hopTimeNs }: CommitPlan): TimeNs {
  return 3 * phaseLimitNs + 2 * hopTimeNs;
}

interface Failure {
  readonly router: string;
  readonly reason: string;
}

/** Starts the commit. `events.done` is called exactly once. */
export function commit(clock: Clock, ask: Ask, plan: CommitPlan, events: CommitEvents): void {
  const startedNs = clock.now();
  const phases: { phase: CommitPhase | 'drain'; fromNs: TimeNs; toNs: TimeNs }[] = [];

  const finish = (outcome: Outcome['outcome'], reason?: string): void =>
    events.done({
      outcome,
      startedNs,
      endedNs: clock.now(),
      phases,
      ...(reason !== undefined && { reason }),
    });

  const late = (): boolean => clock.now() - startedNs > plan.withinNs;

  const phase = (
    name: CommitPhase,
    next: () => void,
    failed: (failures: readonly Failure[]) => void,
  ): void => {
    const entry = { phase: name, fromNs: clock.now(), toNs: clock.now() };
    phases.push(entry);
    askEveryone(clock, ask, plan, requestOf(name, plan), {
      answered: (router, sentNs, answer) =>
        events.progress({
          phase: name,
          router,
          sentNs,
          atNs: clock.now(),
          ...(answer === undefined
            ? { outcome: 'timed-out' }
            : answer.ok
              ? { outcome: 'confirmed' }
              : { outcome: 'refused', reason: answer.error }),
        }),
      done: (failures) => {
        entry.toNs = clock.now();
        if (failures.length > 0) failed(failures);
        else next();
      },
    });
  };

  const forward = (name: CommitPhase, next: () => void): void => {
    const giveUp = (failures: readonly Failure[]): void => rollBack(describe(name, failures));
    if (late()) giveUp([{ router: 'the commit', reason: 'was not done within its time limit' }]);
    else phase(name, next, giveUp);
  };

  /** What is on the wires arrives. */
  const waitForWires = (next: () => void): void => {
    const fromNs = clock.now();
    clock.after(plan.hopTimeNs, () => {
      phases.push({ phase: 'drain', fromNs, toNs: clock.now() });
      next();
    });
  };

  /** Asks in rounds until no packet is on its way under the tag, but not beyond `untilNs`; `failed` is told why not. */
  const waitForPackets = (
    tag: Tag,
    untilNs: TimeNs,
    next: () => void,
    failed: (reason: string) => void,
  ): void => {
    const fromNs = clock.now();
    const round = (sinceNs: TimeNs): void => {
      const roundNs = clock.now();
      let isSeen = false;
      askEveryone(
        clock,
        ask,
        plan,
        { op: 'lastSeen', tag },
        {
          answered: (_router, _sentNs, answer) => {
            if (answer?.ok !== true || answer.op !== 'lastSeen' || answer.ageNs === null) return;
            if (clock.now() - answer.ageNs >= sinceNs) isSeen = true;
          },
          done: (failures) => {
            if (failures.length === 0 && isSeen && clock.now() <= untilNs) {
              clock.after(plan.hopTimeNs, () => round(roundNs));
              return;
            }
            phases.push({ phase: 'drain', fromNs, toNs: clock.now() });
            if (failures.length > 0) failed(describe('drain', failures));
            else if (isSeen)
              failed(`drain: packets under tag ${tag} were still on their way at the time limit`);
            else next();
          },
        },
      );
    };
    round(Number.NEGATIVE_INFINITY);
  };

  const rollBack = (reason: string): void =>
    phase(
      'abort',
      () => {
        const unmark = (said: string): void =>
          phase(
            'unmark',
            () => finish('aborted', said),
            (failures) => finish('aborted', `${said}; ${describe('unmark', failures)}`),
          );
        // Packets may have begun with C-new: they are waited for as those of C-old would have been.
        if (phases.every(({ phase: begun }) => begun !== 'swap')) unmark(reason);
        else {
          const untilNs = clock.now() + plan.withinNs;
          waitForPackets(
            plan.newTag,
            untilNs,
            () => unmark(reason),
            (why) => unmark(`${reason}; ${why}`),
          );
        }
      },
      // A router that cannot be told: it did not swap, or its lease brings it back. Marks stay on, and with
      // them every packet keeps to one configuration; the next commit takes them off.
      (failures) => {
        const marked = phases.some(({ phase: begun }) => begun === 'mark');
        const left = marked ? '; packets stay marked until the next commit' : '';
        clock.after(leaseOf(plan), () =>
          finish('aborted', `${reason}; ${describe('abort', failures)}${left}`),
        );
      },
    );

  const settled = (): void =>
    phase(
      'unmark',
      () => finish('committed'),
      (failures) => finish('committed', `${describe('unmark', failures)}; it goes on marking its packets`),
    );

  forward('prepare', () =>
    forward('mark', () =>
      waitForWires(() =>
        forward('swap', () =>
          waitForPackets(plan.oldTag, startedNs + plan.withinNs, () => forward('settle', settled), rollBack),
        ),
      ),
    ),
  );
}

function requestOf(phase: CommitPhase, plan: CommitPlan): CommitRequest {
  switch (phase) {
    case 'prepare':
      return { op: 'commit', phase, oldTag: plan.oldTag, newTag: plan.newTag };
    case 'swap':
      return { op: 'commit', phase, newTag: plan.newTag, leaseNs: leaseOf(plan) };
    default:
      return { op: 'commit', phase, newTag: plan.newTag };
  }
}

/**
 * Asks every router the same, repeating until each has answered or the phase's limit is over. A refusal is an
 * answer. `done` gets those that refused or stayed silent, by name.
 */
function askEveryone(
  clock: Clock,
  ask: Ask,
  plan: CommitPlan,
  request: ManagementRequest,
  on: {
    answered(router: string, sentNs: TimeNs, answer: ManagementAnswer | undefined): void;
    done(failures: readonly Failure[]): void;
  },
): void {
  const waiting = new Set(plan.routers);
  const failures: Failure[] = [];
  const firstSentNs = clock.now();
  const send = (router: string): void => {
    if (!waiting.has(router)) return;
    ask(router, request, (answer) => {
      if (!waiting.delete(router)) return;
      if (!answer.ok) failures.push({ router, reason: answer.error });
      on.answered(router, firstSentNs, answer);
      if (waiting.size === 0) end();
    });
    if (waiting.has(router)) clock.after(plan.repeatNs, () => send(router));
  };
  const limit = clock.after(plan.phaseLimitNs, () => {
    for (const router of waiting) {
      failures.push({ router, reason: 'did not answer in time' });
      on.answered(router, firstSentNs, undefined);
    }
    waiting.clear();
    end();
  });
  const end = (): void => {
    limit.cancel();
    on.done(failures);
  };
  for (const router of plan.routers) send(router);
}

function describe(phase: string, failures: readonly Failure[]): string {
  return `${phase}: ${failures.map(({ router, reason }) => `${router} ${reason}`).join('; ')}`;
}
