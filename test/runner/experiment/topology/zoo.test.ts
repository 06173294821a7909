import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { distanceKm } from '../../../../src/runner/experiment/topology/geography.ts';
import { resolveTopologyFile } from '../../../../src/runner/experiment/topology/topology.ts';
import { DATA, hasData, problemsOf, resolved, sentences } from './reading.ts';

const problems = (text: string) => problemsOf('net.gml', text);

/** A graph of two nodes and what else is given. */
function graph(rest: string): string {
  return `graph [\n  node [ id 0 label "A" ]\n  node [ id 1 label "B" ]\n${rest}\n]`;
}

describe('a Topology Zoo file', () => {
  it('becomes routers and links, parallel links apart', () => {
    const { topology } = resolved(
      'net.gml',
      '# made by hand\nCreator "x"\ngraph [ label "Net"\n node [ id 7 label "New York (NY)" ] node [ id 3 label "Zürich" ]\n edge [ source 7 target 3 LinkSpeedRaw 2500000000.0 ] edge [ source 3 target 7 ] ]',
    );
    expect(topology.name).to.equal('Net');
    expect(topology.routers.map(({ name }) => name)).to.deep.equal(['New_York_NY', 'Zurich']);
    expect(topology.links.map(({ name, rateBps }) => [name, rateBps])).to.deep.equal([
      ['New_York_NY-Zurich', 2.5e9],
      ['New_York_NY-Zurich#2', 1e9],
    ]);
  });

  it('gives every node a name of its own, whatever its label says', () => {
    const nodes = ['"A"', '"A"', '""', '"?"', '"None" hyperedge 1', '"K&#246;ln"']
      .map((label, id) => `node [ id ${id} label ${label} ]`)
      .join('\n');
    const { topology } = resolved('net.gml', `graph [ ${nodes} ]`);
    expect(topology.routers.map(({ name }) => name)).to.deep.equal([
      'A',
      'A-2',
      'Koln',
      'junction-4',
      'node-2',
      'node-3',
    ]);
  });

  it('makes delays of distances: Paris to London is 344 km, 1.72 ms of fibre', () => {
    const [paris, london] = [
      { x: 2.3522, y: 48.8566 },
      { x: -0.1276, y: 51.5072 },
    ];
    expect(distanceKm(paris, london)).to.be.closeTo(343.5, 0.5);
    const { topology } = resolved(
      'net.gml',
      `graph [
        node [ id 0 label "Paris" Longitude 2.3522 Latitude 48.8566 ]
        node [ id 1 label "London" Longitude -0.1276 Latitude 51.5072 ]
        node [ id 2 label "Lost" ]
        edge [ source 0 target 1 ] edge [ source 1 target 2 ]
      ]`,
    );
    expect(topology.links.map(({ name, delayNs }) => [name, delayNs])).to.deep.equal([
      ['London-Lost', 1_000_000],
      ['London-Paris', 1_718_000],
    ]);
  });

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['an empty file', '', ['net.gml:1:1: the file has no graph [ ... ]']],
    ['no nodes', 'graph [ ]', ['net.gml:1:1: the graph has no nodes']],
    [
      'a list that is not closed',
      'graph [\n  node [ id 0\n',
      ['net.gml:2:8: this list is not closed by "]"'],
    ],
    ['a bracket too many', 'graph [ node [ id 0 ] ] ]', ['net.gml:1:25: "]" closes no list']],
    ['a string that is not closed', 'graph [\n  label "Net\n]', ['net.gml:2:9: this string is not closed']],
    ['no key', 'graph [ 17 ]', ['net.gml:1:9: expected a key, found "17"']],
    [
      'no value',
      'graph [ node [ id ] ]',
      ['net.gml:1:19: expected a number, a "string" or a [list] as the value of "id", found "]"'],
    ],
    [
      'a number that is none',
      'graph [ node [ id 1x ] ]',
      ['net.gml:1:19: expected a number, a "string" or a [list] as the value of "id", found "1x"'],
    ],
    ['nesting without end', `graph ${'[ a '.repeat(40)}`, ['net.gml:1:135: lists nested deeper than 32']],
    [
      'a node without an id',
      'graph [ node [ label "A" ] ]',
      ['net.gml:1:9: a node needs a number as its id'],
    ],
    ['an id used twice', 'graph [ node [ id 0 ] node [ id 0 ] ]', ['net.gml:1:30: two nodes have the id 0']],
    [
      'edges that lead nowhere',
      graph('  edge [ source 0 target 9 ]\n  edge [ source 1 ]'),
      ['net.gml:4:19: unknown node id "9"', 'net.gml:5:3: an edge needs the id of a node as its target'],
    ],
  ];
  for (const [what, text, expected] of cases) {
    it(`is refused: ${what}`, () => expect(problems(text)).to.deep.equal(expected));
  }

  it('warns of an edge to itself and of parts without a link between them', () => {
    expect(problems(graph('  edge [ source 0 target 0 ]'))).to.deep.equal([
      'net.gml:4:3: warning: left out an edge from "A" to itself',
      'net.gml:1:1: warning: the network is in 2 parts without a link between them; apart from the largest: "B"',
    ]);
  });

  const zoo: Readonly<Record<string, readonly [number, number]>> = {
    Abilene: [11, 14],
    AttMpls: [25, 57],
    Cogentco: [197, 245],
    Dfn: [58, 87],
    Geant2012: [40, 61],
    Internode: [66, 78],
    Kdl: [754, 899],
    Sprint: [11, 18],
    Tinet: [53, 89],
    UsCarrier: [158, 189],
  };
  const folder = new URL('topology/zoo/', DATA);
  for (const [name, [routers, links]] of Object.entries(zoo)) {
    it(`is read whole: ${name}, ${routers} routers and ${links} links${hasData ? '' : ' (skipped: no data here)'}`, function () {
      if (!hasData) this.skip();
      const { resolved, problems } = resolveTopologyFile(fileURLToPath(new URL(`${name}.gml`, folder)));
      expect(sentences(problems)).to.deep.equal([]);
      expect(resolved?.topology.routers).to.have.length(routers);
      expect(resolved?.topology.links).to.have.length(links);
    });
  }

  it(`is one of those above${hasData ? '' : ' (skipped: no data here)'}`, function () {
    if (!hasData) this.skip();
    const files = readdirSync(folder).filter((file) => file.endsWith('.gml'));
    expect(files).to.deep.equal(Object.keys(zoo).map((name) => `${name}.gml`));
  });
});
