/**
 * External peers: ASes outside of the network that say what real ones said.
 *
 *     MRT file ──▶ mrt.ts ──▶ mrt-table.ts, mrt-updates.ts ──▶ table and changes      (before the run)
 *                                                                    │
 *     router's slot 0 ──TCP── peer-tcp.ts ──▶ PeerSession ◀──────────┤                (in the run)
 *     router's slot 1 ──TCP──      "      ──▶ PeerSession ◀──────────┘
 *
 * A peer is a host on a link to a router. It waits for routers to connect, so each slot that has it for a neighbour
 * gets a session of its own, and both are told the same: the table, then each change when it is due. It keeps what
 * it is told in turn. Packets to whatever it announces are the host's to take (traffic/host.ts, `isInternet`).
 *
 * What must stay true: the sessions of both planes are told the same changes in the same order; a session that
 * begins late, or asks for a refresh, is told the table as it is by then.
 */
import { formatIpv4 } from '../net/address.ts';
import { AttributePool } from '../routerd/protocols/bgp/attribute-pool.ts';
import type { PathAttributes } from '../routerd/protocols/bgp/attributes.ts';
import type { StreamEvents, Update } from '../routerd/protocols/bgp/contract.ts';
import type { Host } from '../traffic/host.ts';
import type { World } from '../world/world.ts';
import { PeerSession, type PeerStatus } from './peer-session.ts';
import { PeerTcp, type PlaneStream } from './peer-tcp.ts';
import { prefixOfKey, type RouteChange, type RouteTable } from './route-table.ts';

export interface ExternalPeerSettings {
  readonly as: number;
  readonly table: RouteTable;
  /** In order of time, which counts from `start`. */
  readonly changes: readonly RouteChange[];
}

/** RFC 4724 2 */
const END_OF_RIB: Update = { family: 'ipv4', withdrawn: [], announced: [] };

export class ExternalPeer {
  readonly as: number;
  readonly #world: World;
  readonly #host: Host;
  readonly #settings: ExternalPeerSettings;
  readonly #pool = new AttributePool();
  readonly #sessions = new Set<PeerSession>();
  /** What is not as in the table: by prefix its attributes now, undefined where it is withdrawn. */
  readonly #changed = new Map<number, PathAttributes | undefined>();
  #changesDone = 0;
  #started = false;

  /** It listens from now on. `host` is one that stands for the Internet. */
  constructor(world: World, host: Host, settings: ExternalPeerSettings) {
    const random = world.random.fork(`external peer ${host.name}`);
    this.as = settings.as;
    this.#world = { ...world, random };
    this.#host = host;
    this.#settings = settings;
    new PeerTcp(this.#world, host, (stream) => this.#accept(stream));
  }

  /** Has the changes come, from now on. A second time does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#nextChange(this.#world.clock.now());
  }

  /** Every session is established and has been told the table. */
  get settled(): boolean {
    return [...this.#sessions].every((session) => session.settled);
  }

  /** By router, then by plane. */
  status(): readonly PeerStatus[] {
    return [...this.#sessions]
      .map((session) => session.status())
      .sort((a, b) => a.router - b.router || (a.plane === b.plane ? 0 : a.plane === 'real' ? -1 : 1));
  }

  #accept(stream: PlaneStream): StreamEvents {
    const session: PeerSession = new PeerSession(this.#world, stream, {
      as: this.#settings.as,
      routerId: this.#host.address,
      pool: this.#pool,
      table: () => this.#table(),
      changes: this.#settings.changes,
      changesDone: () => this.#changesDone,
      ended: (reason) => {
        this.#sessions.delete(session);
        this.#world.log(
          'info',
          `${this.#host.name}: session with ${formatIpv4(stream.remote)} ended: ${reason}`,
        );
      },
    });
    this.#sessions.add(session);
    return session.handlers;
  }

  #nextChange(sinceNs: number): void {
    const change = this.#settings.changes[this.#changesDone];
    if (change === undefined) return;
    const delayNs = Math.max(0, sinceNs + change.afterNs - this.#world.clock.now());
    this.#world.clock.call(delayNs, () => {
      this.#apply(change);
      for (const session of this.#sessions) session.goOn();
      this.#nextChange(sinceNs);
    });
  }

  #apply({ withdrawn, announced }: RouteChange): void {
    for (const key of withdrawn) this.#changed.set(key, undefined);
    for (const key of announced?.prefixes ?? []) this.#changed.set(key, announced?.attributes);
    this.#changesDone++;
  }

  /** Everything it announces now, then End-of-RIB. What changes meanwhile is told by the changes that follow. */
  *#table(): Generator<Update, void> {
    const changed = this.#changed;
    const untouched = (key: number): boolean => !changed.has(key);
    for (const { attributes, prefixes } of this.#settings.table.groups) {
      const keys = changed.size === 0 ? prefixes : prefixes.filter(untouched);
      if (keys.length > 0) yield announcement(keys, attributes);
    }
    for (const [key, attributes] of changed) {
      if (attributes !== undefined) yield announcement([key], attributes);
    }
    yield END_OF_RIB;
  }
}

function announcement(keys: readonly number[], attributes: PathAttributes): Update {
  return {
    family: 'ipv4',
    withdrawn: [],
    attributes,
    announced: keys.map((key) => ({ prefix: prefixOfKey(key) })),
  };
}
