/**
 * A flooding scope: a link, an area, or the whole AS (RFC 2328 4.2, RFC 5250 3). Whatever the scope, the same is
 * kept of its LSAs: a database, the flooding that keeps it the same everywhere, the LSAs among them that are our
 * own, and a watch for those that grow too old.
 */

import { Ageing } from './ageing.ts';
import type { RouterContext } from './context.ts';
import { Flooding } from './flooding.ts';
import type { Interface } from './interface.ts';
import type { LsaIdentity } from './lsa.ts';
import { Lsdb, type LsdbEntry } from './lsdb.ts';
import { Origination, type OwnLsa } from './origination.ts';
import type { LsaPool } from './pool.ts';

export interface ScopeOwner {
  readonly pool: LsaPool;
  readonly seed: number;
  /** How many LSAs at most. */
  readonly limit: number;
  /** Over which LSAs of the scope are flooded. */
  interfaces(): Iterable<Interface>;
  /** What an LSA of ours should say now; undefined where there should be none. */
  contents(type: number, id: number): OwnLsa | undefined;
  /** Does only this router originate it (13.4)? */
  isOwn(identity: LsaIdentity): boolean;
  /** Something of that LS type changed that could change a route. */
  changed(type: number): void;
}

export class Scope {
  readonly lsdb: Lsdb;
  readonly flooding: Flooding;
  readonly origination: Origination;
  readonly limit: number;
  readonly #owner: ScopeOwner;
  readonly #ageing: Ageing;

  constructor(context: RouterContext, owner: ScopeOwner) {
    this.#owner = owner;
    this.limit = owner.limit;
    this.lsdb = new Lsdb(owner.pool, owner.seed, (type) => owner.changed(type));
    this.flooding = new Flooding(context, this);
    this.origination = new Origination(context, this);
    this.#ageing = new Ageing(context.clock, this.lsdb, (entry) => this.flooding.flush(entry));
  }

  interfaces(): Iterable<Interface> {
    return this.#owner.interfaces();
  }

  contents(type: number, id: number): OwnLsa | undefined {
    return this.#owner.contents(type, id);
  }

  /** A new instance is in the database. */
  installed(entry: LsdbEntry): void {
    this.#ageing.watch(entry);
  }

  /** A newer instance of an LSA came in: one of our own, which only we may originate, is taken back (13.4). */
  received(entry: LsdbEntry): void {
    if (this.#owner.isOwn(entry.identity)) this.origination.reclaim(entry);
  }

  /** The LSA is flushed from the routing domain, as far as we can tell. */
  purged(entry: LsdbEntry): void {
    this.origination.purged(entry);
  }

  /** Forgets everything; nobody is told. */
  stop(): void {
    this.origination.stop();
    this.#ageing.stop();
    this.lsdb.clear();
  }
}
