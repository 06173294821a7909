/** What our protocols send, in both planes and while a commit marks packets, under tshark's eyes. */
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { complaints, dissect, hasTshark } from '../support/tshark.ts';
import { RunFolder } from './results.ts';

/** Links of experiments, and what is to be seen there: by display filter in tshark's words, in each plane. */
const SEEN: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'internet2-isis',
    '{ router: CHIC }',
    ['isis.type == 17', 'isis.type == 20', 'isis.type == 25', 'isis.type == 27'],
  ],
  [
    'vpn-change',
    '{ router: P1 }, { link: [PE4, P2] }',
    ['ospf.msg == 4', 'bgp.type == 1', 'bgp.type == 2', 'bgp.type == 4'],
  ],
  ['area-migration', '{ router: W1 }, { router: E1 }', ['ospf.msg == 2', 'ospf.msg == 4', 'ospf.msg == 5']],
  ['abilene-bgp', '{ router: STTL }, { router: NYCM }', ['bgp.type == 1', 'bgp.type == 2', 'ospf.msg == 4']],
];

/** Of a connection whose other direction takes another link tshark hears that half of it is missing. */
const WHOLE = '!tcp.analysis.flags';

describe('tshark has nothing to say against what is sent in', () => {
  const tmp = temporaryFolder();
  before(function () {
    if (hasTshark()) return cpSync('experiments', join(tmp, 'experiments'), { recursive: true });
    console.log('    skipped: there is no tshark');
    return this.skip();
  });

  for (const [name, links, filters] of SEEN) {
    it(name, async () => {
      const file = join(tmp, 'experiments', `${name}.yaml`);
      appendFileSync(file, `\ncaptures: [${links}]\n`);
      const { code, stdout, stderr } = await shadowlab(['run', file, '--results', tmp]);
      expect(code, stdout + stderr).to.equal(0);
      const captured = new RunFolder(tmp, name).facts().filter((fact) => fact.fact === 'capture');
      const files = captured.map((fact) => join(tmp, name, 'latest', fact.file));
      for (const each of files) expect(complaints(each, WHOLE), each).to.deep.equal([]);
      for (const filter of filters) {
        for (const plane of ['mpls.label == 983041', '!mpls']) {
          const found = files.some(
            (each) => dissect(each, `${filter} && ${plane}`, ['frame.number']).length > 0,
          );
          expect(found, `${filter} && ${plane}`).to.equal(true);
        }
      }
    });
  }
});
