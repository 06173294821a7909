/** Finding things in the lists of a configuration, which are never changed in place. */

/** Lookups in one list before it gets an index: while text is read there is a new list for each line. */
const SCANS = 16;

/** By what `keyOf` says of each; of equal ones the first. Make one finder for each kind of list. */
export function finder<T, Key>(keyOf: (each: T) => Key): (list: readonly T[], key: Key) => T | undefined {
  const scans = new WeakMap<readonly T[], number>();
  const indexes = new WeakMap<readonly T[], ReadonlyMap<Key, T>>();
  return (list, key) => {
    const index = indexes.get(list);
    if (index !== undefined) return index.get(key);
    const scanned = scans.get(list) ?? 0;
    if (scanned < SCANS) {
      scans.set(list, scanned + 1);
      return list.find((each) => keyOf(each) === key);
    }
    const made = new Map(list.toReversed().map((each) => [keyOf(each), each]));
    indexes.set(list, made);
    return made.get(key);
  };
}
