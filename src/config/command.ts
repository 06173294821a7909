/**
 * A command of the router's prompt: where it may stand, its keywords, what follows them, what it does to a
 * configuration, what its `no` form undoes, and the lines that the writer makes of it. The tables of commands
 * (see commands.ts) are lists of these.
 */
import {
  type Argument,
  chain,
  type Misreading,
  map,
  misread,
  nothing,
  optional,
  restOfLine,
  type Word,
} from './argument.ts';
import type { RouterConfig } from './model.ts';

export type SectionKind =
  | ''
  | 'interface'
  | 'router ospf'
  | 'router isis'
  | 'key chain'
  | 'key'
  | 'vrf'
  | 'route-map'
  | 'router bgp'
  | 'address-family'
  | 'ip access-list standard'
  | 'ip access-list extended'
  | 'class-map'
  | 'policy-map'
  | 'class';

/** Where a line stands: under which command, of which name (empty where the section has none). */
export interface Section {
  readonly kind: SectionKind;
  readonly name: string;
  /** The section that it stands in: a policy map, of a class. Left out: the top. */
  readonly outer?: Section;
}

export const TOP: Section = { kind: '', name: '' };

/** As the line that opens the section: `interface eth0`, `router ospf`; empty for the top. */
export function sectionTitle(section: Section): string {
  return section.name === '' ? section.kind : `${section.kind} ${section.name}`;
}

/** What a section's commands are told: its name; where it stands in another, the names from the outside in. */
export function pathOf({ name, outer }: Section): string {
  return outer === undefined ? name : `${pathOf(outer)} ${name}`;
}

/** Understood, and not possible. */
export class Refusal {
  readonly reason: string;
  readonly suggestion: string | undefined;
  /** May be possible once the lines that follow are known; the parser tries again at the end. */
  readonly later: boolean;

  constructor(reason: string, options: { suggestion?: string | undefined; later?: boolean } = {}) {
    this.reason = reason;
    this.suggestion = options.suggestion;
    this.later = options.later ?? false;
  }
}

export type Change = RouterConfig | Refusal;

/** Stands among keywords for a word of the user's. */
export const ANY_WORD = '*';

export interface Command {
  readonly section: SectionKind;
  /** The keywords it begins with: `ip ospf cost`; ANY_WORD where the line says what it is about: `area * stub`. */
  readonly keywords: readonly string[];
  readonly notation: string;
  /** The `no` form's notation, without `no`; undefined where there is none. */
  readonly removalNotation: string | undefined;
  readonly help: string;
  /** The lines after it stand in a section of their own. */
  readonly opener: boolean;
  /** Its keywords are all of the line. */
  readonly whole: boolean;
  /** The reference has it in another section. */
  readonly unlisted?: boolean;
  /** Where it has no keywords: is this its first word? */
  readonly startsWith?: (text: string) => boolean;
  enter(config: RouterConfig, section: Section, words: readonly Word[], at: number): Entered;
  remove(config: RouterConfig, section: Section, words: readonly Word[], at: number): Entered;
  /** What the writer writes for it in the section of that path (see pathOf); the keywords are part of each line. */
  lines(config: RouterConfig, name: string): readonly CommandLine[];
}

/** `group`: lines of one group are compared and printed together (all rules of one access list). */
export interface CommandLine {
  readonly text: string;
  readonly group: string;
  /** Its place among the lines of its group means something; a new line comes last. */
  readonly ordered?: boolean;
  /** The line opens this section. */
  readonly opens?: Section;
  /** What ends that section where it stands in another; sections of the top end by `exit`. */
  readonly closing?: string;
}

export type Entered =
  | { readonly ok: true; readonly config: RouterConfig; readonly section: Section }
  | Misreading
  | Refusal;

interface Specification<Value, Removed> {
  readonly section: SectionKind;
  /** Empty: the command is known by its first word, see startsWith. */
  readonly keywords: string;
  /** What ANY_WORD among the keywords is. */
  readonly subject?: Argument<unknown>;
  readonly whole?: boolean;
  readonly startsWith?: (text: string) => boolean;
  readonly help: string;
  readonly argument: Argument<Value>;
  /** `name` is the section's path, here and below. */
  readonly set: (config: RouterConfig, name: string, value: Value) => Change;
  /** The section that the lines after it stand in. */
  readonly opens?: (value: Value, section: Section) => Section;
  /** What follows the keywords in the `no` form, and what that does. Left out: there is no such form. */
  readonly removal?: {
    readonly argument: Argument<Removed>;
    readonly unset: (config: RouterConfig, name: string, value: Removed) => Change;
  };
  /** Left out: another command writes what this one sets. */
  readonly lines?: (config: RouterConfig, name: string) => readonly CommandLine[];
}

export function command<Value, Removed>(specification: Specification<Value, Removed>): Command {
  const { section: kind, argument, removal, opens } = specification;
  const keywords = specification.keywords.split(' ').filter((keyword) => keyword !== '');
  const shown = keywords.map((keyword) =>
    keyword === ANY_WORD ? (specification.subject?.notation ?? keyword) : keyword,
  );
  return {
    section: kind,
    keywords,
    notation: [...shown, argument.notation].join(' ').trim(),
    removalNotation:
      removal === undefined ? undefined : [...shown, removal.argument.notation].join(' ').trim(),
    help: specification.help,
    opener: opens !== undefined,
    whole: specification.whole ?? false,
    ...(specification.startsWith === undefined ? {} : { startsWith: specification.startsWith }),
    enter(config, section, words, at) {
      const value = readAll(argument, words, at);
      if (!value.ok) return value;
      const changed = specification.set(config, pathOf(section), value.value);
      if (changed instanceof Refusal) return changed;
      return {
        ok: true,
        config: changed,
        section: opens === undefined ? section : opens(value.value, section),
      };
    },
    remove(config, section, words, at) {
      if (removal === undefined) return misread(0, `"${specification.keywords}" has no "no" form`);
      const value = readAll(removal.argument, words, at);
      if (!value.ok) return value;
      const changed = removal.unset(config, pathOf(section), value.value);
      return changed instanceof Refusal ? changed : { ok: true, config: changed, section };
    },
    lines: specification.lines ?? (() => []),
  };
}

/**
 * A command one of whose first words is no keyword but says what it is about: `area 1 stub`, `neighbor 10.0.0.1
 * remote-as 5`. The keywords hold ANY_WORD there; what is set and removed is told both.
 */
export function commandAbout<Subject, Value, Removed>({
  subject,
  ...specification
}: Omit<Specification<Value, Removed>, 'set' | 'removal' | 'subject' | 'opens'> & {
  readonly subject: Argument<Subject>;
  readonly set: (config: RouterConfig, name: string, subject: Subject, value: Value) => Change;
  readonly removal?: {
    readonly argument: Argument<Removed>;
    readonly unset: (config: RouterConfig, name: string, subject: Subject, value: Removed) => Change;
  };
}): Command {
  const { argument, removal, set, ...rest } = specification;
  const place = rest.keywords.split(' ').indexOf(ANY_WORD);
  const about = <Rest>(following: Argument<Rest>): Argument<readonly [Subject, Rest]> => ({
    notation: following.notation,
    read: (words, at) =>
      chain(subject.read(words, place), (of) =>
        map(following.read(words, at), (value) => [of, value] as const),
      ),
  });
  return command({
    ...rest,
    subject,
    argument: about(argument),
    set: (config, name, [of, value]) => set(config, name, of, value),
    ...(removal === undefined
      ? {}
      : {
          removal: {
            argument: about(removal.argument),
            unset: (config: RouterConfig, name: string, [of, value]: readonly [Subject, Removed]) =>
              removal.unset(config, name, of, value),
          },
        }),
  });
}

/** Reads the argument, and takes care that nothing follows it. */
function readAll<Value>(argument: Argument<Value>, words: readonly Word[], at: number) {
  const reading = argument.read(words, at);
  if (!reading.ok || reading.next === words.length) return reading;
  return misread(reading.next, `unexpected "${words[reading.next].text}"`);
}

interface Setting<Value> {
  readonly section: SectionKind;
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<NonNullable<Value>>;
  readonly get: (config: RouterConfig, name: string) => Value | undefined;
  /** With undefined, takes the value away. */
  readonly put: (config: RouterConfig, name: string, value: Value | undefined) => RouterConfig;
  readonly format?: (value: NonNullable<Value>) => string;
  /** Asked before the value is set. */
  readonly refuse?: (config: RouterConfig, name: string, value: NonNullable<Value>) => Refusal | undefined;
}

/**
 * A command that sets one value. Its `no` form takes the value as well and, as FRR's, does not look at it:
 * `no ip ospf cost 7` removes a cost of 5.
 */
export function setting<Value>(of: Setting<Value>): Command {
  const format = of.format ?? String;
  return command({
    section: of.section,
    keywords: of.keywords,
    help: of.help,
    argument: of.argument,
    set: (config, name, value) => of.refuse?.(config, name, value) ?? of.put(config, name, value),
    removal: {
      argument: optional(of.argument),
      unset: (config, name) =>
        of.get(config, name) === undefined
          ? new Refusal(`there is no "${of.keywords}" to remove`)
          : of.put(config, name, undefined),
    },
    lines(config, name) {
      const value = of.get(config, name);
      return value === undefined || value === null
        ? []
        : [{ text: `${of.keywords} ${format(value)}`.trimEnd(), group: '' }];
    },
  });
}

interface Flag {
  readonly section: SectionKind;
  readonly keywords: string;
  readonly help: string;
  readonly get: (config: RouterConfig, name: string) => boolean;
  readonly put: (config: RouterConfig, name: string, value: boolean) => RouterConfig;
  /** The `no` form is a statement, not a removal: nothing is wrong when there is nothing to undo. */
  readonly stated?: boolean;
}

/** A command that is there or not. */
export function flag(of: Flag): Command {
  return command({
    section: of.section,
    keywords: of.keywords,
    help: of.help,
    argument: nothing,
    set: (config, name) => of.put(config, name, true),
    removal: {
      argument: nothing,
      unset: (config, name) =>
        of.get(config, name) || of.stated
          ? of.put(config, name, false)
          : new Refusal(`there is no "${of.keywords}" to remove`),
    },
    lines: (config, name) => (of.get(config, name) ? [{ text: of.keywords, group: '' }] : []),
  });
}

/** A line that is read and not kept. */
export function remark(section: SectionKind, keywords: string): Command {
  return command({
    section,
    keywords,
    help: 'words for people; not kept',
    argument: restOfLine,
    set: (config) => config,
  });
}

/** A copy of `object` with `key` set, or left out where `value` is undefined. */
export function put<T extends object, Key extends keyof T>(
  object: T,
  key: Key,
  value: T[Key] | undefined,
): T {
  const copy = { ...object };
  if (value === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = value;
  return copy;
}
