import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatProblem } from '../../../src/runner/experiment/problem.ts';
import { SourceText } from '../../../src/runner/experiment/source-text.ts';
import { YamlDocument } from '../../../src/runner/experiment/yaml-document.ts';

function parse(text: string): YamlDocument {
  return YamlDocument.parse(new SourceText('x.yaml', text));
}

/** The first line of each problem as it is printed. */
function problems(text: string): readonly string[] {
  return parse(text).problems.map((problem) => formatProblem(problem).split('\n', 1)[0]);
}

describe('a YAML document', () => {
  const document = parse(
    'name: lab\nlinks:\n  - { endpoints: [A, B], metric: 7 }\n  - <<: &base { rate: 1Gbps }\n    mtu: 9000\nempty:\n',
  );

  it('is the value that the text means, merge keys included', () => {
    expect(document.value).to.deep.equal({
      name: 'lab',
      links: [
        { endpoints: ['A', 'B'], metric: 7 },
        { rate: '1Gbps', mtu: 9000 },
      ],
      empty: null,
    });
  });

  it('knows where a value stands, and its key', () => {
    const line = '  - { endpoints: [A, B], metric: 7 }';
    expect(document.locate(['links', 0, 'endpoints', 1])).to.deep.equal({
      file: 'x.yaml',
      line: 3,
      column: 22,
      length: 1,
      lineText: line,
    });
    expect(document.locate(['links', 0, 'metric'], true)).to.include({ line: 3, column: 26, length: 6 });
  });

  it('shows a value of several lines, or of none, by its key', () => {
    expect(document.locate(['links'])).to.include({ line: 2, column: 1, length: 5 });
    expect(document.locate(['empty'])).to.include({ line: 6, column: 1, length: 5 });
  });

  it('finds what was merged in where it was written', () => {
    expect(document.locate(['links', 1, 'rate'])).to.include({ line: 4, column: 23, length: 5 });
  });

  it('shows the last step that is there where a path leads nowhere', () => {
    expect(document.locate(['links', 0, 'delay'])).to.include({ line: 3, column: 5 });
  });

  it('follows aliases', () => {
    const aliased = parse('a: &a { x: 1 }\nb: *a\n');
    expect(aliased.value).to.deep.equal({ a: { x: 1 }, b: { x: 1 } });
    expect(aliased.locate(['b', 'x'])).to.include({ line: 1, column: 12 });
  });

  it('refuses duplicate keys, by name', () => {
    expect(problems('a: 1\n"b": 2\na : 3\n"b": 4\n')).to.deep.equal([
      'x.yaml:3:1: the key "a" stands here twice',
      'x.yaml:4:1: the key "b" stands here twice',
    ]);
  });

  it('refuses a second document, tags of its own and keys that are no text', () => {
    expect(problems('a: 1\n---\nb: 2\n')).to.deep.equal(['x.yaml:2:1: a second YAML document in one file']);
    expect(problems('a: !secret 3\n')).to.deep.equal(['x.yaml:1:4: the tag !secret means nothing here']);
    expect(problems('? [a]\n: 1\n')).to.deep.equal(['x.yaml:1:3: a key must be plain text']);
  });

  it('refuses aliases that are unknown or contain themselves', () => {
    expect(problems('a: *b\n')).to.deep.equal(['x.yaml:1:4: there is no &b before this alias']);
    expect(problems('a: &a [*a]\n')).to.deep.equal(['x.yaml:1:8: there is no &a before this alias']);
  });

  it('refuses merges of what is no mapping', () => {
    const merges = 'a: &a { x: 1 }\nb: &b 2\nc: { <<: *a }\nd: { <<: [*a, *a] }\n';
    expect(problems(merges)).to.deep.equal([]);
    expect(problems(`${merges}e: { <<: *b }\nf: { <<: [*a, *b] }\n<<: text\n`)).to.deep.equal([
      'x.yaml:5:10: only mappings can be merged',
      'x.yaml:6:10: only mappings can be merged',
      'x.yaml:7:5: only mappings can be merged',
    ]);
    expect(parse('"<<": text\n').value, 'a key in quotes is a plain one').to.deep.equal({ '<<': 'text' });
  });

  it('refuses more than 10,000 aliases, quickly', () => {
    expect(problems(`a: &a 1\nb: [${'*a ,'.repeat(20_000)}]\n`)).to.deep.equal([
      'x.yaml:1:1: more than 10000 aliases',
    ]);
  });

  it('refuses nesting and expansion without end, quickly', () => {
    expect(problems('['.repeat(500_000))).to.deep.equal(['x.yaml:1:64: nested deeper than 64 levels']);
    const bomb = ['a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]'];
    for (let i = 1; i < 20; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(8)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(problems(bomb.join('\n'))).to.deep.equal([
      'x.yaml:6:9: with its aliases expanded this has more than 250000 values',
    ]);
  });

  it('reads a mapping of 50,000 keys within seconds', () => {
    const text = Array.from({ length: 50_000 }, (_, i) => `key${i}:`).join('\n');
    expect(Object.keys(parse(text).value as object)).to.have.length(50_000);
  });

  it('refuses a text larger than 1 MiB', () => {
    expect(problems(`a: ${'x'.repeat(1024 * 1024)}`)).to.deep.equal([
      'x.yaml:1:1: the file is larger than 1 MiB',
    ]);
  });

  it('is null where the text is empty', () => {
    expect(parse('').value).to.equal(null);
    expect(parse('# nothing yet\n').locate([])).to.include({ line: 1, column: 1 });
  });

  it('does not let a key reach into the prototype', () => {
    const { value } = parse('__proto__: { polluted: true }\n');
    expect(Object.keys(value as object)).to.deep.equal(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
  });
});
