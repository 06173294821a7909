/** "Did you mean …?": the known word nearest to the one a user wrote. */

/** Longer words are not compared: nobody mistypes them, and the table below stays small. */
const MAX_WORD_LENGTH = 128;

/**
 * The candidate with the fewest typing slips between it and `word`: letters left out, put in, changed, or two
 * neighbours swapped (optimal string alignment, after Damerau 1964). Case counts half a slip, once for the
 * whole word. At most one slip in three letters is forgiven; undefined where no candidate is that near. Of
 * equally near candidates the first one given wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lowerWord = word.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = Math.min(
      distance(word, candidate, fewest),
      distance(lowerWord, candidate.toLowerCase(), fewest) + 0.5,
    );
    if (slips < fewest) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

/** Slips between `a` and `b`; `limit` where there are that many or more. */
function distance(a: string, b: string, limit: number): number {
  if (a.length > MAX_WORD_LENGTH || b.length > MAX_WORD_LENGTH) return limit;
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = last[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      let slips = Math.min(changed, last[column] + 1, current[column - 1] + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        slips = Math.min(slips, beforeLast[column - 2] + 1);
      }
      current.push(slips);
    }
    beforeLast = last;
    last = current;
  }
  return Math.min(limit, last[b.length]);
}
