/**
 * What OSPF announces of other sources in a slot: redistributed routes, and the default route by `default-information
 * originate`, which announces one that the table has from another source, or with `always` needs none.
 */
import type { OspfConfig, RouterConfig } from '../../config/model.ts';
import type { RedistributedProtocol } from '../../config/policy-model.ts';
import type { Prefix } from '../../net/address.ts';
import type { Clock, Timer } from '../../world/clock.ts';
import type { World } from '../../world/world.ts';
import { policyOf } from '../policy/compile.ts';
import type { OspfExternal } from '../protocols/ospf/contract.ts';
import type { Offer, Rib } from '../rib/rib.ts';
import { type Redistributed, Redistribution } from './redistribution.ts';
import type { SlotView } from './speaker.ts';

/** FRR's (ospfd/ospf_asbr.h, ospf_zebra.h): of redistributed routes; of the default route, with `always` and without. */
const METRIC = { bgp: 1, others: 20, always: 1, found: 10 } as const;
const METRIC_TYPE = 2;

const DEFAULT: Prefix = { address: 0, length: 0 };

type Tell = (added: readonly OspfExternal[], removed: readonly Prefix[]) => void;

export class OspfExternals {
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #redistribution: Redistribution;
  #config: RouterConfig | undefined;
  /** The best default route of the table, where it is not OSPF's own. */
  #default: Offer | undefined;
  #isDefaultAnnounced = false;
  #timer: Timer | undefined;

  constructor({ clock, random }: Pick<World, 'clock' | 'random'>, rib: Rib, tell: Tell) {
    this.#clock = clock;
    this.#tell = tell;
    this.#redistribution = new Redistribution({
      clock,
      random: random.fork('redistribution'),
      rib,
      own: 'ospf',
      // The default route is announced by its own command alone, as in FRR.
      begin: (route) => (route.prefix.length === 0 ? undefined : route),
      tell: ({ added, removed }) => tell(added.map(externalOf), removed),
    });
    rib.watch(({ prefix, best }) => {
      if (prefix.length !== 0) return;
      this.#default = best?.source === 'ospf' ? undefined : best;
      this.#lookAtDefault();
    });
  }

  configure(view: SlotView): void {
    const { ospf } = view.config;
    this.#config = view.config;
    // Lines without a metric of their own have the default one; so that what it changes is told again, they say so.
    const lines = (ospf?.redistribute ?? []).map((line) => ({ metric: metricOf(line.from, ospf), ...line }));
    this.#redistribution.configure(view, lines, policyOf(view.config));
    this.#lookAtDefault();
  }

  get isSettled(): boolean {
    return this.#redistribution.isSettled;
  }

  stop(): void {
    this.#redistribution.stop();
    this.#timer?.cancel();
  }

  #lookAtDefault(): void {
    if (this.#config?.ospf?.defaultInformation === undefined && !this.#isDefaultAnnounced) return;
    this.#timer ??= this.#clock.after(0, () => {
      this.#timer = undefined;
      const external = this.#defaultExternal();
      if (external === undefined && !this.#isDefaultAnnounced) return;
      this.#isDefaultAnnounced = external !== undefined;
      this.#tell(external === undefined ? [] : [external], external === undefined ? [DEFAULT] : []);
    });
  }

  #defaultExternal(): OspfExternal | undefined {
    const { defaultInformation } = this.#config?.ospf ?? {};
    if (this.#config === undefined || defaultInformation === undefined) return undefined;
    const { always, routeMap } = defaultInformation;
    if (!always && this.#default === undefined) return undefined;
    const metric = defaultInformation.metric ?? (always ? METRIC.always : METRIC.found);
    const metricType = defaultInformation.metricType ?? METRIC_TYPE;
    if (routeMap === undefined) return { prefix: DEFAULT, metric, metricType, tag: 0 };
    const { source, tag } = this.#default ?? {};
    const found = {
      prefix: DEFAULT,
      metric,
      metricType,
      ...(source !== undefined && { source }),
      ...(tag !== undefined && { tag }),
    };
    const route = policyOf(this.#config).routeMap(routeMap, found);
    if (route === undefined) return undefined;
    return {
      prefix: DEFAULT,
      metric: route.metric ?? metric,
      metricType: route.metricType ?? metricType,
      tag: route.tag ?? 0,
    };
  }
}

function metricOf(from: RedistributedProtocol, ospf: OspfConfig | undefined): number {
  return ospf?.defaultMetric ?? (from === 'bgp' ? METRIC.bgp : METRIC.others);
}

function externalOf({ prefix, metric = METRIC.others, metricType, tag, route }: Redistributed): OspfExternal {
  return {
    prefix,
    metric,
    metricType: metricType ?? METRIC_TYPE,
    tag: tag ?? 0,
    ...(route.nextHop !== undefined && { gateway: route.nextHop }),
  };
}
