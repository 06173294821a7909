/** From a configuration to its policy. */
import type { RouterConfig } from '../../config/model.ts';
import { accessTest, asPathTest, communityTests, prefixTest } from './lists.ts';
import type { Policy } from './policy.ts';
import { RouteMap } from './route-map.ts';

/** Reads a configuration's policy. Pure; what is returned holds the lists compiled, and what they said of attributes. */
export function compilePolicy(config: RouterConfig): Policy {
  const prefixLists = new Map(config.prefixLists.map((list) => [list.name, prefixTest(list)]));
  const accessLists = new Map(config.accessLists.map((list) => [list.name, accessTest(list)]));
  const asPathLists = new Map(config.asPathLists.map((list) => [list.name, asPathTest(list)]));
  const communityLists = new Map(
    config.communityLists.map((list) => [`${list.size} ${list.name}`, communityTests(list)]),
  );
  const routeMaps: ReadonlyMap<string, RouteMap> = new Map(
    config.routeMaps.map((map) => [
      map.name,
      new RouteMap(map, {
        prefixList: (name) => prefixLists.get(name),
        accessList: (name) => accessLists.get(name),
        asPathList: (name) => asPathLists.get(name),
        communityList: (name, size) => communityLists.get(`${size} ${name}`),
        routeMap: (name) => routeMaps.get(name),
      }),
    ]),
  );
  return {
    routeMap: (name, route, context = {}) => routeMaps.get(name)?.apply(route, context),
    prefixList: (name, prefix) => prefixLists.get(name)?.(prefix) ?? false,
    asPathList: (name, attributes) => asPathLists.get(name)?.(attributes) ?? false,
  };
}

const POLICIES = new WeakMap<RouterConfig, Policy>();

/** As `compilePolicy`, once for all who ask of one configuration. */
export function policyOf(config: RouterConfig): Policy {
  let policy = POLICIES.get(config);
  if (policy === undefined) {
    policy = compilePolicy(config);
    POLICIES.set(config, policy);
  }
  return policy;
}
