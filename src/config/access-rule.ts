/**
 * One line of an access list: how it is read and written.
 *
 *     standard   any | [host] A.B.C.D | A.B.C.D WILDCARD | A.B.C.D/M
 *     extended   PROTOCOL SOURCE [PORTS] DESTINATION [PORTS] [dscp DSCP]
 *                SOURCE, DESTINATION: any | host A.B.C.D | A.B.C.D WILDCARD | A.B.C.D/M
 *                PORTS: eq PORT | range PORT PORT, after tcp and udp
 *
 * FRR's own lists know `ip` without ports only (lib/filter_cli.c); the rest is IOS.
 */
import {
  formatIpv4,
  formatPrefix,
  lengthOfMask,
  maskOf,
  type Prefix,
  parseIpv4,
  prefixOf,
} from '../net/address.ts';
import {
  type Argument,
  address,
  chain,
  integer,
  Misfit,
  map,
  misread,
  oneOf,
  prefix,
  sequence,
  word,
} from './argument.ts';
import { dscp, formatDscp } from './dscp.ts';
import type { AccessListConfig, AccessRule, PortMatch } from './model.ts';

export type ListKind = AccessListConfig['kind'];
/** A rule before it has its place in a list. */
export type RuleBody = Omit<AccessRule, 'sequence'>;

const EVERYTHING: Prefix = { address: 0, length: 0 };
const PROTOCOLS = ['ip', 'icmp', 'tcp', 'udp', 'ospf'] as const;

const protocol = oneOf(...PROTOCOLS);
const port = integer(0, 65535);
export const action = oneOf('permit', 'deny');

/** Is this the first word of an extended rule, after permit or deny? */
export function isProtocol(text: string): boolean {
  return PROTOCOLS.some((each) => each === text);
}

const wildcard: Argument<number> = word('WILDCARD', (text) => {
  const bits = parseIpv4(text);
  if (bits === undefined) return new Misfit(`"${text}" is not a wildcard A.B.C.D`);
  const length = lengthOfMask(~bits >>> 0);
  if (length !== undefined) return length;
  const suggestion =
    lengthOfMask(bits) === undefined ? undefined : `did you mean "${formatIpv4(~bits >>> 0)}"?`;
  return new Misfit(`the wildcard ${text} does not stand for one prefix`, suggestion);
});

/** `bareHost`: an address alone is a host, as in standard lists. */
function endpoint(bareHost: boolean): Argument<Prefix> {
  const notation = `<any|${bareHost ? '[host]' : 'host'} A.B.C.D|A.B.C.D WILDCARD|A.B.C.D/M>`;
  return {
    notation,
    read(words, at) {
      if (at >= words.length) return misread(at, `${notation} is missing`);
      const { text } = words[at];
      if (text === 'any') return { ok: true, value: EVERYTHING, next: at + 1 };
      if (text === 'host') return map(address.read(words, at + 1), hostPrefix);
      const start = parseIpv4(text);
      if (start === undefined) return prefix.read(words, at);
      if (bareHost && at + 1 === words.length) return { ok: true, value: hostPrefix(start), next: at + 1 };
      return map(wildcard.read(words, at + 1), (length) => prefixOf(start, length));
    },
  };
}

function hostPrefix(host: number): Prefix {
  return { address: host, length: 32 };
}

const anyEndpoint = endpoint(false);
const standardSource = endpoint(true);

const ports: Argument<PortMatch | undefined> = {
  notation: '[eq PORT|range PORT PORT]',
  read(words, at) {
    const keyword = words[at]?.text;
    if (keyword !== 'eq' && keyword !== 'range') return { ok: true, value: undefined, next: at };
    return chain(port.read(words, at + 1), (from, next) => {
      if (keyword === 'eq') return { ok: true, value: { from, to: from }, next };
      return chain(port.read(words, next), (to, end) =>
        to < from
          ? misread(next, `the range ends at ${to}, before it begins`)
          : { ok: true, value: { from, to }, next: end },
      );
    });
  },
};

const ofDscp: Argument<number | undefined> = {
  notation: '[dscp DSCP]',
  read(words, at) {
    if (words[at]?.text !== 'dscp') return { ok: true, value: undefined, next: at };
    return dscp.read(words, at + 1);
  },
};

const extended = sequence(protocol, anyEndpoint, ports, anyEndpoint, ports, ofDscp);

/** What follows `permit|deny`. */
export function ruleBody(kind: ListKind, does: RuleBody['action']): Argument<RuleBody> {
  if (kind === 'standard') {
    return {
      notation: standardSource.notation,
      read: (words, at) =>
        map(standardSource.read(words, at), (source) => ({
          action: does,
          protocol: 'ip',
          source,
          destination: EVERYTHING,
        })),
    };
  }
  return {
    notation: 'PROTOCOL SOURCE [PORTS] DESTINATION [PORTS] [dscp DSCP]',
    read: (words, at) =>
      chain(extended.read(words, at), (values, next) => {
        const [of, source, sourcePort, destination, destinationPort, codePoint] = values;
        const hasPorts = sourcePort !== undefined || destinationPort !== undefined;
        if (hasPorts && of !== 'tcp' && of !== 'udp') {
          return misread(at, `ports are for tcp and udp, not for ${of}`);
        }
        const value = {
          action: does,
          protocol: of,
          source,
          destination,
          ...(sourcePort === undefined ? {} : { sourcePort }),
          ...(destinationPort === undefined ? {} : { destinationPort }),
          ...(codePoint === undefined ? {} : { dscp: codePoint }),
        };
        return { ok: true, value, next };
      }),
  };
}

/** `permit tcp host 10.0.0.1 any eq 80`: in the forms that FRR reads, where it can read them at all. */
export function formatRule(kind: ListKind, rule: RuleBody): string {
  if (kind === 'standard') {
    const short = rule.source.length === 0 || rule.source.length === 32;
    return `${rule.action} ${short ? formatEndpoint(rule.source) : formatPrefix(rule.source)}`;
  }
  return [
    rule.action,
    rule.protocol,
    formatEndpoint(rule.source),
    ...formatPorts(rule.sourcePort),
    formatEndpoint(rule.destination),
    ...formatPorts(rule.destinationPort),
    ...(rule.dscp === undefined ? [] : [`dscp ${formatDscp(rule.dscp)}`]),
  ].join(' ');
}

function formatEndpoint({ address: start, length }: Prefix): string {
  if (length === 0) return 'any';
  if (length === 32) return `host ${formatIpv4(start)}`;
  return `${formatIpv4(start)} ${formatIpv4(~maskOf(length) >>> 0)}`;
}

function formatPorts(ports: PortMatch | undefined): readonly string[] {
  if (ports === undefined) return [];
  return [ports.from === ports.to ? `eq ${ports.from}` : `range ${ports.from} ${ports.to}`];
}

/** Do both rules do the same to the same packets? */
export function isSameRule(a: RuleBody, b: RuleBody): boolean {
  return (
    a.action === b.action &&
    a.protocol === b.protocol &&
    a.source.address === b.source.address &&
    a.source.length === b.source.length &&
    a.destination.address === b.destination.address &&
    a.destination.length === b.destination.length &&
    a.sourcePort?.from === b.sourcePort?.from &&
    a.sourcePort?.to === b.sourcePort?.to &&
    a.destinationPort?.from === b.destinationPort?.from &&
    a.destinationPort?.to === b.destinationPort?.to &&
    a.dscp === b.dscp
  );
}
