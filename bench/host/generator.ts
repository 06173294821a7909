/** Sends packets of 300 bytes by an interface, as fast as the kernel takes them or so many a second, until it is ended. */
import { interfaceFacts } from '../../src/routerd/ports/interface.ts';
import { packetSocket } from '../../src/routerd/ports/packet-socket.ts';
import { PacketTransmitter } from '../../src/routerd/ports/transmit-packet.ts';
import { XdpTransmitter } from '../../src/routerd/ports/transmit-xdp.ts';
import { FLOW_COUNT, packetOf } from './ways.ts';

const BURST = 32;
const [name, rate] = process.argv.slice(2);
const facts = interfaceFacts(packetSocket(), name);
if (facts === undefined) throw new Error(`there is no interface ${name}`);
const out = transmitter(facts.index);
const frames = Array.from({ length: FLOW_COUNT }, (_, flow) => packetOf(flow));
const burstMs = rate === undefined ? 0 : (BURST * 1000) / Number(rate);
let dueMs = performance.now();
for (let flow = 0; ; ) {
  for (let count = 0; count < BURST; count++) out.push(frames[flow++ % FLOW_COUNT]);
  out.flush();
  dueMs += burstMs;
  while (performance.now() < dueMs);
}

function transmitter(index: number): XdpTransmitter | PacketTransmitter {
  try {
    return new XdpTransmitter(index);
  } catch {
    return new PacketTransmitter(index);
  }
}
