/**
 * Packets to the router's own protocols, on their way from the forwarding thread to the control plane: those of one
 * turn together. As many wait as have room; the rest is dropped and counted.
 */

import { PROTOCOL_TCP } from '../../net/ipv4.ts';
import { CONTROL_PROTOCOLS } from '../forwarding/contract.ts';
import { type LocalPacket, MAX_DELIVERED, SHARED } from './border.ts';

/** A flood of BGP leaves room for hellos: TCP sends again what did not get through, and slows down. */
const MAX_TCP_DELIVERED = (MAX_DELIVERED * 3) / 4;

export class HandUp {
  readonly #shared: Int32Array<SharedArrayBuffer>;
  readonly #tell: (packets: readonly LocalPacket[]) => void;
  #packets: LocalPacket[] = [];

  constructor(shared: Int32Array<SharedArrayBuffer>, tell: (packets: readonly LocalPacket[]) => void) {
    this.#shared = shared;
    this.#tell = tell;
  }

  /** Copies what the control plane listens to. */
  take(packet: LocalPacket): void {
    if (!CONTROL_PROTOCOLS.has(packet.protocol)) return;
    const most = packet.protocol === PROTOCOL_TCP ? MAX_TCP_DELIVERED : MAX_DELIVERED;
    if (Atomics.load(this.#shared, SHARED.delivered) >= most) {
      Atomics.add(this.#shared, SHARED.refused, 1);
      return;
    }
    Atomics.add(this.#shared, SHARED.delivered, 1);
    this.#packets.push({ ...packet, payload: packet.payload.slice() });
  }

  tell(): void {
    if (this.#packets.length === 0) return;
    this.#tell(this.#packets);
    this.#packets = [];
  }
}
