/** Commands of which a section may have several: each line is an entry of a list. */
import type { Argument } from './argument.ts';
import { type Command, command, Refusal, type SectionKind } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';

interface Listed<Entry, Choice> {
  readonly section: SectionKind;
  readonly keywords: string;
  readonly help: string;
  /** Of the entries, for people: `ranges`. */
  readonly what: string;
  readonly argument: Argument<Entry>;
  /** What the `no` form reads, and which entries it names. */
  readonly removal: Argument<Choice>;
  readonly isChosen: (entry: Entry, choice: Choice) => boolean;
  readonly get: (config: RouterConfig, name: string) => readonly Entry[];
  readonly put: (config: RouterConfig, name: string, entries: readonly Entry[]) => RouterConfig;
  /** Entries of one key are one; the later one counts. Follows from the entry alone. */
  readonly key: (entry: Entry) => string;
  readonly format: (entry: Entry) => string;
  /** The order of the entries means something: the later one is the last. */
  readonly ordered?: boolean;
  readonly refuse?: (config: RouterConfig, name: string, entry: Entry) => Refusal | undefined;
}

/** A line an entry; the `no` form takes away the entries that it names. */
export function listed<Entry, Choice>(of: Listed<Entry, Choice>): Command {
  // Thousands of entries, each held against all others: a key is worked out once.
  const keys = new WeakMap<object, string>();
  const keyOf = (entry: Entry): string => {
    if (typeof entry !== 'object' || entry === null) return of.key(entry);
    const known = keys.get(entry);
    if (known !== undefined) return known;
    const key = of.key(entry);
    keys.set(entry, key);
    return key;
  };
  return command({
    section: of.section,
    keywords: of.keywords,
    help: of.help,
    argument: of.argument,
    set(config, name, entry) {
      const entries = of.get(config, name);
      const key = keyOf(entry);
      const others = entries.filter((each) => keyOf(each) !== key);
      const refused = of.refuse?.(config, name, entry) ?? atMost(others, of.what);
      return refused ?? of.put(config, name, [...others, entry]);
    },
    removal: {
      argument: of.removal,
      unset(config, name, choice) {
        const entries = of.get(config, name);
        const left = entries.filter((each) => !of.isChosen(each, choice));
        return left.length === entries.length
          ? new Refusal(`there is no such "${of.keywords}" to remove`)
          : of.put(config, name, left);
      },
    },
    lines: (config, name) =>
      of.get(config, name).map((entry) => ({
        text: `${of.keywords} ${of.format(entry)}`.trimEnd(),
        ...(of.ordered === true ? { group: '', ordered: true } : { group: keyOf(entry) }),
      })),
  });
}
