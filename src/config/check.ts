/**
 * What a configuration says that its lines, each by itself, cannot show: names that nothing bears, shares that
 * are more than there is. Pure; whoever reads a text asks once the whole of it is known.
 */
import { nearest } from '../net/suggest.ts';
import { meant } from './argument.ts';
import { checkRouting } from './check-routing.ts';
import type { Inconsistency } from './inconsistency.ts';
import { CLASS_DEFAULT, type PolicyClassConfig, type PolicyMapConfig, type RouterConfig } from './model.ts';

export type { Inconsistency };

/** In the order of the configuration; each name is told once. */
export function checkConfig(config: RouterConfig): readonly Inconsistency[] {
  const all = [
    ...unknownAccessLists(config),
    ...config.classMaps.filter(({ criteria }) => criteria.length === 0).map(emptyClassMap),
    ...config.policyMaps.flatMap((policyMap) => [
      ...unknownClassMaps(config, policyMap),
      ...sharesBeyondAll(policyMap),
    ]),
    ...servicePolicies(config),
    ...checkRouting(config),
  ];
  return [...new Map(all.map((each) => [`${each.keywords} ${each.word} ${each.message}`, each])).values()];
}

/** Lets everything pass on an interface, and matches nothing in a class map, as in IOS. */
function unknownAccessLists({ accessLists, interfaces, classMaps }: RouterConfig): readonly Inconsistency[] {
  const lists = accessLists.map(({ name }) => name);
  const isUnknown = (list: string | undefined): list is string => list !== undefined && !lists.includes(list);
  const applied = interfaces
    .flatMap(({ accessGroupIn, accessGroupOut }) => [accessGroupIn, accessGroupOut])
    .filter(isUnknown)
    .map((list) => ({ list, keywords: 'ip access-group', how: 'is applied' }));
  const matched = classMaps.flatMap(({ name, criteria }) =>
    criteria
      .flatMap((each) => (each.kind === 'access-group' ? [each.name] : []))
      .filter(isUnknown)
      .map((list) => ({ list, keywords: 'match access-group', how: `is matched by class map "${name}"` })),
  );
  return [...applied, ...matched].map(({ list, keywords, how }) => ({
    severity: 'warning',
    keywords,
    word: list,
    message: `access list "${list}" ${how}, and is not defined`,
    ...suggesting(meant(nearest(list, lists))),
  }));
}

function emptyClassMap({ name }: RouterConfig['classMaps'][number]): Inconsistency {
  return {
    severity: 'warning',
    keywords: 'class-map',
    word: name,
    message: `class map "${name}" has no "match" line, and matches nothing`,
  };
}

function unknownClassMaps({ classMaps }: RouterConfig, policyMap: PolicyMapConfig): readonly Inconsistency[] {
  const known = classMaps.map(({ name }) => name);
  return policyMap.classes
    .map(({ name }) => name)
    .filter((name) => name !== CLASS_DEFAULT && !known.includes(name))
    .map((name) => ({
      severity: 'error',
      keywords: 'class',
      word: name,
      message: `class "${name}" of policy map "${policyMap.name}" has no class map`,
      suggestion: meant(nearest(name, [...known, CLASS_DEFAULT])) ?? `define "class-map ${name}"`,
    }));
}

function sharesBeyondAll({ name, classes }: PolicyMapConfig): readonly Inconsistency[] {
  const percent = classes
    .flatMap(({ bandwidth, priority }) => [bandwidth, priority])
    .reduce((sum, rate) => sum + (rate?.kind === 'percent' ? rate.percent : 0), 0);
  if (percent <= 100) return [];
  return [
    {
      severity: 'error',
      keywords: 'policy-map',
      word: name,
      message: `the classes of policy map "${name}" have ${percent} % of the bandwidth together`,
      suggestion: '"bandwidth percent" and "priority percent" may add up to 100',
    },
  ];
}

function servicePolicies({ interfaces, policyMaps }: RouterConfig): readonly Inconsistency[] {
  const names = policyMaps.map(({ name }) => name);
  const at = { severity: 'error', keywords: 'service-policy' } as const;
  return interfaces.flatMap(({ servicePolicyIn, servicePolicyOut }) => {
    const unknown = [servicePolicyIn, servicePolicyOut].flatMap((name): readonly Inconsistency[] =>
      name === undefined || names.includes(name)
        ? []
        : [
            {
              ...at,
              word: name,
              message: `policy map "${name}" is applied, and is not defined`,
              ...suggesting(meant(nearest(name, names))),
            },
          ],
    );
    const queueing = policyMaps
      .filter(({ name }) => name === servicePolicyIn)
      .flatMap(({ name, classes }) => {
        const queues = classes.map((each) => ({ of: each.name, command: queueingCommand(each) }));
        const first = queues.find(({ command }) => command !== undefined);
        if (first === undefined) return [];
        const message = `policy map "${name}" is applied to input, and its class "${first.of}" has "${first.command}"`;
        return [
          {
            ...at,
            word: name,
            message,
            suggestion: `nothing queues there: say "service-policy output ${name}"`,
          },
        ];
      });
    return [...unknown, ...queueing];
  });
}

function queueingCommand(settings: PolicyClassConfig): string | undefined {
  const { bandwidth, priority, queueLimitBytes, randomDetect, shapeBps } = settings;
  if (bandwidth !== undefined) return 'bandwidth';
  if (priority !== undefined) return 'priority';
  if (queueLimitBytes !== undefined) return 'queue-limit';
  if (randomDetect !== undefined) return 'random-detect';
  return shapeBps === undefined ? undefined : 'shape average';
}

function suggesting(suggestion: string | undefined): { readonly suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}
