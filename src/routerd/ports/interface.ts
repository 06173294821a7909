/** What the kernel says of a network interface, asked of a socket in its namespace (netdevice(7)). */
import type { Mac } from '../../net/address.ts';
import { readMac } from '../../net/ethernet.ts';
import { ioctl } from './libc.ts';

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFREQ_BYTES = 40;
/** IFNAMSIZ. */
const NAME_BYTES = 16;
const IFF_UP = 0x01;
const IFF_RUNNING = 0x40;
const ARPHRD_ETHER = 1;

export interface InterfaceFacts {
  readonly index: number;
  readonly mac: Mac;
  readonly mtu: number;
  readonly isEthernet: boolean;
  /** It was switched on. */
  readonly isUp: boolean;
  /** And the other end of its wire as well. */
  readonly isRunning: boolean;
}

/** Undefined where there is none of that name. */
export function interfaceFacts(fd: number, name: string): InterfaceFacts | undefined {
  const request = requestFor(name);
  const ask = (what: number): boolean => ioctl(fd, what, request) === 0;
  if (!ask(SIOCGIFINDEX)) return undefined;
  const index = request.getInt32(NAME_BYTES, true);
  if (!ask(SIOCGIFHWADDR)) return undefined;
  const isEthernet = request.getUint16(NAME_BYTES, true) === ARPHRD_ETHER;
  const mac = readMac(new Uint8Array(request.buffer), NAME_BYTES + 2);
  if (!ask(SIOCGIFMTU)) return undefined;
  const mtu = request.getInt32(NAME_BYTES, true);
  if (!ask(SIOCGIFFLAGS)) return undefined;
  const flags = request.getUint16(NAME_BYTES, true);
  return {
    index,
    mac,
    mtu,
    isEthernet,
    isUp: (flags & IFF_UP) !== 0,
    isRunning: (flags & (IFF_UP | IFF_RUNNING)) === (IFF_UP | IFF_RUNNING),
  };
}

/** False where the process may not (CAP_NET_ADMIN), or the interface cannot. */
export function setInterfaceMtu(fd: number, name: string, mtu: number): boolean {
  const request = requestFor(name);
  request.setInt32(NAME_BYTES, mtu, true);
  return ioctl(fd, SIOCSIFMTU, request) === 0;
}

/** A `struct ifreq`. */
function requestFor(name: string): DataView {
  const request = new DataView(new ArrayBuffer(IFREQ_BYTES));
  for (let at = 0; at < Math.min(name.length, NAME_BYTES - 1); at++) {
    request.setUint8(at, name.charCodeAt(at));
  }
  return request;
}
