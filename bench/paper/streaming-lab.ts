/** The networks that experiment 4 compares: one that a user can run, FILE, with other loads, rates, modes, planes. */
import type { RouterConfig } from '../../src/config/model.ts';
import type { BandwidthSettings } from '../../src/routerd/bandwidth/bandwidth.ts';
import type { Experiment, Flow, Link } from '../../src/runner/experiment/resolved.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { Traffic } from '../../src/runner/traffic.ts';
import { MILLISECOND, SECOND, type TimeNs } from '../../src/world/clock.ts';
import { startLab } from '../lab.ts';

export const FILE = 'experiments/paper/streaming.yaml';
/** What FILE puts on the busiest link of the video's path, of its rate, in either configuration. */
export const LOAD = { same: 0.6, changed: (0.6 * 1612.69) / 1259.54 };
const NOT_SHARED: BandwidthSettings = { mode: 'fair' };
const VIDEO_PACKET_BYTES = 1200;
const VIDEO_BPS = 6e6;
/** Of what is sent to measure; no flow of FILE has this number. */
const CALL = 65_535;
/** The rate of hosts' links, in FILE's rates: they are no part of what is measured. */
const HOST_LINK_BPS = 100e9;
/** Before the video is watched queues fill; afterwards its last packets cross the network amid traffic. */
const WARM_UP_NS = 30 * MILLISECOND;
const CROSSING_NS = 30 * MILLISECOND;

export type Configuration = 'same' | 'changed';

export interface Point {
  /** Of the busiest link on the video's path, in the plane of the video, its own rate apart. */
  readonly load: number;
  /** Rates of the links and of all traffic, in those of FILE. */
  readonly faster: number;
  /** How long the video is watched, at the rates of FILE. */
  readonly watchedNs: TimeNs;
  /** Does the shadow have the configuration of the real plane, or Denver-Kansas City out of use? */
  readonly configuration: Configuration;
  /** Is the traffic copied into the shadow? If not, the video has that, and the reference, to itself. */
  readonly copied: boolean;
}

/** Who is in the network: the traffic alone, with the video, or all of it and the shadow that has the video. */
export type Setting =
  | { readonly kind: 'real alone' }
  | { readonly kind: 'reference' }
  | { readonly kind: 'shadow'; readonly bandwidth: BandwidthSettings };

/** What became of the video and of the traffic in the real plane. */
export interface Seen {
  readonly sent: number;
  /** Of those that arrived, rising. */
  readonly delaysNs: readonly TimeNs[];
  /** Null where the player never began. */
  readonly startupNs: TimeNs | null;
  readonly stalls: number;
  /** Packets of the traffic in the real plane (in the video's, for the reference): sent, lost, mean delay. */
  readonly trafficSent: number;
  readonly trafficLost: number;
  readonly trafficDelayNs: number;
}

export async function see(file: Experiment, point: Point, setting: Setting): Promise<Seen> {
  const experiment = arranged(file, point, setting);
  const shadow = setting.kind === 'shadow';
  const lab = await startLab(experiment, undefined, shadow ? ['real', 'shadow'] : ['real']);
  try {
    const traffic = new Traffic(lab, experiment, 0);
    await traffic.prepare();
    await converge({ lab, experiment }, 600 * SECOND);
    const watchedNs = point.watchedNs / point.faster;
    const pass = (ns: TimeNs) => lab.runUntil(() => false, lab.clock.now() + ns);
    const { from, to } = videoOf(file);
    const everyNs = (VIDEO_PACKET_BYTES * 8e9) / VIDEO_BPS / point.faster;
    const call = traffic.probe({
      kind: 'probe',
      flow: CALL,
      from,
      to,
      plane: shadow ? 'shadow' : 'real',
      count: Math.round(watchedNs / everyNs),
      everyNs,
      packetBytes: VIDEO_PACKET_BYTES,
    });
    traffic.start();
    await pass(WARM_UP_NS);
    const fromNs = lab.clock.now();
    traffic.mark();
    if (setting.kind !== 'real alone') call.start();
    await pass(watchedNs);
    const toNs = lab.clock.now();
    traffic.mark();
    await pass(2 * CROSSING_NS);
    const drainedNs = lab.clock.now() + (0.2 * SECOND) / point.faster;
    await lab.runUntil(() => call.complete, drainedNs);
    const background = traffic
      .windows(0, fromNs, toNs)
      .filter(({ flow, plane }) => plane === 'real' && flow !== videoOf(file).id);
    const sum = (of: (window: (typeof background)[number]) => number): number =>
      background.reduce((total, window) => total + of(window), 0);
    const { sentNs, delayNs } = call.packets();
    const [played] = traffic.streamWindows(0, fromNs, toNs);
    return {
      sent: sentNs.length,
      delaysNs: delayNs.filter((ns) => ns !== null).toSorted((a, b) => a - b),
      startupNs: played?.startupNs ?? null,
      stalls: played?.stalls ?? 0,
      trafficSent: sum(({ sent }) => sent),
      trafficLost: sum(({ sent, received }) => sent - received),
      trafficDelayNs:
        sum(({ received, delayNs: { mean } }) => received * (mean ?? 0)) / sum(({ received }) => received),
    };
  } finally {
    await lab.destroy();
  }
}

/** The experiment of the file as a setting has it at a point. */
export function arranged(
  file: Experiment,
  { load, faster, watchedNs, configuration, copied }: Point,
  setting: Setting,
): Experiment {
  const shadow = setting.kind === 'shadow';
  const share = faster * (load / LOAD[configuration]);
  const stopNs = WARM_UP_NS + watchedNs / faster + CROSSING_NS;
  const flows = file.flows.flatMap((flow): readonly Flow[] => {
    if (flow.kind === 'rate') {
      const isThere = copied || setting.kind !== 'reference';
      return isThere ? [{ ...flow, rateBps: flow.rateBps * share, mirror: shadow && copied, stopNs }] : [];
    }
    if (flow.kind !== 'stream' || setting.kind === 'real alone') return [];
    // How fast a player asks for segments is a matter of distance: at higher rates it would be another video.
    return faster > 1 ? [] : [{ ...flow, plane: shadow ? 'shadow' : 'real' }];
  });
  const links = file.topology.links.map((link): Link => {
    if (link.ends.some(({ kind }) => kind === 'host')) return { ...link, rateBps: HOST_LINK_BPS * faster };
    return { ...link, rateBps: link.rateBps * faster, bandwidth: shadow ? setting.bandwidth : NOT_SHARED };
  });
  const configs = file.configs.map(({ router, real }) => {
    const changed = configuration === 'changed' ? withoutDenverKansasCity(router, real) : real;
    return { router, real: setting.kind === 'reference' ? changed : real, shadow: changed };
  });
  return { ...file, topology: { ...file.topology, links }, configs, flows };
}

function videoOf({ flows, file }: Experiment): Flow {
  const video = flows.find(({ kind }) => kind === 'stream');
  if (video === undefined) throw new Error(`${file} has no video`);
  return video;
}

/** As experiments/abilene-backup-path.yaml has it. */
function withoutDenverKansasCity(router: string, config: RouterConfig): RouterConfig {
  const port = { DNVR: 'to-KSCY', KSCY: 'to-DNVR' }[router];
  const interfaces = config.interfaces.map((at) =>
    at.name === port ? { ...at, ospf: { ...at.ospf, cost: 5000 } } : at,
  );
  return { ...config, interfaces };
}

/** By nearest rank, of delays that rise. */
export function percentile99(delaysNs: readonly TimeNs[]): TimeNs {
  return delaysNs[Math.ceil(0.99 * delaysNs.length) - 1] ?? Number.NaN;
}
