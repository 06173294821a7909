/**
 * The router's configuration language: one table of commands.
 *
 * A line of text is split into words; the table says which command begins with them in the section where the
 * line stands, the command's argument reads the rest, and a pure function makes the next configuration of the
 * last. A line beginning with `no` goes the same way to the command's removal. The writer walks the same table
 * the other way: each command gives the lines that say what it finds set. Suggestions for mistyped commands and
 * the reference in `docs/configuration.md` are made from the table too, so that none of them can drift.
 *
 * What must stay true: a command writes what it reads (`parse(format(config))` is `config`); the order of the
 * table is the order of the written text; commands never look at anything but the configuration and the line.
 */
import { accessListBlockCommands, accessListCommand, openAccessLists } from './access-list-commands.ts';
import { name } from './argument.ts';
import { asPathListCommands } from './as-path-list-commands.ts';
import { bgpCommands, openBgp } from './bgp-commands.ts';
import { bgpFamilyCommands, openFamily } from './bgp-family-commands.ts';
import { bgpPeerCommands, listenCommands } from './bgp-peer-commands.ts';
import { classMapCommands, openClassMap } from './class-map-commands.ts';
import { type Command, put, Refusal, type SectionKind, setting } from './command.ts';
import { communityListCommands } from './community-list-commands.ts';
import { interfaceCommands, openInterface } from './interface-commands.ts';
import { isisCommands, openIsis } from './isis-commands.ts';
import { keyCommands, openKey, openKeyChain } from './key-chain-commands.ts';
import { openOspf, ospfCommands } from './ospf-commands.ts';
import { classCommands, openClass, openPolicyMap, policyMapRemark } from './policy-map-commands.ts';
import { prefixListCommands } from './prefix-list-commands.ts';
import { routeCommand, vrfRouteCommand } from './route-commands.ts';
import { openRouteMap, routeMapCommands } from './route-map-commands.ts';
import { openVrf, routerIdCommands, vrfRouterIdCommand } from './vrf-commands.ts';

const hostname = setting<string>({
  section: '',
  keywords: 'hostname',
  help: "the router's name",
  argument: name('WORD'),
  get: (config) => config.hostname,
  put: (config, _name, value) => put(config, 'hostname', value),
  refuse: (_config, _name, value) =>
    /^[A-Za-z0-9]/.test(value) ? undefined : new Refusal('a hostname begins with a letter or a digit'),
});

/** In the order of the text: vtysh writes routes, interfaces, protocols and access lists so (lib/command.h); then IOS's. */
export const COMMANDS: readonly Command[] = [
  hostname,
  ...routerIdCommands,
  openKeyChain,
  openKey,
  ...keyCommands,
  routeCommand,
  openVrf,
  vrfRouterIdCommand,
  vrfRouteCommand,
  openInterface,
  ...interfaceCommands,
  openBgp,
  ...bgpCommands,
  ...bgpPeerCommands,
  ...listenCommands,
  openFamily,
  ...bgpFamilyCommands,
  openOspf,
  ...ospfCommands,
  openIsis,
  ...isisCommands,
  accessListCommand,
  ...openAccessLists,
  ...accessListBlockCommands,
  ...prefixListCommands,
  ...asPathListCommands,
  ...communityListCommands,
  openRouteMap,
  ...routeMapCommands,
  openClassMap,
  ...classMapCommands,
  openPolicyMap,
  policyMapRemark,
  openClass,
  ...classCommands,
];

const BY_SECTION: ReadonlyMap<SectionKind, readonly Command[]> = Map.groupBy(
  COMMANDS,
  ({ section }) => section,
);

export function commandsOf(section: SectionKind): readonly Command[] {
  return BY_SECTION.get(section) ?? [];
}

/**
 * Lines that `frr.conf` files carry and that mean nothing to packets here, by their first words. Lines indented
 * under them go with them. So do their `no` forms, but where those would mean something (`meantByNo`).
 */
export const IGNORED: readonly {
  readonly keywords: string;
  readonly why: string;
  readonly meantByNo?: boolean;
}[] = [
  { keywords: 'Building configuration...', why: 'vtysh says so before it shows one' },
  { keywords: 'Current configuration:', why: 'vtysh says so before it shows one' },
  {
    keywords: 'frr version',
    why: 'says who wrote the file; of one before 7.4, BGP asks for no policies and checks no networks unless it says so',
  },
  {
    keywords: 'frr defaults',
    why: 'of `datacenter` BGP has timers of 3 and 9 s, connects every 10 s, compares MEDs in any order, asks for no policies; all of which is written out',
  },
  { keywords: 'service', why: 'how vtysh keeps its files' },
  { keywords: 'log', why: 'where a router logs' },
  { keywords: 'bgp log-neighbor-changes', why: 'where a router logs' },
  { keywords: 'neighbor * disable-addpath-rx', why: 'one route to a prefix is taken anyway' },
  { keywords: 'neighbor * graceful-restart-disable', why: 'no routes are kept of a neighbour that restarts' },
  { keywords: 'bgp graceful-restart-disable', why: 'no routes are kept of a neighbour that restarts' },
  { keywords: 'neighbor * solo', why: 'how FRR shares its work' },
  { keywords: 'bgp suppress-duplicates', why: 'so it is, as in FRR by default', meantByNo: true },
  { keywords: 'bgp fast-external-failover', why: 'so it is, as in FRR by default', meantByNo: true },
  { keywords: 'bgp client-to-client reflection', why: 'so it is, as in FRR by default', meantByNo: true },
  { keywords: 'bgp route-map delay-timer', why: 'a configuration counts as a whole, at once' },
  { keywords: 'bgp send-extra-data zebra', why: 'what `show` shows' },
  { keywords: 'bgp default show-hostname', why: 'what `show` shows' },
  { keywords: 'bgp default show-nexthop-hostname', why: 'what `show` shows' },
  { keywords: 'coalesce-time', why: 'how FRR shares its work' },
  { keywords: 'read-quanta', why: 'how FRR shares its work' },
  { keywords: 'write-quanta', why: 'how FRR shares its work' },
  { keywords: 'bgp input-queue-limit', why: 'how FRR shares its work' },
  { keywords: 'bgp output-queue-limit', why: 'how FRR shares its work' },
  { keywords: 'log-adjacency-changes', why: 'where a router logs' },
  { keywords: 'debug', why: 'where a router logs' },
  { keywords: 'line', why: 'who may log in' },
  { keywords: 'password', why: 'who may log in' },
  { keywords: 'enable', why: 'who may log in' },
  {
    keywords: 'configure terminal',
    why: 'typed at the prompt; the text stands in configuration mode already',
  },
  { keywords: 'write', why: 'typed at the prompt; nothing is saved here' },
  { keywords: 'ip forwarding', why: 'a router forwards', meantByNo: true },
  { keywords: 'hostname dynamic', why: 'said under `router isis`: LSPs carry the name of the router' },
  { keywords: 'log-pdu-drops', why: 'where a router logs' },
  { keywords: 'proactive-arp', why: 'how FRR speaks to its kernel' },
  { keywords: 'socket', why: 'how FRR speaks to its kernel' },
  { keywords: 'domainname', why: 'a name for people' },
  { keywords: 'username', why: 'who may log in' },
  { keywords: 'agentx', why: 'who watches a router' },
  { keywords: 'fpm', why: 'who watches a router' },
  { keywords: 'zebra', why: 'how FRR speaks to its kernel' },
  { keywords: 'ip table range', why: 'how FRR speaks to its kernel' },
  { keywords: 'ip nht resolve-via-default', why: 'so it is, as in FRR by default', meantByNo: true },
  { keywords: 'ospf send-extra-data zebra', why: 'what `show` shows' },
  { keywords: 'ospf write-multiplier', why: 'how FRR shares its work' },
  { keywords: 'write-multiplier', why: 'how FRR shares its work' },
  {
    keywords: 'refresh timer',
    why: 'how often FRR looks for LSAs that are due; ours are told anew when they are',
  },
  { keywords: 'redistribute kernel', why: 'there is no kernel with routes of its own' },
  { keywords: 'ipv6 forwarding', why: 'IPv6 is not simulated' },
];
