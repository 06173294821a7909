/**
 * The choice among paths of equal cost: by flow, so that the packets of one flow keep their order (RFC 2992).
 *
 * The hash covers source, destination, protocol and, in packets that are no fragments, the TCP or UDP ports. It
 * begins with a salt made from the router's name, so that two routers in a row do not choose alike and leave
 * half of the paths unused. Of a packet in a VPN's tunnel the inner header counts, so that the flows between two
 * routers of the VPN spread over the core like others. The plane is no part of it: equal tables give equal paths in both planes.
 */
import { readU32 } from '../../net/bytes.ts';
import {
  ipv4Destination,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  PROTOCOL_GRE,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../../net/ipv4.ts';
import { tunnelledAt } from '../../net/tunnel.ts';

/** More fragments follow, or this one is not the first. */
const FRAGMENTED = 0x3fff;

/** FNV-1a of the router's name. */
export function saltOf(router: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < router.length; i++) hash = Math.imul(hash ^ router.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** Which of `count` paths the packet's flow takes: 0 .. count - 1. The mixing is MurmurHash3's (A. Appleby). */
export function choosePath(bytes: Uint8Array, outerAt: number, salt: number, count: number): number {
  const innerAt = ipv4Protocol(bytes, outerAt) === PROTOCOL_GRE ? tunnelledAt(bytes, outerAt) : -1;
  const ipAt = innerAt < 0 ? outerAt : innerAt;
  const protocol = ipv4Protocol(bytes, ipAt);
  let hash = mix(salt, ipv4Source(bytes, ipAt));
  hash = mix(hash, ipv4Destination(bytes, ipAt));
  hash = mix(hash, protocol);
  if (hasPorts(bytes, ipAt, protocol)) hash = mix(hash, readU32(bytes, ipAt + ipv4HeaderLength(bytes, ipAt)));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return Math.floor((hash * count) / 4294967296);
}

function hasPorts(bytes: Uint8Array, ipAt: number, protocol: number): boolean {
  return (
    (protocol === PROTOCOL_UDP || protocol === PROTOCOL_TCP) &&
    (ipv4Fragment(bytes, ipAt) & FRAGMENTED) === 0 &&
    ipv4TotalLength(bytes, ipAt) >= ipv4HeaderLength(bytes, ipAt) + 4
  );
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
