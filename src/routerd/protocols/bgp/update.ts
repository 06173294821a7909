/**
 * UPDATE as bytes (RFC 4271 4.3, RFC 4760), with the error handling of RFC 7606: whatever can be saved is, and what
 * cannot ends the session. One message may say something of more than one family; each is an `Update` of its own.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import {
  ATTRIBUTE,
  type AttributeContext,
  type AttributeProblem,
  decodeAttributes,
  encodeAttributes,
  type FoundAttributes,
  type Span,
} from './attribute-codec.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { PathAttributes } from './attributes.ts';
import type { Family, Nlri, Update } from './contract.ts';
import { FAMILY_CODE, familyOf, HEADER_BYTES, MESSAGE, newMessage } from './message.ts';
import { decodeNlri, nlriLength, writeNlri } from './nlri.ts';
import { ERROR, type Notification, notification, UPDATE_ERROR } from './notification.ts';

export interface UpdateContext extends AttributeContext {
  /** Agreed on; what is of others is skipped. */
  readonly families: readonly Family[];
}

export interface DecodedUpdate {
  readonly updates: readonly Update[];
  readonly problems: readonly AttributeProblem[];
  /** The routes that it announces are among the withdrawn ones (RFC 7606 2). */
  readonly treatedAsWithdraw: boolean;
}

/** What MP_REACH_NLRI or MP_UNREACH_NLRI says; `family` is undefined where we do not know it. */
interface Multiprotocol {
  readonly family: Family | undefined;
  readonly nextHop?: Ipv4;
  readonly nlri: readonly Nlri[];
}

const NO_NLRI: readonly Nlri[] = [];
const RD_BYTES = 8;

/** Reads a whole UPDATE; its header was checked. A Notification where the session is to end. */
export function decodeUpdate(
  message: Uint8Array,
  context: UpdateContext,
  pool: AttributePool,
): DecodedUpdate | Notification {
  const withdrawnAt = HEADER_BYTES + 2;
  const withdrawnEnd = withdrawnAt + readU16(message, HEADER_BYTES);
  if (withdrawnEnd + 2 > message.length) return malformed(UPDATE_ERROR.MALFORMED_ATTRIBUTES);
  const from = withdrawnEnd + 2;
  const end = from + readU16(message, withdrawnEnd);
  if (end > message.length) return malformed(UPDATE_ERROR.MALFORMED_ATTRIBUTES);
  const withdrawn = decodeNlri(message, withdrawnAt, withdrawnEnd, 'ipv4', 'withdrawn');
  const announced = decodeNlri(message, end, message.length, 'ipv4', 'announced');
  if (withdrawn === undefined || announced === undefined) return malformed(UPDATE_ERROR.INVALID_NETWORK);
  const speaksIpv4 = context.families.includes('ipv4');
  if (from === end && announced.length === 0) {
    return plain(speaksIpv4 ? [{ family: 'ipv4', withdrawn, announced }] : []);
  }
  const bytes = message.subarray(from, end);
  // What the pool knows was said in numbers of four bytes.
  if (announced.length > 0 && speaksIpv4 && context.fourByteAs) {
    const attributes = pool.known(bytes, context.external);
    if (attributes !== undefined) return plain([{ family: 'ipv4', withdrawn, attributes, announced }]);
  }
  const decoded = decodeAttributes(message, from, end, context);
  if ('code' in decoded) return decoded;
  const reach = decoded.reach && readReach(message, decoded.reach);
  const unreach = decoded.unreach && readUnreach(message, decoded.unreach);
  if (decoded.reach !== undefined && reach === undefined) return malformed(UPDATE_ERROR.OPTIONAL_ATTRIBUTE);
  if (decoded.unreach !== undefined && unreach === undefined) {
    return malformed(UPDATE_ERROR.OPTIONAL_ATTRIBUTE);
  }
  const { found } = decoded;
  const hasReachable = announced.length > 0 || (reach !== undefined && reach.nlri.length > 0);
  const problems = [...decoded.problems];
  if (hasReachable) {
    const missing = missingFrom(found, announced.length > 0, context);
    if (missing !== undefined) problems.push({ type: missing, remedy: 'withdraw', reason: 'it is missing' });
  }
  const treatedAsWithdraw = problems.some(({ remedy }) => remedy === 'withdraw');
  // RFC 7606 5.2: routes may be hidden in what could not be read.
  if (treatedAsWithdraw && decoded.any && !hasReachable) return malformed(UPDATE_ERROR.MALFORMED_ATTRIBUTES);

  const updates = new Updates(context.families);
  updates.add('ipv4', withdrawn, NO_NLRI);
  updates.add(unreach?.family, unreach?.nlri ?? NO_NLRI, NO_NLRI);
  // RFC 4724 2: nothing but an empty MP_UNREACH_NLRI.
  const isEnd = withdrawn.length === 0 && !hasReachable && !decoded.any && unreach?.nlri.length === 0;
  if (isEnd) updates.endOfRib(unreach?.family);
  if (treatedAsWithdraw) {
    updates.add('ipv4', announced, NO_NLRI);
    updates.add(reach?.family, (reach?.nlri ?? NO_NLRI).map(unlabelled), NO_NLRI);
    return { updates: updates.list(), problems, treatedAsWithdraw };
  }
  if (announced.length > 0) {
    const attributes = complete(found, found.nextHop, pool);
    if (problems.length === 0 && reach === undefined && unreach === undefined && context.fourByteAs) {
      pool.learn(bytes, context.external, attributes);
    }
    updates.add('ipv4', NO_NLRI, announced, attributes);
  }
  if (reach?.nextHop !== undefined && reach.nlri.length > 0) {
    updates.add(reach.family, NO_NLRI, reach.nlri, complete(found, reach.nextHop, pool));
  }
  return { updates: updates.list(), problems, treatedAsWithdraw };
}

function plain(updates: readonly Update[]): DecodedUpdate {
  return { updates, problems: [], treatedAsWithdraw: false };
}

function malformed(subcode: number): Notification {
  return notification(ERROR.UPDATE, subcode);
}

function unlabelled({ prefix, rd }: Nlri): Nlri {
  return rd === undefined ? { prefix } : { prefix, rd };
}

/** RFC 7606 3 d, RFC 4271 5.1.5: the first mandatory attribute that is not there. */
function missingFrom(found: FoundAttributes, nextHop: boolean, context: UpdateContext): number | undefined {
  if (found.origin === undefined) return ATTRIBUTE.ORIGIN;
  if (found.asPath === undefined) return ATTRIBUTE.AS_PATH;
  if (nextHop && found.nextHop === undefined) return ATTRIBUTE.NEXT_HOP;
  if (!context.external && found.localPreference === undefined) return ATTRIBUTE.LOCAL_PREF;
  return undefined;
}

/** Called only where `missingFrom` found nothing missing. */
function complete(found: FoundAttributes, nextHop: Ipv4 | undefined, pool: AttributePool): PathAttributes {
  return pool.intern({
    communities: NO_NUMBERS,
    largeCommunities: [],
    extendedCommunities: [],
    clusterList: NO_NUMBERS,
    unknown: [],
    ...found,
    origin: found.origin ?? 2,
    asPath: found.asPath ?? [],
    nextHop: nextHop ?? 0,
  });
}

const NO_NUMBERS: readonly number[] = [];

/** What a message says of each family. */
class Updates {
  readonly #families: readonly Family[];
  readonly #list: Update[] = [];

  constructor(families: readonly Family[]) {
    this.#families = families;
  }

  add(
    family: Family | undefined,
    withdrawn: readonly Nlri[],
    announced: readonly Nlri[],
    attributes?: PathAttributes,
  ): void {
    if (family === undefined || !this.#families.includes(family)) return;
    if (withdrawn.length === 0 && announced.length === 0) return;
    const index = this.#list.findIndex((update) => update.family === family && !update.attributes);
    if (index < 0) {
      this.#list.push({ family, withdrawn, announced, ...(attributes && { attributes }) });
      return;
    }
    // Together, as the message had them: a route of both lists is announced (RFC 4271 4.3).
    const both = [...this.#list[index].withdrawn, ...withdrawn];
    this.#list[index] = { family, withdrawn: both, announced, ...(attributes && { attributes }) };
  }

  endOfRib(family: Family | undefined): void {
    if (family === undefined || !this.#families.includes(family)) return;
    this.#list.push({ family, withdrawn: NO_NLRI, announced: NO_NLRI });
  }

  list(): readonly Update[] {
    return this.#list;
  }
}

/** RFC 4760 3: AFI, SAFI, next hop, a reserved byte, NLRI. */
function readReach(bytes: Uint8Array, { at, end }: Span): Multiprotocol | undefined {
  if (end - at < 5) return undefined;
  const family = familyOf(readU16(bytes, at), bytes[at + 2]);
  const nextHopLength = bytes[at + 3];
  const nlriAt = at + 4 + nextHopLength + 1;
  if (nlriAt > end) return undefined;
  if (family === undefined) return { family, nlri: NO_NLRI };
  const rd = family === 'vpnv4' ? RD_BYTES : 0;
  if (nextHopLength !== rd + 4) return undefined;
  const nlri = decodeNlri(bytes, nlriAt, end, family, 'announced');
  return nlri && { family, nextHop: readU32(bytes, at + 4 + rd), nlri };
}

/** RFC 4760 4: AFI, SAFI, NLRI. */
function readUnreach(bytes: Uint8Array, { at, end }: Span): Multiprotocol | undefined {
  if (end - at < 3) return undefined;
  const family = familyOf(readU16(bytes, at), bytes[at + 2]);
  if (family === undefined) return { family, nlri: NO_NLRI };
  const nlri = decodeNlri(bytes, at + 3, end, family, 'withdrawn');
  return nlri && { family, nlri };
}

export interface EncodedUpdate {
  readonly messages: readonly Uint8Array[];
  /** No message can hold these attributes, so what they announce goes out as withdrawn (RFC 8654 4). */
  readonly oversized: boolean;
}

/** An Update as messages of at most `maximum` bytes, withdrawals first. */
export function encodeUpdate(
  update: Update,
  { fourByteAs, maximum }: { readonly fourByteAs: boolean; readonly maximum: number },
): EncodedUpdate {
  const { family, withdrawn, announced, attributes } = update;
  const messages: Uint8Array[] = [];
  if (withdrawn.length === 0 && announced.length === 0) {
    return { messages: [withdrawal(family, NO_NLRI)], oversized: false };
  }
  const block = attributes && encodeAttributes(attributes, { fourByteAs, nextHop: family === 'ipv4' });
  const longest = family === 'ipv4' ? 5 : 5 + 3 + RD_BYTES;
  const room = maximum - EMPTY_BYTES - (family === 'ipv4' ? 0 : MP_REACH_BYTES) - (block?.length ?? 0);
  const oversized = announced.length > 0 && (block === undefined || room < longest);
  const gone = oversized ? [...withdrawn, ...announced] : withdrawn;
  const goneRoom = maximum - EMPTY_BYTES - (family === 'ipv4' ? 0 : MP_UNREACH_BYTES);
  for (const some of pieces(gone, family, goneRoom)) messages.push(withdrawal(family, some));
  if (!oversized && block !== undefined && attributes !== undefined) {
    for (const some of pieces(announced, family, room)) {
      messages.push(announcement(family, block, attributes.nextHop, some));
    }
  }
  return { messages, oversized };
}

/** The header and both lengths. */
const EMPTY_BYTES = HEADER_BYTES + 4;
/** Flags, type, two bytes of length, AFI, SAFI. */
const MP_UNREACH_BYTES = 7;
/** And the next hop with its length, and the reserved byte. */
const MP_REACH_BYTES = MP_UNREACH_BYTES + 2 + RD_BYTES + 4;

const OPTIONAL_LONG = 0x90;

/** NLRI, as many together as `room` bytes hold. */
function* pieces(nlri: readonly Nlri[], family: Family, room: number): Generator<readonly Nlri[]> {
  let from = 0;
  let used = 0;
  for (let i = 0; i < nlri.length; i++) {
    const length = nlriLength(nlri[i], family);
    if (used + length > room) {
      yield nlri.slice(from, i);
      from = i;
      used = 0;
    }
    used += length;
  }
  if (from < nlri.length) yield from === 0 ? nlri : nlri.slice(from);
}

function lengthOf(nlri: readonly Nlri[], family: Family): number {
  let length = 0;
  for (const each of nlri) length += nlriLength(each, family);
  return length;
}

function withdrawal(family: Family, nlri: readonly Nlri[]): Uint8Array {
  const length = lengthOf(nlri, family);
  if (family === 'ipv4') {
    const bytes = newMessage(MESSAGE.UPDATE, EMPTY_BYTES + length);
    writeU16(bytes, HEADER_BYTES, length);
    let at = HEADER_BYTES + 2;
    for (const each of nlri) at = writeNlri(bytes, at, each, family, 'withdrawn');
    return bytes;
  }
  const bytes = newMessage(MESSAGE.UPDATE, EMPTY_BYTES + MP_UNREACH_BYTES + length);
  writeU16(bytes, HEADER_BYTES + 2, MP_UNREACH_BYTES + length);
  let at = writeFamily(bytes, EMPTY_BYTES, ATTRIBUTE.MP_UNREACH_NLRI, 3 + length, family);
  for (const each of nlri) at = writeNlri(bytes, at, each, family, 'withdrawn');
  return bytes;
}

/** RFC 7606 5.1: MP_REACH_NLRI comes first. */
function announcement(family: Family, block: Uint8Array, nextHop: Ipv4, nlri: readonly Nlri[]): Uint8Array {
  const length = lengthOf(nlri, family);
  const reach = family === 'ipv4' ? 0 : MP_REACH_BYTES + length;
  const bytes = newMessage(MESSAGE.UPDATE, EMPTY_BYTES + block.length + (reach || length));
  writeU16(bytes, HEADER_BYTES + 2, reach + block.length);
  let at = EMPTY_BYTES;
  if (family === 'ipv4') {
    bytes.set(block, at);
    at += block.length;
  } else {
    at = writeFamily(bytes, at, ATTRIBUTE.MP_REACH_NLRI, reach - 4, family);
    bytes[at] = RD_BYTES + 4;
    writeU32(bytes, at + 1 + RD_BYTES, nextHop);
    at += 1 + RD_BYTES + 4 + 1;
  }
  for (const each of nlri) at = writeNlri(bytes, at, each, family, 'announced');
  if (family !== 'ipv4') bytes.set(block, at);
  return bytes;
}

/** The header of a multiprotocol attribute, and its family. */
function writeFamily(bytes: Uint8Array, at: number, type: number, length: number, family: Family): number {
  const { afi, safi } = FAMILY_CODE[family];
  bytes[at] = OPTIONAL_LONG;
  bytes[at + 1] = type;
  writeU16(bytes, at + 2, length);
  writeU16(bytes, at + 4, afi);
  bytes[at + 6] = safi;
  return at + 7;
}
