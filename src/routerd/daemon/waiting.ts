/** Waiting for frames and for the control plane, in one system call, exact to microseconds. */
import { closeSync, readSync } from 'node:fs';
import koffi from 'koffi';
import { SECOND, type TimeNs } from '../../world/clock.ts';

const libc = koffi.load('libc.so.6');
const ppoll = libc.func(
  'int ppoll(void *fds, unsigned long count, const void *timeout, const void *signals)',
);
const eventfd = libc.func('int eventfd(unsigned int value, int flags)');
const prctl = libc.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
const PR_SET_TIMERSLACK = 29;
const POLLIN = 1;
const POLLFD_BYTES = 8;

export class Waiting {
  /** Whoever writes to it wakes who waits. */
  readonly wakeFd: number;
  readonly #count: number;
  readonly #fds: DataView;
  readonly #timeout = new BigInt64Array(2);
  readonly #counter = new Uint8Array(8);

  /** Calls of this thread alone. */
  constructor(fds: readonly number[]) {
    this.wakeFd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.wakeFd < 0) throw new Error(`eventfd failed (errno ${koffi.errno()})`);
    // The kernel may else add 50 us to every wait.
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    this.#count = fds.length + 1;
    this.#fds = new DataView(new ArrayBuffer(this.#count * POLLFD_BYTES));
    for (const [index, fd] of [this.wakeFd, ...fds].entries()) {
      this.#fds.setInt32(index * POLLFD_BYTES, fd, true);
      this.#fds.setInt16(index * POLLFD_BYTES + 4, POLLIN, true);
    }
  }

  readonly wait = (forNs: TimeNs): void => {
    this.#timeout[0] = BigInt(Math.floor(forNs / SECOND));
    this.#timeout[1] = BigInt(Math.ceil(forNs % SECOND));
    if (ppoll(this.#fds, this.#count, this.#timeout, null) > 0 && this.#fds.getInt16(6, true) !== 0) {
      readSync(this.wakeFd, this.#counter);
    }
  };

  close(): void {
    closeSync(this.wakeFd);
  }
}
