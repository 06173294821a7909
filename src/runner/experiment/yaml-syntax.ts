/** What is wrong with the YAML of a file, in the words of those who write it rather than of the standard. */
import type { Document, YAMLError } from 'yaml';
import type { Problem } from './problem.ts';
import type { SourceText } from './source-text.ts';

/** Of one broken line the parser has several things to say: the first is told. */
export function syntaxProblems(source: SourceText, document: Document.Parsed): readonly Problem[] {
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings].toSorted(
    (a, b) => a.pos[0] - b.pos[0],
  );
  // That a list cannot be a key is said of the place before the line that is indented wrongly.
  const first = errors.find((error) => !/^A block \w+ may not be used/.test(error.message)) ?? errors.at(0);
  return first === undefined ? [] : [problemOf(source, first)];
}

function problemOf(source: SourceText, error: YAMLError): Problem {
  const [start, end] = error.pos;
  const at = (from: number, to: number, message: string): Problem => ({
    severity: 'error',
    ...source.locate(from, to),
    message,
  });
  const rest = source.text.slice(start);
  const tab = tabThatIndents(source.text, start);
  if (tab !== undefined) return at(tab, tab + 1, 'a tab indents this line: YAML wants spaces');
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return at(start, end, 'a tab indents this line: YAML wants spaces');
    case 'MULTILINE_IMPLICIT_KEY':
      return at(
        start,
        end,
        'this does not go on from the line above: is the indentation right, or a ":" missing?',
      );
    case 'BLOCK_AS_IMPLICIT_KEY':
      return at(start, end, 'a second ":" in one line: put the text in quotes, or begin a new line');
    case 'TAG_RESOLVE_FAILED':
      return at(start, end, `the tag ${source.text.slice(start, end)} means nothing here`);
    case 'BAD_SCALAR_START':
    case 'UNEXPECTED_TOKEN': {
      const from = /^\d/.test(rest) && /[>|]$/.test(source.text.slice(0, start)) ? start - 1 : start;
      const text = /^[^\s,\]}]+/.exec(source.text.slice(from))?.[0];
      if (text === undefined || !/^[@`%>|]/.test(text)) break;
      return at(from, from + text.length, `a text that begins with ${text[0]} needs quotes: "${text}"`);
    }
    case 'BAD_INDENT':
    case 'MISSING_CHAR': {
      const quote = /^Missing closing (["'])/.exec(error.message)?.[1];
      const bracket = { map: '{', sequence: '[' }[/^Flow (map|sequence)/.exec(error.message)?.[1] ?? ''];
      const opening = quote ?? bracket;
      if (opening === undefined) break;
      const from =
        quote === undefined
          ? lastOpen(source.text, opening, start)
          : source.text.lastIndexOf(opening, start - 1);
      if (from < 0) break;
      return at(
        from,
        from + 1,
        quote === undefined ? `this ${opening} is not closed` : 'these quotes are not closed',
      );
    }
    default:
      break;
  }
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return at(start, Math.max(end, start + 1), message);
}

/** The tab among the first blanks of the line at `at`, or of the one after it. */
function tabThatIndents(text: string, at: number): number | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  for (const from of [lineStart, text.indexOf('\n', at) + 1]) {
    const blanks = /^ *\t/.exec(text.slice(from, from + 200))?.[0];
    if (blanks !== undefined) return from + blanks.length - 1;
  }
  return undefined;
}

/** Where the bracket stands that is still open before `end`; -1 where there is none. */
function lastOpen(text: string, opening: '{' | '[' | string, end: number): number {
  const closing = opening === '{' ? '}' : ']';
  let open = 0;
  for (let at = end - 1; at >= 0; at--) {
    if (text[at] === closing) open++;
    else if (text[at] === opening && open-- === 0) return at;
  }
  return -1;
}
