/** BGP in BIRD's language: a protocol for each neighbour, with what its group says. */
import { formatIpv4, formatPrefix, parseIpv4 } from '../net/address.ts';
import { bgpTitle } from './bgp-edit.ts';
import type { BgpConfig, BgpPeerConfig, BgpPeerFamilyConfig } from './bgp-model.ts';
import { formatMaximum, formatPrivate, formatUnchanged } from './bgp-peer-family-commands.ts';
import { nameOf, tableLine, vrfLine } from './bird-names.ts';
import { type BirdPolicy, SOURCES } from './bird-policy.ts';
import { type BirdText, braced, preferenceOf, quoted } from './bird-words.ts';
import type { RouterConfig } from './model.ts';

type Neighbour = BgpConfig['neighbours'][number];

export function bgpBlocks(config: RouterConfig, bgp: BgpConfig, text: BirdText, policy: BirdPolicy): void {
  const section = bgpTitle(bgp);
  const cannot = (line: string, reason: string) => text.cannot(section, line, reason);
  if (bgp.networkImportCheck === false && bgp.ipv4.networks.length > 0) {
    cannot(
      'no bgp network import-check',
      'BIRD announces routes that it has: give it those, "ip route … blackhole"',
    );
  }
  for (const { prefix, peerGroup } of bgp.listenRanges ?? []) {
    cannot(
      `bgp listen range ${formatPrefix(prefix)} peer-group ${peerGroup}`,
      'its neighbours are written one by one: say "neighbor X remote-as" of each',
    );
  }
  if (bgp.disableConnectedCheck) {
    cannot('bgp disable-ebgp-connected-route-check', 'use "neighbor X ebgp-multihop 2"');
  }
  if (bgp.gracefulShutdown)
    cannot('bgp graceful-shutdown', 'BIRD has it not: set the community by route maps');
  const own = ownRoutes(bgp, text, policy);
  for (const each of [...bgp.peerGroups, ...bgp.neighbours]) {
    const cannotOf =
      (where: string) =>
      (line: string, reason: string): void =>
        text.cannot(where, `neighbor ${each.name} ${line}`, reason);
    refuse(config, each, cannotOf(section), cannotOf(`${section} address-family ipv4 unicast`));
  }
  for (const each of bgp.neighbours) neighbourBlock(config, bgp, each, own, text, policy);
}

/** A function that says of a route that BGP did not bring whether it is announced, and begins its attributes. */
function ownRoutes(bgp: BgpConfig, text: BirdText, policy: BirdPolicy): string {
  const networks = bgp.ipv4.networks.flatMap(({ prefix, routeMap }) =>
    braced(`if net = ${formatPrefix(prefix)} then`, [
      'bgp_origin = ORIGIN_IGP;',
      `return ${routeMap === undefined ? 'true' : policy.routeMap(routeMap, 'bgp')};`,
    ]),
  );
  const redistributed = bgp.ipv4.redistribute.flatMap(({ from, metric, routeMap }) => {
    if (from === 'isis') {
      text.cannot(
        `${bgpTitle(bgp)} address-family ipv4 unicast`,
        'redistribute isis',
        'BIRD 2.0 has no IS-IS',
      );
      return [];
    }
    const ofTable =
      from === 'ospf' ? 'if defined(ospf_metric1) then bgp_med = ospf_metric1;' : 'bgp_med = 0;';
    return braced(`if ${SOURCES[from]} then`, [
      'bgp_origin = ORIGIN_INCOMPLETE;',
      metric === undefined ? ofTable : `bgp_med = ${metric};`,
      `return ${routeMap === undefined ? 'true' : policy.routeMap(routeMap, 'bgp')};`,
    ]);
  });
  const symbol = text.symbol('own_routes', nameOf(bgp.vrf));
  text.block(...braced(`function ${symbol}()`, [...networks, ...redistributed, 'return false;']));
  return `${symbol}()`;
}

/** What the neighbour says, else its group. */
function effective(bgp: BgpConfig, neighbour: Neighbour): Neighbour {
  const group: BgpPeerConfig | undefined = bgp.peerGroups.find(({ name }) => name === neighbour.peerGroup);
  return { ...group, ...neighbour, ipv4: { ...group?.ipv4, ...neighbour.ipv4 }, vpnv4: {} };
}

function neighbourBlock(
  config: RouterConfig,
  bgp: BgpConfig,
  given: Neighbour,
  own: string,
  text: BirdText,
  policy: BirdPolicy,
): void {
  const peer = effective(bgp, given);
  const family = peer.ipv4;
  const { remoteAs, localAs } = peer;
  // That is an error of the configuration itself (check-routing.ts).
  if (remoteAs === undefined) return;
  const isExternal = remoteAs === 'external' || (remoteAs !== 'internal' && remoteAs !== bgp.as);
  const source = sourceOf(config, peer.updateSource);
  const described = peer.description === undefined ? undefined : quoted(peer.description);
  const password = peer.password === undefined ? undefined : quoted(peer.password);
  const timers = peer.timersS ?? bgp.timersS ?? { keepalive: 60, hold: 180 };
  const active = family.activate ?? bgp.defaultIpv4Unicast ?? true;
  const distance = bgp.ipv4.distance ?? { external: 20, internal: 200, local: 200 };
  const hops = peer.ttlSecurityHops ?? peer.ebgpMultihop;
  if (!isExternal && reflects(bgp) && changesRoutes(config, family.routeMapOut)) {
    const speaker = given.ipv4.routeMapOut === undefined ? given.peerGroup : given.name;
    text.cannot(
      `${bgpTitle(bgp)} address-family ipv4 unicast`,
      `neighbor ${speaker} route-map ${family.routeMapOut} out`,
      'BIRD changes what it reflects, too: "bgp route-reflector allow-outbound-policy" says so here',
    );
  }
  text.block(
    ...braced(
      `protocol bgp ${text.symbol('bgp', `${bgp.vrf === undefined ? '' : `${bgp.vrf} `}${given.name}`)}`,
      [
        ...(described === undefined ? [] : [`description ${described};`]),
        ...vrfLine(bgp.vrf),
        ...(bgp.routerId === undefined ? [] : [`router id ${formatIpv4(bgp.routerId)};`]),
        `local ${source === undefined ? '' : `${source} `}as ${localAs?.as ?? bgp.as};`,
        `neighbor ${given.name} ${typeof remoteAs === 'number' ? `as ${remoteAs}` : remoteAs};`,
        ...((peer.shutdown ?? bgp.shutdown) ? ['disabled yes;'] : []),
        ...(peer.passive ? ['passive yes;'] : []),
        ...(password === undefined ? [] : [`password ${password};`]),
        ...(isExternal && hops !== undefined && hops > 1 ? [`multihop ${hops};`] : []),
        ...(isExternal ? [] : ['multihop;']),
        ...(peer.ttlSecurityHops === undefined ? [] : ['ttl security on;']),
        `hold time ${timers.hold};`,
        ...(timers.keepalive === 0 ? [] : [`keepalive time ${timers.keepalive};`]),
        `connect retry time ${peer.connectRetryS ?? 120};`,
        ...(family.routeReflectorClient ? ['rr client;'] : []),
        ...(bgp.clusterId === undefined || isExternal ? [] : [`rr cluster id ${formatIpv4(bgp.clusterId)};`]),
        ...(family.routeServerClient ? ['rs client;'] : []),
        ...(isExternal && (peer.enforceFirstAs ?? bgp.enforceFirstAs) ? ['enforce first as on;'] : []),
        ...(typeof family.allowAsIn === 'number' ? [`allow local as ${family.allowAsIn};`] : []),
        ...(bgp.defaultLocalPreference === undefined
          ? []
          : [`default bgp_local_pref ${bgp.defaultLocalPreference};`]),
        ...(bgp.bestpathMedMissingAsWorst ? ['default bgp_med 4294967295;'] : []),
        ...(bgp.alwaysCompareMed ? ['med metric yes;'] : []),
        ...(bgp.deterministicMed ? ['deterministic med yes;'] : []),
        ...(bgp.bestpathAsPathIgnore ? ['path metric no;'] : []),
        ...(bgp.bestpathCompareRouterId ? [] : ['prefer older yes;']),
        ...(active
          ? braced(
              'ipv4',
              [
                ...tableLine(bgp.vrf, text),
                `preference ${preferenceOf(isExternal ? distance.external : distance.internal)};`,
                ...importLines(bgp, family, isExternal, policy),
                ...exportLines(bgp, family, isExternal, own, policy),
                ...(family.nextHopSelf === undefined
                  ? []
                  : [`next hop self ${family.nextHopSelf === 'force' ? 'yes' : 'ebgp'};`]),
                ...(family.softReconfigurationInbound ? ['import table on;'] : []),
                ...limitLines(family),
              ],
              ';',
            )
          : []),
      ],
    ),
  );
}

/** And leaves what it reflects as it is. */
function reflects({ reflectorOutboundPolicy, peerGroups, neighbours }: BgpConfig): boolean {
  if (reflectorOutboundPolicy) return false;
  return [...peerGroups, ...neighbours].some(({ ipv4 }) => ipv4.routeReflectorClient);
}

function changesRoutes({ routeMaps }: RouterConfig, name: string | undefined): boolean {
  const entries = routeMaps.find((each) => each.name === name)?.entries ?? [];
  return entries.some(({ set, call }) => set.length > 0 || call !== undefined);
}

/** What BIRD has no words for. */
function refuse(
  config: RouterConfig,
  peer: BgpPeerConfig,
  cannot: (line: string, reason: string) => void,
  inFamily: (line: string, reason: string) => void,
): void {
  const { password, updateSource } = peer;
  if (password !== undefined && quoted(password) === undefined) {
    cannot(`password ${password}`, "a quotation mark cannot stand in BIRD's strings");
  }
  if (updateSource !== undefined && sourceOf(config, updateSource) === undefined) {
    cannot(`update-source ${updateSource}`, 'the interface has no address here');
  }
  const { localAs, disableConnectedCheck, advertisementIntervalS = 0, ipv4: family } = peer;
  if (localAs !== undefined && !localAs.replaceAs) {
    cannot(
      `local-as ${localAs.as}${localAs.noPrepend ? ' no-prepend' : ''}`,
      'an AS of BIRD is alone in paths: "local-as … no-prepend replace-as"',
    );
  }
  if (disableConnectedCheck) cannot('disable-connected-check', 'use "ebgp-multihop 2"');
  if (advertisementIntervalS > 0) {
    cannot(`advertisement-interval ${advertisementIntervalS}`, 'BIRD tells what it has at once');
  }
  if (family.allowAsIn === 'origin') {
    inFamily('allowas-in origin', 'BIRD counts an AS wherever it is: "allowas-in 1"');
  }
  if (family.asOverride)
    inFamily('as-override', 'BIRD 2.0 overrides no AS: use "allowas-in" at the other end');
  if (family.removePrivateAs)
    inFamily(formatPrivate(family.removePrivateAs), 'use a route map with "set as-path exclude"');
  if (family.attributeUnchanged !== undefined) {
    inFamily(
      formatUnchanged(family.attributeUnchanged),
      'BIRD leaves attributes as they are to "rs client" alone',
    );
  }
  if (family.unsuppressMap !== undefined) {
    inFamily(`unsuppress-map ${family.unsuppressMap}`, 'BIRD 2.0 has no aggregates');
  }
  if (family.weight !== undefined)
    inFamily(`weight ${family.weight}`, 'BIRD has no weight: use a route map with "set local-preference"');
  if (family.defaultOriginate !== undefined) {
    const map = family.defaultOriginate.routeMap;
    inFamily(
      `default-originate${map === undefined ? '' : ` route-map ${map}`}`,
      'BIRD announces routes that it has: give it one, and redistribute it',
    );
  }
  const most = family.maximumPrefix;
  if (most?.threshold !== undefined) {
    inFamily(formatMaximum(most), 'BIRD warns when there are more, and not before');
  } else if (typeof most?.onExceed === 'object') {
    inFamily(formatMaximum(most), 'BIRD comes back in a time of its own: leave "restart" out');
  }
}

/** An address as it is; an interface's first one. */
function sourceOf({ interfaces }: RouterConfig, updateSource: string | undefined): string | undefined {
  if (updateSource === undefined || parseIpv4(updateSource) !== undefined) return updateSource;
  const address = interfaces.find(({ name }) => name === updateSource)?.addresses[0]?.address;
  return address === undefined ? undefined : formatIpv4(address);
}

function filterLines(
  prefixList: string | undefined,
  filterList: string | undefined,
  routeMap: string | undefined,
  policy: BirdPolicy,
): readonly string[] {
  return [
    ...(prefixList === undefined ? [] : [`if ! ${policy.prefixList(prefixList)} then reject;`]),
    ...(filterList === undefined ? [] : [`if ! ${policy.asPathList(filterList)} then reject;`]),
    ...(routeMap === undefined ? [] : [`if ! ${policy.routeMap(routeMap, 'bgp')} then reject;`]),
  ];
}

function importLines(
  { ebgpRequiresPolicy = true }: BgpConfig,
  { prefixListIn, filterListIn, routeMapIn }: BgpPeerFamilyConfig,
  isExternal: boolean,
  policy: BirdPolicy,
): readonly string[] {
  const lines = filterLines(prefixListIn, filterListIn, routeMapIn, policy);
  if (lines.length === 0) return [isExternal && ebgpRequiresPolicy ? 'import none;' : 'import all;'];
  return braced('import filter', [...lines, 'accept;'], ';');
}

function exportLines(
  { ebgpRequiresPolicy = true }: BgpConfig,
  { prefixListOut, filterListOut, routeMapOut, sendCommunity = 'all' }: BgpPeerFamilyConfig,
  isExternal: boolean,
  own: string,
  policy: BirdPolicy,
): readonly string[] {
  const lines = filterLines(prefixListOut, filterListOut, routeMapOut, policy);
  if (lines.length === 0 && isExternal && ebgpRequiresPolicy) return ['export none;'];
  const sent = sendCommunity === 'both' ? ['standard', 'extended'] : sendCommunity.split('-and-');
  const kept = (kind: string) => sent.includes('all') || sent.includes(kind);
  return braced(
    'export filter',
    [
      `if source != RTS_BGP && ! ${own} then reject;`,
      ...lines,
      ...(kept('standard') ? [] : ['bgp_community.empty;']),
      ...(kept('extended') ? [] : ['bgp_ext_community.empty;']),
      ...(kept('large') ? [] : ['bgp_large_community.empty;']),
      'accept;',
    ],
    ';',
  );
}

function limitLines({ maximumPrefix: most }: BgpPeerFamilyConfig): readonly string[] {
  if (most === undefined) return [];
  return [`import limit ${most.count} action ${most.onExceed === 'warn' ? 'warn' : 'disable'};`];
}
