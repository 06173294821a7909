import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { LinkFact, NodeFact } from '../../../src/analysis/facts.ts';
import { layoutOf, type Point } from '../../../src/analysis/report/layout.ts';

const network = (...pairs: readonly string[]) => {
  const links = pairs.map((pair): LinkFact => {
    const ends = [...pair].map((node) => ({ node, port: `to-${node}`, address: '10.0.0.0/31' }));
    return { name: pair, ends, rateBps: 1e9, delayNs: 1e6 };
  });
  const names = [...new Set(pairs.join(''))].toSorted();
  return { links, nodes: names.map((name): NodeFact => ({ name, kind: 'router', address: '10.255.0.1' })) };
};

/** Whether b is to the left or to the right of the way from a to c. */
const turn = (a: Point, b: Point, c: Point): number =>
  Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));

describe('the layout of a network without positions', () => {
  for (const [what, pairs] of [
    ['a ring of four', ['AB', 'AC', 'BD', 'CD']],
    ['a ring of four, in another order', ['AD', 'DB', 'BC', 'CA']],
    ['a ladder', ['AB', 'BC', 'CD', 'EF', 'FG', 'GH', 'AE', 'BF', 'CG', 'DH']],
    ['a ring of nine', ['AB', 'BC', 'CD', 'DE', 'EF', 'FG', 'GH', 'HI', 'IA']],
  ] as const) {
    it(`has no crossing in ${what}`, async () => {
      const { nodes, links } = network(...pairs);
      const { positions } = await layoutOf(nodes, links, 600, () => 15);
      const at = (name: string): Point => positions.get(name) ?? { x: 0, y: 0 };
      const crossing = pairs.flatMap((one, i) =>
        pairs.slice(i + 1).filter((other) => {
          const [a, b, c, d] = [...one, ...other].map(at);
          if (new Set([...one, ...other]).size < 4) return false;
          return turn(a, b, c) !== turn(a, b, d) && turn(c, d, a) !== turn(c, d, b);
        }),
      );
      expect(crossing).to.deep.equal([]);
    });
  }

  it('is the same each time', async () => {
    const { nodes, links } = network('AB', 'AC', 'BD', 'CD');
    const [one, other] = [
      await layoutOf(nodes, links, 600, () => 15),
      await layoutOf(nodes, links, 600, () => 15),
    ];
    expect(one).to.deep.equal(other);
  });
});
