import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { shadowlab, temporaryFolder } from './shadowlab.ts';

describe('shadowlab config convert', () => {
  let folder = '';
  const file = (text: string): string => {
    const path = join(folder, 'router.conf');
    writeFileSync(path, text);
    return path;
  };
  before(() => {
    folder = temporaryFolder();
  });

  it('writes canonical FRR to standard output', async () => {
    const { code, stdout, stderr } = await shadowlab([
      'config',
      'convert',
      file('router ospf\n network 10.1.2.3/8 area 0.0.0.0\n'),
      '--to',
      'frr',
    ]);
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: 'router ospf\n network 10.0.0.0/8 area 0\nexit\n!\n',
      stderr: '',
    });
  });

  it('writes BIRD to a file', async () => {
    const output = join(folder, 'bird.conf');
    const text = 'hostname R1\nip route 10.0.0.0/8 blackhole\n';
    const { code, stdout } = await shadowlab(['config', 'convert', file(text), '--to', 'bird', '-o', output]);
    expect([code, stdout]).to.deep.equal([0, '']);
    expect(readFileSync(output, 'utf8'))
      .to.match(/^# R1\n/)
      .and.to.contain('route 10.0.0.0/8 blackhole;');
  });

  it('names the line that cannot be said, writes nothing, and ends with 2', async () => {
    const isis = 'router isis 1\n net 49.0001.0000.0000.0001.00\n';
    const path = file(`interface eth0\n ip address 10.0.0.1/24\n ip router isis 1\n${isis}`);
    const { code, stdout, stderr } = await shadowlab(['config', 'convert', path, '--to', 'bird']);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.equal(
      `${path}:3:2: "ip router isis 1" under "interface eth0" cannot be said in BIRD: BIRD 2.0 has no IS-IS\n` +
        '    3 |  ip router isis 1\n      |  ^^^^^^^^^^^^^^^^\n' +
        `${path}:4:1: "router isis 1" cannot be said in BIRD: BIRD 2.0 has no IS-IS\n` +
        '    4 | router isis 1\n      | ^^^^^^^^^^^^^\n',
    );
  });

  it('tells what is wrong with the configuration itself', async () => {
    const path = file('router ospf\n netwrok 10.0.0.0/8 area 0\n');
    const { code, stderr } = await shadowlab(['config', 'convert', path, '--to', 'frr']);
    expect(code).to.equal(2);
    expect(stderr).to.contain(':2:2: unknown command "netwrok 10.0.0.0/8 area 0" (did you mean "network"?)');
  });

  it('leaves out what is not known, where that is asked for, and nothing that is known and wrong', async () => {
    const text = 'router rip\n network 10.0.0.0/8\nhostname R1\nexit-authentication\n';
    const convert = (path: string, ...more: readonly string[]) =>
      shadowlab(['config', 'convert', path, '--to', 'frr', ...more]);
    const refused = await convert(file(text));
    expect([refused.code, refused.stdout]).to.deep.equal([2, '']);
    expect(refused.stderr).to.contain(':1:1: RIP is not supported (take it out, or say "--unknown warn")');
    expect(refused.stderr).not.to.contain('experiment');
    const { code, stdout, stderr } = await convert(file(text), '--unknown', 'warn');
    expect([code, stdout]).to.deep.equal([0, 'hostname R1\n!\n']);
    expect(stderr).to.contain(':1:1: warning: RIP is not supported: left out');
    expect(stderr).to.contain(
      ':4:1: warning: "exit-authentication" leaves no section that there is here: left out ("exit" leaves any)',
    );
    const wrong = await convert(file('interface eth0\n ip ospf cost 0\n'), '--unknown', 'warn');
    expect([wrong.code, wrong.stdout]).to.deep.equal([2, '']);
  });

  it('needs a target that it knows, and a file that there is', async () => {
    const path = file('');
    const unknown = await shadowlab(['config', 'convert', path, '--to', 'junos']);
    expect([unknown.code, unknown.stderr]).to.satisfy(
      ([code, stderr]: [number, string]) => code === 2 && stderr.includes('Allowed choices are frr, bird'),
    );
    const missing = await shadowlab(['config', 'convert', join(folder, 'none'), '--to', 'frr']);
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.match(/^shadowlab: .*none /);
  });
});
