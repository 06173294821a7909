/** Sends packets of 300 bytes by an interface, as fast as the kernel takes them or so many a second, until it is ended. */
import { writeEthernet } from '../../src/net/ethernet.ts';
import { IPV4_HEADER, PROTOCOL_UDP, writeIpv4 } from '../../src/net/ipv4.ts';
import { writeUdp } from '../../src/net/udp.ts';
import { interfaceFacts } from '../../src/routerd/ports/interface.ts';
import { packetSocket } from '../../src/routerd/ports/packet-socket.ts';
import { PacketTransmitter } from '../../src/routerd/ports/transmit-packet.ts';
import { XdpTransmitter } from '../../src/routerd/ports/transmit-xdp.ts';
import { type Frame, newFrame } from '../../src/world/frame.ts';
import { FLOW_COUNT, FLOWS, GENERATOR, GENERATOR_MAC, IN_MAC, numberOf, PACKET_BYTES } from './ways.ts';

const BURST = 32;
const [name, rate] = process.argv.slice(2);
const facts = interfaceFacts(packetSocket(), name);
if (facts === undefined) throw new Error(`there is no interface ${name}`);
const out = transmitter(facts.index);
const frames = Array.from({ length: FLOW_COUNT }, (_, flow) => packet(flow));
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

function packet(flow: number): Frame {
  const frame = newFrame(14 + PACKET_BYTES);
  const ipAt = frame.start + 14;
  writeEthernet(frame.bytes, frame.start, IN_MAC, GENERATOR_MAC, 0x0800);
  writeIpv4(frame.bytes, ipAt, {
    source: numberOf(GENERATOR),
    destination: numberOf(FLOWS) + 256 + flow,
    protocol: PROTOCOL_UDP,
    ttl: 64,
    tos: 0,
    totalLength: PACKET_BYTES,
    identification: 0,
    dontFragment: true,
  });
  writeUdp(frame.bytes, ipAt + IPV4_HEADER, frame.end, 5000, 5001, ipAt);
  return frame;
}
