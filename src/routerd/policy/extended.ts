/** Extended communities (RFC 4360) as 16 hexadecimal digits, from and to text. */
import { administrated, type ExtendedKind } from '../../config/community.ts';
import { formatIpv4 } from '../../net/address.ts';

/** RFC 4360 4, 5 */
const SUBTYPES: Readonly<Record<ExtendedKind, number>> = { rt: 2, soo: 3 };

export function routeTarget(text: string): string | undefined {
  return extendedCommunity('rt', text);
}

/** As 16 hexadecimal digits: type, subtype, and the six bytes of `65000:1`. */
export function extendedCommunity(kind: ExtendedKind, text: string): string | undefined {
  const target = administrated(text);
  if (target === undefined) return undefined;
  const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');
  const { type, administrator, assigned } = target;
  const wide = type === 0 ? 2 : 4;
  return hex(type, 1) + hex(SUBTYPES[kind], 1) + hex(administrator, wide) + hex(assigned, 6 - wide);
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'RT'],
  [3, 'SoO'],
]);

/** `RT:65000:1`, `SoO:10.0.0.1:7`; of another kind its type and subtype alone, `UNK:3, 11` (bgpd/bgp_ecommunity.c). */
export function extendedCommunityText(digits: string): string {
  const value = BigInt(`0x${digits}`);
  const bits = (from: number, count: number): number =>
    Number((value >> BigInt(64 - from - count)) & ((1n << BigInt(count)) - 1n));
  const type = bits(0, 8);
  const name = NAMES.get(bits(8, 8));
  if (name === undefined || type > 2) return `UNK:${type}, ${bits(8, 8)}`;
  if (type === 0) return `${name}:${bits(16, 16)}:${bits(32, 32)}`;
  const administrator = bits(16, 32);
  return `${name}:${type === 1 ? formatIpv4(administrator) : administrator}:${bits(48, 16)}`;
}
