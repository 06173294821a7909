/**
 * BGP speakers joined by byte streams in memory, on a virtual clock: what one end writes the other reads a while
 * later, in pieces of any size, as many bytes on their way as the stream holds.
 */
import type { Ipv4 } from '../../../../src/net/address.ts';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import type {
  Agreement,
  ByteStream,
  Family,
  Session,
  SessionSettings,
  StreamEvents,
  Transport,
  Update,
} from '../../../../src/routerd/protocols/bgp/contract.ts';
import { sessionsOver } from '../../../../src/routerd/protocols/bgp/session.ts';
import { VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../../src/world/clock.ts';
import { type Random, seededRandom } from '../../../../src/world/random.ts';

const DELAY_NS = 5 * MILLISECOND;

export class Streams {
  readonly clock = new VirtualClock();
  readonly random: Random;
  /** Bytes on their way, at most. */
  capacity = 65_536;
  /** No byte and no sign of life goes through while it is cut. */
  isCut = false;
  readonly streams: MemoryStream[] = [];
  readonly #listeners = new Map<Ipv4, Map<Ipv4, (stream: ByteStream) => StreamEvents>>();

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  transport(local: Ipv4): Transport {
    return {
      connect: ({ remote }, events) => {
        const [near, far] = pair(this, local, remote);
        near.events = events;
        this.clock.call(DELAY_NS, () => {
          if (this.isCut) return;
          const accept = this.#listeners.get(remote)?.get(local);
          if (accept === undefined) near.tellClosed('refused');
          else {
            far.events = accept(far);
            this.clock.call(DELAY_NS, () => events.connected());
          }
        });
        return near;
      },
      listen: ({ remote }, accept) => {
        const own = this.#listeners.get(local) ?? new Map();
        this.#listeners.set(local, own.set(remote, accept));
        return { stop: () => own.delete(remote) };
      },
    };
  }

  /** A router that stops without a word: what its neighbours send into old connections is answered by a reset. */
  vanish(address: Ipv4): void {
    this.#listeners.delete(address);
    for (const stream of this.streams) if (stream.local === address) stream.vanish();
  }

  run(seconds: number): void {
    this.clock.runUntil(this.clock.now() + seconds * SECOND);
  }
}

class MemoryStream implements ByteStream {
  readonly local: Ipv4;
  readonly remote: Ipv4;
  readonly #streams: Streams;
  peer: MemoryStream | undefined;
  events: StreamEvents | undefined;
  readonly #arrived: number[] = [];
  /** Written here, not yet read there. */
  inFlight = 0;
  #wantsRoom = false;
  #isClosed = false;
  #isGone = false;

  constructor(streams: Streams, local: Ipv4, remote: Ipv4) {
    this.#streams = streams;
    streams.streams.push(this);
    this.local = local;
    this.remote = remote;
  }

  read(limit: number): Uint8Array {
    const bytes = Uint8Array.from(this.#arrived.splice(0, limit));
    const { peer } = this;
    if (peer !== undefined && bytes.length > 0) {
      peer.inFlight -= bytes.length;
      if (peer.#wantsRoom) {
        peer.#wantsRoom = false;
        this.#later(() => peer.events?.writable());
      }
    }
    return bytes;
  }

  write(bytes: Uint8Array): number {
    if (this.#isClosed) return 0;
    const taken = Math.min(bytes.length, this.#streams.capacity - this.inFlight);
    this.#wantsRoom = taken < bytes.length;
    this.inFlight += taken;
    const piece = bytes.slice(0, taken);
    this.#later(() => {
      const { peer } = this;
      if (peer === undefined) return;
      if (peer.#isGone) {
        this.tellClosed('reset');
        return;
      }
      for (const byte of piece) peer.#arrived.push(byte);
      peer.events?.readable();
    });
    return taken;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#later(() => this.peer?.events?.ended());
  }

  abort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#later(() => this.peer?.tellClosed('reset'));
    this.tellClosed('aborted');
  }

  vanish(): void {
    this.#isGone = true;
    this.#isClosed = true;
    this.events = undefined;
  }

  tellClosed(why: string): void {
    this.#isClosed = true;
    this.events?.closed(why);
  }

  #later(deliver: () => void): void {
    this.#streams.clock.call(DELAY_NS, () => {
      if (!this.#streams.isCut) deliver();
    });
  }
}

function pair(streams: Streams, local: Ipv4, remote: Ipv4): readonly [MemoryStream, MemoryStream] {
  const near = new MemoryStream(streams, local, remote);
  const far = new MemoryStream(streams, remote, local);
  near.peer = far;
  far.peer = near;
  return [near, far];
}

export const SETTINGS: SessionSettings = {
  localAs: 65001,
  remoteAs: 'external',
  routerId: 1,
  families: ['ipv4'],
  holdS: 180,
  keepaliveS: 60,
  connectRetryS: 120,
  passive: false,
};

/** One end, and all that it was told. */
export class Speaker {
  readonly address: Ipv4;
  settings: SessionSettings;
  readonly session: Session;
  readonly updates: Update[] = [];
  readonly agreements: Agreement[] = [];
  readonly lost: string[] = [];
  readonly refreshes: Family[] = [];
  readonly log: string[] = [];
  writable = 0;

  constructor(streams: Streams, address: Ipv4, neighbour: Ipv4, settings: Partial<SessionSettings>) {
    this.address = address;
    this.settings = { ...SETTINGS, routerId: address, ...settings };
    const world = {
      clock: streams.clock,
      random: streams.random.fork(String(address)),
      log: (_level: string, text: string) => void this.log.push(text),
    };
    const make = sessionsOver(world, streams.transport(address), new AttributePool());
    this.session = make({ remote: neighbour, ttl: 1 }, () => this.settings, {
      established: (agreement) => void this.agreements.push(agreement),
      update: (update) => void this.updates.push(update),
      refresh: (family) => void this.refreshes.push(family),
      writable: () => void this.writable++,
      lost: (reason) => void this.lost.push(reason),
    });
  }
}

/** AS 65001 at address 1 and AS 65002 at address 2, both started. */
export function twoSpeakers(
  a: Partial<SessionSettings> = {},
  b: Partial<SessionSettings> = {},
  streams = new Streams(),
) {
  const one = new Speaker(streams, 1, 2, a);
  const two = new Speaker(streams, 2, 1, { localAs: 65002, ...b });
  one.session.start();
  two.session.start();
  return { streams, one, two };
}
