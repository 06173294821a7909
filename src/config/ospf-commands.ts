/** Commands under `router ospf`, in the order in which FRR writes them (ospfd/ospf_vty.c, ospf_config_write_one). */
import { formatIpv4, formatPrefix } from '../net/address.ts';
import {
  type Argument,
  address,
  after,
  area,
  formatArea,
  integer,
  name,
  nothing,
  prefix,
  sequence,
} from './argument.ts';
import { type Command, command, flag, put, Refusal, setting } from './command.ts';
import { atMost } from './limits.ts';
import { EMPTY_OSPF, type OspfConfig, type RouterConfig } from './model.ts';
import { setPassive, unsetPassive } from './passive.ts';

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

export const ospfCommands: readonly Command[] = [
  routerId('ospf router-id', 'names the router in OSPF'),
  { ...routerId('router-id', 'the same, as FRR wrote it once'), lines: () => [] },
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
    'maximum-paths',
    'maximumPaths',
    integer(1, 64),
    'next hops of equal cost that are used (default 64)',
  ),
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
  command({
    section,
    keywords: 'network',
    help: 'runs OSPF on the interfaces whose address lies in the prefix, in this area',
    argument: sequence(prefix, after('area', area)),
    set(config, _name, [block, wanted]) {
      const networks = config.ospf?.networks ?? [];
      if (config.interfaces.some((each) => each.ospf.area !== undefined)) {
        return new Refusal('remove all "ip ospf area" commands of interfaces first');
      }
      const same = networks.find((each) => formatPrefix(each.prefix) === formatPrefix(block));
      if (same?.area === wanted) return config;
      if (same !== undefined) {
        return new Refusal(`network ${formatPrefix(block)} is in area ${formatArea(same.area)} already`);
      }
      return (
        atMost(networks, 'networks') ??
        updateOspf(config, (ospf) => ({ ...ospf, networks: [...networks, { prefix: block, area: wanted }] }))
      );
    },
    removal: {
      argument: sequence(prefix, after('area', area)),
      unset(config, _name, [block, wanted]) {
        const networks = config.ospf?.networks ?? [];
        const left = networks.filter(
          (each) => formatPrefix(each.prefix) !== formatPrefix(block) || each.area !== wanted,
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
  ospfSetting(
    'default-metric',
    'defaultMetric',
    integer(0, 16777214),
    'metric of routes that are redistributed; kept, but nothing is redistributed yet',
  ),
];

function updateOspf(config: RouterConfig, change: (ospf: OspfConfig) => OspfConfig): RouterConfig {
  return config.ospf === undefined ? config : { ...config, ospf: change(config.ospf) };
}

function routerId(keywords: string, help: string): Command {
  return ospfSetting(keywords, 'routerId', address, help, formatIpv4);
}

type SettingKey = 'routerId' | 'referenceBandwidthMbps' | 'spfThrottleMs' | 'maximumPaths' | 'defaultMetric';

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
