/** What the control plane asks of the engine, carried out in the forwarding thread in the order of asking. */
import { isDeepStrictEqual } from 'node:util';
import type { Forwarding, ServicePolicy, Slot, SlotPort } from '../forwarding/contract.ts';
import type { Answer, AnyAnswer, Command, Question, ToForwarding } from './border.ts';

export class Orders {
  readonly #forwarding: Forwarding;
  readonly #catchUp: () => void;
  readonly #reply: (answer: Answer) => void;
  /** By slot and port: what was configured last. */
  readonly #configured = new Map<string, SlotPort>();
  /** The number of the question that asked for the end; whoever runs the loop answers it. */
  endedBy: number | undefined;

  /** `catchUp` takes in and sends on what there is: see ForwardingLoop. */
  constructor(forwarding: Forwarding, catchUp: () => void, reply: (answer: Answer) => void) {
    this.#forwarding = forwarding;
    this.#catchUp = catchUp;
    this.#reply = reply;
  }

  carryOut(message: ToForwarding): void {
    if ('commands' in message) {
      for (const command of message.commands) this.#obey(command);
    } else if (message.question[0] === 'end') {
      this.endedBy = message.number;
    } else {
      this.#reply({ number: message.number, answer: this.#answer(message.question) });
    }
  }

  #obey(command: Command): void {
    const forwarding = this.#forwarding;
    switch (command[0]) {
      case 'configurePort':
        this.#configurePort(command[1], command[2], command[3]);
        break;
      case 'configureLoopback':
        forwarding.configureLoopback(command[1], command[2], command[3]);
        break;
      case 'configureLabels':
        forwarding.configureLabels(command[1], command[2]);
        break;
      case 'route':
        forwarding.route(command[1], command[2], command[3], command[4]);
        break;
      case 'failPort':
        forwarding.failPort(command[1], command[2], command[3]);
        break;
      case 'setTag':
        forwarding.setTag(command[1], command[2]);
        break;
      case 'setMarking':
        this.#catchUp();
        forwarding.setMarking(command[1]);
        break;
      case 'swapPlanes':
        this.#catchUp();
        forwarding.swapPlanes();
        break;
      case 'originate':
        forwarding.originate(command[1], command[2], command[3]);
        break;
      case 'originateOsi':
        forwarding.originateOsi(command[1], command[2], command[3], command[4]);
        break;
      case 'send':
        forwarding.send(command[1], command[2]);
        break;
      case 'mirror':
        forwarding.mirror(command[1]);
        break;
    }
  }

  #answer(question: Exclude<Question, readonly ['end']>): AnyAnswer {
    switch (question[0]) {
      case 'fib':
        return this.#forwarding.fib(question[1], question[2]);
      case 'counters':
        return this.#forwarding.counters();
      case 'takePostcards':
        return this.#forwarding.takePostcards();
      case 'lastSeenNs':
        this.#catchUp();
        return this.#forwarding.lastSeenNs(question[1]);
      case 'nothing':
        return null;
    }
  }

  /** A policy that is as it was is the same object to the engine, or its policers and queues would begin anew. */
  #configurePort(slot: Slot, port: string, settings: SlotPort): void {
    const key = `${slot} ${port}`;
    const former = this.#configured.get(key);
    const policyIn = kept(settings.policyIn, former?.policyIn);
    const policyOut = kept(settings.policyOut, former?.policyOut);
    const same = { ...settings, ...(policyIn && { policyIn }), ...(policyOut && { policyOut }) };
    this.#configured.set(key, same);
    this.#forwarding.configurePort(slot, port, same);
  }
}

function kept(
  policy: ServicePolicy | undefined,
  former: ServicePolicy | undefined,
): ServicePolicy | undefined {
  return isDeepStrictEqual(policy, former) ? former : policy;
}
