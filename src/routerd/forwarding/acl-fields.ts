/** The fields of packets and lines that access lists look at. */
import type { AccessRule } from '../../config/model.ts';
import {
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4TotalLength,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../net/ipv4.ts';

/** The number of the first line that matches the packet whose IPv4 header is at `ipAt`, or NO_LINE. */
export type LineFinder = (bytes: Uint8Array, ipAt: number) => number;
export const NO_LINE = -1;

const FRAGMENT_OFFSET = 0x1fff;
export const NO_PORTS = -1;

/** Where the packet's TCP or UDP ports are; NO_PORTS where it has none, or they are in another fragment. */
export function findPorts(bytes: Uint8Array, ipAt: number): number {
  const protocol = ipv4Protocol(bytes, ipAt);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return NO_PORTS;
  if ((ipv4Fragment(bytes, ipAt) & FRAGMENT_OFFSET) !== 0) return NO_PORTS;
  const header = ipv4HeaderLength(bytes, ipAt);
  return ipv4TotalLength(bytes, ipAt) < header + 4 ? NO_PORTS : ipAt + header;
}

/** The number of a line's protocol; undefined for `ip`, which is any. */
export function protocolNumber(protocol: AccessRule['protocol']): number | undefined {
  switch (protocol) {
    case 'ip':
      return undefined;
    case 'icmp':
      return PROTOCOL_ICMP;
    case 'tcp':
      return PROTOCOL_TCP;
    case 'udp':
      return PROTOCOL_UDP;
    case 'ospf':
      return PROTOCOL_OSPF;
  }
}
