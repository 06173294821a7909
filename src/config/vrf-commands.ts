/** `vrf NAME`, and the static routes in it. */
import { formatIpv4, type Ipv4 } from '../net/address.ts';
import {
  type Argument,
  address,
  after,
  map,
  name,
  nothing,
  optional,
  reading,
  sequence,
} from './argument.ts';
import { type Command, command, put, Refusal } from './command.ts';
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

/** At the top the default VRF's, or with `vrf NAME`; within `vrf NAME` its. */
function routerIdIn(section: '' | 'vrf', keywords: string): Command {
  const known: Argument<Given> = {
    notation: section === '' ? 'A.B.C.D [vrf NAME]' : 'A.B.C.D',
    read: (words, at) =>
      map(
        sequence(address, section === '' ? optional(after('vrf', name('NAME'))) : nothing).read(words, at),
        ([routerId, vrf]) => ({ routerId, vrf: vrf === 'default' ? undefined : vrf }),
      ),
  };
  const vrfOf = (path: string, vrf: string | undefined) => (section === '' ? vrf : path);
  const inVrf: Argument<Pick<Given, 'vrf'>> = reading(optional(address), () => ({ vrf: undefined }));
  return command({
    section,
    keywords,
    help: 'the router id of OSPF and BGP where they have none of their own',
    argument: known,
    set: (config, path, { routerId, vrf }) => withRouterId(config, vrfOf(path, vrf), routerId),
    removal: {
      argument: section === '' ? known : inVrf,
      unset(config, path, { vrf }) {
        const of = vrfOf(path, vrf);
        return routerIdOf(config, of) === undefined
          ? new Refusal('there is no "ip router-id" to remove')
          : withRouterId(config, of, undefined);
      },
    },
    lines(config, path) {
      const routerId = routerIdOf(config, section === '' ? undefined : path);
      return routerId === undefined ? [] : [{ text: `ip router-id ${formatIpv4(routerId)}`, group: '' }];
    },
  });
}

interface Given {
  readonly routerId: Ipv4;
  readonly vrf: string | undefined;
}

export const routerIdCommands: readonly Command[] = [
  routerIdIn('', 'ip router-id'),
  { ...routerIdIn('', 'router-id'), lines: () => [] },
];
export const vrfRouterIdCommand: Command = routerIdIn('vrf', 'ip router-id');

/** `ip router-id` of a VRF, of the default one by undefined. */
export function routerIdOf({ routerId, vrfs }: RouterConfig, vrf: string | undefined): Ipv4 | undefined {
  return vrf === undefined ? routerId : vrfs.find((each) => each.name === vrf)?.routerId;
}

function withRouterId(
  config: RouterConfig,
  vrf: string | undefined,
  routerId: Ipv4 | undefined,
): RouterConfig | Refusal {
  if (vrf === undefined) return put(config, 'routerId', routerId);
  const known = withVrf(config, vrf);
  if (known instanceof Refusal) return known;
  return {
    ...known,
    vrfs: known.vrfs.map((each) => (each.name === vrf ? put(each, 'routerId', routerId) : each)),
  };
}

export function withVrf(config: RouterConfig, vrf: string): RouterConfig | Refusal {
  if (config.vrfs.some((each) => each.name === vrf)) return config;
  return atMost(config.vrfs, 'VRFs') ?? { ...config, vrfs: [...config.vrfs, { name: vrf }] };
}
