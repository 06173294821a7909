/** `vrf NAME`, and the static routes in it. */
import { name } from './argument.ts';
import { type Command, command, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';

export const openVrf: Command = command({
  section: '',
  keywords: 'vrf',
  help: 'a routing table of its own, for the interfaces that are put in it; its static routes follow',
  argument: name('NAME'),
  set: (config, _name, vrf) => withVrf(config, vrf),
  opens: (vrf) => ({ kind: 'vrf', name: vrf }),
  removal: {
    argument: name('NAME'),
    unset: (config, _name, vrf) =>
      config.vrfs.some((each) => each.name === vrf)
        ? {
            ...config,
            vrfs: config.vrfs.filter((each) => each.name !== vrf),
            staticRoutes: config.staticRoutes.filter((each) => each.vrf !== vrf),
          }
        : new Refusal(`there is no VRF "${vrf}" to remove`),
  },
  lines: (config) =>
    config.vrfs.map((each) => ({
      text: `vrf ${each.name}`,
      group: each.name,
      opens: { kind: 'vrf', name: each.name },
      closing: 'exit-vrf',
    })),
});

export function withVrf(config: RouterConfig, vrf: string): RouterConfig | Refusal {
  if (config.vrfs.some((each) => each.name === vrf)) return config;
  return atMost(config.vrfs, 'VRFs') ?? { ...config, vrfs: [...config.vrfs, { name: vrf }] };
}
