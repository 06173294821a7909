/**
 * What `ip` is told on hosts and segments: lines of `ip -batch`, which are command lines, too, with `ip` before them.
 */
import { formatIpv4, formatPrefix } from '../../../net/address.ts';
import type { HostMachine, SegmentMachine } from './plan.ts';

const BRIDGE = 'shadowlab';

/** Its address and its way out; the wire has room for labels, which the host must not fill. */
export function hostCommands({ interface: name, address, gateway, mtu }: HostMachine): readonly string[] {
  return [
    `link set dev ${name} mtu ${mtu} up`,
    `address add ${formatPrefix(address)} dev ${name}`,
    `route add default via ${formatIpv4(gateway)} dev ${name}`,
  ];
}

/** A bridge that repeats. */
export function segmentCommands({ interfaces }: SegmentMachine): readonly string[] {
  return [
    `link add name ${BRIDGE} type bridge stp_state 0 mcast_snooping 0`,
    `link set dev ${BRIDGE} up`,
    ...interfaces.map((name) => `link set dev ${name} master ${BRIDGE} up`),
  ];
}
