import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { clabText } from '../../../../src/runner/backends/containerlab/text.ts';

/** Everything that containerlab's three readers take for something else than text, and whatever else there is. */
const text = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        ...[
          '{{',
          '}}',
          '{',
          '$',
          '${',
          '}',
          '$$',
          '$1',
          'HOME',
          ':-',
          '\\',
          '"',
          "'",
          '`',
          '#',
          ': ',
          '\n',
          '\r',
          '\t',
        ],
        ...[
          'yes',
          'no',
          '1e3',
          '02:00:00',
          '~',
          '-',
          '%',
          '@',
          '&a',
          '*a',
          '!t',
          '\u0085',
          '\u2028',
          '\ufeff',
          '\x7f',
        ],
        ...['\0', ' ', 'ü', '日本', '😀', '__clabNodeName__', '\\x24', '\\$', '\\{{'],
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

describe('the text of a topology file', () => {
  it('holds nothing that Go templates or environment variables begin with', () => {
    fc.assert(
      fc.property(fc.array(text), text, (values, heading) => {
        const written = clabText({ values, map: Object.fromEntries(values.map((value) => [value, value])) }, [
          heading,
        ]);
        expect(written).not.to.include('{{');
        expect(written).not.to.include('$');
      }),
    );
  });

  it('is read as the value it was made from, whatever text is in it, by YAML 1.1 and 1.2', () => {
    fc.assert(
      fc.property(fc.array(text), (values) => {
        const value = { values, map: values.map((name) => ({ [`k${name}`]: name })) };
        const written = clabText(value, ['a lab']);
        expect(parse(written, { version: '1.1', uniqueKeys: false })).to.deep.equal(value);
        expect(parse(written, { version: '1.2', uniqueKeys: false })).to.deep.equal(value);
      }),
    );
  });

  it('is plain where the value is', () => {
    expect(
      clabText({ name: 'lab', mtu: 1532, privileged: false, policy: 'no', mac: '02:00:00:00:00:01' }, [
        'A lab',
      ]),
    ).to.equal('# A lab\nname: lab\nmtu: 1532\nprivileged: false\npolicy: "no"\nmac: "02:00:00:00:00:01"\n');
  });

  it('keeps a heading in its line', () => {
    expect(clabText({ a: 1 }, ['one\nname: two {{ $HOME'])).to.equal('# one?name: two ? ?HOME\na: 1\n');
  });
});
