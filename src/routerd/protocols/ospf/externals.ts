/**
 * The LSAs of an AS boundary router (RFC 2328 12.4.4, RFC 3101 2.4, 3.2): what it was told to announce, as type 5
 * for the AS and as type 7 for each of its NSSAs; and, where it is an NSSA's border router, type 5 made of that
 * area's type 7. Pure but for what it was told.
 */
import { contains, type Ipv4, lengthOfMask, maskOf, type Prefix, prefixOf } from '../../../net/address.ts';
import { keyOf, withLinkStateIds } from './announcements.ts';
import { LS_INFINITY, MAX_EXTERNALS, OPTION_E, OPTION_NP } from './constants.ts';
import type { OspfExternal, OspfInterfaceInput, OspfSettings } from './contract.ts';
import { EXTERNAL_LSA, NSSA_LSA } from './lsa.ts';
import type { OwnLsa } from './origination.ts';
import type { AreaView, RoutingTable } from './routing-table.ts';

const DEFAULT: Prefix = { address: 0, length: 0 };

/** Routes from elsewhere, as they were told. */
export class Externals {
  /** In the order in which they came. */
  readonly #told = new Map<number, OspfExternal>();
  #announced: readonly OspfExternal[] | undefined = [];
  #leftOut = 0;
  #summaries: OspfSettings['summaries'] = [];

  change(added: readonly OspfExternal[], removed: readonly Prefix[]): void {
    this.#announced = undefined;
    for (const prefix of removed) this.#told.delete(numberOf(prefix));
    for (const external of added) this.#told.set(numberOf(external.prefix), external);
  }

  summarize(summaries: OspfSettings['summaries']): void {
    this.#summaries = summaries;
    this.#announced = undefined;
  }

  /**
   * What is announced: summaries in place of all that lies within them, then what came first. There may be more than
   * may be announced: the rest is left out until there is room.
   */
  announced(): readonly OspfExternal[] {
    if (this.#announced !== undefined) return this.#announced;
    const all = summarized([...this.#told.values()], this.#summaries);
    this.#announced = all.slice(0, MAX_EXTERNALS);
    this.#leftOut = all.length - this.#announced.length;
    return this.#announced;
  }

  /** How many are not announced for want of room. */
  get leftOut(): number {
    this.announced();
    return this.#leftOut;
  }
}

/** One external takes the place of those within: at the largest metric, type 2 if any is (the tag says nothing of all). */
function summarized(
  externals: readonly OspfExternal[],
  summaries: OspfSettings['summaries'],
): readonly OspfExternal[] {
  if (summaries.length === 0) return externals;
  const sorted = [...summaries].sort((a, b) => b.prefix.length - a.prefix.length);
  const made = new Map<number, OspfExternal>();
  const kept: OspfExternal[] = [];
  for (const external of externals) {
    const summary = sorted.find(
      ({ prefix }) => prefix.length <= external.prefix.length && contains(prefix, external.prefix.address),
    );
    if (summary === undefined) kept.push(external);
    if (summary?.advertise !== true) continue;
    const { prefix } = summary;
    const known = made.get(numberOf(prefix)) ?? external;
    const metric = Math.max(known.metric, external.metric);
    const metricType = known.metricType === 2 || external.metricType === 2 ? 2 : 1;
    made.set(numberOf(prefix), { prefix, metric, metricType, tag: 0 });
  }
  return [...made.values(), ...kept];
}

export interface OriginationInput {
  readonly areas: readonly AreaView[];
  /** Of each area, by its index. */
  readonly interfaces: readonly (readonly OspfInterfaceInput[])[];
  readonly isBorderRouter: boolean;
  /** Of each area, by its index: it is an NSSA whose type 7 we translate. */
  readonly translates: readonly boolean[];
  readonly announced: readonly OspfExternal[];
}

/** The type 5 LSAs that are to be there, by keyOf. `table` where there is more in it than one plain area. */
export function asExternals(input: OriginationInput, table: RoutingTable | undefined): Map<number, OwnLsa> {
  const ordinary = input.areas.flatMap(({ kind }, area) =>
    kind === 'ordinary' ? input.interfaces[area] : [],
  );
  const lsas = new Map<number, OwnLsa>();
  if (ordinary.length === 0) return lsas;
  const wanted = new Map<number, { prefix: Prefix; lsa: OwnLsa }>();
  for (const translated of table === undefined ? [] : translations(input, table)) {
    wanted.set(numberOf(translated.prefix), translated);
  }
  for (const external of input.announced) {
    const forwarding = forwardingOf(external, ordinary);
    wanted.set(numberOf(external.prefix), {
      prefix: external.prefix,
      lsa: { options: OPTION_E, body: bodyOf(external, forwarding) },
    });
  }
  for (const [id, { lsa }] of withLinkStateIds(wanted.values())) lsas.set(keyOf(EXTERNAL_LSA, id), lsa);
  return lsas;
}

/** The type 7 LSAs for the NSSA of index `target`. */
export function nssaExternals(input: OriginationInput, target: number): Map<number, OwnLsa> {
  const { settings } = input.areas[target];
  const lsas = new Map<number, OwnLsa>();
  const wanted = new Map<number, { prefix: Prefix; lsa: OwnLsa }>();
  const interfaces = input.interfaces[target];
  const own = ownAddress(interfaces);
  for (const external of input.announced) {
    const forwarding = forwardingOf(external, interfaces) || own;
    // Type 5 says it everywhere else already where we are a border router: then nobody is to translate.
    const options = input.isBorderRouter || forwarding === 0 ? 0 : OPTION_NP;
    wanted.set(numberOf(external.prefix), {
      prefix: external.prefix,
      lsa: { options, body: bodyOf(external, forwarding) },
    });
  }
  if (settings.defaultInformation && input.isBorderRouter) {
    const external = { prefix: DEFAULT, metric: settings.defaultCost, metricType: 2, tag: 0 } as const;
    wanted.set(numberOf(DEFAULT), { prefix: DEFAULT, lsa: { options: 0, body: bodyOf(external, 0) } });
  }
  for (const [id, { lsa }] of withLinkStateIds(wanted.values())) lsas.set(keyOf(NSSA_LSA, id), lsa);
  return lsas;
}

/** RFC 3101 3.2: of the type 7 that our routes are by, those that ask for it and say where to go. */
function translations(
  { translates }: OriginationInput,
  { nssaRoutes }: RoutingTable,
): readonly { readonly prefix: Prefix; readonly lsa: OwnLsa }[] {
  return [...nssaRoutes.values()].flatMap(({ lsa, area }) => {
    const { body, options, identity } = lsa;
    if (!translates[area] || (options & OPTION_NP) === 0) return [];
    if (body.kind !== 'external' || body.forwarding === 0) return [];
    const length = lengthOfMask(body.mask);
    if (length === undefined) return [];
    const prefix = prefixOf(identity.id, length);
    return [{ prefix, lsa: { options: OPTION_E, body } }];
  });
}

function bodyOf({ prefix, metric, metricType, tag }: OspfExternal, forwarding: Ipv4): OwnLsa['body'] {
  return {
    kind: 'external',
    mask: maskOf(prefix.length),
    metricType,
    metric: Math.min(metric, LS_INFINITY - 1),
    forwarding,
    tag,
  };
}

/** The gateway where others reach it by OSPF, too (2.3); 0 where they do not. */
function forwardingOf({ gateway }: OspfExternal, interfaces: readonly OspfInterfaceInput[]): Ipv4 {
  if (gateway === undefined) return 0;
  const isOn = interfaces.some(
    ({ network, address, prefixLength }) =>
      network === 'broadcast' && contains(prefixOf(address, prefixLength), gateway),
  );
  return isOn ? gateway : 0;
}

/** An address of ours in the NSSA, of a loopback where there is one (RFC 3101 2.4); 0 for none. */
function ownAddress(interfaces: readonly OspfInterfaceInput[]): Ipv4 {
  const loopback = interfaces.find(({ network }) => network === 'loopback');
  return (loopback ?? interfaces[0])?.address ?? 0;
}

function numberOf({ address, length }: Prefix): number {
  return address * 64 + length;
}
