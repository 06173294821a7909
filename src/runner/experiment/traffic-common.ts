/** What the kinds of traffic share when they are resolved. */
import { formatTime } from '../../analysis/format.ts';
import { parseIpv4, parsePrefix } from '../../net/address.ts';
import { SMALLEST_PROBE_PACKET } from '../../net/probe.ts';
import { checkArrival, intervalOf, type Arrival as RateArrival } from '../../traffic/departures.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { FlowCommon, FlowSending, HostNode, Outside } from './resolved.ts';
import type { Arrival, Plane } from './schema.generated.ts';
import { durationNs, sizeBytes } from './units.ts';

/** A flow before it has its number on the wire. */
export type Unnumbered = Omit<FlowCommon, 'id'> & FlowSending;

/** What every item of `traffic` may say. */
export interface CommonItem {
  readonly plane?: Plane;
  readonly mirror?: 'shadow';
  readonly start?: string;
  readonly stop?: string;
  readonly trace?: string;
}

export function commonOf(
  report: Report,
  item: CommonItem,
  path: DocumentPath,
  trace: string,
): Pick<FlowCommon, 'plane' | 'mirror' | 'startNs' | 'stopNs' | 'traceEvery'> {
  const plane = item.plane ?? 'real';
  if (item.mirror !== undefined && plane === 'shadow') {
    report.error([...path, 'mirror'], 'mirror: these packets are sent in the shadow plane already');
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
    plane,
    mirror: item.mirror !== undefined,
    startNs,
    ...(stopNs === undefined ? {} : { stopNs }),
    traceEvery: traceEvery(item.trace ?? trace),
  };
}

/** Where packets may go: to a host, or to an address outside. */
export interface Destination {
  readonly name: string;
  /** At whose links they arrive: of one host, or of all external peers. */
  readonly hosts: readonly HostNode[];
  readonly outside?: Outside;
}

/** As `endsOf`, but `to` may also be outside: an address, or a prefix, which stands for its first address. */
export function waysOf(
  report: Report,
  names: Names,
  item: { readonly from: string; readonly to: string },
  path: DocumentPath,
  where: string,
): { readonly from: HostNode; readonly to: Destination } | undefined {
  const from = names.host([...path, 'from'], item.from, where);
  const toPath = [...path, 'to'];
  const prefix = parsePrefix(item.to);
  const first = prefix === undefined ? undefined : prefix.address + (prefix.length < 31 ? 1 : 0);
  const address = parseIpv4(item.to) ?? first;
  if (address === undefined) {
    const host = names.host(toPath, item.to, where);
    if (host === undefined || from === undefined) return undefined;
    return { from, to: { name: host.name, hosts: [host] } };
  }
  const hosts = names.topology?.hosts.filter(({ peer }) => peer !== undefined) ?? [];
  const own = names.topology?.hosts.find((host) => host.address.address === address);
  if (own !== undefined) {
    report.error(toPath, {
      message: `${item.to}${where} is host "${own.name}"`,
      suggestion: `write ${own.name}`,
    });
  } else if (hosts.length === 0 && names.topology !== undefined) {
    const suggestion = 'give a host bgp: { as: … }: it stands for what is outside';
    report.error(toPath, {
      message: `${item.to}${where} leads outside, but no host is an external peer`,
      suggestion,
    });
  } else if (from !== undefined) {
    const exits = hosts.map(({ name }) => name);
    return { from, to: { name: item.to, hosts, outside: { address, exits } } };
  }
  return undefined;
}

/** The ends of a flow that may go outside; undefined where one of them is wrong, which has been told. */
export function flowEnds(
  report: Report,
  names: Names,
  item: { readonly name: string; readonly from: string; readonly to: string },
  path: DocumentPath,
): { readonly from: HostNode; readonly to: Destination } | undefined {
  const ends = waysOf(report, names, item, path, ` in flow "${item.name}"`);
  if (ends !== undefined && ends.to.outside === undefined && ends.to.name === ends.from.name) {
    report.error([...path, 'to'], `flow "${item.name}" goes from "${item.from}" to itself`);
  }
  return ends;
}

/** What a flow or probe says of its destination. */
export function whither({ name, outside }: Destination): { readonly to: string; readonly outside?: Outside } {
  return outside === undefined ? { to: name } : { to: name, outside };
}

/** The hosts that a flow joins; undefined where one of them is wrong, which has been told. */
export function endsOf(
  report: Report,
  names: Names,
  item: { readonly name: string; readonly from: string; readonly to: string },
  path: DocumentPath,
): { readonly from: HostNode; readonly to: HostNode } | undefined {
  const where = ` in flow "${item.name}"`;
  const from = names.host([...path, 'from'], item.from, where);
  const to = names.host([...path, 'to'], item.to, where);
  if (from !== undefined && from === to) {
    report.error([...path, 'to'], `flow "${item.name}" goes from "${item.from}" to itself`);
  }
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Bytes of a packet that is at least as large as shadowlab's header. */
export function packetBytesOf(
  report: Report,
  packet: string,
  path: DocumentPath,
  smallest = SMALLEST_PROBE_PACKET,
): number {
  const packetBytes = sizeBytes(packet);
  if (packetBytes < smallest) {
    report.error(
      path,
      `packet: at least ${smallest} B are needed (headers and shadowlab's own), found ${packet}`,
    );
  }
  return packetBytes;
}

/** `slowestBps`: the lowest rate above 0 that packets of so many bytes will have. */
export function arrivalOf(
  report: Report,
  arrival: Arrival,
  path: DocumentPath,
  packetBytes: number,
  slowestBps: number,
): RateArrival {
  if (typeof arrival === 'string') return { kind: arrival };
  const made: RateArrival = { kind: 'on-off', onNs: durationNs(arrival.on), offNs: durationNs(arrival.off) };
  if (made.onNs === 0) {
    report.error([...path, 'on'], 'on: bursts of no length send nothing');
  } else if (slowestBps > 0) {
    const intervalNs = intervalOf(packetBytes, slowestBps);
    try {
      checkArrival(made, intervalNs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const apart = `${formatTime(intervalNs)} apart`;
      report.error(
        [...path, 'on'],
        `on: bursts of ${arrival.on} are too short for packets that leave ${apart}`,
      );
    }
  }
  return made;
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
  mayFragment = false,
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
  if (narrow !== undefined && !mayFragment) {
    report.warning(
      path,
      `packet: ${packetBytes} B do not fit link "${narrow.name}", whose MTU is ${narrow.mtu} B`,
    );
  }
}
