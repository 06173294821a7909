/**
 * VPNs of one slot: reads from the configuration what each VRF gives to the VPN and takes from it, gives out labels and
 * tells forwarding of them, and has protocols/bgp/vpn.ts join the BGP of the VRFs to that of the default one.
 */
import type { BgpVpnConfig } from '../../config/bgp-model.ts';
import type { RouterConfig } from '../../config/model.ts';
import type { Prefix } from '../../net/address.ts';
import type { Timer } from '../../world/clock.ts';
import type { VrfLabel } from '../forwarding/contract.ts';
import { policyOf } from '../policy/compile.ts';
import { routeTarget } from '../policy/extended.ts';
import type { AttributePool } from '../protocols/bgp/attribute-pool.ts';
import type { BgpInstance } from '../protocols/bgp/instance.ts';
import { FIRST_LABEL, Vpn, type VpnSettings, type VpnVrf } from '../protocols/bgp/vpn.ts';
import { keyOf } from '../rib/prefix-map.ts';
import { DEFAULT_VRF, type SpeakerSurroundings } from './speaker.ts';

/** Of the million that there are (RFC 3032 2.1). */
const MAX_REMEMBERED = 65_536;

export class VpnJoin {
  readonly #surroundings: SpeakerSurroundings;
  readonly #vpn: Vpn;
  #labels: ReadonlyMap<string, number> = new Map();
  /** Those of VRFs that are gone among them: packets that bear them may still be on their way. */
  #everGiven: ReadonlyMap<string, number> = new Map();
  /** Whose tables are watched, and which prefixes changed there. */
  readonly #changed = new Map<string, Map<number, Prefix>>();
  /** More than one VRF, so that one may have routes from another. */
  #isShared = false;
  #timer: Timer | undefined;

  constructor(surroundings: SpeakerSurroundings, pool: AttributePool) {
    this.#surroundings = surroundings;
    this.#vpn = new Vpn(pool);
  }

  /** `instances`: the BGP of every VRF that has it, the default one among them. */
  configure(config: RouterConfig, instances: ReadonlyMap<string, BgpInstance>): void {
    const { slot, forwarding } = this.#surroundings;
    const labels = allocateLabels(config, this.#everGiven);
    if (!sameLabels(labels, this.#labels)) forwarding.configureLabels(slot, listOf(labels));
    this.#labels = labels;
    this.#everGiven = rememberedOf(labels, this.#everGiven);
    const vrfs = config.bgp.flatMap((bgp): VpnVrf[] => {
      const { vrf = DEFAULT_VRF } = bgp;
      const instance = instances.get(vrf);
      if (vrf === DEFAULT_VRF || instance === undefined || bgp.ipv4.vpn === undefined) return [];
      const rib = this.#watched(vrf);
      const settings = vpnSettings(bgp.ipv4.vpn, labels.get(vrf));
      return [{ vrf, bgp: instance, settings, ways: (prefix) => rib.get(prefix)?.nextHops }];
    });
    this.#isShared = vrfs.length > 1;
    this.#vpn.configure(instances.get(DEFAULT_VRF), vrfs, policyOf(config));
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watched(vrf: string) {
    const { table, world } = this.#surroundings;
    const rib = table(vrf);
    if (this.#changed.has(vrf)) return rib;
    const changed = new Map<number, Prefix>();
    this.#changed.set(vrf, changed);
    rib.watchOffers((prefix) => {
      if (!this.#isShared) return;
      changed.set(keyOf(prefix), prefix);
      this.#timer ??= world.clock.after(0, () => this.#tell());
    });
    return rib;
  }

  #tell(): void {
    this.#timer = undefined;
    for (const [vrf, changed] of this.#changed) {
      const prefixes = [...changed.values()];
      changed.clear();
      this.#vpn.waysChanged(vrf, prefixes);
    }
  }
}

/** What `rd`, `rt`, `label`, `import vpn` and `export vpn` say, as it stands on the wire. */
export function vpnSettings(vpn: BgpVpnConfig, label: number | undefined): VpnSettings {
  const targets = (texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => routeTarget(text) ?? []);
  return {
    rd: vpn.rd === undefined ? undefined : routeDistinguisher(vpn.rd),
    exportTargets: targets(vpn.exportTargets),
    importTargets: targets(vpn.importTargets),
    export: vpn.export,
    import: vpn.import,
    label,
    ...(vpn.routeMapExport !== undefined && { routeMapExport: vpn.routeMapExport }),
    ...(vpn.routeMapImport !== undefined && { routeMapImport: vpn.routeMapImport }),
  };
}

/** RFC 4364 4.2: of the same three types as a route target and written alike, its type in two bytes. */
export function routeDistinguisher(text: string): string | undefined {
  const target = routeTarget(text);
  return target && `00${target.slice(0, 2)}${target.slice(4)}`;
}

/**
 * The label of each VRF that has one: the one it is given, or a free one, which it keeps. Of VRFs that are given the
 * same one the first has it, and the others none: a packet for one of them must not come out in another. For the same
 * reason none is free that another VRF had, as `former` says, for as long as there are others.
 */
export function allocateLabels(
  { bgp }: RouterConfig,
  former: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const labels = new Map<string, number>();
  const taken = new Set<number>();
  const wanted = bgp.flatMap(({ vrf, ipv4 }) =>
    vrf === undefined || ipv4.vpn?.label === undefined ? [] : [{ vrf, label: ipv4.vpn.label }],
  );
  const give = (vrf: string, label: number): void => {
    labels.set(vrf, label);
    taken.add(label);
  };
  for (const { vrf, label } of wanted) {
    if (label !== 'auto' && label >= FIRST_LABEL && !taken.has(label)) give(vrf, label);
  }
  const automatic = wanted.filter(({ label }) => label === 'auto');
  for (const { vrf } of automatic) {
    const kept = former.get(vrf);
    if (kept !== undefined && kept >= FIRST_LABEL && !taken.has(kept)) give(vrf, kept);
  }
  const isTaken = new Set([...taken, ...former.values()]);
  let next = FIRST_LABEL;
  for (const { vrf } of automatic) {
    if (labels.has(vrf)) continue;
    while (isTaken.has(next)) next++;
    give(vrf, next++);
  }
  return labels;
}

/** All labels are forgotten but those in use when there have been very many VRFs. */
function rememberedOf(
  labels: ReadonlyMap<string, number>,
  former: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const all = new Map([...former, ...labels]);
  return all.size > MAX_REMEMBERED ? labels : all;
}

const listOf = (labels: ReadonlyMap<string, number>): readonly VrfLabel[] =>
  [...labels].map(([vrf, label]) => ({ label, vrf }));

function sameLabels(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([vrf, label]) => b.get(vrf) === label);
}
