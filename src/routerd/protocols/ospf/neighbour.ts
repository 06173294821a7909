/**
 * The neighbour state machine (RFC 2328 10.1-10.4): from a first Hello to a full adjacency and back. What an
 * adjacency does is in exchange.ts and retransmission.ts; here is decided when it begins and ends.
 */
import type { Ipv4 } from '../../../net/address.ts';
import { SECOND, type TimeNs, type Timer } from '../../../world/clock.ts';
import { ALL_SPF_ROUTERS, RXMT_INTERVAL_S } from './constants.ts';
import type { Context } from './context.ts';
import type { OspfInterfaceInput } from './contract.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import type { LsaHeader } from './lsa.ts';
import type { Lsdb, LsdbEntry } from './lsdb.ts';
import { type AgedLsa, type DatabaseDescription, encodeUpdate, type Hello, splitUpdate } from './packet.ts';
import { RetransmissionList } from './retransmission.ts';

export const NEIGHBOUR_STATES = ['Down', 'Init', '2-Way', 'ExStart', 'Exchange', 'Loading', 'Full'] as const;
export type NeighbourState = (typeof NEIGHBOUR_STATES)[number];

const RANKS: Readonly<Record<NeighbourState, number>> = {
  Down: 0,
  Init: 1,
  '2-Way': 2,
  ExStart: 3,
  Exchange: 4,
  Loading: 5,
  Full: 6,
};

/** What happens to a neighbour (10.2). Packets of an exchange are not events: the exchange takes them. */
export type NeighbourEvent =
  | 'HelloReceived'
  | '2-WayReceived'
  | '1-WayReceived'
  | 'NegotiationDone'
  | 'ExchangeDone'
  | 'LoadingDone'
  | 'AdjOK?'
  | 'SeqNumberMismatch'
  | 'BadLSReq'
  | 'InactivityTimer'
  | 'KillNbr';

export interface NeighbourOwner {
  readonly settings: OspfInterfaceInput;
  /** Bytes of the largest OSPF packet to send. */
  readonly packetSize: number;
  /** Should the two of them be adjacent (10.4)? */
  shouldBeAdjacent(neighbour: Neighbour): boolean;
  databaseOf(type: number): Lsdb | undefined;
  databases(): readonly Lsdb[];
  neighbourChanged(neighbour: Neighbour, from: NeighbourState): void;
}

export class Neighbour implements ExchangeOwner {
  readonly routerId: Ipv4;
  readonly address: Ipv4;
  /** As in its last Hello. */
  priority: number;
  designatedRouter: Ipv4;
  backup: Ipv4;
  /** Cryptographic sequence number of its last packet (D.4.3). */
  sequence = 0;
  readonly retransmissions: RetransmissionList;
  readonly #context: Context;
  readonly #owner: NeighbourOwner;
  #state: NeighbourState = 'Down';
  #rank = 0;
  #exchange: Exchange | undefined;
  #sequence: number;
  #inactivity: Timer | undefined;
  #heardNs = 0;

  constructor(context: Context, owner: NeighbourOwner, routerId: Ipv4, address: Ipv4, hello: Hello) {
    this.#context = context;
    this.#owner = owner;
    this.routerId = routerId;
    this.address = address;
    this.priority = hello.priority;
    this.designatedRouter = hello.designatedRouter;
    this.backup = hello.backup;
    this.#sequence = Math.floor(context.random.next() * 0x100000000);
    this.retransmissions = new RetransmissionList(context, this);
  }

  get state(): NeighbourState {
    return this.#state;
  }

  atLeast(state: NeighbourState): boolean {
    return this.#rank >= RANKS[state];
  }

  /** In Exchange or Loading: its requests decide what is flooded to it, and MaxAge LSAs must stay (13.3, 14). */
  get exchanging(): boolean {
    return this.#rank === RANKS.Exchange || this.#rank === RANKS.Loading;
  }

  /** The exchange, from ExStart on. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** It said in its descriptions that opaque LSAs are welcome. */
  get takesOpaque(): boolean {
    return this.#exchange?.takesOpaque ?? false;
  }

  databaseOf(type: number): Lsdb | undefined {
    return this.#owner.databaseOf(type);
  }

  databases(): readonly Lsdb[] {
    return this.#owner.databases();
  }

  get mtu(): number {
    return this.#owner.settings.mtu;
  }

  get packetSize(): number {
    return this.#owner.packetSize;
  }

  get retransmitIntervalNs(): TimeNs {
    return (this.#owner.settings.retransmitIntervalS ?? RXMT_INTERVAL_S) * SECOND;
  }

  /** LSAs for this neighbour alone, in as few packets as they fit. */
  sendUpdates(lsas: readonly AgedLsa[]): void {
    const { transmitDelayS } = this.#owner.settings;
    for (const packet of splitUpdate(lsas, this.packetSize)) {
      this.sendPacket(encodeUpdate(this.#context, packet, transmitDelayS));
    }
  }

  /** Where packets for this neighbour alone go: on a point-to-point network to all (8.1). */
  sendPacket(bytes: Uint8Array): void {
    const { name, network } = this.#owner.settings;
    this.#context.transmit(name, network === 'point-to-point' ? ALL_SPF_ROUTERS : this.address, bytes);
  }

  negotiationDone(): void {
    this.handle('NegotiationDone', 'master and slave are settled');
  }

  exchangeDone(): void {
    this.handle('ExchangeDone', 'both databases are described');
  }

  loadingDone(): void {
    this.handle('LoadingDone', 'all that was asked for is here');
  }

  restartExchange(reason: string): void {
    this.handle('SeqNumberMismatch', reason);
  }

  floodMaxAged(entry: LsdbEntry): void {
    this.retransmissions.add(entry);
  }

  /** A Database Description whose MTU is fine. */
  describe(description: DatabaseDescription, headers: readonly LsaHeader[]): void {
    if (this.#state === 'Init') this.handle('2-WayReceived', 'a database description names us');
    this.#exchange?.receive(description, headers);
  }

  handle(event: NeighbourEvent, reason: string): void {
    switch (event) {
      case 'HelloReceived':
        this.#heardNs = this.#context.clock.now();
        this.#inactivity ??= this.#awaitSilence(this.#deadNs);
        if (this.#state === 'Down') this.#become('Init');
        return;
      case '2-WayReceived':
        if (this.#state === 'Init') this.#meet();
        return;
      case '1-WayReceived':
        if (this.atLeast('2-Way')) this.#fallTo('Init');
        return;
      case 'AdjOK?': {
        const wanted = this.#owner.shouldBeAdjacent(this);
        if (this.#state === '2-Way' && wanted) this.#beginExchange();
        else if (this.atLeast('ExStart') && !wanted) this.#fallTo('2-Way');
        return;
      }
      case 'NegotiationDone':
        if (this.#state === 'ExStart') this.#become('Exchange');
        return;
      case 'ExchangeDone':
        if (this.#state === 'Exchange') this.#become('Loading');
        return;
      case 'LoadingDone':
        if (this.#state === 'Loading') this.#become('Full');
        return;
      case 'SeqNumberMismatch':
      case 'BadLSReq':
        if (!this.atLeast('Exchange')) return;
        this.#context.tell('info', `exchange begins again on ${this.#owner.settings.name}: ${reason}`);
        this.#beginExchange();
        return;
      case 'InactivityTimer':
      case 'KillNbr':
        this.#inactivity?.cancel();
        this.#inactivity = undefined;
        if (this.#state !== 'Down') this.#fallTo('Down');
        return;
    }
  }

  get #deadNs(): number {
    return this.#owner.settings.deadIntervalS * SECOND;
  }

  /** One timer for many Hellos: when it fires, what is left since the last one decides. */
  #awaitSilence(delayNs: number): Timer {
    return this.#context.clock.after(delayNs, () => {
      this.#inactivity = undefined;
      const leftNs = this.#heardNs + this.#deadNs - this.#context.clock.now();
      if (leftNs > 0) this.#inactivity = this.#awaitSilence(leftNs);
      else this.handle('InactivityTimer', 'nothing heard for the dead interval');
    });
  }

  #meet(): void {
    if (this.#owner.shouldBeAdjacent(this)) this.#beginExchange();
    else this.#become('2-Way');
  }

  #beginExchange(): void {
    this.#fallTo('ExStart');
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#exchange = new Exchange(this.#context, this, this.#sequence);
    this.#exchange.start();
  }

  /** Gives up what the adjacency had (10.3: the lists are cleared). */
  #fallTo(state: NeighbourState): void {
    this.#exchange?.stop();
    this.#exchange = undefined;
    this.retransmissions.clear();
    this.#become(state);
  }

  #become(state: NeighbourState): void {
    const from = this.#state;
    if (from === state) return;
    this.#state = state;
    this.#rank = RANKS[state];
    this.#owner.neighbourChanged(this, from);
  }
}
