/** What hosts send: named flows, and the flows of a matrix. Numbers on the wire are given in the order of the page. */
import { readDscp } from '../../config/dscp.ts';
import { SHADOW_DSCP } from '../../net/wire.ts';
import { matrixFlows } from './matrix-traffic.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import { replayFlow } from './replay-traffic.ts';
import type { Report } from './report.ts';
import type { Flow } from './resolved.ts';
import type { Flow as FlowItem, Traffic as TrafficItem } from './schema.generated.ts';
import { streamFlow } from './stream-traffic.ts';
import { tcpFlow } from './tcp-traffic.ts';
import {
  arrivalOf,
  checkPacket,
  commonOf,
  flowEnds,
  packetBytesOf,
  type Unnumbered,
  whither,
} from './traffic-common.ts';
import { rateBps } from './units.ts';

/** Flows and probes together; the number on the wire has 16 bits. */
export const MAX_FLOWS = 60_000;

export interface Traffic {
  readonly flows: readonly Flow[];
  /** Every name that an item of the page has, resolved or not. */
  readonly groups: readonly string[];
}

export function resolveTraffic(report: Report, names: Names, items: readonly TrafficItem[]): Traffic {
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
    const made = flowsOf(report, names, item, path);
    if (flows.length + made.length > MAX_FLOWS) {
      report.error(path, `with this there are ${flows.length + made.length} flows: at most ${MAX_FLOWS} fit`);
      break;
    }
    for (const flow of made) flows.push({ id: flows.length + 1, ...flow });
  }
  return { flows, groups };
}

function flowsOf(report: Report, names: Names, item: TrafficItem, path: DocumentPath): readonly Unnumbered[] {
  if ('matrix' in item) return matrixFlows(report, names, item, path);
  if ('replay' in item) return replayFlow(report, names, item, path);
  if ('tcp' in item) return tcpFlow(report, names, item, path);
  if ('stream' in item) return streamFlow(report, names, item, path);
  return rateFlow(report, names, item, path);
}

function rateFlow(report: Report, names: Names, item: FlowItem, path: DocumentPath): readonly Unnumbered[] {
  const { name } = item;
  const packetPath = [...path, 'packet'];
  const ends = flowEnds(report, names, item, path);
  const rate = rateBps(item.rate);
  if (rate === 0) report.error([...path, 'rate'], `rate: a flow of ${item.rate} sends nothing`);
  const packetBytes = packetBytesOf(report, item.packet ?? '1000B', packetPath);
  const common = commonOf(report, item, path, '1/10');
  const arrival = arrivalOf(report, item.arrival ?? 'constant', [...path, 'arrival'], packetBytes, rate);
  if (ends === undefined) return [];
  const { from, to } = ends;
  const dscp = dscpOf(report, item, path);
  const mayFragment = item.fragment === true;
  checkPacket(report, names, packetPath, packetBytes, [from, ...to.hosts], mayFragment);
  const sending = {
    kind: 'rate',
    packetBytes,
    rateBps: rate,
    arrival,
    ...(dscp === undefined ? {} : { dscp }),
    ...(mayFragment ? { mayFragment } : {}),
  } as const;
  return [{ name, group: name, from: from.name, ...whither(to), ...common, ...sending }];
}

/** The code point that its packets carry. A host says by one of them that a packet is the shadow's: not that, nor beside it. */
function dscpOf(report: Report, { dscp, plane }: FlowItem, path: DocumentPath): number | undefined {
  if (dscp === undefined) return undefined;
  const at = [...path, 'dscp'];
  const value = readDscp(String(dscp));
  if (typeof value !== 'number') {
    const { message, suggestion } = value;
    report.error(
      at,
      suggestion === undefined ? `dscp: ${message}` : { message: `dscp: ${message}`, suggestion },
    );
    return undefined;
  }
  if (plane === 'shadow' || value === SHADOW_DSCP) {
    report.error(at, {
      message: `dscp: hosts send into the shadow plane by code point ${SHADOW_DSCP}, and by no other`,
      suggestion: 'send in the real plane with mirror: shadow: copies keep their code point',
    });
    return undefined;
  }
  return value;
}
