/** `fail` and `restore`: a link, a port or a router, in one plane or in both. */
import type { Plane } from '../../net/wire.ts';
import type { FailureTarget } from '../../routerd/management/contract.ts';
import { askAll } from '../ask.ts';
import type { Experiment, Target } from '../experiment/resolved.ts';
import { nameOfTarget } from '../experiment/target.ts';
import type { StepContext } from './context.ts';

export async function fail(context: StepContext, target: Target, plane: Plane | 'both'): Promise<void> {
  await tell(context, 'fail', target, plane);
  for (const one of planesOf(plane)) context.memory.failures.push({ target, plane: one });
}

/** Without a target: all that is failed in those planes. */
export async function restore(
  context: StepContext,
  target: Target | undefined,
  plane: Plane | 'both',
): Promise<void> {
  const planes = planesOf(plane);
  const isMeant = (failure: { readonly target: Target; readonly plane: Plane }): boolean =>
    planes.includes(failure.plane) && (target === undefined || same(failure.target, target));
  const restored = context.memory.failures.filter(isMeant);
  context.memory.failures = context.memory.failures.filter((failure) => !isMeant(failure));
  for (const failure of restored) await tell(context, 'restore', failure.target, failure.plane);
}

async function tell(
  context: StepContext,
  op: 'fail' | 'restore',
  target: Target,
  plane: Plane | 'both',
): Promise<void> {
  // From when the routers are told, not from when they have answered: they act in between.
  const toldNs = context.lab.clock.now();
  context.disturbedNs = toldNs;
  await order(context, op, target, plane);
  context.recorder.record({
    t: toldNs,
    fact: op === 'fail' ? 'failed' : 'restored',
    step: context.step.number,
    plane,
    target: nameOfTarget(target),
  });
}

async function order(
  { lab, experiment, memory }: StepContext,
  op: 'fail' | 'restore',
  target: Target,
  plane: Plane | 'both',
): Promise<void> {
  // What two failures share stays failed while one of them is left.
  const shared = memory.failures
    .filter((failure) => op === 'restore' && failure.plane === plane)
    .flatMap((failure) => partsOf(failure.target, experiment).map(keyOf));
  let left = partsOf(target, experiment).filter((part) => !shared.includes(keyOf(part)));
  while (left.length > 0) {
    const round = new Map(left.map((part) => [part.router, part]));
    left = left.filter((part) => round.get(part.router) !== part);
    const whole: FailureTarget = { kind: 'router' };
    await askAll<'fail' | 'restore'>(lab, [...round.keys()], (router) => ({
      op,
      plane,
      target: round.get(router)?.part ?? whole,
    }));
  }
}

interface Part {
  readonly router: string;
  readonly part: FailureTarget;
}

/** What fails at which router. */
function partsOf(target: Target, { topology }: Experiment): readonly Part[] {
  switch (target.kind) {
    case 'link':
      return topology.links
        .filter(({ name }) => name === target.link)
        .flatMap((link) => link.ends)
        .filter(({ kind }) => kind === 'router')
        .map(({ node, port }) => ({ router: node, part: { kind: 'port', port } }));
    case 'port':
      return [{ router: target.router, part: { kind: 'port', port: target.port } }];
    case 'router':
      return [{ router: target.router, part: { kind: 'router' } }, ...portsTo(target.router, topology)];
  }
}

/** Where others see the light go out with a router. On a segment they do not: it stays lit by the rest. */
function portsTo(router: string, { links }: Experiment['topology']): readonly Part[] {
  return links
    .filter(({ ends }) => ends.length === 2 && ends.some(({ node }) => node === router))
    .flatMap(({ ends }) => ends.filter(({ node, kind }) => node !== router && kind === 'router'))
    .map(({ node, port }) => ({ router: node, part: { kind: 'port', port } }));
}

const keyOf = ({ router, part }: Part): string => JSON.stringify([router, part]);

function planesOf(plane: Plane | 'both'): readonly Plane[] {
  return plane === 'both' ? ['real', 'shadow'] : [plane];
}

function same(a: Target, b: Target): boolean {
  return nameOfTarget(a) === nameOfTarget(b);
}
