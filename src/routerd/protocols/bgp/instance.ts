/**
 * BGP-4 (RFC 4271) of one VRF in one slot, above its sessions:
 *
 *     session ─▶ AdjRibIn ─▶ LocRib ─▶ the routing table
 *      (each)     import       │  decision, next hops, aggregates
 *                              └─▶ UpdateGroup ─▶ AdjRibOut ─▶ session
 *                                    export         (each)
 *
 * An announcement becomes a path or is refused (adj-rib-in.ts); paths lie by destination (loc-rib.ts), the best of which
 * is chosen (decision.ts) and offered to the routing table; neighbours that are told the same share the work of saying
 * what that is (update-group.ts, export.ts), and each is told as fast as its session takes it (adj-rib-out.ts).
 *
 * Everything long is done in slices (slices.ts). Full tables were thought of first: attributes, paths, next hops and
 * offers are shared objects, and what there is of a destination is a few entries of arrays at its number.
 */
import { formatIpv4, type Ipv4 } from '../../../net/address.ts';
import { MILLISECOND, type Timer } from '../../../world/clock.ts';
import type { World } from '../../../world/world.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { PathAttributes } from './attributes.ts';
import type { Family, MakeSession, Nlri } from './contract.ts';
import { BgpNeighbour, type NeighbourView } from './neighbour.ts';
import { type LookUp, NextHops } from './next-hops.ts';
import { LOCAL_WEIGHT, OWN_HOP, ownSource, Path, type PathSource, type TrackedHop } from './path.ts';
import type { RefusedRoute } from './refused.ts';
import type { BgpSettings } from './settings.ts';
import { FamilyTable, type Install, type WatchBest } from './table.ts';

export interface BgpSurroundings {
  readonly world: World;
  /** Routers of one process share it; a router's two slots do. */
  readonly pool: AttributePool;
  readonly makeSession: MakeSession;
  readonly lookup: LookUp;
  /** Offers a route to the routing table, or withdraws it. */
  readonly install: Install;
  /** Prefixes that a family may have; left out: four times the Internet's. */
  readonly maxDestinations?: number;
}

/** A route of the router's own, or from another table of it. */
export interface OwnRoute {
  readonly attributes: PathAttributes;
  /** Default: that of what the router has itself, more than any neighbour's. */
  readonly weight?: number;
  readonly label?: number;
  /** How it is reached, where BGP is to offer it to the routing table. */
  readonly hop?: TrackedHop;
}

/** Changes of the routing table are waited for so long, as more come with them. */
const TABLE_NS = 20 * MILLISECOND;
const FAMILIES: readonly Family[] = ['ipv4', 'vpnv4'];

export class BgpInstance {
  readonly #world: World;
  readonly #lookup: LookUp;
  readonly #nextHops: NextHops;
  readonly #tables: Readonly<Record<Family, FamilyTable>>;
  readonly #makeNeighbour: (settings: BgpNeighbour['settings']) => BgpNeighbour;
  #settings: BgpSettings;
  #neighbours: readonly BgpNeighbour[] = [];
  /** Neighbours that are not configured: those that connected from a range that is. */
  readonly #guests = new Set<Ipv4>();
  #leaveTimer: Timer | undefined;
  #tableTimer: Timer | undefined;

  constructor(surroundings: BgpSurroundings, settings: BgpSettings) {
    const { world, pool, makeSession, lookup, install, maxDestinations } = surroundings;
    this.#world = world;
    this.#lookup = lookup;
    this.#nextHops = new NextHops(lookup, () => this.#hopsInUse());
    this.#settings = settings;
    const source = ownSource(settings.routerId);
    const table = (family: Family, into: Install) =>
      new FamilyTable(world.clock, family, settings, source, this.#nextHops, pool, into, maxDestinations);
    this.#tables = { ipv4: table('ipv4', install), vpnv4: table('vpnv4', () => {}) };
    const lost = (address: Ipv4): void => this.#left(address);
    const given = { world, pool, nextHops: this.#nextHops, makeSession, tables: this.#tables, lost };
    this.#makeNeighbour = (neighbour) => new BgpNeighbour(given, this.#settings, neighbour);
    this.configure(settings);
  }

  /** Everything is decided, told and heard, but from neighbours that do not come up. */
  get settled(): boolean {
    return (
      this.#tableTimer === undefined &&
      FAMILIES.every((family) => this.#tables[family].isIdle) &&
      this.#neighbours.every((neighbour) => neighbour.settled)
    );
  }

  /** Next hops that are kept up to date. */
  get trackedHops(): number {
    return this.#nextHops.size;
  }

  /** By address. */
  neighbours(): readonly NeighbourView[] {
    return this.#neighbours.map(({ view }) => view);
  }

  /** What neighbours announced for an address and was not let in, by neighbour. */
  refused(address: Ipv4): readonly (RefusedRoute & { readonly neighbour: Ipv4 })[] {
    return this.#neighbours.flatMap((neighbour) => {
      const route = neighbour.refused(address);
      return route === undefined ? [] : [{ neighbour: neighbour.settings.address, ...route }];
    });
  }

  table(family: Family): FamilyTable {
    return this.#tables[family];
  }

  configure(settings: BgpSettings): void {
    this.#settings = settings;
    const source = ownSource(settings.routerId);
    for (const family of FAMILIES) this.#tables[family].configure(settings, source);
    this.#enlist();
  }

  /** Someone without a session connects: where he comes from a range that is listened to, he is a neighbour from now on. */
  welcome(address: Ipv4): void {
    const { guests } = this.#settings;
    if (guests?.settingsFor(address) === undefined) return;
    if (this.#neighbours.some(({ settings }) => settings.address === address)) return;
    if (this.#guests.size >= guests.limit) this.#forgetAbsent();
    if (this.#guests.size >= guests.limit) {
      this.#world.log('warning', `bgp ${formatIpv4(address)}: more than ${guests.limit} such neighbours`);
      return;
    }
    this.#guests.add(address);
    this.#enlist();
  }

  /** Those that connected and never came up. */
  #forgetAbsent(): void {
    for (const { view, settings } of this.#neighbours) {
      if (view.state === 'Idle' || view.state === 'Active') this.#guests.delete(settings.address);
    }
  }

  #left(address: Ipv4): void {
    if (!this.#guests.delete(address)) return;
    this.#leaveTimer ??= this.#world.clock.after(0, () => {
      this.#leaveTimer = undefined;
      this.#enlist();
    });
  }

  #enlist(): void {
    const settings = this.#settings;
    const former = new Map(this.#neighbours.map((each) => [each.settings.address, each]));
    for (const { address } of settings.neighbours) this.#guests.delete(address);
    const guests = [...this.#guests].flatMap((address) => settings.guests?.settingsFor(address) ?? []);
    // Whom no range covers any more is nobody: he would count against the limit, and be there again with a range.
    this.#guests.clear();
    for (const { address } of guests) this.#guests.add(address);
    this.#neighbours = [...settings.neighbours, ...guests]
      .sort((a, b) => a.address - b.address)
      .map((wanted) => {
        const known = former.get(wanted.address);
        former.delete(wanted.address);
        known?.configure(settings, wanted);
        return known ?? this.#makeNeighbour(wanted);
      });
    for (const neighbour of former.values()) neighbour.stop();
    for (const family of FAMILIES) this.#tables[family].dropEmptyGroups();
    this.#reachNeighbours();
  }

  /** The routing table has changed in what is not BGP's. */
  tableChanged(): void {
    this.#tableTimer ??= this.#world.clock.after(TABLE_NS, () => {
      this.#tableTimer = undefined;
      this.#reachNeighbours();
      const changed = this.#nextHops.refresh();
      for (const family of FAMILIES) this.#tables[family].locRib.reconsider(changed);
    });
  }

  /** Announces a route of the router's own, or in place of the source's former one; false where the table is full. */
  originate(family: Family, source: PathSource, nlri: Nlri, route: OwnRoute): boolean {
    const { attributes, weight = LOCAL_WEIGHT, label, hop = OWN_HOP } = route;
    const path = new Path(source, attributes, hop, weight, label);
    const isTaken = this.#tables[family].locRib.set(nlri, path) !== 'full';
    if (!isTaken) this.#world.log('error', `bgp ${formatIpv4(this.#settings.routerId)}: the table is full`);
    return isTaken;
  }

  withdraw(family: Family, source: PathSource, nlri: Nlri): void {
    this.#tables[family].locRib.withdraw(nlri, source);
  }

  watch(family: Family, watcher: WatchBest): void {
    this.#tables[family].watch(watcher);
  }

  stop(): void {
    for (const neighbour of this.#neighbours) neighbour.stop();
    for (const family of FAMILIES) this.#tables[family].stop();
    this.#tableTimer?.cancel();
    this.#leaveTimer?.cancel();
    this.#guests.clear();
    this.#neighbours = [];
  }

  #reachNeighbours(): void {
    for (const neighbour of this.#neighbours) {
      const { address, mustBeConnected } = neighbour.settings;
      const offer = this.#lookup(address, mustBeConnected);
      const isElsewhere =
        offer?.nextHops.some(({ kind }) => kind !== 'local' && kind !== 'blackhole' && kind !== 'reject') ===
        true;
      neighbour.reach(isElsewhere);
    }
  }

  #hopsInUse(): ReadonlySet<TrackedHop> {
    const used = new Set<TrackedHop>();
    for (const family of FAMILIES) for (const hop of this.#tables[family].locRib.hopsInUse()) used.add(hop);
    return used;
  }
}
