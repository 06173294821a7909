/** Writes MRT (RFC 6396): for files that are made here from larger ones, and for tests. */
import { formatIpv4, type Ipv4, type Prefix } from '../src/net/address.ts';

export interface WrittenPeer {
  readonly as: number;
  readonly address: Ipv4;
}

/** TABLE_DUMP_V2 PEER_INDEX_TABLE, with four-byte AS numbers and IPv4 addresses. */
export function peerIndexTable(timeS: number, peers: readonly WrittenPeer[]): Uint8Array {
  const name = Buffer.from('shadowlab');
  const entries = peers.map(({ as, address }) =>
    Buffer.concat([Buffer.of(2), u32(address), u32(address), u32(as)]),
  );
  return record(timeS, 13, 1, [u32(0), u16(name.length), name, u16(peers.length), ...entries]);
}

/** TABLE_DUMP_V2 RIB_IPV4_UNICAST. */
export function ribIpv4(
  timeS: number,
  sequence: number,
  prefix: Prefix,
  entries: readonly {
    readonly peer: number;
    readonly originatedS: number;
    readonly attributes: Uint8Array;
  }[],
): Uint8Array {
  const written = entries.map(({ peer, originatedS, attributes }) =>
    Buffer.concat([u16(peer), u32(originatedS), u16(attributes.length), attributes]),
  );
  return record(timeS, 13, 2, [u32(sequence), nlri(prefix), u16(entries.length), ...written]);
}

/** BGP4MP_MESSAGE_AS4, or with microseconds BGP4MP_ET's. */
export function bgp4mpMessage(
  time: { readonly s: number; readonly us?: number },
  peer: WrittenPeer,
  message: Uint8Array,
): Uint8Array {
  const ends = [u32(peer.as), u32(64999), u16(0), u16(1), u32(peer.address), u32(0x0a000001)];
  return time.us === undefined
    ? record(time.s, 16, 4, [...ends, message])
    : record(time.s, 17, 4, [u32(time.us), ...ends, message]);
}

/** RFC 4271 4.3: length in bits and as many bytes as hold them. */
export function nlri({ address, length }: Prefix): Uint8Array {
  if (length < 0 || length > 32) throw new RangeError(`${formatIpv4(address)}/${length} is no prefix`);
  return Buffer.concat([Buffer.of(length), u32(address).subarray(0, Math.ceil(length / 8))]);
}

export function record(
  timeS: number,
  type: number,
  subtype: number,
  parts: readonly Uint8Array[],
): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(timeS), u16(type), u16(subtype), u32(body.length), body]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
