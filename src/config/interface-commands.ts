/** Commands under `interface NAME`, in the order in which vtysh writes them: sorted by their text. */
import { contains, formatPrefix, type Prefix } from '../net/address.ts';
import { nearest } from '../net/suggest.ts';
import {
  type Argument,
  after,
  anyWords,
  area,
  chain,
  formatArea,
  integer,
  interfaceAddress,
  Misfit,
  map,
  meant,
  name,
  nothing,
  oneOf,
  optional,
  type Reading,
  reading,
  restOfLine,
  sequence,
  word,
} from './argument.ts';
import { type Command, command, flag, put, Refusal, setting } from './command.ts';
import { findInterface, interfacesWith, putInterface, updateInterface } from './interfaces.ts';
import { ipRouterIsis, isisInterfaceCommands } from './isis-interface-commands.ts';
import { atMost } from './limits.ts';
import { listed } from './list-command.ts';
import type { InterfaceConfig, InterfaceOspfConfig, OspfAuthentication, RouterConfig } from './model.ts';
import { setPassive, unsetPassive } from './passive.ts';

const section = 'interface';

const opening: Argument<readonly [string, string | undefined]> = sequence(
  name('IFNAME'),
  optional(after('vrf', name('NAME'))),
);

export const openInterface: Command = command({
  section: '',
  keywords: 'interface',
  help: 'an interface, and the VRF that it is in; its settings follow',
  argument: opening,
  set(config, _name, [interfaceName, vrf]) {
    const known = findInterface(config, interfaceName);
    if (known !== undefined) {
      return vrf === undefined
        ? config
        : updateInterface(config, interfaceName, (each) => ({ ...each, vrf }));
    }
    const added = { name: interfaceName, ...(vrf === undefined ? {} : { vrf }), addresses: [], ospf: {} };
    return atMost(config.interfaces, 'interfaces') ?? putInterface(config, added);
  },
  opens: ([interfaceName]) => ({ kind: section, name: interfaceName }),
  removal: {
    argument: opening,
    unset: (config, _name, [interfaceName]) =>
      findInterface(config, interfaceName) === undefined
        ? new Refusal(`there is no interface "${interfaceName}" to remove`, {
            suggestion: meant(
              nearest(
                interfaceName,
                config.interfaces.map((each) => each.name),
              ),
            ),
          })
        : { ...config, interfaces: config.interfaces.filter((each) => each.name !== interfaceName) },
  },
  lines: (config) =>
    config.interfaces.map((each) => ({
      text: `interface ${each.name}${each.vrf === undefined ? '' : ` vrf ${each.vrf}`}`,
      group: each.name,
      opens: { kind: section, name: each.name },
    })),
});

type MessageDigestKey = NonNullable<InterfaceOspfConfig['messageDigestKeys']>[number];

const keyId = integer(1, 255);

function key(notation: string, longest: number): Argument<string> {
  return word(notation, (text) =>
    text.length <= longest
      ? text
      : new Misfit(`"${text}" has ${text.length} characters: ${longest} at most are used`),
  );
}

const authentication: Argument<OspfAuthentication> = {
  notation: '[<message-digest|null|key-chain NAME>]',
  read(words, at) {
    if (at >= words.length) return { ok: true, value: { kind: 'simple' }, next: at };
    return chain(
      oneOf('message-digest', 'null', 'key-chain').read(words, at),
      (kind, next): Reading<OspfAuthentication> =>
        kind === 'key-chain'
          ? map(name('NAME').read(words, next), (keyChain) => ({ kind, keyChain }))
          : { ok: true, value: { kind }, next },
    );
  },
};

function formatAuthentication(value: OspfAuthentication): string {
  if (value.kind === 'key-chain') return `key-chain ${value.keyChain}`;
  return value.kind === 'simple' ? '' : value.kind;
}

export const interfaceCommands: readonly Command[] = [
  interfaceSetting(
    'bandwidth',
    'bandwidthMbps',
    integer(1, 1_000_000),
    'bandwidth in Mbit/s, for the OSPF cost',
  ),
  interfaceSetting(
    'delay',
    'delay',
    integer(1, 16_777_215),
    'tens of microseconds, for protocols whose metric counts delay: kept, as OSPF does not go by it',
  ),
  interfaceSetting('description', 'description', restOfLine, 'words for people'),
  applied({
    keywords: 'ip access-group',
    help: 'the access list that packets arriving (in) or leaving (out) must pass',
    argument: {
      notation: 'NAME <in|out>',
      read: (words, at) =>
        map(sequence(name('NAME'), oneOf('in', 'out')).read(words, at), ([list, direction]) => ({
          what: list,
          direction,
        })),
    },
    format: ({ what, direction }) => `${what} ${direction}`,
    keys: { in: 'accessGroupIn', out: 'accessGroupOut' },
  }),
  command({
    section,
    keywords: 'ip address',
    help: 'an address and the length of its subnet; the first one is what the router sends from',
    argument: interfaceAddress,
    set(config, interfaceName, given) {
      const addresses = findInterface(config, interfaceName)?.addresses ?? [];
      if (addresses.some((each) => each.address === given.address && each.length === given.length)) {
        return config;
      }
      return (
        refuseAddress(config, interfaceName, given) ??
        atMost(addresses, 'addresses') ??
        updateInterface(config, interfaceName, (each) => ({ ...each, addresses: [...addresses, given] }))
      );
    },
    removal: {
      argument: interfaceAddress,
      unset(config, interfaceName, given) {
        const addresses = findInterface(config, interfaceName)?.addresses ?? [];
        const left = addresses.filter(
          (each) => each.address !== given.address || each.length !== given.length,
        );
        if (left.length === addresses.length) {
          return new Refusal(`there is no address ${formatPrefix(given)} to remove`, {
            suggestion: meant(nearest(formatPrefix(given), addresses.map(formatPrefix))),
          });
        }
        return updateInterface(config, interfaceName, (each) => ({ ...each, addresses: left }));
      },
    },
    lines: (config, interfaceName) =>
      (findInterface(config, interfaceName)?.addresses ?? []).map((each) => ({
        text: `ip address ${formatPrefix(each)}`,
        group: '',
        ordered: true,
      })),
  }),
  ospfSetting('ip ospf area', 'area', area, 'runs OSPF on the interface, in this area', {
    format: formatArea,
    refuse(config, interfaceName, wanted) {
      if ((config.ospf?.networks.length ?? 0) > 0) {
        return new Refusal('remove all "network … area" commands of "router ospf" first');
      }
      const now = findInterface(config, interfaceName)?.ospf.area;
      if (now === undefined || now === wanted) return undefined;
      return new Refusal(`remove "ip ospf area ${formatArea(now)}" first`);
    },
  }),
  command({
    section,
    keywords: 'ip ospf authentication',
    help: 'how OSPF packets are authenticated: by a password, a digest of the packet and a key, keys of a chain (RFC 5709), or not at all',
    argument: authentication,
    set: (config, interfaceName, value) =>
      updateOspf(config, interfaceName, (ospf) => ({ ...ospf, authentication: value })),
    removal: {
      argument: optional(authentication),
      unset: (config, interfaceName) =>
        findInterface(config, interfaceName)?.ospf.authentication === undefined
          ? new Refusal('there is no "ip ospf authentication" to remove')
          : updateOspf(config, interfaceName, (ospf) => put(ospf, 'authentication', undefined)),
    },
    lines(config, interfaceName) {
      const value = findInterface(config, interfaceName)?.ospf.authentication;
      if (value === undefined) return [];
      return [{ text: `ip ospf authentication ${formatAuthentication(value)}`.trimEnd(), group: '' }];
    },
  }),
  ospfSetting(
    'ip ospf authentication-key',
    'authenticationKey',
    key('AUTH_KEY', 8),
    'the password of `ip ospf authentication`, up to 8 characters',
  ),
  ospfSetting('ip ospf cost', 'cost', integer(1, 65535), "the interface's metric"),
  ospfSetting(
    'ip ospf dead-interval',
    'deadIntervalS',
    integer(1, 65535),
    'seconds without a hello until a neighbour counts as dead (default four hello intervals)',
    { instead: 'helloMultiplier' },
  ),
  ospfSetting(
    'ip ospf dead-interval minimal hello-multiplier',
    'helloMultiplier',
    integer(1, 10),
    'hellos a second; a neighbour counts as dead after a second without one',
    { instead: 'deadIntervalS' },
  ),
  ospfSetting(
    'ip ospf hello-interval',
    'helloIntervalS',
    integer(1, 65535),
    'seconds between hellos (default 10)',
  ),
  listed<MessageDigestKey, MessageDigestKey['id']>({
    section,
    keywords: 'ip ospf message-digest-key',
    what: 'keys of an interface',
    help: 'a key of `ip ospf authentication message-digest`, up to 16 characters; the one entered last sends',
    argument: reading(sequence(keyId, after('md5', key('KEY', 16))), ([id, text]) => ({ id, key: text })),
    removal: reading(sequence(keyId, anyWords), ([id]) => id),
    isChosen: ({ id }, chosen) => id === chosen,
    get: (config, interfaceName) => findInterface(config, interfaceName)?.ospf.messageDigestKeys ?? [],
    put: (config, interfaceName, keys) =>
      updateOspf(config, interfaceName, (ospf) =>
        put(ospf, 'messageDigestKeys', keys.length === 0 ? undefined : keys),
      ),
    key: ({ id }) => String(id),
    format: ({ id, key: text }) => `${id} md5 ${text}`,
    ordered: true,
  }),
  flag({
    section,
    keywords: 'ip ospf mtu-ignore',
    help: "goes on with a neighbour that says another MTU than the interface's",
    get: (config, interfaceName) => findInterface(config, interfaceName)?.ospf.mtuIgnore ?? false,
    put: (config, interfaceName, ignored) =>
      updateOspf(config, interfaceName, (ospf) => put(ospf, 'mtuIgnore', ignored || undefined)),
  }),
  ospfSetting(
    'ip ospf network',
    'network',
    oneOf('broadcast', 'point-to-point'),
    'with or without designated router',
  ),
  command({
    section,
    keywords: 'ip ospf passive',
    help: 'announces the interface and sends no hellos; written as `passive-interface` under `router ospf`',
    argument: nothing,
    set: (config, interfaceName) => setPassive(config, interfaceName),
    removal: { argument: nothing, unset: (config, interfaceName) => unsetPassive(config, interfaceName) },
  }),
  ospfSetting(
    'ip ospf priority',
    'priority',
    integer(0, 255),
    'who becomes designated router; 0 never does (default 1)',
  ),
  ospfSetting(
    'ip ospf retransmit-interval',
    'retransmitIntervalS',
    integer(2, 65535),
    'seconds until what a neighbour did not acknowledge is sent again (default 5)',
  ),
  ospfSetting(
    'ip ospf transmit-delay',
    'transmitDelayS',
    integer(1, 65535),
    'seconds that LSAs grow older by on the way over the link (default 1)',
  ),
  ipRouterIsis,
  ...isisInterfaceCommands,
  command({
    section,
    keywords: 'link-detect',
    help: 'the interface is down while its link is (default); unless `no` is said, and what goes by it is then lost',
    argument: nothing,
    set: (config, interfaceName) =>
      updateInterface(config, interfaceName, (each) => put(each, 'linkDetect', undefined)),
    removal: {
      argument: nothing,
      unset: (config, interfaceName) =>
        updateInterface(config, interfaceName, (each) => ({ ...each, linkDetect: false })),
    },
    lines: (config, interfaceName) =>
      findInterface(config, interfaceName)?.linkDetect === false
        ? [{ text: 'no link-detect', group: '' }]
        : [],
  }),
  interfaceSetting('mtu', 'mtu', integer(68, 65535), 'largest IPv4 packet in bytes'),
  applied({
    keywords: 'service-policy',
    help: 'the policy map for packets arriving (`input`, or `in`) or leaving (`output`, or `out`)',
    argument: {
      notation: '<input|output> NAME',
      read: (words, at) =>
        map(
          sequence(oneOf('input', 'output', 'in', 'out'), name('NAME')).read(words, at),
          ([direction, policyMap]) => ({
            what: policyMap,
            direction: direction.startsWith('in') ? 'in' : 'out',
          }),
        ),
    },
    format: ({ what, direction }) => `${direction}put ${what}`,
    keys: { in: 'servicePolicyIn', out: 'servicePolicyOut' },
  }),
  flag({
    section,
    keywords: 'shutdown',
    help: 'takes the interface down',
    get: (config, interfaceName) => findInterface(config, interfaceName)?.shutdown ?? false,
    put: (config, interfaceName, down) =>
      updateInterface(config, interfaceName, (each) => put(each, 'shutdown', down || undefined)),
    stated: true,
  }),
];

/** A list or map that is put to use on what arrives or leaves. */
interface Applied {
  readonly what: string;
  readonly direction: 'in' | 'out';
}

interface AppliedKeys {
  readonly in: 'accessGroupIn' | 'servicePolicyIn';
  readonly out: 'accessGroupOut' | 'servicePolicyOut';
}

function applied(of: {
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<Applied>;
  readonly format: (value: Applied) => string;
  readonly keys: AppliedKeys;
}): Command {
  const { keywords, help, argument, format, keys } = of;
  return command({
    section,
    keywords,
    help,
    argument,
    set: (config, interfaceName, { what, direction }) =>
      updateInterface(config, interfaceName, (each) => put(each, keys[direction], what)),
    removal: {
      argument,
      unset(config, interfaceName, unwanted) {
        const key = keys[unwanted.direction];
        const now = findInterface(config, interfaceName)?.[key];
        if (now === unwanted.what) {
          return updateInterface(config, interfaceName, (each) => put(each, key, undefined));
        }
        return new Refusal(`there is no "${keywords} ${format(unwanted)}" to remove`, {
          suggestion: meant(now),
        });
      },
    },
    lines: (config, interfaceName) =>
      (['in', 'out'] as const).flatMap((direction) => {
        const what = findInterface(config, interfaceName)?.[keys[direction]];
        return what === undefined
          ? []
          : [{ text: `${keywords} ${format({ what, direction })}`, group: direction }];
      }),
  });
}

function interfaceSetting<Key extends 'bandwidthMbps' | 'delay' | 'description' | 'mtu'>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<InterfaceConfig[Key]>>,
  help: string,
): Command {
  return setting<InterfaceConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    get: (config, interfaceName) => findInterface(config, interfaceName)?.[key],
    put: (config, interfaceName, value) =>
      updateInterface(config, interfaceName, (each) => put(each, key, value)),
  });
}

function ospfSetting<Key extends keyof InterfaceOspfConfig>(
  keywords: string,
  key: Key,
  argument: Argument<NonNullable<InterfaceOspfConfig[Key]>>,
  help: string,
  more: {
    /** The setting in whose place this one is. */
    readonly instead?: keyof InterfaceOspfConfig;
    readonly format?: (value: NonNullable<InterfaceOspfConfig[Key]>) => string;
    readonly refuse?: (
      config: RouterConfig,
      interfaceName: string,
      value: NonNullable<InterfaceOspfConfig[Key]>,
    ) => Refusal | undefined;
  } = {},
): Command {
  const { instead, ...rest } = more;
  return setting<InterfaceOspfConfig[Key]>({
    section,
    keywords,
    help,
    argument,
    get: (config, interfaceName) => findInterface(config, interfaceName)?.ospf[key],
    put: (config, interfaceName, value) =>
      updateOspf(config, interfaceName, (ospf) =>
        put(instead === undefined ? ospf : put(ospf, instead, undefined), key, value),
      ),
    ...rest,
  });
}

function updateOspf(
  config: RouterConfig,
  interfaceName: string,
  change: (ospf: InterfaceOspfConfig) => InterfaceOspfConfig,
): RouterConfig {
  return updateInterface(config, interfaceName, (each) => ({ ...each, ospf: change(each.ospf) }));
}

/**
 * Addresses no interface can have (FRR's zebra_check_addr: loopback, link-local, multicast), and addresses that
 * the router has already in the interface's VRF. FRR leaves the latter to the kernel; IOS refuses them, and so do we,
 * but for /32 addresses on several interfaces (unnumbered links).
 */
function refuseAddress(config: RouterConfig, interfaceName: string, given: Prefix): Refusal | undefined {
  if (UNUSABLE.some((block) => contains(block, given.address))) {
    return new Refusal(`${formatPrefix(given)} cannot be the address of an interface`);
  }
  const vrf = findInterface(config, interfaceName)?.vrf;
  for (const other of interfacesWith(config, given.address).filter((each) => each.vrf === vrf)) {
    for (const address of other.addresses) {
      const unnumbered = other.name !== interfaceName && address.length === 32 && given.length === 32;
      if (address.address !== given.address || unnumbered) continue;
      return new Refusal(`interface "${other.name}" has the address ${formatPrefix(address)} already`);
    }
  }
  return undefined;
}

const UNUSABLE: readonly Prefix[] = [
  { address: 0x7f000000, length: 8 },
  { address: 0xa9fe0000, length: 16 },
  { address: 0xe0000000, length: 4 },
];
