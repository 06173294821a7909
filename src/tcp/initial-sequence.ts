/**
 * Initial sequence numbers that nobody outside can guess and that do not collide with those of the last connection
 * between the same ends: a clock plus a keyed hash of the four addresses (RFC 6528). The hash is HalfSipHash-2-4
 * (J.-P. Aumasson, D. J. Bernstein).
 */
import type { Ipv4 } from '../net/address.ts';
import type { TimeNs } from '../world/clock.ts';
import type { Random } from '../world/random.ts';

/** The two ends of a connection, as one of them sees it. */
export interface Endpoints {
  readonly local: Ipv4;
  readonly localPort: number;
  readonly remote: Ipv4;
  readonly remotePort: number;
}

/** A step each 4 microseconds, RFC 9293 3.4.1. */
const STEP_NS = 4000;

export class InitialNumbers {
  readonly #key: readonly [number, number];

  constructor(random: Random) {
    this.#key = [word(random), word(random)];
  }

  sequence(ends: Endpoints, nowNs: TimeNs): number {
    return (Math.floor(nowNs / STEP_NS) + this.#hash(ends, 0)) >>> 0;
  }

  /** What a connection's timestamps begin at: the same for the same ends, so that they go on (RFC 7323 5.4). */
  timestamp(ends: Endpoints): number {
    return this.#hash(ends, 1);
  }

  #hash({ local, localPort, remote, remotePort }: Endpoints, purpose: number): number {
    return halfSipHash(this.#key, [local, remote, (localPort << 16) | remotePort, purpose]);
  }
}

function word(random: Random): number {
  return Math.floor(random.next() * 4294967296) | 0;
}

/** HalfSipHash-2-4 of whole 32-bit words, with 32 bits of result. */
export function halfSipHash(key: readonly [number, number], words: readonly number[]): number {
  let v0 = key[0];
  let v1 = key[1];
  let v2 = 0x6c796765 ^ key[0];
  let v3 = 0x74656462 ^ key[1];
  const round = (): void => {
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
  };
  for (const message of [...words, (words.length * 4) << 24]) {
    v3 ^= message;
    round();
    round();
    v0 ^= message;
  }
  v2 ^= 0xff;
  for (let i = 0; i < 4; i++) round();
  return (v1 ^ v3) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
