/**
 * Addresses and prefixes. An IPv4 address is an unsigned 32-bit number and a MAC address a 48-bit number:
 * both fit a double exactly, compare with `===`, and cost nothing to keep in typed arrays.
 */

/** IPv4 address, 0 .. 2^32-1, host order. */
export type Ipv4 = number;
/** MAC address, 0 .. 2^48-1; the first octet on the wire is the most significant. */
export type Mac = number;

/** An address block. `address` has no bit set beyond `length`. */
export interface Prefix {
  readonly address: Ipv4;
  /** 0 .. 32 */
  readonly length: number;
}

export const BROADCAST_MAC: Mac = 0xffffffffffff;

/** Dotted quad to number; undefined where the text is not one (no leading zeros, no short forms). */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    address = address * 256 + octet;
  }
  return address;
}

export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Netmask of a prefix length as an unsigned number. */
export function maskOf(length: number): Ipv4 {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** Length of a contiguous netmask; undefined where the mask has holes. */
export function lengthOfMask(mask: Ipv4): number | undefined {
  const length = mask === 0 ? 0 : Math.clz32(~mask >>> 0);
  return maskOf(length) === mask ? length : undefined;
}

/** The block of `length` bits that `address` lies in. */
export function prefixOf(address: Ipv4, length: number): Prefix {
  return { address: (address & maskOf(length)) >>> 0, length };
}

export function contains(prefix: Prefix, address: Ipv4): boolean {
  return (address & maskOf(prefix.length)) >>> 0 === prefix.address;
}

/** `address/length` as two numbers, host bits kept (an interface address); undefined where malformed. */
export function parseInterfaceAddress(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIpv4(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d?)$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  return length <= 32 ? { address, length } : undefined;
}

/** `a.b.c.d/len` with no host bits set; undefined where malformed or host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const parsed = parseInterfaceAddress(text);
  if (parsed === undefined) return undefined;
  return prefixOf(parsed.address, parsed.length).address === parsed.address ? parsed : undefined;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

/** Order by address, then by length: the order in which tables are printed. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return a.address - b.address || a.length - b.length;
}

export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

export function formatMac(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?=.)/g, '$1:');
}
