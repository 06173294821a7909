/** Fletcher's checksum modulo 255 (RFC 905 Annex B, RFC 1008), as OSPF's LSAs and IS-IS's LSPs carry it. */

/** Sums over bytes[start, end): c0 * 256 + c1. Zero where the range contains its own correct checksum. */
export function fletcherSums(bytes: Uint8Array, start: number, end: number): number {
  let c0 = 0;
  let c1 = 0;
  for (let at = start; at < end; ) {
    // 4,102 bytes are what 32-bit sums hold before they must be reduced (RFC 1008 7.2.1).
    const stop = Math.min(end, at + 4102);
    for (; at < stop; at++) {
      c0 += bytes[at];
      c1 += c0;
    }
    c0 %= 255;
    c1 %= 255;
  }
  return c0 * 256 + c1;
}

/** The two bytes for `checksumAt`, which must be 0 now, so that both sums over bytes[start, end) come out as zero. */
export function fletcherChecksum(bytes: Uint8Array, start: number, end: number, checksumAt: number): number {
  const sums = fletcherSums(bytes, start, end);
  const c0 = sums >>> 8;
  const c1 = sums & 255;
  const after = end - checksumAt - 1;
  let x = (after * c0 - c1) % 255;
  if (x <= 0) x += 255;
  let y = 510 - c0 - x;
  if (y > 255) y -= 255;
  return (x << 8) | y;
}
