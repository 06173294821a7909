/** A look at what comes to a port. */
import type { Frame } from '../../src/world/frame.ts';
import type { Port } from '../../src/world/port.ts';

/** The port; `look` sees every frame that it receives, before its machine does. */
export function tapped(port: Port, look: (frame: Frame) => void): Port {
  return {
    name: port.name,
    mac: port.mac,
    mtu: port.mtu,
    rateBps: port.rateBps,
    get busyUntilNs() {
      return port.busyUntilNs;
    },
    send: (frame) => port.send(frame),
    receiver: (receive) =>
      port.receiver((frame) => {
        look(frame);
        receive(frame);
      }),
  };
}
