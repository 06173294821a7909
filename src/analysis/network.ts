/** The topology of a run as analysis asks about it: who is at the other end of a port, who a flow belongs to. */
import type { FlowFact, LinkFact, RunStarted } from './facts.ts';

export class Network {
  readonly routers: readonly string[];
  /** By number on the wire. */
  readonly flows: ReadonlyMap<number, FlowFact>;
  readonly #addresses = new Map<string, string>();
  readonly #loopbacks = new Map<string, string>();
  readonly #links = new Map<string, LinkFact>();
  readonly #attached = new Map<string, Set<string>>();

  constructor(start: RunStarted) {
    const isRouter = new Set(start.nodes.filter((node) => node.kind === 'router').map((node) => node.name));
    this.routers = [...isRouter].sort();
    this.flows = new Map(start.flows.map((flow) => [flow.id, flow]));
    for (const node of start.nodes) {
      this.#addresses.set(node.name, bare(node.address));
      if (node.kind === 'router') this.#loopbacks.set(bare(node.address), node.name);
    }
    for (const { to, outside } of start.flows)
      if (outside !== undefined) this.#addresses.set(to, outside.address);
    for (const link of start.links) {
      for (const end of link.ends) {
        this.#links.set(portKey(end.node, end.port), link);
        if (isRouter.has(end.node)) continue;
        for (const other of link.ends) {
          if (isRouter.has(other.node)) setOf(this.#attached, end.node).add(other.node);
        }
      }
    }
  }

  /** Loopback of a router, address of a host or of what flows go to outside; undefined for a name that is not in the topology. */
  addressOf(node: string): string | undefined {
    return this.#addresses.get(node);
  }

  /**
   * Who has an address, as `router` would find it: a router's loopback, the other end of one of its own links, or else
   * an end of any link. Customers' addresses may be several nodes'.
   */
  nodeWith(address: string, router: string): string | undefined {
    const known = this.#loopbacks.get(address);
    if (known !== undefined) return known;
    const ends = [...new Set(this.#links.values())].filter(({ ends }) =>
      ends.some((end) => bare(end.address) === address),
    );
    const link = ends.find(({ ends }) => ends.some(({ node }) => node === router)) ?? ends[0];
    return link?.ends.find((end) => bare(end.address) === address)?.node;
  }

  /** The address that a node has on a link to another. */
  addressBetween(node: string, other: string): string | undefined {
    for (const { ends } of this.#links.values()) {
      const own = ends.find((end) => end.node === node);
      if (own !== undefined && ends.some((end) => end.node === other)) return bare(own.address);
    }
    return undefined;
  }

  linkAt(node: string, port: string): LinkFact | undefined {
    return this.#links.get(portKey(node, port));
  }

  /** The routers that a host has a link to. */
  routersOf(host: string): ReadonlySet<string> {
    return this.#attached.get(host) ?? NONE;
  }

  /** Can a packet that leaves `router` by `port` reach `node` without another router? True where the port is not known. */
  joins(router: string, port: string, node: string): boolean {
    const link = this.linkAt(router, port);
    return link === undefined || link.ends.some((end) => end.node === node);
  }

  /** The router that has this address on the link at a port; where no address fits, the only other router there. */
  neighbourAt(router: string, port: string, address: string): { node: string; port: string } | undefined {
    const others = (this.linkAt(router, port)?.ends ?? []).filter(
      (end) => end.node !== router && this.routers.includes(end.node),
    );
    return (
      others.find((end) => bare(end.address) === bare(address)) ??
      (others.length === 1 ? others[0] : undefined)
    );
  }
}

const NONE: ReadonlySet<string> = new Set();

/** An address without the length of its prefix. */
export function bare(address: string): string {
  return address.replace(/\/.*$/, '');
}

/** NUL cannot stand in a name of a YAML file, so no two pairs share a key. */
function portKey(node: string, port: string): string {
  return `${node}\0${port}`;
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Set<string>();
  map.set(key, fresh);
  return fresh;
}
