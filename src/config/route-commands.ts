/** Static routes, at the top and under `vrf NAME`. */
import { formatIpv4, formatPrefix, type Prefix, parseIpv4 } from '../net/address.ts';
import { type Argument, chain, integer, Misfit, map, misread, name, prefixOrMask, word } from './argument.ts';
import { type Command, command, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig, StaticRouteConfig } from './model.ts';
import { viaKey } from './order.ts';
import { withVrf } from './vrf-commands.ts';

type Via = StaticRouteConfig['via'];

const via = word<Via>('<A.B.C.D|IFNAME|Null0|blackhole>', (text) => {
  if (text === 'Null0' || text === 'blackhole') return { kind: 'blackhole' };
  if (text === 'reject') return new Misfit('"reject" is not supported', 'use "blackhole"');
  const gateway = parseIpv4(text);
  if (gateway !== undefined) return { kind: 'gateway', gateway };
  if (/^[\d./:]+$/.test(text)) return new Misfit(`"${text}" is not an address A.B.C.D`);
  return { kind: 'interface', interface: text };
});

interface Options {
  readonly tag?: number;
  readonly distance?: number;
  readonly vrf?: string;
}

const distanceNumber = integer(1, 255);
const tagNumber = integer(1, 4294967295);

/** In any order, as in FRR: a number alone is the distance. */
const options: Argument<Options> = {
  notation: '[{tag (1-4294967295)|(1-255)|vrf NAME}]',
  read(words, at) {
    if (at >= words.length) return { ok: true, value: {}, next: at };
    const { text } = words[at];
    const first: ReturnType<Argument<Options>['read']> =
      text === 'tag'
        ? map(tagNumber.read(words, at + 1), (tag) => ({ tag }))
        : text === 'vrf'
          ? map(name('NAME').read(words, at + 1), (vrf) => ({ vrf }))
          : /^\d/.test(text)
            ? map(distanceNumber.read(words, at), (distance) => ({ distance }))
            : misread(at, `unexpected "${text}"`);
    return chain(first, (one, next) => map(options.read(words, next), (others) => ({ ...others, ...one })));
  },
};

const route: Argument<StaticRouteConfig> = {
  notation: `${prefixOrMask.notation} ${via.notation} ${options.notation}`,
  read: (words, at) =>
    chain(prefixOrMask.read(words, at), (prefix, afterPrefix) =>
      chain(via.read(words, afterPrefix), (to, afterVia) =>
        map(options.read(words, afterVia), ({ distance, ...rest }) => ({
          prefix,
          via: to,
          ...rest,
          ...(distance === undefined ? {} : { distance }),
        })),
      ),
    ),
};

export const routeCommand: Command = routeCommandIn('');
export const vrfRouteCommand: Command = routeCommandIn('vrf');

/** A prefix has one route per gateway or interface, as in FRR: entering it again changes its distance and tag. */
function routeCommandIn(section: '' | 'vrf'): Command {
  const within = (given: StaticRouteConfig, vrf: string): StaticRouteConfig =>
    section === '' ? given : { ...given, vrf };
  return command({
    section,
    keywords: 'ip route',
    help: `a static route${section === '' ? '' : ' of the VRF'}, with its tag and its administrative distance (default 1)`,
    argument: route,
    set(config, vrf, given) {
      const { distance, ...rest } = within(given, vrf);
      const added = { ...rest, ...(distance === undefined || distance === 1 ? {} : { distance }) };
      const others = config.staticRoutes.filter((each) => !isRoute(each, added));
      const known = added.vrf === undefined ? config : withVrf(config, added.vrf);
      if (known instanceof Refusal) return known;
      return atMost(others, 'static routes') ?? { ...known, staticRoutes: [...others, added] };
    },
    removal: {
      argument: route,
      unset(config, vrf, given) {
        const unwanted = within(given, vrf);
        const { distance, tag } = unwanted;
        const left = config.staticRoutes.filter(
          (each) =>
            !isRoute(each, unwanted) ||
            (distance ?? each.distance ?? 1) !== (each.distance ?? 1) ||
            (tag ?? each.tag) !== each.tag,
        );
        return left.length === config.staticRoutes.length
          ? new Refusal(`there is no "${formatRoute(given)}" to remove`)
          : { ...config, staticRoutes: left };
      },
    },
    lines: (config: RouterConfig, vrf) =>
      config.staticRoutes
        .filter((each) => each.vrf === (section === '' ? undefined : vrf))
        .map(({ vrf: _, ...each }) => ({ text: formatRoute(each), group: formatPrefix(each.prefix) })),
  });
}

function isRoute(a: StaticRouteConfig, b: StaticRouteConfig): boolean {
  return a.vrf === b.vrf && isSamePrefix(a.prefix, b.prefix) && viaKey(a.via) === viaKey(b.via);
}

function isSamePrefix(a: Prefix, b: Prefix): boolean {
  return a.address === b.address && a.length === b.length;
}

function formatRoute({ prefix, via: to, tag, distance, vrf }: StaticRouteConfig): string {
  return [
    `ip route ${formatPrefix(prefix)} ${formatVia(to)}`,
    ...(tag === undefined ? [] : [`tag ${tag}`]),
    ...(distance === undefined ? [] : [String(distance)]),
    ...(vrf === undefined ? [] : [`vrf ${vrf}`]),
  ].join(' ');
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
