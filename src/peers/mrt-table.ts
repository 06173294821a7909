/** One feed's table out of a table dump (TABLE_DUMP_V2). */
import { contains, type Prefix } from '../net/address.ts';
import { decodeAttributes } from '../routerd/protocols/bgp/attribute-codec.ts';
import type { PathAttributes } from '../routerd/protocols/bgp/attributes.ts';
import { keyOf } from '../routerd/rib/prefix-map.ts';
import { chooseFeed, type Feed } from './feed.ts';
import type { MrtRecord, RibEntry } from './mrt.ts';
import { type Announcer, announcedBy, RouteTable } from './route-table.ts';

export interface TableChoice {
  readonly feed: Feed;
  /** The first so many prefixes; absent: all. */
  readonly limit?: number;
  /** Only prefixes that lie in one of these; absent: all. */
  readonly within?: readonly Prefix[];
}

interface Group {
  readonly attributes: PathAttributes;
  readonly prefixes: number[];
}

export class TableReader {
  readonly #choice: TableChoice;
  readonly #announcer: Announcer;
  readonly #limit: number;
  /** By the attributes' bytes; undefined for those that no route can be announced with. */
  readonly #groups = new Map<string, Group | undefined>();
  #feed: number | undefined;
  #prefixes = 0;
  #wrong: string | undefined;

  /** The routes are made to be announced by `announcer`. */
  constructor(choice: TableChoice, announcer: Announcer) {
    this.#choice = choice;
    this.#announcer = announcer;
    this.#limit = choice.limit ?? Number.POSITIVE_INFINITY;
  }

  /** The next record of the file; returns whether more are wanted. */
  take(record: MrtRecord): boolean {
    if (record.kind === 'peer-index-table') {
      if (this.#feed !== undefined) return this.#refuse(record.at);
      const found = chooseFeed(record.peers, this.#choice.feed);
      if ('wrong' in found) this.#wrong = found.wrong;
      else this.#feed = record.peers.indexOf(found.chosen);
    } else if (record.kind === 'rib') {
      const entry = record.entries.find(({ peer }) => peer === this.#feed);
      if (entry !== undefined && this.#isChosen(record.prefix)) this.#add(record.prefix, entry);
    }
    return this.#wrong === undefined && this.#prefixes < this.#limit;
  }

  /** The table; or what is wrong with the file, in words that follow its name. */
  finish(): RouteTable | { readonly wrong: string } {
    if (this.#wrong !== undefined) return { wrong: this.#wrong };
    if (this.#feed === undefined) return { wrong: 'holds no table (TABLE_DUMP_V2)' };
    if (this.#prefixes === 0) return { wrong: 'has no IPv4 prefix of that peer which is asked for here' };
    const groups = [...this.#groups.values()].filter((group) => group !== undefined);
    return new RouteTable(groups);
  }

  /** Collectors that write one table after the other may write them all to one file. */
  #refuse(at: number): false {
    this.#wrong = `holds several tables: the second begins at byte ${at}; cut the file there`;
    return false;
  }

  #isChosen(prefix: Prefix): boolean {
    const { within } = this.#choice;
    return (
      within === undefined ||
      within.some((outer) => outer.length <= prefix.length && contains(outer, prefix.address))
    );
  }

  #add(prefix: Prefix, { attributes: bytes }: RibEntry): void {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    let group = this.#groups.get(key);
    if (group === undefined && !this.#groups.has(key)) {
      group = this.#decode(bytes);
      this.#groups.set(key, group);
    }
    if (group === undefined) return;
    group.prefixes.push(keyOf(prefix));
    this.#prefixes++;
  }

  /** RFC 6396 4.3.4: AS numbers have four bytes there. */
  #decode(bytes: Uint8Array): Group | undefined {
    const decoded = decodeAttributes(bytes, 0, bytes.length, { fourByteAs: true, external: true });
    if (!('found' in decoded)) return undefined;
    const attributes = announcedBy(this.#announcer, decoded.found);
    return attributes === undefined ? undefined : { attributes, prefixes: [] };
  }
}
