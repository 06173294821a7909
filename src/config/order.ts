/**
 * One configuration, one value: the order and form in which the parser leaves a configuration and the writer
 * writes it, so that equal configurations are equal structures.
 */
import { comparePrefixes } from '../net/address.ts';
import type { BgpConfig, BgpFamilyConfig, BgpPeerConfig, BgpPeerFamilyConfig } from './bgp-model.ts';
import type { IsisConfig } from './isis-model.ts';
import {
  CLASS_DEFAULT,
  type ClassCriterion,
  type ClassMapConfig,
  type InterfaceConfig,
  type OspfConfig,
  type PolicyClassConfig,
  type RouterConfig,
  type StaticRouteConfig,
} from './model.ts';
import type { RedistributeConfig, RouteMapEntry } from './policy-model.ts';
import { REDISTRIBUTED } from './redistribute.ts';

/** Numbers within names count as numbers: eth2 before eth10, as FRR sorts its interfaces (lib/if.c). */
export function compareNames(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < left.length && index < right.length; index++) {
    const order = compareParts(left[index], right[index]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareParts(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b)) {
    const left = a.replace(/^0+/, '');
    const right = b.replace(/^0+/, '');
    const order = left.length - right.length || compareText(left, right);
    if (order !== 0) return order;
  }
  return compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareRoutes(a: StaticRouteConfig, b: StaticRouteConfig): number {
  return (
    compareNames(a.vrf ?? '', b.vrf ?? '') ||
    comparePrefixes(a.prefix, b.prefix) ||
    compareNames(viaKey(a.via), viaKey(b.via))
  );
}

/** Two routes for one prefix are the same route where their keys are equal. */
export function viaKey(via: StaticRouteConfig['via']): string {
  switch (via.kind) {
    case 'gateway':
      return ['gateway', via.gateway, via.interface ?? '', via.vrf ?? ''].join(' ').trimEnd();
    case 'interface':
      return ['interface', via.interface, via.vrf ?? ''].join(' ').trimEnd();
    case 'blackhole':
    case 'reject':
      return via.kind;
  }
}

/** Two criteria of a class map are the same criterion where their keys are equal. */
function criterionKey(criterion: ClassCriterion): string {
  switch (criterion.kind) {
    case 'any':
      return 'any';
    case 'dscp':
      return `dscp ${sortedValues(criterion.values).join(' ')}`;
    case 'access-group':
      return `access-group ${criterion.name}`;
  }
}

function sortedValues(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** Theirs, but `class-default`, which takes what the others leave, last. */
export function classesInOrder(classes: readonly PolicyClassConfig[]): readonly PolicyClassConfig[] {
  const isDefault = (each: PolicyClassConfig) => each.name === CLASS_DEFAULT;
  return [...classes.filter((each) => !isDefault(each)), ...classes.filter(isDefault)];
}

/**
 * The canonical form of a configuration: lists sorted where order means nothing (interfaces, networks, passive
 * interfaces, routes, class maps and their criteria, policy maps, access lists by name; rules by sequence); flags that are false, lists that are empty and
 * the distance 1 of a route left out. Interface addresses keep their order: the first is the one a router sends
 * from. What is parsed is in this form already; equal configurations in this form are deeply equal and print
 * equally as JSON.
 */
export function normaliseConfig(config: RouterConfig): RouterConfig {
  return inKeyOrder({
    ...config,
    interfaces: config.interfaces.map(normaliseInterface).sort((a, b) => compareNames(a.name, b.name)),
    ...(config.ospf === undefined ? {} : { ospf: normaliseOspf(config.ospf) }),
    ...(config.isis === undefined ? {} : { isis: normaliseIsis(config.isis) }),
    keyChains: config.keyChains
      .map((each) => ({ ...each, keys: [...each.keys].sort((a, b) => a.id - b.id) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    vrfs: [
      ...new Set([
        ...config.vrfs.map(({ name }) => name),
        ...config.staticRoutes.flatMap(({ vrf }) => vrf ?? []),
      ]),
    ]
      .sort(compareNames)
      .map((name) => config.vrfs.find((each) => each.name === name) ?? { name }),
    prefixLists: config.prefixLists
      .filter(({ rules, description }) => rules.length > 0 || description !== undefined)
      .map((list) => ({ ...list, rules: bySequence(list.rules) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    asPathLists: config.asPathLists
      .filter(({ rules }) => rules.length > 0)
      .map((list) => ({ ...list, rules: bySequence(list.rules) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    communityLists: config.communityLists
      .filter(({ rules }) => rules.length > 0)
      .map((list) => ({ ...list, rules: bySequence(list.rules) }))
      .sort((a, b) => compareText(a.size, b.size) || compareNames(a.name, b.name)),
    routeMaps: config.routeMaps
      .filter(({ entries }) => entries.length > 0)
      .map((map) => ({ ...map, entries: bySequence(map.entries.map(normaliseEntry)) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    bgp: config.bgp.map(normaliseBgp).sort((a, b) => compareNames(a.vrf ?? '', b.vrf ?? '')),
    staticRoutes: config.staticRoutes.map(normaliseRoute).sort(compareRoutes),
    accessLists: config.accessLists
      .filter((list) => list.rules.length > 0)
      .map((list) => ({ ...list, rules: [...list.rules].sort((a, b) => a.sequence - b.sequence) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    classMaps: config.classMaps.map(normaliseClassMap).sort((a, b) => compareNames(a.name, b.name)),
    policyMaps: config.policyMaps
      .map((policyMap) => ({ ...policyMap, classes: classesInOrder(policyMap.classes) }))
      .sort((a, b) => compareNames(a.name, b.name)),
  });
}

function normaliseBgp(bgp: BgpConfig): BgpConfig {
  const { ebgpRequiresPolicy, defaultIpv4Unicast, networkImportCheck, listenRanges = [], ...rest } = bgp;
  const groups = bgp.peerGroups.map((each) => normalisePeer(each, bgp, undefined));
  return {
    ...rest,
    ...(ebgpRequiresPolicy === false ? { ebgpRequiresPolicy } : {}),
    ...(defaultIpv4Unicast === false ? { defaultIpv4Unicast } : {}),
    ...(networkImportCheck === false ? { networkImportCheck } : {}),
    ...(listenRanges.length > 0 && {
      listenRanges: [...listenRanges].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    }),
    peerGroups: groups.sort((a, b) => compareNames(a.name, b.name)),
    neighbours: bgp.neighbours
      .map((each) =>
        normalisePeer(
          each,
          bgp,
          bgp.peerGroups.find(({ name }) => name === each.peerGroup),
        ),
      )
      .filter(saysAnything)
      .sort((a, b) => a.address - b.address),
    ipv4: normaliseFamily(bgp.ipv4),
    vpnv4: normaliseFamily(bgp.vpnv4),
  };
}

/** What is so anyway, by default or by the group, is left out. */
function normalisePeer<Peer extends BgpPeerConfig>(
  peer: Peer,
  { defaultIpv4Unicast = true }: BgpConfig,
  group: BgpPeerConfig | undefined,
): Peer {
  const family = (which: 'ipv4' | 'vpnv4'): BgpPeerFamilyConfig => {
    const { activate, sendCommunity, ...rest } = peer[which];
    const active = group?.[which].activate ?? (which === 'ipv4' && defaultIpv4Unicast);
    const sent = group?.[which].sendCommunity ?? 'all';
    return {
      ...rest,
      ...(activate === undefined || activate === active ? {} : { activate }),
      ...(sendCommunity === undefined || sendCommunity === sent ? {} : { sendCommunity }),
    };
  };
  return { ...peer, ipv4: family('ipv4'), vpnv4: family('vpnv4') };
}

/** A neighbour of which nothing is said is none. */
function saysAnything({
  address: _,
  name: __,
  ipv4,
  vpnv4,
  ...rest
}: BgpConfig['neighbours'][number]): boolean {
  return [ipv4, vpnv4, rest].some((each) => Object.keys(each).length > 0);
}

function normaliseFamily(family: BgpFamilyConfig): BgpFamilyConfig {
  return {
    ...family,
    networks: [...family.networks].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    aggregates: [...family.aggregates].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    redistribute: inProtocolOrder(family.redistribute),
  };
}

function inProtocolOrder(list: readonly RedistributeConfig[]): readonly RedistributeConfig[] {
  return [...list].sort((a, b) => REDISTRIBUTED.indexOf(a.from) - REDISTRIBUTED.indexOf(b.from));
}

function bySequence<Rule extends { readonly sequence: number }>(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((a, b) => a.sequence - b.sequence);
}

/** Sorted by their text, and carried out so, as after FRR has written and read them. */
function normaliseEntry(entry: RouteMapEntry): RouteMapEntry {
  return {
    ...entry,
    match: [...entry.match].sort((a, b) => compareText(a.kind, b.kind)),
    set: [...entry.set].sort((a, b) => compareText(a.kind, b.kind)),
  };
}

function normaliseInterface({ shutdown, ...rest }: InterfaceConfig): InterfaceConfig {
  return shutdown ? { ...rest, shutdown } : rest;
}

function normaliseOspf({ passiveDefault, ...rest }: OspfConfig): OspfConfig {
  return {
    ...rest,
    networks: [...rest.networks].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    passiveInterfaces: [...rest.passiveInterfaces].sort(compareNames),
    ...(passiveDefault ? { passiveDefault } : {}),
    areas: rest.areas
      .filter((each) => each.ranges.length > 0 || Object.keys(each).length > 2)
      .map((each) => ({
        ...each,
        ranges: [...each.ranges].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
      }))
      .sort((a, b) => a.area - b.area),
    redistribute: inProtocolOrder(rest.redistribute),
    summaries: [...rest.summaries].sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    activeInterfaces: passiveDefault ? [...rest.activeInterfaces].sort(compareNames) : [],
  };
}

function normaliseIsis(isis: IsisConfig): IsisConfig {
  return {
    ...isis,
    redistribute: [...isis.redistribute].sort(
      (a, b) => a.level - b.level || REDISTRIBUTED.indexOf(a.from) - REDISTRIBUTED.indexOf(b.from),
    ),
    defaultInformation: [...isis.defaultInformation].sort((a, b) => a.level - b.level),
  };
}

function normaliseClassMap(classMap: ClassMapConfig): ClassMapConfig {
  const criteria = new Map(
    classMap.criteria.map((each) => [
      criterionKey(each),
      each.kind === 'dscp' ? { ...each, values: sortedValues(each.values) } : each,
    ]),
  );
  const keys = [...criteria].sort(([a], [b]) => compareNames(a, b));
  return { ...classMap, criteria: keys.map(([, criterion]) => criterion) };
}

function normaliseRoute({ distance, ...rest }: StaticRouteConfig): StaticRouteConfig {
  return distance === undefined || distance === 1 ? rest : { ...rest, distance };
}

/** Sorts the keys of plain data, so that equal values print equally however they were put together. */
function inKeyOrder<T>(value: T): T {
  if (Array.isArray(value)) return value.map(inKeyOrder) as T;
  if (typeof value !== 'object' || value === null) return value;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) ordered[key] = inKeyOrder(Reflect.get(value, key));
  return ordered as T;
}
