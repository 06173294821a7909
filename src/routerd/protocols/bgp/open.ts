/** OPEN (RFC 4271 4.2) and the capabilities in it (RFC 5492). */
import type { Ipv4 } from '../../../net/address.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import type { Family } from './contract.ts';
import { FAMILY_CODE, familyOf, HEADER_BYTES, MESSAGE, newMessage } from './message.ts';
import { ERROR, type Notification, notification, OPEN_ERROR } from './notification.ts';

/** Stands for a four-byte AS number where only two bytes are understood (RFC 6793). */
export const AS_TRANS = 23456;

const VERSION = 4;
const FIXED_BYTES = 10;
const PARAMETER_CAPABILITIES = 2;
const EXTENDED_PARAMETERS = 255;

const CAPABILITY = {
  MULTIPROTOCOL: 1,
  ROUTE_REFRESH: 2,
  EXTENDED_MESSAGE: 6,
  GRACEFUL_RESTART: 64,
  FOUR_BYTE_AS: 65,
} as const;

export interface Open {
  /** The four-byte one where the capability says it. */
  readonly as: number;
  /** 0, or 3 and more. */
  readonly holdS: number;
  readonly id: Ipv4;
  /** RFC 4760 8; one that names none speaks IPv4 unicast. */
  readonly families: readonly Family[];
  readonly fourByteAs: boolean;
  readonly routeRefresh: boolean;
  /** RFC 8654 */
  readonly extendedMessages: boolean;
  /** RFC 4724 3: sends End-of-RIB. We keep no forwarding state of others and ask for none of ours to be kept. */
  readonly gracefulRestart: boolean;
}

export function encodeOpen(open: Open): Uint8Array {
  const capabilities: number[] = [];
  const add = (code: number, ...value: readonly number[]): void => {
    capabilities.push(code, value.length, ...value);
  };
  for (const family of open.families) {
    const { afi, safi } = FAMILY_CODE[family];
    add(CAPABILITY.MULTIPROTOCOL, afi >>> 8, afi & 255, 0, safi);
  }
  if (open.routeRefresh) add(CAPABILITY.ROUTE_REFRESH);
  if (open.extendedMessages) add(CAPABILITY.EXTENDED_MESSAGE);
  if (open.gracefulRestart) add(CAPABILITY.GRACEFUL_RESTART, 0, 0);
  if (open.fourByteAs) {
    const { as } = open;
    add(CAPABILITY.FOUR_BYTE_AS, as >>> 24, (as >>> 16) & 255, (as >>> 8) & 255, as & 255);
  }
  const parameters = capabilities.length === 0 ? 0 : 2 + capabilities.length;
  const bytes = newMessage(MESSAGE.OPEN, HEADER_BYTES + FIXED_BYTES + parameters);
  bytes[HEADER_BYTES] = VERSION;
  writeU16(bytes, HEADER_BYTES + 1, open.as > 0xffff ? AS_TRANS : open.as);
  writeU16(bytes, HEADER_BYTES + 3, open.holdS);
  writeU32(bytes, HEADER_BYTES + 5, open.id);
  bytes[HEADER_BYTES + 9] = parameters;
  if (parameters > 0) {
    const at = HEADER_BYTES + FIXED_BYTES;
    bytes[at] = PARAMETER_CAPABILITIES;
    bytes[at + 1] = capabilities.length;
    bytes.set(capabilities, at + 2);
  }
  return bytes;
}

/** Reads a whole OPEN; its header was checked. What it says of itself is checked here, who it is, by the session. */
export function decodeOpen(message: Uint8Array): Open | Notification {
  const at = HEADER_BYTES;
  if (message[at] !== VERSION) {
    return refuse(OPEN_ERROR.UNSUPPORTED_VERSION, new Uint8Array([0, VERSION]));
  }
  const holdS = readU16(message, at + 3);
  if (holdS === 1 || holdS === 2) return refuse(OPEN_ERROR.UNACCEPTABLE_HOLD_TIME);
  const id = readU32(message, at + 5);
  // RFC 6286 2.2
  if (id === 0) return refuse(OPEN_ERROR.BAD_IDENTIFIER);
  const found = new Found();
  const failure = readParameters(message, found);
  if (failure !== undefined) return failure;
  const as = found.as ?? readU16(message, at + 1);
  // RFC 7607 2
  if (as === 0) return refuse(OPEN_ERROR.BAD_PEER_AS);
  return {
    as,
    holdS,
    id,
    families: found.multiprotocol ? [...found.families] : ['ipv4'],
    fourByteAs: found.as !== undefined,
    routeRefresh: found.routeRefresh,
    extendedMessages: found.extendedMessages,
    gracefulRestart: found.gracefulRestart,
  };
}

class Found {
  as: number | undefined;
  multiprotocol = false;
  readonly families = new Set<Family>();
  routeRefresh = false;
  extendedMessages = false;
  gracefulRestart = false;
}

function refuse(subcode: number, data?: Uint8Array): Notification {
  return notification(ERROR.OPEN, subcode, data);
}

/** RFC 4271 4.2, and where they are more than 255 bytes, RFC 9072, whatever the short length is then but none. */
function readParameters(message: Uint8Array, found: Found): Notification | undefined {
  let at = HEADER_BYTES + FIXED_BYTES;
  let length = message[at - 1];
  const isExtended = length > 0 && message[at] === EXTENDED_PARAMETERS && at + 3 <= message.length;
  if (isExtended) {
    length = readU16(message, at + 1);
    at += 3;
  }
  if (at + length !== message.length) return refuse(OPEN_ERROR.UNSPECIFIC);
  const header = isExtended ? 3 : 2;
  while (at < message.length) {
    if (at + header > message.length) return refuse(OPEN_ERROR.UNSPECIFIC);
    const valueAt = at + header;
    const end = valueAt + (isExtended ? readU16(message, at + 1) : message[at + 1]);
    if (end > message.length) return refuse(OPEN_ERROR.UNSPECIFIC);
    if (message[at] !== PARAMETER_CAPABILITIES) return refuse(OPEN_ERROR.UNSUPPORTED_PARAMETER);
    if (!readCapabilities(message, valueAt, end, found)) return refuse(OPEN_ERROR.UNSPECIFIC);
    at = end;
  }
  return undefined;
}

/** Those that we do not know, or that are not as long as they should be, are as if not said (RFC 5492 3). */
function readCapabilities(bytes: Uint8Array, from: number, end: number, found: Found): boolean {
  let at = from;
  while (at < end) {
    if (at + 2 > end || at + 2 + bytes[at + 1] > end) return false;
    const length = bytes[at + 1];
    const value = at + 2;
    switch (bytes[at]) {
      case CAPABILITY.MULTIPROTOCOL: {
        if (length !== 4) break;
        found.multiprotocol = true;
        const family = familyOf(readU16(bytes, value), bytes[value + 3]);
        if (family !== undefined) found.families.add(family);
        break;
      }
      case CAPABILITY.ROUTE_REFRESH:
        found.routeRefresh = true;
        break;
      case CAPABILITY.EXTENDED_MESSAGE:
        found.extendedMessages = true;
        break;
      case CAPABILITY.GRACEFUL_RESTART:
        found.gracefulRestart = true;
        break;
      case CAPABILITY.FOUR_BYTE_AS:
        if (length === 4) found.as = readU32(bytes, value);
        break;
    }
    at = value + length;
  }
  return true;
}
