/** Commands under `router ospf`, in the order in which FRR writes them (ospfd/ospf_vty.c, ospf_config_write_one). */
import { comparePrefixes, formatIpv4, formatPrefix } from '../net/address.ts';
import {
  type Argument,
  address,
  after,
  anyOf,
  area,
  formatArea,
  integer,
  name,
  nothing,
  oneOf,
  prefix,
  present,
  reading,
  sequence,
} from './argument.ts';
import { type Command, command, flag, put, Refusal, setting } from './command.ts';
import { atMost } from './limits.ts';
import { listed } from './list-command.ts';
import { EMPTY_OSPF, type OspfConfig, type RouterConfig } from './model.ts';
import { roster } from './named.ts';
import { ospfAreaCommands } from './ospf-area-commands.ts';
import { setPassive, unsetPassive } from './passive.ts';
import { formatRedistributed, redistributed } from './redistribute.ts';

const section = 'router ospf';

export const openOspf: Command = command({
  section: '',
  keywords: 'router ospf',
  help: 'runs OSPF; its settings follow',
  argument: nothing,
  set: (config) => ({ ...config, ospf: config.ospf ?? EMPTY_OSPF }),
  opens: () => ({ kind: section, name: '' }),
  removal: {
    argument: nothing,
    unset: (config) =>
      config.ospf === undefined
        ? new Refusal('there is no "router ospf" to remove')
        : put(config, 'ospf', undefined),
  },
  lines: (config) =>
    config.ospf === undefined ? [] : [{ text: section, group: '', opens: { kind: section, name: '' } }],
});

const milliseconds = integer(0, 600_000);

const distances = anyOf<{
  readonly 'intra-area': number;
  readonly 'inter-area': number;
  readonly external: number;
}>({ 'intra-area': integer(1, 255), 'inter-area': integer(1, 255), external: integer(1, 255) });

export const ospfCommands: readonly Command[] = [
  routerId('ospf router-id', 'names the router in OSPF'),
  { ...routerId('router-id', 'the same, as FRR wrote it once'), lines: () => [] },
  ospfFlag(
    'compatible rfc1583',
    'rfc1583Compatibility',
    'prefers external routes by the rule of RFC 1583 (16.4.1 of RFC 2328)',
  ),
  {
    ...ospfFlag('ospf rfc1583compatibility', 'rfc1583Compatibility', 'the same, as FRR also reads it'),
    lines: () => [],
  },
  ospfSetting(
    'auto-cost reference-bandwidth',
    'referenceBandwidthMbps',
    integer(1, 4294967),
    'Mbit/s that make a cost of 1 (default 100000)',
  ),
  ospfSetting(
    'timers throttle spf',
    'spfThrottleMs',
    throttle(),
    'ms from a change to SPF, between two SPFs, and at most between them (default 0 50 5000)',
    ({ delay, hold, max }) => `${delay} ${hold} ${max}`,
  ),
  ospfSetting(
    'timers throttle lsa all',
    'lsaThrottleMs',
    integer(0, 5000),
    'ms between two of one LSA that the router makes (default 5000)',
  ),
  ospfSetting(
    'timers lsa min-arrival',
    'lsaMinArrivalMs',
    integer(0, 600_000),
    'ms within which no second one of an LSA is taken (default 1000)',
  ),
  ospfSetting(
    'maximum-paths',
    'maximumPaths',
    integer(1, 64),
    'next hops of equal cost that are used (default 64)',
  ),
  setting<number>({
    section,
    keywords: 'max-metric router-lsa on-startup',
    help: 'seconds after the start that the router is the last way through the network (RFC 6987)',
    argument: integer(5, 86400),
    get: (config) => config.ospf?.maxMetric?.onStartupS,
    put: (config, _name, onStartupS) =>
      withMaxMetric(config, { administrative: config.ospf?.maxMetric?.administrative, onStartupS }),
  }),
  flag({
    section,
    keywords: 'max-metric router-lsa administrative',
    help: 'the router is the last way through the network: traffic goes round it where it can (RFC 6987)',
    get: (config) => config.ospf?.maxMetric?.administrative ?? false,
    put: (config, _name, administrative) =>
      withMaxMetric(config, { administrative, onStartupS: config.ospf?.maxMetric?.onStartupS }),
  }),
  flag({
    section,
    keywords: 'passive-interface default',
    help: 'all interfaces are passive but those excepted by `no passive-interface`',
    get: (config) => config.ospf?.passiveDefault ?? false,
    put: (config, _name, passive) =>
      updateOspf(config, (ospf) =>
        passive
          ? { ...ospf, passiveDefault: true }
          : { ...put(ospf, 'passiveDefault', undefined), activeInterfaces: [] },
      ),
  }),
  command({
    section,
    keywords: 'passive-interface',
    help: 'announces the interface and sends no hellos',
    argument: name('IFNAME'),
    set: (config, _name, interfaceName) => setPassive(config, interfaceName),
    removal: {
      argument: name('IFNAME'),
      unset: (config, _name, interfaceName) => unsetPassive(config, interfaceName),
    },
    lines: ({ ospf }) => [
      ...(ospf?.passiveInterfaces ?? []).map((each) => ({ text: `passive-interface ${each}`, group: each })),
      ...(ospf?.activeInterfaces ?? []).map((each) => ({
        text: `no passive-interface ${each}`,
        group: each,
      })),
    ],
  }),
  listed({
    section,
    keywords: 'redistribute',
    what: 'protocols that are redistributed',
    help: 'routes of another source become external ones (metric type 2, metric 20 where nothing is said; 1 for BGP)',
    argument: redistributed('ospf', 16777214),
    removal: redistributed('ospf', 16777214),
    isChosen: (each, { from }) => each.from === from,
    get: (config) => config.ospf?.redistribute ?? [],
    put: (config, _name, redistribute) => updateOspf(config, (ospf) => ({ ...ospf, redistribute })),
    key: ({ from }) => from,
    format: formatRedistributed,
  }),
  listed({
    section,
    keywords: 'summary-address',
    what: 'summary addresses',
    help: 'external routes within the prefix are told as one, or not at all',
    argument: reading(sequence(prefix, present('no-advertise')), ([block, hidden]) => ({
      prefix: block,
      advertise: !hidden,
    })),
    removal: sequence(prefix, present('no-advertise')),
    isChosen: (each, [block]) => comparePrefixes(each.prefix, block) === 0,
    get: (config) => config.ospf?.summaries ?? [],
    put: (config, _name, summaries) => updateOspf(config, (ospf) => ({ ...ospf, summaries })),
    key: (each) => formatPrefix(each.prefix),
    format: (each) => `${formatPrefix(each.prefix)}${each.advertise ? '' : ' no-advertise'}`,
  }),
  command({
    section,
    keywords: 'network',
    help: 'runs OSPF on the interfaces whose address lies in the prefix, in this area',
    argument: sequence(prefix, after('area', area)),
    set(config, _name, [block, wanted]) {
      const networks = config.ospf?.networks ?? [];
      // Where there is a network already, no interface has an area of its own.
      if (networks.length === 0 && config.interfaces.some((each) => each.ospf.area !== undefined)) {
        return new Refusal('remove all "ip ospf area" commands of interfaces first');
      }
      const same = byPrefix.find(networks, formatPrefix(block));
      if (same?.area === wanted) return config;
      if (same !== undefined) {
        return new Refusal(`network ${formatPrefix(block)} is in area ${formatArea(same.area)} already`);
      }
      return (
        atMost(networks, 'networks') ??
        updateOspf(config, (ospf) => ({
          ...ospf,
          networks: byPrefix.put(networks, { prefix: block, area: wanted }),
        }))
      );
    },
    removal: {
      argument: sequence(prefix, after('area', area)),
      unset(config, _name, [block, wanted]) {
        const networks = config.ospf?.networks ?? [];
        const left = networks.filter(
          (each) => comparePrefixes(each.prefix, block) !== 0 || each.area !== wanted,
        );
        return left.length === networks.length
          ? new Refusal(`there is no "network ${formatPrefix(block)} area ${formatArea(wanted)}" to remove`)
          : updateOspf(config, (ospf) => ({ ...ospf, networks: left }));
      },
    },
    lines: (config) =>
      (config.ospf?.networks ?? []).map((each) => ({
        text: `network ${formatPrefix(each.prefix)} area ${formatArea(each.area)}`,
        group: formatPrefix(each.prefix),
      })),
  }),
  ...ospfAreaCommands,
  ospfSetting(
    'default-metric',
    'defaultMetric',
    integer(0, 16777214),
    'metric of routes that are redistributed without one of their own',
  ),
  ospfSetting(
    'default-information originate',
    'defaultInformation',
    defaultInformation(),
    'tells the others of a default route, where there is one or `always` (metric type 2; metric 10, or 1)',
    formatDefaultInformation,
  ),
  setting<number>({
    section,
    keywords: 'distance',
    help: 'administrative distance of all routes of OSPF (default 110)',
    argument: integer(1, 255),
    get: (config) => config.ospf?.distance?.all,
    put: (config, _name, all) => withDistance(config, { ...config.ospf?.distance, all }),
  }),
  command({
    section,
    keywords: 'distance ospf',
    help: 'administrative distance by kind of route',
    argument: distances,
    set: (config, _name, given) =>
      withDistance(config, {
        ...config.ospf?.distance,
        ...(given['intra-area'] === undefined ? {} : { intraArea: given['intra-area'] }),
        ...(given['inter-area'] === undefined ? {} : { interArea: given['inter-area'] }),
        ...(given.external === undefined ? {} : { external: given.external }),
      }),
    removal: {
      argument: distances,
      unset: (config) => withDistance(config, { all: config.ospf?.distance?.all }),
    },
    lines({ ospf }) {
      const { intraArea, interArea, external } = ospf?.distance ?? {};
      const parts = [
        ...(intraArea === undefined ? [] : [`intra-area ${intraArea}`]),
        ...(interArea === undefined ? [] : [`inter-area ${interArea}`]),
        ...(external === undefined ? [] : [`external ${external}`]),
      ];
      return parts.length === 0 ? [] : [{ text: `distance ospf ${parts.join(' ')}`, group: '' }];
    },
  }),
  ospfFlag(
    'capability opaque',
    'opaque',
    'tells neighbours that opaque LSAs are welcome (RFC 5250); carried on, none of our own',
  ),
];

const byPrefix = roster((network: OspfConfig['networks'][number]) => formatPrefix(network.prefix));

type DefaultInformation = NonNullable<OspfConfig['defaultInformation']>;

function defaultInformation(): Argument<DefaultInformation> {
  const options = anyOf<{
    readonly always: undefined;
    readonly metric: number;
    readonly 'metric-type': '1' | '2';
    readonly 'route-map': string;
  }>({
    always: nothing,
    metric: integer(0, 16777214),
    'metric-type': oneOf('1', '2'),
    'route-map': name('NAME'),
  });
  return reading(options, ({ metric, 'metric-type': type, 'route-map': routeMap, ...rest }) => ({
    always: 'always' in rest,
    ...(metric === undefined ? {} : { metric }),
    ...(type === undefined ? {} : { metricType: type === '1' ? 1 : 2 }),
    ...(routeMap === undefined ? {} : { routeMap }),
  }));
}

function formatDefaultInformation({ always, metric, metricType, routeMap }: DefaultInformation): string {
  return [
    ...(always ? ['always'] : []),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
    ...(metricType === undefined ? [] : [`metric-type ${metricType}`]),
    ...(routeMap === undefined ? [] : [`route-map ${routeMap}`]),
  ].join(' ');
}

function withDistance(
  config: RouterConfig,
  { all, ...rest }: { readonly all?: number | undefined } & Omit<NonNullable<OspfConfig['distance']>, 'all'>,
): RouterConfig {
  const distance = { ...rest, ...(all === undefined ? {} : { all }) };
  return updateOspf(config, (ospf) =>
    put(ospf, 'distance', Object.keys(distance).length === 0 ? undefined : distance),
  );
}

function withMaxMetric(
  config: RouterConfig,
  {
    administrative = false,
    onStartupS,
  }: { administrative?: boolean | undefined; onStartupS?: number | undefined },
): RouterConfig {
  const maxMetric = { administrative, ...(onStartupS === undefined ? {} : { onStartupS }) };
  return updateOspf(config, (ospf) =>
    put(ospf, 'maxMetric', administrative || onStartupS !== undefined ? maxMetric : undefined),
  );
}

function ospfFlag(keywords: string, key: 'rfc1583Compatibility' | 'opaque', help: string): Command {
  return flag({
    section,
    keywords,
    help,
    get: (config) => config.ospf?.[key] ?? false,
    put: (config, _name, on) => updateOspf(config, (ospf) => put(ospf, key, on || undefined)),
    stated: true,
  });
}

function updateOspf(config: RouterConfig, change: (ospf: OspfConfig) => OspfConfig): RouterConfig {
  return config.ospf === undefined ? config : { ...config, ospf: change(config.ospf) };
}

function routerId(keywords: string, help: string): Command {
  return ospfSetting(keywords, 'routerId', address, help, formatIpv4);
}

type SettingKey =
  | 'routerId'
  | 'referenceBandwidthMbps'
  | 'spfThrottleMs'
  | 'lsaThrottleMs'
  | 'lsaMinArrivalMs'
  | 'maximumPaths'
  | 'defaultMetric'
  | 'defaultInformation';

function ospfSetting<Key extends SettingKey>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<OspfConfig[Key]>>,
  help: string,
  format: (value: NonNullable<OspfConfig[Key]>) => string = String,
): Command {
  return setting<OspfConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    format,
    get: (config) => config.ospf?.[key],
    put: (config, _name, value) => updateOspf(config, (ospf) => put(ospf, key, value)),
  });
}

function throttle(): Argument<NonNullable<OspfConfig['spfThrottleMs']>> {
  const three = sequence(milliseconds, milliseconds, milliseconds);
  return {
    notation: three.notation,
    read(words, at) {
      const reading = three.read(words, at);
      if (!reading.ok) return reading;
      const [delay, hold, max] = reading.value;
      return { ...reading, value: { delay, hold, max } };
    },
  };
}
