/**
 * `network P`: announced while the routing table has a route to exactly that prefix (FRR's `bgp network import-check`,
 * which is its default), with the route's next hop, and its metric as MED. Without that check always, as a way to here.
 */
import { type Ipv4, type Prefix, parseIpv4 } from '../../net/address.ts';
import type { Policy } from '../policy/policy.ts';
import type { AttributePool } from '../protocols/bgp/attribute-pool.ts';
import type { Family } from '../protocols/bgp/contract.ts';
import type { BgpInstance } from '../protocols/bgp/instance.ts';
import { ownAttributes, ownSource, type PathSource } from '../protocols/bgp/path.ts';
import { keyOf } from '../rib/prefix-map.ts';
import type { Offer, Rib } from '../rib/rib.ts';

interface Network {
  readonly prefix: Prefix;
  readonly routeMap?: string;
}

const FAMILY: Family = 'ipv4';
/** What is announced without a look at the table: a way to here. */
const UNCHECKED = { metric: 0, nextHops: [] };

export class BgpNetworks {
  readonly #rib: Rib;
  readonly #pool: AttributePool;
  readonly #source: PathSource = ownSource(0);
  #networks: ReadonlyMap<number, Network> = new Map();
  #isChecked = true;
  #policy: Policy | undefined;

  constructor(rib: Rib, pool: AttributePool) {
    this.#rib = rib;
    this.#pool = pool;
  }

  configure(bgp: BgpInstance, networks: readonly Network[], isChecked: boolean, policy: Policy): void {
    const former = this.#networks;
    this.#isChecked = isChecked;
    this.#policy = policy;
    this.#networks = new Map(networks.map((network) => [keyOf(network.prefix), network]));
    for (const [key, { prefix }] of former) {
      if (!this.#networks.has(key)) bgp.withdraw(FAMILY, this.#source, { prefix });
    }
    for (const { prefix } of networks) this.changed(bgp, prefix);
  }

  /** The routing table has another route to the prefix, or none any more. */
  changed(bgp: BgpInstance, prefix: Prefix): void {
    const network = this.#networks.get(keyOf(prefix));
    if (network === undefined) return;
    const offer = this.#isChecked ? this.#rib.at(prefix, 'bgp') : UNCHECKED;
    const route = offer && this.#route(network, offer);
    if (route === undefined) bgp.withdraw(FAMILY, this.#source, { prefix });
    else bgp.originate(FAMILY, this.#source, { prefix }, route);
  }

  #route({ prefix, routeMap }: Network, offer: Pick<Offer, 'metric' | 'nextHops'>) {
    const nextHop = gatewayOf(offer);
    const attributes = this.#pool.intern({ ...ownAttributes(0, offer.metric), nextHop });
    if (routeMap === undefined) return { attributes };
    const route = this.#policy?.routeMap(routeMap, { prefix, nextHop, metric: offer.metric, attributes });
    if (route === undefined) return undefined;
    const { metric, weight, setNextHop } = route;
    const changed = {
      ...(route.attributes ?? attributes),
      ...(metric !== undefined && { med: metric }),
      ...(typeof setNextHop === 'number' && { nextHop: setNextHop }),
    };
    return { attributes: this.#pool.intern(changed), ...(weight !== undefined && { weight }) };
  }
}

function gatewayOf({ nextHops: [first] }: Pick<Offer, 'nextHops'>): Ipv4 {
  return first?.kind === 'gateway' ? (parseIpv4(first.gateway) ?? 0) : 0;
}
