/**
 * Text that becomes markup. A report is full of words that a user chose, and none of them may ever be taken for
 * markup: so markup is a type of its own, made by the `html` tag alone, which escapes all that is not markup
 * already. The same rules hold in HTML, in SVG and in XML, in text and in quoted attributes.
 */

/** Markup that is safe to put into a page. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Content = Html | string | number | undefined | readonly Content[];

/** A template whose values are escaped unless they are markup; lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

/** Declares text to be markup: only for what this folder or a library of ours has written itself. */
export function trusted(text: string): Html {
  return new Html(text);
}

export const NOTHING = trusted('');

function render(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return escapeMarkup(content);
  if (typeof content === 'number') return String(content);
  if (content instanceof Html) return content.toString();
  return content.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, SVG and XML, in elements and in quoted attributes. What XML 1.0 (2.2) does not allow becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  return onlyCharacters(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const NOT_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Directional controls could make a line read as something else than it says; they are shown, not obeyed. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

function onlyCharacters(text: string): string {
  return text.toWellFormed().replace(NOT_CHARACTERS, '\ufffd').replace(DIRECTIONS, '\ufffd');
}

/**
 * Text for one line or table cell of Markdown (CommonMark 2.4, GFM). Mentions (`@name`) and references (`#1`) of
 * the sites that show it are broken up, too: a report must not call anyone.
 */
export function escapeMarkdown(text: string): string {
  return onlyCharacters(text)
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? '')
    .replace(/[\\`*_{}[\]()|~!]/g, '\\$&')
    .replace(/[@#]|:(?=\/\/)/g, '$&<!-- -->')
    .replace(/^([-+=]|\d+[.)])(?= |$)/, (marker) =>
      /^\d/.test(marker) ? `${marker.slice(0, -1)}\\${marker.slice(-1)}` : `\\${marker}`,
    );
}
