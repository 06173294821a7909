/**
 * Working through the packets that carry LSAs, or ask for them (RFC 2328 10.7, 13, 13.7). Which LSA is whose is up
 * to its flooding scope; here it is only a matter of which scope that is, and of what one packet is answered by.
 */
import { type Context, nowMs } from './context.ts';
import type { Answer } from './flooding.ts';
import type { Interface, LinkStatePacket } from './interface.ts';
import type { LsaIdentity } from './lsa.ts';
import type { LsdbEntry } from './lsdb.ts';
import type { Neighbour } from './neighbour.ts';
import { encodeAcknowledgement, type ReceivedLsa, splitAcknowledgement } from './packet.ts';
import type { Scope } from './scope.ts';

/** Those that an interface has LSAs of. */
export interface Scopes {
  /** Undefined for a type that nobody knows, or that the area of the interface does not have. */
  scopeOf(at: Interface, type: number): Scope | undefined;
  /** LSAs at MaxAge that nobody needs to be told of any more go. */
  purge(at: Interface): void;
}

export class Reception {
  readonly #context: Context;
  readonly #scopes: Scopes;

  constructor(context: Context, scopes: Scopes) {
    this.#context = context;
    this.#scopes = scopes;
  }

  receive(at: Interface, neighbour: Neighbour, packet: LinkStatePacket): void {
    switch (packet.type) {
      case 'update':
        this.#receiveUpdate(at, neighbour, packet.bytes, packet.lsas);
        break;
      case 'acknowledgement':
        for (const header of packet.headers) {
          this.#scopes.scopeOf(at, header.type)?.flooding.acknowledged(neighbour, header);
        }
        this.#scopes.purge(at);
        break;
      case 'request':
        this.#answerRequests(at, neighbour, packet.requests);
        break;
    }
  }

  #receiveUpdate(at: Interface, neighbour: Neighbour, bytes: Uint8Array, lsas: readonly ReceivedLsa[]): void {
    const origin = { at, neighbour };
    const answer: Answer = { acknowledgements: [], newer: [] };
    for (const received of lsas) {
      const scope = this.#scopes.scopeOf(at, received.header.type);
      // 13, steps 2 and 3.
      if (scope === undefined) this.#context.refuse(at.name, 'lsa');
      else scope.flooding.receive(origin, bytes, received, answer);
      if (!neighbour.atLeast('Exchange')) return;
    }
    for (const packet of splitAcknowledgement(answer.acknowledgements, neighbour.packetSize)) {
      neighbour.sendPacket(encodeAcknowledgement(this.#context, packet));
    }
    neighbour.sendUpdates(answer.newer);
    neighbour.exchange?.proceed();
    this.#scopes.purge(at);
  }

  /** A request names what we described: if we do not have it, the exchange went wrong (10.7). */
  #answerRequests(at: Interface, neighbour: Neighbour, requests: readonly LsaIdentity[]): void {
    const now = nowMs(this.#context.clock);
    const entries = new Set<LsdbEntry>();
    for (const { type, id, advertisingRouter } of requests) {
      const entry = this.#scopes.scopeOf(at, type)?.lsdb.find(type, id, advertisingRouter);
      if (entry === undefined) {
        neighbour.handle('BadLSReq', 'it asked for an LSA that we do not have');
        return;
      }
      entries.add(entry);
    }
    const lsas = [...entries].map((entry) => entry.aged(now));
    neighbour.sendUpdates(lsas);
  }
}
