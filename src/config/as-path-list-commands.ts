/** `bgp as-path access-list NAME …` */
import { type Argument, misread, name, restOfLine } from './argument.ts';
import type { Command } from './command.ts';
import type { AsPathListConfig } from './policy-model.ts';
import { policyRegex, RegexError } from './policy-regex.ts';
import { sequencedList } from './sequenced-list.ts';

export const regex: Argument<{ readonly regex: string }> = {
  notation: 'REGEX...',
  read(words, at) {
    const reading = restOfLine.read(words, at);
    if (!reading.ok) return misread(at, 'REGEX... is missing');
    const compiled = policyRegex(reading.value);
    if (compiled instanceof RegexError) {
      return misread(at, `"${reading.value}" is no regular expression: ${compiled.reason}`);
    }
    return { ...reading, value: { regex: reading.value } };
  },
};

const commandBeginning = (keywords: string): Command =>
  sequencedList<{ readonly regex: string }, AsPathListConfig['rules'][number]>({
    keywords,
    what: 'AS path list',
    help: 'AS paths that the expression occurs in; `_` stands for what is between numbers, and for both ends',
    name: name('NAME'),
    body: regex,
    names: (config) => config.asPathLists.map((each) => each.name),
    rules: (config, list) => config.asPathLists.find((each) => each.name === list)?.rules,
    put(config, list, rules) {
      const others = config.asPathLists.filter((each) => each.name !== list);
      return { ...config, asPathLists: rules.length === 0 ? others : [...others, { name: list, rules }] };
    },
    make: (rule, body) => ({ ...rule, ...body }),
    format: (rule) => rule.regex,
    writes: (config) => config.asPathLists,
  });

/** `ip as-path access-list` is what it was called once: it is read, and never written. */
export const asPathListCommands: readonly Command[] = [
  commandBeginning('bgp as-path access-list'),
  { ...commandBeginning('ip as-path access-list'), unlisted: true, lines: () => [] },
];
