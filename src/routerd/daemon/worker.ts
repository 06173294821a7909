/** The forwarding thread: its ports, the engine, and its end of the border (border.ts). */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../world/message-of.ts';
import { seededRandom } from '../../world/random.ts';
import type { World } from '../../world/world.ts';
import { makeForwarding } from '../forwarding/engine.ts';
import {
  type Answer,
  type ForwardingEvent,
  SHARED,
  type ToForwarding,
  type WorkerSettings,
} from './border.ts';
import { ForwardingLoop } from './forwarding-loop.ts';
import { HandUp } from './hand-up.ts';
import { LoopClock } from './loop-clock.ts';
import { openPorts } from './open-ports.ts';
import { Orders } from './orders.ts';
import { monotonic } from './timer-clock.ts';
import { Waiting } from './waiting.ts';

const settings: WorkerSettings = workerData;
const { shared, requests, answers, events } = settings;

try {
  forward();
} catch (error) {
  // The control plane may stand waiting for an answer: it gets this one.
  reply({ failed: messageOf(error) });
  throw error;
}

function forward(): void {
  const clock = new LoopClock(monotonic(settings.epochNs));
  const world: World = {
    clock,
    random: seededRandom(settings.seed).fork(settings.router),
    log: (level, text) => tell({ event: 'log', level, text }),
  };
  const handUp = new HandUp(shared, (packets) => tell({ event: 'delivered', packets }));
  const ports = openPorts(world, settings.ports, (port, isUp) => tell({ event: 'wire', port, isUp }));
  const driven = ports.map((port) => port.driven);
  const forwarding = makeForwarding(
    world,
    settings.router,
    settings.ports.map(({ edge, hostsOnly, queueBytes, bandwidth }, index) => ({
      port: ports[index].port,
      edge,
      hostsOnly,
      ...(queueBytes !== undefined && { queueBytes }),
      ...(bandwidth !== undefined && { bandwidth }),
    })),
    (packet) => handUp.take(packet),
  );
  const waiting = new Waiting(driven.map(({ fd }) => fd));
  const facts = ports.map(({ port: { name, mac, mtu, labelRoom, rateBps } }) => ({
    name,
    mac,
    mtu,
    labelRoom,
    rateBps,
  }));
  tell({ event: 'ready', ports: facts, wakeFd: waiting.wakeFd });

  const loop = new ForwardingLoop(clock, driven);
  const orders = new Orders(forwarding, () => loop.catchUp(), reply);
  const next = nextMessage();
  const hear = (): boolean => {
    const message = next();
    if (message !== undefined) orders.carryOut(message);
    return message !== undefined;
  };
  while (orders.endedBy === undefined) {
    loop.turn(waiting.wait, hear);
    handUp.tell();
  }
  for (const port of driven) port.close();
  waiting.close();
  reply({ number: orders.endedBy, answer: null });
}

/** Takes the control plane's next message; a look at a shared number tells that there is none. */
function nextMessage(): () => ToForwarding | undefined {
  let taken = 0;
  return () => {
    if (Atomics.load(shared, SHARED.requests) === taken) return undefined;
    const message: ToForwarding | undefined = receiveMessageOnPort(requests)?.message;
    if (message !== undefined) taken = (taken + 1) | 0;
    return message;
  };
}

function reply(answer: Answer): void {
  answers.postMessage(answer);
  Atomics.add(shared, SHARED.answers, 1);
  Atomics.notify(shared, SHARED.answers);
}

function tell(event: ForwardingEvent): void {
  events.postMessage(event);
}
