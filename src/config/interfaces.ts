/** The interfaces of a configuration, by name and by address, while its text is read. */
import type { Ipv4 } from '../net/address.ts';
import type { InterfaceConfig, RouterConfig } from './model.ts';
import { roster } from './named.ts';

const byName = roster((each: InterfaceConfig) => each.name);

export function findInterface(config: RouterConfig, name: string): InterfaceConfig | undefined {
  return byName.find(config.interfaces, name);
}

/** In place of the one of its name, or behind all others. */
export function putInterface(config: RouterConfig, settings: InterfaceConfig): RouterConfig {
  const interfaces = byName.put(config.interfaces, settings);
  const known = holders.get(interfaces);
  if (known !== undefined) note(known, settings);
  return interfaces === config.interfaces ? config : { ...config, interfaces };
}

export function updateInterface(
  config: RouterConfig,
  name: string,
  change: (settings: InterfaceConfig) => InterfaceConfig,
): RouterConfig {
  const settings = findInterface(config, name);
  return settings === undefined ? config : putInterface(config, change(settings));
}

/** All that have the address, in whatever VRF, with a subnet of whatever length. */
export function interfacesWith(config: RouterConfig, address: Ipv4): readonly InterfaceConfig[] {
  let known = holders.get(config.interfaces);
  if (known === undefined) {
    known = new Map();
    for (const each of config.interfaces) note(known, each);
    holders.set(config.interfaces, known);
  }
  return [...(known.get(address) ?? [])].flatMap((name) => {
    const settings = findInterface(config, name);
    const has = settings?.addresses.some((each) => each.address === address) ?? false;
    return settings !== undefined && has ? [settings] : [];
  });
}

/** Of a list of interfaces, by address the names of those that have it, or had it once. */
const holders = new WeakMap<readonly InterfaceConfig[], Map<Ipv4, Set<string>>>();

function note(known: Map<Ipv4, Set<string>>, { name, addresses }: InterfaceConfig): void {
  for (const { address } of addresses) {
    const names = known.get(address) ?? new Set();
    known.set(address, names.add(name));
  }
}
