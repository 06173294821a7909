/**
 * What a plane is held against when something is wrong in it: the shadow plane against the real one at the same
 * moment; the real plane against itself before the run's first failure, change or commit.
 */
import type { Plane } from '../../net/wire.ts';
import type { RunView } from '../view.ts';

/** A plane at the end of a step. */
export interface Moment {
  readonly plane: Plane;
  readonly step: number;
}

export function referenceOf(now: Moment, view: RunView): Moment {
  if (now.plane === 'shadow') return { plane: 'real', step: now.step };
  const disturbed = view.disturbedNs === undefined ? now.step : view.stepAt(view.disturbedNs);
  return { plane: 'real', step: Math.max(0, Math.min(now.step, disturbed - 1)) };
}

/** `real`, or where the reference is the same plane, `real before step 3`. */
export function nameOfReference(reference: Moment, now: Moment): string {
  return reference.plane === now.plane
    ? `${reference.plane} before step ${reference.step + 1}`
    : reference.plane;
}
