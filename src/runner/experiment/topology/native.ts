/** shadowlab's own grammar, schemas/topology.schema.json, read into a draft; and overlays on imported drafts. */
import { parseInterfaceAddress, parseIpv4, parsePrefix } from '../../../net/address.ts';
import type {
  Addressing,
  BgpDefaults,
  Endpoint,
  IsisDefaults,
  LinkDefaults,
  NativeHost,
  NativeLink,
  NativeTopology,
  OspfDefaults,
  TopologyOverlay,
} from '../schema.generated.ts';
import { parseDuration, parseRate, parseShare, parseSize } from '../units.ts';
import {
  ACCESS_TRAITS,
  type AddressPools,
  type Draft,
  type DraftBgp,
  type DraftEnd,
  type DraftHost,
  type DraftLink,
  type IsisPlan,
  type LinkTraits,
  type OspfTimers,
  type Position,
} from './draft.ts';
import type { Findings, Place } from './findings.ts';
import { compareText, quoted } from './names.ts';

const SECOND = 1e9;

/** Reads a value that the schema holds valid. */
export function readNative(value: NativeTopology, name: string, place: Place, findings: Findings): Draft {
  const { hosts, links } = readHosts(value, place, findings);
  const routers = Object.entries(value.nodes).map(([name, router]) => ({
    name,
    place: within(place, 'nodes', name),
    ...optional('loopback', parsed(parseIpv4, router?.loopback)),
    ...optional('position', positionOf(router?.position)),
  }));
  const given = (value.links ?? []).map((link, index) =>
    readLink(link, within(place, 'links', index), findings),
  );
  return {
    name: value.name ?? name,
    place,
    routers,
    hosts,
    links: [...given, ...links],
    defaults: readTraits(value.defaults ?? {}, within(place, 'defaults'), findings),
    addressing: readPools(value.addressing ?? {}),
    ...optional('ospf', readTimers(value.ospf, within(place, 'ospf'), findings)),
    ...optional('isis', readIsis(value, place, findings)),
    ...optional('bgp', readBgp(value.bgp, within(place, 'bgp'))),
  };
}

/** What an experiment adds to a topology from a file: hosts are added, links found and changed, the rest replaced. */
export function overlay(base: Draft, value: TopologyOverlay, place: Place, findings: Findings): Draft {
  const { hosts, links } = readHosts(value, place, findings);
  const timers = readTimers(value.ospf, within(place, 'ospf'), findings) ?? base.ospf;
  const twice = base.hosts.filter(
    (host) => value.hosts !== undefined && Object.hasOwn(value.hosts, host.name),
  );
  for (const { name } of twice)
    findings.error(place(['hosts', name], true), `the file has a host "${name}" already`);
  const changed = [...base.links];
  const used = new Set<number>();
  for (const [index, link] of (value.links ?? []).entries()) {
    const change = readLink(link, within(place, 'links', index), findings);
    const found = changed.findIndex((candidate, at) => !used.has(at) && isSameLink(candidate, change));
    if (found < 0) {
      const nodes = quoted(change.ends.map((end) => end.node));
      findings.error(change.place(['endpoints']), `the file has no link of ${nodes}, or not so many`);
      continue;
    }
    used.add(found);
    changed[found] = changeLink(changed[found], change);
  }
  return {
    name: value.name ?? base.name,
    place: (path = [], atKey) =>
      path.length > 0 && hasPath(value, path) ? place(path, atKey) : base.place(path, atKey),
    routers: base.routers,
    hosts: [...base.hosts, ...hosts],
    links: [...changed, ...links],
    defaults: { ...base.defaults, ...readTraits(value.defaults ?? {}, within(place, 'defaults'), findings) },
    addressing: { ...base.addressing, ...readPools(value.addressing ?? {}) },
    ...optional('ospf', timers),
    ...optional('isis', readIsis(value, place, findings) ?? base.isis),
    ...optional('bgp', readBgp(value.bgp, within(place, 'bgp')) ?? base.bgp),
  };
}

/** Hosts, and the links that `router` gives them. */
function readHosts(
  value: { readonly hosts?: { readonly [name: string]: NativeHost } },
  place: Place,
  findings: Findings,
): { readonly hosts: readonly DraftHost[]; readonly links: readonly DraftLink[] } {
  const hosts: DraftHost[] = [];
  const links: DraftLink[] = [];
  for (const [name, host] of Object.entries(value.hosts ?? {})) {
    const own = within(place, 'hosts', name);
    hosts.push({
      name,
      place: own,
      ...optional('address', parsed(parseInterfaceAddress, host?.address)),
      ...optional('position', positionOf(host?.position)),
      ...optional('peer', host?.bgp),
    });
    const traits = readTraits(host ?? {}, own, findings);
    if (host?.router !== undefined) {
      const ends = [
        { node: host.router, place: within(own, 'router'), ...optional('vrf', host.vrf) },
        { node: name, place: own },
      ];
      links.push({ place: own, ends, traits: { ...ACCESS_TRAITS, ...traits } });
    } else if (Object.keys(traits).length > 0 || host?.vrf !== undefined) {
      const key = Object.keys(host ?? {}).find((name) => TRAIT_KEYS.includes(name)) ?? 'vrf';
      findings.error(own([key], true), `"${key}" belongs to the link that names "${name}"`);
    }
  }
  return { hosts, links };
}

function readLink(link: NativeLink, place: Place, findings: Findings): DraftLink {
  return {
    place,
    ...optional('name', link.name),
    ends: link.endpoints.map((end, index) => readEnd(end, within(place, 'endpoints', index))),
    traits: readTraits(link, place, findings),
  };
}

/** `NODE`, `NODE:interface` or a mapping. */
function readEnd(end: Endpoint, place: Place): DraftEnd {
  if (typeof end === 'string') return { ...splitEndpoint(end), place };
  return {
    node: end.node,
    place,
    ...optional('port', end.interface),
    ...optional('metric', end.metric),
    ...optional('address', parsed(parseInterfaceAddress, end.address)),
    ...optional('vrf', end.vrf),
  };
}

/** At the first colon: node names have none, interface names may. */
export function splitEndpoint(text: string): { readonly node: string; readonly port?: string } {
  const colon = text.indexOf(':');
  return colon < 0 ? { node: text } : { node: text.slice(0, colon), port: text.slice(colon + 1) };
}

const TRAIT_KEYS: readonly string[] = ['rate', 'delay', 'jitter', 'loss', 'queue', 'mtu'];

export function readTraits(value: LinkDefaults, place: Place, findings: Findings): Partial<LinkTraits> {
  const rateBps = parsed(parseRate, value.rate);
  if (rateBps === 0) findings.error(place(['rate']), 'a rate of 0 carries nothing');
  return {
    ...optional('metric', value.metric),
    ...optional('rateBps', rateBps),
    ...optional('delayNs', parsed(parseDuration, value.delay)),
    ...optional('jitterNs', parsed(parseDuration, value.jitter)),
    ...optional('loss', parsed(parseShare, value.loss)),
    ...optional('queueBytes', parsed(parseSize, value.queue)),
    ...optional('mtu', value.mtu),
  };
}

function readPools(value: Addressing): Partial<AddressPools> {
  return {
    ...optional('loopbacks', parsed(parsePrefix, value.loopbacks)),
    ...optional('links', parsed(parsePrefix, value.links)),
    ...optional('hosts', parsed(parsePrefix, value.hosts)),
  };
}

/** FRR takes whole seconds, 1 .. 65535; `dead` is four hellos where it is not given (RFC 2328 C.3). */
function readTimers(
  value: OspfDefaults | undefined,
  place: Place,
  findings: Findings,
): OspfTimers | undefined {
  if (value?.hello === undefined && value?.dead === undefined) return undefined;
  const hello = parsed(parseDuration, value.hello) ?? 10 * SECOND;
  const dead = parsed(parseDuration, value.dead) ?? 4 * hello;
  const given = { hello, dead };
  for (const key of ['hello', 'dead'] as const) {
    if (given[key] % SECOND !== 0 || given[key] < SECOND || given[key] > 65535 * SECOND)
      findings.error(place([key]), `ospf.${key} must be whole seconds, 1s to 65535s`);
  }
  if (dead <= hello) findings.error(place(['dead']), 'ospf.dead must be longer than ospf.hello');
  return { helloS: hello / SECOND, deadS: dead / SECOND };
}

/** In place of OSPF. Hellos are whole seconds, 1 .. 600, as in FRR. */
function readIsis(
  { isis, ospf }: { readonly isis?: IsisDefaults; readonly ospf?: OspfDefaults },
  place: Place,
  findings: Findings,
): IsisPlan | undefined {
  if (isis === undefined) return undefined;
  if (ospf !== undefined) {
    findings.error(place(['isis'], true), 'routers run OSPF or IS-IS: remove "ospf" or "isis"');
  }
  const hello = parsed(parseDuration, isis.hello);
  if (hello !== undefined && (hello % SECOND !== 0 || hello < SECOND || hello > 600 * SECOND)) {
    findings.error(place(['isis', 'hello']), 'isis.hello must be whole seconds, 1s to 600s');
  }
  return {
    level: isis.level ?? 2,
    ...optional('helloS', hello === undefined ? undefined : hello / SECOND),
    ...optional('multiplier', isis.multiplier),
  };
}

function readBgp(value: BgpDefaults | undefined, place: Place): DraftBgp | undefined {
  return value === undefined ? undefined : { ...value, place };
}

/** The same nodes and, where both name interfaces, the same interfaces. */
function isSameLink(link: DraftLink, change: DraftLink): boolean {
  const nodes = (ends: readonly DraftEnd[]) => ends.map((end) => end.node).toSorted(compareText);
  if (JSON.stringify(nodes(link.ends)) !== JSON.stringify(nodes(change.ends))) return false;
  return change.ends.every((end) => {
    const own = link.ends.find((candidate) => candidate.node === end.node);
    return end.port === undefined || own?.port === undefined || own.port === end.port;
  });
}

function changeLink(link: DraftLink, change: DraftLink): DraftLink {
  const ends = link.ends.map((end) => ({ ...end, ...change.ends.find((own) => own.node === end.node) }));
  return { ...link, ...change, ends, traits: { ...link.traits, ...change.traits } };
}

function hasPath(value: unknown, path: readonly (string | number)[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).some(([key, child]) => key === String(step) && hasPath(child, rest))
  );
}

function positionOf(position: readonly number[] | undefined): Position | undefined {
  if (position === undefined) return undefined;
  const [x, y] = position;
  return { x, y };
}

export function within(place: Place, ...steps: readonly (string | number)[]): Place {
  return (path = [], atKey) => place([...steps, ...path], atKey);
}

function parsed<Value>(
  parse: (text: string) => Value | undefined,
  text: string | undefined,
): Value | undefined {
  return text === undefined ? undefined : parse(text);
}

/** `{ key: value }`, or nothing where there is no value. */
export function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [name in Key]: Value });
}
