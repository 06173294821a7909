import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Fact } from '../../src/analysis/facts.ts';
import { compareAt, type FibComparison, type FibPlace } from '../../src/analysis/fib-compare.ts';
import { comparisonJson, comparisonLines, formatCovers, sidesOf } from '../../src/analysis/fib-text.ts';
import { viewOf } from '../../src/analysis/view.ts';
import type { FibEntry, NextHop } from '../../src/world/observation.ts';

const LINKS = [
  ['A', 'B', '10.9.0.0', '10.9.0.1'],
  ['A', 'C', '10.9.0.2', '10.9.0.3'],
  ['B', 'C', '10.9.0.4', '10.9.0.5'],
] as const;

const to = (node: string, gateway: string): NextHop => ({ kind: 'gateway', port: `to-${node}`, gateway });
const here = (port: string): NextHop => ({ kind: 'connected', port });
const route = (prefix: string, ...nextHops: readonly NextHop[]): FibEntry => ({ prefix, nextHops });

function viewWith(tables: readonly (FibPlace & { readonly entries: readonly FibEntry[] })[]) {
  const start: Fact = {
    t: 0,
    fact: 'run-started',
    version: 'test',
    experiment: 'test',
    description: '',
    file: 'test.yaml',
    seed: 1,
    backend: 'embedded',
    nodes: ['A', 'B', 'C'].map((name, index) => ({ name, kind: 'router', address: `10.255.0.${index}` })),
    links: LINKS.map(([a, b, addressOfA, addressOfB]) => ({
      name: `${a}-${b}`,
      ends: [
        { node: a, port: `to-${b}`, address: `${addressOfA}/31` },
        { node: b, port: `to-${a}`, address: `${addressOfB}/31` },
      ],
      rateBps: 1e9,
      delayNs: 1e6,
    })),
    flows: [],
    steps: [],
    configs: [],
  };
  return viewOf([start, ...tables.map((table): Fact => ({ t: 1, fact: 'fib', ...table }))]);
}

function compared(
  a: FibPlace & { readonly entries: readonly FibEntry[] },
  b: FibPlace & { readonly entries: readonly FibEntry[] },
): FibComparison {
  const placeOf = ({ router, plane, step }: FibPlace): FibPlace => ({ router, plane, step });
  return compareAt(viewWith([a, b]), placeOf(a), placeOf(b)) ?? expect.fail('both are recorded');
}

const place = (router: string, plane: 'real' | 'shadow' = 'real', step = 0): FibPlace => ({
  router,
  plane,
  step,
});

describe('the forwarding tables of two routers', () => {
  it('agree where they send to the same neighbour, whatever they call the port; and differ where not', () => {
    const { changes, naming } = compared(
      {
        ...place('A'),
        entries: [
          route('10.1.0.0/16', to('C', '10.9.0.3')),
          route('10.2.0.0/16', to('B', '10.9.0.1'), to('C', '10.9.0.3')),
          route('10.3.0.0/16', { kind: 'local' }),
          route('10.9.0.0/31', here('to-B')),
          route('10.9.0.2/31', here('to-C')),
        ],
      },
      {
        ...place('B'),
        entries: [
          route('10.1.0.0/16', to('C', '10.9.0.5')),
          route('10.2.0.0/16', to('C', '10.9.0.5')),
          route('10.3.0.0/16', to('A', '10.9.0.0')),
          route('10.9.0.0/31', here('to-A')),
          route('10.9.0.2/31', to('A', '10.9.0.0'), to('C', '10.9.0.5')),
        ],
      },
    );
    const read = changes.map((change) => {
      const { from, to } = sidesOf(change, naming);
      return `${change.prefixes}: ${from} > ${to}`;
    });
    expect(read.sort()).to.deep.equal([
      '10.2.0.0/16: B or C > C',
      '10.3.0.0/16: itself > A',
      '10.9.0.2/31: link A-C > A or C',
    ]);
  });

  it('are the same with themselves', () => {
    const table = { ...place('A'), entries: [route('10.1.0.0/16', to('C', '10.9.0.3'))] };
    expect(compared(table, { ...table, plane: 'shadow' }).changes).to.deep.equal([]);
  });

  it('are not compared where one is not recorded', () => {
    const view = viewWith([{ ...place('A'), entries: [] }]);
    expect(compareAt(view, place('A'), place('B'))).to.equal(undefined);
  });
});

describe('a comparison of forwarding tables', () => {
  const [west, east] = [to('B', '10.9.0.1'), to('C', '10.9.0.3')];
  const before = ['10.1.0.0/24', '10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.7.0.0/16'].map((prefix) =>
    route(prefix, west),
  );
  const after = [
    route('0.0.0.0/0', west),
    ...before.slice(0, 4).map(({ prefix }) => route(prefix, east)),
    route('10.8.0.0/16', east),
  ];
  const comparison = compared(
    { ...place('A', 'real', 1), entries: before },
    { ...place('A', 'real', 2), entries: after },
  );

  it('reads as a table: how many prefixes, where, and which way they went before and after', () => {
    expect(comparisonLines('A', comparison)).to.deep.equal([
      'A: 7 prefixes of 5 and 6 differ',
      '  prefixes  change   in           from              to',
      '         4  changed  10.1.0.0/22  10.9.0.1 by to-B  10.9.0.3 by to-C',
      '         1  added    0.0.0.0/0    no route          10.9.0.1 by to-B',
      '         1  removed  10.7.0.0/16  10.9.0.1 by to-B  10.9.0.1 by to-B (for 0.0.0.0/0)',
      '         1  added    10.8.0.0/16  no route          10.9.0.3 by to-C',
    ]);
  });

  it('is JSON that says all of it, next hops with their parts and their names', () => {
    const { from, to, changes } = comparisonJson(comparison);
    expect([from, to]).to.deep.equal([
      { ...place('A', 'real', 1), routes: 5 },
      { ...place('A', 'real', 2), routes: 6 },
    ]);
    expect(changes[2]).to.deep.equal({
      change: 'removed',
      prefixes: ['10.7.0.0/16'],
      cover: '10.7.0.0/16',
      covers: ['10.7.0.0/16'],
      from: [{ ...west, name: '10.9.0.1 by to-B' }],
      to: [],
      instead: { nextHops: [{ ...west, name: '10.9.0.1 by to-B' }], prefixes: ['0.0.0.0/0'] },
    });
  });

  it('names three covers, and of more the prefix that holds them all', () => {
    const covers = ['10.0.0.0/24', '10.0.2.0/24', '10.0.4.0/24', '10.0.6.0/24'];
    expect(formatCovers({ cover: '10.0.0.0/21', covers })).to.equal(
      '10.0.0.0/24, 10.0.2.0/24 and 2 more in 10.0.0.0/21',
    );
    expect(formatCovers({ cover: '10.0.0.0/21', covers: covers.slice(1) })).to.equal(
      covers.slice(1).join(', '),
    );
  });
});
