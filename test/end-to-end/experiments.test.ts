import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { parseXml } from '../analysis/report/xml.ts';
import { type Ended, shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

/** Whatever a report is for, it says that in words; how it is marked up is not the matter here. */
const wordsOf = (report: string): string =>
  report.replaceAll(/<[^>]*>|[`*\\]/g, '').replaceAll('&quot;', '"');

describe('the experiments that come with shadowlab', () => {
  const tmp = temporaryFolder();
  const ended = new Map<string, Ended>();
  const run = async (name: string): Promise<void> => {
    ended.set(name, await shadowlab(['run', `experiments/${name}.yaml`, '--results', tmp]));
  };
  const codeOf = (name: string): number | null | undefined => ended.get(name)?.code;

  const demoAgain = async (): Promise<void> => {
    await shadowlab(['run', 'experiments/abilene-backup-path.yaml', '--results', join(tmp, 'again')]);
  };

  before(async () => {
    await Promise.all([run('abilene-backup-path'), demoAgain()]);
    await Promise.all([run('abilene-broken-change'), run('plain-change')]);
    await Promise.all([run('clab-import'), run('zoo-import'), run('abilene-evening-peak')]);
    await run('vpn-change');
  });

  describe('abilene-evening-peak', () => {
    it('passes, and tells of the video and the transfer in result and report', () => {
      expect(codeOf('abilene-evening-peak')).to.equal(0);
      const folder = new RunFolder(tmp, 'abilene-evening-peak');
      const [, day, failure] = folder.result().steps;
      expect(day.streams).to.have.length(1);
      expect(failure.streams?.[0]).to.include({ flow: 'video', plane: 'shadow', stalls: 0, stalledNs: 0 });
      expect(failure.transfers?.[0].finishedNs).to.be.greaterThan(0);
      const words = wordsOf(folder.read('report.html'));
      for (const word of ['Streams by step and plane', 'TCP by step and plane', 'Round-trip time']) {
        expect(words).to.contain(word);
      }
    });
  });

  describe('abilene-backup-path, the demo', () => {
    const folder = new RunFolder(tmp, 'abilene-backup-path');

    it('passes: no real packet is lost or mixed while the change goes live and back', () => {
      const result = folder.result();
      expect(codeOf('abilene-backup-path')).to.equal(0);
      expect(result.verdict).to.equal('pass');
      const commits = result.steps.filter(({ commit }) => commit?.outcome === 'committed');
      expect(commits.map(({ commit }) => commit?.kind)).to.deep.equal(['commit', 'rollback']);
      for (const { traffic } of commits) {
        const real = traffic.find(({ plane }) => plane === 'real');
        expect(real).to.include({ lost: 0, mixed: 0, looped: 0 });
        expect(real?.sent).to.be.greaterThan(50);
        expect(real?.traced).to.be.greaterThan(50);
      }
    });

    it('leaves all that is documented of a run, and nothing else', () => {
      const path = join(tmp, 'abilene-backup-path', 'latest');
      expect(readdirSync(path).toSorted()).to.deep.equal([
        'configs',
        'environment.json',
        'events.jsonl',
        'fibs',
        'junit.xml',
        'report.html',
        'report.md',
        'result.json',
      ]);
      const routers = 'ATLA ATLAM5 CHIN DNVR HSTN IPLS KSCY LOSA NYCM SNVA STTL WASH'.split(' ');
      expect(readdirSync(join(path, 'fibs')).toSorted()).to.deep.equal(routers.map((name) => `${name}.txt`));
      expect(readdirSync(join(path, 'configs')).toSorted()).to.deep.equal(
        routers.flatMap((name) => [`${name}.real.conf`, `${name}.shadow.conf`]),
      );
      expect(readFileSync(join(path, 'configs/DNVR.shadow.conf'), 'utf8')).to.contain(' ip ospf cost 5000\n');
    });

    it('has a JUnit case for each expectation', () => {
      const [suite] = parseXml(folder.read('junit.xml')).children;
      const cases = suite?.children.filter(({ name }) => name === 'testcase') ?? [];
      expect(cases).to.have.length(folder.result().counts.passed);
      expect(new Set(cases.map(({ attributes }) => attributes.get('name'))).size).to.equal(cases.length);
      expect(cases.flatMap(({ children }) => children)).to.deep.equal([]);
    });

    it('is the same again, to the byte: events, result and reports', () => {
      const again = new RunFolder(join(tmp, 'again'), 'abilene-backup-path');
      for (const file of ['events.jsonl', 'result.json', 'report.html', 'report.md', 'junit.xml']) {
        expect(folder.read(file) === again.read(file), file).to.equal(true);
      }
    });

    it('says where and when it ran beside the result, not in it', () => {
      const environment = JSON.parse(folder.read('environment.json'));
      expect(environment).to.include({ ended: 'finished', node: process.version });
      expect(folder.read('result.json')).not.to.contain(environment.started.slice(0, 10));
    });
  });

  describe('vpn-change', () => {
    it('passes, and tells VRF by VRF what the new site changes in tables', () => {
      expect(codeOf('vpn-change')).to.equal(0);
      const folder = new RunFolder(tmp, 'vpn-change');
      expect(folder.result().counts).to.include({ failed: 0 });
      expect(wordsOf(folder.read('report.html'))).to.match(/RED 10\.4\.0\.0\/24/);
    });
  });

  describe('abilene-broken-change', () => {
    const folder = new RunFolder(tmp, 'abilene-broken-change');

    it('fails', () => {
      expect(codeOf('abilene-broken-change')).to.equal(1);
      expect(folder.result()).to.include({ verdict: 'fail' });
      expect(folder.result().counts.failed).to.equal(1);
    });

    it('names the router, the hop and the configuration line, in every report', () => {
      const reports = ['result.json', 'report.md', 'report.html', 'junit.xml'].map((file) =>
        wordsOf(folder.read(file)),
      );
      for (const words of [...reports, ended.get('abilene-broken-change')?.stdout ?? '']) {
        expect(words).to.contain('STTL has no route to newyork');
        expect(words).to.match(/NYCM \(to-WASH\) and WASH \(to-NYCM\) are neighbours in real, not in shadow/);
        expect(words).to.match(/passive-interface to-NYCM" is set on WASH/);
        expect(words).to.match(/WASH\.shadow\.conf/);
      }
      const hints = folder
        .result()
        .steps.flatMap(({ expectations }) => expectations.flatMap(({ hints }) => hints));
      const hint = hints.find(({ router }) => router === 'WASH');
      expect(hint?.config?.text.trim()).to.equal('passive-interface to-NYCM');
      const lines = folder.read(`configs/${hint?.config?.file}`).split('\n');
      expect(lines[(hint?.config?.line ?? 0) - 1].trim()).to.equal('passive-interface to-NYCM');
    });
  });

  it('plain-change passes, and shows mixed packets', () => {
    expect(codeOf('plain-change')).to.equal(0);
    const { steps } = new RunFolder(tmp, 'plain-change').result();
    const mixed = steps[1].traffic.find(({ plane }) => plane === 'real')?.mixed;
    expect(mixed).to.be.greaterThan(0);
  });

  it('clab-import passes: a containerlab file is enough', () => {
    expect(codeOf('clab-import'), ended.get('clab-import')?.stdout).to.equal(0);
    expect(new RunFolder(tmp, 'clab-import').result().verdict).to.equal('pass');
  });

  it('zoo-import passes; without its graph it is skipped, and says so', () => {
    const { stdout, stderr } = ended.get('zoo-import') ?? { stdout: '', stderr: '' };
    expect(codeOf('zoo-import'), stdout).to.equal(0);
    if (existsSync('../shared/data/topology/zoo/Geant2012.gml')) {
      expect(new RunFolder(tmp, 'zoo-import').result().verdict).to.equal('pass');
    } else {
      expect(stderr).to.match(/warning: zoo-import is skipped: ".*Geant2012\.gml" is not there/);
      expect(stdout).to.equal('');
    }
  });
});
