/**
 * Names: of nodes, which are the user's own; of ports and links, made from them. Everything made here depends
 * on the order of the file alone, and nothing later in the file changes what came before.
 */
import { unknown } from '../problem.ts';
import type { Draft, DraftLink } from './draft.ts';
import type { Findings } from './findings.ts';

/** Linux: IFNAMSIZ - 1. Names that we make fit, so that the same configuration works on a real interface. */
const MAX_MADE_PORT = 15;
const MAX_GIVEN_PORT = 63;
export const MAX_NODE_NAME = 63;

/** A port of each end of each link: result[link][end]. */
export type Ports = readonly (readonly string[])[];

/** Refuses node names that are not fit to be one, or that are used twice. */
export function checkNodes(draft: Draft, findings: Findings): void {
  const routers = new Set(draft.routers.map((router) => router.name));
  for (const { name, place } of [...draft.routers, ...draft.hosts]) {
    const wrong = wrongNodeName(name);
    if (wrong !== undefined) findings.error(place([], true), `the name ${JSON.stringify(name)} ${wrong}`);
  }
  for (const host of draft.hosts) {
    if (routers.has(host.name))
      findings.error(host.place([], true), `"${host.name}" is the name of a router and of a host`);
  }
}

function wrongNodeName(name: string): string | undefined {
  if (name.trim() === '') return 'is blank';
  if (name.length > MAX_NODE_NAME) return `is longer than ${MAX_NODE_NAME} characters`;
  if (name !== name.trim()) return 'begins or ends with a blank';
  if (/\p{C}/u.test(name)) return 'contains a character that cannot be seen';
  return name.includes(':') ? 'contains a colon, which sets a node apart from its interface' : undefined;
}

/** Refuses ends that are no node, links from a node to itself or without a router, hosts on no link or on two. */
export function checkLinks(draft: Draft, findings: Findings): void {
  const routers = new Set(draft.routers.map((router) => router.name));
  const linksOfHost = new Map(draft.hosts.map((host) => [host.name, 0]));
  for (const link of draft.links) {
    const seen = new Set<string>();
    for (const end of link.ends) {
      const known = routers.has(end.node) || linksOfHost.has(end.node);
      if (!known && !findings.full)
        findings.error(end.place(), unknown('node', end.node, [...routers, ...linksOfHost.keys()]));
      if (seen.has(end.node)) findings.error(end.place(), `"${end.node}" is linked to itself`);
      seen.add(end.node);
    }
    for (const name of seen) {
      const count = linksOfHost.get(name);
      if (count !== undefined) linksOfHost.set(name, count + 1);
    }
    if ([...seen].every((name) => linksOfHost.has(name)))
      findings.error(link.place(), `no router on the link of ${quoted([...seen])}`);
  }
  for (const host of draft.hosts) {
    const count = linksOfHost.get(host.name);
    if (count === 0)
      findings.error(host.place([], true), {
        message: `host "${host.name}" is on no link`,
        suggestion: 'give it a router, or name it among the endpoints of a link',
      });
    else if (count !== 1)
      findings.error(host.place([], true), `host "${host.name}" is on ${count} links; a host has one`);
  }
}

/** Names the ports: what is given stays; else `to-<peer>`, `lan-<n>` on a broadcast segment, `eth0` on a host. */
export function namePorts(draft: Draft, findings: Findings): Ports {
  const hosts = new Set(draft.hosts.map((host) => host.name));
  const used = new Map<string, Set<string>>();
  const usedBy = (node: string): Set<string> => {
    const names = used.get(node) ?? new Set(['lo']);
    used.set(node, names);
    return names;
  };
  for (const { node, port, place } of draft.links.flatMap((link) => link.ends)) {
    if (port === undefined) continue;
    if (!isPortName(port)) findings.error(place(), `"${port}" is not fit to name an interface`);
    else if (port === 'lo')
      findings.error(place(), 'the interface "lo" is the loopback: no link can end there');
    else if (usedBy(node).has(port))
      findings.error(place(), `the interface "${port}" of "${node}" has two links`);
    usedBy(node).add(port);
  }
  let segments = 0;
  return draft.links.map((link) => {
    if (link.ends.length > 2) segments += 1;
    return link.ends.map((end, index) => {
      if (end.port !== undefined) return end.port;
      const wanted = hosts.has(end.node) ? 'eth0' : wantedPort(link, index, segments);
      return takeFree(usedBy(end.node), wanted, MAX_MADE_PORT, '-');
    });
  });
}

function wantedPort(link: DraftLink, end: number, segment: number): string {
  if (link.ends.length === 2) return `to-${asWord(link.ends[1 - end].node)}`;
  return link.name === undefined ? `lan-${segment}` : asWord(link.name);
}

/** Names the links: what is given stays; else the nodes' names, sorted, `A-B`; the second such link is `A-B#2`. */
export function nameLinks(draft: Draft, findings: Findings): readonly string[] {
  const used = new Set<string>();
  for (const { name, place } of draft.links) {
    if (name === undefined) continue;
    if (/\p{C}/u.test(name))
      findings.error(place(['name']), 'the name contains a character that cannot be seen');
    if (used.has(name)) findings.error(place(['name']), `two links are called "${name}"`);
    used.add(name);
  }
  return draft.links.map((link) => {
    if (link.name !== undefined) return link.name;
    const nodes = link.ends.map((end) => end.node).toSorted(compareText);
    return takeFree(used, nodes.join('-'), Number.POSITIVE_INFINITY, '#');
  });
}

/** `wanted`, cut to `limit`, or the first of `wanted-2`, `wanted-3`, ... that is free; it is taken from then on. */
export function takeFree(used: Set<string>, wanted: string, limit: number, mark: string): string {
  let name = wanted.slice(0, limit);
  for (let count = 2; used.has(name); count++) {
    const suffix = `${mark}${count}`;
    name = wanted.slice(0, limit - suffix.length) + suffix;
  }
  used.add(name);
  return name;
}

/** Stands for a name of which nothing is left as a word. */
export const NO_WORD = 'node';

/** `text` as one word that configurations and file names can hold: accents dropped, the rest `_`. Never empty. */
export function asWord(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '');
  return plain.replace(/[^A-Za-z0-9.-]+/g, '_').replace(/^[_.-]+|[_.-]+$/g, '') || NO_WORD;
}

function isPortName(name: string): boolean {
  return name.length <= MAX_GIVEN_PORT && /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name);
}

/** By code unit: the same order everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const MAX_QUOTED = 10;

/** `"A", "B" and "C"`, for messages; of many, the first ten. */
export function quoted(names: readonly string[]): string {
  const words = names.slice(0, MAX_QUOTED).map((name) => `"${name}"`);
  if (names.length > MAX_QUOTED) words.push(`${names.length - MAX_QUOTED} more`);
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
