/**
 * Sequence numbers. Inside, they never wrap: each is a whole number below 2^53 whose last 32 bits are what the
 * wire says, so they compare by `<` and differ by `-`. Only here are they turned from one into the other.
 */

export function toWire(sequence: number): number {
  return sequence >>> 0;
}

/** The number that `wire` stands for: of all that end in it, the one nearest to `near`. */
export function fromWire(wire: number, near: number): number {
  return near + ((wire - near) | 0);
}
