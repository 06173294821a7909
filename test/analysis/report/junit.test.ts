import { expect } from 'chai';
import { describe, it } from 'mocha';
import { junitReport } from '../../../src/analysis/report/junit.ts';
import { errorRun, failingRun, hostileRun, interruptedRun, passingRun, type Sample } from './sample.ts';
import { type Element, parseXml } from './xml.ts';

const suiteOf = ({ facts, result }: Sample): Element => {
  const [suite] = parseXml(junitReport(facts, result)).children;
  if (suite === undefined) throw new Error('no suite');
  return suite;
};
const casesOf = (sample: Sample): readonly Element[] =>
  suiteOf(sample).children.filter((child) => child.name === 'testcase');
const outcomes = (sample: Sample): readonly string[] =>
  casesOf(sample).map((one) => one.children[0]?.name ?? 'passed');

/** What the schema of Jenkins' xUnit plug-in (junit-10.xsd) allows, by element: attributes and children. */
const SCHEMA: Readonly<
  Record<string, readonly [attributes: readonly string[], children: readonly string[]]>
> = {
  testsuites: [['name', 'time', 'tests', 'failures', 'disabled', 'errors'], ['testsuite']],
  testsuite: [
    [
      'name',
      'tests',
      'failures',
      'errors',
      'time',
      'disabled',
      'skipped',
      'timestamp',
      'hostname',
      'id',
      'package',
    ],
    ['properties', 'testcase', 'system-out', 'system-err'],
  ],
  properties: [[], ['property']],
  property: [['name', 'value'], []],
  testcase: [
    ['name', 'assertions', 'time', 'classname', 'status'],
    ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  ],
  failure: [['type', 'message'], []],
  error: [['type', 'message'], []],
  skipped: [['type', 'message'], []],
};

function strangers(element: Element): readonly string[] {
  const [attributes, children] = SCHEMA[element.name] ?? [[], []];
  return [
    ...[...element.attributes.keys()]
      .filter((name) => !attributes.includes(name))
      .map((name) => `${element.name} ${name}`),
    ...element.children
      .filter((child) => !children.includes(child.name))
      .map((child) => `${element.name} > ${child.name}`),
    ...element.children.flatMap(strangers),
  ];
}

describe('the JUnit report', () => {
  it('has one suite for the experiment and one case for each expectation', () => {
    const run = passingRun();
    expect(suiteOf(run).attributes.get('name')).to.equal('abilene-backup-path');
    expect(outcomes(run)).to.deep.equal(Array(9).fill('passed'));
  });

  it('keeps to the common schema, whatever the verdict and the names', () => {
    const runs = [
      passingRun(),
      failingRun(),
      interruptedRun(),
      errorRun(),
      hostileRun(']]><x a="1">&\u0000\ud800\n'),
    ];
    for (const { facts, result } of runs) {
      expect(strangers(parseXml(junitReport(facts, result)))).to.deep.equal([]);
    }
  });

  it('names each case once', () => {
    const names = casesOf(failingRun()).map((one) => one.attributes.get('name'));
    expect(new Set(names).size).to.equal(names.length);
    expect(names[1]).to.equal('3.1 the backup path carries shadow traffic: recovered within 2s');
  });

  it('tells of a failure what was expected, what was seen, the hints and the place', () => {
    const failure = casesOf(failingRun())[1]?.children[0];
    expect(failure?.name).to.equal('failure');
    expect(failure?.attributes.get('message')).to.equal('not recovered: 1,000 of 1,000 packets lost');
    expect(failure?.text).to.equal(
      [
        'expected: recovered within 2s',
        'seen: not recovered: 1,000 of 1,000 packets lost',
        'hint: the last packet was dropped at ATLA, which has no route to 10.64.8.0/24',
        'hint: ATLA: OSPF forms no adjacency here',
        '  ATLA.shadow.conf:14:  passive-interface to-IPLS',
        'at experiments/abilene-backup-path.yaml:50',
      ].join('\n'),
    );
  });

  it('counts what its cases say', () => {
    for (const run of [passingRun(), failingRun(), interruptedRun(), errorRun()]) {
      const suite = suiteOf(run);
      const found = outcomes(run);
      const count = (name: string): string => String(found.filter((one) => one === name).length);
      expect(suite.attributes.get('tests')).to.equal(String(found.length));
      expect(suite.attributes.get('failures')).to.equal(count('failure'));
      expect(suite.attributes.get('errors')).to.equal(count('error'));
      expect(suite.attributes.get('skipped')).to.equal(count('skipped'));
    }
  });

  it('has no case that looks green in a run that did not reach its end', () => {
    expect(outcomes(interruptedRun())).to.include('error');
    expect(outcomes(errorRun()).slice(5)).to.deep.equal(['error', 'error', 'error', 'skipped']);
  });

  it('makes a case of a step that has an error and no expectation', () => {
    const { facts, result } = passingRun();
    const steps = result.steps.map((step) =>
      step.number === 5 ? { ...step, verdict: 'error' as const, error: 'no such link' } : step,
    );
    const one = casesOf({ facts, result: { ...result, verdict: 'error', steps } }).find(
      (element) => element.attributes.get('name') === '5 restore link ATLA-WASH',
    );
    expect(one?.children.map((child) => [child.name, child.attributes.get('message')])).to.deep.equal([
      ['error', 'no such link'],
    ]);
  });

  it('gives times in seconds of the lab, which add up to at most those of the run', () => {
    const suite = suiteOf(passingRun());
    expect(suite.attributes.get('time')).to.equal('64.000000');
    const times = casesOf(passingRun()).map((one) => Number(one.attributes.get('time')));
    expect(times).to.deep.equal([2, 5, 0, 1, 0, 3, 0, 0, 3]);
  });
});
