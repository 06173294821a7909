/** Words, numbers and addresses of any configuration, for property tests. */
import fc from 'fast-check';
import { prefixOf } from '../../src/net/address.ts';

export const word = fc.oneof(
  fc.stringMatching(/^[a-z]{2,4}[-.:]?\d{0,3}$/),
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => /^\S+$/.test(text)),
);
export const ipv4 = fc.integer({ min: 0, max: 0xffffffff });
export const prefix = fc
  .tuple(ipv4, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => prefixOf(address, length));
export const distance = fc.integer({ min: 1, max: 255 });
export const unsigned32 = fc.integer({ min: 0, max: 0xffffffff });
export const positive32 = fc.integer({ min: 1, max: 0xffffffff });
export const sequence = positive32;
export const seconds = fc.integer({ min: 1, max: 65535 });
