/** Next hops as OSPF and IS-IS have them, in the words of tables: one list of theirs becomes one list. */
import { formatIpv4, type Ipv4 } from '../../net/address.ts';
import type { NextHop } from '../../world/observation.ts';

/** A gateway of null means that the prefix is on the wire there. */
type Hops = readonly { readonly interface: string; readonly gateway: Ipv4 | null }[];

export class LinkStateHops {
  readonly #known = new WeakMap<Hops, readonly NextHop[]>();

  of(list: Hops): readonly NextHop[] {
    const known = this.#known.get(list);
    if (known !== undefined) return known;
    const nextHops = list.map(
      ({ interface: port, gateway }): NextHop =>
        gateway === null
          ? { kind: 'connected', port }
          : { kind: 'gateway', port, gateway: formatIpv4(gateway) },
    );
    this.#known.set(list, nextHops);
    return nextHops;
  }
}
