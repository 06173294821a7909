/**
 * The names of the topology, as experiments use them. Each look-up reports the name that is not there, with the
 * nearest one that is. Where the topology itself could not be read every look-up is silent: one mistake, one
 * message.
 */
import { formatList } from '../../analysis/format.ts';
import { type DocumentPath, didYouMean, unknown } from './problem.ts';
import type { Report } from './report.ts';
import type { HostNode, Link, RouterNode, Topology } from './resolved.ts';

export class Names {
  readonly topology: Topology | undefined;
  readonly #report: Report;
  readonly #routers = new Map<string, RouterNode>();
  readonly #hosts = new Map<string, HostNode>();
  readonly #linksOf = new Map<string, Link[]>();

  constructor(report: Report, topology: Topology | undefined) {
    this.#report = report;
    this.topology = topology;
    for (const router of topology?.routers ?? []) this.#routers.set(router.name, router);
    for (const host of topology?.hosts ?? []) this.#hosts.set(host.name, host);
    for (const link of topology?.links ?? []) {
      for (const node of new Set(link.ends.map((end) => end.node))) {
        const links = this.#linksOf.get(node);
        if (links === undefined) this.#linksOf.set(node, [link]);
        else links.push(link);
      }
    }
  }

  /** `where` ends the sentence: ` in step 2`. */
  router(path: DocumentPath, name: string, where = '', atKey = false): string | undefined {
    if (this.#routers.has(name)) return name;
    if (this.topology === undefined) return undefined;
    if (this.#hosts.has(name))
      this.#report.error(path, `"${name}"${where} is a host: a router is wanted`, atKey);
    else this.#unknown(path, 'router', name, this.#routers.keys(), where, atKey);
    return undefined;
  }

  host(path: DocumentPath, name: string, where = ''): HostNode | undefined {
    const host = this.#hosts.get(name);
    if (host !== undefined || this.topology === undefined) return host;
    if (!this.#routers.has(name)) {
      this.#unknown(path, 'host', name, this.#hosts.keys(), where);
      return undefined;
    }
    const hosts = this.hostsAt(name);
    const message = `"${name}"${where} is a router: a host is wanted`;
    if (hosts.length === 0) this.#report.error(path, message);
    else this.#report.error(path, { message, suggestion: `hosts there: ${hosts.join(', ')}` });
    return undefined;
  }

  /** By its two ends, or by its name. */
  link(path: DocumentPath, written: string | readonly string[], where: string): Link | undefined {
    if (this.topology === undefined) return undefined;
    if (typeof written === 'string') {
      const links = this.topology.links;
      const link = links.find(
        ({ name, ends }) =>
          name === written ||
          ends
            .map(({ node }) => node)
            .reverse()
            .join('-') === written,
      );
      if (link === undefined)
        this.#unknown(
          path,
          'link',
          written,
          links.map(({ name }) => name),
          where,
        );
      return link;
    }
    const [a, b] = written.map((name, index) => this.#node([...path, index], name, where));
    if (a === undefined || b === undefined) return undefined;
    if (a === b) {
      this.#report.error(path, `a link${where} has two ends: both of these are "${a}"`);
      return undefined;
    }
    const between = this.linksBetween(a, b);
    if (between.length === 1) return between[0];
    const message =
      between.length === 0
        ? `there is no link between "${a}" and "${b}"${where}`
        : `there are ${between.length} links between "${a}" and "${b}"${where}`;
    const suggestion =
      between.length === 0
        ? `"${a}" has links to ${listed(this.neighbours(a))}`
        : `name one: ${listed(between.map(({ name }) => name))}`;
    this.#report.error(path, { message, suggestion });
    return undefined;
  }

  /** `DNVR:to-KSCY` */
  port(path: DocumentPath, written: string, where: string): { router: string; port: string } | undefined {
    const colon = written.lastIndexOf(':');
    const router = this.router(path, written.slice(0, colon), where);
    if (router === undefined) return undefined;
    const port = written.slice(colon + 1);
    const ports = this.portsOf(router);
    if (ports.includes(port)) return { router, port };
    const suggestion = didYouMean(port, ports) ?? `it has ${listed(ports)}`;
    this.#report.error(path, {
      message: `router "${router}" has no interface "${port}"${where}`,
      suggestion,
    });
    return undefined;
  }

  hostNamed(name: string): HostNode | undefined {
    return this.#hosts.get(name);
  }

  isRouter(name: string): boolean {
    return this.#routers.has(name);
  }

  linksBetween(a: string, b: string): readonly Link[] {
    return (this.#linksOf.get(a) ?? []).filter((link) => link.ends.some((end) => end.node === b));
  }

  neighbours(node: string): readonly string[] {
    const nodes = (this.#linksOf.get(node) ?? []).flatMap((link) => link.ends.map((end) => end.node));
    return [...new Set(nodes)].filter((name) => name !== node).toSorted();
  }

  portsOf(node: string): readonly string[] {
    return (this.#linksOf.get(node) ?? []).flatMap((link) =>
      link.ends.filter((end) => end.node === node).map((end) => end.port),
    );
  }

  hostsAt(router: string): readonly string[] {
    return this.neighbours(router).filter((name) => this.#hosts.has(name));
  }

  routersAt(node: string): readonly string[] {
    return this.neighbours(node).filter((name) => this.#routers.has(name));
  }

  /** The smallest MTU on the links of a node; undefined where it has none. */
  mtuAt(node: string): number | undefined {
    const links = this.#linksOf.get(node) ?? [];
    return links.length === 0 ? undefined : Math.min(...links.map((link) => link.mtu));
  }

  #node(path: DocumentPath, name: string, where: string): string | undefined {
    if (this.#hosts.has(name)) return name;
    return this.router(path, name, where);
  }

  #unknown(
    path: DocumentPath,
    what: string,
    name: string,
    known: Iterable<string>,
    where: string,
    atKey = false,
  ): void {
    const names = [...known];
    const { message, suggestion } = unknown(what, name, names);
    const others = names.length === 0 ? `there are no ${what}s` : `known: ${listed(names)}`;
    this.#report.error(path, { message: message + where, suggestion: suggestion ?? others }, atKey);
  }
}

const MOST_LISTED = 12;

/** `A, B and C`; of many, the first twelve. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : formatList(names, MOST_LISTED);
}
