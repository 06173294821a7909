/** Which plane a frame on a wire is of, and under which tag: for those who look on, not for those who forward. */
import { ETHERTYPE_CANCELLATION } from './cancellation.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_MPLS, etherType } from './ethernet.ts';
import { IPV4_HEADER, ipv4Dscp } from './ipv4.ts';
import { labelAt, MPLS_ENTRY } from './mpls.ts';
import {
  isShadowlabLabel,
  NO_TAG,
  type Plane,
  planeOfLabel,
  SHADOW_DSCP,
  type Tag,
  tagOfLabel,
} from './wire.ts';

export interface FramePlane {
  /** `both`: ARP, which the planes share, and frames of packet cancellation, which carry packets of each. */
  readonly plane: Plane | 'both';
  /** NO_TAG where it has none. */
  readonly tag: Tag;
}

const REAL: FramePlane = { plane: 'real', tag: NO_TAG };
const SHADOW: FramePlane = { plane: 'shadow', tag: NO_TAG };
const BOTH: FramePlane = { plane: 'both', tag: NO_TAG };

/** Of the Ethernet frame in bytes `start` .. `end`, however short. */
export function planeOfFrame(bytes: Uint8Array, start: number, end: number): FramePlane {
  const at = start + ETHERNET_HEADER;
  if (at > end) return REAL;
  switch (etherType(bytes, start)) {
    case ETHERTYPE_ARP:
    case ETHERTYPE_CANCELLATION:
      return BOTH;
    case ETHERTYPE_MPLS: {
      const label = at + MPLS_ENTRY <= end ? labelAt(bytes, at) : 0;
      return isShadowlabLabel(label) ? { plane: planeOfLabel(label), tag: tagOfLabel(label) } : REAL;
    }
    case ETHERTYPE_IPV4:
      return at + IPV4_HEADER <= end && ipv4Dscp(bytes, at) === SHADOW_DSCP ? SHADOW : REAL;
    default:
      return REAL;
  }
}
