/**
 * Authentication of OSPF packets (RFC 2328 Appendix D, RFC 5709), for one interface. Whatever is sent is made without
 * and sealed last; whatever arrives is checked before anything else is read of it.
 *
 *     none           nothing but the packet's checksum
 *     simple         a password, in clear, in the header (D.4.2)
 *     cryptographic  a sequence number in the header, a digest behind the packet (D.4.3): MD5 over packet and key, or
 *                    HMAC-SHA
 *
 * Sequence numbers are the time in seconds. So they never decrease, whatever was restarted meanwhile, and nothing
 * has to be kept; that several packets share one the RFC allows. What was recorded a second ago is refused.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { PACKET_HEADER, sealWithChecksum } from './packet.ts';

const TYPE_AT = 14;
const FIELD_AT = 16;
const KEY_ID_AT = 18;
const DIGEST_LENGTH_AT = 19;
const SEQUENCE_AT = 20;
const CHECKSUM_AT = 12;

const TYPES = { none: 0, simple: 1, cryptographic: 2 } as const;
const PASSWORD = 8;
const MD5_KEY = 16;
/** What the digest's own place holds while it is computed (RFC 5709 3.3). */
const APAD = 0x878fe1f3;

export type Authentication =
  | { readonly kind: 'none' }
  /** Eight bytes count. */
  | { readonly kind: 'simple'; readonly password: string }
  /** The first one signs, all are accepted. Where there is none, nothing is sent and nothing taken. */
  | { readonly kind: 'cryptographic'; readonly keys: readonly AuthenticationKey[] };

export interface AuthenticationKey {
  /** 0 .. 255 */
  readonly id: number;
  readonly algorithm: 'md5' | keyof typeof HASHES;
  readonly secret: string;
}

const HASHES = { 'hmac-sha-1': sha1, 'hmac-sha-256': sha256, 'hmac-sha-384': sha384, 'hmac-sha-512': sha512 };

export type AuthenticationRefusal = 'authentication' | 'authentication-key' | 'replay';

interface Key {
  readonly id: number;
  readonly length: number;
  digest(packet: Uint8Array): Uint8Array;
}

export class Authenticator {
  readonly #type: number;
  readonly #password: Uint8Array;
  readonly #keys: readonly Key[];
  readonly #nowS: () => number;

  /** `nowS`: seconds, of a clock that goes on when the router is restarted. */
  constructor(settings: Authentication, nowS: () => number) {
    this.#type = TYPES[settings.kind];
    this.#password = fitted(settings.kind === 'simple' ? settings.password : '', PASSWORD);
    this.#keys = settings.kind === 'cryptographic' ? settings.keys.map(keyOf) : [];
    this.#nowS = nowS;
  }

  /** Bytes that sealing adds to a packet. */
  get trailerBytes(): number {
    return this.#keys[0]?.length ?? 0;
  }

  /** The packet as it is sent. Undefined where there should be a key and is none: it must not be sent then. */
  seal(packet: Uint8Array): Uint8Array | undefined {
    if (this.#type === TYPES.none) return packet;
    writeU16(packet, TYPE_AT, this.#type);
    if (this.#type === TYPES.simple) {
      sealWithChecksum(packet);
      packet.set(this.#password, FIELD_AT);
      return packet;
    }
    const key = this.#keys[0];
    if (key === undefined) return undefined;
    writeU16(packet, CHECKSUM_AT, 0);
    writeU16(packet, FIELD_AT, 0);
    packet[KEY_ID_AT] = key.id;
    packet[DIGEST_LENGTH_AT] = key.length;
    writeU32(packet, SEQUENCE_AT, this.#nowS() >>> 0);
    const sealed = new Uint8Array(packet.length + key.length);
    sealed.set(packet);
    sealed.set(key.digest(packet), packet.length);
    return sealed;
  }

  /**
   * The sequence number of a packet that passes (0 where there is none), or why it does not. `last`: the number of
   * its sender's last packet, 0 while there is none. At most one digest is computed, and none for a packet that is
   * wrong without.
   */
  check(bytes: Uint8Array, last: number): number | AuthenticationRefusal {
    if (bytes.length < PACKET_HEADER || readU16(bytes, TYPE_AT) !== this.#type) return 'authentication';
    if (this.#type === TYPES.none) return 0;
    if (this.#type === TYPES.simple) {
      return isEqual(this.#password, bytes.subarray(FIELD_AT, PACKET_HEADER)) ? 0 : 'authentication-key';
    }
    const end = readU16(bytes, 2);
    const key = this.#keys.find(({ id }) => id === bytes[KEY_ID_AT]);
    const isWhole = end >= PACKET_HEADER && end + bytes[DIGEST_LENGTH_AT] <= bytes.length;
    if (key === undefined || key.length !== bytes[DIGEST_LENGTH_AT] || !isWhole) return 'authentication-key';
    const sequence = readU32(bytes, SEQUENCE_AT);
    if (sequence < last) return 'replay';
    const digest = key.digest(bytes.subarray(0, end));
    return isEqual(digest, bytes.subarray(end, end + key.length)) ? sequence : 'authentication-key';
  }
}

function keyOf({ id, algorithm, secret }: AuthenticationKey): Key {
  if (algorithm === 'md5') {
    const padded = fitted(secret, MD5_KEY);
    return {
      id,
      length: md5.outputLen,
      digest: (packet) => md5.create().update(packet).update(padded).digest(),
    };
  }
  const hash = HASHES[algorithm];
  const length = hash.outputLen;
  const apad = new Uint8Array(length);
  for (let at = 0; at < length; at += 4) writeU32(apad, at, APAD);
  // A key longer than the hash's block is hashed first, as BIRD and FRR do by RFC 2104; RFC 5709 3.3 would have it so
  // from the digest's length on.
  const mac = hmac.create(hash, new TextEncoder().encode(secret));
  return { id, length, digest: (packet) => mac.clone().update(packet).update(apad).digest() };
}

/** Cut, or filled up with zeros. */
function fitted(secret: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(secret).subarray(0, length));
  return bytes;
}

/** In a time that does not tell where they differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a[at] ^ b[at];
  return difference === 0;
}
