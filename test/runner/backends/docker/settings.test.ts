import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Machine } from '../../../../src/runner/backends/daemons/plan.ts';
import { containerSettings, machineWords } from '../../../../src/runner/backends/docker/settings.ts';
import { runOfName } from '../../../../src/runner/backends/leftover.ts';

const router = (name: string): Machine => ({ kind: 'router', name, interfaces: [], startUp: {} });
const segment: Machine = { kind: 'segment', name: 'segment-1', interfaces: [] };
const settingsOf = (machine: Machine, startUpFile?: string) =>
  containerSettings(machine, {
    run: '0a1b2c3d',
    image: 'shadowlab',
    word: machine.name,
    ...(startUpFile !== undefined && { startUpFile }),
  });

describe('a container of a lab', () => {
  it('has no privileges but the few that it is for', () => {
    const { HostConfig: limits } = settingsOf(router('r1'), '/run/shadowlab/0a1b2c3d/r1.json');
    expect(limits).to.deep.include({
      CapDrop: ['ALL'],
      CapAdd: ['NET_RAW', 'IPC_LOCK'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      NetworkMode: 'none',
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
    });
    expect(limits).not.to.have.any.keys('Privileged', 'Devices', 'Binds', 'PidMode', 'UsernsMode');
    expect(settingsOf(segment).HostConfig?.CapAdd).to.deep.equal([]);
  });

  it('is limited in memory, processes and log', () => {
    for (const machine of [router('r1'), segment]) {
      const { Memory, MemorySwap, PidsLimit, LogConfig } = settingsOf(machine).HostConfig ?? {};
      expect(Memory).to.be.greaterThan(0);
      expect(MemorySwap).to.equal(Memory);
      expect(PidsLimit).to.be.greaterThan(0);
      expect(LogConfig?.Config).to.have.keys('max-size', 'max-file');
    }
  });

  it('gets a router its start-up file, and nothing of the machine else', () => {
    const file = '/run/shadowlab/0a1b2c3d/r1.json';
    const { Cmd: words, HostConfig: limits } = settingsOf(router('r1'), file);
    expect(limits?.Mounts).to.have.length(1);
    expect(limits?.Mounts?.[0]).to.deep.include({ Type: 'bind', Source: file, ReadOnly: true });
    expect(words?.at(-1)).to.equal(limits?.Mounts?.[0].Target);
    expect(settingsOf(segment).HostConfig).not.to.have.property('Mounts');
  });

  it('is recognised by name and label as what its run made', () => {
    const { name, Labels: labels } = settingsOf(router('r1'));
    expect(runOfName(name ?? '')).to.equal('0a1b2c3d');
    expect(labels).to.deep.equal({ 'shadowlab.run': '0a1b2c3d', 'shadowlab.machine': 'r1' });
  });

  it('has a name that Docker, Linux and a file system take, whatever its machine is called, and of its own', () => {
    const names = [
      'r1',
      'São Paulo',
      'Sao_Paulo',
      '東京',
      '../x',
      'a'.repeat(63),
      `${'a'.repeat(62)} `,
      '-',
      'x~1',
    ];
    const words = machineWords({ machines: names.map(router), wires: [] });
    expect([...words.keys()]).to.have.members(names);
    expect(new Set(words.values()).size).to.equal(names.length);
    for (const word of words.values()) expect(word).to.match(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
    expect(words.get('Sao_Paulo')).to.equal('Sao_Paulo');
  });
});
