/**
 * Access lists, made ready for packets: the first line that matches decides, and a list ends with a deny. A
 * line that asks for TCP or UDP ports does not match a fragment after the first, which has none.
 */
import type { AccessListConfig, AccessRule, PortMatch } from '../../config/model.ts';
import { maskOf } from '../../net/address.ts';
import { readU16 } from '../../net/bytes.ts';
import {
  ipv4Destination,
  ipv4Dscp,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../net/ipv4.ts';

/** What a list says of a packet. */
export interface AccessVerdict {
  readonly permit: boolean;
  /** `access-list NAME seq N`, or `access-list NAME implicit deny`. */
  readonly text: string;
}

export type AccessList = (bytes: Uint8Array, ipAt: number) => AccessVerdict;

const FRAGMENT_OFFSET = 0x1fff;
const ANY = -1;
const PROTOCOL_NUMBERS = {
  ip: ANY,
  icmp: PROTOCOL_ICMP,
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  ospf: PROTOCOL_OSPF,
} as const;

export function compileAccessList(list: AccessListConfig): AccessList {
  const lines = list.rules.map((rule) => compileLine(list.name, rule));
  const implicitDeny = { permit: false, text: `access-list ${list.name} implicit deny` };
  return (bytes, ipAt) => {
    const source = ipv4Source(bytes, ipAt);
    const destination = ipv4Destination(bytes, ipAt);
    const protocol = ipv4Protocol(bytes, ipAt);
    for (const line of lines) {
      if (
        (line.protocol === ANY || line.protocol === protocol) &&
        (source & line.sourceMask) >>> 0 === line.source &&
        (destination & line.destinationMask) >>> 0 === line.destination &&
        (line.dscp === ANY || line.dscp === ipv4Dscp(bytes, ipAt)) &&
        (!line.asksForPorts || portsMatch(line, bytes, ipAt, protocol))
      ) {
        return line.verdict;
      }
    }
    return implicitDeny;
  };
}

type Line = ReturnType<typeof compileLine>;

function compileLine(name: string, rule: AccessRule) {
  return {
    protocol: PROTOCOL_NUMBERS[rule.protocol],
    source: rule.source.address,
    sourceMask: maskOf(rule.source.length),
    destination: rule.destination.address,
    destinationMask: maskOf(rule.destination.length),
    dscp: rule.dscp ?? ANY,
    asksForPorts: rule.sourcePort !== undefined || rule.destinationPort !== undefined,
    sourcePort: rule.sourcePort,
    destinationPort: rule.destinationPort,
    verdict: { permit: rule.action === 'permit', text: `access-list ${name} seq ${rule.sequence}` },
  };
}

function portsMatch(line: Line, bytes: Uint8Array, ipAt: number, protocol: number): boolean {
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return false;
  if ((ipv4Fragment(bytes, ipAt) & FRAGMENT_OFFSET) !== 0) return false;
  const header = ipv4HeaderLength(bytes, ipAt);
  if (ipv4TotalLength(bytes, ipAt) < header + 4) return false;
  const at = ipAt + header;
  return (
    inRange(line.sourcePort, readU16(bytes, at)) && inRange(line.destinationPort, readU16(bytes, at + 2))
  );
}

function inRange(range: PortMatch | undefined, port: number): boolean {
  return range === undefined || (range.from <= port && port <= range.to);
}
