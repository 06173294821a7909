/** A TUN device in a network namespace: what the kernel sends by it is read here, what is written here arrives there. */
import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
const setns = libc.func('int setns(int fd, int type)');
const read = libc.func('long read(int fd, void *buffer, unsigned long length)');
const write = libc.func('long write(int fd, const void *buffer, unsigned long length)');
const poll = libc.func('int poll(void *fds, unsigned long count, int timeout)');

const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const CLONE_NEWNET = 0x40000000;
const POLLIN = 1;
const MAX_PACKET = 65_536;
/** Packets in a row before others have their turn. */
const BATCH = 64;

export class Tun {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(MAX_PACKET);
  #closed: (() => void) | undefined;

  /** Makes a device called `name` in the namespace. */
  constructor(namespace: string, name: string) {
    this.#fd = inNamespace(namespace, () =>
      openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK),
    );
    const request = Buffer.alloc(40);
    request.write(name, 0, 15);
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
    check('ioctl TUNSETIFF', ioctl(this.#fd, TUNSETIFF, request));
  }

  /** Hands every packet to `receive`, until `close`. The bytes are valid only during the call. */
  async run(receive: (packet: Uint8Array) => void): Promise<void> {
    const fds = Buffer.alloc(8);
    fds.writeInt32LE(this.#fd, 0);
    fds.writeInt16LE(POLLIN, 4);
    while (this.#closed === undefined) {
      let count = 0;
      for (; count < BATCH; count++) {
        const length = Number(read(this.#fd, this.#buffer, MAX_PACKET));
        if (length <= 0) break;
        receive(this.#buffer.subarray(0, length));
      }
      // In a thread, as it waits; not long, so that `close` is noticed.
      if (count < BATCH) await new Promise((resume) => poll.async(fds, 1, 20, resume));
      else await new Promise((resume) => setImmediate(resume));
    }
    closeSync(this.#fd);
    this.#closed();
  }

  /** What the device's queue has no room for is lost, as on any link. */
  send(packet: Uint8Array): void {
    if (this.#closed === undefined) write(this.#fd, packet, packet.length);
  }

  /** Once nothing uses it any more. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve;
    });
  }
}

/** Runs `task` with this thread in another namespace. */
export function inNamespace<T>(name: string, task: () => T): T {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(`/run/netns/${name}`, 'r');
  check('setns', setns(other, CLONE_NEWNET));
  try {
    return task();
  } finally {
    check('setns', setns(own, CLONE_NEWNET));
    closeSync(own);
    closeSync(other);
  }
}

function check(what: string, result: number): void {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
}
