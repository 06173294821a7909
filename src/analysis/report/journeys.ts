/** Who travelled in a step, and by which paths: its probes, and the flows that have a name of their own. */
import type { Plane } from '../../net/wire.ts';
import { SECOND } from '../../world/clock.ts';
import { countPaths, type PathCount } from '../claims/routes.ts';
import { samePath, type Trace } from '../paths.ts';
import type { StepResult } from '../result.ts';
import { probeStep, tracedOf } from '../scope.ts';
import { PLANES, type RunView } from '../view.ts';

/** More would cover one another in a picture. */
const NAMED_FLOWS = 3;

/** Longer than any link and its queue hold a packet. */
const ON_A_WIRE_NS = SECOND;

export interface Journey {
  /** Undefined for a probe. */
  readonly flow?: string;
  readonly plane: Plane;
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly received: number;
  readonly paths: readonly PathCount[];
}

/** The probes of a step, as summarised, then named flows as far as they were traced. Real before shadow. */
export function journeysOf(step: StepResult, view: RunView): readonly Journey[] {
  const probes: readonly Journey[] = step.probes.map(({ plane, from, to, sent, received, paths }) => ({
    plane,
    from,
    to,
    sent,
    received,
    paths,
  }));
  const named = view.start.flows
    .filter((flow) => flow.name === flow.group && probeStep(flow) === undefined)
    .slice(0, NAMED_FLOWS)
    .flatMap((flow) =>
      PLANES.filter((plane) => flow.planes.includes(plane)).map((plane) => ({ flow, plane })),
    )
    // A probe between the same hosts says the same, and more exactly.
    .filter(
      ({ flow, plane }) =>
        !probes.some((probe) => probe.plane === plane && probe.from === flow.from && probe.to === flow.to),
    )
    .flatMap(({ flow, plane }): readonly Journey[] => {
      const traces = tracedOf({ flow, plane, isProbe: false }, step.number, view);
      const paths = countPaths(
        traces.filter((trace) => !isUnderWay(trace, view)),
        view,
      );
      if (paths.length === 0) return [];
      const count = (arrived: boolean): number =>
        paths.reduce((sum, path) => sum + (path.arrived || !arrived ? path.packets : 0), 0);
      return [
        {
          flow: flow.name,
          plane,
          from: flow.from,
          to: flow.to,
          sent: count(false),
          received: count(true),
          paths,
        },
      ];
    });
  return [...probes, ...named].sort((a, b) => PLANES.indexOf(a.plane) - PLANES.indexOf(b.plane));
}

/** The run ended while the packet was on a wire: it is neither lost nor arrived. */
function isUnderWay(trace: Trace, view: RunView): boolean {
  return view.path(trace).lost?.reason === 'wire' && view.nowNs - trace.endNs < ON_A_WIRE_NS;
}

/** Do the journeys that both lists have end on the same paths, and are there no others? */
export function sameJourneys(a: readonly Journey[], b: readonly Journey[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      const [last, otherLast] = [one.paths.at(-1), other?.paths.at(-1)];
      return (
        other !== undefined &&
        one.plane === other.plane &&
        one.from === other.from &&
        one.to === other.to &&
        one.paths.length === 1 &&
        last?.arrived === otherLast?.arrived &&
        samePath(last?.routers ?? [], otherLast?.routers ?? [])
      );
    })
  );
}
