import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SourceText } from '../../../../src/runner/experiment/source-text.ts';
import { resolveTopology } from '../../../../src/runner/experiment/topology/topology.ts';
import { YamlDocument } from '../../../../src/runner/experiment/yaml-document.ts';
import { sentences } from './reading.ts';

/** An experiment that lies in experiments/ and holds the lines. */
function resolve(...lines: readonly string[]) {
  const source = new SourceText('experiments/x.yaml', ['name: x', ...lines].join('\n'));
  return resolveTopology(YamlDocument.parse(source), ['topology']);
}

describe('the topology of an experiment', () => {
  it('may be a file, relative to the experiment', () => {
    const { resolved } = resolve('topology: topologies/abilene.yaml');
    expect(resolved?.topology.name).to.equal('abilene');
  });

  it('may be written inline, and is then called as the experiment’s file', () => {
    const { resolved } = resolve('topology:', '  nodes: { A:, B: }', '  links: [{ endpoints: [A, B] }]');
    expect(resolved?.topology.name).to.equal('x');
    expect(resolved?.topology.links.map(({ name }) => name)).to.deep.equal(['A-B']);
  });

  it('may add hosts, defaults and metrics to a file’s', () => {
    const { resolved, problems } = resolve(
      'topology:',
      '  file: topologies/clab-example.clab.yml',
      '  hosts: { extra: { router: r2 } }',
      '  links: [{ endpoints: [r2, r1], metric: 42 }]',
      '  defaults: { rate: 2Gbps }',
      '  addressing: { links: 172.16.0.0/16 }',
      '  ospf: { hello: 1s }',
    );
    expect(sentences(problems)).to.deep.equal([]);
    expect(resolved?.topology.hosts.map(({ name }) => name)).to.deep.equal(['client1', 'client3', 'extra']);
    const eth1 = resolved?.real.get('r1')?.interfaces.find(({ name }) => name === 'eth1');
    expect(eth1).to.deep.equal({
      name: 'eth1',
      addresses: [{ address: 0xac100000, length: 31 }],
      bandwidthMbps: 2000,
      ospf: { area: 0, cost: 42, network: 'point-to-point', helloIntervalS: 1, deadIntervalS: 4 },
    });
    const limited = resolved?.topology.links.find(({ name }) => name === 'r3-r4');
    expect(limited?.rateBps, 'what the file says of a link stays').to.equal(1e8);
  });

  it('is told wrong where it is wrong: in the experiment or in the file it names', () => {
    const wrong = resolve(
      'topology:',
      '  file: topologies/abilene.yaml',
      '  hosts: { denver: { router: DNVR }, x: { router: DNVR } }',
      '  links: [{ endpoints: [DNVR, WASH], metric: 3 }]',
      '  addressing: { hosts: 10.255.0.0/24 }',
    );
    expect(sentences(wrong.problems)).to.deep.equal([
      'experiments/x.yaml:4:12: the file has a host "denver" already',
      'experiments/x.yaml:5:24: the file has no link of "DNVR" and "WASH", or not so many',
    ]);
    const overlapping = resolve(
      'topology:',
      '  file: topologies/abilene.yaml',
      '  addressing: { hosts: 10.255.0.0/24 }',
    );
    expect(sentences(overlapping.problems)).to.deep.equal([
      'experiments/x.yaml:4:24: addressing.hosts (10.255.0.0/24) overlaps addressing.loopbacks (10.255.0.0/16)',
    ]);
  });

  it('is told wrong where its file is not there, is a folder, or is of no known kind', () => {
    const first = (file: string) => sentences(resolve(`topology: ${file}`).problems);
    expect(first('topologies/none.yaml')).to.deep.equal([
      'experiments/x.yaml:2:11: the topology file "experiments/topologies/none.yaml" does not exist',
    ]);
    expect(first('data/abilene-2004-03-01.csv')).to.deep.equal([
      'experiments/x.yaml:2:11: "experiments/data/abilene-2004-03-01.csv" is no kind of topology file that is known here (known are *.yaml, *.clab.yml (containerlab) and *.gml (Topology Zoo))',
    ]);
  });
});
