/**
 * The numbers that shadowlab itself puts on the wire. `docs/wire-format.md` describes them to the bit.
 *
 * A label names a tag and the plane that a packet was sent in:
 *
 *     19..16   15..1   0
 *     0xF      tag     plane (0 real, 1 shadow)
 *
 * Tag 0 stands for "whatever configuration the plane has now": the label 0xF0001 is the plain shadow mark, and
 * an unlabelled packet is a real one. With another tag the packet is forwarded by the configuration of that
 * tag at every router, whatever plane the configuration plays at the moment; that is what makes commitment
 * consistent. The plane bit stays as the packet was sent, so that sinks and counters know it to the end.
 */

export type Plane = 'real' | 'shadow';

/** Names a configuration network-wide: 1 .. 32767. */
export type Tag = number;
export const NO_TAG: Tag = 0;
export const MAX_TAG: Tag = 0x7fff;

const LABEL_BASE = 0xf0000;

export const SHADOW_MARK = LABEL_BASE | 1;

export function labelOf(tag: Tag, plane: Plane): number {
  return LABEL_BASE | (tag << 1) | (plane === 'shadow' ? 1 : 0);
}

export function isShadowlabLabel(label: number): boolean {
  return label >= LABEL_BASE;
}

export function tagOfLabel(label: number): Tag {
  return (label & 0xffff) >> 1;
}

export function planeOfLabel(label: number): Plane {
  return (label & 1) === 1 ? 'shadow' : 'real';
}

/** DSCP by which a host sends into the shadow plane, and by which it is told that a packet came from there. */
export const SHADOW_DSCP = 0b101111;

/**
 * UDP and TCP ports from here on (dynamic ports, RFC 6335) are shadowlab's own on its hosts, also where the host's
 * kernel shares the address: flows, probes and requests use them alone.
 */
export const FIRST_OWN_PORT = 49152;

/** TCP port of BGP (RFC 4271), of routers; a host that is an external peer has it for its own, too. */
export const BGP_PORT = 179;

/** UDP destination port of measured traffic. */
export const PROBE_PORT = 49777;

/** UDP port by which the receiver of a stream asks its sender for pieces (src/net/piece-request.ts). */
export const REQUEST_PORT = 49778;
