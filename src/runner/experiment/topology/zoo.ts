/**
 * Topology Zoo files (Knight et al., "The Internet Topology Zoo", IEEE JSAC 29(9), 2011) read into a draft.
 * Every node becomes a router, also those that stand for a branching of cables; edges become links, parallel
 * ones stay apart. Rates come from `LinkSpeedRaw`, delays from the distance where both ends have coordinates.
 * The files know no metrics: the routers make their costs from the bandwidth.
 */
import { unknown } from '../problem.ts';
import type { SourceText } from '../source-text.ts';
import type { Draft, DraftEnd, DraftLink, DraftRouter, LinkTraits, Position } from './draft.ts';
import type { Findings, Place } from './findings.ts';
import { fibreDelayNs } from './geography.ts';
import { type GmlEntry, type GmlValue, parseGml } from './gml.ts';
import { asWord, MAX_NODE_NAME, NO_WORD, takeFree } from './names.ts';

const MAX_NODES = 10_000;
const MAX_EDGES = 50_000;

/** Undefined where the file holds no graph that could be read; `findings` says why. */
export function readZoo(source: SourceText, name: string, findings: Findings): Draft | undefined {
  const entries = parseGml(source, findings);
  if (findings.failed) return undefined;
  const graph = entries.find((entry) => entry.key === 'graph');
  const contents = listOf(graph?.value);
  if (graph === undefined || contents === undefined) {
    findings.error(source.locate(0), 'the file has no graph [ ... ]');
    return undefined;
  }
  const placeOf = (entry: GmlEntry): Place => {
    const inner = listOf(entry.value);
    return (path = []) => {
      const field = inner?.find((candidate) => candidate.key === path[0]);
      return field === undefined
        ? source.locate(entry.start, entry.start + entry.key.length)
        : source.locate(field.start, field.end);
    };
  };
  const nodes = contents.filter((entry) => entry.key === 'node');
  const edges = contents.filter((entry) => entry.key === 'edge');
  if (nodes.length === 0)
    findings.error(source.locate(graph.start, graph.start + 5), 'the graph has no nodes');
  if (nodes.length > MAX_NODES) findings.error(placeOf(nodes[MAX_NODES])(), `more than ${MAX_NODES} nodes`);
  if (edges.length > MAX_EDGES) findings.error(placeOf(edges[MAX_EDGES])(), `more than ${MAX_EDGES} edges`);
  if (findings.failed) return undefined;

  const routers = readNodes(nodes, placeOf, findings);
  const links = edges.flatMap((edge) => readEdge(fieldsOf(edge.value), placeOf(edge), routers, findings));
  const label = fieldsOf(graph.value).get('label');
  return {
    name: typeof label === 'string' && label.trim() !== '' ? label.trim() : name,
    place: placeOf(graph),
    routers: [...routers.values()],
    hosts: [],
    links,
    defaults: {},
    addressing: {},
  };
}

/** By the file's own node numbers. */
function readNodes(
  nodes: readonly GmlEntry[],
  placeOf: (entry: GmlEntry) => Place,
  findings: Findings,
): ReadonlyMap<number, DraftRouter> {
  const routers = new Map<number, DraftRouter>();
  const names = new Set<string>();
  for (const node of nodes) {
    const place = placeOf(node);
    const fields = fieldsOf(node.value);
    const id = fields.get('id');
    if (typeof id !== 'number') {
      findings.error(place(['id']), 'a node needs a number as its id');
    } else if (routers.has(id)) {
      findings.error(place(['id']), `two nodes have the id ${id}`);
    } else {
      const name = takeFree(names, nameOf(fields, id), MAX_NODE_NAME, '-');
      const position = positionOf(fields);
      routers.set(id, position === undefined ? { name, place } : { name, place, position });
    }
  }
  return routers;
}

/** The label as one word; `node-7` where it says nothing, `junction-7` where cables branch. */
function nameOf(fields: ReadonlyMap<string, GmlValue>, id: number): string {
  const label = fields.get('label');
  if (fields.get('hyperedge') === 1) return `junction-${id}`;
  const word = asWord(String(typeof label === 'object' ? '' : (label ?? '')));
  return word === NO_WORD ? `node-${id}` : word;
}

function positionOf(fields: ReadonlyMap<string, GmlValue>): Position | undefined {
  const x = fields.get('Longitude');
  const y = fields.get('Latitude');
  if (typeof x !== 'number' || typeof y !== 'number') return undefined;
  return Math.abs(x) <= 180 && Math.abs(y) <= 90 ? { x, y } : undefined;
}

/** Nothing for an edge that is wrong, or that leads back to its own node. */
function readEdge(
  fields: ReadonlyMap<string, GmlValue>,
  place: Place,
  routers: ReadonlyMap<number, DraftRouter>,
  findings: Findings,
): readonly DraftLink[] {
  const ends: DraftRouter[] = [];
  for (const key of ['source', 'target']) {
    const id = fields.get(key);
    const router = typeof id === 'number' ? routers.get(id) : undefined;
    if (router !== undefined) ends.push(router);
    else if (id === undefined) findings.error(place(), `an edge needs the id of a node as its ${key}`);
    else findings.error(place([key]), unknown('node id', String(id), []));
  }
  if (ends.length < 2) return [];
  const [a, b] = ends;
  if (a === b) {
    findings.warning(place(), `left out an edge from "${a.name}" to itself`);
    return [];
  }
  const rateBps = fields.get('LinkSpeedRaw');
  const traits: Partial<LinkTraits> = {
    ...(typeof rateBps === 'number' && rateBps >= 1 ? { rateBps: Math.round(rateBps) } : {}),
    ...(a.position && b.position ? { delayNs: fibreDelayNs(a.position, b.position) } : {}),
  };
  return [{ place, ends: ends.map(({ name }): DraftEnd => ({ node: name, place })), traits }];
}

/** Keys of a list and their first values. */
function fieldsOf(value: GmlValue | undefined): ReadonlyMap<string, GmlValue> {
  const fields = new Map<string, GmlValue>();
  for (const { key, value: own } of listOf(value) ?? []) if (!fields.has(key)) fields.set(key, own);
  return fields;
}

function listOf(value: GmlValue | undefined): readonly GmlEntry[] | undefined {
  return typeof value === 'object' ? value : undefined;
}
