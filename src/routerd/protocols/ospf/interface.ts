/**
 * The interface state machine (RFC 2328 9.1-9.4) and what an interface says and hears: Hellos, who its
 * neighbours are, who is designated router. Packets about LSAs are checked here and handed on.
 */
import { contains, type Ipv4, maskOf, prefixOf } from '../../../net/address.ts';
import { readU32 } from '../../../net/bytes.ts';
import { SECOND, type Timer } from '../../../world/clock.ts';
import { Authenticator } from './authentication.ts';
import {
  ALL_D_ROUTERS,
  ALL_SPF_ROUTERS,
  IP_HEADER_BYTES,
  MAX_NEIGHBOURS_PER_INTERFACE,
  OPTION_E,
  OPTION_NP,
} from './constants.ts';
import { type Context, type Refusal, Repeater } from './context.ts';
import type { OspfInterfaceInput } from './contract.ts';
import { elect } from './election.ts';
import type { Lsdb } from './lsdb.ts';
import { Neighbour, type NeighbourOwner, type NeighbourState } from './neighbour.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';
import { encodeHello, type Hello, PACKET_HEADER, type Packet } from './packet.ts';

/** As in 9.1; a passive interface and one of a loopback stay what they are. */
export type InterfaceState =
  | 'Down'
  | 'Loopback'
  | 'Passive'
  | 'Waiting'
  | 'Point-to-Point'
  | 'DROther'
  | 'Backup'
  | 'DR';

export type LinkStatePacket = Extract<Packet, { readonly type: 'request' | 'update' | 'acknowledgement' }>;

export interface InterfaceOwner {
  /** State or designated router changed: the LSAs may have to say so. */
  interfaceChanged(changed: Interface): void;
  neighbourChanged(at: Interface, neighbour: Neighbour, from: NeighbourState): void;
  /** What LSAs of a type that come by the interface are kept in; undefined where its area has none of it. */
  databaseOf(at: Interface, type: number): Lsdb | undefined;
  /** All that the neighbours there are told of. */
  databasesAt(at: Interface): readonly Lsdb[];
  /** From a neighbour that is in Exchange or beyond. */
  receiveLinkState(at: Interface, neighbour: Neighbour, packet: LinkStatePacket): void;
}

export class Interface implements NeighbourOwner, OutboxOwner {
  settings: OspfInterfaceInput;
  readonly outbox: Outbox;
  readonly #context: Context;
  readonly #owner: InterfaceOwner;
  readonly #neighbours = new Map<number, Neighbour>();
  readonly #hellos: Repeater;
  #state: InterfaceState = 'Down';
  #designatedRouter: Ipv4 = 0;
  #backup: Ipv4 = 0;
  #waiting: Timer | undefined;
  #authenticator: Authenticator;

  constructor(context: Context, owner: InterfaceOwner, settings: OspfInterfaceInput) {
    this.#context = context;
    this.#owner = owner;
    this.settings = settings;
    this.outbox = new Outbox(context, this);
    const helloS = settings.fastHellos === undefined ? settings.helloIntervalS : 1 / settings.fastHellos;
    this.#hellos = new Repeater(context.clock, helloS * SECOND, () => this.#sendHello());
    this.#authenticator = this.#authenticatorOf(settings);
  }

  get name(): string {
    return this.settings.name;
  }

  get state(): InterfaceState {
    return this.#state;
  }

  /** Interface address of the designated router; 0 for none. */
  get designatedRouter(): Ipv4 {
    return this.#designatedRouter;
  }

  get backup(): Ipv4 {
    return this.#backup;
  }

  get packetSize(): number {
    const { mtu, longestPacket = mtu } = this.settings;
    return longestPacket - IP_HEADER_BYTES - this.#authenticator.trailerBytes;
  }

  get neighbours(): IterableIterator<Neighbour> {
    return this.#neighbours.values();
  }

  /** Only the designated router and its backup speak to all on a broadcast network (13.3, 13.5). */
  get floodDestination(): Ipv4 {
    const speaksToAll = this.#state === 'Point-to-Point' || this.#state === 'DR' || this.#state === 'Backup';
    return speaksToAll ? ALL_SPF_ROUTERS : ALL_D_ROUTERS;
  }

  /** Event InterfaceUp. */
  start(): void {
    const { network, passive, priority, deadIntervalS } = this.settings;
    if (network === 'loopback') this.#become('Loopback');
    else if (passive) this.#become('Passive');
    else {
      if (network === 'point-to-point') this.#become('Point-to-Point');
      else if (priority === 0) this.#become('DROther');
      else {
        this.#waiting = this.#context.clock.after(deadIntervalS * SECOND, () => this.#endWaiting());
        this.#become('Waiting');
      }
      this.#sendHello();
      this.#hellos.restart();
    }
  }

  /** Event InterfaceDown: neighbours are gone at once. */
  stop(): void {
    this.#hellos.stop();
    this.#waiting?.cancel();
    this.#waiting = undefined;
    this.#state = 'Down';
    for (const neighbour of [...this.#neighbours.values()]) {
      neighbour.handle('KillNbr', 'the interface is down');
    }
    this.outbox.stop();
    this.#designatedRouter = 0;
    this.#backup = 0;
  }

  /** Takes settings that need no restart: cost, priority, MTU, keys. */
  adjust(settings: OspfInterfaceInput): void {
    const priorityChanged = settings.priority !== this.settings.priority;
    this.settings = settings;
    this.#authenticator = this.#authenticatorOf(settings);
    if (priorityChanged) this.#neighbourChange();
  }

  /** A packet as it leaves: signed. Undefined where it must not. */
  seal(bytes: Uint8Array): Uint8Array | undefined {
    const sealed = this.#authenticator.seal(bytes);
    if (sealed === undefined)
      this.#context.tell('warning', `${this.name} is silent: it has no key to sign with`);
    return sealed;
  }

  /** Whether a packet that says it is of this router was signed as it should be; undefined where it was. */
  authenticate(source: Ipv4, bytes: Uint8Array): Refusal | undefined {
    if (bytes.length < PACKET_HEADER) return 'length';
    const sender = this.#neighbours.get(this.settings.network === 'broadcast' ? source : readU32(bytes, 4));
    const checked = this.#authenticator.check(bytes, sender?.sequence ?? 0);
    if (typeof checked === 'string') return checked;
    if (sender !== undefined) sender.sequence = checked;
    return undefined;
  }

  receive(source: Ipv4, destination: Ipv4, packet: Packet): void {
    const { name, address, network, mtu } = this.settings;
    // Our own multicast, or meant for others: the group of all who listen for it is larger than ours.
    if (source === address) return;
    const isDesignated = this.#state === 'DR' || this.#state === 'Backup';
    if (network === 'broadcast' && destination === ALL_D_ROUTERS && !isDesignated) return;
    const refusal = this.#refusalOf(source, packet);
    if (refusal !== undefined) {
      this.#context.refuse(name, refusal);
      return;
    }
    if (packet.type === 'hello') {
      this.#receiveHello(source, packet.routerId, packet.hello);
      return;
    }
    const neighbour = this.#neighbours.get(network === 'broadcast' ? source : packet.routerId);
    if (neighbour === undefined || neighbour.routerId !== packet.routerId) {
      this.#context.refuse(name, 'neighbour');
    } else if (packet.type !== 'database-description') {
      if (neighbour.atLeast('Exchange')) this.#owner.receiveLinkState(this, neighbour, packet);
    } else if (packet.description.mtu > mtu && this.settings.mtuIgnore !== true) {
      // More than we could take in one piece (10.6).
      this.#context.refuse(name, 'mtu');
    } else {
      neighbour.describe(packet.description, packet.headers);
    }
  }

  /** The checks of 8.2 and 10.5; undefined where the packet passes them. */
  #refusalOf(source: Ipv4, packet: Packet): Refusal | undefined {
    const { address, prefixLength, network, helloIntervalS, deadIntervalS, fastHellos } = this.settings;
    if (this.#state === 'Down' || this.#state === 'Loopback' || this.#state === 'Passive') return 'interface';
    if (packet.areaId !== this.#context.areaId) return 'area';
    if (network === 'broadcast' && !contains(prefixOf(address, prefixLength), source)) return 'source';
    if (packet.routerId === this.#context.routerId || packet.routerId === 0) return 'router-id';
    if (packet.type !== 'hello') return undefined;
    const { hello } = packet;
    const agrees =
      (fastHellos !== undefined || hello.helloIntervalS === helloIntervalS) &&
      hello.deadIntervalS === deadIntervalS &&
      (network !== 'broadcast' || hello.mask === maskOf(prefixLength)) &&
      (hello.options & (OPTION_E | OPTION_NP)) === this.#context.areaOptions;
    return agrees ? undefined : 'hello-mismatch';
  }

  databaseOf(type: number): Lsdb | undefined {
    return this.#owner.databaseOf(this, type);
  }

  databases(): readonly Lsdb[] {
    return this.#owner.databasesAt(this);
  }

  /** 10.4. */
  shouldBeAdjacent(neighbour: Neighbour): boolean {
    switch (this.#state) {
      case 'Point-to-Point':
      case 'DR':
      case 'Backup':
        return true;
      case 'DROther':
        return neighbour.address === this.#designatedRouter || neighbour.address === this.#backup;
      case 'Waiting':
      case 'Down':
      case 'Loopback':
      case 'Passive':
        return false;
    }
  }

  neighbourChanged(neighbour: Neighbour, from: NeighbourState): void {
    if (neighbour.state === 'Down') this.#neighbours.delete(this.#keyOf(neighbour));
    this.#owner.neighbourChanged(this, neighbour, from);
    const wasTwoWay = from !== 'Down' && from !== 'Init';
    if (wasTwoWay !== neighbour.atLeast('2-Way')) this.#neighbourChange();
  }

  /** On broadcast networks a neighbour is known by its address, elsewhere by its Router ID (10.5). */
  #keyOf(neighbour: { readonly routerId: Ipv4; readonly address: Ipv4 }): number {
    return this.settings.network === 'broadcast' ? neighbour.address : neighbour.routerId;
  }

  #sendHello(): void {
    const { name, prefixLength, helloIntervalS, deadIntervalS, priority, fastHellos } = this.settings;
    const bytes = encodeHello(this.#context, {
      mask: maskOf(prefixLength),
      helloIntervalS: fastHellos === undefined ? helloIntervalS : 0,
      options: this.#context.areaOptions,
      priority,
      deadIntervalS,
      designatedRouter: this.#designatedRouter,
      backup: this.#backup,
      neighbours: [...this.#neighbours.values()].map((neighbour) => neighbour.routerId),
    });
    this.#context.transmit(name, ALL_SPF_ROUTERS, bytes);
  }

  #receiveHello(source: Ipv4, routerId: Ipv4, hello: Hello): void {
    const neighbour = this.#neighbourOf(source, routerId, hello);
    if (neighbour === undefined) return;
    const { priority, designatedRouter, backup } = neighbour;
    neighbour.priority = hello.priority;
    neighbour.designatedRouter = hello.designatedRouter;
    neighbour.backup = hello.backup;
    const isNew = neighbour.state === 'Down';
    neighbour.handle('HelloReceived', 'heard');
    // An answer at once, or the neighbour learns only with our next Hello that we hear it.
    if (isNew) this.#sendHello();
    if (!hello.neighbours.includes(this.#context.routerId)) {
      neighbour.handle('1-WayReceived', 'it does not hear us');
      return;
    }
    neighbour.handle('2-WayReceived', 'it hears us');
    if (this.settings.network !== 'broadcast') return;
    const claims = (before: Ipv4, now: Ipv4) => (before === source) !== (now === source);
    if (this.#state === 'Waiting') {
      const backupSeen = hello.backup === source || (hello.designatedRouter === source && hello.backup === 0);
      if (backupSeen) this.#endWaiting();
    } else if (
      priority !== hello.priority ||
      claims(designatedRouter, hello.designatedRouter) ||
      claims(backup, hello.backup)
    ) {
      this.#neighbourChange();
    }
  }

  /** The neighbour that a Hello is from, made where it is new; undefined where there are too many. */
  #neighbourOf(source: Ipv4, routerId: Ipv4, hello: Hello): Neighbour | undefined {
    for (const known of [...this.#neighbours.values()]) {
      if (known.routerId === routerId && known.address === source) return known;
      const renamed = known.address === source;
      const moved = this.settings.network !== 'broadcast' && known.routerId === routerId;
      if (renamed || moved) known.handle('KillNbr', 'another Router ID or address speaks in its place');
    }
    if (this.#neighbours.size >= MAX_NEIGHBOURS_PER_INTERFACE) {
      this.#context.tell('warning', `more than ${MAX_NEIGHBOURS_PER_INTERFACE} neighbours on ${this.name}`);
      this.#context.refuse(this.name, 'neighbour');
      return undefined;
    }
    const neighbour = new Neighbour(this.#context, this, routerId, source, hello);
    this.#neighbours.set(this.#keyOf(neighbour), neighbour);
    return neighbour;
  }

  /** Events WaitTimer and BackupSeen. */
  #endWaiting(): void {
    if (this.#state !== 'Waiting') return;
    this.#waiting?.cancel();
    this.#waiting = undefined;
    this.#elect();
  }

  /** Event NeighborChange. */
  #neighbourChange(): void {
    if (this.#state === 'DROther' || this.#state === 'Backup' || this.#state === 'DR') this.#elect();
  }

  #elect(): void {
    const { address, priority } = this.settings;
    const self = {
      routerId: this.#context.routerId,
      address,
      priority,
      designatedRouter: this.#designatedRouter,
      backup: this.#backup,
    };
    const others = [...this.#neighbours.values()].filter((neighbour) => neighbour.atLeast('2-Way'));
    const { designatedRouter, backup } = elect(self, others);
    const changed = designatedRouter !== this.#designatedRouter || backup !== this.#backup;
    this.#designatedRouter = designatedRouter;
    this.#backup = backup;
    this.#become(designatedRouter === address ? 'DR' : backup === address ? 'Backup' : 'DROther');
    if (!changed) return;
    for (const neighbour of others) neighbour.handle('AdjOK?', 'the designated routers changed');
    this.#owner.interfaceChanged(this);
  }

  #authenticatorOf({ authentication = { kind: 'none' } }: OspfInterfaceInput): Authenticator {
    return new Authenticator(authentication, () => this.#context.unixS);
  }

  #become(state: InterfaceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#owner.interfaceChanged(this);
  }
}
