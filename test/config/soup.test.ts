import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { COMMANDS } from '../../src/config/commands.ts';
import { applyLines, parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';

const keywords = COMMANDS.map((command) => command.keywords.join(' ').replace('*', '10.0.0.1')).filter(
  (text) => text !== '',
);
const values =
  '1 5 46 47 64 8000 100000 10.0.0.1/24 10.0.0.0 any host in input out A B 10 101 percent bytes ecn ef cs1 ' +
  'match-any permit deny ip tcp eq cir bc conform-action exceed-action drop set-dscp-transmit class-default ' +
  'insert-before name lo area 65000 65000:1 G internal route-map prefix-list exact-match additive seq le 24 no-export ' +
  'key-chain metric metric-type always vrf unicast vpn none both';
/** The commands of the language, with words after them that stand in some command or other. */
const line = fc
  .tuple(
    fc.constantFrom('', '', '', 'no '),
    fc.oneof(fc.constantFrom(...keywords), fc.constantFrom('exit', 'end', '!', 'permit', '10 deny')),
    fc.array(fc.constantFrom(...values.split(' ')), { maxLength: 4 }),
  )
  .map(([no, command, words]) => [no + command, ...words].join(' '));
/** Openers more often than not, so that there is something for the others to stand under. */
const opener = fc.constantFrom(
  'interface A',
  'router ospf',
  'router bgp 65000',
  'router bgp 65000\nneighbor G peer-group\nneighbor 10.0.0.1 remote-as 1',
  'router bgp 65000\naddress-family ipv4 unicast',
  'router bgp 65000\naddress-family ipv4 vpn',
  'router bgp 65000 vrf A\naddress-family ipv4 unicast',
  'route-map A permit 10',
  'key chain A\nkey 1',
  'vrf A',
  'class-map A',
  'class-map match-any B',
  'policy-map A',
  'policy-map A\nclass A',
  'policy-map A\nclass class-default',
  'ip access-list extended A',
);
const text = fc
  .array(fc.oneof({ arbitrary: line, weight: 4 }, { arbitrary: opener, weight: 1 }), { maxLength: 40 })
  .map((lines) => lines.join('\n'));

describe('any words of the language, in any order', () => {
  it('are read or told, and what is read is written and read again the same', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const base = parseConfig(first).config;
        const { config, problems } = applyLines(base, second);
        const lines = second.split('\n');
        for (const { line: number, column, length } of problems) {
          expect(number).to.be.within(1, lines.length);
          expect(column).to.be.within(1, (lines[number - 1]?.length ?? 0) + 1);
          expect(length).to.be.at.least(1);
        }
        const written = formatConfig(config);
        const again = parseConfig(written);
        expect(again.problems).to.deep.equal([]);
        expect(again.config).to.deep.equal(config);
        expect(formatConfig(again.config)).to.equal(written);
      }),
      { numRuns: 500 },
    );
  });
});
