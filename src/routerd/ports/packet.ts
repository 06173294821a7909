/**
 * A port on a network interface of Linux.
 *
 *     interface → receive-ring.ts (memory that the kernel fills) → frames of the pool → the engine
 *     the engine → transmit-xdp.ts, or transmit-packet.ts → interface
 *
 * The interface needs no address and no queueing discipline, and the process no more than CAP_NET_RAW. What senders
 * on the same machine left to hardware is finished here (offload.ts). An interface that goes down, or away, and comes
 * back is no error: meanwhile what is sent is dropped and counted, and `state` says so. docs/ports.md has the why.
 */
import { closeSync, readFileSync } from 'node:fs';
import type { Mac } from '../../net/address.ts';
import { ETHERNET_HEADER } from '../../net/ethernet.ts';
import { type Clock, SECOND, type Timer } from '../../world/clock.ts';
import { type Frame, HEADROOM } from '../../world/frame.ts';
import { messageOf } from '../../world/message-of.ts';
import type { Log } from '../../world/world.ts';
import type { DrivenPort } from './driven.ts';
import { type InterfaceFacts, interfaceFacts, setInterfaceMtu } from './interface.ts';
import * as libc from './libc.ts';
import { bindPacketSocket, ETH_P_ALL, hearAll, packetSocket } from './packet-socket.ts';
import { ReceiveRing } from './receive-ring.ts';
import { CHUNK_BYTES, type Transmitter } from './transmit.ts';
import { PacketTransmitter } from './transmit-packet.ts';
import { XdpTransmitter } from './transmit-xdp.ts';

export interface PacketPortSettings {
  /** What the router calls it. */
  readonly name: string;
  readonly interface: string;
  /**
   * Default: the interface's own. Where it is given, the interface is made to carry HEADROOM bytes more, for labels,
   * if it does not and the process may.
   */
  readonly mtu?: number;
  /** What the port counts as, for metrics and percentages: the interface is as fast as it is. */
  readonly rateBps: number;
}

/** `down`: switched off, or the other end of its wire is. */
export type InterfaceState = 'up' | 'down' | 'gone';

export interface PacketPort extends DrivenPort {
  readonly state: InterfaceState;
  /** Which way frames leave at the moment. */
  readonly sendsBy: 'xdp' | 'packet' | 'none';
}

const LOOK_EVERY_NS = SECOND;
/** Times in a row that nothing was there, after which it is asked whether the socket has an error to tell. */
const IDLE_TURNS = 64;
const SO_ERROR = 4;
const O_CLOEXEC = 0o2000000;

/**
 * `changed` is told each later change of the port's state. Throws Error where there is no such interface, it is not an
 * Ethernet, or the process may not open it.
 */
export function openPacketPort(
  world: { clock: Clock; log: Log },
  settings: PacketPortSettings,
  changed: (state: InterfaceState) => void = () => {},
): PacketPort {
  const fd = packetSocket();
  try {
    const facts = interfaceFacts(fd, settings.interface);
    if (facts === undefined) throw new Error(`there is no interface ${settings.interface}`);
    if (!facts.isEthernet) throw new Error(`the interface ${settings.interface} is not an Ethernet`);
    return new AfPacketPort(world.clock, world.log, fd, settings, facts, changed);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class AfPacketPort implements PacketPort {
  /** Stays the same when the interface comes back as another one. */
  readonly fd: number;
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  readonly labelRoom: number;
  readonly rateBps: number;
  /** The kernel queues. */
  readonly busyUntilNs = 0;
  state: InterfaceState = 'down';
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #interface: string;
  readonly #longest: number;
  readonly #isMtuGiven: boolean;
  #index: number;
  #ring: ReceiveRing;
  #packets: PacketTransmitter | undefined;
  #xdp: XdpTransmitter | undefined;
  /** One of the two. */
  #out: Transmitter | undefined;
  #receive: (frame: Frame) => void = (frame) => frame.release();
  #hasReceiver = false;
  #idleTurns = 0;
  #notSent = 0;
  /** Of rings that are no more. */
  #notReceived = 0;
  #look: Timer;
  #changed: (state: InterfaceState) => void = () => {};
  #isClosed = false;

  constructor(
    clock: Clock,
    log: Log,
    fd: number,
    settings: PacketPortSettings,
    facts: InterfaceFacts,
    changed: (state: InterfaceState) => void,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.fd = fd;
    this.name = settings.name;
    this.mac = facts.mac;
    this.mtu = settings.mtu ?? facts.mtu;
    this.rateBps = settings.rateBps;
    this.#interface = settings.interface;
    this.#isMtuGiven = settings.mtu !== undefined;
    this.#index = facts.index;
    this.#longest = this.mtu + ETHERNET_HEADER + HEADROOM;
    this.#ring = this.#open(facts);
    this.#lookAt(facts);
    this.labelRoom = Math.max(0, (interfaceFacts(fd, settings.interface) ?? facts).mtu - this.mtu);
    this.#changed = changed;
    this.#look = clock.after(LOOK_EVERY_NS, () => this.#refresh());
  }

  get sendsBy(): PacketPort['sendsBy'] {
    if (this.#out === undefined) return 'none';
    return this.#out === this.#xdp ? 'xdp' : 'packet';
  }

  get dropped(): DrivenPort['dropped'] {
    return {
      received: this.#notReceived + this.#ring.refused + this.#ring.overflown,
      sent: this.#notSent,
    };
  }

  receiver(receive: (frame: Frame) => void): void {
    if (this.#hasReceiver) throw new Error(`port ${this.name} has its receiver already`);
    this.#hasReceiver = true;
    this.#receive = receive;
  }

  receive(budget: number): number {
    if (this.#isClosed) return 0;
    const count = this.#ring.take(budget, this.#receive);
    if (count > 0) this.#idleTurns = 0;
    else if (++this.#idleTurns === IDLE_TURNS) this.#askForError();
    return count;
  }

  send(frame: Frame): boolean {
    const isSent = this.#send(frame);
    frame.release();
    if (!isSent) this.#notSent++;
    return isSent;
  }

  flush(): void {
    if (this.#out !== undefined) this.#notSent += this.#out.flush();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#look.cancel();
    this.flush();
    this.#closeTransmitters();
    this.#ring.close();
    closeSync(this.fd);
  }

  #send(frame: Frame): boolean {
    const out = this.#out;
    if (out === undefined || frame.length > this.#longest) return false;
    if (frame.bytes.length > CHUNK_BYTES) {
      // Behind what was sent before it.
      this.flush();
      return this.#packets?.sendLong(frame) ?? false;
    }
    if (out.push(frame)) return true;
    this.flush();
    return out.push(frame);
  }

  #open(facts: InterfaceFacts): ReceiveRing {
    const ring = new ReceiveRing(this.fd, this.#longest);
    try {
      hearAll(this.fd, facts.index);
      bindPacketSocket(this.fd, facts.index, ETH_P_ALL);
    } catch (error) {
      ring.close();
      throw error;
    }
    return ring;
  }

  /** Once a second, as nobody tells: is the interface there, is it the same, does somebody listen? Never throws. */
  #refresh(): void {
    this.#look = this.#clock.after(LOOK_EVERY_NS, () => this.#refresh());
    const facts = interfaceFacts(this.fd, this.#interface);
    try {
      if (facts !== undefined && facts.index !== this.#index) this.#reopen(facts);
      this.#lookAt(facts);
    } catch (error) {
      // It changed again in the meantime, or there is no memory now: the next look may find it otherwise.
      this.#index = 0;
      this.#lookAt(undefined);
      this.#log('warning', `port ${this.name}: ${messageOf(error)}`);
    }
  }

  /** The interface of that name is another one now; the port goes on as it was, its address included. */
  #reopen(facts: InterfaceFacts): void {
    this.#closeTransmitters();
    this.#notReceived += this.#ring.refused + this.#ring.overflown;
    const fd = packetSocket();
    this.#ring.close();
    libc.dup3(fd, this.fd, O_CLOEXEC);
    closeSync(fd);
    this.#ring = this.#open(facts);
    this.#index = facts.index;
  }

  #lookAt(facts: InterfaceFacts | undefined): void {
    const state = facts === undefined ? 'gone' : facts.isRunning ? 'up' : 'down';
    if (state !== this.state) this.#log('info', `port ${this.name}: ${this.#interface} is ${state}`);
    const hasChanged = state !== this.state;
    this.state = state;
    if (hasChanged) this.#changed(state);
    if (this.#xdp?.isBroken) this.#closeXdp();
    if (facts === undefined || !facts.isUp) {
      this.#closeTransmitters();
      return;
    }
    if (this.#packets === undefined) this.#carryLabels(facts);
    this.#packets ??= new PacketTransmitter(facts.index);
    const out = this.#isCaptured() ? this.#packets : (this.#openXdp() ?? this.#packets);
    if (out === this.#out) return;
    this.flush();
    this.#out = out;
  }

  /** Labels come on top of the port's MTU. Without being told that MTU, who could say what is on top of it? */
  #carryLabels(facts: InterfaceFacts): void {
    if (!this.#isMtuGiven || facts.mtu >= this.mtu + HEADROOM) return;
    if (setInterfaceMtu(this.fd, this.#interface, this.mtu + HEADROOM)) return;
    const text = `${this.#interface} carries packets of ${facts.mtu} bytes: long ones will not pass with a label`;
    this.#log('warning', `port ${this.name}: ${text}; give it an MTU of ${this.mtu + HEADROOM}`);
  }

  /** Undefined where the kernel has none, or a process that ended a moment ago has not quite let go of it. */
  #openXdp(): XdpTransmitter | undefined {
    if (this.#xdp !== undefined) return this.#xdp;
    try {
      this.#xdp = new XdpTransmitter(this.#index);
    } catch (error) {
      this.#log('debug', `port ${this.name}: ${messageOf(error)}`);
    }
    return this.#xdp;
  }

  /** Does somebody else listen at the interface? What AF_XDP sends would not be seen. */
  #isCaptured(): boolean {
    return listenersAt(this.#index) > 1;
  }

  /** After an error the socket can be read for ever, until somebody asks which it was. */
  #askForError(): void {
    this.#idleTurns = 0;
    const error = new Int32Array(1);
    libc.getsockopt(this.fd, libc.SOL_SOCKET, SO_ERROR, error, Uint32Array.of(4));
    if (error[0] === 0) return;
    this.#look.cancel();
    this.#look = this.#clock.after(0, () => this.#refresh());
  }

  #closeTransmitters(): void {
    this.#closeXdp();
    this.#packets?.close();
    this.#packets = undefined;
    this.#out = undefined;
  }

  #closeXdp(): void {
    if (this.#out === this.#xdp) this.#out = this.#packets;
    this.#xdp?.close();
    this.#xdp = undefined;
  }
}

/** Packet sockets of this network namespace that hear everything at the interface, or at all of them. */
function listenersAt(index: number): number {
  const lines = readFileSync('/proc/thread-self/net/packet', 'utf8').trimEnd().split('\n').slice(1);
  return lines.filter((line) => {
    const [, , , protocol, at] = line.trim().split(/\s+/);
    return protocol === '0003' && (Number(at) === index || Number(at) === 0);
  }).length;
}
