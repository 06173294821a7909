/** Any BGP that a router can have, for property tests. */
import fc from 'fast-check';
import type {
  BgpConfig,
  BgpFamilyConfig,
  BgpPeerConfig,
  BgpPeerFamilyConfig,
  BgpVpnConfig,
} from '../../src/config/bgp-model.ts';
import { EMPTY_BGP_FAMILY } from '../../src/config/bgp-model.ts';
import { put } from '../../src/config/command.ts';
import { formatIpv4, formatPrefix, parseIpv4 } from '../../src/net/address.ts';
import { distance, ipv4, positive32, prefix, unsigned32, word } from './arbitrary-basics.ts';
import { redistribution } from './arbitrary-policy.ts';

/** Few, so that two configurations have neighbours in common. */
const neighbourAddress = fc.oneof(fc.integer({ min: 0x0a000001, max: 0x0a000003 }), ipv4);

const yes = fc.constant(true as const);
const timers = fc.record({
  keepalive: fc.integer({ min: 0, max: 65535 }),
  hold: fc.integer({ min: 3, max: 65535 }),
});

function peerFamily(ofGroup: boolean): fc.Arbitrary<BgpPeerFamilyConfig> {
  return fc.record(
    {
      // What a group says of these its members cannot take back by a "no" line.
      ...(ofGroup
        ? {}
        : {
            activate: fc.boolean(),
            sendCommunity: fc.constantFrom(
              'none' as const,
              'standard' as const,
              'extended' as const,
              'large' as const,
              'both' as const,
              'standard-and-large' as const,
              'extended-and-large' as const,
              'all' as const,
            ),
          }),
      nextHopSelf: fc.constantFrom('normal' as const, 'force' as const),
      routeReflectorClient: yes,
      routeMapIn: word,
      routeMapOut: word,
      prefixListIn: word,
      prefixListOut: word,
      filterListIn: word,
      filterListOut: word,
      maximumPrefix: fc.record(
        {
          count: positive32,
          threshold: fc.integer({ min: 1, max: 100 }),
          onExceed: fc.oneof(
            fc.constantFrom('close' as const, 'warn' as const),
            fc.record({ restartAfterMinutes: fc.integer({ min: 1, max: 65535 }) }),
          ),
        },
        { requiredKeys: ['count', 'onExceed'] },
      ),
      softReconfigurationInbound: yes,
      allowAsIn: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constant('origin' as const)),
      asOverride: yes,
      removePrivateAs: fc.record({ all: fc.boolean(), replace: fc.boolean() }),
      routeServerClient: yes,
      attributeUnchanged: fc
        .record({ asPath: fc.boolean(), nextHop: fc.boolean(), med: fc.boolean() })
        .filter((each) => each.asPath || each.nextHop || each.med),
      unsuppressMap: word,
      defaultOriginate: fc.record({ routeMap: word }, { requiredKeys: [] }),
      weight: fc.integer({ min: 0, max: 65535 }),
    },
    { requiredKeys: [] },
  );
}

function peer(ofGroup: boolean): fc.Arbitrary<Omit<BgpPeerConfig, 'name'>> {
  return fc
    .record(
      {
        remoteAs: fc.oneof(positive32, fc.constantFrom('internal' as const, 'external' as const)),
        description: fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join(' ')),
        password: word,
        shutdown: fc.constantFrom(undefined, '', 'moving the cable'),
        enforceFirstAs: yes,
        passive: yes,
        ebgpMultihop: fc.integer({ min: 1, max: 255 }),
        ttlSecurityHops: fc.integer({ min: 1, max: 254 }),
        disableConnectedCheck: yes,
        updateSource: word,
        localAs: fc
          .record({ as: positive32, noPrepend: fc.boolean(), replaceAs: fc.boolean() })
          .map((each) => ({ ...each, replaceAs: each.noPrepend && each.replaceAs })),
        timersS: timers,
        connectRetryS: fc.integer({ min: 1, max: 65535 }),
        advertisementIntervalS: fc.integer({ min: 0, max: 600 }),
        ipv4: peerFamily(ofGroup),
        vpnv4: peerFamily(ofGroup),
      },
      { requiredKeys: ['ipv4', 'vpnv4'] },
    )
    .map(({ shutdown, ...rest }) => ({
      ...rest,
      ...(shutdown !== undefined && { shutdown: true }),
      ...(shutdown && { shutdownMessage: shutdown }),
    }));
}

const groupName = fc
  .oneof(fc.constantFrom('EDGE', 'CORE'), word)
  .filter((text) => parseIpv4(text) === undefined && !/^[\d.]+$/.test(text) && !text.includes(':'));

const vpn: fc.Arbitrary<BgpVpnConfig> = fc.record(
  {
    rd: fc.constantFrom('65000:1', '10.0.0.1:7'),
    importTargets: fc.subarray(['65000:1', '65000:2', '4200000000:1']),
    exportTargets: fc.subarray(['65000:1', '65000:2', '4200000000:1']),
    label: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 16, max: 1048575 })),
    export: fc.boolean(),
    import: yes,
    routeMapExport: word,
    routeMapImport: word,
  },
  { requiredKeys: ['importTargets', 'exportTargets', 'export', 'import'] },
);

const aggregate: fc.Arbitrary<BgpFamilyConfig['aggregates'][number]> = fc
  .record(
    {
      prefix,
      summaryOnly: fc.boolean(),
      asSet: fc.boolean(),
      routeMap: word,
      origin: fc.constantFrom('igp' as const, 'egp' as const, 'incomplete' as const),
      matchingMedOnly: yes,
      suppressMap: word,
    },
    { requiredKeys: ['prefix', 'summaryOnly', 'asSet'] },
  )
  .map((each) => ({ ...each, summaryOnly: each.summaryOnly && each.suppressMap === undefined }));

function family(inVrf: boolean): fc.Arbitrary<BgpFamilyConfig> {
  const maximum = fc.integer({ min: 1, max: 64 });
  return fc.record(
    {
      networks: fc.uniqueArray(fc.record({ prefix, routeMap: word }, { requiredKeys: ['prefix'] }), {
        maxLength: 2,
        selector: (each) => formatPrefix(each.prefix),
      }),
      aggregates: fc.uniqueArray(aggregate, {
        maxLength: 2,
        selector: (each) => formatPrefix(each.prefix),
      }),
      redistribute: fc.uniqueArray(redistribution('bgp', 4294967295), {
        maxLength: 2,
        selector: ({ from }) => from,
      }),
      maximumPaths: maximum,
      maximumPathsIbgp: maximum,
      distance: fc.record({ external: distance, internal: distance, local: distance }),
      ...(inVrf ? { vpn } : {}),
    },
    { requiredKeys: ['networks', 'aggregates', 'redistribute'] },
  );
}

function bgp(vrf: string | undefined): fc.Arbitrary<BgpConfig> {
  return fc
    .record(
      {
        as: fc.constantFrom(65000, 4200000000),
        routerId: ipv4,
        clusterId: ipv4,
        ebgpRequiresPolicy: fc.boolean(),
        defaultIpv4Unicast: fc.boolean(),
        networkImportCheck: fc.boolean(),
        defaultLocalPreference: unsigned32,
        alwaysCompareMed: yes,
        deterministicMed: yes,
        bestpathAsPathIgnore: yes,
        bestpathMultipathRelax: yes,
        bestpathCompareRouterId: yes,
        bestpathMedMissingAsWorst: yes,
        gracefulShutdown: yes,
        enforceFirstAs: yes,
        disableConnectedCheck: yes,
        reflectorOutboundPolicy: yes,
        shutdown: yes,
        timersS: timers,
        groups: fc.uniqueArray(fc.tuple(groupName, peer(true)), { maxLength: 2, selector: ([name]) => name }),
        members: fc.uniqueArray(fc.tuple(neighbourAddress, peer(false), fc.nat(3)), {
          maxLength: 3,
          selector: ([address]) => address,
        }),
        listenLimit: fc.integer({ min: 1, max: 5000 }),
        ranges: fc.uniqueArray(prefix, { maxLength: 2, selector: formatPrefix }),
        ipv4: family(vrf !== undefined),
      },
      { requiredKeys: ['as', 'groups', 'members', 'ranges', 'ipv4'] },
    )
    .map(({ groups, members, ranges, ...rest }) => ({
      ...rest,
      ...(ranges.length > 0 &&
        groups.length > 0 && {
          listenRanges: ranges.map((each) => ({ prefix: each, peerGroup: groups[0][0] })),
        }),
      ...(vrf === undefined ? {} : { vrf }),
      peerGroups: groups.map(([name, each]) => strip({ ...each, name }, vrf)),
      neighbours: members.map(([address, each, which]) => {
        const group = groups[which]?.[0];
        const neighbour = strip({ ...each, name: formatIpv4(address), address }, vrf);
        return group === undefined ? neighbour : { ...neighbour, peerGroup: group };
      }),
      vpnv4: EMPTY_BGP_FAMILY,
    }));
}

/** VPN routes are exchanged under the default VRF alone. */
function strip<Peer extends BgpPeerConfig>(each: Peer, vrf: string | undefined): Peer {
  return vrf === undefined ? each : put(each, 'vpnv4', {});
}

/** Of the default VRF, of another, of both, of none. */
export const bgps: fc.Arbitrary<readonly BgpConfig[]> = fc
  .tuple(fc.option(bgp(undefined)), fc.option(bgp('RED')))
  .map((all) => all.flatMap((each) => (each === null ? [] : [each])));
