/** What a configuration says of IS-IS, with every default filled in. Pure. */
import type { IsisConfig, IsisLevel, PerLevel } from '../../config/isis-model.ts';
import { parseNet } from '../../config/isis-net.ts';
import type { InterfaceConfig } from '../../config/model.ts';
import { OSI_PACKET_HEADER } from '../../net/osi.ts';
import { policyOf } from '../policy/compile.ts';
import type { IsisCircuitInput, IsisCircuitLevel, IsisSettings } from '../protocols/isis/contract.ts';
import { DEFAULT_VRF, longestOwnPacket, type SlotView } from './speaker.ts';

/** FRR's (isisd/isis_constants.h, yang/frr-isisd.yang). */
const DEFAULTS = {
  metric: 10,
  helloIntervalS: 3,
  helloMultiplier: 10,
  priority: 64,
  csnpIntervalS: 10,
  psnpIntervalS: 2,
  lspMtu: 1497,
  lspGenerationIntervalS: 30,
  lspRefreshIntervalS: 900,
  lspLifetimeS: 1200,
  spfIntervalS: 1,
  maximumPaths: 64,
} as const;
const BOTH: readonly IsisLevel[] = [1, 2];

/** Without `router isis`, or without a net in it: no levels and no circuits. */
export function isisSettings(view: SlotView): IsisSettings {
  const { config } = view;
  const isis = config.isis;
  const nets = (isis?.nets ?? []).flatMap((text) => parseNet(text) ?? []);
  const systemId = nets[0]?.systemId;
  const isRunning = isis !== undefined && systemId !== undefined;
  const levels = isRunning ? (isis.levels ?? BOTH) : [];
  return {
    hostname: config.hostname ?? '',
    systemId: systemId ?? '000000000000',
    areas: nets.map(({ area }) => area),
    levels,
    metricStyle: isis?.metricStyle ?? 'wide',
    overload: isis?.overload ?? false,
    overloadOnStartupS: isis?.overloadOnStartupS ?? 0,
    attached: isis?.attached ?? true,
    lspMtu: isis?.lspMtu ?? DEFAULTS.lspMtu,
    lspGenerationIntervalS: isis?.lspGenerationIntervalS ?? DEFAULTS.lspGenerationIntervalS,
    lspRefreshIntervalS: isis?.lspRefreshIntervalS ?? DEFAULTS.lspRefreshIntervalS,
    lspLifetimeS: isis?.lspLifetimeS ?? DEFAULTS.lspLifetimeS,
    spfIntervalS: isis?.spfIntervalS ?? DEFAULTS.spfIntervalS,
    passwords: {
      ...(isis?.areaPassword && { 1: isis.areaPassword }),
      ...(isis?.domainPassword && { 2: isis.domainPassword }),
    },
    maximumPaths: isis?.maximumPaths ?? DEFAULTS.maximumPaths,
    leaks: leaksOf(view),
    circuits: isRunning
      ? config.interfaces.flatMap((each) => circuitInput(view, isis, levels, each) ?? [])
      : [],
  };
}

function leaksOf({ config }: SlotView): IsisSettings['leaks'] {
  const leak = config.isis?.leak;
  if (leak === undefined) return () => false;
  const { routeMap } = leak;
  if (routeMap === undefined) return () => true;
  const policy = policyOf(config);
  return (prefix) => policy.routeMap(routeMap, { prefix, source: 'isis' }) !== undefined;
}

function circuitInput(
  view: SlotView,
  { tag }: IsisConfig,
  levels: readonly IsisLevel[],
  config: InterfaceConfig,
): IsisCircuitInput | undefined {
  const { isis } = config;
  if (isis?.tag === undefined || isis.tag !== tag || !view.isUp(config.name)) return undefined;
  if ((config.vrf ?? DEFAULT_VRF) !== DEFAULT_VRF) return undefined;
  const port = view.ports.find(({ name }) => name === config.name);
  const own = levels.filter((level) => isis.levels?.includes(level) ?? true);
  const at = (setting: PerLevel | undefined, level: IsisLevel, otherwise: number): number =>
    setting?.[level] ?? otherwise;
  const settingsOf = (level: IsisLevel): IsisCircuitLevel => ({
    metric: at(isis.metric, level, DEFAULTS.metric),
    helloIntervalS: at(isis.helloIntervalS, level, DEFAULTS.helloIntervalS),
    helloMultiplier: at(isis.helloMultiplier, level, DEFAULTS.helloMultiplier),
    priority: at(isis.priority, level, DEFAULTS.priority),
    csnpIntervalS: at(isis.csnpIntervalS, level, DEFAULTS.csnpIntervalS),
    psnpIntervalS: at(isis.psnpIntervalS, level, DEFAULTS.psnpIntervalS),
  });
  return {
    name: config.name,
    mac: port?.mac ?? 0,
    addresses: config.addresses,
    network: port === undefined ? 'loopback' : (isis.network ?? 'broadcast'),
    passive: isis.passive === true || port === undefined,
    levels: Object.fromEntries(own.map((level) => [level, settingsOf(level)])),
    padding: isis.helloPadding ?? true,
    threeWay: isis.threeWay ?? true,
    ...(isis.password && { password: isis.password }),
    // In either plane, however it is marked at the moment.
    mtu: longestOwnPacket(config.mtu, port) - OSI_PACKET_HEADER,
  };
}
