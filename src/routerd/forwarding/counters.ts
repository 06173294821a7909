/** Counts of one port and plane. Bytes are those of the IPv4 packet: a label makes no difference. */
import type { Plane } from '../../net/wire.ts';
import type { DropReason, PortCounters } from '../../world/observation.ts';

export class Counters {
  inPackets = 0;
  inBytes = 0;
  outPackets = 0;
  outBytes = 0;
  readonly #drops = new Map<DropReason, number>();

  countIn(bytes: number): void {
    this.inPackets++;
    this.inBytes += bytes;
  }

  countOut(bytes: number): void {
    this.outPackets++;
    this.outBytes += bytes;
  }

  countDrop(reason: DropReason): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  /** Drops are listed by name of the reason, so that equal counts print equally. */
  view(port: string, plane: Plane): PortCounters {
    const { inPackets, inBytes, outPackets, outBytes } = this;
    const drops = Object.fromEntries([...this.#drops].sort(([a], [b]) => (a < b ? -1 : 1)));
    return { port, plane, inPackets, inBytes, outPackets, outBytes, drops };
  }
}
