/** Any configuration that a router can have, for property tests. */
import fc from 'fast-check';
import { isSameRule } from '../../src/config/access-rule.ts';
import { put } from '../../src/config/command.ts';
import {
  type AccessListConfig,
  type AccessRule,
  CLASS_DEFAULT,
  type ClassCriterion,
  type ClassMapConfig,
  type ClassRate,
  EMPTY_CONFIG,
  EMPTY_OSPF,
  type InterfaceConfig,
  type OspfAreaConfig,
  type OspfConfig,
  type OspfRange,
  type PoliceAction,
  type PolicyClassConfig,
  type PolicyMapConfig,
  type RouterConfig,
  type StaticRouteConfig,
} from '../../src/config/model.ts';
import { viaKey } from '../../src/config/order.ts';
import { formatPrefix, type Prefix, parseIpv4 } from '../../src/net/address.ts';
import { SHADOW_DSCP } from '../../src/net/wire.ts';
import { distance, ipv4, positive32, prefix, seconds, sequence, word } from './arbitrary-basics.ts';
import { bgps } from './arbitrary-bgp.ts';
import { interfaceIsis, isis } from './arbitrary-isis.ts';
import {
  asPathList,
  communityList,
  keyChain,
  prefixList,
  redistribution,
  routeMap,
} from './arbitrary-policy.ts';

/** From 11.0.0.0 to 126.255.255.255: all of them usable on an interface. */
const interfaceAddress: fc.Arbitrary<Prefix> = fc.record({
  address: fc.integer({ min: 0x0b000000, max: 0x7effffff }),
  length: fc.integer({ min: 1, max: 32 }),
});
const area = fc.oneof(fc.integer({ min: 0, max: 3 }), ipv4);

function interfaceConfig(withArea: boolean): fc.Arbitrary<InterfaceConfig> {
  return fc.record(
    {
      name: word,
      vrf: word,
      description: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' ')),
      addresses: fc.uniqueArray(interfaceAddress, { maxLength: 3 }),
      bandwidthMbps: fc.integer({ min: 1, max: 1_000_000 }),
      linkDetect: fc.constant(false as const),
      delay: fc.integer({ min: 1, max: 16_777_215 }),
      mtu: fc.integer({ min: 68, max: 65535 }),
      shutdown: fc.boolean(),
      accessGroupIn: word,
      accessGroupOut: word,
      servicePolicyIn: word,
      servicePolicyOut: word,
      isis: interfaceIsis,
      ospf: fc
        .record(
          {
            cost: seconds,
            ...(withArea ? { area } : {}),
            helloIntervalS: seconds,
            deadIntervalS: seconds,
            network: fc.constantFrom('broadcast', 'point-to-point'),
            priority: fc.integer({ min: 0, max: 255 }),
            helloMultiplier: fc.integer({ min: 1, max: 10 }),
            retransmitIntervalS: fc.integer({ min: 2, max: 65535 }),
            transmitDelayS: seconds,
            mtuIgnore: fc.constant(true),
            authentication: fc.oneof(
              fc.record({ kind: fc.constantFrom('null', 'simple', 'message-digest') }),
              fc.record({ kind: fc.constant('key-chain' as const), keyChain: word }),
            ),
            authenticationKey: word.filter((text) => text.length <= 8),
            messageDigestKeys: fc.uniqueArray(
              fc.record({
                id: fc.integer({ min: 1, max: 255 }),
                key: word.filter((text) => text.length <= 16),
              }),
              { minLength: 1, maxLength: 3, selector: ({ id }) => id },
            ),
          },
          { requiredKeys: [] },
        )
        .map((each: InterfaceConfig['ospf']) =>
          each.helloMultiplier === undefined ? each : put(each, 'deadIntervalS', undefined),
        ),
    },
    { requiredKeys: ['name', 'addresses', 'ospf'] },
  );
}

const ospfRange: fc.Arbitrary<OspfRange> = fc
  .record(
    { prefix, advertise: fc.boolean(), cost: fc.integer({ min: 0, max: 16777215 }) },
    { requiredKeys: ['prefix', 'advertise'] },
  )
  .map((range: OspfRange) => (range.advertise ? range : put(range, 'cost', undefined)));

const ospfArea: fc.Arbitrary<OspfAreaConfig> = fc
  .record(
    {
      area: area.filter((each) => each !== 0),
      kind: fc.constantFrom('stub' as const, 'nssa' as const),
      noSummary: fc.constant(true),
      defaultCost: fc.integer({ min: 0, max: 16777215 }),
      nssaDefaultInformation: fc.constant(true),
      nssaTranslate: fc.constantFrom('always' as const, 'candidate' as const, 'never' as const),
      ranges: fc.uniqueArray(ospfRange, { maxLength: 3, selector: (each) => formatPrefix(each.prefix) }),
      authentication: fc.record({ kind: fc.constantFrom('simple' as const, 'message-digest' as const) }),
    },
    { requiredKeys: ['area', 'ranges'] },
  )
  .map((each: OspfAreaConfig) => {
    const ofKind = each.kind === undefined ? put(each, 'noSummary', undefined) : each;
    return ofKind.kind === 'nssa'
      ? ofKind
      : put(put(ofKind, 'nssaTranslate', undefined), 'nssaDefaultInformation', undefined);
  });

function ospf(withNetworks: boolean, withPassiveDefault: boolean): fc.Arbitrary<OspfConfig> {
  const names = fc.uniqueArray(
    word.filter((text) => text !== 'default'),
    { maxLength: 6 },
  );
  return fc
    .record(
      {
        routerId: ipv4,
        networks: fc.uniqueArray(fc.record({ prefix, area }), {
          maxLength: withNetworks ? 4 : 0,
          selector: (network) => formatPrefix(network.prefix),
        }),
        names,
        passiveDefault: withPassiveDefault ? fc.boolean() : fc.constant(false),
        defaultMetric: fc.integer({ min: 0, max: 16777214 }),
        maximumPaths: fc.integer({ min: 1, max: 64 }),
        referenceBandwidthMbps: fc.integer({ min: 1, max: 4294967 }),
        lsaThrottleMs: fc.integer({ min: 0, max: 5000 }),
        lsaMinArrivalMs: fc.integer({ min: 0, max: 600_000 }),
        spfThrottleMs: fc.record({
          delay: fc.integer({ min: 0, max: 600_000 }),
          hold: fc.integer({ min: 0, max: 600_000 }),
          max: fc.integer({ min: 0, max: 600_000 }),
        }),
        areas: fc.uniqueArray(ospfArea, { maxLength: 4, selector: (each) => each.area }),
        redistribute: fc.uniqueArray(redistribution('ospf', 16777214), {
          maxLength: 4,
          selector: ({ from }) => from,
        }),
        defaultInformation: fc.record(
          {
            always: fc.boolean(),
            metric: fc.integer({ min: 0, max: 16777214 }),
            metricType: fc.constantFrom(1 as const, 2 as const),
            routeMap: word,
          },
          { requiredKeys: ['always'] },
        ),
        maxMetric: fc
          .record(
            { administrative: fc.boolean(), onStartupS: fc.integer({ min: 5, max: 86400 }) },
            { requiredKeys: ['administrative'] },
          )
          .filter((each) => each.administrative || 'onStartupS' in each),
        opaque: fc.constant(true),
        rfc1583Compatibility: fc.constant(true),
        summaries: fc.uniqueArray(fc.record({ prefix, advertise: fc.boolean() }), {
          maxLength: 3,
          selector: (each) => formatPrefix(each.prefix),
        }),
        distance: fc
          .record(
            { all: distance, intraArea: distance, interArea: distance, external: distance },
            { requiredKeys: [] },
          )
          .filter((each) => Object.keys(each).length > 0),
      },
      { requiredKeys: ['networks', 'names', 'areas', 'redistribute', 'summaries'] },
    )
    .map(({ names: all, ...rest }) => ({
      ...EMPTY_OSPF,
      ...rest,
      passiveInterfaces: all.slice(0, all.length / 2),
      activeInterfaces: rest.passiveDefault ? all.slice(all.length / 2) : [],
    }));
}

/** Taken for nothing else where a route names its way. */
const interfaceWord = word.filter(
  (text) =>
    !/^(null0|blackhole|reject|tag|vrf|nexthop-vrf|onlink|label|table|color|bfd|segments)$/i.test(text) &&
    parseIpv4(text) === undefined &&
    !/^\d/.test(text) &&
    !/^[\d./]+$/.test(text) &&
    !text.includes(':'),
);

const staticRoute: fc.Arbitrary<StaticRouteConfig> = fc.record(
  {
    prefix,
    via: fc.oneof(
      fc.record(
        { kind: fc.constant('gateway' as const), gateway: ipv4, vrf: fc.constant('GREEN') },
        { requiredKeys: ['kind', 'gateway'] },
      ),
      fc.record(
        {
          kind: fc.constant('gateway' as const),
          gateway: ipv4,
          interface: interfaceWord,
          onLink: fc.constant(true),
          vrf: fc.constant('GREEN'),
        },
        { requiredKeys: ['kind', 'gateway', 'interface'] },
      ),
      fc.record(
        { kind: fc.constant('interface' as const), interface: interfaceWord, vrf: fc.constant('GREEN') },
        { requiredKeys: ['kind', 'interface'] },
      ),
      fc.record({ kind: fc.constantFrom('blackhole' as const, 'reject' as const) }),
    ),
    distance,
    tag: positive32,
    vrf: fc.constantFrom('RED', 'BLUE'),
  },
  { requiredKeys: ['prefix', 'via'] },
);

const ports = fc
  .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

const standardRule: fc.Arbitrary<AccessRule> = fc.record({
  sequence,
  action: fc.constantFrom('permit', 'deny'),
  protocol: fc.constant('ip'),
  source: prefix,
  destination: fc.constant({ address: 0, length: 0 }),
});

const extendedRule: fc.Arbitrary<AccessRule> = fc
  .record(
    {
      sequence,
      action: fc.constantFrom('permit', 'deny'),
      protocol: fc.constantFrom('ip', 'icmp', 'tcp', 'udp', 'ospf'),
      source: prefix,
      destination: prefix,
      sourcePort: ports,
      destinationPort: ports,
      dscp: fc.integer({ min: 0, max: 63 }),
    },
    { requiredKeys: ['sequence', 'action', 'protocol', 'source', 'destination'] },
  )
  .map((rule: AccessRule) =>
    rule.protocol === 'tcp' || rule.protocol === 'udp'
      ? rule
      : put(put(rule, 'sourcePort', undefined), 'destinationPort', undefined),
  );

const accessList: fc.Arbitrary<AccessListConfig> = fc
  .oneof(
    fc.record({
      name: fc.oneof(
        fc.constantFrom('1', '99', '1300', '1999'),
        word.filter((text) => !/^\d+$/.test(text)),
      ),
      kind: fc.constant('standard' as const),
      rules: fc.array(standardRule, { maxLength: 5 }),
    }),
    fc.record({
      name: fc.oneof(
        fc.constantFrom('100', '199', '2000', '2699'),
        word.filter((text) => !/^\d+$/.test(text)),
      ),
      kind: fc.constant('extended' as const),
      rules: fc.array(extendedRule, { maxLength: 5 }),
    }),
  )
  .map((list) => ({ ...list, rules: distinct(list.rules) }));

function distinct(rules: readonly AccessRule[]): readonly AccessRule[] {
  return rules.filter(
    (rule, index) =>
      !rules.slice(0, index).some((each) => each.sequence === rule.sequence || isSameRule(each, rule)),
  );
}

/** Few enough that two configurations have some in common. */
const mapName = fc.oneof(word, fc.constantFrom('a', 'b', 'c', 'class'));
const dscp = fc.integer({ min: 0, max: 63 });
/** One that may be set. */
const mark = dscp.filter((value) => value !== SHADOW_DSCP);
const criterion: fc.Arbitrary<ClassCriterion> = fc.oneof(
  fc.record({ kind: fc.constant('any' as const) }),
  fc.record({
    kind: fc.constant('dscp' as const),
    values: fc.uniqueArray(dscp, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('access-group' as const),
    name: fc.oneof(word, fc.constantFrom('10', '101')),
  }),
);

const classMap: fc.Arbitrary<ClassMapConfig> = fc.record({
  name: mapName.filter((text) => text !== CLASS_DEFAULT),
  match: fc.constantFrom('all', 'any'),
  criteria: fc.array(criterion, { maxLength: 4 }),
});

const rate: fc.Arbitrary<ClassRate> = fc.oneof(
  fc.record({ kind: fc.constant('kbps' as const), kbps: fc.integer({ min: 1, max: 1_000_000_000 }) }),
  fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 1, max: 100 }) }),
);
const bitRate = fc.integer({ min: 1_000, max: 1_000_000_000_000 });
const policeAction: fc.Arbitrary<PoliceAction> = fc.oneof(
  fc.record({ kind: fc.constantFrom('transmit' as const, 'drop' as const) }),
  fc.record({ kind: fc.constant('set-dscp-transmit' as const), dscp: mark }),
);

const policyClass: fc.Arbitrary<PolicyClassConfig> = fc
  .record(
    {
      name: fc.oneof(mapName, fc.constant(CLASS_DEFAULT)),
      setDscp: mark,
      police: fc.record(
        {
          rateBps: bitRate,
          burstBytes: fc.integer({ min: 64, max: 1_000_000_000 }),
          conform: policeAction,
          exceed: policeAction,
        },
        { requiredKeys: ['rateBps', 'conform', 'exceed'] },
      ),
      bandwidth: rate,
      priority: rate,
      shapeBps: bitRate,
      queueLimitBytes: fc.integer({ min: 1, max: 1_000_000_000 }),
      randomDetect: fc.constantFrom('drop' as const, 'ecn' as const),
    },
    { requiredKeys: ['name'] },
  )
  .map((each: PolicyClassConfig) => (each.bandwidth === undefined ? each : put(each, 'priority', undefined)));

const policyMap: fc.Arbitrary<PolicyMapConfig> = fc.record({
  name: mapName,
  classes: fc.uniqueArray(policyClass, { maxLength: 4, selector: ({ name }) => name }),
});

/** No address stands on two interfaces, nor twice on one. */
function withoutSharedAddresses(interfaces: readonly InterfaceConfig[]): readonly InterfaceConfig[] {
  const seen = new Set<number>();
  return interfaces.map((each) => ({
    ...each,
    addresses: each.addresses.filter(({ address }) => !seen.has(address) && seen.add(address)),
  }));
}

export interface ArbitraryOptions {
  /** With settings that change what other lines mean: `passive-interface default`, `no bgp default ipv4-unicast`. */
  readonly statements?: boolean;
}

export function routerConfig({ statements = true }: ArbitraryOptions = {}) {
  const withAreas = (areas: boolean): fc.Arbitrary<RouterConfig> =>
    fc
      .record(
        {
          hostname: fc.stringMatching(/^[A-Za-z0-9][!-~]{0,9}$/),
          interfaces: fc
            .uniqueArray(interfaceConfig(areas), { maxLength: 5, selector: ({ name }) => name })
            .map(withoutSharedAddresses),
          ospf: ospf(!areas, statements),
          isis: isis(statements),
          keyChains: fc.uniqueArray(keyChain, { maxLength: 2, selector: ({ name }) => name }),
          staticRoutes: fc.uniqueArray(staticRoute, {
            maxLength: 4,
            selector: (route) => `${route.vrf} ${formatPrefix(route.prefix)} ${viaKey(route.via)}`,
          }),
          routerId: ipv4,
          vrfs: fc
            .uniqueArray(word, { maxLength: 2 })
            .map((names) =>
              names.map((name, index) => ({ name, ...(index === 0 ? {} : { routerId: 0x0a000001 }) })),
            ),
          bgp: statements
            ? bgps
            : bgps.map((all) => all.map((each) => put(each, 'defaultIpv4Unicast', undefined))),
          prefixLists: fc.uniqueArray(prefixList, { maxLength: 2, selector: ({ name }) => name }),
          asPathLists: fc.uniqueArray(asPathList, { maxLength: 2, selector: ({ name }) => name }),
          communityLists: fc.uniqueArray(communityList, {
            maxLength: 5,
            selector: ({ name, size }) => `${size} ${name}`,
          }),
          routeMaps: fc.uniqueArray(routeMap, { maxLength: 2, selector: ({ name }) => name }),
          accessLists: fc.uniqueArray(accessList, { maxLength: 4, selector: ({ name }) => name }),
          classMaps: fc.uniqueArray(classMap, { maxLength: 3, selector: ({ name }) => name }),
          policyMaps: fc.uniqueArray(policyMap, { maxLength: 3, selector: ({ name }) => name }),
        },
        {
          requiredKeys: [
            'interfaces',
            'vrfs',
            'keyChains',
            'staticRoutes',
            'bgp',
            'prefixLists',
            'asPathLists',
            'communityLists',
            'routeMaps',
            'accessLists',
            'classMaps',
            'policyMaps',
          ],
        },
      )
      .map((config) => ({ ...EMPTY_CONFIG, ...config }));
  // Made once: what grapheme strings are made of takes fast-check far longer to list than a string to draw.
  const [without, within] = [withAreas(false), withAreas(true)];
  return fc.boolean().chain((areas) => (areas ? within : without));
}
