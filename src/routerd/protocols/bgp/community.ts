/** Sets of communities, which are kept in ascending order. */

/** With one more. */
export function withCommunity(communities: readonly number[], added: number): readonly number[] {
  if (communities.includes(added)) return communities;
  return [...communities, added].sort((a, b) => a - b);
}
