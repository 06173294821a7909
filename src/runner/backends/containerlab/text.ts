/**
 * A topology file's text. containerlab takes it for a template of Go's (`{{ … }}`), then puts environment variables in
 * (`$NAME`, `${NAME:-otherwise}`), and reads what comes out as YAML 1.1, of which it takes few of the escapes that
 * others write. So neither `{{` nor `$` ever stands in the text: in double quotes YAML has them as `\x7b\x7b` and
 * `\x24`, which is the same to every reader of YAML, and nothing to those two.
 */
import { Document, isScalar, visit } from 'yaml';

/** What a reader of YAML 1.1 takes for the end of a line or refuses, or what others might take for an escape. */
const UNSAFE = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** `value`: objects, lists, text, numbers, booleans. `heading`: lines of a comment on top. */
export function clabText(value: unknown, heading: readonly string[]): string {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'string') {
        const text = node.value.toWellFormed();
        node.value = text;
        if (!isPlain(text)) node.type = 'QUOTE_DOUBLE';
      }
    },
  });
  const top = heading.map((line) => `# ${line.replaceAll(/[^\x20-\x7e]|\$|\{\{/g, '?')}`.trimEnd());
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  const escaped = text
    .replaceAll('$', '\\x24')
    .replaceAll('{{', '\\x7b\\x7b')
    .replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...top, escaped].join('\n');
}

function isPlain(text: string): boolean {
  return !text.includes('$') && !text.includes('{{') && !/[\r\n]/.test(text) && text.search(UNSAFE) < 0;
}
