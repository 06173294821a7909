/** What hosts send: named flows, and the flows of a matrix. Numbers on the wire are given in the order of the page. */
import { dirname, join } from 'node:path';
import { SMALLEST_PROBE_PACKET } from '../../net/probe.ts';
import type { Arrival as RateArrival } from '../../traffic/departures.ts';
import { atMost, readMatrix } from './matrix.ts';
import type { Names } from './names.ts';
import { type DocumentPath, didYouMean, type Problem } from './problem.ts';
import type { Report } from './report.ts';
import type { Flow, FlowCommon, FlowSending, HostNode } from './resolved.ts';
import type { Arrival, Flow as FlowItem, MatrixTraffic } from './schema.generated.ts';
import { durationNs, rateBps, sizeBytes } from './units.ts';

/** Flows and probes together; the number on the wire has 16 bits. */
export const MAX_FLOWS = 60_000;

type Unnumbered = Omit<FlowCommon, 'id'> & FlowSending;

type Common = Pick<FlowCommon, 'plane' | 'mirror' | 'startNs' | 'stopNs' | 'traceEvery'> & {
  readonly kind: 'rate';
  readonly packetBytes: number;
  readonly arrival: RateArrival;
};

export interface Traffic {
  readonly flows: readonly Flow[];
  /** Every name that an item of the page has, resolved or not. */
  readonly groups: readonly string[];
}

export function resolveTraffic(
  report: Report,
  names: Names,
  items: readonly (FlowItem | MatrixTraffic)[],
): Traffic {
  const flows: Flow[] = [];
  const groups: string[] = [];
  for (const [index, item] of items.entries()) {
    const path = ['traffic', index];
    if (typeof item?.name === 'string') {
      if (groups.includes(item.name))
        report.error([...path, 'name'], `a second flow is called "${item.name}"`);
      groups.push(item.name);
    }
    if (!report.sound(...path)) continue;
    const made =
      'matrix' in item ? matrixFlows(report, names, item, path) : namedFlow(report, names, item, path);
    if (flows.length + made.length > MAX_FLOWS) {
      report.error(path, `with this there are ${flows.length + made.length} flows: at most ${MAX_FLOWS} fit`);
      break;
    }
    for (const flow of made) flows.push({ id: flows.length + 1, ...flow });
  }
  return { flows, groups };
}

function namedFlow(report: Report, names: Names, item: FlowItem, path: DocumentPath): readonly Unnumbered[] {
  const where = ` in flow "${item.name}"`;
  const from = names.host([...path, 'from'], item.from, where);
  const to = names.host([...path, 'to'], item.to, where);
  if (from !== undefined && from === to) {
    report.error([...path, 'to'], `flow "${item.name}" goes from "${item.from}" to itself`);
  }
  const rate = rateBps(item.rate);
  if (rate === 0) report.error([...path, 'rate'], `rate: a flow of ${item.rate} sends nothing`);
  const settings = common(report, item, item.packet, [...path, 'packet'], path, {
    arrival: 'constant',
    trace: '1/10',
  });
  if (from === undefined || to === undefined) return [];
  checkPacket(report, names, [...path, 'packet'], settings.packetBytes, [from, to]);
  return [{ name: item.name, group: item.name, from: from.name, to: to.name, rateBps: rate, ...settings }];
}

function matrixFlows(
  report: Report,
  names: Names,
  item: MatrixTraffic,
  path: DocumentPath,
): readonly Unnumbered[] {
  const packetPath = [...path, 'matrix', 'packet'];
  const settings = common(report, item, item.matrix.packet, packetPath, path, {
    arrival: 'poisson',
    trace: '1/100',
  });
  const file = join(dirname(report.document.file), item.matrix.file);
  const matrix = readMatrix(file);
  if ('wrong' in matrix) {
    report.error([...path, 'matrix', 'file'], `the traffic matrix "${file}" ${matrix.wrong}`);
    return [];
  }
  report.add(...matrix.problems);
  if (names.topology === undefined) return [];
  const flows: Unnumbered[] = [];
  const problems: Problem[] = [];
  const hosts = new Set<HostNode>();
  for (const entry of matrix.entries) {
    const from = endOf(names, entry.from);
    const to = endOf(names, entry.to);
    if ('message' in from) problems.push(entry.problem('from', from.message, from.suggestion));
    if ('message' in to) problems.push(entry.problem('to', to.message, to.suggestion));
    const rate = entry.rateBps * (item.matrix.scale ?? 1);
    // A measured matrix has a diagonal, too: what a site sends to itself crosses no link.
    if ('message' in from || 'message' in to || from === to || rate === 0) continue;
    hosts.add(from).add(to);
    const name = `${item.name}:${entry.from}>${entry.to}`;
    flows.push({ name, group: item.name, from: from.name, to: to.name, rateBps: rate, ...settings });
  }
  report.add(...atMost(problems));
  checkPacket(report, names, packetPath, settings.packetBytes, [...hosts]);
  if (flows.length === 0 && problems.length + matrix.problems.length === 0) {
    report.error(
      [...path, 'matrix', 'file'],
      `the traffic matrix "${file}" has no rate above 0: it sends nothing`,
    );
  }
  return flows;
}

/** A host by its name; a router's name stands for the one host at that router. */
function endOf(
  names: Names,
  name: string,
): HostNode | { readonly message: string; readonly suggestion?: string } {
  const host = names.hostNamed(name);
  if (host !== undefined) return host;
  if (!names.isRouter(name)) {
    const { hosts = [], routers = [] } = names.topology ?? {};
    const known = [...hosts, ...routers].map((node) => node.name);
    const suggestion = didYouMean(name, known);
    const message = `unknown host or router "${name}"`;
    return suggestion === undefined ? { message } : { message, suggestion };
  }
  const [only, ...more] = names.hostsAt(name);
  if (only === undefined) return { message: `router "${name}" has no host: nothing there sends or receives` };
  if (more.length > 0) {
    const message = `router "${name}" has ${more.length + 1} hosts: name one of them`;
    return { message, suggestion: `hosts there: ${[only, ...more].join(', ')}` };
  }
  return names.hostNamed(only) ?? { message: `unknown host "${only}"` };
}

function common(
  report: Report,
  item: FlowItem | MatrixTraffic,
  packet: string | undefined,
  packetPath: DocumentPath,
  path: DocumentPath,
  defaults: { readonly arrival: Arrival; readonly trace: string },
): Common {
  const plane = item.plane ?? 'real';
  if (item.mirror !== undefined && plane === 'shadow') {
    report.error([...path, 'mirror'], 'mirror: these packets are sent in the shadow plane already');
  }
  const packetBytes = sizeBytes(packet ?? '1000B');
  if (packetBytes < SMALLEST_PROBE_PACKET) {
    report.error(
      packetPath,
      `packet: at least ${SMALLEST_PROBE_PACKET} B are needed (headers and shadowlab's own), found ${packet}`,
    );
  }
  const startNs = durationNs(item.start ?? '0s');
  const stopNs = item.stop === undefined ? undefined : durationNs(item.stop);
  if (stopNs !== undefined && stopNs <= startNs) {
    report.error(
      [...path, 'stop'],
      `stop: ${item.stop} is not after the start, ${item.start ?? '0s'}: nothing is sent`,
    );
  }
  return {
    kind: 'rate',
    plane,
    mirror: item.mirror !== undefined,
    packetBytes,
    arrival: arrivalOf(report, item.arrival ?? defaults.arrival, [...path, 'arrival']),
    startNs,
    ...(stopNs === undefined ? {} : { stopNs }),
    traceEvery: traceEvery(item.trace ?? defaults.trace),
  };
}

function arrivalOf(report: Report, arrival: Arrival, path: DocumentPath): RateArrival {
  if (typeof arrival === 'string') return { kind: arrival };
  const onNs = durationNs(arrival.on);
  if (onNs === 0) report.error([...path, 'on'], 'on: bursts of no length send nothing');
  return { kind: 'on-off', onNs, offNs: durationNs(arrival.off) };
}

function traceEvery(trace: string): number {
  if (trace === 'all') return 1;
  return trace === 'none' ? 0 : Number(trace.slice('1/'.length));
}

/** Larger than what a host's own link carries is wrong; larger than a link on the way may be what is tried. */
export function checkPacket(
  report: Report,
  names: Names,
  path: DocumentPath,
  packetBytes: number,
  hosts: readonly HostNode[],
): void {
  for (const host of hosts) {
    const mtu = names.mtuAt(host.name);
    if (mtu === undefined || packetBytes <= mtu) continue;
    report.error(
      path,
      `packet: ${packetBytes} B do not fit the link of "${host.name}", whose MTU is ${mtu} B`,
    );
    return;
  }
  const narrow = names.topology?.links.find((link) => link.mtu < packetBytes);
  if (narrow !== undefined) {
    report.warning(
      path,
      `packet: ${packetBytes} B do not fit link "${narrow.name}", whose MTU is ${narrow.mtu} B`,
    );
  }
}
