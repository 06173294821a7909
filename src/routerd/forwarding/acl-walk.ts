/** An access list read from top to bottom, line by line: what is fastest while the lines are few. */
import type { AccessRule, PortMatch } from '../../config/model.ts';
import { maskOf } from '../../net/address.ts';
import { readU16 } from '../../net/bytes.ts';
import { ipv4Destination, ipv4Dscp, ipv4Protocol, ipv4Source } from '../../net/ipv4.ts';
import { findPorts, type LineFinder, NO_LINE, NO_PORTS, protocolNumber } from './acl-fields.ts';

const ANY = -1;

export function findByWalking(rules: readonly AccessRule[]): LineFinder {
  const lines = rules.map(compileLine);
  return (bytes, ipAt) => {
    const source = ipv4Source(bytes, ipAt);
    const destination = ipv4Destination(bytes, ipAt);
    const protocol = ipv4Protocol(bytes, ipAt);
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at];
      if (
        (line.protocol === ANY || line.protocol === protocol) &&
        (source & line.sourceMask) >>> 0 === line.source &&
        (destination & line.destinationMask) >>> 0 === line.destination &&
        (line.dscp === ANY || line.dscp === ipv4Dscp(bytes, ipAt)) &&
        (!line.asksForPorts || portsMatch(line, bytes, ipAt))
      ) {
        return at;
      }
    }
    return NO_LINE;
  };
}

type Line = ReturnType<typeof compileLine>;

function compileLine(rule: AccessRule) {
  return {
    protocol: protocolNumber(rule.protocol) ?? ANY,
    source: rule.source.address,
    sourceMask: maskOf(rule.source.length),
    destination: rule.destination.address,
    destinationMask: maskOf(rule.destination.length),
    dscp: rule.dscp ?? ANY,
    asksForPorts: rule.sourcePort !== undefined || rule.destinationPort !== undefined,
    sourcePort: rule.sourcePort,
    destinationPort: rule.destinationPort,
  };
}

function portsMatch(line: Line, bytes: Uint8Array, ipAt: number): boolean {
  const at = findPorts(bytes, ipAt);
  if (at === NO_PORTS) return false;
  return (
    isWithin(line.sourcePort, readU16(bytes, at)) && isWithin(line.destinationPort, readU16(bytes, at + 2))
  );
}

function isWithin(range: PortMatch | undefined, port: number): boolean {
  return range === undefined || (range.from <= port && port <= range.to);
}
