import { expect } from 'chai';
import fc from 'fast-check';
import { parseInspect } from '../../../../src/runner/backends/containerlab/inspect.ts';
import { errorIn, loggedErrors } from '../../../../src/runner/backends/containerlab/outcome.ts';
import {
  abilitiesOf,
  formatVersion,
  isAtLeast,
  OLDEST,
  parseVersion,
} from '../../../../src/runner/backends/containerlab/version.ts';
import { LabError } from '../../../../src/runner/lab.ts';
import { RECORDED_VERSIONS, recorded } from './recorded.ts';

const LAB = 'shadowlab-0a1b2c3d';

describe("containerlab's outputs", () => {
  for (const version of RECORDED_VERSIONS) {
    it(`of ${version}: the version is found below the logo`, () => {
      const found = parseVersion(recorded(`version-${version}.txt`));
      expect(found && formatVersion(found)).to.equal(`${version}.0`);
    });

    it(`of ${version}: inspect tells names, numbers and states`, () => {
      const containers = parseInspect(recorded(`inspect-${version}.json`), LAB);
      expect(containers.map(({ name }) => name)).to.deep.equal([`${LAB}-r1`, `${LAB}-r2`]);
      expect(containers.every(({ id }) => /^[0-9a-f]{12}$/.test(id))).to.equal(true);
      expect(containers[0]?.state).to.equal(version === '0.67' ? 'created' : 'running');
    });

    it(`of ${version}: containers of another lab are not this one's`, () => {
      expect(parseInspect(recorded(`inspect-${version}.json`), 'shadowlab-ffffffff')).to.deep.equal([]);
    });

    it(`of ${version}: the final error is told in one line, without what was logged before`, () => {
      const error = (name: string): string => errorIn(recorded(`${name}-${version}.txt`));
      expect(error('image-absent')).to.match(/^Error response from daemon: Get "https:.*: no such host$/);
      expect(error('unknown-key')).to.match(
        /^failed to read topology file: yaml: .*field no-such-key not found/i,
      );
      expect(error('no-engine')).to.match(/Cannot connect to the Docker daemon at .* running\?/);
      expect(error('not-root')).to.match(
        /^this containerlab command requires root privileges .* SUID: 65534$/i,
      );
    });
  }

  it('of 0.67: nodes that did not start are only in the log of a deploy that succeeds', () => {
    const errors = loggedErrors(recorded('program-absent-0.67.txt'));
    expect(errors).to.have.length(2);
    expect(errors[0]).to.match(/^failed deploy stage for node "r2": /);
  });

  it('of 0.79: the error of a node that did not start', () => {
    expect(errorIn(recorded('program-absent-0.79.txt'))).to.match(
      /^Deployment failed for one or more nodes: node "r1" deploy: .*exec: "\/no-such": stat \/no-such: no such file/,
    );
  });

  it('a lab without containers is `{}` since 0.68, and nothing at all before', () => {
    expect(parseInspect('{}\n', LAB)).to.deep.equal([]);
    expect(parseInspect('', LAB)).to.deep.equal([]);
  });

  it('a lab called "containers" is told from the layout of old versions', () => {
    const row = {
      lab_name: 'containers',
      name: 'containers-a',
      container_id: '0123456789ab',
      state: 'running',
    };
    expect(parseInspect(JSON.stringify({ containers: [row] }), 'containers')).to.have.length(1);
    expect(parseInspect(JSON.stringify({ containers: [row] }), LAB)).to.deep.equal([]);
  });

  it('what is none of the two layouts is an error that shows it, never a crash', () => {
    for (const text of ['{', '[]', '7', '{"containers":7}', `{"${LAB}":[{"name":1}]}`, 'Error: no']) {
      expect(() => parseInspect(text, LAB), text).to.throw(LabError, text);
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseInspect(JSON.stringify(value), LAB);
        } catch (error) {
          expect(error).to.be.instanceOf(LabError);
        }
      }),
    );
  });

  it('an error is found in anything', () => {
    expect(errorIn('')).to.equal('it said nothing');
    expect(errorIn('panic: x\n\ngoroutine 1\n')).to.equal('goroutine 1');
    expect(errorIn('12:00:00 ERRO it broke\n12:00:01 INFO bye\n')).to.equal('it broke');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => errorIn(text).length <= 1000));
  });
});

describe('versions of containerlab', () => {
  const version = (text: string) => parseVersion(`    version: ${text}`) ?? expect.fail(text);

  it('are compared number by number', () => {
    expect(isAtLeast(version('0.59.0'), OLDEST)).to.equal(true);
    expect(isAtLeast(version('0.58.9'), OLDEST)).to.equal(false);
    expect(isAtLeast(version('0.100.0'), OLDEST)).to.equal(true);
    expect(isAtLeast(version('1.0.0'), OLDEST)).to.equal(true);
    expect(isAtLeast(version('0.79.0-rc1'), version('0.79.0'))).to.equal(true);
  });

  it('a build between releases, 0.0.0, counts as the newest', () => {
    expect(abilitiesOf(version('0.0.0'))).to.deep.equal({ skipsManagement: true, confines: true });
  });

  it('learnt to leave out the management network in 0.76 and to confine containers in 0.78', () => {
    expect(abilitiesOf(version('0.75.9'))).to.deep.equal({ skipsManagement: false, confines: false });
    expect(abilitiesOf(version('0.76.0'))).to.deep.equal({ skipsManagement: true, confines: false });
    expect(abilitiesOf(version('0.78.0'))).to.deep.equal({ skipsManagement: true, confines: true });
  });

  it('are none where the command says something else', () => {
    expect(parseVersion('containerlab: command not found')).to.equal(undefined);
    expect(parseVersion('version: unknown')).to.equal(undefined);
  });
});
