import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type DiffChange, diffConfigs, formatDiff } from '../../src/config/diff.ts';
import type { RouterConfig } from '../../src/config/model.ts';
import { normaliseConfig } from '../../src/config/order.ts';
import { applyLines, parseConfig } from '../../src/config/parser.ts';
import { routerConfig } from './arbitrary.ts';

const REAL = `hostname DNVR
interface to-KSCY
 ip address 10.0.0.1/31
 ip ospf cost 639
 ip ospf hello-interval 5
interface to-SNVA
 ip address 10.0.0.3/31
router ospf
 network 10.0.0.0/8 area 0
access-list 10 permit 10.0.0.0/8
access-list 10 deny any
`;

/** What the diff prints after these lines were entered on top of REAL. */
function change(lines: string): string {
  const { config } = parseConfig(REAL);
  const { config: shadow, problems } = applyLines(config, lines);
  expect(problems).to.deep.equal([]);
  return formatDiff(diffConfigs(config, shadow));
}

describe('the difference of two configurations', () => {
  it('prints like show | compare', () => {
    expect(change('interface to-KSCY\n ip ospf cost 5000')).to.equal(
      '[edit interface to-KSCY]\n-  ip ospf cost 639\n+  ip ospf cost 5000\n',
    );
  });

  it('tells that a key is another one, and not which', () => {
    const ospf = (key: string) => parseConfig(`interface x\n ip ospf authentication-key ${key}\n`).config;
    expect(formatDiff(diffConfigs(ospf('old'), ospf('new')))).to.equal(
      '[edit interface x]\n-  ip ospf authentication-key …\n+  ip ospf authentication-key …\n',
    );
  });

  it('is empty where nothing differs', () => {
    expect(change('interface to-KSCY\n ip ospf cost 639\n no shutdown')).to.equal('');
  });

  it('shows each setting removed and added together, in the order of the text', () => {
    expect(change('interface to-KSCY\n ip ospf hello-interval 1\n ip ospf cost 1\n mtu 9000')).to.equal(
      '[edit interface to-KSCY]\n' +
        '-  ip ospf cost 639\n+  ip ospf cost 1\n' +
        '-  ip ospf hello-interval 5\n+  ip ospf hello-interval 1\n' +
        '+  mtu 9000\n',
    );
  });

  it('shows a new interface at the top, and all that is in it', () => {
    expect(change('interface lo\n ip address 10.255.0.1/32')).to.equal(
      '[edit]\n+  interface lo\n[edit interface lo]\n+  ip address 10.255.0.1/32\n',
    );
  });

  it('shows a removed section the same way', () => {
    expect(change('no router ospf')).to.equal(
      '[edit]\n-  router ospf\n[edit router ospf]\n-  network 10.0.0.0/8 area 0\n',
    );
  });

  it('tells a rule that moved within an access list', () => {
    expect(change('no access-list 10 seq 10\naccess-list 10 seq 1 deny any')).to.equal(
      '[edit]\n-  access-list 10 seq 10 deny any\n+  access-list 10 seq 1 deny any\n',
    );
  });

  it('tells when only the order of addresses changed', () => {
    const [a, b] = ['10.0.0.1/24', '10.0.0.2/24'].map((each) => ` ip address ${each}\n`);
    const one = parseConfig(`interface x\n${a}${b}`).config;
    const other = parseConfig(`interface x\n${b}${a}`).config;
    expect(formatDiff(diffConfigs(one, other))).to.equal(
      '[edit interface x]\n-  ip address 10.0.0.1/24\n+  ip address 10.0.0.1/24\n',
    );
  });

  it('shows a class under its policy map, and what is in it', () => {
    expect(change('policy-map EDGE\n class class-default\n  bandwidth percent 10')).to.equal(
      '[edit]\n+  policy-map EDGE\n[edit policy-map EDGE]\n+  class class-default\n' +
        '[edit policy-map EDGE class class-default]\n+  bandwidth percent 10\n',
    );
  });

  it('tells when only the order of classes changed, which decides what a packet is', () => {
    const policy = (...classes: readonly string[]) =>
      parseConfig(`policy-map P\n${classes.map((each) => ` class ${each}\n  set dscp ef\n`).join('')}`)
        .config;
    expect(formatDiff(diffConfigs(policy('A', 'B'), policy('B', 'A')))).to.equal(
      '[edit policy-map P]\n-  class A\n+  class A\n' +
        '[edit policy-map P class A]\n-  set dscp ef\n+  set dscp ef\n',
    );
  });

  it('lists sections in the order of the text, wherever they exist', () => {
    const titles = (real: string, shadow: string) =>
      diffConfigs(parseConfig(real).config, parseConfig(shadow).config).map(({ section }) => section);
    const block = (name: string) => `interface ${name}\n mtu 9000\n`;
    expect(
      titles(block('eth10') + block('eth2'), `router ospf\n maximum-paths 1\n${block('eth3')}`),
    ).to.deep.equal(['', 'interface eth2', 'interface eth3', 'interface eth10', 'router ospf']);
  });

  it('is empty only for equal configurations', () => {
    fc.assert(
      fc.property(routerConfig(), routerConfig(), (a, b) => {
        expect(diffConfigs(a, a)).to.deep.equal([]);
        const equal = JSON.stringify(normaliseConfig(a)) === JSON.stringify(normaliseConfig(b));
        expect(diffConfigs(a, b).length === 0).to.equal(equal);
      }),
    );
  });

  it('entered at the prompt of the one, makes the other', () => {
    const simple = routerConfig({ statements: false });
    fc.assert(
      fc.property(simple, simple, (real, shadow) => {
        const { config, problems } = applyLines(real, patch(real, shadow));
        expect(problems).to.deep.equal([]);
        expect(config).to.deep.equal(normaliseConfig(shadow));
      }),
      { numRuns: 300 },
    );
  });
});

/** The lines that lead into a section: `policy-map EDGE`, then `class VOICE`. */
function openers(section: string): readonly string[] {
  return section
    .replace(
      /^(policy-map \S+) (class )|^(key chain \S+) (key )|^(router bgp .*) (address-family )/,
      '$1$3$5\n$2$4$6',
    )
    .split('\n');
}

/** The lines a person would type: first everything that goes, then everything that comes. */
function patch(real: RouterConfig, shadow: RouterConfig): string {
  const entries = diffConfigs(real, shadow);
  const linesOf = (kind: DiffChange['kind'], changes: readonly DiffChange[]) =>
    changes.filter((change) => change.kind === kind).map(({ line }) => line);
  // Neither do the lines of a peer group that goes, wherever they stand, nor those that put a neighbour in it.
  const goneGroups = entries.flatMap(({ section, changes }) =>
    linesOf('removed', changes).flatMap((line) => {
      const group = /^neighbor (\S+) peer-group$/.exec(line)?.[1];
      return group === undefined ? [] : [{ section, group }];
    }),
  );
  const isOfGoneGroup = (within: string, line: string) =>
    goneGroups.some(
      ({ section, group }) =>
        within.replace(/ address-family .*/, '') === section &&
        ((line.startsWith(`neighbor ${group} `) && line !== `neighbor ${group} peer-group`) ||
          line.endsWith(` peer-group ${group}`)),
    );
  // A section that goes as a whole needs no line for what is in it.
  const gone = entries.flatMap(({ section, changes }) =>
    linesOf('removed', changes).map((line) => `${section} ${line}`.trim()),
  );
  const isGone = (section: string) =>
    gone.some(
      (title) =>
        section === title || (section.startsWith(`${title} `) && !section.startsWith(`${title} vrf `)),
    );
  const linesIn = (among: typeof entries, kind: DiffChange['kind'], no: string) =>
    among.flatMap(({ section, changes }) => {
      const lines = linesOf(kind, changes)
        .filter((line) => kind === 'added' || !isOfGoneGroup(section, line))
        .map((line) => (no !== '' && line.startsWith('no ') ? line.slice(3) : no + line));
      return lines.length === 0 ? [] : [...openers(section), ...lines];
    });
  const kept = entries.filter(({ section }) => !isGone(section));
  const removals = linesIn(kept, 'removed', 'no ');
  const additions = linesIn(entries, 'added', '');
  // `exit` ends a section, so that lines of the top are not taken for lines of it.
  return [...removals, 'exit', ...additions].join('\n');
}
