/** The sending end of a stream: sends the pieces that are asked for, in that order, at a steady pace. */
import type { PieceRequest } from '../net/piece-request.ts';
import type { Clock } from '../world/clock.ts';
import type { Departures } from './departures.ts';
import type { RequestDesk } from './request-desk.ts';
import type { SegmentPlan } from './segment.ts';
import { Source, type SourceObserver, type SourceSettings } from './source.ts';

/** A request that comes while more wait is not heard: it will be repeated. */
const MAX_WAITING = 1024;

/** Pieces still to be sent. */
interface Wanted {
  next: number;
  readonly end: number;
}

export class PieceSender {
  readonly #source: Source;
  readonly #wanted: Wanted[] = [];
  #isSending = false;
  #isOpen = false;

  constructor(
    clock: Clock,
    desk: RequestDesk,
    settings: Pick<SourceSettings, 'flow' | 'destination' | 'plane' | 'packetBytes' | 'traceEvery'>,
    plan: SegmentPlan,
    departures: Departures,
    observer: SourceObserver,
  ) {
    const { flow, packetBytes, plane } = settings;
    const isLast = (piece: number): boolean => piece % plan.pieces === plan.pieces - 1;
    this.#source = new Source(
      clock,
      desk.host,
      {
        ...settings,
        count: 0,
        sizes: () => (isLast(this.#wanted[0].next) ? plan.lastPacketBytes : packetBytes),
        pieces: () => this.#take(),
      },
      departures,
      observer,
    );
    desk.serve(flow, (request, cameIn) => {
      if (cameIn === plane) this.#asked(request);
    });
  }

  start(): void {
    this.#isOpen = true;
    this.#source.start(() => this.#sent());
  }

  /** For good. */
  stop(): void {
    this.#isOpen = false;
    this.#source.stop();
  }

  traceAll(on: boolean): void {
    this.#source.traceAll(on);
  }

  #asked({ first, count }: PieceRequest): void {
    const waits = this.#wanted.some(({ next, end }) => next <= first && first < end);
    if (!this.#isOpen || waits || this.#wanted.length >= MAX_WAITING) return;
    this.#wanted.push({ next: first, end: first + count });
    if (!this.#isSending) this.#send();
  }

  #send(): void {
    this.#isSending = true;
    const [{ next, end }] = this.#wanted;
    this.#source.goOn(end - next, () => this.#sent());
  }

  #take(): number {
    const [wanted] = this.#wanted;
    const piece = wanted.next++;
    if (wanted.next === wanted.end) this.#wanted.shift();
    return piece;
  }

  #sent(): void {
    this.#isSending = false;
    if (this.#wanted.length > 0) this.#send();
  }
}
