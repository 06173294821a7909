/**
 * Reads XML as far as reports use it, and throws where it is not well-formed (XML 1.0, 2.1): a second opinion
 * that owes nothing to the writer.
 */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

const TOKEN = /<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|([^<]+)/y;
const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

export function parseXml(xml: string): Element {
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(xml))
    throw new Error('not a character');
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(declaration)) throw new Error('no XML declaration');
  const root: OpenElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open: OpenElement[] = [root];
  TOKEN.lastIndex = declaration.length;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(xml);
    const current = open.at(-1);
    if (token === null || current === undefined) throw new Error(`not XML: ${xml.slice(at, at + 60)}`);
    const [, closed, name, attributes, empty, text] = token;
    if (text !== undefined) current.text += characters(text);
    else if (closed !== undefined) {
      if (current.name !== closed) throw new Error(`</${closed}> closes <${current.name}>`);
      open.pop();
    } else if (name !== undefined) {
      const element: OpenElement = { name, attributes: read(attributes ?? ''), children: [], text: '' };
      current.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  const [only, ...others] = root.children;
  if (open.length !== 1 || only === undefined || others.length > 0) throw new Error('not one root element');
  return only;
}

function read(attributes: string): ReadonlyMap<string, string> {
  const found = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)];
  const map = new Map(found.map(([, name, value]) => [name ?? '', characters(value ?? '')]));
  if (map.size !== found.length) throw new Error(`an attribute stands twice: ${attributes}`);
  return map;
}

function characters(text: string): string {
  if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`a bare & in: ${text}`);
  return text.replace(/&(\S+?);/g, (_, name: string) => CHARACTERS[name] ?? '');
}
