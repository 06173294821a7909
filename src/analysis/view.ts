/**
 * A run as far as it is recorded. Facts are added one by one, as they happen or from a file; every question
 * that a verdict asks is answered from an index, so that a step can be judged while it goes on and a run of a
 * million postcards is read once.
 *
 * What must stay true: the answers depend on the facts and their order alone. FIBs, neighbours and configurations
 * are recorded when they change and hold from then on, by step; a packet belongs to the step that its first
 * postcard's time lies in; an index only grows, but for a packet whose earlier postcard comes late, which moves.
 */
import type { Plane } from '../net/wire.ts';
import type { NeighbourEntry } from '../world/observation.ts';
import type {
  BgpSnapshot,
  CommandFact,
  CommitOutcome,
  CommitProgress,
  ConfigChanged,
  Fact,
  FailureFact,
  FlowWindow,
  IperfFact,
  PingFact,
  ProbeResult,
  RunFinished,
  RunStarted,
  StepFact,
  StreamWindow,
  TcpWindow,
} from './facts.ts';
import { failedAt } from './failures.ts';
import { Fib } from './fib.ts';
import { History } from './history.ts';
import { Network } from './network.ts';
import { type Path, pathOf, Trace } from './paths.ts';

/** What was recorded about one step. */
export interface StepRecord {
  readonly number: number;
  readonly fromNs: number;
  readonly toNs?: number;
  readonly error?: string;
  readonly probes: readonly ProbeResult[];
  /** The last record of each. */
  readonly ping?: PingFact;
  readonly command?: CommandFact;
  readonly iperf?: IperfFact;
  readonly failures: readonly FailureFact[];
  readonly changes: readonly ConfigChanged[];
  readonly progress: readonly CommitProgress[];
  /** The last of the step. */
  readonly commit?: CommitOutcome;
}

/** A configuration that a router had, and the file of the results folder that holds it. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

interface MutableRecord {
  readonly number: number;
  readonly fromNs: number;
  toNs?: number;
  error?: string;
  readonly probes: ProbeResult[];
  ping?: PingFact;
  command?: CommandFact;
  iperf?: IperfFact;
  readonly failures: FailureFact[];
  readonly changes: ConfigChanged[];
  readonly progress: CommitProgress[];
  commit?: CommitOutcome;
}

export class RunView {
  readonly start: RunStarted;
  readonly network: Network;
  #nowNs = 0;
  #finished: RunFinished | undefined;
  #disturbedNs: number | undefined;
  readonly #records = new Map<number, MutableRecord>();
  readonly #order: MutableRecord[] = [];
  readonly #fibs = new History<Fib>();
  readonly #neighbours = new History<readonly NeighbourEntry[]>();
  readonly #configs = new History<ConfigText>();
  readonly #bgp: BgpSnapshot[] = [];
  /** Routers that did not answer any more at some time of the run. */
  readonly #silent = new Set<string>();
  readonly #failures: FailureFact[] = [];
  readonly #commits: CommitOutcome[] = [];
  readonly #changes: ConfigChanged[] = [];
  /** By `plane flow`, then by sequence number. */
  readonly #packets = new Map<string, Map<number, Trace>>();
  /** By `step plane flow`; holds also packets that have moved to an earlier step since. */
  readonly #sentIn = new Map<string, Trace[]>();
  /** By `step plane flow`. */
  readonly #windows = new Map<string, FlowWindow[]>();
  /** By `step plane flow`. */
  readonly #streams = new Map<string, StreamWindow[]>();
  /** By `step plane flow`. */
  readonly #tcp = new Map<string, TcpWindow[]>();

  constructor(start: RunStarted) {
    this.start = start;
    this.network = new Network(start);
    for (const config of start.configs) {
      for (const plane of PLANES) {
        const file = configFile(config.router, plane);
        this.#configs.record(0, config.router, plane, { file, text: config[plane] });
      }
    }
  }

  /** Files one more fact. A second `run-started` is refused: it would be another run. */
  add(fact: Fact): void {
    this.#nowNs = Math.max(this.#nowNs, fact.t);
    switch (fact.fact) {
      case 'run-started':
        throw new Error('a run starts only once: there are two run-started facts');
      case 'step-started':
        this.#record(fact.step, fact.t);
        return;
      case 'step-finished': {
        const record = this.#record(fact.step, fact.t);
        record.toNs = fact.t;
        if (fact.error !== undefined) record.error = fact.error;
        return;
      }
      case 'postcard':
        this.#addPostcard(fact);
        return;
      case 'fib':
        this.#fibs.record(fact.step, fact.router, fact.plane, new Fib(fact.entries));
        return;
      case 'neighbours':
        this.#neighbours.record(fact.step, fact.router, fact.plane, fact.entries);
        return;
      case 'bgp':
        this.#bgp.push(fact);
        return;
      case 'failed':
      case 'restored':
        this.#failures.push(fact);
        this.#record(fact.step, fact.t).failures.push(fact);
        this.#disturbedNs ??= fact.t;
        return;
      case 'config-changed':
        this.#changes.push(fact);
        this.#record(fact.step, fact.t).changes.push(fact);
        this.#configs.record(fact.step, fact.router, fact.plane, {
          file: configFile(fact.router, fact.plane, fact.step),
          text: fact.config,
        });
        this.#disturbedNs ??= fact.t;
        return;
      case 'probe':
        this.#addProbe(fact);
        return;
      case 'ping':
        this.#record(fact.step, fact.t).ping = fact;
        return;
      case 'command':
        this.#record(fact.step, fact.t).command = fact;
        return;
      case 'iperf':
        this.#record(fact.step, fact.t).iperf = fact;
        return;
      case 'flow':
        this.#record(fact.step, fact.t);
        push(this.#windows, `${fact.step} ${fact.plane} ${fact.flow}`, fact);
        return;
      case 'stream':
        push(this.#streams, `${fact.step} ${fact.plane} ${fact.flow}`, fact);
        return;
      case 'tcp':
        push(this.#tcp, `${fact.step} ${fact.plane} ${fact.flow}`, fact);
        return;
      case 'commit-progress':
        this.#record(fact.step, fact.t).progress.push(fact);
        this.#disturbedNs ??= fact.sentNs;
        return;
      case 'commit':
        this.#addCommit(fact);
        return;
      case 'run-finished':
        this.#finished = fact;
        return;
      case 'silent':
        this.#silent.add(fact.router);
        this.#fibs.forget(this.stepAt(fact.t), fact.router);
        this.#neighbours.forget(this.stepAt(fact.t), fact.router);
        return;
      case 'counters':
      case 'peer':
      case 'bins':
      case 'tcp-bins':
      case 'capture':
      case 'log':
        return;
    }
  }

  /** Time of the latest fact. */
  get nowNs(): number {
    return this.#nowNs;
  }

  get finished(): RunFinished | undefined {
    return this.#finished;
  }

  /** When the first failure, change or commit of the run began; undefined where there was none so far. */
  get disturbedNs(): number | undefined {
    return this.#disturbedNs;
  }

  /** What the experiment says of a step. */
  plan(step: number): StepFact | undefined {
    return this.start.steps.find((planned) => planned.number === step);
  }

  /** What was recorded of a step; undefined where it was not begun. */
  step(number: number): StepRecord | undefined {
    return this.#records.get(number);
  }

  /** The step during which something happened; 0 before the first. */
  stepAt(timeNs: number): number {
    return this.#order.findLast((record) => record.fromNs <= timeNs)?.number ?? 0;
  }

  /** Commits and rollbacks until the end of `step`, in order. */
  commitsUntil(step: number): readonly CommitOutcome[] {
    return this.#commits.filter((commit) => commit.step <= step);
  }

  changesUntil(step: number): readonly ConfigChanged[] {
    return this.#changes.filter((change) => change.step <= step);
  }

  failedAt(step: number, plane: Plane): readonly string[] {
    return failedAt(this.#failures, step, plane);
  }

  fib(step: number, router: string, plane: Plane): Fib | undefined {
    return this.#fibs.at(step, router, plane);
  }

  /** Did the FIB of any router change in this plane during the step? */
  fibsChangedIn(step: number, plane: Plane): boolean {
    return this.#fibs.changedIn(step, plane);
  }

  neighbours(step: number, router: string, plane: Plane): readonly NeighbourEntry[] | undefined {
    return this.#neighbours.at(step, router, plane);
  }

  /** What routers' BGP had for an address at the end of a step, where that was asked; one a router and routing table. */
  bgp(step: number, plane: Plane, address: string): readonly BgpSnapshot[] {
    return this.#bgp.filter((one) => one.step === step && one.plane === plane && one.address === address);
  }

  config(step: number, router: string, plane: Plane): ConfigText | undefined {
    return this.#configs.at(step, router, plane);
  }

  /** What was counted of a flow in a step. */
  windows(step: number, flow: number, plane: Plane): readonly FlowWindow[] {
    return this.#windows.get(`${step} ${plane} ${flow}`) ?? [];
  }

  /** What the viewer of a stream saw in a step. */
  streamed(step: number, flow: number, plane: Plane): readonly StreamWindow[] {
    return this.#streams.get(`${step} ${plane} ${flow}`) ?? [];
  }

  /** What a TCP flow did in a step. */
  carried(step: number, flow: number, plane: Plane): readonly TcpWindow[] {
    return this.#tcp.get(`${step} ${plane} ${flow}`) ?? [];
  }

  /** Packets of a flow with postcards that were sent in `step`, in order of sending; later ones belong to no step. */
  packets(step: number, flow: number, plane: Plane): readonly Trace[] {
    const sent = this.#sentIn.get(`${step} ${plane} ${flow}`) ?? [];
    const toNs = this.#records.get(step)?.toNs ?? Number.POSITIVE_INFINITY;
    return sent
      .filter((trace) => trace.step === step && trace.startNs <= toNs)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** All packets of a flow with postcards, in order of sending. */
  allPackets(flow: number, plane: Plane): readonly Trace[] {
    return [...(this.#packets.get(`${plane} ${flow}`)?.values() ?? [])].sort(
      (a, b) => a.sequence - b.sequence,
    );
  }

  /**
   * Was the packet sent on so shortly before the end of what is recorded that it may be on its way still? Such a
   * packet is neither lost nor on a path that can be told.
   */
  isUnderWay(trace: Trace): boolean {
    return this.path(trace).lost?.reason === 'wire' && trace.endNs > this.#nowNs - SETTLE_NS;
  }

  path(trace: Trace): Path {
    trace.path ??= pathOf(trace, this.network);
    return this.#silent.size === 0 ? trace.path : this.#known(trace.path);
  }

  /** Where the next router has kept silent, nobody knows what became of the packet: its path is not complete. */
  #known(path: Path): Path {
    if (path.lost?.reason !== 'wire' || !this.#leadsToSilent(path.lost.router, path.lost.out)) return path;
    const { lost, ...rest } = path;
    return { ...rest, complete: false };
  }

  #leadsToSilent(router: string, port: string): boolean {
    const ends = this.network.linkAt(router, port)?.ends ?? [];
    return ends.some(({ node }) => node !== router && this.#silent.has(node));
  }

  /** A probe that went on, so that a claim could come true, is recorded again, longer: the last record counts. */
  #addProbe(probe: ProbeResult): void {
    const { probes } = this.#record(probe.step, probe.t);
    const before = probes.findIndex((known) => known.flow === probe.flow && known.probe === probe.probe);
    if (before < 0) probes.push(probe);
    else probes[before] = probe;
  }

  #addPostcard(postcard: Extract<Fact, { fact: 'postcard' }>): void {
    const key = `${postcard.plane} ${postcard.flow}`;
    let flow = this.#packets.get(key);
    if (flow === undefined) {
      flow = new Map();
      this.#packets.set(key, flow);
    }
    const step = this.stepAt(postcard.timeNs);
    const known = flow.get(postcard.sequence);
    if (known === undefined) {
      const trace = new Trace(postcard, step);
      flow.set(postcard.sequence, trace);
      push(this.#sentIn, `${step} ${key}`, trace);
      return;
    }
    if (!known.add(postcard) || step >= known.step) return;
    known.step = step;
    push(this.#sentIn, `${step} ${key}`, known);
  }

  /** A commit (or rollback) that went through has swapped the planes' configurations on every router. */
  #addCommit(commit: CommitOutcome): void {
    this.#commits.push(commit);
    this.#record(commit.step, commit.t).commit = commit;
    this.#disturbedNs ??= commit.startedNs;
    if (commit.outcome !== 'committed') return;
    for (const router of this.network.routers) {
      const real = this.#configs.at(commit.step, router, 'real');
      const shadow = this.#configs.at(commit.step, router, 'shadow');
      if (real !== undefined) this.#configs.record(commit.step, router, 'shadow', real);
      if (shadow !== undefined) this.#configs.record(commit.step, router, 'real', shadow);
    }
  }

  #record(number: number, t: number): MutableRecord {
    const known = this.#records.get(number);
    if (known !== undefined) return known;
    const record: MutableRecord = {
      number,
      fromNs: t,
      probes: [],
      failures: [],
      changes: [],
      progress: [],
    };
    this.#records.set(number, record);
    this.#order.push(record);
    return record;
  }
}

/** Longer than a packet takes from one router's queue to the next router. */
const SETTLE_NS = 1_000_000_000;

export const PLANES: readonly Plane[] = ['real', 'shadow'];

/** Where a configuration lies in `configs/`: as resolved, or as a step loaded it. */
export function configFile(router: string, plane: Plane, step?: number): string {
  const name = fileName(router);
  return step === undefined ? `${name}.${plane}.conf` : `${name}.${plane}.step-${step}.conf`;
}

/**
 * A name as part of a file's name: what may not stand there, or be anywhere else than in its folder, is escaped.
 * A name too long for a file ends in a number of its own instead.
 */
export function fileName(name: string): string {
  const escaped = encodeURIComponent(name).replaceAll('*', '%2A');
  if (escaped.length <= LONGEST_FILE_NAME) return escaped;
  let hash = 0;
  for (let at = 0; at < name.length; at++) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) >>> 0;
  return `${escaped.slice(0, LONGEST_FILE_NAME)}-${hash.toString(16)}`;
}

/** Bytes; file systems take 255, and an ending follows. */
const LONGEST_FILE_NAME = 180;

/** Indexes the facts of a run. Throws where they do not begin with `run-started`. */
export function viewOf(facts: readonly Fact[]): RunView {
  const [first, ...rest] = facts;
  if (first?.fact !== 'run-started') throw new Error('the facts of a run begin with run-started');
  const view = new RunView(first);
  for (const fact of rest) view.add(fact);
  return view;
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
