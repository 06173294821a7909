import { expect } from 'chai';
import { describe, it } from 'mocha';
import { backendLines } from '../../src/cli/doctor.ts';
import { forItsUsers } from '../../src/runner/backends/containerlab/findings.ts';
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

describe('doctor', () => {
  it('says on a line what is there, then what is missing, then what could be better, each with its remedy', () => {
    expect(backendLines('docker', FOUND)).to.deep.equal([
      'missing  backend docker (there is: root, Docker engine: 27.3.1)',
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

  it('says of each backend what is missing where nothing is installed, and the command that installs it', async () => {
    const env = { PATH: '/nowhere', DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const missing = async (backend: string): Promise<string> => {
      const { stdout, code } = await shadowlab(['doctor', '--backend', backend], { env });
      expect(code, backend).to.equal(3);
      return stdout;
    };
    const machine =
      /^ +missing +ip: not there \(.*iproute2?.*\)\n +missing +nsenter: not there \(.*util-linux\)$/m;
    const engine =
      /^ +missing +Docker engine: .*nowhere\/docker\.sock is not reached: .* \(start it, or .*docker\.io.*\)$/m;
    const command =
      /^ +missing +containerlab: containerlab is not installed \(bash -c "\$\(curl -sL https:\S+\)"\)$/m;
    expect(await missing('netns'))
      .to.match(machine)
      .and.not.match(engine);
    expect(await missing('docker'))
      .to.match(machine)
      .and.match(engine)
      .and.not.match(command);
    expect(await missing('containerlab'))
      .to.match(machine)
      .and.match(engine)
      .and.match(command);
  });

  it('tells members of clab_admins that a run needs root all the same', () => {
    const root: Finding = { state: 'missing', what: 'root', detail: 'an ordinary user', remedy: 'sudo' };
    const { detail, remedy } = forItsUsers(root);
    expect(detail).to.match(/^an ordinary user; the group clab_admins does for containerlab itself, but /);
    expect(remedy).to.equal('sudo');
    for (const finding of FOUND) expect(forItsUsers(finding)).to.equal(finding);
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
