/** Waiting for frames and for the control plane, in one system call, exact to microseconds. */
import { closeSync, readSync } from 'node:fs';
import { SECOND, type TimeNs } from '../../world/clock.ts';
import * as libc from '../ports/libc.ts';

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
    this.wakeFd = libc.checked(libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), 'no eventfd');
    // The kernel may else add 50 us to every wait.
    libc.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
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
    if (libc.ppoll(this.#fds, this.#count, this.#timeout, null) > 0 && this.#fds.getInt16(6, true) !== 0) {
      readSync(this.wakeFd, this.#counter);
    }
  };

  close(): void {
    closeSync(this.wakeFd);
  }
}
