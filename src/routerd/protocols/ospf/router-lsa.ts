/** What our router-LSA and network-LSAs say of an area's interfaces (RFC 2328 12.4.1, 12.4.2), as FRR says it. */
import { type Ipv4, maskOf, prefixOf } from '../../../net/address.ts';
import { MAX_LINK_METRIC } from './constants.ts';
import type { Interface } from './interface.ts';
import { LINK_POINT_TO_POINT, LINK_STUB, LINK_TRANSIT, type OwnBody, type RouterLink } from './lsa.ts';

/** `isStubRouter`: nobody is to go through us (RFC 6987). */
export function routerBody(interfaces: Iterable<Interface>, flags: number, isStubRouter: boolean): OwnBody {
  const links: RouterLink[] = [];
  for (const at of interfaces) links.push(...linksOf(at));
  return {
    kind: 'router',
    flags,
    links: isStubRouter
      ? links.map((link) => (link.type === LINK_STUB ? link : { ...link, metric: MAX_LINK_METRIC }))
      : links,
  };
}

/** Undefined where we are not the designated router, or nobody else is there. */
export function networkBody(at: Interface, routerId: Ipv4): OwnBody | undefined {
  if (at.state !== 'DR') return undefined;
  const full = fullNeighbours(at);
  if (full.length === 0) return undefined;
  const routers = full.map((neighbour) => neighbour.routerId).sort((a, b) => a - b);
  return { kind: 'network', mask: maskOf(at.settings.prefixLength), routers: [routerId, ...routers] };
}

function linksOf(at: Interface): readonly RouterLink[] {
  const stubs = at.state === 'Down' ? [] : (at.settings.stubs ?? []);
  if (stubs.length === 0) return primaryLinksOf(at);
  const { cost } = at.settings;
  return [
    ...primaryLinksOf(at),
    ...stubs.map(({ address, length }) => ({
      type: LINK_STUB,
      id: address,
      data: maskOf(length),
      metric: at.state === 'Loopback' ? 0 : cost,
    })),
  ];
}

function primaryLinksOf(at: Interface): readonly RouterLink[] {
  const { address, prefixLength, cost } = at.settings;
  const mask = maskOf(prefixLength);
  const stub = { type: LINK_STUB, id: prefixOf(address, prefixLength).address, data: mask, metric: cost };
  switch (at.state) {
    case 'Down':
      return [];
    case 'Loopback':
      return [{ type: LINK_STUB, id: address, data: 0xffffffff, metric: 0 }];
    case 'Point-to-Point': {
      const peers = fullNeighbours(at).map((neighbour) => ({
        type: LINK_POINT_TO_POINT,
        id: neighbour.routerId,
        data: address,
        metric: cost,
      }));
      return [...peers, stub];
    }
    case 'DR':
    case 'Backup':
    case 'DROther': {
      const full = fullNeighbours(at);
      const isTransit =
        at.state === 'DR'
          ? full.length > 0
          : full.some((neighbour) => neighbour.address === at.designatedRouter);
      if (!isTransit) return [stub];
      return [{ type: LINK_TRANSIT, id: at.designatedRouter, data: address, metric: cost }];
    }
    case 'Passive':
    case 'Waiting':
      return [stub];
  }
}

function fullNeighbours(at: Interface) {
  return [...at.neighbours].filter((neighbour) => neighbour.state === 'Full');
}
