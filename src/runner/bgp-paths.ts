/**
 * When a claim about packets did not hold: what each router's BGP has for where they were to go, so that hints can
 * say which path is missing, or why another is preferred. A run in which all holds asks nothing.
 */
import type { Expectation } from '../analysis/expectation.ts';
import { lookedAt } from '../analysis/judge.ts';
import { subjectsOf } from '../analysis/scope.ts';
import type { RunView } from '../analysis/view.ts';
import { parseConfig } from '../config/parser.ts';
import type { Plane } from '../net/wire.ts';
import type { StepExpectation } from './experiment/resolved.ts';
import type { Lab } from './lab.ts';
import type { Recorder } from './results/recorder.ts';
import type { Witnesses } from './witnesses.ts';

/** Addresses that are asked about after one step. */
const MAX_ADDRESSES = 8;

interface Place {
  readonly plane: Plane;
  readonly address: string;
}

/** Records them as of the step that the claims are about. */
export async function recordBgp(
  lab: Lab,
  recorder: Recorder,
  witnesses: Witnesses,
  view: RunView,
  step: number,
  missed: readonly StepExpectation[],
): Promise<void> {
  const looked = lookedAt(step, view);
  const places = new Map<string, Place>();
  for (const { expectation } of missed) {
    for (const place of placesOf(expectation, looked, view)) {
      if (places.size < MAX_ADDRESSES) places.set(`${place.plane} ${place.address}`, place);
    }
  }
  for (const { plane, address } of places.values()) {
    if (view.bgp(looked, plane, address).length > 0) continue;
    for (const [vrf, routers] of speakersOf(witnesses.names, plane, step, view)) {
      const table = vrf === '' ? {} : { vrf };
      const answers = await witnesses.ask<'bgp'>(routers, () => ({ op: 'bgp', plane, address, ...table }));
      for (const [router, { entries, refused = [] }] of answers) {
        const t = lab.clock.now();
        const [entry] = entries;
        const found = { ...table, address, ...(entry !== undefined && { entry }), refused };
        recorder.record({ t, fact: 'bgp', step: looked, router, plane, ...found });
      }
    }
  }
}

/** Where packets were to go whose not arriving, or by another way, a claim is about. */
function placesOf(expectation: Expectation, step: number, view: RunView): readonly Place[] {
  switch (expectation.kind) {
    case 'egress':
    case 'lost':
    case 'reachable':
    case 'unreachable':
    case 'recovered':
    case 'path':
    case 'path-unchanged':
      return subjectsOf(expectation, step, view).flatMap(({ flow, plane }) => {
        const address = view.network.addressOf(flow.to);
        return address === undefined ? [] : [{ plane, address }];
      });
    default:
      return [];
  }
}

/** The routers that speak BGP, by VRF; the default one is ''. */
function speakersOf(
  routers: readonly string[],
  plane: Plane,
  step: number,
  view: RunView,
): ReadonlyMap<string, readonly string[]> {
  const speakers = new Map<string, string[]>();
  for (const router of routers) {
    const text = view.config(step, router, plane)?.text ?? '';
    if (!text.includes('router bgp')) continue;
    for (const { vrf = '' } of parseConfig(text).config.bgp) {
      speakers.set(vrf, [...(speakers.get(vrf) ?? []), router]);
    }
  }
  return speakers;
}
