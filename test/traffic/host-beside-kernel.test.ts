import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { BROADCAST_MAC } from '../../src/net/address.ts';
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, encodeArp } from '../../src/net/arp.ts';
import { replaceU16 } from '../../src/net/checksum.ts';
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, writeEthernet } from '../../src/net/ethernet.ts';
import { ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, ICMP_HEADER, writeIcmp } from '../../src/net/icmp.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../../src/net/ipv4.ts';
import { UDP_HEADER, writeUdp } from '../../src/net/udp.ts';
import { FIRST_OWN_PORT, PROBE_PORT } from '../../src/net/wire.ts';
import type { PingOutcome } from '../../src/traffic/echo.ts';
import { ipv4At, newPacket, payloadAt } from '../../src/traffic/packet.ts';
import { SECOND } from '../../src/world/clock.ts';
import { type Frame, newFrame } from '../../src/world/frame.ts';
import { ADDRESS_A, ADDRESS_B, hostOnBareWire, MAC_A, MAC_B } from './lab.ts';

const IN_FIRST_FRAGMENT = 0x2000;
/** Longer than a host waits for fragments. */
const LONG = 100 * SECOND;

type Lab = ReturnType<typeof hostOnBareWire>;

const hostBesideKernel = (): Lab => hostOnBareWire({ hasKernel: true });

/** From the wire to the host. */
function packet(protocol: number, payloadLength: number, write: (frame: Frame) => void): Frame {
  const frame = newPacket({
    source: ADDRESS_B,
    destination: ADDRESS_A,
    protocol,
    plane: 'real',
    ttl: 64,
    payloadLength,
  });
  writeEthernet(frame.bytes, frame.start, MAC_A, MAC_B, ETHERTYPE_IPV4);
  write(frame);
  return frame;
}

function udp(destinationPort: number): Frame {
  return packet(PROTOCOL_UDP, UDP_HEADER + 8, (frame) =>
    writeUdp(frame.bytes, payloadAt(frame), frame.end, 1000, destinationPort, ipv4At(frame)),
  );
}

function firstFragment(): Frame {
  const frame = udp(PROBE_PORT);
  replaceU16(frame.bytes, ipv4At(frame) + 6, IN_FIRST_FRAGMENT, ipv4At(frame) + 10);
  return frame;
}

function tcp(destinationPort: number): Frame {
  return packet(PROTOCOL_TCP, 20, (frame) => {
    frame.bytes.set([3, 232, destinationPort >>> 8, destinationPort & 255], payloadAt(frame));
  });
}

function icmp(type: number, identifier: number, sequence: number): Frame {
  return packet(PROTOCOL_ICMP, ICMP_HEADER + 56, (frame) =>
    writeIcmp(frame.bytes, payloadAt(frame), frame.end, type, 0, identifier * 0x10000 + sequence),
  );
}

function arp(operation: typeof ARP_REQUEST | typeof ARP_REPLY): Frame {
  const frame = newFrame(ETHERNET_HEADER + ARP_LENGTH);
  writeEthernet(frame.bytes, frame.start, BROADCAST_MAC, MAC_B, ETHERTYPE_ARP);
  encodeArp(frame.bytes, frame.start + ETHERNET_HEADER, {
    operation,
    senderMac: MAC_B,
    senderAddress: ADDRESS_B,
    targetMac: operation === ARP_REPLY ? MAC_A : 0,
    targetAddress: ADDRESS_A,
  });
  return frame;
}

function receive(lab: Lab, ...frames: readonly Frame[]): void {
  for (const frame of frames) lab.portB.send(frame);
  lab.clock.runUntil(lab.clock.now() + LONG);
}

describe('a host beside the kernel', () => {
  it('answers nothing, as the kernel does, and counts nothing of it', () => {
    const lab = hostBesideKernel();
    receive(
      lab,
      arp(ARP_REQUEST),
      icmp(ICMP_ECHO_REQUEST, 1, 1),
      udp(9),
      tcp(80),
      firstFragment(),
      packet(89, 8, () => {}),
    );
    expect(lab.seen).to.deep.equal([]);
    expect(lab.host.counters()).to.deep.equal({
      inPackets: 0,
      inBytes: 0,
      outPackets: 0,
      outBytes: 0,
      drops: {},
    });
  });

  it('is no different from another host in what it answers but for the kernel', () => {
    const lab = hostOnBareWire();
    receive(lab, arp(ARP_REQUEST), icmp(ICMP_ECHO_REQUEST, 1, 1), udp(9), tcp(80), firstFragment());
    expect(lab.seen).to.have.length(5);
  });

  it('takes the datagrams that somebody listens for', () => {
    const lab = hostBesideKernel();
    const ports: number[] = [];
    lab.host.listen(PROBE_PORT, ({ destinationPort }) => ports.push(destinationPort));
    receive(lab, udp(PROBE_PORT), udp(9));
    expect(ports).to.deep.equal([PROBE_PORT]);
    expect(lab.host.counters()).to.include({ inPackets: 1, inBytes: 36 });
  });

  it("hands TCP its own ports' segments, and leaves the kernel its connections", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        const lab = hostBesideKernel();
        let taken = 0;
        lab.host.listenTcp({
          receive: () => {
            taken++;
            return undefined;
          },
          tooBig: () => {},
        });
        receive(lab, tcp(port));
        expect(taken).to.equal(port >= FIRST_OWN_PORT ? 1 : 0);
        expect(lab.seen).to.deep.equal([]);
      }),
    );
  });

  it("gets the answers to its own pings, and is not confused by the kernel's", () => {
    const lab = hostBesideKernel();
    receive(lab, arp(ARP_REPLY));
    const outcomes: PingOutcome[] = [];
    lab.host.ping(ADDRESS_B, { timeoutNs: 9 * SECOND }, (outcome) => outcomes.push(outcome));
    const identifier = ADDRESS_A & 0xffff;
    lab.portB.send(icmp(ICMP_ECHO_REPLY, identifier + 1, 0));
    lab.clock.runUntil(lab.clock.now() + SECOND);
    expect(outcomes).to.deep.equal([]);
    lab.portB.send(icmp(ICMP_ECHO_REPLY, identifier, 0));
    lab.clock.runUntil(lab.clock.now() + SECOND);
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['reply']);
    expect(lab.host.counters().drops).to.deep.equal({});
  });
});
