/** Starts the forwarding thread and gives its two sides: the engine as a `Forwarding`, and what it tells. */
import { extname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Log } from '../../world/world.ts';
import type { DeliverLocal, Forwarding } from '../forwarding/contract.ts';
import type { PortFacts } from '../slot/speaker.ts';
import { type ForwardingEvent, SHARED, type WorkerSettings } from './border.ts';
import type { TellWire } from './open-ports.ts';
import { RemoteForwarding } from './remote-forwarding.ts';
import type { DaemonSettings } from './settings.ts';

/** The thread is of the same kind as this file: TypeScript, or what was built from it. */
const WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

export interface ForwardingThread {
  readonly forwarding: Forwarding;
  readonly ports: readonly PortFacts[];
  /** Names the one who gets packets to the router's own protocols. */
  deliverTo(deliver: DeliverLocal): void;
  /** Names the one who is told of wires that are lost and there again; of those that are lost by now, at once. */
  wiresTo(tell: TellWire): void;
  /** Returns once the engine has carried out everything that it was told. */
  settle(): void;
  /** Rejects when the thread dies; resolves when it was ended. */
  readonly ended: Promise<void>;
  /** Closes the ports and ends the thread. */
  end(): Promise<void>;
}

/** Resolves once the ports are open. Rejects where one cannot be opened. */
export async function startForwarding(settings: DaemonSettings, log: Log): Promise<ForwardingThread> {
  const [requests, answers, events] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
  const shared = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT));
  const workerData: WorkerSettings = {
    router: settings.name,
    seed: settings.seed,
    epochNs: settings.epochNs,
    ports: settings.ports,
    requests: requests.port2,
    answers: answers.port2,
    events: events.port2,
    shared,
  };
  const worker = new Worker(WORKER, {
    name: 'forwarding',
    // Its ports' descriptors come from system calls that Node does not see.
    trackUnmanagedFds: false,
    workerData,
    transferList: [requests.port2, answers.port2, events.port2],
  });
  let isReady = false;
  const ended = new Promise<void>((resolve, reject) => {
    // Before it is ready, something is wrong with a port; afterwards, with the program.
    worker.once('error', (error) => {
      reject(isReady ? new Error(`the forwarding thread died: ${error.stack}`) : error);
    });
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the forwarding thread ended with ${code}`));
    });
  });

  let deliver: DeliverLocal = () => {};
  let tellWire: TellWire = () => {};
  const lost = new Set<string>();
  const ready = new Promise<Extract<ForwardingEvent, { event: 'ready' }>>((resolve) => {
    events.port1.on('message', (event: ForwardingEvent) => {
      switch (event.event) {
        case 'ready':
          isReady = true;
          resolve(event);
          break;
        case 'log':
          log(event.level, event.text);
          break;
        case 'wire':
          if (event.isUp) lost.delete(event.port);
          else lost.add(event.port);
          tellWire(event.port, event.isUp);
          break;
        case 'delivered':
          Atomics.sub(shared, SHARED.delivered, event.packets.length);
          for (const packet of event.packets) deliver(packet);
      }
    });
  });
  const { ports, wakeFd } = await Promise.race([
    ready,
    ended.then(() => Promise.reject(new Error('no ports'))),
  ]);
  const forwarding = new RemoteForwarding(requests.port1, answers.port1, shared, wakeFd);

  return {
    forwarding,
    ports,
    deliverTo: (named) => {
      deliver = named;
    },
    wiresTo: (named) => {
      tellWire = named;
      for (const port of lost) tellWire(port, false);
    },
    settle: () => forwarding.settle(),
    ended,
    end: async () => {
      forwarding.end();
      await ended;
      const refused = Atomics.load(shared, SHARED.refused);
      if (refused > 0)
        log('warning', `${refused} packets to the router itself were dropped: too many at once`);
      for (const { port1 } of [requests, answers, events]) port1.close();
    },
  };
}
