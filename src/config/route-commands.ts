/** Static routes. */
import { formatIpv4, formatPrefix, type Prefix, parseIpv4 } from '../net/address.ts';
import { integer, Misfit, optional, prefixOrMask, sequence, word } from './argument.ts';
import { type Command, command, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { StaticRouteConfig } from './model.ts';
import { viaKey } from './order.ts';

type Via = StaticRouteConfig['via'];

const via = word<Via>('<A.B.C.D|IFNAME|Null0|blackhole>', (text) => {
  if (text === 'Null0' || text === 'blackhole') return { kind: 'blackhole' };
  if (text === 'reject') return new Misfit('"reject" is not supported', 'use "blackhole"');
  const gateway = parseIpv4(text);
  if (gateway !== undefined) return { kind: 'gateway', gateway };
  if (/^[\d./:]+$/.test(text)) return new Misfit(`"${text}" is not an address A.B.C.D`);
  return { kind: 'interface', interface: text };
});

/** A prefix has one route per gateway or interface, as in FRR: entering it again changes its distance. */
export const routeCommand: Command = command({
  section: '',
  keywords: 'ip route',
  help: 'a static route, with its administrative distance (default 1)',
  argument: sequence(prefixOrMask, via, optional(integer(1, 255))),
  set(config, _name, [prefix, to, distance]) {
    const others = config.staticRoutes.filter((each) => !isRoute(each, prefix, to));
    const route = { prefix, via: to, ...(distance === undefined || distance === 1 ? {} : { distance }) };
    return atMost(others, 'static routes') ?? { ...config, staticRoutes: [...others, route] };
  },
  removal: {
    argument: sequence(prefixOrMask, via, optional(integer(1, 255))),
    unset(config, _name, [prefix, to, distance]) {
      const left = config.staticRoutes.filter(
        (each) => !isRoute(each, prefix, to) || (distance ?? each.distance ?? 1) !== (each.distance ?? 1),
      );
      const route = formatRoute({ prefix, via: to, ...(distance === undefined ? {} : { distance }) });
      return left.length === config.staticRoutes.length
        ? new Refusal(`there is no "${route}" to remove`)
        : { ...config, staticRoutes: left };
    },
  },
  lines: (config) =>
    config.staticRoutes.map((each) => ({ text: formatRoute(each), group: formatPrefix(each.prefix) })),
});

function isRoute(route: StaticRouteConfig, prefix: Prefix, to: Via): boolean {
  return (
    route.prefix.address === prefix.address &&
    route.prefix.length === prefix.length &&
    viaKey(route.via) === viaKey(to)
  );
}

function formatRoute({ prefix, via: to, distance }: StaticRouteConfig): string {
  const start = `ip route ${formatPrefix(prefix)} ${formatVia(to)}`;
  return distance === undefined ? start : `${start} ${distance}`;
}

function formatVia(to: Via): string {
  switch (to.kind) {
    case 'gateway':
      return formatIpv4(to.gateway);
    case 'interface':
      return to.interface;
    case 'blackhole':
      return 'blackhole';
  }
}
