/**
 * Access lists: FRR's one-line form at the top (`access-list NAME [seq N] permit …`), which is also what the
 * writer writes, and IOS's blocks (`ip access-list extended NAME`, then a rule a line). A list matches from the
 * lowest sequence number on; what nothing matches is denied.
 */
import { nearest } from '../net/suggest.ts';
import {
  action,
  formatRule,
  isProtocol,
  isSameRule,
  type ListKind,
  type RuleBody,
  ruleBody,
} from './access-rule.ts';
import {
  type Argument,
  chain,
  integer,
  map,
  meant,
  name,
  type Reading,
  restOfLine,
  type Word,
} from './argument.ts';
import { type Change, type Command, command, Refusal, remark } from './command.ts';
import { atMost } from './limits.ts';
import type { AccessListConfig, RouterConfig } from './model.ts';

const LAST_SEQUENCE = 4294967295;
/** From one rule to the next where the user gives no number: FRR's one-line form, and IOS's blocks. */
const LINE_STEP = 5;
const BLOCK_STEP = 10;

const KINDS: readonly ListKind[] = ['standard', 'extended'];
const sequenceNumber = integer(1, LAST_SEQUENCE);

interface Entry {
  readonly list: string;
  readonly kind: ListKind;
  readonly sequence?: number;
  readonly body: RuleBody;
}

/** What a removal names: a whole list, the rule of a number, or the rule that says the same. */
interface EntryChoice {
  readonly list: string;
  readonly sequence?: number;
  readonly body?: RuleBody;
}

/** `[N] permit|deny …`. The rule of an undefined kind shows its kind by its first word. */
function readRule(
  words: readonly Word[],
  at: number,
  list: string,
  kind: ListKind | undefined,
  withSequence: (at: number) => Reading<number | undefined>,
): Reading<Entry> {
  return chain(withSequence(at), (sequence, afterSequence) =>
    chain(action.read(words, afterSequence), (does, next) => {
      const shown = kind ?? (isProtocol(words[next]?.text ?? '') ? 'extended' : 'standard');
      return map(ruleBody(shown, does).read(words, next), (body) => ({
        list,
        kind: shown,
        body,
        ...(sequence === undefined ? {} : { sequence }),
      }));
    }),
  );
}

/** `seq N`, where it stands there. */
function lineSequence(words: readonly Word[]): (at: number) => Reading<number | undefined> {
  return (at) =>
    words[at]?.text === 'seq' ? sequenceNumber.read(words, at + 1) : { ok: true, value: undefined, next: at };
}

/** `N`, where it stands there. */
function blockSequence(words: readonly Word[]): (at: number) => Reading<number | undefined> {
  return (at) =>
    /^\d/.test(words[at]?.text ?? '')
      ? sequenceNumber.read(words, at)
      : { ok: true, value: undefined, next: at };
}

/** Numbers say what a list is, as in FRR and IOS; a name says nothing. */
function kindOfNumber(list: string): ListKind | undefined {
  const number = /^\d+$/.test(list) ? Number(list) : Number.NaN;
  if ((number >= 1 && number <= 99) || (number >= 1300 && number <= 1999)) return 'standard';
  if ((number >= 100 && number <= 199) || (number >= 2000 && number <= 2699)) return 'extended';
  return undefined;
}

const listName = name('NAME');

/** Undefined for a remark. */
const lineEntry: Argument<Entry | undefined> = {
  notation: 'NAME [seq (1-4294967295)] <permit|deny> RULE',
  read: (words, at) =>
    chain<string, Entry | undefined>(listName.read(words, at), (list, next) =>
      words[next]?.text === 'remark'
        ? map(restOfLine.read(words, next + 1), () => undefined)
        : readRule(words, next, list, kindOfNumber(list), lineSequence(words)),
    ),
};

const lineChoice: Argument<EntryChoice> = {
  notation: 'NAME [seq (1-4294967295)] [<permit|deny> RULE]',
  read: (words, at) =>
    chain<string, EntryChoice>(listName.read(words, at), (list, next) => {
      if (next === words.length) return { ok: true, value: { list }, next };
      return chain<number | undefined, EntryChoice>(lineSequence(words)(next), (sequence, end) =>
        sequence !== undefined && end === words.length
          ? { ok: true, value: { list, sequence }, next: end }
          : readRule(words, next, list, kindOfNumber(list), lineSequence(words)),
      );
    }),
};

export const accessListCommand: Command = command({
  section: '',
  keywords: 'access-list',
  help: 'a rule of an access list; by number 1-99 and 1300-1999 standard, 100-199 and 2000-2699 extended',
  argument: lineEntry,
  set: (config, _name, entry) => (entry === undefined ? config : addRule(config, entry, LINE_STEP)),
  removal: { argument: lineChoice, unset: (config, _name, choice) => removeRules(config, choice) },
  lines: (config) =>
    config.accessLists.flatMap((list) =>
      list.rules.map((rule) => ({
        text: `access-list ${list.name} seq ${rule.sequence} ${formatRule(list.kind, rule)}`,
        group: list.name,
      })),
    ),
});

export const openAccessLists: readonly Command[] = KINDS.map((kind) =>
  command({
    section: '',
    keywords: `ip access-list ${kind}`,
    help: `${kind === 'standard' ? 'a standard' : 'an extended'} access list; its rules follow`,
    argument: listName,
    set: (config, _name, list) => refuseKind(config, list, kind) ?? config,
    opens: (list) => ({ kind: `ip access-list ${kind}` as const, name: list }),
    removal: {
      argument: listName,
      unset: (config, _name, list) => refuseKind(config, list, kind) ?? removeRules(config, { list }),
    },
  }),
);

export const accessListBlockCommands: readonly Command[] = KINDS.flatMap((kind) => {
  const section = `ip access-list ${kind}` as const;
  /** The list's name stands in the section's title, not in the line. */
  const rule: Argument<Entry> = {
    notation: `[(1-4294967295)] <permit|deny> ${ruleBody(kind, 'permit').notation}`,
    read: (words, at) => readRule(words, at, '', kind, blockSequence(words)),
  };
  const choice: Argument<EntryChoice> = {
    notation: '[(1-4294967295)] [<permit|deny> RULE]',
    read: (words, at) =>
      chain<number | undefined, EntryChoice>(blockSequence(words)(at), (sequence, end) =>
        sequence !== undefined && end === words.length
          ? { ok: true, value: { list: '', sequence }, next: end }
          : rule.read(words, at),
      ),
  };
  return [
    command({
      section,
      keywords: '',
      startsWith: (text) => /^\d/.test(text) || nearest(text, ['permit', 'deny']) !== undefined,
      help: 'a rule; without a number it comes last',
      argument: rule,
      set: (config, list, entry) => addRule(config, { ...entry, list }, BLOCK_STEP),
      removal: {
        argument: choice,
        unset: (config, list, chosen) => removeRules(config, { ...chosen, list }),
      },
    }),
    remark(section, 'remark'),
  ];
});

function refuseKind(config: RouterConfig, list: string, kind: ListKind): Refusal | undefined {
  const is = config.accessLists.find((each) => each.name === list)?.kind ?? kindOfNumber(list) ?? kind;
  return is === kind ? undefined : new Refusal(`access list "${list}" is ${is}`);
}

function addRule(config: RouterConfig, entry: Entry, step: number): Change {
  const refused = refuseKind(config, entry.list, entry.kind);
  if (refused !== undefined) return refused;
  const found = config.accessLists.find((each) => each.name === entry.list);
  const list = found ?? { name: entry.list, kind: entry.kind, rules: [] };
  const last = list.rules.at(-1)?.sequence ?? 0;
  const same = list.rules.find((rule) => isSameRule(rule, entry.body));
  const sequence = entry.sequence ?? same?.sequence ?? last + step;
  if (same !== undefined && same.sequence !== sequence) {
    return new Refusal(`access list "${list.name}" has this rule already, as seq ${same.sequence}`);
  }
  if (sequence > LAST_SEQUENCE) return new Refusal(`access list "${list.name}" has no sequence number left`);
  const others = list.rules.filter((rule) => rule.sequence !== sequence);
  const full =
    atMost(others, 'rules in an access list') ?? atMost(found ? [] : config.accessLists, 'access lists');
  if (full !== undefined) return full;
  const rules = [...others, { ...entry.body, sequence }].sort((a, b) => a.sequence - b.sequence);
  return withList(config, { ...list, rules });
}

/** Where a number is given, the number alone decides, as in FRR. */
function removeRules(config: RouterConfig, choice: EntryChoice): Change {
  const { sequence, body } = choice;
  const list = config.accessLists.find((each) => each.name === choice.list);
  if (list === undefined) {
    const names = config.accessLists.map((each) => each.name);
    return new Refusal(`there is no access list "${choice.list}"`, {
      suggestion: meant(nearest(choice.list, names)),
    });
  }
  const left = list.rules.filter((rule) => {
    if (sequence !== undefined) return rule.sequence !== sequence;
    return body !== undefined && !isSameRule(rule, body);
  });
  if (left.length < list.rules.length) return withList(config, { ...list, rules: left });
  const what = sequence === undefined ? 'such rule' : `rule seq ${sequence}`;
  return new Refusal(`access list "${list.name}" has no ${what}`);
}

function withList(config: RouterConfig, list: AccessListConfig): RouterConfig {
  const others = config.accessLists.filter((each) => each.name !== list.name);
  return { ...config, accessLists: list.rules.length === 0 ? others : [...others, list] };
}
