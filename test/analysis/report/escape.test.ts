import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { escapeMarkdown, escapeMarkup, html, trusted } from '../../../src/analysis/report/escape.ts';

const ENTITY = /&(amp|lt|gt|quot|#39);/g;
const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

describe('escaping', () => {
  it('lets no text open a tag, leave an attribute or begin an entity', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.toString().replace(ENTITY, '')).not.to.match(/[<>"'&]/);
      }),
    );
  });

  it('gives back in a browser what was put in, as far as it was characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        const read = escapeMarkup(text).replace(ENTITY, (_, name: string) => CHARACTERS[name] ?? '');
        expect(read).to.equal(text);
      }),
    );
  });

  it('leaves no character that XML 1.0 refuses', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = escapeMarkup(String.fromCharCode(...units));
        expect(text).to.match(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
      }),
    );
  });

  it('shows controls of direction instead of obeying them', () => {
    expect(escapeMarkup('DNVR\u202egpj.exe')).to.equal('DNVR\ufffdgpj.exe');
  });

  it('takes markup as it is, joins lists, and writes nothing for undefined', () => {
    const rows = ['<a>', 'b'].map((name) => html`<li>${name}</li>`);
    expect(html`<ul class="${'x"y'}">${rows}${undefined}${1}</ul>`.toString()).to.equal(
      '<ul class="x&quot;y"><li>&lt;a&gt;</li><li>b</li>1</ul>',
    );
    expect(html`${trusted('<br>')}`.toString()).to.equal('<br>');
  });

  it('lets no name break a table, begin HTML, or call a person, in Markdown', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'|`<>@#*_[]()\\~!\n a1-+.&:/') }), (text) => {
        const escaped = escapeMarkdown(text).replaceAll('<!-- -->', '§');
        const bare = escaped.replace(/\\[!-/:-@[-`{-~]/g, 'x').replace(ENTITY, 'x');
        expect(bare).not.to.match(/[|`<>*_[\]\\\n]/);
        expect(bare).not.to.match(/[@#](?!§)|:\/\//);
        expect(bare).not.to.match(/^([-+]|\d+[.)])( |$)/);
      }),
    );
  });
});
