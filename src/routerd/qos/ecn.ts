/** Explicit congestion notification, RFC 3168: the last two bits of the former type-of-service byte. */
import { replaceU16 } from '../../net/checksum.ts';

const ECN = 3;
const NOT_ECT = 0;

/** Is CE set? */
export const isCongestionMarked = (bytes: Uint8Array, ipAt: number): boolean =>
  (bytes[ipAt + 1] & ECN) === ECN;

/** Sets CE and mends the checksum. False where the sender does not understand it (Not-ECT). */
export function markCongestion(bytes: Uint8Array, ipAt: number): boolean {
  if ((bytes[ipAt + 1] & ECN) === NOT_ECT) return false;
  replaceU16(bytes, ipAt, (bytes[ipAt] << 8) | bytes[ipAt + 1] | ECN, ipAt + 10);
  return true;
}
