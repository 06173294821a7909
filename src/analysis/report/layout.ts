/**
 * Where the nodes of a network stand in a picture. Positions that the topology gives are kept, as a map would;
 * where there are none Graphviz finds some. Either way nodes that would cover one another are pushed apart.
 */
import type { LinkFact, NodeFact } from '../facts.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** By name of the node; x to the right, y down. */
  readonly positions: ReadonlyMap<string, Point>;
}

/** Beyond this a picture says nothing any more, and takes long to make. */
export const LARGEST_PICTURE = 2000;
const LARGEST_FOR_SPRINGS = 150;
/** Of links. Springs may come to rest in a tangle: small networks are laid out from several beginnings. */
const LARGEST_FOR_TRIES = 60;
const TRIES = 8;

/**
 * Lays out `nodes`, of which `halfWidth` gives half the width that each takes, on a canvas `width` wide.
 * Deterministic. At most LARGEST_PICTURE nodes are laid out.
 */
export async function layoutOf(
  nodes: readonly NodeFact[],
  links: readonly LinkFact[],
  width: number,
  halfWidth: (node: NodeFact) => number,
): Promise<Layout> {
  const shown = nodes.slice(0, LARGEST_PICTURE);
  const given = shown.every((node) => node.position !== undefined)
    ? mapOf(shown)
    : await springs(shown, links);
  const margin = 20 + Math.max(0, ...shown.map(halfWidth));
  const fitted = scaleTo(given, width, margin);
  const apart = pushApart(
    fitted.points.map((point, i) => ({ ...point, halfWidth: halfWidth(shown[i] ?? NOWHERE) })),
    shown.length > 200 ? 4 : 16,
    { left: margin, right: width - margin, top: 28, bottom: fitted.height - 28 },
  );
  return {
    width,
    height: fitted.height,
    positions: new Map(shown.map((node, i) => [node.name, apart[i] ?? { x: 0, y: 0 }])),
  };
}

const NOWHERE: NodeFact = { name: '', kind: 'router', address: '' };

/** Given positions, north up; degrees of longitude shrink with latitude, as on any map (equirectangular). */
function mapOf(nodes: readonly NodeFact[]): readonly Point[] {
  const points = nodes.map((node) => node.position ?? { x: 0, y: 0 });
  const latitude = points.reduce((sum, point) => sum + point.y, 0) / Math.max(1, points.length);
  const degrees = points.every((point) => Math.abs(point.x) <= 180 && Math.abs(point.y) <= 90);
  const shrink = degrees ? Math.cos((latitude * Math.PI) / 180) : 1;
  return points.map((point) => ({ x: point.x * shrink, y: -point.y }));
}

/**
 * Graphviz knows nodes by number only: no name of the user's gets into its language. Of several layouts, the first
 * one in which the fewest links cross.
 */
async function springs(nodes: readonly NodeFact[], links: readonly LinkFact[]): Promise<readonly Point[]> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  const numbers = new Map(nodes.map((node, i) => [node.name, i]));
  const pairs = links.flatMap((link): readonly Pair[] => {
    const [first, ...others] = link.ends.flatMap((end) => numbers.get(end.node) ?? []);
    return first === undefined ? [] : others.map((other) => [first, other]);
  });
  const engine = nodes.length > LARGEST_FOR_SPRINGS ? 'sfdp' : 'neato';
  const from = (start: number): readonly Point[] => {
    const graph = {
      directed: false,
      graphAttributes: { start, overlap: true },
      nodes: nodes.map((_, i) => ({ name: `n${i}` })),
      edges: pairs.map(([tail, head]) => ({ tail: `n${tail}`, head: `n${head}` })),
    };
    const { output } = viz.render(graph, { engine, format: 'plain' });
    const found = new Map(
      [...(output ?? '').matchAll(/^node n(\d+) (\S+) (\S+)/gm)].map((line) => [Number(line[1]), line]),
    );
    return nodes.map((_, i) => ({ x: Number(found.get(i)?.[2] ?? 0), y: -Number(found.get(i)?.[3] ?? 0) }));
  };
  let best = from(1);
  if (pairs.length > LARGEST_FOR_TRIES) return best;
  let fewest = crossingsIn(best, pairs);
  for (let start = 2; start <= TRIES && fewest > 0; start++) {
    const points = from(start);
    const crossings = crossingsIn(points, pairs);
    if (crossings < fewest) [best, fewest] = [points, crossings];
  }
  return best;
}

/** Two nodes with a line between them, by number. */
type Pair = readonly [number, number];

function crossingsIn(points: readonly Point[], pairs: readonly Pair[]): number {
  const lines = pairs.flatMap(([a, b]) => {
    const [from, to] = [points[a], points[b]];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  /** Above 0: `point` lies to one side of the line, below 0 to the other. */
  const side = ({ from, to }: (typeof lines)[number], point: Point): number =>
    (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x);
  let crossings = 0;
  for (const [i, one] of lines.entries()) {
    for (const other of lines.slice(i + 1)) {
      // Lines that share an end have a 0 here: they meet, and do not cross.
      const apart = side(one, other.from) * side(one, other.to) < 0;
      if (apart && side(other, one.from) * side(other, one.to) < 0) crossings++;
    }
  }
  return crossings;
}

/** Scales points to the width, with a height between two fifths and four fifths of it. */
function scaleTo(
  points: readonly Point[],
  width: number,
  margin: number,
): { readonly points: readonly Point[]; readonly height: number } {
  const left = Math.min(...points.map((point) => point.x));
  const top = Math.min(...points.map((point) => point.y));
  const wide = Math.max(...points.map((point) => point.x)) - left;
  const high = Math.max(...points.map((point) => point.y)) - top;
  const inner = width - 2 * margin;
  const innerHeight = Math.min(width * 0.7, Math.max(width * 0.34, wide === 0 ? 0 : (high / wide) * inner));
  const scale = Math.min(inner / (wide || 1), innerHeight / (high || 1));
  const offsetX = margin + (inner - wide * scale) / 2;
  const offsetY = 36 + (innerHeight - high * scale) / 2;
  return {
    points: points.map((point) => ({
      x: offsetX + (point.x - left) * scale,
      y: offsetY + (point.y - top) * scale,
    })),
    height: innerHeight + 72,
  };
}

interface Box extends Point {
  readonly halfWidth: number;
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Moves overlapping boxes apart along the axis of least overlap, a few rounds; `halfHeight` holds for all. */
function pushApart(boxes: readonly Box[], halfHeight: number, frame: Frame): readonly Point[] {
  const moved = boxes.map((box) => ({ x: box.x, y: box.y, halfWidth: box.halfWidth }));
  const rounds = boxes.length > 200 ? 8 : 60;
  for (let round = 0; round < rounds; round++) {
    let touched = false;
    for (const [i, a] of moved.entries()) {
      for (const b of moved.slice(i + 1)) {
        const overX = a.halfWidth + b.halfWidth - Math.abs(a.x - b.x);
        const overY = 2 * halfHeight - Math.abs(a.y - b.y);
        if (overX <= 0 || overY <= 0) continue;
        touched = true;
        const right = b.x >= a.x ? 1 : -1;
        const down = b.y >= a.y ? 1 : -1;
        if (overX < overY) {
          a.x -= (right * overX) / 2;
          b.x += (right * overX) / 2;
        } else {
          a.y -= (down * overY) / 2;
          b.y += (down * overY) / 2;
        }
      }
    }
    for (const box of moved) {
      box.x = Math.min(frame.right, Math.max(frame.left, box.x));
      box.y = Math.min(frame.bottom, Math.max(frame.top, box.y));
    }
    if (!touched) break;
  }
  return moved.map(({ x, y }) => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 }));
}
