/** Mirror rules: which real packets, arriving at a port, are copied into the shadow plane. */
import { contains, type Prefix, parseIpv4, parsePrefix } from '../../net/address.ts';
import { readU16 } from '../../net/bytes.ts';
import { ETHERNET_HEADER, readMac } from '../../net/ethernet.ts';
import {
  ipv4Destination,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  PROTOCOL_UDP,
} from '../../net/ipv4.ts';
import { UDP_HEADER } from '../../net/udp.ts';
import type { MirrorRule } from '../management/contract.ts';

/** Looks at an unlabelled frame, whose IPv4 packet begins at `ipAt`. */
export type Mirror = (bytes: Uint8Array, ipAt: number) => boolean;

const MAC_BYTES = 6;

/** Addresses may be prefixes as well. Throws a RangeError on text that is neither. */
export function compileMirror(rules: readonly MirrorRule[]): Mirror | undefined {
  if (rules.length === 0) return undefined;
  const flows = rules.map(({ source, destination, sourcePort, sourceMac }) => ({
    sourceMac,
    source: block(source),
    destination: block(destination),
    sourcePort,
  }));
  return (bytes, ipAt) => {
    if (ipv4Protocol(bytes, ipAt) !== PROTOCOL_UDP || (ipv4Fragment(bytes, ipAt) & 0x1fff) !== 0)
      return false;
    const header = ipv4HeaderLength(bytes, ipAt);
    if (ipv4TotalLength(bytes, ipAt) < header + UDP_HEADER) return false;
    const sourceMac = readMac(bytes, ipAt - ETHERNET_HEADER + MAC_BYTES);
    const sourcePort = readU16(bytes, ipAt + header);
    const source = ipv4Source(bytes, ipAt);
    const destination = ipv4Destination(bytes, ipAt);
    // Not by `some`, which would make a function for each packet.
    for (const flow of flows) {
      if (
        flow.sourcePort === sourcePort &&
        flow.sourceMac === sourceMac &&
        contains(flow.source, source) &&
        contains(flow.destination, destination)
      ) {
        return true;
      }
    }
    return false;
  };
}

function block(text: string): Prefix {
  const address = parseIpv4(text);
  const prefix = address === undefined ? parsePrefix(text) : { address, length: 32 };
  if (prefix === undefined) throw new RangeError(`"${text}" is neither an address nor a prefix`);
  return prefix;
}
