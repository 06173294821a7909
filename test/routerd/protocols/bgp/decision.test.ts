import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { PathAttributes } from '../../../../src/routerd/protocols/bgp/attributes.ts';
import {
  comparePaths,
  type DecisionSettings,
  decide,
} from '../../../../src/routerd/protocols/bgp/decision.ts';
import { ownAttributes, Path, type PathSource } from '../../../../src/routerd/protocols/bgp/path.ts';

const SETTINGS: DecisionSettings = {
  defaultLocalPreference: 100,
  alwaysCompareMed: false,
  deterministicMed: false,
  medMissingAsWorst: false,
  asPathIgnore: false,
  compareRouterId: false,
  multipathRelax: false,
  maximumPaths: 1,
  maximumPathsIbgp: 1,
};

interface Given extends Partial<Omit<PathAttributes, 'asPath'>> {
  readonly asPath?: readonly number[];
  readonly weight?: number;
  readonly kind?: PathSource['kind'];
  readonly address?: number;
  readonly routerId?: number;
  readonly metric?: number;
  readonly reachable?: boolean;
}

/** A path of a neighbour of AS 65001 that says so, unless told otherwise. */
function path(given: Given = {}): Path {
  const { asPath = [65001], weight = 0, kind = 'external', address = 1, routerId = 1 } = given;
  const { metric = 0, reachable = true, ...attributes } = given;
  const source: PathSource = { kind, address, routerId, as: asPath[0] ?? 0, isClient: false, isGone: false };
  const segments = asPath.length === 0 ? [] : [{ type: 'sequence' as const, numbers: asPath }];
  const hop = { address: 9, metric, nextHops: reachable ? [] : undefined };
  return new Path(source, { ...ownAttributes(0), ...attributes, asPath: segments }, hop, weight);
}

/** Each: what makes a path better, beside one that every later rule would prefer. */
const RULES: readonly (readonly [string, Given, Given, Partial<DecisionSettings>?])[] = [
  ['the larger weight', { weight: 1 }, { localPreference: 900 }],
  ['the larger LOCAL_PREF', { localPreference: 101, asPath: [1, 2] }, {}],
  ['LOCAL_PREF, 100 where there is none', { asPath: [1, 2] }, { localPreference: 99 }],
  [
    'the default that is configured',
    { asPath: [1, 2] },
    { localPreference: 199 },
    { defaultLocalPreference: 200 },
  ],
  ["the router's own", { kind: 'local', asPath: [65001, 2] }, {}],
  ['the shorter AS_PATH', { origin: 2 }, { asPath: [65001, 2] }],
  ['the smaller ORIGIN', { origin: 1, med: 9 }, { origin: 2 }],
  ['the smaller MED of one AS', { med: 1, kind: 'internal' }, { med: 2 }],
  ['no MED as the smallest', { kind: 'internal' }, { med: 1 }],
  ['no MED as the largest, if asked', { med: 5, kind: 'internal' }, {}, { medMissingAsWorst: true }],
  [
    'the smaller MED of any AS, if asked',
    { med: 1, asPath: [2], kind: 'internal' },
    { med: 2 },
    { alwaysCompareMed: true },
  ],
  [
    'the smaller MED among paths that began here',
    { med: 1, kind: 'internal', asPath: [], metric: 9 },
    { med: 2, kind: 'internal', asPath: [] },
  ],
  ["another AS before one's own", { metric: 9, routerId: 9 }, { kind: 'internal' }],
  ['the nearer next hop', { metric: 1, routerId: 9 }, { metric: 2 }],
  ['the smaller router id', { routerId: 1, address: 9 }, { routerId: 2 }],
  [
    'ORIGINATOR_ID in place of the router id',
    { kind: 'internal', originatorId: 1, routerId: 9, clusterList: [7] },
    { kind: 'internal', routerId: 2 },
  ],
  ['the shorter CLUSTER_LIST', { kind: 'internal', address: 9 }, { kind: 'internal', clusterList: [1] }],
  ["the smaller neighbour's address", { address: 1 }, { address: 2 }],
];

describe('the best path', () => {
  for (const [name, better, worse, settings] of RULES) {
    it(`is by rule: ${name}`, () => {
      const own = { ...SETTINGS, ...settings };
      const [a, b] = [path(better), path(worse)];
      expect(decide([a, b], undefined, own)).to.deep.equal([a]);
      expect(decide([b, a], undefined, own)).to.deep.equal([a]);
    });
  }

  it('does not go by MEDs of different ASes', () => {
    const [a, b] = [path({ med: 9, asPath: [1], routerId: 1 }), path({ med: 1, asPath: [2], routerId: 2 })];
    expect(decide([b, a], undefined, SETTINGS)).to.deep.equal([a]);
  });

  it('does not go by the length of AS paths, if asked', () => {
    const [a, b] = [path({ asPath: [1, 2], routerId: 1 }), path({ asPath: [1], routerId: 2 })];
    expect(decide([a, b], undefined, { ...SETTINGS, asPathIgnore: true })).to.deep.equal([a]);
  });

  it('stays, of two from other ASes that are as good, unless router ids are to be compared', () => {
    const [a, b] = [path({ routerId: 1 }), path({ routerId: 2 })];
    expect(decide([a, b], b, SETTINGS)).to.deep.equal([b]);
    expect(decide([a, b], b, { ...SETTINGS, compareRouterId: true })).to.deep.equal([a]);
  });

  it('is none that cannot be reached, or whose session is gone', () => {
    const gone = path({ localPreference: 300 });
    gone.source.isGone = true;
    const usable = path();
    expect(
      decide([path({ localPreference: 200, reachable: false }), usable, gone], undefined, SETTINGS),
    ).to.deep.equal([usable]);
    expect(decide([gone], undefined, SETTINGS)).to.deep.equal([]);
  });

  it('is the same in any order of arrival where MEDs are compared within each AS first', () => {
    // RFC 3345's example: without, each of the three beats one of the others.
    const paths = [
      path({ asPath: [1], med: 10, kind: 'internal', metric: 1, address: 1, routerId: 1 }),
      path({ asPath: [2], med: 0, kind: 'internal', metric: 2, address: 2, routerId: 2 }),
      path({ asPath: [1], med: 5, kind: 'internal', metric: 3, address: 3, routerId: 3 }),
    ];
    const settings = { ...SETTINGS, deterministicMed: true };
    const orders = fc.shuffledSubarray(paths, { minLength: 3 });
    fc.assert(
      fc.property(orders, (order) => {
        expect(decide(order, undefined, settings)[0]).to.equal(paths[1]);
      }),
    );
  });

  it('beats each of the others, where MEDs are always compared', () => {
    const few = fc.nat(2);
    const any = fc.record({
      localPreference: few,
      med: few,
      origin: fc.constantFrom(0, 1, 2),
      metric: few,
      routerId: few,
      asPath: fc.array(few, { maxLength: 3 }),
    });
    const settings = { ...SETTINGS, alwaysCompareMed: true };
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), (given) => {
        const paths = given.map((each, at) =>
          path({ ...each, origin: each.origin === 0 ? 0 : each.origin === 1 ? 1 : 2, address: at }),
        );
        const [best] = decide(paths, undefined, settings);
        for (const other of paths)
          if (other !== best) expect(comparePaths(best, other, undefined, settings)).to.be.below(0);
      }),
    );
  });
});

describe('paths that are used together', () => {
  const many = { ...SETTINGS, maximumPaths: 2, maximumPathsIbgp: 3 };
  const spread = (given: readonly Given[], settings: DecisionSettings) =>
    decide(
      given.map((each, at) => path({ address: at + 1, routerId: at + 1, ...each })),
      undefined,
      settings,
    ).map(({ source }) => source.address);

  it('are as many as are allowed, from other ASes and from ours', () => {
    expect(spread([{}, {}, {}], many)).to.deep.equal([1, 2]);
    const internal: Given = { kind: 'internal' };
    expect(spread([internal, internal, internal, internal], many)).to.deep.equal([1, 2, 3]);
    expect(spread([{}, {}], SETTINGS)).to.deep.equal([1]);
  });

  it('are of one neighbouring AS, unless multipath is relaxed', () => {
    expect(spread([{ asPath: [1] }, { asPath: [2] }], many)).to.deep.equal([1]);
    expect(spread([{ asPath: [1] }, { asPath: [2] }], { ...many, multipathRelax: true })).to.deep.equal([
      1, 2,
    ]);
  });

  it('have one AS path within the own AS, and equal metrics', () => {
    const [a, b]: readonly Given[] = [
      { kind: 'internal', asPath: [1, 2] },
      { kind: 'internal', asPath: [1, 3] },
    ];
    expect(spread([a, b], many)).to.deep.equal([1]);
    expect(spread([a, a], many)).to.deep.equal([1, 2]);
    expect(spread([a, { ...a, metric: 1 }], many)).to.deep.equal([1]);
  });

  it('are not of the own AS and of another one', () => {
    expect(spread([{}, { kind: 'internal' }], many)).to.deep.equal([1]);
  });
});
