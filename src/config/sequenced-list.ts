/**
 * Lists of rules that permit or deny, a rule a line: `ip prefix-list NAME [seq N] permit …`. Rules are held against a
 * route from the lowest sequence number on; what none matches is denied.
 */
import { nearest } from '../net/suggest.ts';
import {
  type Argument,
  chain,
  integer,
  map,
  meant,
  misread,
  oneOf,
  type Reading,
  type Word,
} from './argument.ts';
import { type Command, command, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';
import type { Action } from './policy-model.ts';

const LAST_SEQUENCE = 4294967295;
const STEP = 5;

interface Rule {
  readonly sequence: number;
  readonly action: Action;
}

interface SequencedList<Body extends object, Of extends Rule & Body> {
  readonly keywords: string;
  readonly help: string;
  /** For people: `prefix list`. */
  readonly what: string;
  readonly name: Argument<string>;
  readonly body: Argument<Body>;
  /** Where the list's name says what its rules are. */
  readonly bodyOf?: (name: string) => Argument<Body>;
  readonly names: (config: RouterConfig) => readonly string[];
  /** Undefined where there is no such list. */
  readonly rules: (config: RouterConfig, name: string) => readonly Of[] | undefined;
  /** Without rules, the list is gone. */
  readonly put: (config: RouterConfig, name: string, rules: readonly Of[]) => RouterConfig | Refusal;
  readonly make: (rule: Rule, body: Body) => Of;
  readonly format: (rule: Of) => string;
  /** The rules that this command writes, of a list. */
  readonly writes: (
    config: RouterConfig,
  ) => readonly { readonly name: string; readonly rules: readonly Of[] }[];
}

interface Entry<Body> {
  readonly name: string;
  readonly sequence: number | undefined;
  /** Left out in the `no` form where a number or the whole list is meant. */
  readonly rule: { readonly action: Action; readonly body: Body } | undefined;
}

const sequenceNumber = integer(1, LAST_SEQUENCE);
const action = oneOf('permit', 'deny');

export function sequencedList<Body extends object, Of extends Rule & Body>(
  of: SequencedList<Body, Of>,
): Command {
  const read = (words: readonly Word[], at: number, removes: boolean): Reading<Entry<Body>> =>
    chain(of.name.read(words, at), (name, afterName) => {
      const numbered = words[afterName]?.text === 'seq';
      const number: Reading<number | undefined> = numbered
        ? sequenceNumber.read(words, afterName + 1)
        : { ok: true, value: undefined, next: afterName };
      return chain(number, (sequence, next): Reading<Entry<Body>> => {
        if (removes && next === words.length) {
          return { ok: true, value: { name, sequence, rule: undefined }, next };
        }
        return chain(action.read(words, next), (does, start) =>
          map((of.bodyOf?.(name) ?? of.body).read(words, start), (body) => ({
            name,
            sequence,
            rule: { action: does, body },
          })),
        );
      });
    });
  const notation = (rule: string) => `${of.name.notation} [seq (1-${LAST_SEQUENCE})] ${rule}`;
  const text = `<permit|deny> ${of.body.notation}`;
  const unknown = (config: RouterConfig, name: string) =>
    new Refusal(`there is no ${of.what} "${name}" to remove`, {
      suggestion: meant(nearest(name, of.names(config))),
    });
  // Rules are plain data that is copied, not changed: what each says is written once.
  const said = new WeakMap<Of, string>();
  const sayingOf = (rule: Of): string => {
    const known = said.get(rule) ?? `${rule.action} ${of.format(rule)}`;
    said.set(rule, known);
    return known;
  };
  return command<Entry<Body>, Entry<Body>>({
    section: '',
    keywords: of.keywords,
    help: of.help,
    argument: { notation: notation(text), read: (words, at) => read(words, at, false) },
    set(config, _name, { name, sequence: given, rule }) {
      if (rule === undefined) return config;
      const known = of.rules(config, name);
      const rules = known ?? [];
      const last = rules.reduce((most, each) => Math.max(most, each.sequence), 0);
      const make = (sequence: number) => of.make({ sequence, action: rule.action }, rule.body);
      const saying = sayingOf(make(0));
      const same = rules.find((each) => sayingOf(each) === saying);
      const sequence = given ?? same?.sequence ?? last + STEP;
      if (same !== undefined && same.sequence !== sequence) {
        return new Refusal(`${of.what} "${name}" has this rule already, as seq ${same.sequence}`);
      }
      if (sequence > LAST_SEQUENCE) return new Refusal(`${of.what} "${name}" has no sequence number left`);
      const others = rules.filter((each) => each.sequence !== sequence);
      return (
        atMost(others, `rules in a ${of.what}`) ??
        atMost(known === undefined ? of.names(config) : [], `${of.what}s`) ??
        of.put(
          config,
          name,
          [...others, make(sequence)].sort((a, b) => a.sequence - b.sequence),
        )
      );
    },
    removal: {
      argument: { notation: notation(`[${text}]`), read: (words, at) => read(words, at, true) },
      unset(config, _name, { name, sequence, rule }) {
        const rules = of.rules(config, name);
        if (rules === undefined) return unknown(config, name);
        const saying = rule && sayingOf(of.make({ sequence: 0, action: rule.action }, rule.body));
        const left = rules.filter((each) => {
          if (sequence !== undefined) return each.sequence !== sequence;
          return saying !== undefined && sayingOf(each) !== saying;
        });
        if (left.length < rules.length || rule === undefined) {
          return left.length === rules.length
            ? new Refusal(`${of.what} "${name}" has no rule seq ${sequence}`)
            : of.put(config, name, left);
        }
        const which = sequence === undefined ? 'such rule' : `rule seq ${sequence}`;
        return new Refusal(`${of.what} "${name}" has no ${which}`);
      },
    },
    lines: (config) =>
      of.writes(config).flatMap(({ name, rules }) =>
        rules.map((rule) => ({
          text: `${of.keywords} ${name} seq ${rule.sequence} ${rule.action} ${of.format(rule)}`,
          group: name,
        })),
      ),
  });
}

/** A name that is no number, as numbers say what kind of list it is. */
export function nameOrNumber(
  notation: string,
  isMeant: (text: string) => string | undefined,
): Argument<string> {
  return {
    notation,
    read(words, at) {
      if (at >= words.length) return misread(at, `${notation} is missing`);
      const wrong = isMeant(words[at].text);
      return wrong === undefined ? { ok: true, value: words[at].text, next: at + 1 } : misread(at, wrong);
    },
  };
}
