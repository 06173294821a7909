/** Network layer reachability information: prefixes of IPv4 (RFC 4271 4.3), of VPNs with a label (RFC 4364, RFC 8277). */
import { prefixOf } from '../../../net/address.ts';
import { readU32, writeU32 } from '../../../net/bytes.ts';
import type { Family, Nlri } from './contract.ts';

const LABEL_BYTES = 3;
const RD_BYTES = 8;
const VPN_BITS = (LABEL_BYTES + RD_BYTES) * 8;
/** What a withdrawal says in place of a label (RFC 8277 2.4). */
const WITHDRAWN_LABEL = 0x800000;
const BOTTOM_OF_STACK = 1;

/** Everything in bytes[from, end); undefined where it is not well-formed (RFC 7606 5.3). Host bits are dropped. */
export function decodeNlri(
  bytes: Uint8Array,
  from: number,
  end: number,
  family: Family,
  kind: 'announced' | 'withdrawn',
): readonly Nlri[] | undefined {
  const list: Nlri[] = [];
  for (let at = from; at < end; ) {
    const bits = bytes[at++] - (family === 'vpnv4' ? VPN_BITS : 0);
    if (bits < 0 || bits > 32) return undefined;
    const vpnAt = at;
    if (family === 'vpnv4') at += LABEL_BYTES + RD_BYTES;
    const length = (bits + 7) >>> 3;
    if (at + length > end) return undefined;
    let address = 0;
    for (let i = 0; i < length; i++) address |= bytes[at + i] << (24 - 8 * i);
    at += length;
    const prefix = prefixOf(address, bits);
    if (family === 'ipv4') list.push({ prefix });
    else {
      const rd = hex32(readU32(bytes, vpnAt + LABEL_BYTES)) + hex32(readU32(bytes, vpnAt + LABEL_BYTES + 4));
      const label = ((bytes[vpnAt] << 12) | (bytes[vpnAt + 1] << 4) | (bytes[vpnAt + 2] >>> 4)) >>> 0;
      list.push(kind === 'announced' ? { prefix, rd, label } : { prefix, rd });
    }
  }
  return list;
}

/** Bytes of one on the wire. */
export function nlriLength({ prefix }: Nlri, family: Family): number {
  return 1 + ((prefix.length + 7) >>> 3) + (family === 'vpnv4' ? LABEL_BYTES + RD_BYTES : 0);
}

/** Writes one at `at`; returns the offset behind it. */
export function writeNlri(
  bytes: Uint8Array,
  at: number,
  { prefix, rd, label }: Nlri,
  family: Family,
  kind: 'announced' | 'withdrawn',
): number {
  let next = at;
  bytes[next++] = prefix.length + (family === 'vpnv4' ? VPN_BITS : 0);
  if (family === 'vpnv4') {
    const entry = kind === 'announced' ? ((label ?? 0) << 4) | BOTTOM_OF_STACK : WITHDRAWN_LABEL;
    bytes[next++] = entry >>> 16;
    bytes[next++] = entry >>> 8;
    bytes[next++] = entry;
    const text = rd ?? '';
    writeU32(bytes, next, Number.parseInt(text.slice(0, 8), 16));
    writeU32(bytes, next + 4, Number.parseInt(text.slice(8), 16));
    next += RD_BYTES;
  }
  for (let shift = 24, left = (prefix.length + 7) >>> 3; left > 0; left--, shift -= 8) {
    bytes[next++] = prefix.address >>> shift;
  }
  return next;
}

export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
