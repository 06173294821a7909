/**
 * How long a packet may be that goes to another router in a tunnel, where a link farther on is narrower than the one it
 * leaves by: routers there say so (RFC 1191), as a tunnel's packets are never fragmented. What was learned is
 * forgotten after ten minutes (RFC 1191 6.3), in case the way has become wider.
 */
import type { Ipv4 } from '../../net/address.ts';
import { internetChecksum } from '../../net/checksum.ts';
import { ICMP_HEADER, ICMP_UNREACHABLE, mtuSaid, UNREACHABLE_FRAGMENTATION_NEEDED } from '../../net/icmp.ts';
import {
  IPV4_HEADER,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  PROTOCOL_GRE,
} from '../../net/ipv4.ts';
import { type Clock, SECOND, type TimeNs } from '../../world/clock.ts';
import type { Slot } from './contract.ts';
import type { Packet } from './packet.ts';

const FORGOTTEN_AFTER_NS = 600 * SECOND;
/** Ends of tunnels of which something is known; where there are more, all is learned anew. */
const MAX_ENDS = 4096;
/** What every host takes (RFC 791 3.1). Who says less is not believed: nobody is to grind a tunnel's packets to dust. */
const LEAST_MTU = 576;

export class PathMtus {
  readonly #clock: Clock;
  readonly #ends: readonly [Map<Ipv4, Known>, Map<Ipv4, Known>] = [new Map(), new Map()];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes of the longest packet, the tunnel's headers included, that goes all the way; Infinity if nothing is known. */
  to(end: Ipv4, slot: Slot): number {
    const known = this.#ends[slot].size === 0 ? undefined : this.#ends[slot].get(end);
    return known !== undefined && this.#clock.now() < known.untilNs ? known.mtu : Number.POSITIVE_INFINITY;
  }

  /** Takes an ICMP message to the router itself: does it say that a tunnel's packet of ours was too long? */
  learn({ frame: { bytes, end, cancelled }, ipAt, slot }: Packet): void {
    const icmpAt = ipAt + ipv4HeaderLength(bytes, ipAt);
    const quotedAt = icmpAt + ICMP_HEADER;
    if (end - quotedAt < IPV4_HEADER || cancelled > 0) return;
    if (bytes[icmpAt] !== ICMP_UNREACHABLE || bytes[icmpAt + 1] !== UNREACHABLE_FRAGMENTATION_NEEDED) return;
    if (internetChecksum(bytes, icmpAt, end) !== 0) return;
    const isTunnel =
      ipv4Protocol(bytes, quotedAt) === PROTOCOL_GRE &&
      ipv4Source(bytes, quotedAt) === ipv4Destination(bytes, ipAt);
    if (!isTunnel) return;
    const tunnelEnd = ipv4Destination(bytes, quotedAt);
    const mtu = Math.max(mtuSaid(bytes, icmpAt), LEAST_MTU);
    // RFC 1191 3: nobody's word makes it longer than it is known to be.
    if (mtu > this.to(tunnelEnd, slot)) return;
    const ends = this.#ends[slot];
    if (ends.size >= MAX_ENDS) ends.clear();
    ends.set(tunnelEnd, { mtu, untilNs: this.#clock.now() + FORGOTTEN_AFTER_NS });
  }
}

interface Known {
  readonly mtu: number;
  readonly untilNs: TimeNs;
}
