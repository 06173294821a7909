/**
 * The runner's half of the hosts: on each machine a packet port beside the kernel, from which measured traffic is sent
 * and on which it is taken (src/traffic/host.ts, `hasKernel`).
 */
import type { DrivenPort } from '../../../routerd/ports/driven.ts';
import { openPacketPort } from '../../../routerd/ports/packet.ts';
import { ShapedPort } from '../../../routerd/ports/shaped.ts';
import { Host } from '../../../traffic/host.ts';
import type { Clock } from '../../../world/clock.ts';
import { messageOf } from '../../../world/message-of.ts';
import type { World } from '../../../world/world.ts';
import { LabError } from '../../lab.ts';
import { Namespace } from './namespace.ts';
import type { HostMachine } from './plan.ts';

export interface OpenHost {
  readonly host: Host;
  /** To be served by the loop. */
  readonly driven: DrivenPort;
  close(): void;
}

/** `netns`: path of the machine's network namespace, which is set up. Throws LabError. */
export function openHost(world: World, machine: HostMachine, netns: string): OpenHost {
  const {
    name,
    interface: interfaceName,
    port,
    rateBps,
    link,
    isShaped,
    address,
    gateway,
    isInternet,
  } = machine;
  const namespace = new Namespace(netns);
  try {
    // The port looks at its interface again by timers, and may have to open sockets then.
    const portWorld = { clock: inside(world.clock, namespace), log: world.log };
    const settings = { name: port, interface: interfaceName, rateBps };
    const driven = namespace.inside(() => openPacketPort(portWorld, settings));
    const sending = isShaped
      ? driven
      : new ShapedPort(world.clock, world.random.fork(`link ${link.name}`), link, driven);
    const hostSettings = {
      address: address.address,
      prefixLength: address.length,
      gateway,
      hasKernel: true,
      isInternet,
    };
    return {
      host: new Host(world, name, sending, hostSettings),
      driven,
      close: () => {
        driven.close();
        namespace.close();
      },
    };
  } catch (error) {
    namespace.close();
    throw new LabError(`host ${name}: ${messageOf(error)}`);
  }
}

/** A clock whose timers run in the namespace. */
function inside(clock: Clock, namespace: Namespace): Clock {
  const within = (callback: () => void) => (): void => namespace.inside(callback);
  return {
    now: () => clock.now(),
    after: (delayNs, callback) => clock.after(delayNs, within(callback)),
    call: (delayNs, callback) => clock.call(delayNs, within(callback)),
  };
}
