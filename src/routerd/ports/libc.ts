/**
 * The system calls of real ports, typed. A call that fails returns less than 0; `errno` says why. Descriptors that
 * are made here belong to the network namespace of the thread that made them.
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

type Memory = Uint8Array | Int32Array | Uint32Array | BigInt64Array | DataView;

export const socket: (domain: number, type: number, protocol: number) => number = libc.func(
  'int socket(int domain, int type, int protocol)',
);
export const bind: (fd: number, address: Memory, length: number) => number = libc.func(
  'int bind(int fd, const void *address, unsigned int length)',
);
export const connect: (fd: number, address: Memory, length: number) => number = libc.func(
  'int connect(int fd, const void *address, unsigned int length)',
);
export const setsockopt: (fd: number, level: number, name: number, value: Memory, length: number) => number =
  libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)');
export const getsockopt: (fd: number, level: number, name: number, value: Memory, length: Memory) => number =
  libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
export const ioctl: (fd: number, request: number, argument: Memory) => number = libc.func(
  'int ioctl(int fd, unsigned long request, void *argument)',
);
export const send: (fd: number, bytes: Memory | null, length: number, flags: number) => number = libc.func(
  'long send(int fd, const void *bytes, unsigned long length, int flags)',
);
export const recv: (fd: number, bytes: Memory, length: number, flags: number) => number = libc.func(
  'long recv(int fd, void *bytes, unsigned long length, int flags)',
);
export const sendmmsg: (fd: number, messages: Memory, count: number, flags: number) => number = libc.func(
  'int sendmmsg(int fd, void *messages, unsigned int count, int flags)',
);
export const recvmmsg: (fd: number, messages: Memory, count: number, flags: number, timeout: null) => number =
  libc.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)');
export const ppoll: (fds: Memory, count: number, timeout: Memory, signals: null) => number = libc.func(
  'int ppoll(void *fds, unsigned long count, const void *timeout, const void *signals)',
);
export const eventfd: (value: number, flags: number) => number = libc.func(
  'int eventfd(unsigned int value, int flags)',
);
export const prctl: (option: number, a: number, b: number, c: number, d: number) => number = libc.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
export const setns: (fd: number, kind: number) => number = libc.func('int setns(int fd, int kind)');
export const close: (fd: number) => number = libc.func('int close(int fd)');
export const dup3: (from: number, to: number, flags: number) => number = libc.func(
  'int dup3(int from, int to, int flags)',
);
const mmap: (
  at: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => unknown = libc.func(
  'void *mmap(void *at, unsigned long length, int protection, int flags, int fd, long offset)',
);
const munmap: (at: unknown, length: number) => number = libc.func(
  'int munmap(void *at, unsigned long length)',
);
/** `at` as it stands in /proc/self/maps. */
export const madvise: (at: bigint, length: number, advice: number) => number = libc.func(
  'int madvise(uint64_t at, unsigned long length, int advice)',
);
const strerror: (number: number) => string = libc.func('const char *strerror(int number)');

const clockGettime: (clock: number, time: Memory) => number = libc.func(
  'int clock_gettime(int clock, void *time)',
);

export const AF_INET = 2;
export const CLONE_NEWNET = 0x40000000;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const MSG_DONTWAIT = 0x40;
/** Pages of a file, never written to, are read from it again. */
export const MADV_DONTNEED = 4;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_FAILED = 0xffffffffffffffffn;

export const EAGAIN = 11;
export const ENOBUFS = 105;

export const errno = (): number => koffi.errno();

/** What a call returned; throws Error, beginning with `what`, where it failed. */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const number = errno();
  throw new Error(`${what}: ${strerror(number)} (errno ${number})`);
}

/** The clock by which the kernel stamps what it receives; CLOCK_REALTIME is 0. */
export function realTime(): { readonly seconds: number; readonly nanoseconds: number } {
  const time = new BigInt64Array(2);
  checked(clockGettime(0, time), 'no clock');
  return { seconds: Number(time[0]), nanoseconds: Number(time[1]) };
}

export function setOption(fd: number, level: number, name: number, value: number): number {
  return setsockopt(fd, level, name, Int32Array.of(value), 4);
}

/** Memory that the kernel sees as well. Once it is unmapped its arrays may not be touched any more. */
export class Mapping {
  readonly bytes: Uint8Array;
  readonly halfWords: Uint16Array;
  readonly words: Int32Array;
  readonly longs: BigUint64Array;
  /** Where it is, for structures that hold pointers. */
  readonly address: bigint;
  readonly #at: unknown;

  /** Of a descriptor from `offset` on, or without one zeros of its own. Throws Error. */
  constructor(length: number, fd?: number, offset = 0) {
    const flags = fd === undefined ? MAP_PRIVATE_ANONYMOUS : MAP_SHARED;
    this.#at = mmap(null, length, PROT_READ_WRITE, flags, fd ?? -1, offset);
    this.address = koffi.address(this.#at);
    if (this.address === MAP_FAILED) checked(-1, `${length} bytes could not be mapped`);
    const buffer = koffi.view(this.#at, length);
    this.bytes = new Uint8Array(buffer);
    this.halfWords = new Uint16Array(buffer, 0, length >> 1);
    this.words = new Int32Array(buffer, 0, length >> 2);
    this.longs = new BigUint64Array(buffer, 0, length >> 3);
  }

  unmap(): void {
    munmap(this.#at, this.bytes.length);
  }
}
