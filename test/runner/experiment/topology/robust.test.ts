import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SourceText } from '../../../../src/runner/experiment/source-text.ts';
import { resolveTopologyText } from '../../../../src/runner/experiment/topology/topology.ts';

const GML = `graph [ label "Net"
  node [ id 0 label "A" Longitude 2.35 Latitude 48.85 ]
  node [ id 1 label "B" ]
  edge [ source 0 target 1 LinkSpeedRaw 1000000000.0 LinkLabel "1 Gbps" ]
]`;

const files: Readonly<Record<string, string>> = {
  'abilene.yaml': readFileSync('experiments/topologies/abilene.yaml', 'utf8'),
  'example.clab.yml': readFileSync('experiments/topologies/clab-example.clab.yml', 'utf8'),
  'net.gml': GML,
};

const bits = fc.constantFrom(
  '',
  ' ',
  '\n',
  ':',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  '#',
  '*a',
  '&a ',
  '0',
  '-1',
  'null',
  '<<: ',
  'é',
  '\u0000',
);

describe('whatever is in a topology file', () => {
  for (const [file, text] of Object.entries(files)) {
    it(`it is read or told wrong, in its own lines, and nothing breaks: ${file}, garbled`, () => {
      const cut = fc.record({
        at: fc.integer({ min: 0, max: text.length }),
        take: fc.integer({ min: 0, max: 12 }),
        put: bits,
      });
      fc.assert(
        fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
          let garbled = text;
          for (const { at, take, put } of cuts)
            garbled = garbled.slice(0, at) + put + garbled.slice(at + take);
          const { resolved, problems } = resolveTopologyText(new SourceText(file, garbled));
          const errors = problems.filter(({ severity }) => severity === 'error');
          expect(resolved === undefined).to.equal(errors.length > 0);
          const lines = garbled.split('\n').map((line) => line.replace(/\r$/, ''));
          for (const { line, column, lineText } of problems) {
            expect(lineText).to.equal(lines[line - 1]);
            expect(column).to.be.within(1, lineText.length + 1);
          }
        }),
        { numRuns: 150 },
      );
    });
  }
});
