/** What a configuration says of OSPF, with every default filled in. Pure. */
import type {
  InterfaceConfig,
  InterfaceOspfConfig,
  OspfAreaConfig,
  OspfConfig,
  RouterConfig,
} from '../../config/model.ts';
import { comparePrefixes, contains, type Ipv4, prefixOf } from '../../net/address.ts';
import type { OspfAreaSettings, OspfInterfaceInput, OspfSettings } from '../protocols/ospf/contract.ts';
import { authenticationOf } from './ospf-authentication.ts';
import { DEFAULT_VRF, longestOwnPacket, type SlotView } from './speaker.ts';

export function ospfSettings(view: SlotView): OspfSettings {
  const { config } = view;
  const { ospf } = config;
  const interfaces =
    ospf === undefined ? [] : config.interfaces.flatMap((each) => interfaceInput(view, each) ?? []);
  return {
    // Without OSPF none: who was a router takes back what he said as that one.
    routerId: ospf === undefined ? 0 : (ospf.routerId ?? config.routerId ?? highestAddress(view)),
    maximumPaths: ospf?.maximumPaths ?? 64,
    spfThrottleMs: ospf?.spfThrottleMs ?? { delay: 0, hold: 50, max: 5000 },
    lsaTimersMs: { interval: ospf?.lsaThrottleMs ?? 5000, arrival: ospf?.lsaMinArrivalMs ?? 1000 },
    interfaces,
    areas: (ospf?.areas ?? []).map(areaSettings),
    maxMetric: {
      administrative: ospf?.maxMetric?.administrative ?? false,
      onStartupS: ospf?.maxMetric?.onStartupS ?? 0,
    },
    opaque: ospf?.opaque ?? false,
    rfc1583Compatibility: ospf?.rfc1583Compatibility ?? false,
    summaries: ospf?.summaries ?? [],
  };
}

function areaSettings(config: OspfAreaConfig): OspfAreaSettings {
  return {
    area: config.area,
    kind: config.kind ?? 'ordinary',
    noSummary: config.noSummary ?? false,
    defaultCost: config.defaultCost ?? 1,
    defaultInformation: config.nssaDefaultInformation ?? false,
    translate: config.nssaTranslate ?? 'candidate',
    ranges: config.ranges.map(({ prefix, advertise, cost }) => ({
      prefix: prefixOf(prefix.address, prefix.length),
      advertise,
      ...(cost !== undefined && { cost }),
    })),
  };
}

/** RFC 2328 C.1: without a configured router id, the highest loopback address, else the highest of all. */
export function highestAddress({ config, ports }: SlotView): Ipv4 {
  const isPort = (name: string) => ports.some((port) => port.name === name);
  const own = config.interfaces.filter(({ vrf = DEFAULT_VRF }) => vrf === DEFAULT_VRF);
  const addresses = (ofLoopbacks: boolean): Ipv4[] =>
    own
      .filter(({ name }) => isPort(name) !== ofLoopbacks)
      .flatMap((each) => each.addresses.map(({ address }) => address));
  return Math.max(0, ...(addresses(true).length > 0 ? addresses(true) : addresses(false)));
}

function interfaceInput(view: SlotView, config: InterfaceConfig): OspfInterfaceInput | undefined {
  const { ospf } = view.config;
  const address = config.addresses[0];
  if (ospf === undefined || address === undefined || !view.isUp(config.name)) return undefined;
  if ((config.vrf ?? DEFAULT_VRF) !== DEFAULT_VRF) return undefined;
  const area = areaOf(config, ospf, address.address);
  if (area === undefined) return undefined;
  const stubs = config.addresses
    .slice(1)
    .filter((other) => areaOf(config, ospf, other.address) === area)
    .filter((other) => other.length !== address.length || !contains(other, address.address))
    .map((other) => prefixOf(other.address, other.length));
  const port = view.ports.find(({ name }) => name === config.name);
  const bandwidthMbps = config.bandwidthMbps ?? (port === undefined ? 0 : port.rateBps / 1e6);
  return {
    name: config.name,
    address: address.address,
    prefixLength: address.length,
    ...(stubs.length > 0 && { stubs }),
    network: port === undefined ? 'loopback' : (config.ospf.network ?? 'broadcast'),
    passive: isPassive(ospf, config.name) || port === undefined,
    cost: config.ospf.cost ?? autoCost(ospf.referenceBandwidthMbps ?? 100_000, bandwidthMbps),
    area,
    helloIntervalS: config.ospf.helloIntervalS ?? 10,
    deadIntervalS: deadIntervalS(config.ospf),
    ...(config.ospf.helloMultiplier !== undefined && { fastHellos: config.ospf.helloMultiplier }),
    retransmitIntervalS: config.ospf.retransmitIntervalS ?? 5,
    transmitDelayS: config.ospf.transmitDelayS ?? 1,
    mtuIgnore: config.ospf.mtuIgnore ?? false,
    authentication: authenticationOf(view.config, config.ospf, area),
    priority: config.ospf.priority ?? 1,
    mtu: Math.min(config.mtu ?? 65535, port?.mtu ?? 65535),
    longestPacket: longestOwnPacket(config.mtu, port),
  };
}

/** After how many seconds of silence a neighbour counts as gone. */
export function deadIntervalS(config: InterfaceOspfConfig): number {
  return config.helloMultiplier === undefined
    ? (config.deadIntervalS ?? 4 * (config.helloIntervalS ?? 10))
    : 1;
}

/** Whether OSPF looks for neighbours on an interface: it is in an area, and not passive. */
export function seeksOspfNeighbours({ ospf }: RouterConfig, config: InterfaceConfig): boolean {
  const address = config.addresses[0];
  if (ospf === undefined || address === undefined) return false;
  return areaOf(config, ospf, address.address) !== undefined && !isPassive(ospf, config.name);
}

/** `ip ospf area`, or that of the most specific `network` that the address lies in. */
function areaOf({ ospf: own }: InterfaceConfig, { networks }: OspfConfig, address: Ipv4): Ipv4 | undefined {
  return (
    own.area ??
    [...networks]
      .sort((a, b) => b.prefix.length - a.prefix.length || comparePrefixes(a.prefix, b.prefix))
      .find(({ prefix }) => contains(prefix, address))?.area
  );
}

function isPassive(ospf: NonNullable<RouterConfig['ospf']>, name: string): boolean {
  return ospf.passiveDefault === true
    ? !ospf.activeInterfaces.includes(name)
    : ospf.passiveInterfaces.includes(name);
}

/** FRR ospf_interface.c `ospf_if_get_output_cost`: reference / bandwidth, rounded, within 1 .. 65535. */
function autoCost(referenceMbps: number, bandwidthMbps: number): number {
  if (bandwidthMbps <= 0) return 1;
  return Math.min(65535, Math.max(1, Math.round(referenceMbps / bandwidthMbps)));
}
