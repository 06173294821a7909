/** `matrix`: a flow for each pair of a traffic matrix, at rates that may change over time. */
import type { RateChange } from '../../traffic/schedule.ts';
import { atMost, readMatrix } from './matrix.ts';
import type { Names } from './names.ts';
import { type DocumentPath, didYouMean, type Problem } from './problem.ts';
import type { Report } from './report.ts';
import type { HostNode } from './resolved.ts';
import type { MatrixTraffic } from './schema.generated.ts';
import { fileBeside } from './source-text.ts';
import { arrivalOf, checkPacket, commonOf, packetBytesOf, type Unnumbered } from './traffic-common.ts';
import { durationNs } from './units.ts';

/** What is slower counts as 0: of a measured matrix that is scaled down, next to nothing is left. */
const SLOWEST_BPS = 1;

export function matrixFlows(
  report: Report,
  names: Names,
  item: MatrixTraffic,
  path: DocumentPath,
): readonly Unnumbered[] {
  const packetPath = [...path, 'matrix', 'packet'];
  const packetBytes = packetBytesOf(report, item.matrix.packet ?? '1000B', packetPath);
  const common = commonOf(report, item, path, '1/100');
  const file = fileBeside(report.document.file, item.matrix.file);
  const matrix = readMatrix(file);
  if ('wrong' in matrix) {
    report.error([...path, 'matrix', 'file'], `the traffic matrix "${file}" ${matrix.wrong}`);
    return [];
  }
  report.add(...matrix.problems);
  const timesNs = timesOf(report, item.matrix.every, matrix.timesNs, [...path, 'matrix', 'every']);
  const scale = item.matrix.scale ?? 1;
  const rates = matrix.entries.map((entry) => changesOf(timesNs, entry.rates, scale));
  const slowest = rates
    .flat()
    .reduce(
      (least, { rateBps }) => (rateBps > 0 ? Math.min(least, rateBps) : least),
      Number.POSITIVE_INFINITY,
    );
  const arrivalPath = [...path, 'arrival'];
  const arrival = arrivalOf(report, item.arrival ?? 'poisson', arrivalPath, packetBytes, slowest);
  if (names.topology === undefined) return [];
  const flows: Unnumbered[] = [];
  const problems: Problem[] = [];
  const hosts = new Set<HostNode>();
  for (const [index, entry] of matrix.entries.entries()) {
    const from = endOf(names, entry.from);
    const to = endOf(names, entry.to);
    if ('message' in from) problems.push(entry.problem('from', from.message, from.suggestion));
    if ('message' in to) problems.push(entry.problem('to', to.message, to.suggestion));
    const [first, ...changes] = rates[index];
    const isIdle = first.rateBps === 0 && changes.length === 0;
    // A measured matrix has a diagonal, too: what a site sends to itself crosses no link.
    if ('message' in from || 'message' in to || from === to || isIdle) continue;
    hosts.add(from).add(to);
    const name = `${item.name}:${entry.from}>${entry.to}`;
    flows.push({
      kind: 'rate',
      name,
      group: item.name,
      from: from.name,
      to: to.name,
      ...common,
      packetBytes,
      rateBps: first.rateBps,
      ...(changes.length === 0 ? {} : { changes }),
      arrival,
    });
  }
  report.add(...atMost(problems));
  checkPacket(report, names, packetPath, packetBytes, [...hosts]);
  if (flows.length === 0 && problems.length + matrix.problems.length === 0) {
    report.error(
      [...path, 'matrix', 'file'],
      `the traffic matrix "${file}" has no rate above 0: it sends nothing`,
    );
  }
  return flows;
}

/** When the rates change: as the file says, or `every` so often. */
function timesOf(
  report: Report,
  every: string | undefined,
  timesNs: readonly number[],
  path: DocumentPath,
): readonly number[] {
  if (every === undefined) return timesNs;
  const everyNs = durationNs(every);
  if (everyNs === 0) report.error(path, 'every: rates need to hold for some time');
  else if (timesNs.length === 1) {
    report.error(path, 'every: the matrix has one column of rates, which holds all the time');
  }
  return timesNs.map((_, index) => index * everyNs);
}

/** The first rate, and those that differ from the one before. */
function changesOf(
  timesNs: readonly number[],
  measured: readonly number[],
  scale: number,
): readonly RateChange[] {
  const rates = measured.map((bps) => (bps * scale < SLOWEST_BPS ? 0 : bps * scale));
  return rates
    .map((rateBps, index) => ({ fromNs: timesNs[index], rateBps }))
    .filter(({ rateBps }, index) => index === 0 || rateBps !== rates[index - 1]);
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
