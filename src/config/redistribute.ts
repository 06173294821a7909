/** What follows `redistribute` in OSPF and BGP. */
import { type Argument, anyOf, chain, integer, map, name, oneOf } from './argument.ts';
import type { RedistributeConfig, RedistributedProtocol } from './policy-model.ts';

/** In the order in which FRR writes them (lib/route_types.txt). */
export const REDISTRIBUTED: readonly RedistributedProtocol[] = ['connected', 'static', 'ospf', 'isis', 'bgp'];

interface Options {
  readonly metric: number;
  readonly 'metric-type': '1' | '2';
  readonly 'route-map': string;
}

/** `own`: the protocol that redistributes. OSPF alone has metric types. */
export function redistributed(own: RedistributedProtocol, maxMetric: number): Argument<RedistributeConfig> {
  const from = oneOf(...REDISTRIBUTED.filter((each) => each !== own));
  const common = { metric: integer(0, maxMetric), 'route-map': name('NAME') };
  const options: Argument<Partial<Options>> =
    own === 'ospf' ? anyOf({ ...common, 'metric-type': oneOf('1', '2') }) : anyOf(common);
  return {
    notation: `${from.notation} ${options.notation}`,
    read: (words, at) =>
      chain(from.read(words, at), (protocol, next) =>
        map(options.read(words, next), (given) => redistribution(protocol, given)),
      ),
  };
}

function redistribution(from: RedistributedProtocol, given: Partial<Options>): RedistributeConfig {
  const { metric, 'metric-type': type, 'route-map': routeMap } = given;
  return {
    from,
    ...(metric === undefined ? {} : { metric }),
    ...(type === undefined ? {} : { metricType: type === '1' ? 1 : 2 }),
    ...(routeMap === undefined ? {} : { routeMap }),
  };
}

export function formatRedistributed({ from, metric, metricType, routeMap }: RedistributeConfig): string {
  return [
    from,
    ...(metric === undefined ? [] : [`metric ${metric}`]),
    ...(metricType === undefined ? [] : [`metric-type ${metricType}`]),
    ...(routeMap === undefined ? [] : [`route-map ${routeMap}`]),
  ].join(' ');
}
