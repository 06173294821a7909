import { expect } from 'chai';
import { describe, it } from 'mocha';
import { backendLines } from '../../src/cli/doctor.ts';
import { demandAll, type Finding } from '../../src/runner/backends/finding.ts';
import { installing } from '../../src/runner/backends/packages.ts';
import { LabError } from '../../src/runner/lab.ts';
import { shadowlab } from './shadowlab.ts';

const FOUND: readonly Finding[] = [
  { state: 'ok', what: 'root' },
  { state: 'note', what: 'curl for hosts', detail: 'not there', remedy: 'apt-get install curl' },
  { state: 'ok', what: 'Docker engine', detail: '27.3.1' },
  { state: 'missing', what: 'nsenter', detail: 'not there', remedy: 'apt-get install util-linux' },
];

describe('doctor', function () {
  this.timeout(30_000);

  it('says on a line what is there, then what is missing, then what could be better, each with its remedy', () => {
    expect(backendLines('docker', FOUND)).to.deep.equal([
      'missing  backend docker: root, Docker engine: 27.3.1',
      '         missing  nsenter: not there (apt-get install util-linux)',
      '         note     curl for hosts: not there (apt-get install curl)',
    ]);
    const enough = FOUND.filter(({ state }) => state !== 'missing');
    expect(backendLines('docker', enough)[0]).to.equal(
      'ok       backend docker: root, Docker engine: 27.3.1',
    );
  });

  it('names packages as the package manager that is here does, and both where there is neither', () => {
    const iproute = { apt: 'iproute2', dnf: 'iproute' };
    const only = (command: string) => (asked: string) => asked === command;
    expect(installing(iproute, only('apt-get'))).to.equal('apt-get install iproute2');
    expect(installing(iproute, only('dnf'))).to.equal('dnf install iproute');
    expect(installing(iproute, only('pacman'))).to.equal(
      'install the package iproute2 (Debian, Ubuntu) or iproute (Fedora)',
    );
  });

  it('looks at one backend alone, for CI', async () => {
    const { stdout, code } = await shadowlab(['doctor', '--backend', 'embedded']);
    expect(stdout.split('\n').slice(2)).to.deep.equal(['ok       backend embedded: needs nothing else', '']);
    expect(code).to.equal(0);
  });
});

describe('a run', () => {
  it('is told all that its backend lacks, and what to do about it, before anything is started', () => {
    expect(() => demandAll('docker', FOUND)).to.throw(
      LabError,
      'the docker backend cannot run on this machine:\n  nsenter: not there (apt-get install util-linux)',
    );
    expect(() => demandAll('docker', FOUND.slice(0, 3))).not.to.throw();
  });
});
