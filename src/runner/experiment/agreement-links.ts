/** The two ends of a link: subnets, and what must be equal for OSPF and IS-IS to become neighbours over it. Pure. */
import { contains, formatIpv4, formatPrefix, type Ipv4, type Prefix, prefixOf } from '../../net/address.ts';
import type { Authentication } from '../../routerd/protocols/ospf/authentication.ts';
import type { Disagreement, Member } from './agreement-member.ts';
import type { Link } from './resolved.ts';

interface End {
  readonly member: Member;
  readonly port: string;
}

/** Each end is compared with the first one of the link, for a protocol with the first one that runs it. */
export function unequalEnds({ ends }: Link, members: ReadonlyMap<string, Member>): readonly Disagreement[] {
  const own = ends.flatMap(({ node, port }): readonly End[] => {
    const member = members.get(node);
    return member === undefined ? [] : [{ member, port }];
  });
  return [
    ...compared(own, subnetsOf, subnetDifferences),
    ...compared(own, ospfOf, ospfDifferences),
    ...compared(own, isisOf, isisDifferences),
  ];
}

/** In words that follow the two ends' names; told of their sections, or of a line there that begins with `keywords`. */
interface Difference {
  readonly message: string;
  /** Where not the end that is compared says it, but the one it is compared with. */
  readonly isOthers?: boolean;
  readonly keywords?: string;
  readonly words?: readonly string[];
}

function compared<Input>(
  ends: readonly End[],
  inputOf: (end: End) => Input | undefined,
  differences: (a: Input, b: Input) => readonly Difference[],
): readonly Disagreement[] {
  const running = ends.flatMap((end) => {
    const input = inputOf(end);
    return input === undefined ? [] : [{ ...end, input }];
  });
  const [first, ...others] = running;
  if (first === undefined) return [];
  return others.flatMap((other) =>
    differences(other.input, first.input).map(({ message, isOthers, keywords, words = [] }) => {
      const [{ member, port }, end] = isOthers === true ? [first, other] : [other, first];
      return {
        router: member.router,
        plane: member.plane,
        ...(keywords !== undefined && { section: `interface ${port}` }),
        keywords: keywords ?? 'interface',
        words: [...words, port],
        ...(isOthers === undefined && { otherEnd: { router: end.member.router, port: end.port } }),
        message: `${nameOf(other)} and ${nameOf(first)} ${message}`,
      };
    }),
  );
}

function nameOf({ member, port }: End): string {
  return `"${member.router}:${port}"`;
}

/** That keeps them from being neighbours. */
function apart(why: string): Difference {
  return { message: `will be no neighbours: ${why}` };
}

function passiveAlone(protocol: string, isFirst: boolean): Difference {
  return {
    ...apart(`${protocol} is passive at the ${isFirst ? 'first' : 'second'} alone`),
    isOthers: !isFirst,
  };
}

function subnetsOf({ member: { config }, port }: End) {
  const found = config.interfaces.find(({ name, shutdown }) => name === port && shutdown !== true);
  // Addresses without a subnet are those of unnumbered links.
  const subnets = found?.addresses.filter(({ length }) => length < 32) ?? [];
  return subnets.length === 0 ? undefined : subnets;
}

type Subnets = NonNullable<ReturnType<typeof subnetsOf>>;

function isWithin({ address, length }: Prefix, other: Ipv4): boolean {
  return contains(prefixOf(address, length), other);
}

function subnetDifferences(a: Subnets, b: Subnets): readonly Difference[] {
  const isNear = a.some((one) =>
    b.some((other) => isWithin(one, other.address) && isWithin(other, one.address)),
  );
  if (isNear) return [];
  const words = a.map(formatPrefix);
  const message = `have no subnet in common: ${words.join(', ')}, and ${b.map(formatPrefix).join(', ')}`;
  return [{ message, keywords: 'ip address', words }];
}

function ospfOf({ member: { ospf }, port }: End) {
  const found = ospf.interfaces.find(({ name }) => name === port);
  if (found === undefined) return undefined;
  const { kind = 'ordinary' } = ospf.areas.find(({ area }) => area === found.area) ?? {};
  return { ...found, kind };
}

type OspfEnd = NonNullable<ReturnType<typeof ospfOf>>;

/** RFC 2328 10.5: what must be equal in hellos. */
function ospfDifferences(a: OspfEnd, b: OspfEnd): readonly Difference[] {
  if (a.passive !== b.passive) return [passiveAlone('OSPF', a.passive)];
  if (a.passive || !contains(prefixOf(a.address, a.prefixLength), b.address)) return [];
  if (a.area !== b.area) return [apart(`OSPF area ${formatIpv4(a.area)} and ${formatIpv4(b.area)}`)];
  const isFast = a.fastHellos !== undefined || b.fastHellos !== undefined;
  const isBroadcast = a.network === 'broadcast' && b.network === 'broadcast';
  const kinds = { ordinary: 'no stub area', stub: 'a stub area', nssa: 'a not-so-stubby area' };
  const pairs: readonly (readonly [boolean, string])[] = [
    [a.kind !== b.kind, `OSPF area ${formatIpv4(a.area)} is ${kinds[a.kind]} and ${kinds[b.kind]}`],
    [a.network !== b.network, `OSPF network ${a.network} and ${b.network}`],
    [
      isBroadcast && a.prefixLength !== b.prefixLength,
      `OSPF subnet of length ${a.prefixLength} and ${b.prefixLength}`,
    ],
    [
      !isFast && a.helloIntervalS !== b.helloIntervalS,
      `OSPF hello interval ${a.helloIntervalS} s and ${b.helloIntervalS} s`,
    ],
    [!agreeOnMtu(a, b), `OSPF exchanges no databases over MTUs of ${a.mtu} and ${b.mtu}`],
    [a.deadIntervalS !== b.deadIntervalS, `OSPF dead interval ${a.deadIntervalS} s and ${b.deadIntervalS} s`],
  ];
  const keys = unequalKeys(a.authentication ?? NO_KEYS, b.authentication ?? NO_KEYS);
  return [
    ...pairs.flatMap(([differs, text]) => (differs ? [apart(text)] : [])),
    ...(keys === undefined ? [] : [apart(keys)]),
  ];
}

const NO_KEYS: Authentication = { kind: 'none' };
const AUTHENTICATION = { none: 'none', simple: 'by a password', cryptographic: 'by keys' } as const;

/** RFC 2328 Appendix D: either takes what the other signs, by its first key, where it has that key too. */
function unequalKeys(a: Authentication, b: Authentication): string | undefined {
  if (a.kind === 'simple' && b.kind === 'simple') {
    return a.password === b.password ? undefined : 'OSPF passwords differ';
  }
  if (a.kind !== 'cryptographic' || b.kind !== 'cryptographic') {
    if (a.kind === b.kind) return undefined;
    return `OSPF authentication ${AUTHENTICATION[a.kind]} and ${AUTHENTICATION[b.kind]}`;
  }
  if (a.keys.length === 0 || b.keys.length === 0) {
    const which = b.keys.length > 0 ? 'the first has' : a.keys.length > 0 ? 'the second has' : 'both have';
    return `OSPF packets are to be signed, and ${which} no key`;
  }
  for (const [signing, known] of [
    [a.keys[0], b.keys],
    [b.keys[0], a.keys],
  ] as const) {
    const same = known.find(({ id }) => id === signing.id);
    if (same === undefined) {
      return `OSPF key ${signing.id} signs at ${known === b.keys ? 'the first' : 'the second'}, and the other does not have it`;
    }
    if (same.algorithm !== signing.algorithm) {
      const both = known === b.keys ? [signing, same] : [same, signing];
      return `OSPF key ${signing.id} is ${both.map(({ algorithm }) => algorithm).join(' and ')}`;
    }
    if (same.secret !== signing.secret) return `OSPF key ${signing.id} is not the same one at both`;
  }
  return undefined;
}

/** RFC 2328 10.6: the end with the smaller one refuses the other's packets, unless it is to ignore that. */
function agreeOnMtu(a: OspfEnd, b: OspfEnd): boolean {
  const smaller = a.mtu < b.mtu ? a : b;
  return a.mtu === b.mtu || smaller.mtuIgnore === true;
}

function isisOf({ member: { isis }, port }: End) {
  const found = isis.circuits.find(({ name }) => name === port);
  return found === undefined ? undefined : { ...found, areas: isis.areas, passwords: isis.passwords };
}

type IsisEnd = NonNullable<ReturnType<typeof isisOf>>;

function isisDifferences(a: IsisEnd, b: IsisEnd): readonly Difference[] {
  if (a.passive !== b.passive) return [passiveAlone('IS-IS', a.passive)];
  if (a.passive) return [];
  if (a.network !== b.network) return [apart(`IS-IS network ${a.network} and ${b.network}`)];
  const levels = ([1, 2] as const).filter((level) => a.levels[level] && b.levels[level]);
  const named = (end: IsisEnd): string => {
    const own = Object.keys(end.levels);
    return own.length === 0 ? 'no level' : `level ${own.join(' and ')}`;
  };
  if (levels.length === 0) return [apart(`IS-IS ${named(a)}, and ${named(b)}`)];
  const isOneArea = a.areas.some((area) => b.areas.includes(area));
  const common = levels.filter((level) => level === 2 || isOneArea);
  if (common.length === 0) {
    const areas = `${a.areas.join(', ')}; ${b.areas.join(', ')}`;
    return [apart(`IS-IS level 1 alone, and no area in common (${areas})`)];
  }
  const hellos = unequalPasswords(a.password, b.password);
  if (hellos !== undefined) return [apart(`IS-IS ${hellos}`)];
  return common.flatMap((level): readonly Difference[] => {
    const lsps = unequalPasswords(a.passwords[level], b.passwords[level]);
    const what = level === 1 ? 'area' : 'domain';
    return lsps === undefined
      ? []
      : [{ message: `will not take one another's LSPs of level ${level}: IS-IS ${what} ${lsps}` }];
  });
}

type Password = IsisEnd['password'];

/** ISO 10589 7.3.21; RFC 5304. Without a password of its own an end takes what is signed, and not the other way round. */
function unequalPasswords(a: Password, b: Password): string | undefined {
  if (a === undefined && b === undefined) return undefined;
  if (a === undefined || b === undefined)
    return `password at ${a === undefined ? 'the second' : 'the first'} alone`;
  if (a.kind !== b.kind) return `password ${a.kind} and ${b.kind}`;
  return a.password === b.password ? undefined : 'passwords differ';
}
