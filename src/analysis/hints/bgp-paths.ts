/** What is said of paths of BGP: by what one was refused, and why another is better. */
import { parseConfig } from '../../config/parser.ts';
import { locateLine } from '../../config/writer.ts';
import type { BgpPathEntry, BgpRefusal } from '../../world/observation.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

const DEFAULT_LOCAL_PREFERENCE = 100;

/** Routes to a destination that any router does not let in, and lets in in the reference. */
export function refusalHints(
  destination: string,
  reference: Moment,
  now: Moment,
  view: RunView,
): readonly Hint[] {
  const address = view.network.addressOf(destination);
  if (address === undefined) return [];
  const keyOf = (router: string, { neighbour, prefix, by }: BgpRefusal): string =>
    JSON.stringify([router, neighbour, prefix, by]);
  const before = new Set(
    view
      .bgp(reference.step, reference.plane, address)
      .flatMap(({ router, refused }) => refused.map((refusal) => keyOf(router, refusal))),
  );
  return view.bgp(now.step, now.plane, address).flatMap(({ router, entry, refused }) =>
    entry !== undefined
      ? []
      : refused
          .filter((refusal) => !before.has(keyOf(router, refusal)))
          .map((refusal) => {
            const from = view.network.nodeWith(refusal.neighbour, router) ?? refusal.neighbour;
            return refusalHint(refusal, router, from, now, view);
          }),
  );
}

/** The route that a router does not let in, and the line that puts the policy there. */
export function refusalHint(
  { neighbour, prefix, by }: BgpRefusal,
  router: string,
  peer: string,
  now: Moment,
  view: RunView,
): Hint {
  const text = `${router} refuses ${prefix} of ${peer} in ${now.plane}, by ${by}`;
  const config = policyLine(neighbour, by, router, now, view);
  return { text, router, ...(config !== undefined && { config }) };
}

/** `neighbor ADDRESS route-map NAME in`, of the neighbour or of its group. */
function policyLine(
  neighbour: string,
  by: string,
  router: string,
  now: Moment,
  view: RunView,
): Hint['config'] {
  const config = view.config(now.step, router, now.plane);
  if (config === undefined) return undefined;
  const lines = config.text.split('\n');
  for (const bgp of parseConfig(config.text).config.bgp) {
    const { peerGroup } = bgp.neighbours.find(({ name }) => name === neighbour) ?? {};
    const title = `router bgp ${bgp.as}${bgp.vrf === undefined ? '' : ` vrf ${bgp.vrf}`}`;
    for (const name of [neighbour, ...(peerGroup === undefined ? [] : [peerGroup])]) {
      const section = `${title} address-family ipv4 unicast`;
      const line = locateLine(config.text, section, `neighbor ${name} ${by} in`);
      const text = line === undefined ? undefined : lines[line - 1]?.trim();
      if (line !== undefined && text !== undefined) return { file: config.file, line, text };
    }
  }
  return undefined;
}

/** What decides between two paths (RFC 4271 9.1.2.2, in FRR's order), as far as the paths themselves tell. */
export function bestOver(best: BgpPathEntry, other: BgpPathEntry): string {
  const preference = ({ localPreference = DEFAULT_LOCAL_PREFERENCE }: BgpPathEntry): number =>
    localPreference;
  const compared: readonly (readonly [string, number, number])[] = [
    ['weight', best.weight, other.weight],
    ['local preference', preference(best), preference(other)],
    ['AS path of', lengthOf(best.asPath), lengthOf(other.asPath)],
    ['origin', ORIGINS.indexOf(best.origin), ORIGINS.indexOf(other.origin)],
  ];
  const [name, a, b] = compared.find(([, one, two]) => one !== two) ?? [];
  if (name === 'origin') return `origin ${best.origin} instead of ${other.origin}`;
  if (name !== undefined) return `${name} ${a} instead of ${b}`;
  const [med, otherMed] = [best.med ?? 0, other.med ?? 0];
  const isOneAs = firstOf(best.asPath) === firstOf(other.asPath);
  return isOneAs && med !== otherMed
    ? `MED ${med} instead of ${otherMed}`
    : 'equal but for where it was heard, how far its next hop is, and router ids';
}

const ORIGINS: readonly string[] = ['igp', 'egp', 'incomplete'];

/** ASes of a path as it is written; a set counts as one. */
function lengthOf(asPath: string): number {
  return asPath.split(' ').filter((as) => as !== '').length;
}

function firstOf(asPath: string): string {
  return asPath.split(' ')[0] ?? '';
}
