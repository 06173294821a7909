/** Authentication of PDUs: a password in clear (ISO 10589 9.4) and HMAC-MD5 (RFC 5304). */
import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import type { IsisPassword } from '../../../config/isis-model.ts';
import { equalBytes } from '../../../net/bytes.ts';
import { TLV } from './constants.ts';
import { type PduWriter, visitTlvs } from './tlv.ts';

const CLEAR = 1;
const HMAC_MD5 = 54;
const DIGEST = 16;
const LIFETIME_AT = 10;
const CHECKSUM_AT = 24;

/** Bytes that the password takes in a PDU. */
export function authenticationLength(password: IsisPassword | undefined): number {
  if (password === undefined) return 0;
  return 3 + (password.kind === 'clear' ? keyOf(password).length : DIGEST);
}

/** Writes the TLV, with room for the digest where there is to be one; `sign` fills it in. */
export function writeAuthentication(writer: PduWriter, password: IsisPassword | undefined): void {
  if (password === undefined) return;
  writer.tlv(TLV.authentication);
  if (password.kind === 'clear') writer.u8(CLEAR).put(keyOf(password));
  else writer.u8(HMAC_MD5).zeros(DIGEST);
}

/**
 * Fills in the digest of a PDU whose TLVs begin at `tlvAt`. An LSP is signed before it has its checksum, as though
 * its remaining lifetime were 0 (RFC 5304 2): that is counted down on the way.
 */
export function sign(
  pdu: Uint8Array,
  tlvAt: number,
  isLsp: boolean,
  password: IsisPassword | undefined,
): void {
  if (password?.kind !== 'md5') return;
  const at = digestAt(pdu, tlvAt);
  if (at !== undefined) pdu.set(digest(pdu, at, isLsp, password), at);
}

/** Is the PDU by someone who knows the password? Anyone does where there is none. */
export function isAuthentic(
  pdu: Uint8Array,
  tlvAt: number,
  isLsp: boolean,
  password: IsisPassword | undefined,
): boolean {
  if (password === undefined) return true;
  if (password.kind === 'md5') {
    const at = digestAt(pdu, tlvAt);
    return at !== undefined && equalBytes(pdu.subarray(at, at + DIGEST), digest(pdu, at, isLsp, password));
  }
  let found = false;
  visitTlvs(pdu, tlvAt, (code, at, end) => {
    if (code !== TLV.authentication || pdu[at] !== CLEAR) return;
    found ||= equalBytes(pdu.subarray(at + 1, end), keyOf(password));
  });
  return found;
}

function digestAt(pdu: Uint8Array, tlvAt: number): number | undefined {
  let found: number | undefined;
  visitTlvs(pdu, tlvAt, (code, at, end) => {
    if (code === TLV.authentication && pdu[at] === HMAC_MD5 && end - at === 1 + DIGEST) found ??= at + 1;
  });
  return found;
}

function digest(pdu: Uint8Array, at: number, isLsp: boolean, password: IsisPassword): Uint8Array {
  const blank = pdu.slice();
  blank.fill(0, at, at + DIGEST);
  if (isLsp) {
    blank.fill(0, LIFETIME_AT, LIFETIME_AT + 2);
    blank.fill(0, CHECKSUM_AT, CHECKSUM_AT + 2);
  }
  return hmac(md5, keyOf(password), blank);
}

function keyOf({ password }: IsisPassword): Uint8Array {
  return new TextEncoder().encode(password);
}
