/**
 * Chance, as a machine is given it. One seed makes a whole world: every part forks a generator of its own by
 * name, so that one part drawing more numbers does not change what another one draws.
 */

export interface Random {
  /** The next number, uniform in [0, 1). */
  next(): number;
  /** A generator that depends on this one's seed and on `name` alone, not on what was drawn before. */
  fork(name: string): Random;
}

/** The seeded generator: sfc32 (C. Doty-Humphrey, PractRand), seeded through FNV-1a of the fork's full name. */
export function seededRandom(seed: number, name = ''): Random {
  let a = seed | 0;
  let b = fnv1a(`${seed}/${name}`);
  let c = fnv1a(`${name}/${seed}`);
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return { next, fork: (child) => seededRandom(seed, `${name}/${child}`) };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
