/**
 * `neighbor X …` under `router bgp`: what a neighbour or peer group is. X is an address, or the name of a group. Written
 * neighbour by neighbour, in the order of FRR (bgpd/bgp_vty.c, bgp_config_write_peer_global).
 */
import { comparePrefixes, formatIpv4, formatPrefix, parseIpv4 } from '../net/address.ts';
import {
  type Argument,
  after,
  integer,
  Misfit,
  name,
  nothing,
  oneOf,
  optional,
  prefix,
  present,
  reading,
  restOfLine,
  sequence,
  word,
} from './argument.ts';
import { refuseTimers, timers } from './bgp-commands.ts';
import { findBgp, findPeer, unknownGroup, updateBgp, updateNeighbour, updatePeer } from './bgp-edit.ts';
import type { BgpConfig, BgpPeerConfig } from './bgp-model.ts';
import { type Command, type CommandLine, commandAbout, put, Refusal, setting } from './command.ts';
import { atMost } from './limits.ts';
import { listed } from './list-command.ts';

const asNumber = integer(1, 4294967295);
/** RFC 9003 2 */
const MAX_MESSAGE_BYTES = 255;

export const peerName: Argument<string> = word('<A.B.C.D|GROUP>', (text) => {
  const address = parseIpv4(text);
  if (address !== undefined) return formatIpv4(address);
  if (/^[\d.]+$/.test(text)) return new Misfit(`"${text}" is not an address A.B.C.D`);
  return text;
});

const isAddress = (peer: string): boolean => parseIpv4(peer) !== undefined;

/** A setting of neighbours and groups. */
interface PeerSetting<Value> {
  readonly keywords: string;
  readonly help: string;
  readonly argument: Argument<Value>;
  readonly set: (peer: BgpPeerConfig, value: Value) => BgpPeerConfig;
  /** Undefined where nothing of the kind is set. */
  readonly unset: (peer: BgpPeerConfig) => BgpPeerConfig | undefined;
  readonly refuse?: (value: Value) => Refusal | undefined;
}

function peerCommand<Value>(of: PeerSetting<Value>): Command {
  return commandAbout<string, Value, Value | undefined>({
    section: 'router bgp',
    keywords: `neighbor * ${of.keywords}`,
    subject: peerName,
    help: of.help,
    argument: of.argument,
    set: (config, path, peer, value) =>
      of.refuse?.(value) ?? updatePeer(config, path, peer, (each) => of.set(each, value)),
    removal: {
      argument: optional(of.argument),
      unset(config, path, peer) {
        const before = findPeer(config, path, peer);
        const after = before === undefined ? undefined : of.unset(before);
        return after === undefined
          ? new Refusal(`there is no "neighbor ${peer} ${of.keywords}" to remove`)
          : updatePeer(config, path, peer, () => after);
      },
    },
  });
}

type Key = Exclude<keyof BgpPeerConfig, 'name' | 'ipv4' | 'vpnv4'>;

function settingOf<K extends Key>(
  keywords: string,
  key: K,
  argument: Argument<NonNullable<BgpPeerConfig[K]>>,
  help: string,
  refuse?: (value: NonNullable<BgpPeerConfig[K]>) => Refusal | undefined,
): Command {
  return peerCommand({
    keywords,
    help,
    argument,
    set: (peer, value) => put(peer, key, value),
    unset: (peer) => (peer[key] === undefined ? undefined : put(peer, key, undefined)),
    ...(refuse === undefined ? {} : { refuse }),
  });
}

const yes: Argument<true> = reading(nothing, () => true as const);

const remoteAs: Argument<NonNullable<BgpPeerConfig['remoteAs']>> = {
  notation: '<(1-4294967295)|internal|external>',
  read: (words, at) =>
    /^\d/.test(words[at]?.text ?? '')
      ? asNumber.read(words, at)
      : oneOf('internal', 'external').read(words, at),
};

const localAs: Argument<NonNullable<BgpPeerConfig['localAs']>> = reading(
  sequence(asNumber, optional(sequence(oneOf('no-prepend'), present('replace-as')))),
  ([as, options]) => ({ as, noPrepend: options !== undefined, replaceAs: options?.[1] ?? false }),
  '(1-4294967295) [no-prepend [replace-as]]',
);

/** 1 .. 255 hops; all of them where nothing is said. */
const hops: Argument<number> = reading(optional(integer(1, 255)), (count) => count ?? 255);

const range: Argument<NonNullable<BgpConfig['listenRanges']>[number]> = reading(
  sequence(prefix, after('peer-group', name('GROUP'))),
  ([of, peerGroup]) => ({ prefix: of, peerGroup }),
);

/** Under `router bgp`. The first one writes all of them. */
export const bgpPeerCommands: readonly Command[] = [
  commandAbout<string, undefined, undefined>({
    section: 'router bgp',
    keywords: 'neighbor *',
    whole: true,
    subject: peerName,
    help: 'the neighbour, or the group, with all that is said of it',
    argument: nothing,
    set: () => new Refusal('what about the neighbour is to be set is missing'),
    removal: {
      argument: nothing,
      unset(config, path, peer) {
        if (findPeer(config, path, peer) === undefined)
          return new Refusal(`there is no neighbour ${peer} to remove`);
        return updateBgp(config, path, (bgp) => withoutPeer(bgp, peer));
      },
    },
  }),
  commandAbout<string, string | undefined, string | undefined>({
    section: 'router bgp',
    keywords: 'neighbor * peer-group',
    subject: peerName,
    help: 'without an address: a group. With one: the neighbour is in the group and has its settings, but for those it has itself',
    argument: optional(name('GROUP')),
    set(config, path, peer, group) {
      const groups = findBgp(config, path)?.peerGroups ?? [];
      if (isAddress(peer)) {
        if (group === undefined) return new Refusal('the name of the peer group is missing');
        if (!groups.some((each) => each.name === group)) return unknownGroup(group);
        return updateNeighbour(config, path, peer, (each) => ({ ...each, peerGroup: group }));
      }
      if (group !== undefined) return new Refusal('a peer group is in no other');
      if (groups.some((each) => each.name === peer)) return config;
      const peerGroups = [...groups, { name: peer, ipv4: {}, vpnv4: {} }];
      return atMost(groups, 'peer groups') ?? updateBgp(config, path, (bgp) => ({ ...bgp, peerGroups }));
    },
    removal: {
      argument: optional(name('GROUP')),
      unset(config, path, peer) {
        if (!isAddress(peer)) {
          return findPeer(config, path, peer) === undefined
            ? unknownGroup(peer)
            : updateBgp(config, path, (bgp) => withoutPeer(bgp, peer));
        }
        const neighbour = findBgp(config, path)?.neighbours.find((each) => each.name === peer);
        return neighbour?.peerGroup === undefined
          ? new Refusal(`neighbour ${peer} is in no peer group`)
          : updateNeighbour(config, path, peer, (each) => put(each, 'peerGroup', undefined));
      },
    },
    lines(config, path) {
      const bgp = findBgp(config, path);
      if (bgp === undefined) return [];
      return [
        ...bgp.peerGroups.flatMap((each) => peerLines(each, ['peer-group'])),
        ...bgp.neighbours.flatMap((each) =>
          peerLines(each, each.peerGroup === undefined ? [] : [`peer-group ${each.peerGroup}`]),
        ),
      ];
    },
  }),
  settingOf('remote-as', 'remoteAs', remoteAs, 'its AS: a number, ours (`internal`), or any but ours'),
  settingOf(
    'local-as',
    'localAs',
    localAs,
    'the AS that we are to it; `no-prepend`: not in paths from it; `replace-as`: in place of ours in paths to it',
  ),
  settingOf('description', 'description', restOfLine, 'words for people'),
  peerCommand<string | undefined>({
    keywords: 'shutdown',
    help: 'no session; the neighbour is told why (RFC 9003)',
    argument: optional(after('message', restOfLine)),
    set: (peer, message) => put(put(peer, 'shutdown', true), 'shutdownMessage', message),
    unset: (peer) =>
      peer.shutdown ? put(put(peer, 'shutdown', undefined), 'shutdownMessage', undefined) : undefined,
    refuse: (message = '') =>
      new TextEncoder().encode(message).length > MAX_MESSAGE_BYTES
        ? new Refusal(`the message has more than ${MAX_MESSAGE_BYTES} bytes (RFC 9003)`)
        : undefined,
  }),
  settingOf(
    'enforce-first-as',
    'enforceFirstAs',
    yes,
    'its paths must begin with its AS, where it is another than ours',
  ),
  settingOf('password', 'password', restOfLine, 'TCP segments are signed (RFC 2385)'),
  settingOf('passive', 'passive', yes, 'waits for the neighbour to connect'),
  settingOf(
    'ebgp-multihop',
    'ebgpMultihop',
    hops,
    'it may be so many hops away (default 255 where only that is said)',
  ),
  settingOf(
    'ttl-security hops',
    'ttlSecurityHops',
    integer(1, 254),
    'takes packets from no further away (RFC 5082)',
  ),
  settingOf(
    'disable-connected-check',
    'disableConnectedCheck',
    yes,
    'is one hop away, but in no subnet of ours',
  ),
  settingOf('update-source', 'updateSource', name('<A.B.C.D|IFNAME>'), 'the address that sessions are from'),
  settingOf(
    'advertisement-interval',
    'advertisementIntervalS',
    integer(0, 600),
    'seconds from one round of updates to the next (default 0)',
  ),
  settingOf(
    'timers',
    'timersS',
    timers,
    'seconds between keepalives, and until a session is over (default: of `timers bgp`)',
    refuseTimers,
  ),
  settingOf(
    'timers connect',
    'connectRetryS',
    integer(1, 65535),
    'seconds until it tries to connect again (default 120)',
  ),
];

/** Behind the groups, which it names. */
export const listenCommands: readonly Command[] = [
  setting<number>({
    section: 'router bgp',
    keywords: 'bgp listen limit',
    help: 'as many neighbours at once of `bgp listen range` (default 100)',
    argument: integer(1, 5000),
    get: (config, path) => findBgp(config, path)?.listenLimit,
    put: (config, path, value) => updateBgp(config, path, (bgp) => put(bgp, 'listenLimit', value)),
  }),
  listed({
    section: 'router bgp',
    keywords: 'bgp listen range',
    what: 'listen ranges',
    help: 'who connects from there is a neighbour of the group, while his session lasts',
    argument: range,
    removal: range,
    isChosen: (each, chosen) => comparePrefixes(each.prefix, chosen.prefix) === 0,
    get: (config, path) => findBgp(config, path)?.listenRanges ?? [],
    put: (config, path, ranges) =>
      updateBgp(config, path, (bgp) => put(bgp, 'listenRanges', ranges.length === 0 ? undefined : ranges)),
    key: (each) => formatPrefix(each.prefix),
    format: (each) => `${formatPrefix(each.prefix)} peer-group ${each.peerGroup}`,
    refuse: (config, path, { peerGroup }) =>
      findBgp(config, path)?.peerGroups.some(({ name: known }) => known === peerGroup)
        ? undefined
        : unknownGroup(peerGroup),
  }),
];

/** A group goes out of the neighbours that were in it, too. */
function withoutPeer({ listenRanges, ...bgp }: BgpConfig, peer: string): BgpConfig {
  const ranges = (listenRanges ?? []).filter(({ peerGroup }) => peerGroup !== peer);
  return {
    ...bgp,
    ...(ranges.length > 0 && { listenRanges: ranges }),
    peerGroups: bgp.peerGroups.filter((each) => each.name !== peer),
    neighbours: bgp.neighbours
      .filter((each) => each.name !== peer)
      .map((each) => (each.peerGroup === peer ? put(each, 'peerGroup', undefined) : each)),
  };
}

/** What is said of it under `router bgp`. */
function peerLines(peer: BgpPeerConfig, first: readonly string[]): readonly CommandLine[] {
  const { localAs: own, ebgpMultihop, timersS } = peer;
  const texts = [
    ...first,
    ...valued('remote-as', peer.remoteAs),
    ...(own === undefined
      ? []
      : [`local-as ${own.as}${own.noPrepend ? ' no-prepend' : ''}${own.replaceAs ? ' replace-as' : ''}`]),
    ...valued('description', peer.description),
    ...(peer.shutdown
      ? [peer.shutdownMessage === undefined ? 'shutdown' : `shutdown message ${peer.shutdownMessage}`]
      : []),
    ...(peer.enforceFirstAs ? ['enforce-first-as'] : []),
    ...valued('password', peer.password),
    ...(peer.passive ? ['passive'] : []),
    ...(ebgpMultihop === undefined
      ? []
      : [ebgpMultihop === 255 ? 'ebgp-multihop' : `ebgp-multihop ${ebgpMultihop}`]),
    ...valued('ttl-security hops', peer.ttlSecurityHops),
    ...(peer.disableConnectedCheck ? ['disable-connected-check'] : []),
    ...valued('update-source', peer.updateSource),
    ...valued('advertisement-interval', peer.advertisementIntervalS),
    ...(timersS === undefined ? [] : [`timers ${timersS.keepalive} ${timersS.hold}`]),
    ...valued('timers connect', peer.connectRetryS),
  ];
  return texts.map((text) => ({ text: `neighbor ${peer.name} ${text}`, group: peerGroupKey(peer) }));
}

function valued(keywords: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`${keywords} ${value}`];
}

/** Lines of one neighbour are compared together; groups come before those in them. */
export function peerGroupKey({ name: peer }: BgpPeerConfig): string {
  return `${isAddress(peer) ? 'neighbour' : 'group'} ${peer}`;
}
