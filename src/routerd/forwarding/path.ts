/**
 * The way of a packet through the router, once it is known which slot it belongs to:
 *
 *     failed? → ACL in → policy in → for the router itself? → FIB → failed? → TTL → ACL out → policy out →
 *     MTU: fragments → ARP → label → bandwidth: class, plane
 *
 * It leaves, is handed up, or is dropped for a named reason and counted. A traced packet leaves a postcard at
 * every router, a measured one where it is dropped. Slot and plane are settled when a packet comes in: nothing
 * that changes while it waits mixes two configurations.
 *
 * Each port and so each packet is of a VRF, in whose table it is looked up. A route of a VPN leads into a tunnel
 * (tunnelling.ts): from then on the packet is one of the router's to another, in the default table of its slot. What
 * comes to one of the router's own addresses in a tunnel is taken out, and goes on by the VRF that its label names.
 *
 * A packet longer than the way out carries goes in fragments; where it forbids that it is dropped and its sender
 * told (RFC 1191). Lists and policies see it whole, before it is taken apart.
 */
import { BROADCAST_MAC, type Ipv4, type Mac } from '../../net/address.ts';
import { multicastMac } from '../../net/ethernet.ts';
import {
  DONT_FRAGMENT,
  ipv4Destination,
  ipv4Dscp,
  ipv4Fragment,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  ipv4Ttl,
  PROTOCOL_ICMP,
  PROTOCOL_OSPF,
  setIpv4Dscp,
  setIpv4Ttl,
} from '../../net/ipv4.ts';
import { mayBeTraced, probeAt, probeFlow, probeSequence, probeTraced } from '../../net/probe.ts';
import { NO_TAG, SHADOW_DSCP, type Tag } from '../../net/wire.ts';
import type { Clock, TimeNs } from '../../world/clock.ts';
import type { Frame } from '../../world/frame.ts';
import type { DropReason, Postcard } from '../../world/observation.ts';
import { CONTROL } from '../bandwidth/bandwidth.ts';
import { inflated } from '../bandwidth/bundle.ts';
import { DROP } from '../qos/policy.ts';
import type { AccessList } from './acl.ts';
import type { Neighbour } from './arp.ts';
import { isOfBgp } from './bgp-packets.ts';
import type { DeliverLocal } from './contract.ts';
import { choosePath, saltOf } from './ecmp.ts';
import { fragmentsOf } from './fragment.ts';
import type { Group, Hop, NextHopGroups, TunnelHop } from './groups.ts';
import { ErrorLimit, echoReplyFrame, errorAbout, errorFrame, isEchoRequest, mayBeAnswered } from './icmp.ts';
import { needsLabel, writeBareHeader, writeLabelledHeader } from './mark.ts';
import { OWN_IP_AT } from './own.ts';
import { Packet } from './packet.ts';
import { PathMtus } from './path-mtu.ts';
import type { Planes } from './planes.ts';
import type { EnginePort } from './port.ts';
import { PostcardStore } from './trace.ts';
import { intoTunnel, isLabelPacket, outOfTunnel, tunnelEnd, tunnelMtu } from './tunnelling.ts';
import type { Vrfs } from './vrfs.ts';

const FIRST_GROUP: Ipv4 = 0xe0000000;
/** After 224.0.0.0/24, the groups that stay on the link (RFC 5771 4). */
const AFTER_LINK_GROUPS: Ipv4 = 0xe0000100;
const LIMITED_BROADCAST: Ipv4 = 0xffffffff;
/** More fragments follow, or this one is not the first. */
const FRAGMENTED = 0x3fff;

/** Why a packet is to be dropped; undefined where it has gone its way, or waits to. */
type Fate = DropReason | undefined;

/** The tables by which packets go. */
export interface PathTables {
  readonly planes: Planes;
  readonly vrfs: Vrfs;
  readonly groups: NextHopGroups;
}

export class PacketPath {
  readonly postcards = new PostcardStore();
  readonly #clock: Clock;
  readonly #router: string;
  readonly #salt: number;
  readonly #tables: PathTables;
  readonly #deliver: DeliverLocal;
  readonly #errorLimits: readonly [ErrorLimit, ErrorLimit];
  readonly #pathMtus: PathMtus;
  readonly #lastSeen = new Map<Tag, TimeNs>();

  constructor(clock: Clock, router: string, tables: PathTables, deliver: DeliverLocal) {
    this.#clock = clock;
    this.#router = router;
    this.#salt = saltOf(router);
    this.#tables = tables;
    this.#deliver = deliver;
    this.#pathMtus = new PathMtus(clock);
    this.#errorLimits = [new ErrorLimit(clock), new ErrorLimit(clock)];
  }

  /** Says that a packet of the real plane is here under the tag. */
  seen(tag: Tag): void {
    this.#lastSeen.set(tag, this.#clock.now());
  }

  lastSeenNs(tag: Tag): TimeNs | null {
    return this.#lastSeen.get(tag) ?? null;
  }

  /** Takes a packet that came in by a port. */
  accept(packet: Packet, port: EnginePort): void {
    port.counters(packet.plane).countIn(ipv4TotalLength(packet.frame.bytes, packet.ipAt));
    if (packet.tag !== NO_TAG) this.#seen(packet, packet.tag);
    this.#finish(packet, this.#enter(packet, port));
  }

  /** Sends a packet of the router's own out of a port to an address on that link. */
  sendOnLink(packet: Packet, port: EnginePort, destination: Ipv4): void {
    packet.out = port;
    const settings = port.slots[packet.slot];
    if (!settings.usable) this.drop(packet, 'failed');
    else if (ipv4TotalLength(packet.frame.bytes, packet.ipAt) > settings.mtu) this.drop(packet, 'mtu');
    else if (destination < FIRST_GROUP) {
      this.#finish(packet, this.#resolve(packet, port, port.arp.neighbour(destination)));
    } else {
      const mac = destination === LIMITED_BROADCAST ? BROADCAST_MAC : multicastMac(destination);
      this.#finish(packet, this.#transmit(packet, port, mac));
    }
  }

  /** Sends a packet of the router's own by its slot's FIB. */
  sendRouted(packet: Packet, destination: Ipv4): void {
    this.#finish(packet, this.#forward(packet, destination));
  }

  /** Counts the drop, leaves a postcard of a measured packet, and tells the sender where it should know. */
  drop(packet: Packet, reason: DropReason): void {
    (packet.out ?? packet.in)?.counters(packet.plane).countDrop(reason);
    const probe = probeAt(packet.frame.bytes, packet.ipAt);
    if (probe >= 0) this.postcards.add(this.#postcard(packet, probe, 'dropped', reason));
    const port = packet.in;
    // In a tunnel of its own making the router is the sender itself.
    if (port !== undefined && !packet.tunnelled) this.#tellSender(packet, port, reason);
    packet.frame.release();
  }

  #tellSender(packet: Packet, port: EnginePort, reason: DropReason): void {
    const error = errorAbout(packet, reason);
    if (error === undefined) return;
    const source = errorSource(packet, port);
    if (source === undefined || !this.#errorLimits[packet.slot].allows()) return;
    this.#answer(packet, errorFrame(packet, source, error));
  }

  #finish(packet: Packet, fate: Fate): void {
    if (fate !== undefined) this.drop(packet, fate);
  }

  #enter(packet: Packet, port: EnginePort): Fate {
    const { frame, ipAt, slot } = packet;
    const settings = port.slots[slot];
    if (!settings.usable) return 'failed';
    if (settings.accessIn !== undefined && !isPermitted(settings.accessIn, packet)) return 'acl-in';
    if (settings.policyIn?.pass(packet, this.#clock.now()) === DROP) return 'police';
    const destination = ipv4Destination(frame.bytes, ipAt);
    if (destination >= FIRST_GROUP) return this.#toGroup(packet, port, destination);
    // RFC 1812 5.3.4: what came to everyone on the link is for one only when it says so itself.
    if ((frame.bytes[frame.start] & 1) === 1) return 'not-for-us';
    if (packet.vrf.isOwn(slot, destination)) return this.#toItself(packet, port);
    return this.#forward(packet, destination);
  }

  #forward(packet: Packet, destination: Ipv4): Fate {
    const group = this.#tables.groups.at(packet.vrf.fib.lookup(destination, packet.slot));
    if (group === undefined) return 'no-route';
    const hop = this.#choose(group, packet);
    switch (hop.kind) {
      case 'gateway':
        packet.bare = hop.port.hostsOnly;
        return this.#leave(packet, hop.port, hop.neighbour);
      case 'connected':
        packet.bare = hop.port.edge;
        return this.#leave(packet, hop.port, hop.port.arp.neighbour(destination));
      case 'local':
        return packet.in === undefined ? 'not-for-us' : this.#toItself(packet, packet.in);
      case 'tunnel':
        return this.#intoTunnel(packet, hop);
      case 'blackhole':
      case 'reject':
        return hop.kind;
      case 'nowhere':
        return 'no-route';
    }
  }

  /** What the router itself sends is counted down nowhere on the way in. */
  #intoTunnel(packet: Packet, { to, label }: TunnelHop): Fate {
    const { slot } = packet;
    const { vrfs, groups } = this.#tables;
    const ttl = ipv4Ttl(packet.frame.bytes, packet.ipAt);
    const isTransit = packet.in !== undefined;
    if (isTransit && ttl <= 1) return 'ttl';
    const group = groups.at(vrfs.default.fib.lookup(to, slot));
    if (group === undefined) return 'no-route';
    const hop = this.#choose(group, packet);
    if (hop.kind === 'blackhole' || hop.kind === 'reject') return hop.kind;
    if (hop.kind !== 'gateway' && hop.kind !== 'connected') return 'no-route';
    const { port } = hop;
    packet.out = port;
    const settings = port.slots[slot];
    if (!settings.usable) return 'failed';
    const source = vrfs.default.firstOwn(slot);
    if (source === undefined) return 'no-route';
    const tunnel = { source, destination: to, label };
    const nextHop = hop.kind === 'gateway' ? hop.neighbour : port.arp.neighbour(to);
    const mtu = tunnelMtu(Math.min(settings.mtu, this.#pathMtus.to(to, slot)));
    const isTooLong = ipv4TotalLength(packet.frame.bytes, packet.ipAt) > mtu;
    if (isTooLong && (ipv4Fragment(packet.frame.bytes, packet.ipAt) & DONT_FRAGMENT) !== 0) {
      packet.mtu = mtu;
      return 'mtu';
    }
    if (isTransit) setIpv4Ttl(packet.frame.bytes, packet.ipAt, ttl - 1);
    if (isTooLong) {
      // Before the tunnel, not in it: the customer's host puts together what no router would (RFC 4023 5.1).
      this.#inFragments(packet, mtu, (fragment) => {
        intoTunnel(fragment, tunnel);
        return this.#leave(fragment, port, nextHop);
      });
      return undefined;
    }
    intoTunnel(packet, tunnel);
    return this.#leave(packet, port, nextHop);
  }

  #outOfTunnel(packet: Packet, port: EnginePort): Fate {
    const problem = outOfTunnel(packet, this.#tables.vrfs);
    if (problem !== undefined) return problem;
    const destination = ipv4Destination(packet.frame.bytes, packet.ipAt);
    if (destination >= FIRST_GROUP) return 'no-route';
    // Nobody speaks to this router in a tunnel within the tunnel: `vrf` is not the default one any more.
    if (packet.vrf.isOwn(packet.slot, destination)) return this.#toItself(packet, port);
    return this.#forward(packet, destination);
  }

  #choose({ hops }: Group, { frame, ipAt }: Packet): Hop {
    return hops[hops.length === 1 ? 0 : choosePath(frame.bytes, ipAt, this.#salt, hops.length)];
  }

  #leave(packet: Packet, port: EnginePort, nextHop: Neighbour | undefined): Fate {
    const { bytes } = packet.frame;
    const { ipAt } = packet;
    packet.out = port;
    packet.nextHop = nextHop;
    const settings = port.slots[packet.slot];
    if (!settings.usable) return 'failed';
    const isTransit = packet.in !== undefined;
    const ttl = ipv4Ttl(bytes, ipAt);
    if (isTransit && ttl <= 1) return 'ttl';
    const isTooLong = ipv4TotalLength(bytes, ipAt) > settings.mtu;
    if (isTooLong && (ipv4Fragment(bytes, ipAt) & DONT_FRAGMENT) !== 0) {
      packet.mtu = settings.mtu;
      return 'mtu';
    }
    if (isTransit) {
      // What the router itself sends is not filtered on its way out, as in IOS.
      if (settings.accessOut !== undefined && !isPermitted(settings.accessOut, packet)) return 'acl-out';
      setIpv4Ttl(bytes, ipAt, ttl - 1);
    }
    if (settings.policyOut !== undefined && packet.queueClass !== CONTROL) {
      packet.queueClass = settings.policyOut.pass(packet, this.#clock.now());
      if (packet.queueClass === DROP) return 'police';
    }
    if (!isTooLong) return this.#resolve(packet, port, nextHop);
    this.#inFragments(packet, settings.mtu, (fragment) => this.#resolve(fragment, port, nextHop));
    return undefined;
  }

  /** Each goes its way; the packet itself is used up. */
  #inFragments(packet: Packet, mtu: number, send: (fragment: Packet) => Fate): void {
    const whole = inflated(packet.frame);
    const ipAt = packet.ipAt - packet.frame.start + whole.start;
    for (const frame of fragmentsOf(whole, ipAt, mtu)) {
      const fragment = packet.withFrame(frame, OWN_IP_AT);
      this.#finish(fragment, send(fragment));
    }
    packet.frame.release();
  }

  #resolve(packet: Packet, port: EnginePort, nextHop: Neighbour | undefined): Fate {
    packet.nextHop = nextHop;
    if (nextHop === undefined) return 'arp';
    if (nextHop.known) return this.#transmit(packet, port, nextHop.mac);
    const kept = packet.copy();
    const isWaiting = port.arp.wait(nextHop, {
      found: () => {
        const isUsable = port.slots[kept.slot].usable;
        this.#finish(kept, isUsable ? this.#transmit(kept, port, nextHop.mac) : 'failed');
      },
      notFound: () => this.drop(kept, 'arp'),
    });
    return isWaiting ? undefined : 'arp';
  }

  #transmit(packet: Packet, port: EnginePort, destination: Mac): Fate {
    const { frame, ipAt, plane, slot } = packet;
    const tag = this.#tables.planes.tagToLeaveWith(slot, plane, packet.tag);
    if (packet.bare) {
      // A host understands no label: the DSCP tells it which plane the packet came from.
      if (plane === 'shadow' && ipv4Dscp(frame.bytes, ipAt) !== SHADOW_DSCP) {
        setIpv4Dscp(frame.bytes, ipAt, SHADOW_DSCP);
      }
      writeBareHeader(frame, ipAt, destination, port.port.mac);
    } else if (needsLabel(plane, tag)) {
      if (tag !== NO_TAG) this.#seen(packet, tag);
      writeLabelledHeader(frame, ipAt, destination, port.port.mac, plane, tag);
    } else {
      writeBareHeader(frame, ipAt, destination, port.port.mac);
    }
    const length = ipv4TotalLength(frame.bytes, ipAt);
    // Once sent, the frame is another's.
    const postcard = this.#traced(packet);
    if (!port.output.send(frame, plane, slot, packet.queueClass)) {
      packet.policy = port.slots[slot].policyOut?.textOf(packet.queueClass);
      return 'queue';
    }
    port.counters(plane).countOut(length);
    if (postcard !== undefined) this.postcards.add(postcard);
    return undefined;
  }

  /** Multicast is not routed, and of the groups on the link a router takes part in OSPF's alone. */
  #toGroup(packet: Packet, port: EnginePort, group: Ipv4): Fate {
    if (group >= AFTER_LINK_GROUPS) return group === LIMITED_BROADCAST ? 'not-for-us' : 'no-route';
    const isOspf = ipv4Protocol(packet.frame.bytes, packet.ipAt) === PROTOCOL_OSPF;
    return isOspf ? this.#toItself(packet, port) : 'not-for-us';
  }

  #toItself(packet: Packet, port: EnginePort): Fate {
    const { frame, ipAt, slot, vrf } = packet;
    const { bytes } = frame;
    if ((ipv4Fragment(bytes, ipAt) & FRAGMENTED) !== 0) return 'not-for-us';
    if (vrf === this.#tables.vrfs.default && isLabelPacket(packet)) return this.#outOfTunnel(packet, port);
    const protocol = ipv4Protocol(bytes, ipAt);
    if (protocol === PROTOCOL_OSPF || isOfBgp(packet)) {
      const source = ipv4Source(bytes, ipAt);
      const destination = ipv4Destination(bytes, ipAt);
      const ttl = ipv4Ttl(bytes, ipAt);
      const payload = bytes.subarray(
        ipAt + ipv4HeaderLength(bytes, ipAt),
        ipAt + ipv4TotalLength(bytes, ipAt),
      );
      const of = vrf === this.#tables.vrfs.default ? undefined : { vrf: vrf.name };
      this.#deliver({ slot, ...of, port: port.port.name, source, destination, protocol, ttl, payload });
    } else if (protocol !== PROTOCOL_ICMP) {
      return 'not-for-us';
    } else if (isEchoRequest(packet) && mayBeAnswered(packet)) {
      this.#answer(packet, echoReplyFrame(packet));
    } else if (vrf === this.#tables.vrfs.default) {
      this.#pathMtus.learn(packet);
    }
    return undefined;
  }

  /** Sends what the router made in answer to a packet, in the packet's plane, by the packet's slot and VRF. */
  #answer({ plane, slot, tag, vrf }: Packet, frame: Frame): void {
    const answer = new Packet(frame, OWN_IP_AT, plane, slot, tag, vrf, undefined);
    this.#finish(answer, this.#forward(answer, ipv4Destination(frame.bytes, OWN_IP_AT)));
  }

  #seen(packet: Packet, tag: Tag): void {
    if (packet.plane === 'real') this.seen(tag);
  }

  /** What a traced packet leaves behind where it is sent on. */
  #traced(packet: Packet): Postcard | undefined {
    const { bytes } = packet.frame;
    if (!mayBeTraced(bytes, packet.ipAt)) return undefined;
    const probe = probeAt(bytes, packet.ipAt);
    return probe >= 0 && probeTraced(bytes, probe) ? this.#postcard(packet, probe, 'forwarded') : undefined;
  }

  #postcard(packet: Packet, probe: number, verdict: Postcard['verdict'], reason?: DropReason): Postcard {
    const { frame, plane, slot, tag, vrf, acl, policy } = packet;
    const tunnelTo = packet.tunnelled ? undefined : tunnelEnd(packet);
    return {
      timeNs: this.#clock.now(),
      router: this.#router,
      flow: probeFlow(frame.bytes, probe),
      sequence: probeSequence(frame.bytes, probe),
      plane,
      tag: tag === NO_TAG ? this.#tables.planes.tagOf(slot) : tag,
      in: packet.in?.port.name ?? '',
      out: packet.out?.port.name ?? '',
      nextHop: packet.nextHop?.text ?? '',
      ...(vrf !== this.#tables.vrfs.default && { vrf: vrf.name }),
      ...(tunnelTo !== undefined && { tunnelTo }),
      verdict,
      ...(reason && { reason }),
      ...(acl && { acl }),
      ...(policy && { policy }),
    };
  }
}

/** By which address errors are sent about what arrived at the port; of a VPN's packet one of the VRF's. */
function errorSource({ slot, vrf }: Packet, port: EnginePort): Ipv4 | undefined {
  const own = port.slots[slot].vrf === vrf ? port.addressOf(slot) : undefined;
  return own ?? vrf.firstOwn(slot);
}

function isPermitted(list: AccessList, packet: Packet): boolean {
  const verdict = list(packet.frame.bytes, packet.ipAt);
  packet.acl = verdict.text;
  return verdict.permit;
}
