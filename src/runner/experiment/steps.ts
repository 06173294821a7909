/**
 * The steps, one after the other. What a step may say depends on the steps before it: which configuration is
 * real and which is shadow by then (commit and rollback swap them, change edits them), what has been committed,
 * and since when traffic runs. `Course` keeps account of that.
 */
import { formatTime } from '../../analysis/format.ts';
import { diffConfigs } from '../../config/diff.ts';
import type { RouterConfig } from '../../config/model.ts';
import { SMALLEST_PROBE_PACKET } from '../../net/probe.ts';
import type { Plane } from '../../net/wire.ts';
import type { ConfigReader, ConfigSource } from './configs.ts';
import { expectsAbort, resolveExpectations } from './expectations.ts';
import { listed, type Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import { describeProgram, exec, implicitExit, iperf, ping } from './programs.ts';
import type { Report } from './report.ts';
import type { Action, ProbeAction, RouterConfigs, Step, Target } from './resolved.ts';
import type { Change, Fail, Probe, Step as StepItem } from './schema.generated.ts';
import type { MeasuredStep } from './step-measures.ts';
import { nameOfTarget } from './target.ts';
import { MAX_FLOWS, type Traffic } from './traffic.ts';
import { checkPacket, waysOf, whither } from './traffic-common.ts';
import { durationNs, sizeBytes } from './units.ts';

/** What the experiment has come to before a step. */
interface Course {
  readonly configs: Map<string, { real: RouterConfig; shadow: RouterConfig }>;
  /** A configuration is wrong: nothing is said about what a commit changes. */
  uncertain: boolean;
  /** Something has been done. */
  begun: boolean;
  /** The planes have been disturbed: what paths were before is known from before that. */
  disturbed: boolean;
  /** Probes that ended before the first disturbance. */
  readonly earlyProbes: ProbeAction[];
  /** A commit that a rollback could take back. */
  committed: boolean;
  /** The number of the next probe on the wire. */
  nextFlow: number;
  /** The last step that did something: a step that only expects looks back at it. */
  lastActive: MeasuredStep | undefined;
  readonly failed: Set<string>;
  readonly stepNumbers: Map<string, number>;
}

export function resolveSteps(
  report: Report,
  names: Names,
  reader: ConfigReader,
  items: readonly StepItem[],
  configs: readonly RouterConfigs[],
  traffic: Traffic,
  certain: boolean,
): readonly Step[] {
  const course: Course = {
    configs: new Map(configs.map(({ router, real, shadow }) => [router, { real, shadow }])),
    uncertain: !certain,
    begun: false,
    disturbed: false,
    earlyProbes: [],
    committed: false,
    nextFlow: traffic.flows.length + 1,
    lastActive: undefined,
    failed: new Set(),
    stepNumbers: new Map(),
  };
  checkNames(report, items);
  const steps: Step[] = [];
  for (const [index, item] of items.entries()) {
    if (!isMapping(item)) continue;
    const number = index + 1;
    const path = ['steps', index];
    if (report.sound(...path) && Object.keys(item).every((key) => key === 'name')) {
      report.error(path, `step ${number} does nothing: add an action (converge, fail, probe, ...) or expect`);
    }
    const actions = resolveActions(report, names, reader, items, index, course);
    const isComplete =
      actions.length === Object.keys(item).filter((key) => key !== 'name' && key !== 'expect').length;
    // A first action that converges runs before traffic does.
    const timed = course.begun || actions[0]?.kind !== 'converge' ? actions : actions.slice(1);
    course.begun ||= actions.length > 0;
    const measured: MeasuredStep = {
      actions,
      probe: actions.find((action) => action.kind === 'probe'),
      trafficFlows: timed.some(takesTime),
      isComplete: isComplete && report.sound(...path),
    };
    const written = report.sound(...path, 'name') ? item.name : undefined;
    const name = written ?? freeName(describe(actions), items, course.stepNumbers);
    course.stepNumbers.set(name, number);
    if (actions.length > 0 || !isComplete) course.lastActive = measured;
    const expectations = resolveExpectations(report, names, traffic, item, path, {
      number,
      about: course.lastActive,
      earlyProbes: course.earlyProbes,
      stepNumbers: course.stepNumbers,
      laterNames: items.slice(number).map((later) => later?.name),
    });
    const exits = implicitExit(actions, lookingAt(items, index), () => report.place([...path, 'exec']));
    for (const action of actions) {
      if (DISTURBING.includes(action.kind)) course.disturbed = true;
      else if (action.kind === 'probe' && !course.disturbed) course.earlyProbes.push(action);
    }
    const place = report.place(path);
    steps.push({ number, name, place, actions, expectations: [...exits, ...expectations] });
  }
  return steps;
}

function checkNames(report: Report, items: readonly StepItem[]): void {
  const first = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (!isMapping(item) || typeof item.name !== 'string') continue;
    const path = ['steps', index, 'name'];
    const before = first.get(item.name);
    if (item.name === 'start')
      report.error(path, '"start" means before the first step: give this one another name');
    else if (before !== undefined) report.error(path, `step ${before + 1} is called "${item.name}", too`);
    else first.set(item.name, index);
  }
}

/** In the order of the page. One that is wrong is told and left out. */
function resolveActions(
  report: Report,
  names: Names,
  reader: ConfigReader,
  items: readonly StepItem[],
  index: number,
  course: Course,
): readonly Action[] {
  const item = items[index];
  const number = index + 1;
  if ('commit' in item && 'rollback' in item) {
    report.error(['steps', index, 'rollback'], 'commit and rollback need a step each', true);
  }
  const [first, ...others] = Object.keys(item).filter((key) => ['probe', 'ping', 'iperf'].includes(key));
  for (const other of others) {
    const message = `${first} and ${other} need a step each: lost, reachable and throughput could be about either`;
    report.error(['steps', index, other], message, true);
  }
  return Object.keys(item).flatMap((key): readonly Action[] => {
    const path = ['steps', index, key];
    const isSound = report.sound(...path);
    switch (key as keyof StepItem) {
      case 'converge':
        return isSound ? [{ kind: 'converge', withinNs: durationNs(item.converge?.within ?? '120s') }] : [];
      case 'wait':
        return isSound && item.wait !== undefined ? [{ kind: 'wait', forNs: durationNs(item.wait) }] : [];
      case 'fail':
        return isSound && item.fail !== undefined ? fail(report, names, item.fail, path, number, course) : [];
      case 'restore':
        return isSound ? restore(report, names, item.restore, path, number, course) : [];
      case 'change':
        return isSound && item.change !== undefined
          ? change(report, names, reader, item.change, path, number, course)
          : [];
      case 'probe':
        return isSound && item.probe !== undefined
          ? probe(report, names, item.probe, path, number, course)
          : [];
      case 'ping':
        return isSound && item.ping !== undefined ? ping(report, names, item.ping, path, number) : [];
      case 'exec':
        return isSound && item.exec !== undefined ? exec(report, names, item.exec, path, number) : [];
      case 'iperf':
        return isSound && item.iperf !== undefined ? iperf(report, names, item.iperf, path, number) : [];
      case 'commit':
      case 'rollback': {
        const kind = key === 'commit' ? 'commit' : 'rollback';
        followCommitment(report, kind, path, items, index, course);
        const limits = item[kind];
        if (!isSound) return [];
        const withinNs = durationNs(limits?.within ?? '30s');
        return [{ kind, withinNs, phaseLimitNs: durationNs(limits?.phase ?? '5s') }];
      }
      default:
        return [];
    }
  });
}

function fail(
  report: Report,
  names: Names,
  item: Fail,
  path: DocumentPath,
  number: number,
  course: Course,
): readonly Action[] {
  const target = targetOf(report, names, item, path, number);
  if (target === undefined) return [];
  course.failed.add(nameOfTarget(target));
  return [{ kind: 'fail', target, plane: item.plane ?? 'shadow' }];
}

function restore(
  report: Report,
  names: Names,
  item: StepItem['restore'],
  path: DocumentPath,
  number: number,
  course: Course,
): readonly Action[] {
  const choice = item === 'all' || item === null || item === undefined ? {} : item;
  const isAll = choice.link === undefined && choice.port === undefined && choice.router === undefined;
  if (isAll) {
    if (course.failed.size === 0 && names.topology !== undefined) {
      report.warning(path, 'restore: nothing has failed by then', true);
    }
    return [{ kind: 'restore', plane: choice.plane ?? 'both' }];
  }
  const target = targetOf(report, names, choice, path, number);
  if (target === undefined) return [];
  if (!course.failed.has(nameOfTarget(target))) {
    report.warning(path, `restore: ${nameOfTarget(target)} has not failed by then`, true);
  }
  return [{ kind: 'restore', target, plane: choice.plane ?? 'shadow' }];
}

function targetOf(
  report: Report,
  names: Names,
  item: Fail,
  path: DocumentPath,
  number: number,
): Target | undefined {
  const given = (['link', 'port', 'router'] as const).filter((key) => item[key] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    report.error(path, `${String(path.at(-1))}: expected one of link, port and router, found ${found}`, true);
    return undefined;
  }
  const where = ` in step ${number}`;
  if (item.link !== undefined) {
    const link = names.link([...path, 'link'], item.link, where);
    return link && { kind: 'link', link: link.name };
  }
  if (item.port !== undefined) {
    const port = names.port([...path, 'port'], item.port, where);
    return port && { kind: 'port', ...port };
  }
  const router = names.router([...path, 'router'], item.router ?? '', where);
  return router === undefined ? undefined : { kind: 'router', router };
}

function change(
  report: Report,
  names: Names,
  reader: ConfigReader,
  item: Change,
  path: DocumentPath,
  number: number,
  course: Course,
): readonly Action[] {
  const plane = item.plane ?? 'shadow';
  const routers: { router: string; config: RouterConfig }[] = [];
  const sources = new Map<string, ConfigSource>();
  for (const [written, text] of Object.entries(item.configs)) {
    const textPath = [...path, 'configs', written];
    const router = names.router(textPath, written, ` in step ${number}`, true);
    const has = course.configs.get(router ?? '');
    if (router === undefined || has === undefined) continue;
    const errors = report.errors;
    const source = reader.inline(textPath, text);
    const config = reader.enter(router, source, has[plane]);
    sources.set(router, source);
    if (report.errors > errors) course.uncertain = true;
    else if (diffConfigs(has[plane], config).length === 0) {
      report.warning(
        textPath,
        `this changes nothing: router "${router}" has it all in ${plane} by then`,
        true,
      );
    }
    routers.push({ router, config });
    course.configs.set(router, { ...has, [plane]: config });
  }
  if (routers.length === 0) return [];
  if (!course.uncertain) {
    const configs = [...course.configs].map(([router, both]) => ({ router, ...both }));
    reader.keepChange({ step: number, plane, configs, sources });
  }
  return [{ kind: 'change', plane, routers, everyNs: durationNs(item.every ?? '0s') }];
}

function probe(
  report: Report,
  names: Names,
  item: Probe,
  path: DocumentPath,
  number: number,
  course: Course,
): readonly Action[] {
  const where = ` in step ${number}`;
  const ends = waysOf(report, names, item, path, where);
  if (ends !== undefined && ends.from.name === ends.to.name) {
    report.error([...path, 'to'], `the probe${where} goes from "${item.from}" to itself`);
  }
  const everyNs = durationNs(item.every ?? '10ms');
  if (everyNs === 0) report.error([...path, 'every'], 'every: packets need time between them');
  const packetBytes = sizeBytes(item.packet ?? '100B');
  if (packetBytes < SMALLEST_PROBE_PACKET) {
    const message = `packet: at least ${SMALLEST_PROBE_PACKET} B are needed (headers and shadowlab's own), found ${item.packet}`;
    report.error([...path, 'packet'], message);
  }
  if (ends === undefined) return [];
  const { from, to } = ends;
  checkPacket(report, names, [...path, 'packet'], packetBytes, [from, ...to.hosts]);
  const flow = course.nextFlow++;
  if (flow > MAX_FLOWS)
    report.error(path, `with this there are ${flow} flows and probes: at most ${MAX_FLOWS} fit`);
  const plane = item.plane ?? 'shadow';
  const count = item.count ?? 100;
  return [{ kind: 'probe', flow, from: from.name, ...whither(to), plane, count, everyNs, packetBytes }];
}

/** Swaps the planes, unless the step expects that nothing comes of it. */
function followCommitment(
  report: Report,
  kind: 'commit' | 'rollback',
  path: DocumentPath,
  items: readonly StepItem[],
  index: number,
  course: Course,
): void {
  if (kind === 'rollback' && !course.committed) {
    report.error(path, 'rollback: there is no commit before this that it could take back', true);
    return;
  }
  const differ = [...course.configs.values()].some(
    ({ real, shadow }) => diffConfigs(real, shadow).length > 0,
  );
  if (course.configs.size > 0 && !differ && !course.uncertain) {
    report.warning(path, `${kind}: real and shadow are the same by then: this changes nothing`, true);
  }
  if (lookingAt(items, index).some((item) => expectsAbort(item))) return;
  course.committed = kind === 'commit';
  for (const [router, { real, shadow }] of course.configs) {
    course.configs.set(router, { real: shadow, shadow: real });
  }
}

/** The step, and those behind it that only expect. */
function lookingAt(items: readonly StepItem[], index: number): readonly StepItem[] {
  const followers = items.slice(index + 1);
  const next = followers.findIndex((item) => !isMapping(item) || !onlyExpects(item));
  return items.slice(index, next === -1 ? items.length : index + 1 + next);
}

function onlyExpects(item: StepItem): boolean {
  return Object.keys(item).every((key) => key === 'name' || key === 'expect');
}

/** What paths were before is known from before the first of these. */
const DISTURBING: readonly Action['kind'][] = ['fail', 'restore', 'change', 'commit', 'rollback'];

/** Does traffic flow while the action is carried out? */
function takesTime(action: Action): boolean {
  switch (action.kind) {
    case 'converge':
    case 'probe':
    case 'ping':
    case 'exec':
    case 'iperf':
    case 'commit':
    case 'rollback':
      return true;
    case 'wait':
      return action.forNs > 0;
    case 'change':
      return action.everyNs > 0 && action.routers.length > 1;
    case 'fail':
    case 'restore':
      return false;
  }
}

/** The first of `name`, `name (2)`, ... that no step has or will have. */
function freeName(name: string, items: readonly StepItem[], taken: ReadonlyMap<string, number>): string {
  const isTaken = (candidate: string) =>
    taken.has(candidate) || items.some((item) => item?.name === candidate);
  if (!isTaken(name)) return name;
  let count = 2;
  while (isTaken(`${name} (${count})`)) count++;
  return `${name} (${count})`;
}

function describe(actions: readonly Action[]): string {
  return actions.length === 0 ? 'expect' : actions.map(describeAction).join(', ');
}

function describeAction(action: Action): string {
  switch (action.kind) {
    case 'converge':
    case 'commit':
    case 'rollback':
      return action.kind;
    case 'wait':
      return `wait ${formatTime(action.forNs)}`;
    case 'fail':
      return `fail ${nameOfTarget(action.target)}${inPlane(action.plane)}`;
    case 'restore':
      return `restore ${action.target === undefined ? 'all' : nameOfTarget(action.target)}${inPlane(action.plane)}`;
    case 'change':
      return `change ${listed(action.routers.map(({ router }) => router))}${inPlane(action.plane)}`;
    case 'probe':
      return describeProbe(action);
    case 'ping':
    case 'exec':
    case 'iperf':
      return describeProgram(action);
  }
}

function describeProbe({ from, to, plane }: ProbeAction): string {
  return `probe ${from} to ${to}${inPlane(plane)}`;
}

function inPlane(plane: Plane | 'both'): string {
  return plane === 'both' ? ' in both planes' : ` in ${plane}`;
}

function isMapping(item: unknown): item is StepItem {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}
