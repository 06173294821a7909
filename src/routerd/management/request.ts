/** Requests from outside the process: what is taken for one, and what is wrong with the rest. */
import { parseIpv4, parsePrefix } from '../../net/address.ts';
import { MAX_TAG } from '../../net/wire.ts';
import type { ManagementRequest } from './contract.ts';

/** The request, or in words why it is none. Keys that the contract does not know are not looked at. */
export function readRequest(
  value: unknown,
): { readonly request: ManagementRequest } | { readonly error: string } {
  const wrong = isObject(value) ? problemOf(value) : 'a request is an object';
  // Every field that the contract names was checked.
  return wrong === undefined ? { request: value as ManagementRequest } : { error: wrong };
}

type Given = Readonly<Record<string, unknown>>;
type Check = (given: Given) => string | undefined;

const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isTag = (value: unknown): boolean => isCount(value) && Number(value) >= 1 && Number(value) <= MAX_TAG;
const isText = (value: unknown): boolean => typeof value === 'string';
const isPlane = (value: unknown): boolean => value === 'real' || value === 'shadow';

const text =
  (key: string): Check =>
  (given) =>
    isText(given[key]) ? undefined : `"${key}" must be a text`;
const tag =
  (key: string): Check =>
  (given) =>
    isTag(given[key]) ? undefined : `"${key}" must be a tag, 1 to ${MAX_TAG}`;
const plane: Check = (given) => (isPlane(given.plane) ? undefined : '"plane" must be real or shadow');
const count =
  (key: string): Check =>
  (given) =>
    isCount(given[key]) ? undefined : `"${key}" must be a whole number from 0 on`;

const isAddress = (value: unknown): boolean => isText(value) && parseIpv4(String(value)) !== undefined;
const isPrefix = (value: unknown): boolean => isText(value) && parsePrefix(String(value)) !== undefined;
const KINDS: ReadonlyMap<unknown, string> = new Map([
  [isAddress, 'an address, as 192.0.2.1'],
  [isPrefix, 'a prefix, as 192.0.2.0/24'],
]);
const optional =
  (key: string, isRight: (value: unknown) => boolean): Check =>
  (given) =>
    given[key] === undefined || isRight(given[key])
      ? undefined
      : `"${key}" must be ${KINDS.get(isRight) ?? 'a text'}`;
const family: Check = ({ family: given }) =>
  given === undefined || given === 'ipv4' || given === 'vpnv4' ? undefined : '"family" must be ipv4 or vpnv4';

const planes: Check = (given) =>
  given.plane === 'both' || isPlane(given.plane) ? undefined : '"plane" must be real, shadow or both';

const target: Check = ({ target: given }) =>
  isObject(given) && (given.kind === 'router' || (given.kind === 'port' && isText(given.port)))
    ? undefined
    : '"target" must be { kind: router } or { kind: port, port }';

const MAX_MIRROR_RULES = 10_000;
const MAX_MAC = 2 ** 48 - 1;

const rules: Check = ({ rules: given }) =>
  Array.isArray(given) && given.length <= MAX_MIRROR_RULES && given.every(isRule)
    ? undefined
    : `"rules" must be at most ${MAX_MIRROR_RULES} of { port, sourceMac, source, destination, sourcePort }`;

function isRule(rule: unknown): boolean {
  return (
    isObject(rule) &&
    isText(rule.port) &&
    isText(rule.source) &&
    isText(rule.destination) &&
    isCount(rule.sourceMac) &&
    Number(rule.sourceMac) <= MAX_MAC &&
    isCount(rule.sourcePort) &&
    Number(rule.sourcePort) <= 65_535
  );
}

const PHASES: Readonly<Record<string, readonly Check[]>> = {
  prepare: [tag('oldTag'), tag('newTag')],
  swap: [tag('newTag'), count('leaseNs')],
  mark: [tag('newTag')],
  settle: [tag('newTag')],
  unmark: [tag('newTag')],
  abort: [tag('newTag')],
};

const phase: Check = (given) => {
  const checks = Object.entries(PHASES).find(([name]) => name === given.phase)?.[1];
  if (checks === undefined) return `"phase" must be one of ${Object.keys(PHASES).join(', ')}`;
  return firstOf(checks, given);
};

const OPERATIONS: Readonly<Record<ManagementRequest['op'], readonly Check[]>> = {
  load: [plane, text('config'), tag('tag')],
  check: [text('config')],
  config: [plane],
  status: [],
  diff: [],
  fail: [planes, target],
  restore: [planes, target],
  fib: [plane],
  rib: [plane],
  bgp: [
    plane,
    optional('vrf', isText),
    family,
    optional('prefix', isPrefix),
    optional('address', isAddress),
    optional('after', isPrefix),
  ],
  neighbours: [plane],
  counters: [],
  trace: [count('batch')],
  mirror: [rules],
  commit: [phase],
  lastSeen: [tag('tag')],
};

function problemOf(given: Given): string | undefined {
  const known = Object.entries(OPERATIONS).find(([op]) => op === given.op);
  if (known === undefined) return `"op" must be one of ${Object.keys(OPERATIONS).join(', ')}`;
  return firstOf(known[1], given);
}

function firstOf(checks: readonly Check[], given: Given): string | undefined {
  for (const check of checks) {
    const wrong = check(given);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
