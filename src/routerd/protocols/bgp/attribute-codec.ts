/**
 * Path attributes as bytes (RFC 4271 4.3), and what is wrong with them (RFC 7606). An attribute that is malformed has
 * a remedy: it is discarded, its routes are taken as withdrawn, or the session ends; of several the strongest counts.
 * MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760) are not attributes of a route: their places are told to update.ts.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { type AsBytes, decodeAsPath, encodeAsPath, mergeAs4Path } from './as-path.ts';
import type { AsSegment, LargeCommunity, Origin, PathAttributes } from './attributes.ts';
import { hex32 } from './nlri.ts';
import { ERROR, type Notification, notification, UPDATE_ERROR } from './notification.ts';
import { AS_TRANS } from './open.ts';

export const ATTRIBUTE = {
  ORIGIN: 1,
  AS_PATH: 2,
  NEXT_HOP: 3,
  MULTI_EXIT_DISC: 4,
  LOCAL_PREF: 5,
  ATOMIC_AGGREGATE: 6,
  AGGREGATOR: 7,
  COMMUNITIES: 8,
  ORIGINATOR_ID: 9,
  CLUSTER_LIST: 10,
  MP_REACH_NLRI: 14,
  MP_UNREACH_NLRI: 15,
  EXTENDED_COMMUNITIES: 16,
  AS4_PATH: 17,
  AS4_AGGREGATOR: 18,
  LARGE_COMMUNITY: 32,
} as const;

const OPTIONAL = 0x80;
const TRANSITIVE = 0x40;
const PARTIAL = 0x20;
const EXTENDED_LENGTH = 0x10;
const CLASS = OPTIONAL | TRANSITIVE;

/** Of each type that we know: its class, well-known, optional transitive or optional non-transitive. */
const CLASS_OF: ReadonlyMap<number, number> = new Map<number, number>([
  [ATTRIBUTE.ORIGIN, TRANSITIVE],
  [ATTRIBUTE.AS_PATH, TRANSITIVE],
  [ATTRIBUTE.NEXT_HOP, TRANSITIVE],
  [ATTRIBUTE.MULTI_EXIT_DISC, OPTIONAL],
  [ATTRIBUTE.LOCAL_PREF, TRANSITIVE],
  [ATTRIBUTE.ATOMIC_AGGREGATE, TRANSITIVE],
  [ATTRIBUTE.AGGREGATOR, CLASS],
  [ATTRIBUTE.COMMUNITIES, CLASS],
  [ATTRIBUTE.ORIGINATOR_ID, OPTIONAL],
  [ATTRIBUTE.CLUSTER_LIST, OPTIONAL],
  [ATTRIBUTE.MP_REACH_NLRI, OPTIONAL],
  [ATTRIBUTE.MP_UNREACH_NLRI, OPTIONAL],
  [ATTRIBUTE.EXTENDED_COMMUNITIES, CLASS],
  [ATTRIBUTE.AS4_PATH, CLASS],
  [ATTRIBUTE.AS4_AGGREGATOR, CLASS],
  [ATTRIBUTE.LARGE_COMMUNITY, CLASS],
]);

/** From whom attributes come. */
export interface AttributeContext {
  readonly fourByteAs: boolean;
  /** From another AS: what is of use within an AS alone is discarded (RFC 7606 7.5, 7.9, 7.10). */
  readonly external: boolean;
}

/** RFC 7606 2, weakest first. */
export interface AttributeProblem {
  readonly type: number;
  readonly remedy: 'discard' | 'withdraw';
  readonly reason: string;
}

/** A stretch of the message. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

export interface DecodedAttributes {
  readonly problems: readonly AttributeProblem[];
  /** The bytes hold something else than MP_UNREACH_NLRI. */
  readonly any: boolean;
  readonly reach: Span | undefined;
  readonly unreach: Span | undefined;
  /** Those that were there and well-formed; nothing is filled in. */
  readonly found: FoundAttributes;
}

export type FoundAttributes = { -readonly [name in keyof PathAttributes]?: PathAttributes[name] };

interface Attribute extends Span {
  readonly type: number;
  readonly flags: number;
}

/** Reads the attributes in bytes[from, end); a Notification where the session is to end. */
export function decodeAttributes(
  bytes: Uint8Array,
  from: number,
  end: number,
  context: AttributeContext,
): DecodedAttributes | Notification {
  const problems: AttributeProblem[] = [];
  const { attributes, overrun } = split(bytes, from, end);
  if (overrun) problems.push({ type: 0, remedy: 'withdraw', reason: 'an attribute is cut off' });
  const reader = new Reader(bytes, context, problems);
  const seen = new Set<number>();
  let reach: Span | undefined;
  let unreach: Span | undefined;
  for (const attribute of attributes) {
    const { type, flags } = attribute;
    const ofMultiprotocol = type === ATTRIBUTE.MP_REACH_NLRI || type === ATTRIBUTE.MP_UNREACH_NLRI;
    if (seen.has(type)) {
      // RFC 7606 3 g: the first counts.
      if (ofMultiprotocol) return notification(ERROR.UPDATE, UPDATE_ERROR.MALFORMED_ATTRIBUTES);
      problems.push({ type, remedy: 'discard', reason: 'it is there twice' });
      continue;
    }
    seen.add(type);
    const expected = CLASS_OF.get(type);
    if (expected === undefined) {
      if ((flags & OPTIONAL) === 0) {
        const data = bytes.slice(attribute.at - headerBytes(flags), attribute.end);
        return notification(ERROR.UPDATE, UPDATE_ERROR.UNRECOGNIZED_WELL_KNOWN, data);
      }
      reader.unknown(attribute);
      continue;
    }
    if ((flags & CLASS) !== expected) {
      problems.push({ type, remedy: remedyFor(type, context), reason: 'its flags are wrong' });
      if (!ofMultiprotocol) continue;
    }
    if (type === ATTRIBUTE.MP_REACH_NLRI) reach = attribute;
    else if (type === ATTRIBUTE.MP_UNREACH_NLRI) unreach = attribute;
    else reader.read(attribute);
  }
  const any = overrun || seen.size > (seen.has(ATTRIBUTE.MP_UNREACH_NLRI) ? 1 : 0);
  return { problems, any, reach, unreach, found: reader.finish() };
}

/** RFC 7606 4: a length that leads past the end spoils what follows, not where the NLRI begin. */
function split(
  bytes: Uint8Array,
  from: number,
  end: number,
): { readonly attributes: readonly Attribute[]; readonly overrun: boolean } {
  const attributes: Attribute[] = [];
  for (let at = from; at < end; ) {
    const flags = bytes[at];
    const header = headerBytes(flags);
    if (at + header > end) return { attributes, overrun: true };
    const length = header === 4 ? readU16(bytes, at + 2) : bytes[at + 2];
    const valueAt = at + header;
    if (valueAt + length > end) return { attributes, overrun: true };
    attributes.push({ type: bytes[at + 1], flags, at: valueAt, end: valueAt + length });
    at = valueAt + length;
  }
  return { attributes, overrun: false };
}

function headerBytes(flags: number): number {
  return (flags & EXTENDED_LENGTH) === 0 ? 3 : 4;
}

/** What RFC 7606 7 (RFC 8092 5, RFC 6793 6) has done about a malformed attribute. */
function remedyFor(type: number, { external }: AttributeContext): AttributeProblem['remedy'] {
  switch (type) {
    case ATTRIBUTE.ATOMIC_AGGREGATE:
    case ATTRIBUTE.AGGREGATOR:
    case ATTRIBUTE.AS4_PATH:
    case ATTRIBUTE.AS4_AGGREGATOR:
      return 'discard';
    case ATTRIBUTE.LOCAL_PREF:
    case ATTRIBUTE.ORIGINATOR_ID:
    case ATTRIBUTE.CLUSTER_LIST:
      return external ? 'discard' : 'withdraw';
    default:
      return 'withdraw';
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #context: AttributeContext;
  readonly #problems: AttributeProblem[];
  readonly #found: FoundAttributes = {};
  readonly #unknown: PathAttributes['unknown'][number][] = [];
  #as4Path: readonly AsSegment[] | undefined;
  #as4Aggregator: PathAttributes['aggregator'];

  constructor(bytes: Uint8Array, context: AttributeContext, problems: AttributeProblem[]) {
    this.#bytes = bytes;
    this.#context = context;
    this.#problems = problems;
  }

  /** RFC 4271 5: transitive ones go on, marked Partial; others are quietly ignored. */
  unknown({ type, flags, at, end }: Attribute): void {
    if ((flags & TRANSITIVE) === 0) return;
    this.#unknown.push({ flags: CLASS | PARTIAL, type, value: this.#bytes.slice(at, end) });
  }

  read(attribute: Attribute): void {
    const { type, at, end } = attribute;
    const { external, fourByteAs } = this.#context;
    const bytes = this.#bytes;
    const found = this.#found;
    const length = end - at;
    switch (type) {
      case ATTRIBUTE.ORIGIN: {
        const origin = length === 1 ? originOf(bytes[at]) : undefined;
        if (origin === undefined) this.#wrong(type);
        else found.origin = origin;
        break;
      }
      case ATTRIBUTE.AS_PATH: {
        const path = decodeAsPath(bytes, at, end, fourByteAs ? 4 : 2);
        // RFC 5065 5: we are in no confederation.
        if (path === undefined || path.some(isOfConfederation)) this.#wrong(type);
        else found.asPath = path;
        break;
      }
      case ATTRIBUTE.NEXT_HOP:
        if (length === 4 && isHost(readU32(bytes, at))) found.nextHop = readU32(bytes, at);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.MULTI_EXIT_DISC:
        if (length === 4) found.med = readU32(bytes, at);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.LOCAL_PREF:
        if (length === 4 && !external) found.localPreference = readU32(bytes, at);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.ATOMIC_AGGREGATE:
        if (length === 0) found.atomicAggregate = true;
        else this.#wrong(type);
        break;
      case ATTRIBUTE.AGGREGATOR: {
        const aggregator = readAggregator(bytes, at, length, fourByteAs ? 4 : 2);
        if (aggregator === undefined) this.#wrong(type);
        else found.aggregator = aggregator;
        break;
      }
      case ATTRIBUTE.COMMUNITIES:
        if (length > 0 && length % 4 === 0) found.communities = ascending(words(bytes, at, end));
        else this.#wrong(type);
        break;
      case ATTRIBUTE.ORIGINATOR_ID:
        if (length === 4 && !external) found.originatorId = readU32(bytes, at);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.CLUSTER_LIST:
        if (length > 0 && length % 4 === 0 && !external) found.clusterList = words(bytes, at, end);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.EXTENDED_COMMUNITIES:
        if (length > 0 && length % 8 === 0) found.extendedCommunities = readExtended(bytes, at, end);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.LARGE_COMMUNITY:
        if (length > 0 && length % 12 === 0) found.largeCommunities = readLarge(bytes, at, end);
        else this.#wrong(type);
        break;
      case ATTRIBUTE.AS4_PATH: {
        // RFC 6793 4.1: of no meaning from one that speaks four bytes.
        const path = fourByteAs ? undefined : decodeAsPath(bytes, at, end, 4);
        if (path === undefined) this.#wrong(type);
        else this.#as4Path = path.filter((segment) => !isOfConfederation(segment));
        break;
      }
      case ATTRIBUTE.AS4_AGGREGATOR: {
        const aggregator = fourByteAs ? undefined : readAggregator(bytes, at, length, 4);
        if (aggregator === undefined) this.#wrong(type);
        else this.#as4Aggregator = aggregator;
        break;
      }
    }
  }

  /** RFC 6793 4.2.3 */
  finish(): FoundAttributes {
    const found = this.#found;
    if (this.#unknown.length > 0) found.unknown = this.#unknown.sort((a, b) => a.type - b.type);
    const { aggregator } = found;
    const oldAggregated = aggregator !== undefined && aggregator.as !== AS_TRANS;
    if (this.#as4Aggregator !== undefined && oldAggregated) return found;
    if (this.#as4Aggregator !== undefined && aggregator !== undefined) found.aggregator = this.#as4Aggregator;
    if (this.#as4Path !== undefined && found.asPath !== undefined) {
      found.asPath = mergeAs4Path(found.asPath, this.#as4Path);
    }
    return found;
  }

  #wrong(type: number): void {
    const remedy = remedyFor(type, this.#context);
    this.#problems.push({ type, remedy, reason: 'its value is malformed, or not of use from there' });
  }
}

function originOf(value: number): Origin | undefined {
  return value === 0 || value === 1 || value === 2 ? value : undefined;
}

function isOfConfederation({ type }: AsSegment): boolean {
  return type === 'confederation-sequence' || type === 'confederation-set';
}

/** RFC 4271 6.3: an address that a host can have. */
export function isHost(address: Ipv4): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** RFC 7607 2: AS 0 is malformed. */
function readAggregator(
  bytes: Uint8Array,
  at: number,
  length: number,
  asBytes: AsBytes,
): PathAttributes['aggregator'] {
  if (length !== asBytes + 4) return undefined;
  const as = asBytes === 4 ? readU32(bytes, at) : readU16(bytes, at);
  return as === 0 ? undefined : { as, address: readU32(bytes, at + asBytes) };
}

function words(bytes: Uint8Array, from: number, end: number): readonly number[] {
  const list: number[] = [];
  for (let at = from; at < end; at += 4) list.push(readU32(bytes, at));
  return list;
}

/** In order, each once. */
function ascending(values: readonly number[]): readonly number[] {
  for (let i = 1; i < values.length; i++) {
    if (values[i] <= values[i - 1]) return [...new Set(values)].sort((a, b) => a - b);
  }
  return values;
}

function readExtended(bytes: Uint8Array, from: number, end: number): readonly string[] {
  const list = new Set<string>();
  for (let at = from; at < end; at += 8) list.add(hex32(readU32(bytes, at)) + hex32(readU32(bytes, at + 4)));
  return [...list].sort();
}

function readLarge(bytes: Uint8Array, from: number, end: number): readonly LargeCommunity[] {
  const list: LargeCommunity[] = [];
  for (let at = from; at < end; at += 12) {
    list.push({
      global: readU32(bytes, at),
      local1: readU32(bytes, at + 4),
      local2: readU32(bytes, at + 8),
    });
  }
  list.sort(compareLarge);
  return list.filter((each, index) => index === 0 || compareLarge(each, list[index - 1]) !== 0);
}

export function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a.global - b.global || a.local1 - b.local1 || a.local2 - b.local2;
}

/**
 * The attributes as bytes, by type. `nextHop` says whether NEXT_HOP is among them; without, MP_REACH_NLRI has it.
 * To one that speaks two bytes AS_PATH goes with AS_TRANS, and AS4_PATH beside it (RFC 6793 4.2.2).
 */
export function encodeAttributes(
  attributes: PathAttributes,
  { fourByteAs, nextHop }: { readonly fourByteAs: boolean; readonly nextHop: boolean },
): Uint8Array {
  const { asPath, aggregator, med, localPreference, originatorId } = attributes;
  const parts: Part[] = [];
  const add = (type: number, value: Uint8Array): void => {
    parts.push({ type, flags: CLASS_OF.get(type) ?? 0, value });
  };
  add(ATTRIBUTE.ORIGIN, new Uint8Array([attributes.origin]));
  add(ATTRIBUTE.AS_PATH, encodeAsPath(asPath, fourByteAs ? 4 : 2));
  if (nextHop) add(ATTRIBUTE.NEXT_HOP, bytesOf([attributes.nextHop]));
  if (med !== undefined) add(ATTRIBUTE.MULTI_EXIT_DISC, bytesOf([med]));
  if (localPreference !== undefined) add(ATTRIBUTE.LOCAL_PREF, bytesOf([localPreference]));
  if (attributes.atomicAggregate) add(ATTRIBUTE.ATOMIC_AGGREGATE, new Uint8Array(0));
  if (aggregator !== undefined) {
    if (fourByteAs) add(ATTRIBUTE.AGGREGATOR, bytesOf([aggregator.as, aggregator.address]));
    else add(ATTRIBUTE.AGGREGATOR, oldAggregator(aggregator));
    if (!fourByteAs && aggregator.as > 0xffff) {
      add(ATTRIBUTE.AS4_AGGREGATOR, bytesOf([aggregator.as, aggregator.address]));
    }
  }
  if (attributes.communities.length > 0) add(ATTRIBUTE.COMMUNITIES, bytesOf(attributes.communities));
  if (originatorId !== undefined) add(ATTRIBUTE.ORIGINATOR_ID, bytesOf([originatorId]));
  if (attributes.clusterList.length > 0) add(ATTRIBUTE.CLUSTER_LIST, bytesOf(attributes.clusterList));
  if (attributes.extendedCommunities.length > 0) {
    const halves = attributes.extendedCommunities.flatMap((text) => [
      Number.parseInt(text.slice(0, 8), 16),
      Number.parseInt(text.slice(8), 16),
    ]);
    add(ATTRIBUTE.EXTENDED_COMMUNITIES, bytesOf(halves));
  }
  if (!fourByteAs && asPath.some(({ numbers }) => numbers.some((as) => as > 0xffff))) {
    const kept = asPath.filter((segment) => !isOfConfederation(segment));
    add(ATTRIBUTE.AS4_PATH, encodeAsPath(kept, 4));
  }
  if (attributes.largeCommunities.length > 0) {
    const numbers = attributes.largeCommunities.flatMap((each) => [each.global, each.local1, each.local2]);
    add(ATTRIBUTE.LARGE_COMMUNITY, bytesOf(numbers));
  }
  if (attributes.unknown.length > 0) {
    parts.push(...attributes.unknown);
    parts.sort((a, b) => a.type - b.type);
  }
  return join(parts);
}

interface Part {
  readonly type: number;
  readonly flags: number;
  readonly value: Uint8Array;
}

function oldAggregator({ as, address }: NonNullable<PathAttributes['aggregator']>): Uint8Array {
  const bytes = new Uint8Array(6);
  writeU16(bytes, 0, as > 0xffff ? AS_TRANS : as);
  writeU32(bytes, 2, address);
  return bytes;
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  for (let i = 0; i < numbers.length; i++) writeU32(bytes, 4 * i, numbers[i]);
  return bytes;
}

function join(parts: readonly Part[]): Uint8Array {
  let length = 0;
  for (const { value } of parts) length += (value.length > 255 ? 4 : 3) + value.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { type, flags, value } of parts) at = writeAttribute(bytes, at, type, flags, value);
  return bytes;
}

/** Writes one attribute at `at`; returns the offset behind it. */
function writeAttribute(
  bytes: Uint8Array,
  at: number,
  type: number,
  flags: number,
  value: Uint8Array,
): number {
  const isLong = value.length > 255;
  bytes[at] = isLong ? flags | EXTENDED_LENGTH : flags;
  bytes[at + 1] = type;
  if (isLong) writeU16(bytes, at + 2, value.length);
  else bytes[at + 2] = value.length;
  const valueAt = at + (isLong ? 4 : 3);
  bytes.set(value, valueAt);
  return valueAt + value.length;
}
