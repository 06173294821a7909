/**
 * containerlab topology files read into a draft. Nodes inherit from groups, kinds and defaults as in
 * containerlab; `bridge` and `ovs-bridge` nodes become broadcast segments; every other node is a router or a
 * host. A label decides which (`shadowlab-kind: router` or `host`); where there is none, a node of kind `linux`
 * is a host when it has exactly one link and neither its image nor its binds speak of a routing suite. What
 * was decided without a label is told in a warning.
 */
import { parseInterfaceAddress, parseMac } from '../../../net/address.ts';
import { unknown } from '../problem.ts';
import type { ContainerlabFile, ContainerlabLink, ContainerlabNode } from '../schema.generated.ts';
import type { Draft, DraftEnd, DraftHost, DraftLink, DraftRouter, Position } from './draft.ts';
import type { Findings, Place } from './findings.ts';
import { quoted } from './names.ts';
import { optional, readTraits, splitEndpoint, within } from './native.ts';

type Node = NonNullable<ContainerlabNode>;

interface Member {
  readonly name: string;
  readonly place: Place;
  readonly node: Node;
  readonly role: 'router' | 'host' | 'segment' | 'unused';
}

const KIND_LABEL = 'shadowlab-kind';
const PLAIN_KINDS = ['linux', 'ext-container'];
const SEGMENT_KINDS = ['bridge', 'ovs-bridge'];
/** Nodes that are no nodes: what an endpoint can lead to besides, in containerlab's brief form. */
const SPECIAL_NODES = ['host', 'mgmt-net', 'macvlan', 'vxlan', 'vxlan-stitch', 'dummy'];
const ROUTING_SUITE = /frr|bird|quagga|gobgp|openbgpd|exabgp|vyos|holo|zebra|rare|bio-rd/i;

/** Reads a value that the schema holds valid. */
export function readContainerlab(
  file: ContainerlabFile,
  name: string,
  root: Place,
  findings: Findings,
): Draft {
  const { topology } = file;
  const place = within(root, 'topology');
  const links = (topology.links ?? []).flatMap((link, index) =>
    readLink(link, within(place, 'links', index), findings),
  );
  const linkCount = new Map<string, number>();
  for (const end of links.flatMap((link) => link.ends))
    linkCount.set(end.node, (linkCount.get(end.node) ?? 0) + 1);
  const members = Object.entries(topology.nodes).map(([name, own]): Member => {
    const at = within(place, 'nodes', name);
    const node = inherit(topology, own ?? {}, at, findings);
    return { name, place: at, node, role: roleOf(name, node, linkCount.get(name) ?? 0, at, findings) };
  });
  for (const end of links.flatMap((link) => link.ends)) {
    if (!Object.hasOwn(topology.nodes, end.node) && !findings.full)
      findings.error(end.place(), unknown('node', end.node, Object.keys(topology.nodes)));
  }
  tellGuesses(members, place, findings);

  const described = ({ name, place: at, node }: Member): DraftRouter & DraftHost => ({
    name,
    place: at,
    ...optional('position', positionOf(node)),
  });
  const withRole = (role: Member['role']) => members.filter((member) => member.role === role);
  return {
    name: file.name ?? name,
    place: root,
    routers: withRole('router').map(described),
    hosts: withRole('host').map(described),
    links: joinSegments(links, withRole('segment'), findings),
    defaults: {},
    addressing: {},
  };
}

/** The node's own settings before its group's, its kind's and the defaults'; labels one by one, binds together. */
function inherit(topology: ContainerlabFile['topology'], own: Node, place: Place, findings: Findings): Node {
  const { defaults, groups = {}, kinds = {} } = topology;
  const groupName = own.group ?? defaults?.group;
  const group = groupName === undefined ? undefined : groups[groupName];
  if (own.group !== undefined && group === undefined && !Object.hasOwn(groups, own.group))
    findings.error(place(['group']), unknown('group', own.group, Object.keys(groups)));
  const kind = own.kind ?? group?.kind ?? defaults?.kind;
  const sources = [defaults, kind === undefined ? undefined : kinds[kind], group, own];
  return {
    ...Object.assign({}, ...sources),
    ...optional('kind', kind),
    labels: Object.assign({}, ...sources.map((source) => source?.labels)),
    binds: sources.flatMap((source) => source?.binds ?? []),
  };
}

function roleOf(name: string, node: Node, links: number, place: Place, findings: Findings): Member['role'] {
  const label = node.labels?.[KIND_LABEL];
  if (label === 'router' || label === 'host') return label;
  if (label !== undefined)
    findings.error(
      place(['labels', KIND_LABEL]),
      `the label ${KIND_LABEL} of "${name}" is "${label}": expected router or host`,
    );
  if (node.kind === undefined) {
    findings.error(place([], true), `node "${name}" has no kind, and nothing that gives it one`);
    return 'unused';
  }
  if (node.kind === 'host') {
    findings.error(
      place(['kind']),
      `node "${name}" is the machine that containerlab runs on: it cannot be taken along`,
    );
    return 'unused';
  }
  if (SEGMENT_KINDS.includes(node.kind)) return 'segment';
  if (links > 1 || !isPlain(node)) return 'router';
  return links === 1 ? 'host' : 'unused';
}

/** A node of which nothing says whether it routes. */
function isPlain({ kind = '', image = '', binds = [] }: Node): boolean {
  return PLAIN_KINDS.includes(kind) && ![image, ...binds].some((text) => ROUTING_SUITE.test(text));
}

function tellGuesses(members: readonly Member[], place: Place, findings: Findings): void {
  const guessed = members.filter(({ node }) => node.labels?.[KIND_LABEL] === undefined && isPlain(node));
  const named = (role: Member['role']) =>
    guessed.filter((member) => member.role === role).map((member) => member.name);
  const guesses = [
    ['taken for hosts, having one link', named('host')],
    ['taken for routers, having several links', named('router')],
    ['left out, having no link', named('unused')],
  ] as const;
  for (const [words, names] of guesses) {
    if (names.length === 0) continue;
    findings.warning(place(['nodes'], true), {
      message: `${words} and no routing suite: ${quoted(names)}`,
      suggestion: `the label "${KIND_LABEL}: router" or "${KIND_LABEL}: host" settles it`,
    });
  }
}

function readLink(link: ContainerlabLink, place: Place, findings: Findings): readonly DraftLink[] {
  const { type } = link;
  if (type !== undefined && type !== 'veth') {
    findings.error(
      place(['type']),
      `links of type "${type}" lead out of the lab: only veth links can be taken along`,
    );
    return [];
  }
  if (link.endpoints === undefined) {
    findings.error(place(), 'the key "endpoints" is missing');
    return [];
  }
  const ends = link.endpoints.map((end, index): DraftEnd => {
    const at = within(place, 'endpoints', index);
    const given = typeof end === 'string' ? splitEndpoint(end) : { node: end.node, port: end.interface };
    const { mac, ipv4 } = typeof end === 'string' ? {} : end;
    if (given.node === '' || given.port === undefined || given.port === '')
      findings.error(at(), 'an endpoint is written "NODE:interface"');
    const address = ipv4 ?? link.ipv4?.[index];
    return {
      ...given,
      place: at,
      ...optional('address', parse(parseInterfaceAddress, address, 'address', at, findings)),
      ...optional('mac', parse(parseMac, mac?.replaceAll('-', ':'), 'MAC address', at, findings)),
    };
  });
  const outside = ends.filter((end) => SPECIAL_NODES.includes(end.node));
  for (const end of outside)
    findings.error(
      end.place(),
      `an endpoint "${end.node}:" leads out of the lab: only links between nodes can be taken along`,
    );
  const traits = readTraits(link.vars ?? {}, within(place, 'vars'), findings);
  return outside.length > 0 ? [] : [{ place, ends, traits: { ...traits, ...optional('mtu', link.mtu) } }];
}

/** Text that is absent or empty, as containerlab lets it be, is nothing; text that is wrong is told. */
function parse<Value>(
  parser: (text: string) => Value | undefined,
  text: string | undefined,
  what: string,
  place: Place,
  findings: Findings,
): Value | undefined {
  if (text === undefined || text === '') return undefined;
  const value = parser(text);
  if (value === undefined) findings.error(place(), `"${text}" is no ${what}`);
  return value;
}

/** A bridge and its links become one segment; what the links say (the last of them first) holds for all of it. */
function joinSegments(
  links: readonly DraftLink[],
  segments: readonly Member[],
  findings: Findings,
): readonly DraftLink[] {
  const legs = new Map(segments.map((segment) => [segment.name, [] as { end: DraftEnd; link: DraftLink }[]]));
  const plain: DraftLink[] = [];
  for (const link of links) {
    const [first, second] = link.ends;
    const bridge = legs.has(first.node) ? first : second;
    const end = bridge === first ? second : first;
    const own = legs.get(bridge.node);
    if (own === undefined) plain.push(link);
    else if (legs.has(end.node))
      findings.error(
        link.place(),
        `a link between the bridges "${first.node}" and "${second.node}": join them into one`,
      );
    else own.push({ end, link });
  }
  const joined = segments.flatMap(({ name, place }): readonly DraftLink[] => {
    const own = legs.get(name) ?? [];
    if (own.length < 2) {
      findings.warning(place([], true), `left out the bridge "${name}", which joins nothing`);
      return [];
    }
    const traits = Object.assign({}, ...own.map(({ link }) => link.traits));
    return [{ place, name, ends: own.map(({ end }) => end), traits }];
  });
  return [...plain, ...joined];
}

/** containerlab's own labels: coordinates of its graph (y grows downwards) or of the globe. */
function positionOf({ labels = {} }: Node): Position | undefined {
  const read = (key: string) => (labels[key] === undefined ? Number.NaN : Number(labels[key]));
  const [longitude, latitude] = [read('graph-geoCoordinateLng'), read('graph-geoCoordinateLat')];
  if (Number.isFinite(longitude) && Number.isFinite(latitude)) return { x: longitude, y: latitude };
  const [x, y] = [read('graph-posX'), read('graph-posY')];
  return Number.isFinite(x) && Number.isFinite(y) ? { x, y: -y } : undefined;
}
