/**
 * One router put together: a machine without a world. Frames, timers and management requests go in; frames,
 * timers and answers come out. It is handed its clock, its chance, its log and its ports, and reads nothing
 * else, so hundreds of them run in one process on a virtual clock.
 *
 *     management      contract.ts, answered by management.ts                                    ┐
 *     control plane   slot 0: ospf, isis, bgp, static → ribs       slot 1: the same             ┘ control-plane.ts
 *     forwarding      one engine, a FIB column per slot                                         forwarding/engine.ts
 *
 * A daemon on real interfaces has the same two halves in a thread each (daemon/).
 */
import type { World } from '../world/world.ts';
import { ControlPlane, type RouterSettings } from './control-plane.ts';
import type { Forwarding, ForwardingPort } from './forwarding/contract.ts';
import { makeForwarding } from './forwarding/engine.ts';
import type { ManagementAnswer, ManagementRequest } from './management/contract.ts';

export class Router {
  readonly name: string;
  readonly #control: ControlPlane;

  constructor(world: World, name: string, ports: readonly ForwardingPort[], settings: RouterSettings) {
    this.name = name;
    const forwarding: Forwarding = makeForwarding(world, name, ports, (packet) =>
      this.#control.receive(packet),
    );
    const bare = ports.map(({ port }) => port);
    this.#control = new ControlPlane(world, bare, forwarding, settings);
  }

  /** Carries out one management request. Never throws on a wrong one: the answer says what is wrong. */
  manage(request: ManagementRequest): ManagementAnswer {
    return this.#control.manage(request);
  }

  /** Ends the control plane: nothing is sent any more, no timer is left. */
  stop(): void {
    this.#control.stop();
  }
}
