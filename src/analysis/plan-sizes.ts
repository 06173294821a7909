/** How long packets are: distributions of sizes, and what they come to on a wire. */
import { BUNDLE_HEADER, RECORD_HEADER } from '../net/cancellation.ts';
import { ETHERNET_HEADER } from '../net/ethernet.ts';
import { MPLS_ENTRY } from '../net/mpls.ts';

/** Bytes of IPv4 packets and how many there are of each: counts or shares, anything that adds up to more than 0. */
export type SizeDistribution = readonly { readonly bytes: number; readonly weight: number }[];

/** What a link puts around a packet, in bytes. */
export interface Framing {
  readonly name: 'ethernet' | 'embedded';
  /** Header, and check sequence where there is one. */
  readonly around: number;
  /** A shorter frame is padded. */
  readonly smallest: number;
  /** Preamble and gap. */
  readonly between: number;
}

export const ETHERNET: Framing = { name: 'ethernet', around: 18, smallest: 64, between: 20 };
/** Links of the embedded backend carry neither check sequence, padding, preamble nor gap. */
export const EMBEDDED: Framing = { name: 'embedded', around: ETHERNET_HEADER, smallest: 0, between: 0 };

export function wireBytes({ around, smallest, between }: Framing, payloadBytes: number): number {
  return Math.max(smallest, payloadBytes + around) + between;
}

/** Mean bytes of a packet, by itself and on the wire: real, shadow whole under its label, shadow as a header frame. */
export interface MeanSizes {
  readonly packetBytes: number;
  readonly realWireBytes: number;
  readonly shadowWireBytes: number;
  readonly headerWireBytes: number;
}

/** `keptBytes`: of a packet whose payload is cancelled (`headerBytes` of the bandwidth settings). */
export function meanSizes(sizes: SizeDistribution, framing: Framing, keptBytes: number): MeanSizes {
  const mean = (bytesOf: (bytes: number) => number): number =>
    sizes.reduce((sum, { bytes, weight }) => sum + weight * bytesOf(bytes), 0) /
    sizes.reduce((sum, { weight }) => sum + weight, 0);
  const headerBytes = (bytes: number): number => BUNDLE_HEADER + RECORD_HEADER + Math.min(bytes, keptBytes);
  return {
    packetBytes: mean((bytes) => bytes),
    realWireBytes: mean((bytes) => wireBytes(framing, bytes)),
    shadowWireBytes: mean((bytes) => wireBytes(framing, MPLS_ENTRY + bytes)),
    headerWireBytes: mean((bytes) => wireBytes(framing, headerBytes(bytes))),
  };
}
