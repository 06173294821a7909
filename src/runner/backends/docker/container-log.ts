/**
 * What a router's container says, as it says it: into a file of the run's folder, and what it warns of into the run's
 * log. It is on the disk before the container is removed, and when the engine is gone.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { messageOf } from '../../../world/message-of.ts';
import type { LogSink } from '../../lab.ts';
import { DaemonLog } from '../daemons/daemon-log.ts';
import { Demultiplexer } from './demultiplexer.ts';
import { answered } from './engine.ts';

/** Of a file. A router that says more is not worth the disk. */
const MAX_FILE_BYTES = 16 * 2 ** 20;

export class ContainerLog {
  readonly #machine: string;
  readonly #file: string;
  readonly #log: LogSink;
  readonly #said: DaemonLog;
  readonly #decoder = new TextDecoder();
  #stream: Readable | undefined;
  #ended: Promise<void> = Promise.resolve();
  #bytes = 0;
  #isWriting = true;

  /** `file`: made when something is said. */
  constructor(machine: string, file: string, log: LogSink) {
    this.#machine = machine;
    this.#file = file;
    this.#log = log;
    this.#said = new DaemonLog(machine, log);
  }

  get file(): string {
    return this.#file;
  }

  /**
   * Begins to read, from the container's first word on; it must have been started. One with a terminal has one output
   * only, which comes as it is. Rejects with LabError.
   */
  async follow(container: Dockerode.Container, hasTerminal: boolean): Promise<void> {
    const options = { follow: true, stdout: true, stderr: true } as const;
    const what = `the log of ${this.#machine} cannot be read`;
    // The type of the library is the old one of Node; what it hands over is a response of HTTP.
    const stream = (await answered(what, container.logs(options))) as Readable;
    const demultiplexer = new Demultiplexer((_stream, bytes) => this.#take(bytes));
    this.#stream = stream;
    this.#ended = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => {});
    stream.on('data', (bytes: Uint8Array) => (hasTerminal ? this.#take(bytes) : demultiplexer.add(bytes)));
  }

  /** Once the container has ended and all it said is here; in `limitMs` at the latest. */
  async finished(limitMs: number): Promise<void> {
    const limit = setTimeout(() => this.#stream?.destroy(), limitMs);
    await this.#ended;
    clearTimeout(limit);
  }

  /** Reads no more. */
  close(): void {
    this.#stream?.destroy();
  }

  /** See `DaemonLog.lastWords`. */
  get lastWords(): string | undefined {
    return this.#said.lastWords;
  }

  #take(bytes: Uint8Array): void {
    this.#write(bytes);
    this.#said.add(this.#decoder.decode(bytes, { stream: true }));
  }

  #write(bytes: Uint8Array): void {
    if (!this.#isWriting) return;
    try {
      if (this.#bytes === 0) mkdirSync(dirname(this.#file), { recursive: true });
      this.#bytes += bytes.length;
      if (this.#bytes > MAX_FILE_BYTES) throw new Error('it is too long');
      appendFileSync(this.#file, bytes);
    } catch (error) {
      this.#isWriting = false;
      const reason = messageOf(error);
      this.#log(this.#machine, 'warning', `its log is no longer written to ${this.#file}: ${reason}`);
    }
  }
}
