/**
 * Packets to the router's own protocols, on their way from the forwarding thread to the control plane: those of one
 * turn together. As many wait as have room; the rest is dropped and counted.
 */
import { CONTROL_PROTOCOLS } from '../forwarding/contract.ts';
import { type LocalPacket, MAX_DELIVERED, SHARED } from './border.ts';

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
    if (Atomics.load(this.#shared, SHARED.delivered) >= MAX_DELIVERED) {
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
