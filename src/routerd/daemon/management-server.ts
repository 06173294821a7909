/**
 * Serves management to several clients at once (management/protocol.ts): on a Unix socket that only its owner may
 * use, and, where asked, on TCP to those who know the token. A client that does not read its answers is not read
 * from either; one that speaks something else is told so and hung up on.
 */
import { timingSafeEqual } from 'node:crypto';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { TimeNs } from '../../world/clock.ts';
import type { ManagementAnswer, ManagementRequest } from '../management/contract.ts';
import {
  type AnswerLine,
  type Hello,
  MAX_REQUEST_BYTES,
  PROTOCOL,
  PROTOCOL_VERSION,
} from '../management/protocol.ts';
import { readRequest } from '../management/request.ts';
import { LineTooLongError, linesOf } from './lines.ts';
import type { SocketAddress } from './settings.ts';

export const MAX_CONNECTIONS = 32;
/** Bytes of a line before the token is known. */
const MAX_TOKEN_BYTES = 4096;
/** Who has not shown the token by then is hung up on. */
const TOKEN_LIMIT_MS = 5000;

export interface Served {
  readonly router: string;
  now(): TimeNs;
  manage(request: ManagementRequest): ManagementAnswer;
}

export class ManagementServer {
  readonly #served: Served;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #failed: (error: unknown) => void;

  /** `failed` is told what a request threw: that is the router's fault, not the client's. */
  constructor(served: Served, failed: (error: unknown) => void) {
    this.#served = served;
    this.#failed = failed;
  }

  /**
   * Listens on a Unix socket with mode 0600. A socket that a killed daemon left is replaced; one that somebody
   * listens on, or a file that is no socket, is an Error.
   */
  async listenOnPath(path: string): Promise<void> {
    if (!existsSync(dirname(path))) throw new Error(`there is no folder ${dirname(path)}`);
    await removeStale(path);
    const umask = process.umask(0o177);
    try {
      await this.#listen({ path }, undefined);
    } finally {
      process.umask(umask);
    }
  }

  async listenOnTcp({ address, port }: SocketAddress, token: string): Promise<void> {
    await this.#listen({ host: address, port }, token);
  }

  /** Hangs up on all clients; the socket file is gone when this returns. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(
    where: { path: string } | { host: string; port: number },
    token: string | undefined,
  ): Promise<void> {
    const server = createServer((socket) => this.#accept(socket, token));
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
    this.#servers.push(server);
  }

  #accept(socket: Socket, token: string | undefined): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // The client is gone: nothing is owed to it.
    socket.on('error', () => socket.destroy());
    this.#serve(socket, token).catch((error: unknown) => {
      const isClients = error instanceof ProtocolError || error instanceof LineTooLongError;
      if (isClients) hangUp(socket, error.message);
      else if (socket.destroyed) return;
      else this.#failed(error);
    });
  }

  async #serve(socket: Socket, token: string | undefined): Promise<void> {
    let isTrusted = token === undefined;
    const limit = isTrusted ? undefined : setTimeout(() => hangUp(socket, 'no token came'), TOKEN_LIMIT_MS);
    socket.once('close', () => clearTimeout(limit));
    await write(socket, {
      protocol: PROTOCOL,
      version: PROTOCOL_VERSION,
      router: this.#served.router,
      nowNs: this.#served.now(),
      authorization: isTrusted ? 'none' : 'token',
    });
    // An error leaves the socket open, so that it can be said.
    const bytes = socket.iterator({ destroyOnReturn: false });
    for await (const text of linesOf(bytes, () => (isTrusted ? MAX_REQUEST_BYTES : MAX_TOKEN_BYTES))) {
      if (isTrusted) await write(socket, this.#answer(text));
      else if (token !== undefined && !isToken(text, token)) throw new ProtocolError('wrong token');
      isTrusted = true;
      clearTimeout(limit);
    }
    socket.end();
  }

  #answer(text: string): AnswerLine {
    const line = parse(text);
    const read = readRequest(line.request);
    if ('error' in read) return { id: line.id, answer: { ok: false, error: read.error } };
    return { id: line.id, answer: this.#served.manage(read.request) };
  }
}

/** What came is not of this protocol. */
class ProtocolError extends Error {}

/** Returns when the client has room for more. */
async function write(socket: Socket, line: Hello | AnswerLine): Promise<void> {
  if (socket.destroyed || socket.write(`${JSON.stringify(line)}\n`)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

function hangUp(socket: Socket, error: string): void {
  if (socket.destroyed) return;
  socket.end(`${JSON.stringify({ error } satisfies AnswerLine)}\n`, () => socket.destroy());
}

function parse(text: string): { readonly id: number; readonly request: unknown } {
  const line = json(text);
  if (typeof line === 'object' && line !== null && 'id' in line && 'request' in line) {
    const { id, request } = line;
    if (typeof id === 'number') return { id, request };
  }
  throw new ProtocolError('a line must be {"id": number, "request": {…}}');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isToken(text: string, token: string): boolean {
  const line = json(text);
  if (typeof line !== 'object' || line === null || !('token' in line)) return false;
  const shown = Buffer.from(String(line.token));
  const wanted = Buffer.from(token);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there and is no socket; remove it or name another path`);
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (isServed) throw new Error(`another daemon listens on ${path}`);
  unlinkSync(path);
}
