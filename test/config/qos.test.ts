import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MAX_CLASSES } from '../../src/config/limits.ts';
import { applyLines, parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';

/** The canonical text of what was read; the text has no problem. */
function read(text: string): string {
  return enter('', text);
}

/** The canonical text after `lines` were entered on top of `text`, without a problem. */
function enter(text: string, lines: string): string {
  const { config, problems } = applyLines(parseConfig(text).config, lines);
  expect(problems).to.deep.equal([]);
  return formatConfig(config);
}

function problemsOf(text: string): readonly string[] {
  return parseConfig(text).problems.map(
    ({ line, message, suggestion }) =>
      `${line}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

const classMap = (...lines: readonly string[]) =>
  `class-map match-all C\n${lines.map((line) => ` ${line}\n`).join('')}exit\n!\n`;
const policyMap = (...lines: readonly string[]) =>
  `policy-map P\n${lines.map((line) => ` ${line}\n`).join('')}exit\n!\n`;
const inClass = (...lines: readonly string[]) => policyMap('class C', ...lines.map((line) => ` ${line}`));

describe('quality of service in configurations', () => {
  describe('reads of a class map', () => {
    it('all of it or any of it: all where nothing is said, and nothing changes what was said before', () => {
      expect(read('class-map C')).to.equal('class-map match-all C\nexit\n!\n');
      const any = 'class-map match-any C\n match any\nexit\n!\n';
      expect(read('class-map match-any C\nclass-map C\nmatch any')).to.equal(any);
      expect(enter(any, 'class-map match-all C')).to.equal(classMap('match any'));
    });
    it('code points by name and by number, each once', () => {
      expect(read('class-map C\nmatch dscp 46 ef 0 cs1 8 47')).to.equal(
        classMap('match dscp default cs1 ef 47'),
      );
      expect(read('class-map C\nmatch ip dscp af11 12 af43')).to.equal(classMap('match dscp af11 af12 af43'));
    });
    it('all 64 code points back as what they are', () => {
      const all = Array.from({ length: 64 }, (_, value) => value).join(' ');
      const text = read(`class-map C\nmatch dscp ${all}`);
      expect(read(text)).to.equal(text);
      expect(parseConfig(text).config.classMaps[0]?.criteria[0]).to.deep.equal({
        kind: 'dscp',
        values: all.split(' ').map(Number),
      });
    });
    it('access lists by number and by name', () => {
      const text = classMap('match access-group 101', 'match access-group name WEB');
      expect(read('class-map C\nmatch access-group name WEB\nmatch access-group name 101')).to.equal(text);
      expect(read(text)).to.equal(text);
    });
    it('a line twice as once, in whatever order its values', () => {
      expect(read('class-map C\nmatch dscp ef cs1\nmatch dscp cs1 ef\nmatch any\nmatch any')).to.equal(
        classMap('match any', 'match dscp cs1 ef'),
      );
    });
  });

  describe('reads of a policy map', () => {
    const lines: readonly (readonly [written: string, read: string])[] = [
      ['bandwidth 500', 'bandwidth 500'],
      ['bandwidth percent 20', 'bandwidth percent 20'],
      ['priority percent 20', 'priority percent 20'],
      ['police 64000', 'police cir 64000 conform-action transmit exceed-action drop'],
      ['police 64000 8000', 'police cir 64000 bc 8000 conform-action transmit exceed-action drop'],
      ['police cir 64000 bc 8000', 'police cir 64000 bc 8000 conform-action transmit exceed-action drop'],
      [
        'police cir 64000 exceed-action set-dscp-transmit 8',
        'police cir 64000 conform-action transmit exceed-action set-dscp-transmit cs1',
      ],
      [
        'police 64000 1500 conform-action set-dscp-transmit ef exceed-action transmit',
        'police cir 64000 bc 1500 conform-action set-dscp-transmit ef exceed-action transmit',
      ],
      ['queue-limit 3000 bytes', 'queue-limit 3000 bytes'],
      ['random-detect', 'random-detect'],
      ['random-detect ecn', 'random-detect ecn'],
      ['set dscp 46', 'set dscp ef'],
      ['set ip dscp 45', 'set dscp 45'],
      ['shape average 1000000', 'shape average 1000000'],
    ];
    for (const [written, canonical] of lines) {
      it(written, () => {
        expect(read(inClass(written))).to.equal(inClass(canonical));
        expect(enter(inClass(written), inClass(`no ${written}`))).to.equal(inClass());
        expect(enter(inClass(written), inClass(`no ${canonical}`))).to.equal(inClass());
      });
    }
    it('the actions of police on lines of their own, as IOS shows them', () => {
      expect(
        read(inClass('police cir 64000', ' conform-action set-dscp-transmit ef', ' exceed-action transmit')),
      ).to.equal(inClass('police cir 64000 conform-action set-dscp-transmit ef exceed-action transmit'));
    });
    it('random-detect and random-detect ecn, one after the other as IOS shows them', () => {
      expect(read(inClass('random-detect', 'random-detect ecn'))).to.equal(inClass('random-detect ecn'));
    });
    it('classes in their order, class-default last', () => {
      expect(read(policyMap('class class-default', 'class B', 'class A'))).to.equal(
        policyMap('class B', 'class A', 'class class-default'),
      );
    });
    it('a class that goes before another, with what it has', () => {
      const two = policyMap('class A', ' set dscp ef', 'class B');
      expect(enter(two, 'policy-map P\nclass C insert-before A\nset dscp cs1')).to.equal(
        policyMap('class C', ' set dscp cs1', 'class A', ' set dscp ef', 'class B'),
      );
      expect(enter(two, 'policy-map P\nclass B insert-before A')).to.equal(
        policyMap('class B', 'class A', ' set dscp ef'),
      );
    });
  });

  describe('knows where a line stands', () => {
    const whole = policyMap('class A', ' set dscp ef', 'class B', ' set dscp cs1');
    const variants = {
      'as it is written': whole,
      'without indentation': whole.replaceAll(/^ +/gm, ''),
      'with an exit for each class': whole.replaceAll(/^( *set .*)$/gm, '$1\n exit'),
      'with two exits at the end': `${whole}exit`,
      'with each class in a policy map of its own':
        'policy-map P\nclass A\nset dscp ef\nend\npolicy-map P\nclass B\nset dscp cs1',
      'with a return to the first class': `policy-map P\n class A\n class B\n  set dscp cs1\n class A\n  set dscp ef`,
    };
    for (const [name, text] of Object.entries(variants)) {
      it(name, () => expect(read(text)).to.equal(whole));
    }
    it('after exit from a class: in the policy map; after end: at the top', () => {
      expect(problemsOf('policy-map P\nclass A\nexit\nset dscp ef')).to.deep.equal([
        '4: "set dscp" stands under "class <NAME|class-default> [insert-before NAME]", not under "policy-map P"',
      ]);
      expect(problemsOf('policy-map P\nclass A\nend\nclass B')).to.deep.equal([
        '4: "class" stands under "policy-map NAME", not at the top',
      ]);
    });
    it('a line of the top leaves both', () => {
      expect(read('policy-map P\nclass A\nset dscp ef\nhostname R\n')).to.match(/^hostname R\n/);
    });
    it('lines of a class that cannot be, do not fall to another one', () => {
      const text = 'policy-map P\n class A\n class\n  set dscp ef';
      expect(problemsOf(text)).to.have.length(1);
      expect(formatConfig(parseConfig(text).config)).to.equal(policyMap('class A'));
    });
  });

  describe('removes with no', () => {
    const cases: readonly (readonly [from: string, lines: string, left: string])[] = [
      [classMap('match any'), 'no class-map C', ''],
      [classMap('match any'), 'no class-map match-all C', ''],
      [classMap('match any'), 'class-map C\n no match any', classMap()],
      [classMap('match dscp ef cs1'), 'class-map C\n no match ip dscp 8 46', classMap()],
      [classMap('match access-group 7'), 'class-map C\n no match access-group name 7', classMap()],
      [inClass('set dscp ef'), 'no policy-map P', ''],
      [inClass('set dscp ef'), 'policy-map P\n no class C', policyMap()],
      [inClass('priority 5'), 'policy-map P\n class C\n  no priority percent 7', inClass()],
    ];
    for (const [from, lines, left] of cases) {
      it(lines.replaceAll('\n', ' /'), () => expect(enter(from, lines)).to.equal(left));
    }
    for (const line of ['service-policy input P', 'service-policy output P', 'delay 7']) {
      it(`interface: ${line}`, () => {
        const on = `interface eth0\n ${line}\nexit\n!\n`;
        expect(read(on)).to.equal(on);
        expect(enter(on, `interface eth0\n no ${line}`)).to.equal('interface eth0\nexit\n!\n');
      });
    }
    it('service policies by the short words, too', () => {
      const on = 'interface eth0\n service-policy in P\n service-policy out Q';
      expect(read(on)).to.equal(
        'interface eth0\n service-policy input P\n service-policy output Q\nexit\n!\n',
      );
      expect(enter(on, 'interface eth0\n no service-policy in P\n no service-policy out Q')).to.equal(
        'interface eth0\nexit\n!\n',
      );
    });
  });

  it('refuses what is not there, or cannot be', () => {
    const base = 'class-map VOICE\n match dscp ef\npolicy-map EDGE\n class VOICE\n  bandwidth 5\n';
    const told = (lines: string) => problemsOf(base + lines).map((each) => each.replace(/^\d+: /, ''));
    expect(told('no class-map VOICES')).to.deep.equal([
      'there is no class map "VOICES" to remove (did you mean "VOICE"?)',
    ]);
    expect(told('class-map VOICE\n no match dscp ef cs1')).to.deep.equal([
      'class map "VOICE" does not have this line',
    ]);
    expect(told('policy-map EDGE\n no class VOCE')).to.deep.equal([
      'policy map "EDGE" has no class "VOCE" (did you mean "VOICE"?)',
    ]);
    expect(told('policy-map EDGE\n class NEW insert-before VOCE')).to.deep.equal([
      'policy map "EDGE" has no class "VOCE" (did you mean "VOICE"?)',
    ]);
    expect(told('policy-map EDGE\n class VOICE\n  exceed-action drop')).to.deep.equal([
      'there is no "police" that this could belong to',
    ]);
    expect(told('policy-map EDGE\n class VOICE\n  set dscp 47')).to.deep.equal([
      '"47" is the code point by which hosts know shadow packets (set another one)',
    ]);
    expect(told('policy-map EDGE\n class VOICE\n  priority 9')).to.deep.equal([
      'a class has bandwidth or priority: remove "bandwidth 5" first',
    ]);
  });

  it('has limits', () => {
    const many = (first: string, line: (index: number) => string) =>
      problemsOf(
        `${first}\n${Array.from({ length: MAX_CLASSES + 1 }, (_, index) => line(index)).join('\n')}`,
      );
    expect(many('class-map C', (index) => `match access-group ${index}`)).to.deep.equal([
      `${MAX_CLASSES + 2}: more than ${MAX_CLASSES} lines in a class map`,
    ]);
    expect(many('policy-map P', (index) => `class C${index}`)).to.deep.equal([
      `${MAX_CLASSES + 2}: more than ${MAX_CLASSES} classes in a policy map`,
    ]);
  });
});
