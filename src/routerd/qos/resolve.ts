/**
 * From a slot's configuration to what the engine needs: policy maps with everything looked up that they name. As
 * in IOS, a class map or an access list that is named but not defined matches nothing, and a policy map that is
 * not defined is as if it were not named.
 */
import { CLASS_DEFAULT, type ClassMapConfig, type RouterConfig } from '../../config/model.ts';
import type { ServiceClass, ServiceCriterion, ServicePolicy } from '../forwarding/contract.ts';

export type ServicePolicies = ReadonlyMap<string, ServicePolicy>;

/**
 * The configuration's policies by name. One that is as in `former` is the same object as there, so that its
 * policers and queues go on as they are.
 */
export function resolvePolicies(config: RouterConfig, former: ServicePolicies): ServicePolicies {
  return new Map(
    config.policyMaps.map(({ name, classes }) => {
      const isDefault = (className: string): boolean => className === CLASS_DEFAULT;
      const rest = classes.find((candidate) => isDefault(candidate.name)) ?? { name: CLASS_DEFAULT };
      const policy = {
        name,
        classes: [...classes.filter((candidate) => !isDefault(candidate.name)), rest].map(
          (candidate): ServiceClass => ({ config: candidate, ...matchOf(candidate.name, config) }),
        ),
      };
      const known = former.get(name);
      return [name, known !== undefined && JSON.stringify(known) === JSON.stringify(policy) ? known : policy];
    }),
  );
}

function matchOf(name: string, config: RouterConfig): Pick<ServiceClass, 'match' | 'criteria'> {
  if (name === CLASS_DEFAULT) return { match: 'any', criteria: [{ kind: 'any' }] };
  const classMap = config.classMaps.find((candidate) => candidate.name === name);
  if (classMap === undefined) return { match: 'any', criteria: [] };
  return {
    match: classMap.match,
    criteria: classMap.criteria.map((criterion) => criterionOf(criterion, config)),
  };
}

function criterionOf(criterion: ClassMapConfig['criteria'][number], config: RouterConfig): ServiceCriterion {
  if (criterion.kind !== 'access-group') return criterion;
  return { kind: 'access-list', list: config.accessLists.find(({ name }) => name === criterion.name) };
}
