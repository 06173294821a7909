/**
 * BGP's borders. Two parts speak to one another here: sessions (the finite state machine of RFC 4271 8 over a byte
 * stream, messages in and out, errors as RFC 7606 says) and tables (Adj-RIBs-In, decision, Adj-RIBs-Out). Neither
 * does I/O: a session is handed a stream, and tables are handed sessions.
 */
import type { Ipv4, Prefix } from '../../../net/address.ts';
import type { TimeNs } from '../../../world/clock.ts';
import type { PathAttributes } from './attributes.ts';

/** AFI/SAFI 1/1 and 1/128 (RFC 4364). */
export type Family = 'ipv4' | 'vpnv4';

/** One announced or withdrawn route of an UPDATE. */
export interface Nlri {
  readonly prefix: Prefix;
  /** vpnv4: the route distinguisher's 8 bytes as 16 hexadecimal digits, and the label (RFC 8277). */
  readonly rd?: string;
  readonly label?: number;
}

/**
 * An UPDATE, whole and checked. An error that RFC 7606 answers by "treat-as-withdraw" arrives as withdrawals. What is
 * both withdrawn and announced is announced (RFC 4271 4.3). Attributes that arrive are interned (attribute-pool.ts).
 */
export interface Update {
  readonly family: Family;
  readonly withdrawn: readonly Nlri[];
  /** Absent where nothing is announced. An UPDATE with neither is End-of-RIB (RFC 4724 2). */
  readonly attributes?: PathAttributes;
  readonly announced: readonly Nlri[];
}

/** What a session is to be. A change of any field but the timers begins it anew. */
export interface SessionSettings {
  readonly localAs: number;
  /** What the other end must say; undefined: any but ours (`remote-as external`). */
  readonly remoteAs: number | 'internal' | 'external';
  readonly routerId: Ipv4;
  readonly families: readonly Family[];
  readonly holdS: number;
  readonly keepaliveS: number;
  readonly connectRetryS: number;
  /** Waits for the other end to connect. */
  readonly passive: boolean;
}

/** What both ends agreed on in their OPENs. */
export interface Agreement {
  /** The address that the session has at this end. */
  readonly local: Ipv4;
  readonly remoteAs: number;
  readonly remoteId: Ipv4;
  readonly families: readonly Family[];
  readonly fourByteAs: boolean;
  readonly routeRefresh: boolean;
  /** s; 0: no keepalives. */
  readonly holdS: number;
}

export type SessionState = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

/** What a session tells whoever holds it. */
export interface SessionEvents {
  established(agreement: Agreement): void;
  update(update: Update): void;
  /** ROUTE-REFRESH (RFC 2918). */
  refresh(family: Family): void;
  /** The stream takes more: after `send` said that it is full. */
  writable(): void;
  /** It left Established, for whatever reason (`close` among them); it tries again by itself until it is closed. */
  lost(reason: string): void;
}

export interface Session {
  readonly state: SessionState;
  /** Begins to connect, and to listen: a new session does neither, as its neighbour may not be reachable yet. */
  start(): void;
  /** Defined in Established. */
  readonly agreement: Agreement | undefined;
  /** How it ended last, or why it has not come up; undefined in Established, and while nothing is known. */
  readonly reason: string | undefined;
  /**
   * Sends a route change: one UPDATE, or several where one cannot hold it. False where the stream is full now; it
   * was taken nevertheless, but the caller waits for `writable` with the next one.
   */
  send(update: Update): boolean;
  requestRefresh(family: Family): void;
  /** Ends it with a NOTIFICATION (RFC 4271 4.5). */
  close(code: number, subcode: number, ending?: Ending): void;
  readonly counters: SessionCounters;
}

export interface Ending {
  /** It begins again after so long; left out: not before `start`. */
  readonly againAfterNs?: TimeNs | undefined;
  /** What the other end is told of a shutdown, in an administrator's words (RFC 9003). */
  readonly said?: string | undefined;
}

export interface SessionCounters {
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly updatesIn: number;
  readonly updatesOut: number;
  /** UPDATEs that RFC 7606 treated as withdrawals, and attributes that it discarded. */
  readonly treatedAsWithdraw: number;
  readonly attributesDiscarded: number;
  readonly established: number;
}

/** What a neighbour's TCP connection is to be. A change of any of it begins the session anew. */
export interface TransportSettings {
  readonly remote: Ipv4;
  /** `neighbor … update-source`; left out: the address that the way to the neighbour leaves from. */
  readonly local?: Ipv4;
  /** Of what is sent: 1 to a neighbour on the link, as long as nothing else is configured. */
  readonly ttl: number;
  /** `ttl-security` (RFC 5082): what arrives with less is dropped. */
  readonly minimumTtl?: number;
  /** RFC 2385 */
  readonly password?: string;
}

/** How tables get a neighbour's session. `settings` is asked anew for each connection: timers may have changed. */
export type MakeSession = (
  transport: TransportSettings,
  settings: () => SessionSettings,
  events: SessionEvents,
) => Session;

/** A byte stream, as TCP gives it; both ends of it know its addresses. */
export interface ByteStream {
  readonly local: Ipv4;
  readonly remote: Ipv4;
  /** What has arrived, in order, `limit` bytes at most; none where there is nothing. */
  read(limit: number): Uint8Array;
  /** Copies as many of the bytes as it takes now, and returns their number. */
  write(bytes: Uint8Array): number;
  /** Ends it: in order, or at once. */
  close(): void;
  abort(): void;
}

/** What a stream tells, after the fact. None is called before `connect` has returned, or `Accept` has. */
export interface StreamEvents {
  connected(): void;
  readable(): void;
  /** There is room again after a `write` that did not take everything. */
  writable(): void;
  /** The other end will send no more than what can be read now. */
  ended(): void;
  /** The last one, and the only one of a stream that could not connect. */
  closed(why: string): void;
}

/** Where a session's streams come from: a slot's TCP (slot/tcp.ts), a host's, or in tests two joined ends. */
export interface Transport {
  /** Opens a stream to port 179; undefined where there is no way there now. */
  connect(settings: TransportSettings, events: StreamEvents): ByteStream | undefined;
  /** Takes streams that the neighbour opens, until stopped. `connected` is not told of them. */
  listen(settings: TransportSettings, accept: (stream: ByteStream) => StreamEvents): { stop(): void };
}
