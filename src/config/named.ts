/** Finding things in the lists of a configuration, which are never changed in place, but for those of a roster. */

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

/** A list whose elements differ by their keys, and that changes with every line of a text. */
export interface Roster<T, Key> {
  find(list: readonly T[], key: Key): T | undefined;
  /**
   * The list with `value` in place of the element of its key, or behind all others. What `put` returned once it changes
   * in place, so that thousands of lines copy no thousands of elements each: a list that was given to it is of no
   * use afterwards. Make one roster for each kind of list.
   */
  put(list: readonly T[], value: T): readonly T[];
}

export function roster<T, Key>(keyOf: (each: T) => Key): Roster<T, Key> {
  interface Draft {
    readonly list: T[];
    readonly places: Map<Key, number>;
  }
  const drafts = new WeakMap<readonly T[], Draft>();
  const find = finder(keyOf);
  const draftOf = (list: readonly T[]): Draft => {
    const known = drafts.get(list);
    if (known !== undefined) return known;
    const own = [...list];
    const places = new Map(own.map((each, place) => [keyOf(each), place] as const).reverse());
    const draft = { list: own, places };
    drafts.set(own, draft);
    return draft;
  };
  return {
    find(list, key) {
      const draft = drafts.get(list);
      if (draft === undefined) return find(list, key);
      const place = draft.places.get(key);
      return place === undefined ? undefined : draft.list[place];
    },
    put(list, value) {
      const draft = draftOf(list);
      const place = draft.places.get(keyOf(value));
      if (place === undefined) {
        draft.places.set(keyOf(value), draft.list.length);
        draft.list.push(value);
      } else {
        draft.list[place] = value;
      }
      return draft.list;
    },
  };
}
