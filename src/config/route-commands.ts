/** Static routes, at the top and under `vrf NAME`. */
import { formatIpv4, formatPrefix, parseIpv4 } from '../net/address.ts';
import {
  type Argument,
  chain,
  integer,
  Misfit,
  map,
  misread,
  name,
  prefixOrMask,
  type Reading,
  type Word,
  word,
} from './argument.ts';
import { type Command, command, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig, StaticRouteConfig } from './model.ts';
import { roster } from './named.ts';
import { viaKey } from './order.ts';
import { withVrf } from './vrf-commands.ts';

type Via = StaticRouteConfig['via'];

/** `A.B.C.D IFNAME` is told from options by what options begin with. */
const OPTIONS = [
  'tag',
  'vrf',
  'nexthop-vrf',
  'onlink',
  'label',
  'table',
  'color',
  'bfd',
  'segments',
] as const;

const MISSING: ReadonlyMap<string, Misfit> = new Map([
  ['label', new Misfit('labels of static routes are not supported', 'BGP gives VPNs their labels')],
  ['table', new Misfit('tables by number are not supported', 'use "vrf NAME"')],
  ['color', new Misfit('segment routing is not supported')],
  ['segments', new Misfit('segment routing is not supported')],
  ['bfd', new Misfit('BFD is not supported', 'a route is used while its interface is up')],
]);

const via: Argument<Via> = {
  notation: '<A.B.C.D [IFNAME]|IFNAME|Null0|blackhole|reject>',
  read: (words, at) =>
    chain(firstOfVia.read(words, at), (first, next): Reading<Via> => {
      const text = words.at(next)?.text;
      if (first.kind !== 'gateway' || text === undefined || /^\d/.test(text)) {
        return { ok: true, value: first, next };
      }
      return OPTIONS.some((each) => each === text)
        ? { ok: true, value: first, next }
        : { ok: true, value: { ...first, interface: text }, next: next + 1 };
    }),
};

const firstOfVia = word<Via>('<A.B.C.D|IFNAME|Null0|blackhole|reject>', (text) => {
  if (/^null0$/i.test(text) || text === 'blackhole') return { kind: 'blackhole' };
  if (text === 'reject') return { kind: 'reject' };
  const gateway = parseIpv4(text);
  if (gateway !== undefined) return { kind: 'gateway', gateway };
  if (text.includes(':')) return new Misfit('IPv6 is not supported', 'give an address A.B.C.D');
  if (/^[\d./]+$/.test(text)) return new Misfit(`"${text}" is not an address A.B.C.D`);
  return { kind: 'interface', interface: text };
});

interface Options {
  readonly tag?: number;
  readonly distance?: number;
  readonly vrf?: string;
  readonly nextHopVrf?: string;
  readonly onLink?: boolean;
}

const distanceNumber = integer(1, 255);
const tagNumber = integer(1, 4294967295);
const vrfName = name('NAME');

/** In any order, as in FRR: a number alone is the distance. */
const options: Argument<Options> = {
  notation: '[{tag (1-4294967295)|(1-255)|vrf NAME|nexthop-vrf NAME|onlink}]',
  read(words, at) {
    if (at >= words.length) return { ok: true, value: {}, next: at };
    const first = oneOption(words, at);
    return chain(first, (one, next) => map(options.read(words, next), (others) => ({ ...others, ...one })));
  },
};

function oneOption(words: readonly Word[], at: number): Reading<Options> {
  const { text } = words[at];
  if (/^\d/.test(text)) return map(distanceNumber.read(words, at), (distance) => ({ distance }));
  const missing = MISSING.get(text);
  if (missing !== undefined) return misread(at, missing.message, missing.suggestion);
  switch (text) {
    case 'tag':
      return map(tagNumber.read(words, at + 1), (tag) => ({ tag }));
    case 'vrf':
      return map(vrfName.read(words, at + 1), (vrf) => ({ vrf }));
    case 'nexthop-vrf':
      return map(vrfName.read(words, at + 1), (nextHopVrf) => ({ nextHopVrf }));
    case 'onlink':
      return { ok: true, value: { onLink: true }, next: at + 1 };
    default:
      return misread(at, `unexpected "${text}"`);
  }
}

/** What the line says, still without the VRF that it may stand under. */
interface WrittenRoute extends Omit<StaticRouteConfig, 'vrf'> {
  readonly vrf?: string;
}

const route: Argument<WrittenRoute> = {
  notation: `${prefixOrMask.notation} ${via.notation} ${options.notation}`,
  read: (words, at) =>
    chain(prefixOrMask.read(words, at), (prefix, afterPrefix) =>
      chain(via.read(words, afterPrefix), (to, afterVia) =>
        chain(
          options.read(words, afterVia),
          ({ nextHopVrf, onLink, ...rest }, next): Reading<WrittenRoute> => {
            const led = leadingTo(to, nextHopVrf, onLink);
            return led instanceof Misfit
              ? misread(afterPrefix, led.message, led.suggestion)
              : { ok: true, value: { prefix, via: led, ...rest }, next };
          },
        ),
      ),
    ),
};

function leadingTo(to: Via, vrf: string | undefined, onLink: boolean | undefined): Via | Misfit {
  if (vrf === undefined && onLink === undefined) return to;
  if (to.kind === 'blackhole' || to.kind === 'reject') return new Misfit('what is discarded has no next hop');
  if (onLink && (to.kind !== 'gateway' || to.interface === undefined)) {
    return new Misfit('"onlink" says that a gateway is on an interface', 'write "A.B.C.D IFNAME onlink"');
  }
  return { ...to, ...(vrf === undefined ? {} : { vrf }), ...(onLink && { onLink }) };
}

/** The default VRF is said by nothing, as is that of the next hop where it is the route's. */
function inVrf({ vrf: said, ...given }: WrittenRoute, section: string): StaticRouteConfig {
  const vrf = section !== '' ? section : said === 'default' ? undefined : said;
  const { via: to } = given;
  const own = vrf ?? 'default';
  if ((to.kind === 'gateway' || to.kind === 'interface') && to.vrf === own) {
    const { vrf: _, ...rest } = to;
    return { ...given, via: rest, ...(vrf === undefined ? {} : { vrf }) };
  }
  return { ...given, ...(vrf === undefined ? {} : { vrf }) };
}

export const routeCommand: Command = routeCommandIn('');
export const vrfRouteCommand: Command = routeCommandIn('vrf');

/** A prefix has one route per gateway or interface, as in FRR: entering it again changes its distance and tag. */
function routeCommandIn(section: '' | 'vrf'): Command {
  const within = (given: WrittenRoute, vrf: string): StaticRouteConfig =>
    inVrf(given, section === '' ? '' : vrf);
  return command({
    section,
    keywords: 'ip route',
    help: `a static route${section === '' ? '' : ' of the VRF'}, with its tag and its administrative distance (default 1)`,
    argument: route,
    set(config, vrf, given) {
      const { distance, ...rest } = within(given, vrf);
      const added = { ...rest, ...(distance === undefined || distance === 1 ? {} : { distance }) };
      const known = added.vrf === undefined ? config : withVrf(config, added.vrf);
      if (known instanceof Refusal) return known;
      const isNew = byKey.find(config.staticRoutes, routeKey(added)) === undefined;
      const full = isNew ? atMost(config.staticRoutes, 'static routes') : undefined;
      return full ?? { ...known, staticRoutes: byKey.put(config.staticRoutes, added) };
    },
    removal: {
      argument: route,
      unset(config, vrf, given) {
        const unwanted = within(given, vrf);
        const { distance, tag } = unwanted;
        const left = config.staticRoutes.filter(
          (each) =>
            routeKey(each) !== routeKey(unwanted) ||
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

const byKey = roster(routeKey);

function routeKey({ vrf = '', prefix, via: to }: StaticRouteConfig): string {
  return `${prefix.address}/${prefix.length} ${viaKey(to)} vrf ${vrf}`;
}

function formatRoute({ prefix, via: to, tag, distance, vrf }: StaticRouteConfig): string {
  return [
    `ip route ${formatPrefix(prefix)} ${formatVia(to)}`,
    ...(tag === undefined ? [] : [`tag ${tag}`]),
    ...(distance === undefined ? [] : [String(distance)]),
    ...(vrf === undefined ? [] : [`vrf ${vrf}`]),
    ...(to.kind === 'gateway' || to.kind === 'interface' ? formatWay(to) : []),
  ].join(' ');
}

function formatVia(to: Via): string {
  switch (to.kind) {
    case 'gateway':
      return [formatIpv4(to.gateway), ...(to.interface === undefined ? [] : [to.interface])].join(' ');
    case 'interface':
      return to.interface;
    case 'blackhole':
    case 'reject':
      return to.kind;
  }
}

function formatWay(to: Extract<Via, { kind: 'gateway' | 'interface' }>): readonly string[] {
  const { vrf } = to;
  return [
    ...(vrf === undefined ? [] : [`nexthop-vrf ${vrf}`]),
    ...(to.kind === 'gateway' && to.onLink ? ['onlink'] : []),
  ];
}
