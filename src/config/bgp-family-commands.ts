/**
 * `address-family ipv4 unicast|vpn` under `router bgp`, in the order of FRR (bgpd/bgp_vty.c, bgp_config_write_family). As
 * FRR, all of it may also stand under `router bgp` itself, where it is said of IPv4 unicast.
 */
import { comparePrefixes, formatPrefix, type Prefix } from '../net/address.ts';
import {
  type Argument,
  after,
  anyOf,
  anyWords,
  integer,
  Misfit,
  name,
  nothing,
  oneOf,
  optional,
  prefixOrMask,
  present,
  reading,
  sequence,
  word,
} from './argument.ts';
import { FAMILY_NAMES, type Family, familyOf, findBgp, updateBgp, updateFamily } from './bgp-edit.ts';
import { type BgpConfig, type BgpFamilyConfig, type BgpVpnConfig, EMPTY_BGP_FAMILY } from './bgp-model.ts';
import { bgpPeerFamilyCommands, saysOfFamily } from './bgp-peer-family-commands.ts';
import { type Command, command, put, Refusal, type Section, setting } from './command.ts';
import { administrated } from './community.ts';
import { listed } from './list-command.ts';
import type { RouterConfig } from './model.ts';
import type { OriginName } from './policy-model.ts';
import { formatRedistributed, redistributed } from './redistribute.ts';

const section = 'address-family';

const opening: Argument<Family> = {
  notation: 'ipv4 [unicast|vpn]',
  read(words, at) {
    const first = oneOf('ipv4').read(words, at);
    if (!first.ok) return first;
    return reading(
      optional(oneOf('unicast', 'vpn')),
      (which): Family => (which === 'vpn' ? 'vpnv4' : 'ipv4'),
    ).read(words, first.next);
  },
};

const inFamily = (family: Family, outer: Section): Section => ({
  kind: section,
  name: FAMILY_NAMES[family],
  outer,
});

export const openFamily: Command = command({
  section: 'router bgp',
  keywords: section,
  help: 'what is exchanged: IPv4 routes, or those of VPNs (RFC 4364; under the default VRF alone)',
  argument: opening,
  set: (config, path, family) =>
    family === 'vpnv4' && findBgp(config, path)?.vrf !== undefined
      ? new Refusal('VPN routes are exchanged by the BGP of the default VRF', {
          suggestion: 'a VRF says "export vpn" and "import vpn" under "address-family ipv4 unicast"',
        })
      : config,
  opens: (family, outer) => inFamily(family, outer),
  removal: {
    argument: opening,
    /** With what neighbours and groups say there. */
    unset: (config, path, family) =>
      updateBgp(config, path, (bgp) => ({
        ...bgp,
        [family]: EMPTY_BGP_FAMILY,
        peerGroups: bgp.peerGroups.map((each) => ({ ...each, [family]: {} })),
        neighbours: bgp.neighbours.map((each) => ({ ...each, [family]: {} })),
      })),
  },
  lines(config, path) {
    const bgp = findBgp(config, path);
    if (bgp === undefined) return [];
    const outer: Section = { kind: 'router bgp', name: path };
    return (['ipv4', 'vpnv4'] as const)
      .filter((family) => says(bgp, family))
      .map((family) => ({
        text: `${section} ${FAMILY_NAMES[family]}`,
        group: family,
        opens: inFamily(family, outer),
        closing: 'exit-address-family',
      }));
  },
});

function says(bgp: BgpConfig, family: Family): boolean {
  const { networks, aggregates, redistribute, ...rest } = bgp[family];
  return (
    networks.length + aggregates.length + redistribute.length + Object.keys(rest).length > 0 ||
    [...bgp.peerGroups, ...bgp.neighbours].some((peer) => saysOfFamily(peer[family]))
  );
}

const rd = word('ASN:NN|A.B.C.D:NN', (text) =>
  administrated(text) === undefined ? new Misfit(`"${text}" is not ASN:NN or A.B.C.D:NN`) : text,
);

const routeTargets: Argument<readonly string[]> = {
  notation: 'RTLIST...',
  read(words, at) {
    const targets: string[] = [];
    for (let next = at; next < words.length || targets.length === 0; next++) {
      const each = rd.read(words, next);
      if (!each.ok) return each;
      targets.push(each.value);
    }
    return { ok: true, value: [...new Set(targets)], next: words.length };
  },
};

const aggregateOptions = anyOf<{
  readonly 'as-set': undefined;
  readonly 'summary-only': undefined;
  readonly 'route-map': string;
  readonly origin: OriginName;
  readonly 'matching-MED-only': undefined;
  readonly 'suppress-map': string;
}>({
  'as-set': nothing,
  'summary-only': nothing,
  'route-map': name('NAME'),
  origin: oneOf('egp', 'igp', 'incomplete'),
  'matching-MED-only': nothing,
  'suppress-map': name('NAME'),
});

type Aggregate = BgpFamilyConfig['aggregates'][number];

const aggregate: Argument<Aggregate> = reading(
  sequence(prefixOrMask, aggregateOptions),
  ([prefix, options]): Aggregate => {
    const { 'route-map': routeMap, origin, 'suppress-map': suppressMap } = options;
    return {
      prefix,
      summaryOnly: 'summary-only' in options,
      asSet: 'as-set' in options,
      ...(routeMap === undefined ? {} : { routeMap }),
      ...(origin === undefined ? {} : { origin }),
      ...('matching-MED-only' in options ? { matchingMedOnly: true } : {}),
      ...(suppressMap === undefined ? {} : { suppressMap }),
    };
  },
);

function formatAggregate(of: Aggregate): string {
  return [
    formatPrefix(of.prefix),
    ...(of.asSet ? ['as-set'] : []),
    ...(of.summaryOnly ? ['summary-only'] : []),
    ...(of.routeMap === undefined ? [] : [`route-map ${of.routeMap}`]),
    ...(of.origin === undefined ? [] : [`origin ${of.origin}`]),
    ...(of.matchingMedOnly ? ['matching-MED-only'] : []),
    ...(of.suppressMap === undefined ? [] : [`suppress-map ${of.suppressMap}`]),
  ].join(' ');
}

/** `A.B.C.D/M`, or `A.B.C.D mask MASK`. */
const networkPrefix: Argument<Prefix> = {
  notation: '<A.B.C.D/M|A.B.C.D mask MASK>',
  read(words, at) {
    if (words[at + 1]?.text !== 'mask') return prefixOrMask.read(words, at);
    const within = prefixOrMask.read([words[at], ...words.slice(at + 2)], 0);
    return within.ok
      ? { ...within, next: at + within.next + 1 }
      : { ...within, at: at + within.at + (within.at > 0 ? 1 : 0) };
  },
};

const maximum = integer(1, 64);
const distance = integer(1, 255);
const ofFamily = (config: RouterConfig, path: string): BgpFamilyConfig | undefined =>
  findBgp(config, path)?.[familyOf(path)];
const isPrefix = (a: Prefix, b: Prefix): boolean => comparePrefixes(a, b) === 0;

/** Refuses what is not for VPN routes, which come from VRFs alone. */
function unicastAlone(_config: RouterConfig, path: string): Refusal | undefined {
  return familyOf(path) === 'ipv4'
    ? undefined
    : new Refusal('VPN routes come from VRFs, and are not made here', {
        suggestion: 'say it under "address-family ipv4 unicast"',
      });
}

const unicastCommands: readonly Command[] = [
  setting<NonNullable<BgpFamilyConfig['distance']>>({
    section,
    keywords: 'distance bgp',
    help: 'administrative distances of routes from other ASs, from our own, and of those made here (default 20 200 200)',
    argument: reading(sequence(distance, distance, distance), ([external, internal, local]) => ({
      external,
      internal,
      local,
    })),
    format: ({ external, internal, local }) => `${external} ${internal} ${local}`,
    get: (config, path) => ofFamily(config, path)?.distance,
    put: (config, path, value) => updateFamily(config, path, (family) => put(family, 'distance', value)),
    refuse: unicastAlone,
  }),
  listed({
    section,
    keywords: 'network',
    what: 'networks',
    help: 'announces the prefix',
    argument: reading(
      sequence(networkPrefix, optional(after('route-map', name('NAME')))),
      ([prefix, routeMap]): BgpFamilyConfig['networks'][number] => ({
        prefix,
        ...(routeMap === undefined ? {} : { routeMap }),
      }),
    ),
    removal: reading(sequence(networkPrefix, anyWords), ([prefix]) => prefix),
    isChosen: ({ prefix }, chosen) => isPrefix(prefix, chosen),
    get: (config, path) => ofFamily(config, path)?.networks ?? [],
    put: (config, path, networks) => updateFamily(config, path, (family) => ({ ...family, networks })),
    key: ({ prefix }) => formatPrefix(prefix),
    format: ({ prefix, routeMap }) =>
      `${formatPrefix(prefix)}${routeMap === undefined ? '' : ` route-map ${routeMap}`}`,
    refuse: unicastAlone,
  }),
  listed({
    section,
    keywords: 'aggregate-address',
    what: 'aggregates',
    help: 'announces the prefix while there are routes within it; `summary-only`: in place of them, `suppress-map`: of those whose prefixes the map permits; `as-set`: with the numbers of their paths; `route-map`: what it says of its attributes; `matching-MED-only`: while their MEDs are one',
    argument: aggregate,
    removal: reading(sequence(prefixOrMask, anyWords), ([prefix]) => prefix),
    isChosen: ({ prefix }, chosen) => isPrefix(prefix, chosen),
    get: (config, path) => ofFamily(config, path)?.aggregates ?? [],
    put: (config, path, aggregates) => updateFamily(config, path, (family) => ({ ...family, aggregates })),
    key: ({ prefix }) => formatPrefix(prefix),
    format: formatAggregate,
    refuse: (config, path, { summaryOnly, suppressMap }) =>
      unicastAlone(config, path) ??
      (summaryOnly && suppressMap !== undefined
        ? new Refusal('"summary-only" takes the place of all routes, "suppress-map" of some: say one of them')
        : undefined),
  }),
  listed({
    section,
    keywords: 'redistribute',
    what: 'protocols that are redistributed',
    help: 'announces routes of another source, with its metric as MED where nothing is said',
    argument: redistributed('bgp', 4294967295),
    removal: redistributed('bgp', 4294967295),
    isChosen: (each, { from }) => each.from === from,
    get: (config, path) => ofFamily(config, path)?.redistribute ?? [],
    put: (config, path, redistribute) =>
      updateFamily(config, path, (family) => ({ ...family, redistribute })),
    key: ({ from }) => from,
    format: formatRedistributed,
    refuse: unicastAlone,
  }),
  ...bgpPeerFamilyCommands,
  ...(['maximum-paths', 'maximum-paths ibgp'] as const).map((keywords) => {
    const key = keywords === 'maximum-paths' ? 'maximumPaths' : 'maximumPathsIbgp';
    const isInternal = key === 'maximumPathsIbgp';
    return setting<{ readonly count: number; readonly isEqual: boolean }>({
      section,
      keywords,
      help: isInternal
        ? 'routes of our own AS that are used at once (default 64); `equal-cluster-length`: if they were reflected equally often'
        : 'routes from other ASs that are used at once (default 64)',
      argument: reading(
        sequence(maximum, isInternal ? present('equal-cluster-length') : reading(nothing, () => false)),
        ([count, isEqual]) => ({ count, isEqual }),
      ),
      format: ({ count, isEqual }) => `${count}${isEqual ? ' equal-cluster-length' : ''}`,
      get(config, path) {
        const family = ofFamily(config, path);
        const count = family?.[key];
        const isEqual = isInternal && family?.equalClusterLength === true;
        return count === undefined ? undefined : { count, isEqual };
      },
      put: (config, path, value) =>
        updateFamily(config, path, (family) => {
          const counted = put(family, key, value?.count);
          return isInternal ? put(counted, 'equalClusterLength', value?.isEqual || undefined) : counted;
        }),
      refuse: unicastAlone,
    });
  }),
];

const vpnCommands: readonly Command[] = [
  vpnSetting(
    'route-map vpn import',
    'routeMapImport',
    name('NAME'),
    'which routes of the VPN come into the VRF, and how',
  ),
  vpnSetting(
    'label vpn export',
    'label',
    {
      notation: '<(16-1048575)|auto>',
      read: (words, at) =>
        words[at]?.text === 'auto'
          ? { ok: true, value: 'auto', next: at + 1 }
          : integer(16, 1048575).read(words, at),
    },
    'the MPLS label of the routes that go into the VPN',
  ),
  vpnSetting('rd vpn export', 'rd', rd, 'route distinguisher of the routes that go into the VPN'),
  routeTargetCommand('both'),
  routeTargetCommand('import'),
  routeTargetCommand('export'),
  vpnSetting(
    'route-map vpn export',
    'routeMapExport',
    name('NAME'),
    'which routes of the VRF go into the VPN, and how',
  ),
  vpnFlag('export vpn', 'export', "the VRF's routes go into the VPN"),
  vpnFlag('import vpn', 'import', 'routes of the VPN come into the VRF'),
];

export const bgpFamilyCommands: readonly Command[] = [
  ...unicastCommands,
  ...vpnCommands,
  // Where FRR reads them, too, and does not write them.
  ...unicastCommands.map(
    (each): Command => ({ ...each, section: 'router bgp', unlisted: true, lines: () => [] }),
  ),
];

const NO_VPN: BgpVpnConfig = { importTargets: [], exportTargets: [], export: false, import: false };

function vpnOf(config: RouterConfig, path: string): BgpVpnConfig {
  return ofFamily(config, path)?.vpn ?? NO_VPN;
}

function withVpn(config: RouterConfig, path: string, vpn: BgpVpnConfig): RouterConfig {
  const { importTargets, exportTargets, export: goes, import: comes, ...rest } = vpn;
  const isSaid = importTargets.length + exportTargets.length + Object.keys(rest).length > 0 || goes || comes;
  return updateFamily(config, path, (family) => put(family, 'vpn', isSaid ? vpn : undefined));
}

/** In a VRF, whose routes they are about. */
function inVrfAlone(config: RouterConfig, path: string): Refusal | undefined {
  return findBgp(config, path)?.vrf !== undefined && familyOf(path) === 'ipv4'
    ? undefined
    : new Refusal('this is said of a VRF', { suggestion: 'say it under "router bgp AS vrf NAME"' });
}

function vpnSetting<Key extends 'rd' | 'label' | 'routeMapImport' | 'routeMapExport'>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<BgpVpnConfig[Key]>>,
  help: string,
): Command {
  return setting<BgpVpnConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    get: (config, path) => vpnOf(config, path)[key],
    put: (config, path, value) => withVpn(config, path, put(vpnOf(config, path), key, value)),
    refuse: inVrfAlone,
  });
}

function vpnFlag(keywords: string, key: 'export' | 'import', help: string): Command {
  return command({
    section,
    keywords,
    help,
    argument: nothing,
    set: (config, path) =>
      inVrfAlone(config, path) ?? withVpn(config, path, { ...vpnOf(config, path), [key]: true }),
    removal: {
      argument: nothing,
      unset: (config, path) => withVpn(config, path, { ...vpnOf(config, path), [key]: false }),
    },
    lines: (config, path) => (vpnOf(config, path)[key] ? [{ text: keywords, group: '' }] : []),
  });
}

/** One line where both are the same, as FRR writes it. */
function routeTargetCommand(which: 'both' | 'import' | 'export'): Command {
  const isBoth = ({ importTargets, exportTargets }: BgpVpnConfig) =>
    importTargets.length > 0 && importTargets.join() === exportTargets.join();
  const withTargets = (vpn: BgpVpnConfig, targets: readonly string[]): BgpVpnConfig => ({
    ...vpn,
    ...(which === 'export' ? {} : { importTargets: targets }),
    ...(which === 'import' ? {} : { exportTargets: targets }),
  });
  return command({
    section,
    keywords: `rt vpn ${which}`,
    help: {
      import: 'routes of the VPN with one of these route targets come into the VRF',
      export: "the VRF's routes go into the VPN with these route targets",
      both: 'route targets in both directions',
    }[which],
    argument: routeTargets,
    set: (config, path, targets) =>
      inVrfAlone(config, path) ?? withVpn(config, path, withTargets(vpnOf(config, path), targets)),
    removal: {
      argument: anyWords,
      unset: (config, path) => withVpn(config, path, withTargets(vpnOf(config, path), [])),
    },
    lines(config, path) {
      const vpn = vpnOf(config, path);
      const targets = which === 'export' ? vpn.exportTargets : vpn.importTargets;
      return targets.length > 0 && isBoth(vpn) === (which === 'both')
        ? [{ text: `rt vpn ${which} ${targets.join(' ')}`, group: '' }]
        : [];
    },
  });
}
