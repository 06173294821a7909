/**
 * What became of everything that is sent and not yet acknowledged: ranges of sequence numbers that are on their
 * way, known to have arrived (SACK), or taken for lost; in order, without gaps. RFC 6675, on ranges, not segments.
 *
 * A range that was sent again remembers what had been sent by then. When enough of what was sent *later* arrives,
 * it is taken for lost again; RFC 6675 waits for the timer there.
 */

type Fate = 'flying' | 'sacked' | 'lost';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly fate: Fate;
  /** It counts as lost when enough that lies from here on has arrived. */
  readonly lostBehind: number;
}

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** DupThresh of RFC 6675. */
export const DUPLICATES_MEAN_LOSS = 3;

/** A receiver that acknowledges byte by byte makes no longer list than this: what it says beyond is ignored. */
const MAX_RANGES = 4096;

export class Scoreboard {
  #ranges: Range[] = [];
  #flying = 0;
  #lost = 0;

  /** Bytes on their way: the `pipe`. */
  get flying(): number {
    return this.#flying;
  }

  /** Bytes taken for lost and not sent again yet. */
  get lost(): number {
    return this.#lost;
  }

  /** [start, end) was sent for the first time; it follows on what was sent before. */
  sent(start: number, end: number): void {
    this.#flying += end - start;
    const last = this.#ranges.at(-1);
    if (last?.fate === 'flying' && last.lostBehind === last.end) {
      this.#ranges[this.#ranges.length - 1] = { ...last, end, lostBehind: end };
    } else this.#ranges.push({ start, end, fate: 'flying', lostBehind: end });
  }

  /** [start, end), of one lost range, was sent again when everything before `next` had been sent once. */
  sentAgain(start: number, end: number, next: number): void {
    this.#change(start, end, (fate) => (fate === 'lost' ? 'flying' : fate), next);
  }

  /** Everything before `sequence` has arrived. */
  acknowledged(sequence: number): void {
    let gone = 0;
    for (; gone < this.#ranges.length && this.#ranges[gone].end <= sequence; gone++) {
      this.#count(this.#ranges[gone], -1);
    }
    if (gone > 0) this.#ranges.splice(0, gone);
    const first = this.#ranges[0];
    if (first === undefined || first.start >= sequence) return;
    this.#count(first, -1);
    this.#ranges[0] = { ...first, start: sequence };
    this.#count(this.#ranges[0], 1);
  }

  /** [start, end) has arrived. Returns whether any of it was news. */
  sacked(start: number, end: number): boolean {
    if (this.#ranges.length >= MAX_RANGES) return false;
    return this.#change(start, end, () => 'sacked');
  }

  /**
   * Takes for lost what was sent before something that arrived: three separate stretches, or more bytes than two
   * segments hold (IsLost of RFC 6675). Returns whether any was news.
   */
  findLost(segmentBytes: number): boolean {
    const edge = this.#lossEdge(segmentBytes);
    if (edge === undefined) return false;
    const found = this.#ranges.some(({ fate, lostBehind }) => fate === 'flying' && lostBehind <= edge);
    if (!found) return false;
    this.#replace((range) => {
      return range.fate === 'flying' && range.lostBehind <= edge ? { ...range, fate: 'lost' } : range;
    });
    return true;
  }

  /** Takes the first `length` bytes for lost. */
  loseFirst(length: number): void {
    const first = this.#ranges[0];
    if (first === undefined) return;
    this.#change(first.start, Math.min(first.end, first.start + length), (fate) =>
      fate === 'flying' ? 'lost' : fate,
    );
  }

  /**
   * Takes for lost everything that is not known to have arrived. Where the first range is one that is, the receiver
   * has thrown it away again (RFC 2018 8): nothing that it said counts.
   */
  loseAll(): void {
    const reneged = this.#ranges[0]?.fate === 'sacked';
    this.#replace((range) => (range.fate === 'sacked' && !reneged ? range : { ...range, fate: 'lost' }));
  }

  /** The first lost bytes, `length` of them at most. */
  nextLost(length: number): Stretch | undefined {
    if (this.#lost === 0) return undefined;
    const range = this.#ranges.find(({ fate }) => fate === 'lost');
    return range && { start: range.start, end: Math.min(range.end, range.start + length) };
  }

  /** The last place that enough arrived behind for everything sent before it to be lost. */
  #lossEdge(segmentBytes: number): number | undefined {
    let missing = (DUPLICATES_MEAN_LOSS - 1) * segmentBytes + 1;
    let stretches = 0;
    for (let i = this.#ranges.length - 1; i >= 0; i--) {
      const { start, end, fate } = this.#ranges[i];
      if (fate !== 'sacked') continue;
      if (++stretches >= DUPLICATES_MEAN_LOSS) return end - 1;
      if (end - start >= missing) return end - missing;
      missing -= end - start;
    }
    return undefined;
  }

  /** Gives what lies in [start, end) the fate that `fateOf` says. Returns whether any changed. */
  #change(start: number, end: number, fateOf: (fate: Fate) => Fate, lostBehind?: number): boolean {
    const from = this.#firstEndingAfter(start);
    let to = from;
    let changed = false;
    const pieces: Range[] = [];
    for (; to < this.#ranges.length && this.#ranges[to].start < end; to++) {
      const range = this.#ranges[to];
      const fate = fateOf(range.fate);
      if (fate === range.fate) {
        pieces.push(range);
        continue;
      }
      changed = true;
      const cut = { start: Math.max(start, range.start), end: Math.min(end, range.end) };
      if (range.start < cut.start) pieces.push(part(range, range.start, cut.start));
      const piece = part(range, cut.start, cut.end);
      pieces.push({ ...piece, fate, lostBehind: lostBehind ?? piece.lostBehind });
      if (cut.end < range.end) pieces.push(part(range, cut.end, range.end));
    }
    if (!changed) return false;
    // Neighbours too, so that equal ones become one.
    const first = Math.max(0, from - 1);
    const last = Math.min(this.#ranges.length, to + 1);
    const old = this.#ranges.slice(first, last);
    const merged = joined([...this.#ranges.slice(first, from), ...pieces, ...this.#ranges.slice(to, last)]);
    this.#ranges.splice(first, last - first, ...merged);
    for (const range of old) this.#count(range, -1);
    for (const range of merged) this.#count(range, 1);
    return true;
  }

  #replace(change: (range: Range) => Range): void {
    this.#ranges = joined(this.#ranges.map(change));
    this.#flying = 0;
    this.#lost = 0;
    for (const range of this.#ranges) this.#count(range, 1);
  }

  /** Index of the first range that ends behind `sequence`. */
  #firstEndingAfter(sequence: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle].end <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #count({ start, end, fate }: Range, sign: 1 | -1): void {
    if (fate === 'flying') this.#flying += sign * (end - start);
    else if (fate === 'lost') this.#lost += sign * (end - start);
  }
}

/** A piece of a range: one that was sent once only is lost when enough behind the piece itself has arrived. */
function part(range: Range, start: number, end: number): Range {
  return {
    start,
    end,
    fate: range.fate,
    lostBehind: range.lostBehind === range.end ? end : range.lostBehind,
  };
}

/** Neighbours of one fate become one range, where nothing is forgotten by it. */
function joined(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && last.fate === range.fate && alike(last, range)) {
      merged[merged.length - 1] = { ...last, end: range.end, lostBehind: range.lostBehind };
    } else merged.push(range);
  }
  return merged;
}

function alike(a: Range, b: Range): boolean {
  if (a.fate !== 'flying') return true;
  return a.lostBehind === b.lostBehind || (a.lostBehind === a.end && b.lostBehind === b.end);
}
