/**
 * A configuration in the language of BIRD 2 (2.0.12, what Debian 12 has). Protocols, tables and filters say what the
 * routes of FRR's text would be; interfaces and their addresses are the system's there, and stand in comments. What
 * BIRD has no words for is told, line by line, and never left out in silence.
 *
 * Preferences of BIRD are the greater, the better: all are written, so that sources are preferred as in FRR.
 */
import { contains, formatIpv4, formatPrefix, type Ipv4, type Prefix, prefixOf } from '../net/address.ts';
import { bgpBlocks } from './bird-bgp.ts';
import { isLoopback, nameOf, tableLine, tableOf, vrfLine } from './bird-names.ts';
import { ospfBlocks } from './bird-ospf.ts';
import { BirdPolicy } from './bird-policy.ts';
import { BirdText, braced, preferenceOf } from './bird-words.ts';
import { type Inexpressible, inexpressibleLines, type UnknownThere } from './inexpressible.ts';
import type { RouterConfig, StaticRouteConfig } from './model.ts';
import { normaliseConfig } from './order.ts';
import { sectionsOf } from './writer.ts';

const PACKETS = 'BIRD makes routes, and leaves packets to the kernel (nftables, tc)';
const ISIS = 'BIRD 2.0 has no IS-IS';
const VPN = 'BIRD 2.0 has no BGP/MPLS VPNs (2.14 has)';

const UNKNOWN_TO_BIRD: readonly UnknownThere[] = [
  { section: 'interface', keywords: 'ip access-group', reason: PACKETS },
  { section: 'interface', keywords: 'service-policy', reason: PACKETS },
  { section: '', keywords: 'class-map', reason: PACKETS },
  { section: '', keywords: 'policy-map', reason: PACKETS },
  { section: 'interface', keywords: 'ip router isis', reason: ISIS },
  { section: 'interface', keywords: 'isis', reason: ISIS },
  { section: '', keywords: 'router isis', reason: ISIS },
  {
    section: 'interface',
    keywords: 'ip ospf dead-interval minimal',
    reason: 'hellos of BIRD are a second apart at least: use BFD there',
  },
  {
    section: 'router ospf',
    keywords: 'timers throttle spf',
    reason: 'BIRD has no such timers (it has "tick")',
  },
  {
    section: 'router ospf',
    keywords: 'timers throttle lsa',
    reason: 'the intervals of LSAs are fixed in BIRD',
  },
  { section: 'router ospf', keywords: 'timers lsa', reason: 'the intervals of LSAs are fixed in BIRD' },
  { section: 'interface', keywords: 'no link-detect', reason: 'BIRD looks at the links of interfaces' },
  {
    section: 'router ospf',
    keywords: 'max-metric router-lsa on-startup',
    reason: 'BIRD is a stub router always, or not',
  },
  {
    section: 'router ospf',
    keywords: 'summary-address',
    reason: 'BIRD makes no summaries of external routes',
  },
  {
    section: 'router ospf',
    keywords: 'distance ospf',
    reason: 'BIRD has one preference for all routes of OSPF',
  },
  {
    section: 'router bgp',
    keywords: 'aggregate-address',
    reason: 'BIRD makes no aggregates: use a static route',
  },
  {
    section: 'router bgp',
    keywords: 'maximum-paths ibgp * equal-cluster-length',
    reason: 'BIRD does not ask how often routes were reflected: leave the word out',
  },
  { section: 'router bgp * address-family ipv4 vpn', keywords: '', reason: VPN },
  ...['route-map vpn', 'label vpn', 'rd vpn', 'rt vpn', 'export vpn', 'import vpn'].map((keywords) => ({
    section: 'router bgp * vrf *',
    keywords,
    reason: VPN,
  })),
];

/** Pure. */
export function convertToBird(given: RouterConfig): {
  readonly text: string;
  readonly problems: readonly Inexpressible[];
} {
  const config = normaliseConfig(given);
  const text = new BirdText();
  text.problems.push(...inexpressibleLines(sectionsOf(config), UNKNOWN_TO_BIRD));
  const policy = new BirdPolicy(config, text);
  text.block(
    ...(config.hostname === undefined ? [] : [`# ${config.hostname}`]),
    ...config.interfaces.map(({ name, description, addresses }) =>
      [
        `# interface ${name}:`,
        ...addresses.map(formatPrefix),
        ...(description === undefined ? [] : [`(${description})`]),
      ].join(' '),
    ),
    `router id ${formatIpv4(routerIdOf(config))};`,
  );
  const vrfs = vrfsOf(config);
  for (const name of vrfs) text.block(`ipv4 table ${tableOf(name, text)};`);
  text.block('protocol device { }');
  for (const vrf of [undefined, ...vrfs]) {
    text.block(
      ...braced(`protocol direct ${text.symbol('direct', nameOf(vrf))}`, [
        ...vrfLine(vrf),
        ...braced('ipv4', [...tableLine(vrf, text), `preference ${preferenceOf(0)};`], ';'),
      ]),
    );
    const routes = config.staticRoutes.filter((each) => each.vrf === vrf);
    staticBlocks(config, text, routes, vrf);
    if (vrf === undefined) text.block(...kernelLines(config));
    else {
      text.block(
        `# Routes of VRF ${vrf} stay in ${tableOf(vrf, text)}: for the kernel, add a "protocol kernel" with the number of`,
        `# its table there ("ip -d link show ${vrf}" says it), which the configuration does not know.`,
      );
    }
  }
  ospfBlocks(config, text, policy);
  for (const bgp of config.bgp) bgpBlocks(config, bgp, text, policy);
  return { text: text.text, problems: text.problems };
}

/** OSPF's or BGP's; else the highest address, of loopbacks before others. */
function routerIdOf({ routerId, ospf, bgp, interfaces }: RouterConfig): Ipv4 {
  const own = interfaces.filter(({ vrf }) => vrf === undefined);
  const highest = (ofLoopbacks: boolean): number =>
    Math.max(
      0,
      ...own
        .filter(({ name }) => isLoopback(name) === ofLoopbacks)
        .flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    );
  return (
    ospf?.routerId ??
    bgp.find(({ vrf }) => vrf === undefined)?.routerId ??
    routerId ??
    (highest(true) || highest(false) || 1)
  );
}

function kernelLines(config: RouterConfig): readonly string[] {
  return braced('protocol kernel kernel_main', [
    ...braced('ipv4', ['import none;', 'export where source != RTS_DEVICE;'], ';'),
    `merge paths on limit ${pathsOf(config)};`,
  ]);
}

/** Next hops that are used at once: BIRD puts equal routes together where they go to the kernel. */
function pathsOf({ ospf, bgp }: RouterConfig): number {
  const family = bgp.find(({ vrf }) => vrf === undefined)?.ipv4;
  const ofOspf = ospf !== undefined ? [ospf.maximumPaths ?? 64] : [];
  return Math.max(
    1,
    ...ofOspf,
    ...(family === undefined ? [] : [family.maximumPaths ?? 64, family.maximumPathsIbgp ?? 64]),
  );
}

/** A protocol for each distance, as one of BIRD has one route of a prefix, of several ways where they are equal. */
function staticBlocks(
  config: RouterConfig,
  text: BirdText,
  routes: readonly StaticRouteConfig[],
  vrf: string | undefined,
): void {
  const section = vrf === undefined ? '' : `vrf ${vrf}`;
  const byDistance = Map.groupBy(routes, ({ distance = 1 }) => distance);
  for (const [distance, equal] of [...byDistance].sort(([a], [b]) => a - b)) {
    const lines = [...Map.groupBy(equal, ({ prefix }) => formatPrefix(prefix))].flatMap(([prefix, ways]) => {
      const [first] = ways;
      const hasHole = ways.some(({ via }) => via.kind === 'blackhole' || via.kind === 'reject');
      for (const { via } of ways) {
        if ((via.kind === 'gateway' || via.kind === 'interface') && via.vrf !== undefined) {
          text.cannot(section, `ip route ${prefix}`, 'a route of BIRD 2.0 and its next hop are in one VRF');
        }
      }
      if (ways.length > 1 && (hasHole || ways.some(({ tag }) => tag !== first.tag))) {
        text.cannot(
          section,
          `ip route ${prefix}`,
          'ways that are equal in BIRD have one tag, and none is a blackhole',
        );
      }
      if (ways.length > 1 && ways.some(({ via }) => isRecursive(config, via, vrf))) {
        const line = `ip route ${prefix}`;
        text.cannot(section, line, 'of several ways of a route none may be looked up again in BIRD');
      }
      const tag = first.tag === undefined ? '' : ` { ospf_tag = ${first.tag}; }`;
      return [`route ${prefix}${ways.map(({ via }) => ` ${wayOf(config, via, vrf)}`).join('')}${tag};`];
    });
    const name = text.symbol('static', `${nameOf(vrf)} ${distance}`);
    text.block(
      ...braced(`protocol static ${name}`, [
        ...vrfLine(vrf),
        ...braced('ipv4', [...tableLine(vrf, text), `preference ${preferenceOf(distance)};`], ';'),
        ...lines,
      ]),
    );
  }
}

/** A gateway that is on no wire of ours is looked up again. */
function wayOf(config: RouterConfig, via: StaticRouteConfig['via'], vrf: string | undefined): string {
  switch (via.kind) {
    case 'blackhole':
      return 'blackhole';
    case 'reject':
      return 'unreachable';
    case 'interface':
      return `via "${via.interface}"`;
    case 'gateway':
      if (via.interface !== undefined) {
        return `via ${formatIpv4(via.gateway)}%'${via.interface}'${via.onLink ? ' onlink' : ''}`;
      }
      return `${isRecursive(config, via, vrf) ? 'recursive' : 'via'} ${formatIpv4(via.gateway)}`;
  }
}

function isRecursive(config: RouterConfig, via: StaticRouteConfig['via'], vrf: string | undefined): boolean {
  return via.kind === 'gateway' && via.interface === undefined && !isOnWire(config, via.gateway, vrf);
}

function isOnWire({ interfaces }: RouterConfig, address: Ipv4, vrf: string | undefined): boolean {
  return interfaces
    .filter((each) => each.vrf === vrf)
    .flatMap(({ addresses }) => addresses.map((own): Prefix => prefixOf(own.address, own.length)))
    .some((subnet) => contains(subnet, address));
}

/** Those that are defined, and those that are only named. */
function vrfsOf({ vrfs, bgp, interfaces }: RouterConfig): readonly string[] {
  const named = [...bgp, ...interfaces].flatMap(({ vrf }) => vrf ?? []);
  return [...new Set([...vrfs.map(({ name }) => name), ...named])];
}
