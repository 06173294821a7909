/**
 * A router's handle where the router is a daemon: requests go over its management socket, answers come back in the
 * order of asking, or never. A connection that breaks takes with it what was asked on it, and is made anew; those who
 * ask repeat themselves, as over the simulated management network.
 *
 *     waiting ── connected ──▶ greeting ── hello ──▶ open ── broken ──▶ waiting …
 *
 * What was asked while there is no connection is sent when there is one, in order, unless it is too old by then. Where
 * the other end is not the router, or refuses the client, trying again would not help: all requests are then answered
 * with the reason.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { LineTooLongError, linesOf } from '../../../routerd/daemon/lines.ts';
import type { ManagementAnswer, ManagementRequest } from '../../../routerd/management/contract.ts';
import {
  type AnswerLine,
  type Hello,
  PROTOCOL,
  PROTOCOL_VERSION,
  type RequestLine,
  type TokenLine,
} from '../../../routerd/management/protocol.ts';
import { LabError, type RouterHandle } from '../../lab.ts';

export type Where =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly token: string };

export interface ManagementClient extends RouterHandle {
  /**
   * What the daemon said of itself when it was reached first. Rejects with a LabError where it is not reached within
   * `limitMs`, or is no router of this name and version.
   */
  reached(limitMs: number): Promise<Hello>;
  /** Ends the connection for good; nothing is answered any more. */
  close(): void;
}

const RECONNECT_MS = 100;
/** A daemon that accepts and says nothing, or stops in the middle of an answer, is given up after this. */
const SILENCE_LIMIT_MS = 10_000;
/** Requests that may wait for a connection or an answer. One more takes the place of the oldest. */
const MAX_OPEN = 1000;
/** Those who ask have asked again long before. */
const TOO_OLD_MS = 5_000;
/** Of an answer: a FIB of a million routes. */
const MAX_ANSWER_BYTES = 268_435_456;

/** Begins to connect at once. */
export function managementClient(name: string, where: Where): ManagementClient {
  return new Client(name, where);
}

interface Asked {
  readonly id: number;
  readonly request: ManagementRequest;
  readonly answered: (answer: ManagementAnswer) => void;
  readonly atMs: number;
}

class Client implements ManagementClient {
  readonly name: string;
  readonly #where: Where;
  readonly #hello = Promise.withResolvers<Hello>();
  /** In the order of asking; those with `id` below `#sentBelow` are on the connection. */
  readonly #open = new Map<number, Asked>();
  #nextId = 1;
  #sentBelow = 1;
  #socket: Socket | undefined;
  #isGreeted = false;
  /** Why there will be no connection any more. */
  #failure: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Why there is no connection, as far as it is known. */
  #reason = 'not tried yet';

  constructor(name: string, where: Where) {
    this.name = name;
    this.#where = where;
    this.#hello.promise.catch(() => {});
    this.#connect();
  }

  ask(request: ManagementRequest, answered: (answer: ManagementAnswer) => void): void {
    if (this.#failure !== undefined) {
      answerWith(this.#failure, answered);
      return;
    }
    if (this.#open.size >= MAX_OPEN) this.#open.delete(this.#open.keys().next().value ?? 0);
    const id = this.#nextId++;
    this.#open.set(id, { id, request, answered, atMs: performance.now() });
    this.#sendWaiting();
  }

  async reached(limitMs: number): Promise<Hello> {
    const late = Promise.withResolvers<never>();
    const limit = setTimeout(
      () =>
        late.reject(
          new LabError(`router ${this.name} is not reached within ${limitMs / 1000} s: ${this.#reason}`),
        ),
      limitMs,
    );
    try {
      return await Promise.race([this.#hello.promise, late.promise]);
    } finally {
      clearTimeout(limit);
    }
  }

  close(): void {
    this.#open.clear();
    this.#fail('its lab was destroyed');
  }

  #fail(failure: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    clearTimeout(this.#retry);
    for (const { answered } of this.#open.values()) answerWith(failure, answered);
    this.#open.clear();
    this.#socket?.destroy();
    this.#hello.reject(new LabError(`router ${this.name}: ${failure}`));
  }

  #connect(): void {
    const { where, options } = optionsOf(this.#where);
    const socket = connect(options);
    this.#socket = socket;
    this.#isGreeted = false;
    socket.setTimeout(SILENCE_LIMIT_MS, () => {
      // A daemon that owes nothing may be silent.
      if (!this.#isGreeted || this.#sentBelow > this.#oldestOpen()) {
        socket.destroy(new Error('it accepted the connection, but does not answer'));
      }
    });
    socket.on('error', (error) => {
      this.#reason = `${where}: ${error.message}`;
    });
    socket.once('close', () => this.#lost());
    this.#listen(socket).catch((error: unknown) => {
      if (error instanceof WrongPeerError) this.#fail(`${where}: ${error.message}`);
      else if (error instanceof LineTooLongError) socket.destroy(error);
      // Whatever else ends the stream was told by `error`.
    });
  }

  async #listen(socket: Socket): Promise<void> {
    for await (const text of linesOf(socket, () => MAX_ANSWER_BYTES)) {
      if (this.#isGreeted) this.#take(text);
      else this.#greet(socket, text);
    }
    socket.destroy();
  }

  #greet(socket: Socket, text: string): void {
    const hello = readHello(text, this.name);
    if (hello.authorization === 'token') {
      if (!('token' in this.#where)) throw new WrongPeerError('it asks for a token, and none is known');
      socket.write(`${JSON.stringify({ token: this.#where.token } satisfies TokenLine)}\n`);
    }
    this.#isGreeted = true;
    this.#hello.resolve(hello);
    this.#sendWaiting();
  }

  #take(text: string): void {
    const line = readAnswer(text);
    if ('error' in line) throw new WrongPeerError(line.error);
    const asked = this.#open.get(line.id);
    this.#open.delete(line.id);
    asked?.answered(line.answer);
  }

  #sendWaiting(): void {
    const socket = this.#socket;
    if (!this.#isGreeted || socket === undefined) return;
    const tooOldMs = performance.now() - TOO_OLD_MS;
    for (let id = Math.max(this.#sentBelow, this.#oldestOpen()); id < this.#nextId; id++) {
      const asked = this.#open.get(id);
      if (asked === undefined) continue;
      if (asked.atMs < tooOldMs) this.#open.delete(id);
      else socket.write(`${JSON.stringify({ id, request: asked.request } satisfies RequestLine)}\n`);
    }
    this.#sentBelow = this.#nextId;
  }

  #oldestOpen(): number {
    return this.#open.keys().next().value ?? this.#nextId;
  }

  #lost(): void {
    for (const id of this.#open.keys()) if (id < this.#sentBelow) this.#open.delete(id);
    this.#isGreeted = false;
    if (this.#failure === undefined) this.#retry = setTimeout(() => this.#connect(), RECONNECT_MS);
  }
}

/** Not before `ask` has returned. */
function answerWith(error: string, answered: (answer: ManagementAnswer) => void): void {
  queueMicrotask(() => answered({ ok: false, error }));
}

/** The other end is not what it was taken for: trying again would not help. */
class WrongPeerError extends Error {}

function optionsOf(where: Where): { readonly where: string; readonly options: NetConnectOpts } {
  if ('path' in where) return { where: where.path, options: { path: where.path } };
  const { host, port } = where;
  return { where: `${host}:${port}`, options: { host, port, noDelay: true } };
}

function readHello(text: string, name: string): Hello {
  const hello: Partial<Hello> = parse(text);
  if (hello.protocol !== PROTOCOL) throw new WrongPeerError('what answers there is no router');
  if (hello.version !== PROTOCOL_VERSION) {
    throw new WrongPeerError(
      `it speaks version ${hello.version} of the management protocol, not ${PROTOCOL_VERSION}`,
    );
  }
  if (hello.router !== name) throw new WrongPeerError(`what answers there is router ${hello.router}`);
  // Protocol and version were checked, and say what else is there.
  return hello as Hello;
}

function readAnswer(text: string): AnswerLine {
  const line: Partial<AnswerLine & { error: string }> = parse(text);
  if (!('id' in line) && !('error' in line)) throw new WrongPeerError('it does not speak the protocol');
  return line as AnswerLine;
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, as of anything else that is no object.
  }
  throw new WrongPeerError('it does not speak the protocol');
}
