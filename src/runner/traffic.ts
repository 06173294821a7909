/** The experiment's flows and probes on a lab's hosts, and what is recorded of them. */
import type { FlowWindow, StreamWindow, TcpWindow } from '../analysis/facts.ts';
import { formatIpv4, formatPrefix } from '../net/address.ts';
import type { Plane } from '../net/wire.ts';
import type { MirrorRule } from '../routerd/management/contract.ts';
import { TimeBins } from '../traffic/bins.ts';
import { Flow, type RunningFlow } from '../traffic/flow.ts';
import type { Host } from '../traffic/host.ts';
import { Probe } from '../traffic/probe.ts';
import { RequestDesk } from '../traffic/request-desk.ts';
import { type Outside, Sink } from '../traffic/sink.ts';
import { sourcePortOf } from '../traffic/source.ts';
import { Stream } from '../traffic/stream.ts';
import { TcpFlow } from '../traffic/tcp-flow.ts';
import { TcpHost } from '../traffic/tcp-host.ts';
import { MILLISECOND, SECOND, type TimeNs, type Timer } from '../world/clock.ts';
import { askAll } from './ask.ts';
import type { Experiment, Flow as FlowPlan, ProbeAction } from './experiment/resolved.ts';
import { type Lab, LabError } from './lab.ts';
import type { Recorder } from './results/recorder.ts';

/** Width of a bin of the plots, to begin with. */
const BIN_NS = 100 * MILLISECOND;

/** Packets still on their way after this long count as lost. */
const MAX_GRACE_NS = 2 * SECOND;

export class Traffic {
  /** How long the last packets of a step are given to arrive. */
  readonly graceNs: TimeNs;
  readonly #lab: Lab;
  readonly #experiment: Experiment;
  readonly #sinks: ReadonlyMap<string, Sink>;
  readonly #flows: readonly { readonly id: number; readonly flow: RunningFlow | TcpFlow }[];
  readonly #desks = new Map<string, RequestDesk>();
  readonly #tcpHosts = new Map<string, TcpHost>();
  readonly #bins = new Map<string, { group: string; plane: Plane; bins: TimeBins }>();
  #started = false;
  #traceLess: Timer | undefined;

  constructor(lab: Lab, experiment: Experiment, hopTimeNs: TimeNs) {
    this.#lab = lab;
    this.#experiment = experiment;
    const hops = experiment.topology.routers.length + 1;
    this.graceNs = Math.min((hopTimeNs + lab.marginNs) * hops, MAX_GRACE_NS);
    this.#sinks = new Map([...lab.hosts].map(([name, host]) => [name, new Sink(lab.clock, host)]));
    this.#flows = experiment.flows.map((flow) => ({ id: flow.id, flow: this.#flow(flow) }));
  }

  /** Has the ingress routers copy mirrored flows, and gives every host its gateway's address. */
  async prepare(): Promise<void> {
    for (const host of this.#lab.hosts.values()) host.greetGateway();
    const rules = mirrorRules(this.#experiment);
    await askAll<'mirror'>(this.#lab, [...rules.keys()], (router) => {
      return { op: 'mirror', rules: rules.get(router) ?? [] };
    });
  }

  /** Starts the flows, each after its own start time. A second time does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const [index, { startNs, stopNs }] of this.#experiment.flows.entries()) {
      const { flow } = this.#flows[index];
      this.#lab.clock.after(startNs, () => flow.start());
      if (stopNs !== undefined) this.#lab.clock.after(stopNs, () => flow.stop());
    }
  }

  /** Has every packet traced from now on, not only each n-th. */
  traceAll(): void {
    this.#traceLess?.cancel();
    for (const flow of this.#measured()) flow.traceAll(true);
  }

  /** Ends `traceAll` after so long, unless it is called again before. */
  traceLessAfter(delayNs: TimeNs): void {
    this.#traceLess = this.#lab.clock.after(delayNs, () => {
      for (const flow of this.#measured()) flow.traceAll(false);
    });
  }

  /** Begins or ends a window of every flow, now. */
  mark(): void {
    for (const { flow } of this.#flows) flow.mark();
  }

  /** What became of the packets sent between two marks. */
  windows(step: number, fromNs: TimeNs, toNs: TimeNs): readonly FlowWindow[] {
    return this.#flows.flatMap(({ id, flow }) => {
      if (flow instanceof TcpFlow) return [];
      return flow.planes.map((plane): FlowWindow => {
        const counted = flow.window(plane, fromNs, toNs);
        return { t: this.#lab.clock.now(), fact: 'flow', step, flow: id, plane, fromNs, toNs, ...counted };
      });
    });
  }

  /** What the viewers of streams saw between two marks. */
  streamWindows(step: number, fromNs: TimeNs, toNs: TimeNs): readonly StreamWindow[] {
    return this.#flows.flatMap(({ id, flow }): readonly StreamWindow[] => {
      if (!(flow instanceof Stream)) return [];
      const viewed = flow.viewed(fromNs, toNs);
      if (viewed === undefined) return [];
      const [plane] = flow.planes;
      return [{ t: this.#lab.clock.now(), fact: 'stream', step, flow: id, plane, fromNs, toNs, ...viewed }];
    });
  }

  /** What TCP flows did between two marks. */
  tcpWindows(step: number, fromNs: TimeNs, toNs: TimeNs): readonly TcpWindow[] {
    return this.#flows.flatMap(({ id, flow }): readonly TcpWindow[] => {
      if (!(flow instanceof TcpFlow)) return [];
      const { beganNs, completedNs } = flow.progress();
      if (beganNs === null || beganNs >= toNs) return [];
      return [
        {
          t: this.#lab.clock.now(),
          fact: 'tcp',
          step,
          flow: id,
          plane: flow.plane,
          fromNs,
          toNs,
          beganNs,
          completedNs: completedNs === null || completedNs > toNs ? null : completedNs,
          ...flow.window(fromNs, toNs),
        },
      ];
    });
  }

  /** A probe ready to start. */
  probe(action: ProbeAction): Probe {
    return new Probe(this.#lab, this.#host(action.from), this.#end(action), action);
  }

  /** Everything sent up to now, by group and plane, for plots. */
  recordBins(recorder: Recorder): void {
    for (const { group, plane, bins } of this.#bins.values()) {
      const result = bins.result();
      if (result.sent.length === 0) continue;
      recorder.record({ t: this.#lab.clock.now(), fact: 'bins', group, plane, ...result });
    }
    for (const { id, flow } of this.#flows) {
      if (!(flow instanceof TcpFlow)) continue;
      const t = this.#lab.clock.now();
      recorder.record({ t, fact: 'tcp-bins', flow: id, plane: flow.plane, ...flow.series() });
    }
  }

  #flow(plan: FlowPlan): RunningFlow | TcpFlow {
    if (plan.kind === 'tcp') {
      return new TcpFlow(this.#lab, this.#tcpHost(plan.from), this.#tcpHost(plan.to), plan);
    }
    const bins = { real: this.#binsOf(plan.group, 'real'), shadow: this.#binsOf(plan.group, 'shadow') };
    switch (plan.kind) {
      case 'rate':
      case 'replay':
        return new Flow(this.#lab, this.#host(plan.from), this.#end(plan), plan, bins);
      case 'stream':
        return new Stream(this.#lab, this.#desk(plan.from), this.#sink(plan.to), plan, bins);
    }
  }

  /** Flows whose packets are measured ones. */
  #measured(): readonly RunningFlow[] {
    return this.#flows.flatMap(({ flow }) => (flow instanceof TcpFlow ? [] : [flow]));
  }

  #tcpHost(name: string): TcpHost {
    const found = this.#tcpHosts.get(name);
    if (found !== undefined) return found;
    const host = new TcpHost(this.#lab, this.#host(name));
    this.#tcpHosts.set(name, host);
    return host;
  }

  #desk(name: string): RequestDesk {
    const found = this.#desks.get(name);
    if (found !== undefined) return found;
    const desk = new RequestDesk(this.#host(name));
    this.#desks.set(name, desk);
    return desk;
  }

  #binsOf(group: string, plane: Plane): TimeBins {
    const key = `${plane} ${group}`;
    const found = this.#bins.get(key);
    if (found !== undefined) return found.bins;
    const bins = new TimeBins(this.#lab.clock.now(), BIN_NS);
    this.#bins.set(key, { group, plane, bins });
    return bins;
  }

  #host(name: string): Host {
    const host = this.#lab.hosts.get(name);
    if (host === undefined) throw new LabError(`the lab has no host "${name}"`);
    return host;
  }

  /** Where its packets may arrive. */
  #end({ to, outside }: Pick<FlowPlan, 'to' | 'outside'>): Sink | Outside {
    if (outside === undefined) return this.#sink(to);
    return { destination: outside.address, exits: outside.exits.map((exit) => this.#sink(exit)) };
  }

  #sink(name: string): Sink {
    const sink = this.#sinks.get(name);
    if (sink === undefined) throw new LabError(`the lab has no host "${name}"`);
    return sink;
  }
}

/** By router: every router on the source host's link copies what it gets from there. */
function mirrorRules({ flows, topology }: Experiment): ReadonlyMap<string, readonly MirrorRule[]> {
  const rules = new Map<string, MirrorRule[]>();
  const addressOf = new Map(topology.hosts.map(({ name, address }) => [name, address.address]));
  const exactly = (host: string): string => formatPrefix({ address: addressOf.get(host) ?? 0, length: 32 });
  for (const flow of flows.filter(({ mirror }) => mirror)) {
    const link = topology.links.find(({ ends }) => ends.some(({ node }) => node === flow.from));
    const sourceMac = link?.ends.find(({ node }) => node === flow.from)?.mac;
    for (const { node, port, kind } of link?.ends ?? []) {
      if (kind !== 'router' || sourceMac === undefined) continue;
      const rule = {
        port,
        sourceMac,
        source: exactly(flow.from),
        destination: flow.outside === undefined ? exactly(flow.to) : `${formatIpv4(flow.outside.address)}/32`,
        sourcePort: sourcePortOf(flow.id),
      };
      rules.set(node, [...(rules.get(node) ?? []), rule]);
    }
  }
  return rules;
}
