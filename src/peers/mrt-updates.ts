/** One feed's messages out of a file of them (BGP4MP), as changes of a table and when they come. */
import { AttributePool } from '../routerd/protocols/bgp/attribute-pool.ts';
import type { Nlri } from '../routerd/protocols/bgp/contract.ts';
import { MAX_EXTENDED_BYTES, MESSAGE, messageLength } from '../routerd/protocols/bgp/message.ts';
import { type DecodedUpdate, decodeUpdate } from '../routerd/protocols/bgp/update.ts';
import { keyOf } from '../routerd/rib/prefix-map.ts';
import { MICROSECOND, type TimeNs } from '../world/clock.ts';
import { chooseFeed, type Feed, isMeant, type KnownFeed } from './feed.ts';
import type { MessageRecord, MrtRecord } from './mrt.ts';
import { type Announcer, announcedBy, type RouteChange } from './route-table.ts';

export interface Pace {
  /** When the first message of the file, whosever it is, is due. */
  readonly startNs: TimeNs;
  /** How many times as fast as recorded. */
  readonly speed: number;
}

export class UpdateReader {
  readonly #feed: Feed;
  readonly #announcer: Announcer;
  readonly #pace: Pace;
  readonly #pool = new AttributePool();
  /** Of the whole file, each once. */
  readonly #known = new Map<string, KnownFeed>();
  readonly #changes: RouteChange[] = [];
  #firstUs: number | undefined;
  #lastNs = 0;

  /** The changes are made to be announced by `announcer`. */
  constructor(feed: Feed, announcer: Announcer, pace: Pace) {
    this.#feed = feed;
    this.#announcer = announcer;
    this.#pace = pace;
  }

  /** The next record of the file; always true: more are wanted. */
  take(record: MrtRecord): boolean {
    if (record.kind !== 'message') return true;
    this.#firstUs ??= record.timeUs;
    const feed = { as: record.peerAs, address: record.peerAddress };
    this.#known.set(`${feed.as} ${feed.address}`, feed);
    if (isMeant(this.#feed, feed) && !record.local) this.#add(record, record.timeUs - this.#firstUs);
    return true;
  }

  /** The changes, in order; or what is wrong with the file, in words that follow its name. */
  finish(): { readonly changes: readonly RouteChange[] } | { readonly wrong: string } {
    if (this.#firstUs === undefined) return { wrong: 'holds no messages (BGP4MP)' };
    const found = chooseFeed([...this.#known.values()], this.#feed);
    return 'wrong' in found ? found : { changes: this.#changes };
  }

  #add(record: MessageRecord, afterUs: number): void {
    const { startNs, speed } = this.#pace;
    // Collectors write in the order of hearing, by clocks that are set now and then.
    this.#lastNs = Math.max(this.#lastNs, Math.round(startNs + (afterUs * MICROSECOND) / speed));
    for (const { withdrawn, announced, attributes: found } of readUpdate(record, this.#pool)) {
      const attributes = found && announced.length > 0 ? announcedBy(this.#announcer, found) : undefined;
      if (withdrawn.length === 0 && attributes === undefined) continue;
      this.#changes.push({
        afterNs: this.#lastNs,
        withdrawn: keysOf(withdrawn),
        ...(attributes && { announced: { attributes, prefixes: keysOf(announced) } }),
      });
    }
  }
}

/** What a message says of IPv4; nothing where it is no UPDATE, or one that would end a session. */
export function readUpdate(
  { message, fourByteAs }: Pick<MessageRecord, 'message' | 'fourByteAs'>,
  pool: AttributePool,
): DecodedUpdate['updates'] {
  const length = messageLength(message, 0, message.length, MAX_EXTENDED_BYTES);
  if (length !== message.length || message[18] !== MESSAGE.UPDATE) return [];
  const decoded = decodeUpdate(message, { fourByteAs, external: true, families: ['ipv4'] }, pool);
  return 'updates' in decoded ? decoded.updates : [];
}

function keysOf(nlri: readonly Nlri[]): readonly number[] {
  return [...new Set(nlri.map(({ prefix }) => keyOf(prefix)))];
}
