/** The routes that a configuration gives by itself: the subnets on the wire, and the router's own addresses. Pure. */
import { type Prefix, prefixOf } from '../../net/address.ts';
import type { NextHop } from '../../world/observation.ts';
import { keyOf } from '../rib/prefix-map.ts';
import { DISTANCE, type Route } from '../rib/rib.ts';
import { DEFAULT_VRF, type SlotView } from './speaker.ts';

export function connectedRoutes(view: SlotView, vrf: string): readonly Route[] {
  const wanted = new Map<number, Route>();
  const want = (prefix: Prefix, nextHop: NextHop): void => {
    const route = { source: 'connected', distance: DISTANCE.connected, metric: 0 } as const;
    wanted.set(keyOf(prefix), { prefix, ...route, nextHops: [nextHop] });
  };
  for (const { name, addresses, vrf: own = DEFAULT_VRF } of view.config.interfaces) {
    if (own !== vrf || !view.isUp(name)) continue;
    const isPort = view.ports.some((port) => port.name === name);
    for (const { address, length } of addresses) {
      if (isPort && length < 32) want(prefixOf(address, length), { kind: 'connected', port: name });
      want({ address, length: 32 }, { kind: 'local' });
    }
  }
  return [...wanted.values()];
}
