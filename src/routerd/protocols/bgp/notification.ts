/** NOTIFICATION (RFC 4271 4.5): why a session ends, in numbers and in words. */
import { packetBytes } from '../../../net/bytes.ts';

export interface Notification {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** Error codes (RFC 4271 4.5, RFC 7313 5). */
export const ERROR = {
  HEADER: 1,
  OPEN: 2,
  UPDATE: 3,
  HOLD_TIMER: 4,
  STATE_MACHINE: 5,
  CEASE: 6,
  ROUTE_REFRESH: 7,
} as const;

/** RFC 4271 6.1 */
export const HEADER_ERROR = { NOT_SYNCHRONIZED: 1, BAD_LENGTH: 2, BAD_TYPE: 3 } as const;
/** RFC 4271 6.2, RFC 5492 5 */
export const OPEN_ERROR = {
  UNSPECIFIC: 0,
  UNSUPPORTED_VERSION: 1,
  BAD_PEER_AS: 2,
  BAD_IDENTIFIER: 3,
  UNSUPPORTED_PARAMETER: 4,
  UNACCEPTABLE_HOLD_TIME: 6,
  UNSUPPORTED_CAPABILITY: 7,
} as const;
/** RFC 4271 6.3: those that RFC 7606 left. */
export const UPDATE_ERROR = {
  MALFORMED_ATTRIBUTES: 1,
  UNRECOGNIZED_WELL_KNOWN: 2,
  OPTIONAL_ATTRIBUTE: 9,
  INVALID_NETWORK: 10,
} as const;
/** RFC 4486, RFC 8538 */
export const CEASE = {
  MAXIMUM_PREFIXES: 1,
  ADMINISTRATIVE_SHUTDOWN: 2,
  PEER_DECONFIGURED: 3,
  ADMINISTRATIVE_RESET: 4,
  CONNECTION_REJECTED: 5,
  OTHER_CONFIGURATION_CHANGE: 6,
  COLLISION_RESOLUTION: 7,
  OUT_OF_RESOURCES: 8,
} as const;

const CODES: readonly string[] = [
  'reserved',
  'message header error',
  'OPEN message error',
  'UPDATE message error',
  'hold timer expired',
  'finite state machine error',
  'cease',
  'ROUTE-REFRESH message error',
  'send hold timer expired',
];

const SUBCODES: Readonly<Record<number, readonly string[]>> = {
  1: ['unspecific', 'connection not synchronized', 'bad message length', 'bad message type'],
  2: [
    'unspecific',
    'unsupported version number',
    'bad peer AS',
    'bad BGP identifier',
    'unsupported optional parameter',
    'authentication failure',
    'unacceptable hold time',
    'unsupported capability',
  ],
  3: [
    'unspecific',
    'malformed attribute list',
    'unrecognized well-known attribute',
    'missing well-known attribute',
    'attribute flags error',
    'attribute length error',
    'invalid ORIGIN attribute',
    'AS routing loop',
    'invalid NEXT_HOP attribute',
    'optional attribute error',
    'invalid network field',
    'malformed AS_PATH',
  ],
  5: [
    'unspecific',
    'unexpected message in OpenSent',
    'unexpected message in OpenConfirm',
    'unexpected message in Established',
  ],
  6: [
    'unspecific',
    'maximum number of prefixes reached',
    'administrative shutdown',
    'peer de-configured',
    'administrative reset',
    'connection rejected',
    'other configuration change',
    'connection collision resolution',
    'out of resources',
    'hard reset',
    'BFD down',
  ],
  7: ['reserved', 'invalid message length'],
};

const NOTHING = new Uint8Array(0);
/** RFC 9003 2 */
const MAX_COMMUNICATION = 255;

export function notification(code: number, subcode = 0, data: Uint8Array = NOTHING): Notification {
  return { code, subcode, data };
}

/** A Cease that says why in words (RFC 9003): UTF-8, cut at 255 bytes between characters. */
export function cease(subcode: number, communication = ''): Notification {
  const speaks = subcode === CEASE.ADMINISTRATIVE_SHUTDOWN || subcode === CEASE.ADMINISTRATIVE_RESET;
  if (!speaks || communication === '') return notification(ERROR.CEASE, subcode);
  const text = new Uint8Array(MAX_COMMUNICATION);
  const { written } = new TextEncoder().encodeInto(communication, text);
  const data = packetBytes(1 + written);
  data[0] = written;
  data.set(text.subarray(0, written), 1);
  return notification(ERROR.CEASE, subcode, data);
}

/** For logs: `cease: administrative shutdown ("moving the cable")`. */
export function describeNotification({ code, subcode, data }: Notification): string {
  const ofCode = SUBCODES[code];
  const name = CODES[code] ?? `error ${code}`;
  if (ofCode === undefined) return subcode === 0 ? name : `${name}: ${subcode}`;
  const detail = ofCode[subcode] ?? `subcode ${subcode}`;
  const said = code === ERROR.CEASE && (subcode === 2 || subcode === 4) ? communicationOf(data) : '';
  return `${name}: ${detail}${said === '' ? '' : ` (${JSON.stringify(said)})`}`;
}

/** RFC 9003 2; what is not as it says is no communication. */
function communicationOf(data: Uint8Array): string {
  if (data.length === 0 || data[0] !== data.length - 1) return '';
  return new TextDecoder().decode(data.subarray(1));
}
