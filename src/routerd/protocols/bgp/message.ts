/**
 * BGP's messages as bytes (RFC 4271 4): the header that all have, and those that are little more than it. OPEN and
 * UPDATE have files of their own. Decoding never throws and reads nothing outside the message; what it refuses, it
 * answers with the NOTIFICATION that is to be sent.
 */
import { packetBytes, readU16, writeU16 } from '../../../net/bytes.ts';
import type { Family } from './contract.ts';
import { ERROR, HEADER_ERROR, type Notification, notification } from './notification.ts';

export const HEADER_BYTES = 19;
/** RFC 4271 4.1, RFC 8654. */
export const MAX_MESSAGE_BYTES = 4096;
export const MAX_EXTENDED_BYTES = 65535;

export const MESSAGE = { OPEN: 1, UPDATE: 2, NOTIFICATION: 3, KEEPALIVE: 4, ROUTE_REFRESH: 5 } as const;

/** The least length of each type; KEEPALIVE has no other. */
const MIN_BYTES: Readonly<Record<number, number>> = { 1: 29, 2: 23, 3: 21, 4: 19, 5: 23 };

const MARKER_BYTES = 16;

/** AFI and SAFI (RFC 4760, RFC 4364 4.3.4). */
export const FAMILY_CODE: Readonly<Record<Family, { readonly afi: number; readonly safi: number }>> = {
  ipv4: { afi: 1, safi: 1 },
  vpnv4: { afi: 1, safi: 128 },
};

export function familyOf(afi: number, safi: number): Family | undefined {
  if (afi !== 1) return undefined;
  if (safi === 1) return 'ipv4';
  return safi === 128 ? 'vpnv4' : undefined;
}

/** Bytes of the message that begins at `at`; undefined while its header is not whole yet (RFC 4271 6.1). */
export function messageLength(
  bytes: Uint8Array,
  at: number,
  end: number,
  maximum: number,
): number | Notification | undefined {
  if (end - at < HEADER_BYTES) return undefined;
  for (let i = at; i < at + MARKER_BYTES; i++) {
    if (bytes[i] !== 0xff) return notification(ERROR.HEADER, HEADER_ERROR.NOT_SYNCHRONIZED);
  }
  const length = readU16(bytes, at + 16);
  const type = bytes[at + 18];
  const least = MIN_BYTES[type];
  if (length < HEADER_BYTES || length > maximum) return badLength(bytes, at);
  if (least === undefined) {
    return notification(ERROR.HEADER, HEADER_ERROR.BAD_TYPE, bytes.slice(at + 18, at + 19));
  }
  // RFC 8654 4: OPEN and KEEPALIVE never grow.
  const most = type === MESSAGE.OPEN ? MAX_MESSAGE_BYTES : type === MESSAGE.KEEPALIVE ? least : maximum;
  return length < least || length > most ? badLength(bytes, at) : length;
}

function badLength(bytes: Uint8Array, at: number): Notification {
  return notification(ERROR.HEADER, HEADER_ERROR.BAD_LENGTH, bytes.slice(at + 16, at + 18));
}

/** A message of `length` bytes, header written, the rest zero. */
export function newMessage(type: number, length: number): Uint8Array {
  const bytes = packetBytes(length);
  bytes.fill(0xff, 0, MARKER_BYTES);
  writeU16(bytes, 16, length);
  bytes[18] = type;
  return bytes;
}

export function encodeKeepalive(): Uint8Array {
  return newMessage(MESSAGE.KEEPALIVE, HEADER_BYTES);
}

export function encodeNotification({ code, subcode, data }: Notification): Uint8Array {
  const kept = data.subarray(0, MAX_MESSAGE_BYTES - HEADER_BYTES - 2);
  const bytes = newMessage(MESSAGE.NOTIFICATION, HEADER_BYTES + 2 + kept.length);
  bytes[HEADER_BYTES] = code;
  bytes[HEADER_BYTES + 1] = subcode;
  bytes.set(kept, HEADER_BYTES + 2);
  return bytes;
}

/** Of a whole message, its length checked. */
export function decodeNotification(message: Uint8Array): Notification {
  return {
    code: message[HEADER_BYTES],
    subcode: message[HEADER_BYTES + 1],
    data: message.slice(HEADER_BYTES + 2),
  };
}

export function encodeRefresh(family: Family): Uint8Array {
  const { afi, safi } = FAMILY_CODE[family];
  const bytes = newMessage(MESSAGE.ROUTE_REFRESH, HEADER_BYTES + 4);
  writeU16(bytes, HEADER_BYTES, afi);
  bytes[HEADER_BYTES + 3] = safi;
  return bytes;
}

/**
 * The family of a ROUTE-REFRESH (RFC 2918). Undefined for one to be ignored: an unknown family, or a subtype of
 * enhanced route refresh (RFC 7313), which we do not announce.
 */
export function decodeRefresh(message: Uint8Array): Family | Notification | undefined {
  if (message.length !== HEADER_BYTES + 4) {
    return notification(ERROR.ROUTE_REFRESH, 1, message.slice());
  }
  if (message[HEADER_BYTES + 2] !== 0) return undefined;
  return familyOf(readU16(message, HEADER_BYTES), message[HEADER_BYTES + 3]);
}
