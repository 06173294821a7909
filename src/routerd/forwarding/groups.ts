/**
 * Next-hop groups: what a column of the forwarding table points at. A group is one next hop or several of equal
 * cost, sorted, with ports and neighbours looked up already. Equal groups are one group, counted by the routes
 * that use it and given back when none does.
 */
import { type Ipv4, parseIpv4 } from '../../net/address.ts';
import type { NextHop } from '../../world/observation.ts';
import { NONE } from '../fib/fib.ts';
import type { Neighbour } from './arp.ts';
import type { EnginePort } from './port.ts';

export type Hop =
  | { readonly kind: 'local' }
  | { readonly kind: 'blackhole' }
  | { readonly kind: 'reject' }
  /** By a port that this router does not have. */
  | { readonly kind: 'nowhere' }
  | { readonly kind: 'connected'; readonly port: EnginePort }
  | { readonly kind: 'gateway'; readonly port: EnginePort; readonly neighbour: Neighbour }
  | TunnelHop;

export interface TunnelHop {
  readonly kind: 'tunnel';
  readonly to: Ipv4;
  readonly label: number;
}

export interface Group {
  readonly number: number;
  readonly key: string;
  readonly nextHops: readonly NextHop[];
  readonly hops: readonly Hop[];
  routes: number;
}

export class NextHopGroups {
  readonly #ports: ReadonlyMap<string, EnginePort>;
  readonly #groups: (Group | undefined)[] = [undefined];
  readonly #byKey = new Map<string, Group>();
  /** The control plane hands in the same list for many routes. */
  readonly #byList = new WeakMap<readonly NextHop[], Group>();
  readonly #free: number[] = [];

  constructor(ports: ReadonlyMap<string, EnginePort>) {
    this.#ports = ports;
  }

  /** The group of that number; undefined for NONE. */
  at(number: number): Group | undefined {
    return this.#groups[number];
  }

  /** The number of the group of these next hops, used by one more route. NONE for no next hops. */
  take(nextHops: readonly NextHop[]): number {
    if (nextHops.length === 0) return NONE;
    const known = this.#byList.get(nextHops);
    const group = known !== undefined && known.routes > 0 ? known : this.#find(nextHops);
    group.routes++;
    return group.number;
  }

  /** A route uses the group no more. */
  giveBack(number: number): void {
    const group = this.#groups[number];
    if (group === undefined || --group.routes > 0) return;
    for (const hop of group.hops) if (hop.kind === 'gateway') hop.port.arp.letGo(hop.neighbour);
    this.#groups[number] = undefined;
    this.#byKey.delete(group.key);
    this.#free.push(number);
  }

  #find(nextHops: readonly NextHop[]): Group {
    const sorted = [...nextHops].sort(compareNextHops);
    const key = sorted.map(keyOf).join(' ');
    const group = this.#byKey.get(key) ?? this.#make(key, sorted);
    this.#byList.set(nextHops, group);
    return group;
  }

  #make(key: string, nextHops: readonly NextHop[]): Group {
    const number = this.#free.pop() ?? this.#groups.length;
    const hops = nextHops.map((nextHop) => this.#resolve(nextHop));
    const group: Group = { number, key, nextHops, hops, routes: 0 };
    this.#groups[number] = group;
    this.#byKey.set(key, group);
    return group;
  }

  #resolve(nextHop: NextHop): Hop {
    switch (nextHop.kind) {
      case 'local':
      case 'blackhole':
      case 'reject':
        return { kind: nextHop.kind };
      case 'connected': {
        const port = this.#ports.get(nextHop.port);
        return port === undefined ? { kind: 'nowhere' } : { kind: 'connected', port };
      }
      case 'gateway': {
        const port = this.#ports.get(nextHop.port);
        if (port === undefined) return { kind: 'nowhere' };
        return { kind: 'gateway', port, neighbour: port.arp.hold(addressOf(nextHop)) };
      }
      case 'tunnel':
        return { kind: 'tunnel', to: addressOf(nextHop), label: nextHop.label };
    }
  }
}

function keyOf(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'local':
    case 'blackhole':
    case 'reject':
      return nextHop.kind;
    case 'connected':
      return `connected ${nextHop.port}`;
    case 'gateway':
      return `${nextHop.gateway} ${nextHop.port}`;
    case 'tunnel':
      return `${nextHop.to} label ${nextHop.label}`;
  }
}

/** By port, then gateway or tunnel's end, then label; what has none comes first. */
function compareNextHops(a: NextHop, b: NextHop): number {
  const [portA, portB] = [portOf(a), portOf(b)];
  if (portA !== portB) return portA < portB ? -1 : 1;
  return addressOf(a) - addressOf(b) || labelOf(a) - labelOf(b);
}

const portOf = (nextHop: NextHop): string => ('port' in nextHop ? nextHop.port : '');

const labelOf = (nextHop: NextHop): number => ('label' in nextHop ? nextHop.label : 0);

/** Of the gateway, or the tunnel's end; 0 where there is neither. Throws a RangeError where it is no address. */
function addressOf(nextHop: NextHop): Ipv4 {
  const text =
    nextHop.kind === 'gateway' ? nextHop.gateway : nextHop.kind === 'tunnel' ? nextHop.to : '0.0.0.0';
  const address = parseIpv4(text);
  if (address === undefined) throw new RangeError(`gateway "${text}" is no address`);
  return address;
}
