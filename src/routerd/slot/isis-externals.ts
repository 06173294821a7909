/**
 * What IS-IS announces of other sources in a slot, level by level: redistributed routes, and the default route by
 * `default-information originate`, which announces one that the table has from another source, or with `always` needs
 * none.
 */
import type { IsisLevel } from '../../config/isis-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import type { Prefix } from '../../net/address.ts';
import type { Clock, Timer } from '../../world/clock.ts';
import type { World } from '../../world/world.ts';
import { policyOf } from '../policy/compile.ts';
import type { IsisExternal } from '../protocols/isis/contract.ts';
import { PrefixMap } from '../rib/prefix-map.ts';
import type { Offer, Rib } from '../rib/rib.ts';
import { Redistribution } from './redistribution.ts';
import type { SlotView } from './speaker.ts';

const LEVELS: readonly IsisLevel[] = [1, 2];
/** FRR's, where neither the line nor its route map says another one. */
const METRIC = 0;
const DEFAULT: Prefix = { address: 0, length: 0 };

export class IsisExternals {
  readonly #clock: Clock;
  readonly #tell: (externals: readonly IsisExternal[]) => void;
  readonly #redistributions: ReadonlyMap<IsisLevel, Redistribution>;
  readonly #redistributed: Readonly<Record<IsisLevel, PrefixMap<IsisExternal>>> = {
    1: new PrefixMap(),
    2: new PrefixMap(),
  };
  #config: RouterConfig | undefined;
  /** The best default route of the table, where it is not IS-IS's own. */
  #default: Offer | undefined;
  #timer: Timer | undefined;

  constructor(
    { clock, random }: Pick<World, 'clock' | 'random'>,
    rib: Rib,
    tell: (externals: readonly IsisExternal[]) => void,
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#redistributions = new Map(
      LEVELS.map((level) => [
        level,
        new Redistribution({
          clock,
          random: random.fork(`redistribution ${level}`),
          rib,
          own: 'isis',
          // The default route is announced by its own command alone, as in FRR.
          begin: (route) => (route.prefix.length === 0 ? undefined : route),
          tell: ({ added, removed }) => {
            const redistributed = this.#redistributed[level];
            for (const prefix of removed) redistributed.delete(prefix);
            for (const { prefix, metric = METRIC } of added)
              redistributed.set(prefix, { prefix, level, metric });
            this.#wait();
          },
        }),
      ]),
    );
    rib.watch(({ prefix, best }) => {
      if (prefix.length !== 0) return;
      this.#default = best?.source === 'isis' ? undefined : best;
      if ((this.#config?.isis?.defaultInformation.length ?? 0) > 0) this.#wait();
    });
  }

  configure(view: SlotView): void {
    const former = this.#config?.isis;
    const { isis } = view.config;
    this.#config = view.config;
    for (const [level, redistribution] of this.#redistributions) {
      const lines = (isis?.redistribute ?? []).filter((line) => line.level === level);
      redistribution.configure(view, lines, policyOf(view.config));
    }
    const hadDefault = (former?.defaultInformation.length ?? 0) > 0;
    if (hadDefault || (isis?.defaultInformation.length ?? 0) > 0) this.#wait();
  }

  get isSettled(): boolean {
    return [...this.#redistributions.values()].every(({ isSettled }) => isSettled);
  }

  stop(): void {
    for (const redistribution of this.#redistributions.values()) redistribution.stop();
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer ??= this.#clock.after(0, () => {
      this.#timer = undefined;
      this.#tell(
        LEVELS.flatMap((level) => [
          ...[...this.#redistributed[level].entries()].map(([, external]) => external),
          ...this.#defaults(level),
        ]),
      );
    });
  }

  #defaults(level: IsisLevel): readonly IsisExternal[] {
    const config = this.#config;
    const line = config?.isis?.defaultInformation.find((each) => each.level === level);
    if (config === undefined || line === undefined || (!line.always && this.#default === undefined))
      return [];
    const metric = line.metric ?? METRIC;
    if (line.routeMap === undefined) return [{ prefix: DEFAULT, level, metric }];
    const { source, tag } = this.#default ?? {};
    const found = { prefix: DEFAULT, metric, ...(source && { source }), ...(tag !== undefined && { tag }) };
    const route = policyOf(config).routeMap(line.routeMap, found);
    return route === undefined ? [] : [{ prefix: DEFAULT, level, metric: route.metric ?? metric }];
  }
}
