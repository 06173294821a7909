/** A plan as it is printed, drawn and written: the limits both ways, and the measured links of a run within them. */
import {
  equalLoad,
  type HeadRoom,
  headRoom,
  isWithin,
  type Limit,
  limitsOf,
  lineRate,
  type SharingMode,
} from './plan.ts';
import { type LinkLoad, loadOf, offeredSizes, totalOffered } from './plan-measured.ts';
import { EMBEDDED, type Framing, type MeanSizes, meanSizes, type SizeDistribution } from './plan-sizes.ts';

export interface PlanRequest {
  readonly linkBps: number;
  /** Absent: line rate at the smallest packet. */
  readonly packetRate?: number;
  readonly framing: Framing;
  readonly real: SizeDistribution;
  readonly shadow: SizeDistribution;
  /** Bytes kept of a packet whose payload is cancelled. */
  readonly keptBytes: number;
  /** Real loads to plan for. */
  readonly realLoads: readonly number[];
}

export interface Plan {
  readonly linkBps: number;
  readonly packetRate: number;
  readonly framing: Framing['name'];
  readonly real: MeanSizes;
  readonly shadow: MeanSizes;
  readonly limits: Readonly<Record<SharingMode, readonly Limit[]>>;
  /** Absent: the real load alone is too much. */
  readonly rows: readonly ({ readonly realLoad: number } & Partial<Record<SharingMode, HeadRoom>>)[];
  /** Both planes loaded alike. */
  readonly equal: Partial<Record<SharingMode, HeadRoom>>;
  /** Of a run: its links, in their busiest step. */
  readonly links: readonly PlannedLink[];
}

export interface PlannedLink {
  readonly link: string;
  /** Whose sending is meant. */
  readonly router: string;
  readonly step: number;
  readonly realLoad: number;
  readonly shadowLoad: number;
  readonly packetsPerSecond: number;
  /** The most that the shadow may have beside this real load, with this link's own packet sizes. */
  readonly room: Partial<Record<SharingMode, HeadRoom>>;
  /** Does the router stand the measured loads? */
  readonly within: Readonly<Record<SharingMode, boolean>>;
}

export function planOf(request: PlanRequest): Plan {
  const { linkBps, framing, keptBytes } = request;
  const packetRate = request.packetRate ?? lineRate(linkBps);
  const real = meanSizes(request.real, framing, keptBytes);
  const shadow = meanSizes(request.shadow, framing, keptBytes);
  const input = {
    linkBps,
    packetRate,
    realWireBytes: real.realWireBytes,
    shadowWireBytes: shadow.shadowWireBytes,
    headerWireBytes: shadow.headerWireBytes,
  };
  const limits = { without: limitsOf(input, 'without'), with: limitsOf(input, 'with') };
  const rows = request.realLoads.map((realLoad) => ({ realLoad, ...roomBeside(limits, realLoad) }));
  const equal = bothWays((mode) => equalLoad(limits[mode]));
  return { linkBps, packetRate, framing: framing.name, real, shadow, limits, rows, equal, links: [] };
}

/** What a run's links carried, and the plan for the mean of all their packets. Undefined where they carried none. */
export function planOfRun(
  loads: readonly LinkLoad[],
  request: Pick<PlanRequest, 'packetRate' | 'keptBytes' | 'realLoads'>,
): Plan | undefined {
  const [real, shadow] = [totalOffered(loads, 'real'), totalOffered(loads, 'shadow')];
  if (real.packets + shadow.packets === 0) return undefined;
  const plan = planOf({
    ...request,
    framing: EMBEDDED,
    linkBps: loads.reduce((fastest, { rateBps }) => Math.max(fastest, rateBps), 0),
    real: offeredSizes(real, shadow),
    shadow: offeredSizes(shadow, real),
  });
  return { ...plan, links: loads.map((load) => plannedLink(load, request)) };
}

function plannedLink(
  load: LinkLoad,
  request: Pick<PlanRequest, 'packetRate' | 'keptBytes' | 'realLoads'>,
): PlannedLink {
  const { link, router, step, seconds, rateBps } = load;
  const { real, shadow, limits } = planOf({
    ...request,
    framing: EMBEDDED,
    linkBps: rateBps,
    real: offeredSizes(load.real, load.shadow),
    shadow: offeredSizes(load.shadow, load.real),
  });
  const realLoad = loadOf(load.real, real.realWireBytes, load);
  const shadowLoad = loadOf(load.shadow, shadow.shadowWireBytes, load);
  return {
    link,
    router,
    step,
    realLoad,
    shadowLoad,
    packetsPerSecond: (load.real.packets + load.shadow.packets) / seconds,
    room: roomBeside(limits, realLoad),
    within: {
      without: isWithin(limits.without, realLoad, shadowLoad),
      with: isWithin(limits.with, realLoad, shadowLoad),
    },
  };
}

const roomBeside = (limits: Plan['limits'], realLoad: number): Partial<Record<SharingMode, HeadRoom>> =>
  bothWays((mode) => headRoom(limits[mode], realLoad));

function bothWays(
  roomOf: (mode: SharingMode) => HeadRoom | undefined,
): Partial<Record<SharingMode, HeadRoom>> {
  const [without, with_] = [roomOf('without'), roomOf('with')];
  return { ...(without && { without }), ...(with_ && { with: with_ }) };
}
