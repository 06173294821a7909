import { seededRandom } from '../../src/world/random.ts';

/** `length` bytes in which nothing repeats, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random.next() * 4294967296;
  return new Uint8Array(words.buffer, 0, length);
}
