import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { COMMANDS } from '../../src/config/commands.ts';
import { commandReference, ignoredReference } from '../../src/config/reference.ts';

const FILE = new URL('../../docs/configuration.md', import.meta.url);

/** The text between `<!-- NAME: … -->` and `<!-- end -->`; with UPDATE_DOCS set, written anew. */
function part(name: string, generated: string): string {
  const text = readFileSync(FILE, 'utf8');
  const start = text.indexOf('-->', text.indexOf(`<!-- ${name}:`)) + '-->\n'.length;
  const end = text.indexOf('<!-- end -->', start);
  if (process.env.UPDATE_DOCS !== undefined) {
    writeFileSync(FILE, `${text.slice(0, start)}${generated}${text.slice(end)}`);
    return generated;
  }
  return text.slice(start, end);
}

describe('docs/configuration.md', () => {
  it('lists the commands that the parser knows (UPDATE_DOCS=1 writes them)', () => {
    const generated = `\n${commandReference()}\n`;
    expect(part('commands', generated)).to.equal(generated);
  });
  it('lists the lines that the parser ignores', () => {
    const generated = `\n${ignoredReference()}\n`;
    expect(part('ignored', generated)).to.equal(generated);
  });
  it('has a row for each command', () => {
    const rows = commandReference().match(/^\| `/gm) ?? [];
    expect(rows).to.have.length(COMMANDS.filter(({ unlisted }) => !unlisted).length);
  });
});
