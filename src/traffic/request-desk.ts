/** Hears what the receivers of streams ask a host for, and tells streams apart. */
import { decodePieceRequest, type PieceRequest } from '../net/piece-request.ts';
import { type Plane, REQUEST_PORT } from '../net/wire.ts';
import type { Host } from './host.ts';

export class RequestDesk {
  readonly host: Host;
  readonly #streams = new Map<number, (request: PieceRequest, plane: Plane) => void>();

  /** Listens on the host's REQUEST_PORT from now on. One desk a host. */
  constructor(host: Host) {
    this.host = host;
    host.listen(REQUEST_PORT, ({ bytes, start, end, plane }) => {
      const request = decodePieceRequest(bytes, start, end);
      if (request !== undefined) this.#streams.get(request.flow)?.(request, plane);
    });
  }

  /** Names who hears of the requests for a stream, and in which plane each came; of one stream, one. */
  serve(flow: number, asked: (request: PieceRequest, plane: Plane) => void): void {
    this.#streams.set(flow, asked);
  }
}
