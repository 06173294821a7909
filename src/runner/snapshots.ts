/** Records the counters of all routers at the end of a step, and their FIBs and neighbours where they changed. */
import type { Plane } from '../net/wire.ts';
import type { Lab } from './lab.ts';
import type { Recorder } from './results/recorder.ts';
import type { Witnesses } from './witnesses.ts';

const PLANES: readonly Plane[] = ['real', 'shadow'];

/** FIB entries recorded in one run, over all routers and steps. What is beyond is said to be missing. */
const MAX_ENTRIES = 2_000_000;

export class Snapshots {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #witnesses: Witnesses;
  /** What was recorded last, as JSON, by kind, router and plane. */
  readonly #last = new Map<string, string>();
  readonly #versions = new Map<string, number>();
  #entries = 0;

  constructor(lab: Lab, recorder: Recorder, witnesses: Witnesses) {
    this.#lab = lab;
    this.#recorder = recorder;
    this.#witnesses = witnesses;
  }

  async take(step: number): Promise<void> {
    const witnesses = this.#witnesses;
    const routers = witnesses.names;
    const counters = await witnesses.ask<'counters'>(routers, () => ({ op: 'counters' }));
    for (const [router, { ports }] of counters) {
      this.#recorder.record({ t: this.#lab.clock.now(), fact: 'counters', step, router, ports });
    }
    const statuses = await witnesses.ask<'status'>(routers, () => ({ op: 'status' }));
    for (const plane of PLANES) {
      const changed = routers.filter((router) =>
        this.#isNew(router, plane, statuses.get(router)?.[plane].fibVersion),
      );
      const fibs = await witnesses.ask<'fib'>(changed, () => ({ op: 'fib', plane }));
      for (const [router, { entries }] of fibs) this.#recordFib(step, router, plane, entries);
      const neighbours = await witnesses.ask<'neighbours'>(routers, () => ({ op: 'neighbours', plane }));
      for (const [router, { entries }] of neighbours) {
        if (!this.#differs('neighbours', router, plane, entries)) continue;
        this.#recorder.record({ t: this.#lab.clock.now(), fact: 'neighbours', step, router, plane, entries });
      }
    }
  }

  #recordFib(
    step: number,
    router: string,
    plane: Plane,
    entries: Extract<Parameters<Recorder['record']>[0], { fact: 'fib' }>['entries'],
  ): void {
    if (!this.#differs('fib', router, plane, entries)) return;
    const t = this.#lab.clock.now();
    const before = this.#entries;
    this.#entries += entries.length;
    if (this.#entries <= MAX_ENTRIES) {
      this.#recorder.record({ t, fact: 'fib', step, router, plane, entries });
    } else if (before <= MAX_ENTRIES) {
      const text = `more than ${MAX_ENTRIES} FIB entries: those of ${router} and later ones are not recorded`;
      this.#recorder.record({ t, fact: 'log', level: 'warning', source: 'runner', text });
    }
  }

  /** Has the router's FIB changed since it was last looked at? */
  #isNew(router: string, plane: Plane, version: number | undefined): boolean {
    const key = `${plane} ${router}`;
    if (version !== undefined && this.#versions.get(key) === version) return false;
    if (version !== undefined) this.#versions.set(key, version);
    return true;
  }

  #differs(kind: string, router: string, plane: Plane, entries: readonly unknown[]): boolean {
    const key = `${kind} ${plane} ${router}`;
    const text = JSON.stringify(entries);
    if (this.#last.get(key) === text) return false;
    this.#last.set(key, text);
    return true;
  }
}
