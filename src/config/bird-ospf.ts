/** OSPF in BIRD's language. */
import { comparePrefixes, contains, formatIpv4, formatPrefix, type Ipv4 } from '../net/address.ts';
import { isLoopback } from './bird-names.ts';
import { type BirdPolicy, SOURCES } from './bird-policy.ts';
import { type BirdText, braced, preferenceOf, quoted } from './bird-words.ts';
import type { InterfaceConfig, OspfAreaConfig, OspfConfig, RouterConfig } from './model.ts';
import type { KeyAlgorithm, RedistributeConfig } from './policy-model.ts';

const section = 'router ospf';
const ALGORITHMS: Readonly<Record<KeyAlgorithm, string>> = {
  md5: 'keyed md5',
  'hmac-sha-1': 'hmac sha1',
  'hmac-sha-256': 'hmac sha256',
  'hmac-sha-384': 'hmac sha384',
  'hmac-sha-512': 'hmac sha512',
};

export function ospfBlocks(config: RouterConfig, text: BirdText, policy: BirdPolicy): void {
  const { ospf } = config;
  if (ospf === undefined) return;
  const redistributed = ospf.redistribute.flatMap((line) => exportLines(ospf, line, policy, text));
  const interfaces = config.interfaces.filter(
    ({ vrf, addresses }) => vrf === undefined && addresses.length > 0,
  );
  const inAreas = Map.groupBy(interfaces, (each) => areaOf(ospf, each));
  const areas = new Set([...ospf.areas.map(({ area }) => area), ...inAreas.keys()]);
  areas.delete(undefined);
  const all = [...areas].filter((area) => area !== undefined).sort((a, b) => a - b);
  if (all.length === 0) {
    text.block('# There is no OSPF here: no interface is in an area.');
    return;
  }
  text.block(
    ...braced('protocol ospf v2 ospf_main', [
      ...(ospf.routerId === undefined ? [] : [`router id ${formatIpv4(ospf.routerId)};`]),
      ...(ospf.rfc1583Compatibility ? ['rfc1583compat yes;'] : ['rfc1583compat no;']),
      ...(ospf.maxMetric?.administrative ? ['stub router yes;'] : []),
      `ecmp yes limit ${ospf.maximumPaths ?? 64};`,
      ...braced(
        'ipv4',
        [
          `preference ${preferenceOf(ospf.distance?.all ?? 110)};`,
          'import all;',
          ...braced('export filter', [...redistributed, ...defaultLines(ospf, policy, text), 'reject;'], ';'),
        ],
        ';',
      ),
      ...all.flatMap((area) =>
        braced(
          `area ${formatIpv4(area)}`,
          [
            ...areaLines(ospf.areas.find((each) => each.area === area)),
            ...(inAreas.get(area) ?? []).flatMap((each) => interfaceLines(config, ospf, each, area, text)),
          ],
          ';',
        ),
      ),
    ]),
  );
  for (const { area, ranges } of ospf.areas) {
    for (const range of ranges) {
      if (range.cost === undefined) continue;
      const line = `area ${area < 65536 ? area : formatIpv4(area)} range ${formatPrefix(range.prefix)} cost ${range.cost}`;
      text.cannot(section, line, 'BIRD gives a range the cost of its farthest network');
    }
    if (ospf.areas.some((each) => each.area === area && each.nssaTranslate === 'never')) {
      text.cannot(
        section,
        `area ${area < 65536 ? area : formatIpv4(area)} nssa translate-never`,
        'a border router of BIRD may be elected as translator',
      );
    }
  }
}

function areaOf({ networks }: OspfConfig, { ospf, addresses }: InterfaceConfig): Ipv4 | undefined {
  return (
    ospf.area ??
    [...networks]
      .sort((a, b) => b.prefix.length - a.prefix.length || comparePrefixes(a.prefix, b.prefix))
      .find(({ prefix }) => contains(prefix, addresses[0].address))?.area
  );
}

function areaLines(area: OspfAreaConfig | undefined): readonly string[] {
  if (area === undefined) return [];
  const { kind, noSummary, defaultCost, nssaDefaultInformation, nssaTranslate, ranges } = area;
  const networks = ranges.map(
    ({ prefix, advertise }) => `${formatPrefix(prefix)}${advertise ? '' : ' hidden'};`,
  );
  return [
    ...(kind === undefined ? [] : [`${kind};`, `summary ${noSummary ? 'no' : 'yes'};`]),
    ...(kind !== undefined && (kind === 'stub' || noSummary || nssaDefaultInformation)
      ? [`default cost ${defaultCost ?? 1};`]
      : []),
    ...(kind === 'nssa' ? [`default nssa ${nssaDefaultInformation ? 'yes' : 'no'};`] : []),
    ...(nssaTranslate === 'always' ? ['translator yes;'] : []),
    ...(networks.length === 0 ? [] : braced('networks', networks, ';')),
  ];
}

function interfaceLines(
  config: RouterConfig,
  ospf: OspfConfig,
  settings: InterfaceConfig,
  area: Ipv4 | undefined,
  text: BirdText,
): readonly string[] {
  const { name, addresses, ospf: own, bandwidthMbps } = settings;
  if (isLoopback(name)) {
    return addresses.map(
      (each) => `stubnet ${formatPrefix({ ...each, length: 32 })} { cost ${own.cost ?? 0}; };`,
    );
  }
  const isPassive = ospf.passiveDefault
    ? !ospf.activeInterfaces.includes(name)
    : ospf.passiveInterfaces.includes(name);
  const cost =
    own.cost ??
    (bandwidthMbps &&
      Math.min(65535, Math.max(1, Math.round((ospf.referenceBandwidthMbps ?? 100_000) / bandwidthMbps))));
  if (cost === undefined) {
    const line = `interface ${name}${settings.vrf === undefined ? '' : ` vrf ${settings.vrf}`}`;
    text.cannot(
      '',
      line,
      'its cost follows from the bandwidth of the link, which BIRD does not go by: say "ip ospf cost" below it',
    );
  }
  const hello = own.helloIntervalS ?? 10;
  return braced(
    `interface "${name}"`,
    [
      `cost ${cost ?? 1};`,
      `type ${own.network === 'point-to-point' ? 'ptp' : 'broadcast'};`,
      `hello ${hello};`,
      `dead ${own.deadIntervalS ?? 4 * hello};`,
      ...(own.retransmitIntervalS === undefined ? [] : [`retransmit ${own.retransmitIntervalS};`]),
      ...(own.transmitDelayS === undefined ? [] : [`transmit delay ${own.transmitDelayS};`]),
      ...(own.priority === undefined ? [] : [`priority ${own.priority};`]),
      ...(isPassive ? ['stub yes;'] : []),
      ...authenticationLines(config, ospf, settings, area, text),
    ],
    ';',
  );
}

function authenticationLines(
  config: RouterConfig,
  ospf: OspfConfig,
  { name, ospf: own }: InterfaceConfig,
  area: Ipv4 | undefined,
  text: BirdText,
): readonly string[] {
  const kind = own.authentication ?? ospf.areas.find((each) => each.area === area)?.authentication;
  const secret = (key: string, line: string): string => {
    const said = quoted(key);
    if (said === undefined)
      text.cannot(`interface ${name}`, line, "a quotation mark cannot stand in BIRD's strings");
    return said ?? '""';
  };
  switch (kind?.kind) {
    case undefined:
    case 'null':
      return [];
    case 'simple': {
      const key = own.authenticationKey ?? '';
      return ['authentication simple;', `password ${secret(key, `ip ospf authentication-key ${key}`)};`];
    }
    case 'message-digest':
      return [
        'authentication cryptographic;',
        ...(own.messageDigestKeys ?? [])
          .toReversed()
          .map(
            ({ id, key }) =>
              `password ${secret(key, `ip ospf message-digest-key ${id} md5 ${key}`)} { id ${id}; algorithm keyed md5; };`,
          ),
      ];
    case 'key-chain': {
      const chain = config.keyChains.find((each) => each.name === kind.keyChain);
      for (const { id } of chain?.keys ?? []) {
        if (id > 255)
          text.cannot(`key chain ${kind.keyChain}`, `key ${id}`, 'numbers of keys go up to 255 in OSPF');
      }
      return [
        'authentication cryptographic;',
        ...(chain?.keys ?? []).map(({ id, keyString, algorithm = 'md5' }) => {
          const said = secret(keyString, `ip ospf authentication key-chain ${kind.keyChain}`);
          return `password ${said} { id ${id}; algorithm ${ALGORITHMS[algorithm]}; };`;
        }),
      ];
    }
  }
}

/** RFC 3101, FRR: type 2 and metric 20 (of BGP 1) where nothing else is said. A default route is said by itself. */
function exportLines(
  ospf: OspfConfig,
  line: RedistributeConfig,
  policy: BirdPolicy,
  text: BirdText,
): readonly string[] {
  if (line.from === 'isis') {
    text.cannot(section, 'redistribute isis', 'BIRD 2.0 has no IS-IS');
    return [];
  }
  const metric = line.metric ?? ospf.defaultMetric ?? (line.from === 'bgp' ? 1 : 20);
  return braced(`if ${SOURCES[line.from]} && net != 0.0.0.0/0 then`, [
    `ospf_metric${line.metricType ?? 2} = ${metric};`,
    ...(line.routeMap === undefined
      ? []
      : [`if ! ${policy.routeMap(line.routeMap, line.metricType === 1 ? 'ospf1' : 'ospf2')} then reject;`]),
    'accept;',
  ]);
}

function defaultLines(
  { defaultInformation: said }: OspfConfig,
  policy: BirdPolicy,
  text: BirdText,
): readonly string[] {
  if (said === undefined) return [];
  const { always, metric, metricType = 2, routeMap } = said;
  if (always) {
    text.cannot(
      section,
      'default-information originate always',
      'BIRD announces routes that it has: give it one, "ip route 0.0.0.0/0 blackhole 255"',
    );
  }
  return braced(
    'if net = 0.0.0.0/0 && source !~ [ RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2 ] then',
    [
      `ospf_metric${metricType} = ${metric ?? 10};`,
      ...(routeMap === undefined
        ? []
        : [`if ! ${policy.routeMap(routeMap, metricType === 1 ? 'ospf1' : 'ospf2')} then reject;`]),
      'accept;',
    ],
  );
}
