/** How frames leave by an interface. The kernel copies them; the frame itself stays the caller's. */
import type { Frame } from '../../world/frame.ts';

export interface Transmitter {
  /** Keeps a copy for `flush`; false where there is no room now. Of a frame in at most CHUNK_BYTES. */
  push(frame: Frame): boolean;
  /** Hands what was pushed to the kernel; how many frames it refused. */
  flush(): number;
  /** It will not send any more: the interface is down, or gone. */
  readonly isBroken: boolean;
  close(): void;
}

/** Bytes for one frame of a link of 1500 bytes, its headroom included. */
export const CHUNK_BYTES = 2048;
