import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseConfig } from '../../../../src/config/parser.ts';
import { formatConfig } from '../../../../src/config/writer.ts';
import { readMatrix } from '../../../../src/runner/experiment/matrix.ts';
import { resolveTopologyFile } from '../../../../src/runner/experiment/topology/topology.ts';
import { DATA, hasData, print } from './reading.ts';

/** The data's order of nodes, by our names. */
const ORDER = [
  'ATLAM5',
  'ATLA',
  'CHIN',
  'DNVR',
  'HSTN',
  'IPLS',
  'KSCY',
  'LOSA',
  'NYCM',
  'SNVA',
  'STTL',
  'WASH',
];
const skipped = hasData ? '' : ' (skipped: no data here)';

describe('the Abilene backbone', () => {
  const { resolved, problems } = resolveTopologyFile('experiments/topologies/abilene.yaml');

  it('has nothing wrong with it: 12 routers, a host behind each, 15 links', () => {
    expect(print(problems)).to.deep.equal([]);
    expect(resolved?.topology.routers.map(({ name }) => name)).to.deep.equal(ORDER.toSorted());
    expect(resolved?.topology.hosts).to.have.length(12);
    expect(resolved?.topology.links).to.have.length(15 + 12);
  });

  it('gives configurations that are the same after being written and read', () => {
    for (const config of resolved?.real.values() ?? [])
      expect(parseConfig(formatConfig(config))).to.deep.equal({ config, problems: [] });
  });

  it('has one-second hellos and a dead interval of four between routers', () => {
    const timers = [...(resolved?.real.values() ?? [])]
      .flatMap(({ interfaces }) => interfaces)
      .filter(({ ospf }) => ospf.network === 'point-to-point')
      .map(({ ospf }) => [ospf.helloIntervalS, ospf.deadIntervalS].join());
    expect(timers).to.have.length(30);
    expect(new Set(timers)).to.deep.equal(new Set(['1,4']));
  });

  it(`has the metrics and capacities of the published data${skipped}`, function () {
    if (!hasData) this.skip();
    const published = readFileSync(new URL('topology/abilene/links.txt', DATA), 'utf8')
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split('\t').map(Number))
      .map(([, from, to, metric, kbps]) => [ORDER[from], ORDER[to], metric, kbps * 1000].join());
    const ours = (resolved?.topology.links ?? [])
      .filter(({ ends }) => ends.every((end) => end.kind === 'router'))
      .flatMap(({ ends: [a, b], rateBps }) =>
        [
          [a, b],
          [b, a],
        ].map(([from, to]) => {
          const port = resolved?.real.get(from.node)?.interfaces.find(({ name }) => name === from.port);
          return [from.node, to.node, port?.ospf.cost, rateBps].join();
        }),
      );
    expect(ours.toSorted()).to.deep.equal(published.toSorted());
  });

  it(`has the traffic matrix of the published data, row 242, in bit/s${skipped}`, function () {
    if (!hasData) this.skip();
    const week = gunzipSync(readFileSync(new URL('traffic/abilene-tm-2004-03-01.gz', DATA))).toString();
    const units = week.split('\n')[242].trim().split(/\s+/).map(Number);
    const ours = readFileSync('experiments/data/abilene-2004-03-01.csv', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ours[0]).to.equal('from,to,bps');
    for (const line of ours.slice(1)) {
      const [from, to, bps] = line.split(',');
      const published = (units[ORDER.indexOf(from) * 12 + ORDER.indexOf(to)] * 8) / 3;
      expect(Number(bps), line).to.be.closeTo(published, 0.5);
    }
    expect(ours).to.have.length(1 + 132);
  });

  it(`has a day of the published matrices in means of an hour, which load as rates that change${skipped}`, function () {
    if (!hasData) this.skip();
    const week = gunzipSync(readFileSync(new URL('traffic/abilene-tm-2004-03-01.gz', DATA)))
      .toString()
      .split('\n')
      .slice(0, 24 * 12)
      .map((row) => row.trim().split(/\s+/).map(Number));
    const ours = readMatrix('experiments/data/abilene-2004-03-01-hours.csv');
    if ('wrong' in ours) return expect.fail(ours.wrong);
    expect(ours.problems).to.deep.equal([]);
    expect(ours.timesNs).to.deep.equal(Array.from({ length: 24 }, (_, hour) => hour * 3600e9));
    expect(ours.entries).to.have.length(132);
    for (const { from, to, rates } of ours.entries) {
      const cell = ORDER.indexOf(from) * 12 + ORDER.indexOf(to);
      for (const [hour, bps] of rates.entries()) {
        const rows = week.slice(hour * 12, hour * 12 + 12);
        const published = (rows.reduce((sum, row) => sum + row[cell], 0) / 12) * (8 / 3);
        expect(bps, `${from} to ${to}, hour ${hour}`).to.be.closeTo(published, 0.5);
      }
    }
  });
});
