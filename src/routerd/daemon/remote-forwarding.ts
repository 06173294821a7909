/**
 * The forwarding engine as the control plane's thread sees it. Commands are collected and sent at the end of the
 * turn, or before a question; a question waits, standing still, for its answer. What only this side ever changes
 * (tags, marking, which slot is real) is known here as well.
 */
import { writeSync } from 'node:fs';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Ipv4, Mac, Prefix } from '../../net/address.ts';
import type { Tag } from '../../net/wire.ts';
import type { FibEntry, NextHop, PortCounters, Postcard } from '../../world/observation.ts';
import type { Forwarding, OwnPacket, Slot, SlotPort, VrfLabel } from '../forwarding/contract.ts';
import { compileMirror } from '../forwarding/mirror.ts';
import { Planes } from '../forwarding/planes.ts';
import type { MirrorRule } from '../management/contract.ts';
import { type Answer, type AnswerTo, type Command, type Question, SHARED } from './border.ts';

/** Commands of one message: the other thread carries out one between two batches of frames. */
const COMMANDS_PER_MESSAGE = 256;
const ANSWER_LIMIT_MS = 10_000;
/** To an eventfd: count one more. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** The other thread is dead, or as good as. */
export class ForwardingLostError extends Error {
  override readonly name = 'ForwardingLostError';
}

export class RemoteForwarding implements Forwarding {
  readonly #requests: MessagePort;
  readonly #answers: MessagePort;
  readonly #shared: Int32Array<SharedArrayBuffer>;
  readonly #wakeFd: number;
  readonly #planes = new Planes();
  #commands: Command[] = [];
  #isFlushDue = false;
  /** Commands were sent that no answer has confirmed. */
  #isUnconfirmed = false;
  #number = 0;
  /** Answers that were taken. */
  #taken = 0;

  constructor(
    requests: MessagePort,
    answers: MessagePort,
    shared: Int32Array<SharedArrayBuffer>,
    wakeFd: number,
  ) {
    this.#requests = requests;
    this.#answers = answers;
    this.#shared = shared;
    this.#wakeFd = wakeFd;
  }

  get realSlot(): Slot {
    return this.#planes.realSlot;
  }

  get marking(): boolean {
    return this.#planes.marking;
  }

  tagOf(slot: Slot): Tag {
    return this.#planes.tagOf(slot);
  }

  setTag(slot: Slot, tag: Tag): void {
    this.#planes.setTag(slot, tag);
    this.#command(['setTag', slot, tag]);
  }

  setMarking(marking: boolean): void {
    this.#planes.marking = marking;
    this.#command(['setMarking', marking]);
  }

  swapPlanes(): void {
    this.#planes.swap();
    this.#command(['swapPlanes']);
  }

  configurePort(slot: Slot, port: string, settings: SlotPort): void {
    this.#command(['configurePort', slot, port, settings]);
  }

  configureLoopback(slot: Slot, addresses: readonly Ipv4[], vrf?: string): void {
    this.#command(['configureLoopback', slot, addresses, vrf]);
  }

  configureLabels(slot: Slot, labels: readonly VrfLabel[]): void {
    this.#command(['configureLabels', slot, labels]);
  }

  route(slot: Slot, prefix: Prefix, nextHops: readonly NextHop[] | undefined, vrf?: string): void {
    this.#command(['route', slot, prefix, nextHops, vrf]);
  }

  failPort(slot: Slot, port: string, failed: boolean): void {
    this.#command(['failPort', slot, port, failed]);
  }

  // Copies: a payload may be a view of a buffer that is used again.

  originate(slot: Slot, port: string, packet: OwnPacket): void {
    this.#command(['originate', slot, port, { ...packet, payload: packet.payload.slice() }]);
  }

  originateOsi(slot: Slot, port: string, destination: Mac, pdu: Uint8Array): void {
    this.#command(['originateOsi', slot, port, destination, pdu.slice()]);
  }

  send(slot: Slot, packet: OwnPacket): void {
    this.#command(['send', slot, { ...packet, payload: packet.payload.slice() }]);
  }

  /** Throws RangeError at once, as an engine of this thread would. */
  mirror(rules: readonly MirrorRule[]): void {
    compileMirror(rules);
    this.#command(['mirror', rules]);
  }

  fib(slot: Slot, vrf?: string): readonly FibEntry[] {
    return this.#ask(['fib', slot, vrf]);
  }

  counters(): readonly PortCounters[] {
    return this.#ask(['counters']);
  }

  takePostcards(): { readonly postcards: readonly Postcard[]; readonly dropped: number } {
    return this.#ask(['takePostcards']);
  }

  lastSeenNs(tag: Tag): number | null {
    return this.#ask(['lastSeenNs', tag]);
  }

  /** Returns once the engine has carried out everything that it was told. */
  settle(): void {
    if (this.#isUnconfirmed || this.#commands.length > 0) this.#ask(['nothing']);
  }

  /** Closes the ports and ends the other thread. */
  end(): void {
    this.#ask(['end']);
  }

  #command(command: Command): void {
    this.#commands.push(command);
    if (this.#commands.length >= COMMANDS_PER_MESSAGE) this.#flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      queueMicrotask(() => {
        this.#isFlushDue = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    if (this.#commands.length === 0) return;
    this.#isUnconfirmed = true;
    this.#send({ commands: this.#commands });
    this.#commands = [];
  }

  #ask<Q extends Question>(question: Q): AnswerTo<Q> {
    this.#flush();
    const number = ++this.#number;
    this.#send({ number, question });
    // Counted, not looked up: a thread that died since the last answer has said so already, and says nothing more.
    if (Atomics.wait(this.#shared, SHARED.answers, this.#taken, ANSWER_LIMIT_MS) === 'timed-out') {
      throw new ForwardingLostError(`the forwarding thread does not answer (${question[0]})`);
    }
    const answer: Answer | undefined = receiveMessageOnPort(this.#answers)?.message;
    if (answer === undefined) throw new ForwardingLostError('the forwarding thread is gone');
    this.#taken = (this.#taken + 1) | 0;
    if ('failed' in answer) throw new ForwardingLostError(`the forwarding thread failed: ${answer.failed}`);
    if (answer.number !== number) throw new ForwardingLostError('an answer to another question');
    this.#isUnconfirmed = false;
    // What the engine returns from the function of that name.
    return answer.answer as AnswerTo<Q>;
  }

  #send(message: Parameters<MessagePort['postMessage']>[0]): void {
    this.#requests.postMessage(message);
    Atomics.add(this.#shared, SHARED.requests, 1);
    writeSync(this.#wakeFd, ONE);
  }
}
