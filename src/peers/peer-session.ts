/** One session of an external peer: it tells the table, then the changes, and keeps what it is told. */
import type { Ipv4 } from '../net/address.ts';
import type { Plane } from '../net/wire.ts';
import type { AttributePool } from '../routerd/protocols/bgp/attribute-pool.ts';
import type { PathAttributes } from '../routerd/protocols/bgp/attributes.ts';
import { Connection, noCounts } from '../routerd/protocols/bgp/connection.ts';
import type { Nlri, StreamEvents, Update } from '../routerd/protocols/bgp/contract.ts';
import { CEASE, cease } from '../routerd/protocols/bgp/notification.ts';
import { keyOf } from '../routerd/rib/prefix-map.ts';
import type { World } from '../world/world.ts';
import type { PlaneStream } from './peer-tcp.ts';
import { prefixOfKey, type RouteChange } from './route-table.ts';

export type PeerSessionState = 'opening' | 'established' | 'ended';

/** A session as it is now. */
export interface PeerStatus {
  /** The router's address. */
  readonly router: Ipv4;
  readonly plane: Plane;
  readonly state: PeerSessionState;
  /** Prefixes of the table that it has told, and how many changes since. */
  readonly announced: number;
  readonly changes: number;
  /** Prefixes that it was told and that are not withdrawn, and the AS path of the last one. */
  readonly received: number;
  readonly lastPath: readonly number[];
}

/** What a session is given by its peer. */
export interface PeerSessionSettings {
  readonly as: number;
  readonly routerId: Ipv4;
  readonly pool: AttributePool;
  /** All that is announced now. */
  table(): Iterator<Update, void>;
  readonly changes: readonly RouteChange[];
  /** How many of them have come. */
  changesDone(): number;
  /** The last that is heard of it. */
  ended(reason: string): void;
}

/** RFC 4271 10 suggests 90 s. */
const HOLD_S = 180;
/** What one session may tell; the Internet has a million prefixes. */
const MAX_RECEIVED = 4_000_000;

export class PeerSession {
  readonly #stream: PlaneStream;
  readonly #settings: PeerSessionSettings;
  readonly #connection: Connection;
  readonly #received = new Map<number, PathAttributes>();
  #lastPath: PathAttributes['asPath'] = [];
  #state: PeerSessionState = 'opening';
  #table: Iterator<Update, void> | undefined;
  /** How many of the changes it has been told, or need not be. */
  #told = 0;
  #announced = 0;
  #changes = 0;
  #isFull = false;

  constructor(world: World, stream: PlaneStream, settings: PeerSessionSettings) {
    this.#stream = stream;
    this.#settings = settings;
    this.#connection = new Connection(
      world,
      'incoming',
      {
        localAs: settings.as,
        remoteAs: 'external',
        routerId: settings.routerId,
        families: ['ipv4'],
        holdS: HOLD_S,
        keepaliveS: HOLD_S / 3,
        connectRetryS: HOLD_S,
        passive: true,
      },
      settings.pool,
      noCounts(),
      {
        mayGoOn: () => true,
        established: () => this.#established(),
        update: (update) => this.#take(update),
        refresh: () => this.#begin(),
        writable: () => {
          this.#isFull = false;
          this.goOn();
        },
        closed: (_, reason) => {
          this.#state = 'ended';
          settings.ended(reason);
        },
      },
    );
    this.#connection.use(stream);
  }

  get handlers(): StreamEvents {
    return this.#connection.handlers;
  }

  get plane(): Plane {
    return this.#stream.plane;
  }

  get settled(): boolean {
    return (
      this.#state === 'established' &&
      this.#table === undefined &&
      this.#told === this.#settings.changesDone()
    );
  }

  status(): PeerStatus {
    return {
      router: this.#stream.remote,
      plane: this.plane,
      state: this.#state,
      announced: this.#announced,
      changes: this.#changes,
      received: this.#received.size,
      lastPath: this.#lastPath.flatMap(({ numbers }) => numbers),
    };
  }

  /** Tells what there is to tell, as far as the stream takes it. */
  goOn(): void {
    while (this.#state === 'established' && !this.#isFull) {
      const update = this.#next();
      if (update === undefined) return;
      this.#isFull = !this.#connection.send(update);
    }
  }

  #established(): void {
    this.#state = 'established';
    this.#told = this.#settings.changesDone();
    this.#begin();
  }

  /** RFC 2918 4: all of it again. */
  #begin(): void {
    this.#table = this.#settings.table();
    this.#announced = 0;
    this.goOn();
  }

  #next(): Update | undefined {
    const next = this.#table?.next();
    if (next !== undefined && next.done !== true) {
      this.#announced += next.value.announced.length;
      return next.value;
    }
    this.#table = undefined;
    if (this.#told >= this.#settings.changesDone()) return undefined;
    this.#changes++;
    const { withdrawn, announced } = this.#settings.changes[this.#told++];
    return {
      family: 'ipv4',
      withdrawn: withdrawn.map(nlriOf),
      announced: announced?.prefixes.map(nlriOf) ?? [],
      ...(announced && { attributes: announced.attributes }),
    };
  }

  #take({ withdrawn, announced, attributes }: Update): void {
    for (const { prefix } of withdrawn) this.#received.delete(keyOf(prefix));
    if (attributes === undefined) return;
    for (const { prefix } of announced) this.#received.set(keyOf(prefix), attributes);
    this.#lastPath = attributes.asPath;
    if (this.#received.size > MAX_RECEIVED) this.#connection.end(cease(CEASE.MAXIMUM_PREFIXES));
  }
}

function nlriOf(key: number): Nlri {
  return { prefix: prefixOfKey(key) };
}
