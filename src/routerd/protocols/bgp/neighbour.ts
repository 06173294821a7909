/**
 * A neighbour: its session, begun when it can be reached, what it announces (in to the tables) and what it is told. A
 * new configuration changes only what is different: the session stays unless it would have been agreed on otherwise,
 * an import policy is put to what is there, or asked for again (RFC 2918), an export policy tells the differences.
 */
import { formatIpv4, type Ipv4 } from '../../../net/address.ts';
import { SECOND, type TimeNs } from '../../../world/clock.ts';
import type { World } from '../../../world/world.ts';
import { AdjRibIn } from './adj-rib-in.ts';
import { AdjRibOut } from './adj-rib-out.ts';
import type { AttributePool } from './attribute-pool.ts';
import type { PathAttributes } from './attributes.ts';
import type {
  Agreement,
  Family,
  MakeSession,
  Nlri,
  Session,
  SessionCounters,
  SessionState,
  Update,
} from './contract.ts';
import type { ExportRules } from './export.ts';
import type { NextHops } from './next-hops.ts';
import { CEASE, ERROR } from './notification.ts';
import type { PathSource } from './path.ts';
import { ReceivedRoutes } from './received.ts';
import { type RefusedRoute, RefusedRoutes } from './refused.ts';
import {
  type BgpSettings,
  importKey,
  type NeighbourFamilySettings,
  type NeighbourSettings,
} from './settings.ts';
import { SLICE, Slices } from './slices.ts';
import type { FamilyTable } from './table.ts';

export interface NeighbourSurroundings {
  readonly world: World;
  readonly pool: AttributePool;
  readonly nextHops: NextHops;
  readonly makeSession: MakeSession;
  readonly tables: Readonly<Record<Family, FamilyTable>>;
  /** A session that was established has ended. */
  readonly lost?: (address: Ipv4) => void;
}

export interface NeighbourView {
  readonly settings: NeighbourSettings;
  readonly state: SessionState;
  readonly agreement: Agreement | undefined;
  /** Why it is not established, as far as that is known. */
  readonly reason: string | undefined;
  /** Prefixes in use from it, and told to it. */
  readonly received: number;
  readonly sent: number;
  readonly counters: SessionCounters;
}

/** A neighbour that can be reached has so long to come up before nobody waits for it any more. */
const START_UP_NS = 10 * SECOND;
/** Nothing more came for so long from one that sends no End-of-RIB: that was all. */
const END_OF_RIB_NS = 2 * SECOND;
const DEFAULT_THRESHOLD = 75;
const MINUTE_NS = 60 * SECOND;

/** A family of an established session. */
interface Exchange {
  readonly family: Family;
  readonly source: PathSource;
  readonly out: AdjRibOut;
  in: AdjRibIn;
  importKey: string;
  own: NeighbourFamilySettings;
  received: ReceivedRoutes | undefined;
  readonly refused: RefusedRoutes;
  /** Paths that were accepted. */
  count: number;
  isWarned: boolean;
  endOfRib: boolean;
}

export class BgpNeighbour {
  readonly #surroundings: NeighbourSurroundings;
  #bgp: BgpSettings;
  #settings: NeighbourSettings;
  #session: Session;
  #isReachable = false;
  /** When it was begun, or last lost. */
  #sinceNs: TimeNs = 0;
  #wasEstablished = false;
  /** It had to end, and is not begun again until then. */
  #notBeforeNs: TimeNs = 0;
  #heardNs: TimeNs = 0;
  #exchanges: readonly Exchange[] = [];
  /** Routes that a changed import policy is still to be put to. */
  #again: { readonly exchange: Exchange; readonly routes: ReturnType<ReceivedRoutes['routes']> }[] = [];
  readonly #slices: Slices;

  constructor(surroundings: NeighbourSurroundings, bgp: BgpSettings, settings: NeighbourSettings) {
    this.#surroundings = surroundings;
    this.#bgp = bgp;
    this.#settings = settings;
    this.#session = this.#makeSession();
    this.#slices = new Slices(surroundings.world.clock, () => this.#acceptAgain());
  }

  get settings(): NeighbourSettings {
    return this.#settings;
  }

  get view(): NeighbourView {
    const { state, agreement, counters } = this.#session;
    const received = this.#exchanges.reduce((sum, { count }) => sum + count, 0);
    const sent = this.#exchanges.reduce((sum, { out }) => sum + out.size, 0);
    return { settings: this.#settings, state, agreement, reason: this.#reason, received, sent, counters };
  }

  /** The longest prefix that it announced for the address and that is not let in. */
  refused(address: Ipv4): RefusedRoute | undefined {
    return this.#exchange('ipv4')?.refused.find(address);
  }

  get #reason(): string | undefined {
    if (this.#session.state === 'Established') return undefined;
    if (this.#settings.shutdown) return 'it is shut down';
    if (this.#isReachable) return this.#session.reason;
    return this.#settings.mustBeConnected
      ? 'another AS, and on no link that is up ("ebgp-multihop" would let it be farther away)'
      : 'there is no route to it';
  }

  /** Not on its way up, and all was said on both sides. */
  get settled(): boolean {
    if (this.#settings.shutdown) return true;
    const now = this.#surroundings.world.clock.now();
    const { state } = this.#session;
    if (state === 'Established') {
      const isHeard = now - this.#heardNs >= END_OF_RIB_NS;
      return this.#slices.isIdle && this.#exchanges.every(({ endOfRib }) => endOfRib || isHeard);
    }
    if (now - this.#sinceNs >= START_UP_NS) return true;
    const isOpening = state === 'OpenSent' || state === 'OpenConfirm';
    return !isOpening && (!this.#isReachable || this.#wasEstablished);
  }

  configure(bgp: BgpSettings, settings: NeighbourSettings): void {
    const isNew = sessionKey(this.#bgp, this.#settings) !== sessionKey(bgp, settings);
    const hasOtherLimit = limitsKey(this.#settings) !== limitsKey(settings);
    this.#bgp = bgp;
    this.#settings = settings;
    if (isNew) {
      this.#session.close(
        ERROR.CEASE,
        settings.shutdown ? CEASE.ADMINISTRATIVE_SHUTDOWN : CEASE.OTHER_CONFIGURATION_CHANGE,
        { said: settings.shutdown ? settings.shutdownMessage : undefined },
      );
      this.#session = this.#makeSession();
      this.#notBeforeNs = 0;
      this.#begin();
      return;
    }
    const { agreement } = this.#session;
    if (agreement === undefined) {
      // It may have ended over the former limit, for good.
      if (hasOtherLimit) {
        this.#notBeforeNs = 0;
        this.#begin();
      }
      return;
    }
    for (const exchange of this.#exchanges) {
      const own = settings[exchange.family];
      if (own !== undefined) this.#reconfigure(exchange, own, agreement);
    }
  }

  /** Whether there is a way to the neighbour: on a link, where it has to be on one. */
  reach(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    if (isReachable) this.#begin();
    else if (this.#session.state !== 'Established' || this.#settings.mustBeConnected) {
      // Whose link is down need not be waited for until the hold timer ends.
      this.#session.close(ERROR.CEASE, CEASE.ADMINISTRATIVE_RESET);
    }
  }

  /** Ends the session for good. */
  stop(): void {
    this.#session.close(ERROR.CEASE, CEASE.PEER_DECONFIGURED);
    this.#slices.stop();
  }

  /** Ends the session; it does not begin again before that time, whatever becomes of the way to the neighbour. */
  #hold(subcode: number, againAfterNs: TimeNs | undefined): void {
    this.#notBeforeNs = this.#surroundings.world.clock.now() + (againAfterNs ?? Number.POSITIVE_INFINITY);
    this.#session.close(ERROR.CEASE, subcode, { againAfterNs });
  }

  #begin(): void {
    if (!this.#isReachable || this.#settings.shutdown) return;
    const heldNs = this.#notBeforeNs - this.#surroundings.world.clock.now();
    if (heldNs > 0) {
      if (Number.isFinite(heldNs)) {
        this.#session.close(ERROR.CEASE, CEASE.MAXIMUM_PREFIXES, { againAfterNs: heldNs });
      }
      return;
    }
    this.#sinceNs = this.#surroundings.world.clock.now();
    this.#wasEstablished = false;
    this.#session.start();
  }

  #makeSession(): Session {
    const session: Session = this.#surroundings.makeSession(
      this.#settings.transport,
      () => this.#settings.session,
      {
        established: (agreement) => this.#established(agreement),
        update: (update) => this.#update(update),
        refresh: (family) => this.#exchange(family)?.out.refresh(),
        writable: () => {
          for (const { out } of this.#exchanges) out.writable();
        },
        lost: () => {
          if (this.#session === session) this.#lost();
        },
      },
    );
    return session;
  }

  // ── The session ─────────────────────────────────────────────────────────────────────────────────────────────

  #established(agreement: Agreement): void {
    const { clock } = this.#surroundings.world;
    this.#heardNs = clock.now();
    this.#wasEstablished = true;
    this.#exchanges = agreement.families.flatMap((family): Exchange[] => {
      const own = this.#settings[family];
      if (own === undefined) return [];
      const table = this.#surroundings.tables[family];
      const source = this.#sourceOf(agreement, own);
      const out = new AdjRibOut(
        clock,
        this.#session,
        family,
        table.locRib,
        source,
        table.group(this.#exportRules(family, own, agreement)),
        this.#settings.advertisementIntervalS * SECOND,
      );
      table.join(out);
      return [
        {
          family,
          source,
          own,
          out,
          in: this.#adjRibIn(family, own, source),
          importKey: importKey(this.#bgp, this.#settings, family),
          received: own.softReconfigurationInbound === true ? new ReceivedRoutes() : undefined,
          refused: new RefusedRoutes(),
          count: 0,
          isWarned: false,
          endOfRib: false,
        },
      ];
    });
  }

  #lost(): void {
    this.#sinceNs = this.#surroundings.world.clock.now();
    for (const { family, source, out } of this.#exchanges) {
      source.isGone = true;
      this.#surroundings.tables[family].leave(out);
      this.#surroundings.tables[family].locRib.forgetGone();
    }
    this.#exchanges = [];
    this.#again = [];
    // It begins again when there is a way, and at once then, not after the ever longer pauses of vain attempts.
    if (!this.#isReachable) this.#session.close(ERROR.CEASE, CEASE.ADMINISTRATIVE_RESET);
    this.#surroundings.lost?.(this.#settings.address);
  }

  #sourceOf({ remoteAs, remoteId }: Agreement, own: NeighbourFamilySettings): PathSource {
    const { address, session } = this.#settings;
    return {
      kind: remoteAs === session.localAs ? 'internal' : 'external',
      address,
      routerId: remoteId,
      as: remoteAs,
      isClient: own.routeReflectorClient === true,
      ...(own.routeServerClient && { isRouteServerClient: true }),
      isGone: false,
    };
  }

  #exchange(family: Family): Exchange | undefined {
    return this.#exchanges.find((each) => each.family === family);
  }

  // ── Routes in ───────────────────────────────────────────────────────────────────────────────────────────────

  #update({ family, withdrawn, attributes, announced }: Update): void {
    const exchange = this.#exchange(family);
    if (exchange === undefined) return;
    this.#heardNs = this.#surroundings.world.clock.now();
    if (withdrawn.length === 0 && announced.length === 0) exchange.endOfRib = true;
    for (const nlri of withdrawn) {
      exchange.received?.delete(nlri);
      exchange.refused.delete(nlri);
      this.#withdraw(exchange, nlri);
    }
    if (attributes === undefined) return;
    for (const nlri of announced) {
      exchange.received?.set(nlri, attributes);
      if (!this.#accept(exchange, nlri, attributes)) return;
    }
    this.#checkMaximum(exchange);
  }

  /** False where the session had to end over it. */
  #accept(exchange: Exchange, nlri: Nlri, attributes: PathAttributes): boolean {
    const path = exchange.in.accept(nlri, attributes);
    if (typeof path === 'string') {
      exchange.refused.set(nlri, path);
      this.#withdraw(exchange, nlri);
      return true;
    }
    exchange.refused.delete(nlri);
    const outcome = this.#surroundings.tables[exchange.family].locRib.set(nlri, path);
    if (outcome === 'added') exchange.count++;
    if (outcome !== 'full') return true;
    this.#surroundings.world.log('error', `bgp ${this.#name}: the table is full; the session ends`);
    this.#hold(CEASE.OUT_OF_RESOURCES, undefined);
    return false;
  }

  #withdraw(exchange: Exchange, nlri: Nlri): void {
    const former = this.#surroundings.tables[exchange.family].locRib.withdraw(nlri, exchange.source);
    if (former !== undefined) exchange.count--;
  }

  #checkMaximum(exchange: Exchange): void {
    const maximum = exchange.own.maximumPrefix;
    if (maximum === undefined) return;
    const { count, threshold = DEFAULT_THRESHOLD, onExceed } = maximum;
    const { log } = this.#surroundings.world;
    if (exchange.count > count && onExceed !== 'warn') {
      log('error', `bgp ${this.#name}: more than ${count} prefixes; the session ends`);
      const againAfterNs = onExceed === 'close' ? undefined : onExceed.restartAfterMinutes * MINUTE_NS;
      this.#hold(CEASE.MAXIMUM_PREFIXES, againAfterNs);
      return;
    }
    const isMuch = exchange.count > (count * threshold) / 100;
    if (isMuch && !exchange.isWarned) {
      log('warning', `bgp ${this.#name}: ${exchange.count} prefixes of ${count} that it may announce`);
    }
    exchange.isWarned = isMuch;
  }

  get #name(): string {
    return formatIpv4(this.#settings.address);
  }

  // ── Another configuration ───────────────────────────────────────────────────────────────────────────────────

  #reconfigure(exchange: Exchange, own: NeighbourFamilySettings, agreement: Agreement): void {
    const { family, out } = exchange;
    const table = this.#surroundings.tables[family];
    exchange.own = own;
    out.intervalNs = this.#settings.advertisementIntervalS * SECOND;
    out.moveTo(table.group(this.#exportRules(family, own, agreement)));
    const key = importKey(this.#bgp, this.#settings, family);
    if (key !== exchange.importKey) {
      exchange.importKey = key;
      exchange.in = this.#adjRibIn(family, own, exchange.source);
      this.#importAgain(exchange, agreement);
    }
    this.#checkMaximum(exchange);
  }

  #importAgain(exchange: Exchange, agreement: Agreement): void {
    const { own, received, family } = exchange;
    if (own.softReconfigurationInbound !== true) exchange.received = undefined;
    else if (received === undefined) exchange.received = new ReceivedRoutes();
    if (received !== undefined) {
      this.#again = this.#again.filter((other) => other.exchange !== exchange);
      this.#again.push({ exchange, routes: received.routes() });
      this.#slices.wake();
    } else if (agreement.routeRefresh) this.#session.requestRefresh(family);
    else this.#session.close(ERROR.CEASE, CEASE.ADMINISTRATIVE_RESET, { againAfterNs: 0 });
  }

  #acceptAgain(): boolean {
    for (let left = SLICE; left > 0; left--) {
      const [first] = this.#again;
      if (first === undefined) return false;
      const next = first.routes.next();
      if (next.done === true) this.#again.shift();
      else if (!this.#accept(first.exchange, next.value.nlri, next.value.attributes)) return false;
    }
    return true;
  }

  #adjRibIn(family: Family, own: NeighbourFamilySettings, source: PathSource): AdjRibIn {
    const { pool, nextHops } = this.#surroundings;
    const context = { settings: this.#bgp, neighbour: this.#settings, family, source, pool, nextHops };
    return new AdjRibIn(context, own);
  }

  #exportRules(family: Family, own: NeighbourFamilySettings, { local, remoteAs }: Agreement): ExportRules {
    const { as, routerId, clusterId, gracefulShutdown, ebgpRequiresPolicy, decision } = this.#bgp;
    const { reflectorOutboundPolicy } = this.#bgp;
    const { session, localAs, link, address, matchesPeer } = this.#settings;
    const isExternal = remoteAs !== session.localAs;
    return {
      family,
      kind: isExternal ? 'external' : 'internal',
      as,
      routerId,
      clusterId,
      gracefulShutdown,
      requiresPolicy: ebgpRequiresPolicy && isExternal,
      ...(reflectorOutboundPolicy && { reflectorOutboundPolicy }),
      defaultLocalPreference: decision.defaultLocalPreference,
      ...(localAs !== undefined && isExternal && { localAs }),
      local,
      ...(link !== undefined && isExternal && { link }),
      // Where nothing is done with it, neighbours of different ASes are told the same.
      remoteAs: own.asOverride === true || own.removePrivateAs !== undefined ? remoteAs : 0,
      ...(matchesPeer && { peer: address }),
      own,
    };
  }
}

function limitsKey({ ipv4, vpnv4 }: NeighbourSettings): string {
  return JSON.stringify([ipv4?.maximumPrefix, vpnv4?.maximumPrefix]);
}

/** What a session was begun with, but its timers: another key needs another session. */
function sessionKey({ as, routerId }: BgpSettings, settings: NeighbourSettings): string {
  const { transport, session, shutdown, localAs, mustBeConnected, ipv4, vpnv4 } = settings;
  const { holdS: _1, keepaliveS: _2, connectRetryS: _3, ...agreed } = session;
  const clients = [ipv4, vpnv4].map((family) => [family?.routeReflectorClient, family?.routeServerClient]);
  return JSON.stringify([as, routerId, transport, agreed, shutdown, localAs, mustBeConnected, clients]);
}
