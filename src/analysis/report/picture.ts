/**
 * A network as SVG: the network itself is drawn once, as symbols, and every picture of it uses them and adds what
 * is its own: paths and failures. So a report with ten pictures of a large network stays small.
 */

import type { Plane } from '../../net/wire.ts';
import type { LinkFact, NodeFact, RunStarted } from '../facts.ts';
import { type Content, type Html, html } from './escape.ts';
import { type Layout, layoutOf, type Point } from './layout.ts';

/** Where failed things and paths are drawn. Names that the network does not know are left out. */
export interface Scene {
  readonly title: string;
  readonly paths: readonly PicturePath[];
  readonly failed: readonly { readonly target: string; readonly plane: Plane | 'both' }[];
}

export interface PicturePath {
  readonly plane: Plane;
  /** Hosts; drawn beside the first and the last router. */
  readonly from: string;
  readonly to: string;
  readonly routers: readonly string[];
  readonly arrived: boolean;
  /** Taken before the one that stayed: drawn fainter. */
  readonly former: boolean;
}

/** The network of a run, laid out. */
export interface Drawing {
  readonly layout: Layout;
  readonly nodes: ReadonlyMap<string, NodeFact>;
  readonly links: ReadonlyMap<string, LinkFact>;
  /** Router names written in the picture, or only dots. */
  readonly labelled: boolean;
  readonly changed: ReadonlySet<string>;
  /** By name of a link: pixels beside the line between its ends. */
  readonly aside: ReadonlyMap<string, number>;
}

const LABELLED_NODES = 48;
const LONGEST_LABEL = 14;
const LABELS_IN_A_SCENE = 24;
const BETWEEN_SIBLINGS = 7;

/** Lays out the routers of a run; `changed` are those whose configuration the experiment changes. */
export async function drawingOf(start: RunStarted, changed: ReadonlySet<string>): Promise<Drawing> {
  const routers = start.nodes.filter((node) => node.kind === 'router');
  const labelled = routers.length <= LABELLED_NODES;
  const shown = new Set(routers.map((node) => node.name));
  const links = start.links.filter((link) => link.ends.filter((end) => shown.has(end.node)).length > 1);
  const width = routers.length <= LABELLED_NODES ? 640 : 900;
  const layout = await layoutOf(routers, links, width, (node) => (labelled ? halfWidthOf(node.name) + 4 : 4));
  return {
    layout,
    nodes: new Map(start.nodes.map((node) => [node.name, node])),
    links: new Map(start.links.map((link) => [link.name, link])),
    labelled,
    changed,
    aside: asideOf(links),
  };
}

const shorten = (name: string): string =>
  name.length > LONGEST_LABEL ? `${name.slice(0, LONGEST_LABEL - 1)}…` : name;
const halfWidthOf = (name: string): number => Math.max(18, shorten(name).length * 4.1 + 7);

/** The symbols that every picture uses; put once into a page. */
export function symbolsOf(drawing: Drawing): Html {
  const { layout, changed, labelled } = drawing;
  const box = `0 0 ${layout.width} ${layout.height}`;
  const lines = [...drawing.links.values()].flatMap((link) => segmentsOf(drawing, link));
  const nodes = [...layout.positions].map(([name, { x, y }]) => {
    const kind = changed.has(name) ? 'node changed' : 'node';
    if (!labelled) {
      return html`<circle class="${kind}" cx="${x}" cy="${y}" r="${changed.has(name) ? 4 : 2.5}"><title>${name}</title></circle>`;
    }
    const half = halfWidthOf(name);
    return html`<g class="${kind}"><title>${name}</title><rect x="${round(x - half)}" y="${round(y - 12)}" width="${round(2 * half)}" height="24" rx="12"/><text x="${x}" y="${round(y + 4)}">${shorten(name)}</text></g>`;
  });
  return html`<svg class="symbols" aria-hidden="true" width="0" height="0">
<symbol id="links" viewBox="${box}"><path class="link${labelled ? '' : ' thin'}" d="${lines.map(([a, b]) => `M${a.x} ${a.y}L${b.x} ${b.y}`).join('')}"/></symbol>
<symbol id="nodes" viewBox="${box}">${nodes}</symbol>
</svg>`;
}

/** One picture. */
export function pictureOf(drawing: Drawing, scene: Scene): Html {
  const { width, height } = drawing.layout;
  const size = html`width="${width}" height="${height}"`;
  const hosts = hostsByRouter(scene.paths);
  const failures = scene.failed.map((failure) => drawFailure(drawing, failure.target, failure.plane));
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${scene.title}">
<use href="#links" ${size}/>${failures.map((failure) => failure.under)}${scene.paths.map((path, i) => drawPath(drawing, path, offsetOf(scene.paths, i)))}${drawing.labelled ? [...hosts].map(([router, names]) => drawHosts(drawing, names.join(', '), router)) : undefined}<use href="#nodes" ${size}/>${drawing.labelled ? undefined : drawLabels(drawing, scene)}${failures.map((failure) => failure.over)}
</svg>`;
}

/** Straight lines of a link: one between two ends, a star from their middle for a broadcast segment. */
function segmentsOf(drawing: Drawing, link: LinkFact): readonly (readonly [Point, Point])[] {
  const ends = link.ends.flatMap((end) => drawing.layout.positions.get(end.node) ?? []);
  const [first, second] = ends;
  if (first === undefined || second === undefined) return [];
  if (ends.length === 2) {
    const aside = drawing.aside.get(link.name) ?? 0;
    return [aside === 0 ? [first, second] : shifted(first, second, aside)];
  }
  const hub = middleOf(ends);
  return ends.map((end) => [hub, end]);
}

/** How far links between the same two nodes stand from the line between them, so that each is seen: 0 for a single one. */
function asideOf(links: readonly LinkFact[]): ReadonlyMap<string, number> {
  const pairs = Map.groupBy(links, (link) => JSON.stringify(link.ends.map((end) => end.node).sort()));
  return new Map(
    [...pairs.values()].flatMap((siblings) =>
      siblings.map((link, i) => [link.name, (i - (siblings.length - 1) / 2) * BETWEEN_SIBLINGS] as const),
    ),
  );
}

/**
 * A line beside the one from `a` to `b`. The side is a matter of the two points, not of the direction: there and
 * back must not cover one another.
 */
function shifted(a: Point, b: Point, by: number): readonly [Point, Point] {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const way = a.x < b.x || (a.x === b.x && a.y < b.y) ? 1 : -1;
  const dx = (-(b.y - a.y) / length) * by * way;
  const dy = ((b.x - a.x) / length) * by * way;
  return [
    { x: round(a.x + dx), y: round(a.y + dy) },
    { x: round(b.x + dx), y: round(b.y + dy) },
  ];
}

function middleOf(points: readonly Point[]): Point {
  const sum = points.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
  return { x: round(sum.x / points.length), y: round(sum.y / points.length) };
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Pixels beside the link, so that paths on the same link lie side by side: real on one side, shadow on the other. */
function offsetOf(paths: readonly PicturePath[], index: number): number {
  const path = paths[index];
  if (path === undefined) return 0;
  const rank = paths.slice(0, index).filter((other) => other.plane === path.plane).length;
  const side = path.plane === 'real' ? -1 : 1;
  return side * (3 + 5 * (rank % 3));
}

function drawPath(drawing: Drawing, path: PicturePath, offset: number): Html {
  const points = path.routers.flatMap((router) => drawing.layout.positions.get(router) ?? []);
  const parts: string[] = [];
  const arrows: Html[] = [];
  for (const [i, a] of points.slice(0, -1).entries()) {
    const b = points[i + 1];
    if (b === undefined) continue;
    const [from, to] = shifted(a, b, offset);
    parts.push(`M${from.x} ${from.y}L${to.x} ${to.y}`);
    const angle = Math.round((Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI);
    const { x, y } = middleOf([from, to]);
    if (drawing.labelled) {
      arrows.push(
        html`<path class="arrow ${path.plane}" d="M-5 -4.5L5 0L-5 4.5Z" transform="translate(${x} ${y}) rotate(${angle})"/>`,
      );
    }
  }
  const last = points.at(-1);
  const lost =
    path.arrived || last === undefined
      ? undefined
      : html`<g class="cross" transform="translate(${last.x} ${round(last.y + (drawing.labelled ? 20 : 9))})"><path d="M-5 -5L5 5M5 -5L-5 5"/></g>`;
  return html`<g class="${path.former ? 'former' : 'current'}"><path class="path ${path.plane}" d="${parts.join('')}"/>${arrows}${lost}</g>`;
}

const hostsOf = (path: PicturePath): readonly (readonly [string, string])[] => {
  const [first, last] = [path.routers[0], path.routers.at(-1)];
  return [
    ...(first === undefined ? [] : [[path.from, first] as const]),
    ...(last === undefined || !path.arrived ? [] : [[path.to, last] as const]),
  ];
};

function hostsByRouter(paths: readonly PicturePath[]): ReadonlyMap<string, readonly string[]> {
  const byRouter = new Map<string, string[]>();
  for (const [host, router] of paths.flatMap((path) => hostsOf(path))) {
    const hosts = byRouter.get(router) ?? [];
    if (!hosts.includes(host)) byRouter.set(router, [...hosts, host]);
  }
  return byRouter;
}

/** The names of its hosts above or below a router, away from the middle of the picture. */
function drawHosts(drawing: Drawing, host: string, router: string): Html | undefined {
  const at = drawing.layout.positions.get(router);
  if (at === undefined) return undefined;
  const below = at.y > drawing.layout.height / 2;
  const half = shorten(host).length * 3.4;
  const x = round(Math.min(drawing.layout.width - half - 4, Math.max(half + 4, at.x)));
  const y = round(at.y + (below ? 27 : -19));
  return html`<text class="host" x="${x}" y="${y}"><title>${host}</title>${shorten(host)}</text>`;
}

/** In a picture of dots: names of the ends of paths and of what failed, as many as stay legible. */
function drawLabels(drawing: Drawing, scene: Scene): Content {
  const names = new Set([
    ...scene.paths.flatMap((path) => [path.routers[0] ?? '', path.routers.at(-1) ?? '']),
    ...scene.failed.flatMap((failure) => nodesOf(drawing, failure.target)),
    ...(drawing.changed.size <= LABELS_IN_A_SCENE ? drawing.changed : []),
  ]);
  return [...names].slice(0, LABELS_IN_A_SCENE).map((name) => {
    const at = drawing.layout.positions.get(name);
    return at === undefined
      ? undefined
      : html`<text class="label" x="${at.x}" y="${round(at.y - 8)}">${shorten(name)}</text>`;
  });
}

function nodesOf(drawing: Drawing, target: string): readonly string[] {
  const { kind, name } = parseTarget(target);
  if (kind === 'link') return drawing.links.get(name)?.ends.map((end) => end.node) ?? [];
  return [kind === 'port' ? routerOfPort(drawing, name) : name];
}

function parseTarget(target: string): { readonly kind: string; readonly name: string } {
  const space = target.indexOf(' ');
  return { kind: target.slice(0, space), name: target.slice(space + 1) };
}

/** `DNVR:to-KSCY`; names may hold colons themselves, so the routers are asked. */
function routerOfPort(drawing: Drawing, name: string): string {
  return [...drawing.layout.positions.keys()].find((router) => name.startsWith(`${router}:`)) ?? '';
}

interface Failure {
  readonly under?: Html;
  readonly over?: Html;
}

function drawFailure(drawing: Drawing, target: string, plane: Plane | 'both'): Failure {
  const { kind, name } = parseTarget(target);
  const what = html`<title>${target} failed (${plane})</title>`;
  const cross = ({ x, y }: Point): Html =>
    html`<g class="cross" transform="translate(${x} ${y})">${what}<circle r="9"/><path d="M-4 -4L4 4M4 -4L-4 4"/></g>`;
  const style = `broken ${plane === 'shadow' ? 'shadow-only' : ''}`;
  if (kind === 'link') {
    const link = drawing.links.get(name);
    const segments = link === undefined ? [] : segmentsOf(drawing, link);
    const [first] = segments;
    if (first === undefined) return {};
    return {
      under: html`<path class="${style}" d="${segments.map(([a, b]) => `M${a.x} ${a.y}L${b.x} ${b.y}`).join('')}"/>`,
      over: cross(segments.length === 1 ? middleOf(first) : first[0]),
    };
  }
  const router = kind === 'port' ? routerOfPort(drawing, name) : name;
  const at = drawing.layout.positions.get(router);
  if (at === undefined) return {};
  if (kind === 'router') return { over: cross({ x: at.x, y: round(at.y - 14) }) };
  const port = name.slice(router.length + 1);
  const link = [...drawing.links.values()].find((one) =>
    one.ends.some((end) => end.node === router && end.port === port),
  );
  const far = link?.ends.find((end) => end.node !== router)?.node;
  const to = far === undefined ? undefined : drawing.layout.positions.get(far);
  if (to === undefined) return { over: cross({ x: at.x, y: round(at.y - 14) }) };
  const near = { x: round(at.x + (to.x - at.x) * 0.3), y: round(at.y + (to.y - at.y) * 0.3) };
  return {
    under: html`<path class="${style}" d="M${at.x} ${at.y}L${near.x} ${near.y}"/>`,
    over: cross(near),
  };
}
