/** What a policy says, as a text: it changes when the policy does, whoever it is spread over. */
import type { RouterConfig } from '../../config/model.ts';
import type { RouteMapConfig } from '../../config/policy-model.ts';

/** The route maps and lists of these names, with all that they name in turn, as one text. */
export function policyText(config: RouterConfig, names: readonly (string | undefined)[]): string {
  const wanted = new Set(names.filter((name) => name !== undefined));
  const parts: unknown[] = [];
  // A set grows while it is walked, and each name is in it once: maps that call one another come to an end.
  for (const name of wanted) {
    const map = config.routeMaps.find((each) => each.name === name);
    if (map !== undefined) for (const each of namesIn(map)) wanted.add(each);
    const lists = [config.prefixLists, config.asPathLists, config.communityLists, config.accessLists];
    parts.push(map, ...lists.map((list) => list.filter((each) => each.name === name)));
  }
  return JSON.stringify(parts);
}

/** Does one of these maps, or of those that they call, look at who the neighbour is? */
export function matchesPeer(config: RouterConfig, names: readonly (string | undefined)[]): boolean {
  return policyText(config, names).includes('{"kind":"peer",');
}

function namesIn({ entries }: RouteMapConfig): readonly string[] {
  return entries.flatMap(({ match, set, call }) => [
    ...match.flatMap((clause) => ('list' in clause ? [clause.list] : [])),
    ...set.flatMap((clause) => ('list' in clause ? [clause.list] : [])),
    ...(call === undefined ? [] : [call]),
  ]);
}
