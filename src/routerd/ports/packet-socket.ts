/** AF_PACKET sockets and what is asked of them (packet(7)). */
import * as libc from './libc.ts';

const AF_PACKET = 17;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const SOCKADDR_LL_BYTES = 20;
const PACKET_MREQ_BYTES = 16;
export const ETH_P_ALL = 3;

/** Hears nothing before it is bound. Throws Error. */
export function packetSocket(): number {
  const type = libc.SOCK_RAW | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC;
  return libc.checked(libc.socket(AF_PACKET, type, 0), 'no packet socket; it needs CAP_NET_RAW');
}

/** To an interface, for frames of a protocol; 0: to send alone. Throws Error. */
export function bindPacketSocket(fd: number, index: number, protocol: number): void {
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_BYTES));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, protocol);
  address.setInt32(4, index, true);
  libc.checked(libc.bind(fd, address, SOCKADDR_LL_BYTES), 'the packet socket cannot be bound');
}

/** Hears what is sent to other addresses too, and not what this machine sends itself. Throws Error. */
export function hearAll(fd: number, index: number): void {
  const request = new DataView(new ArrayBuffer(PACKET_MREQ_BYTES));
  request.setInt32(0, index, true);
  request.setUint16(4, PACKET_MR_PROMISC, true);
  const joined = libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, PACKET_MREQ_BYTES);
  libc.checked(joined, 'no promiscuous mode');
  libc.checked(libc.setOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1), 'own frames cannot be left out');
}
