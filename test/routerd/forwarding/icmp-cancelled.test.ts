import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { internetChecksum } from '../../../src/net/checksum.ts';
import { ETHERNET_HEADER } from '../../../src/net/ethernet.ts';
import { ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, writeIcmp } from '../../../src/net/icmp.ts';
import { ipv4ChecksumHolds, ipv4TotalLength, isIpv4, PROTOCOL_ICMP } from '../../../src/net/ipv4.ts';
import { makeFib } from '../../../src/routerd/fib/fib.ts';
import { echoReplyFrame, errorFrame, isEchoRequest } from '../../../src/routerd/forwarding/icmp.ts';
import { OWN_IP_AT } from '../../../src/routerd/forwarding/own.ts';
import { Packet } from '../../../src/routerd/forwarding/packet.ts';
import { Vrf } from '../../../src/routerd/forwarding/vrfs.ts';
import { newFrame } from '../../../src/world/frame.ts';
import { packetBytes } from './network.ts';

/** An echo request whose last bytes were cancelled. */
function request(payload: Uint8Array, cancelled: number): Packet {
  const whole = packetBytes({ to: '10.1.0.1', protocol: PROTOCOL_ICMP, length: 28 + payload.length });
  whole.set(payload, 28);
  writeIcmp(whole, 20, whole.length, ICMP_ECHO_REQUEST, 0, 0x12345678);
  const frame = newFrame(ETHERNET_HEADER + whole.length);
  const ipAt = frame.start + ETHERNET_HEADER;
  frame.end -= cancelled;
  frame.cancelled = cancelled;
  frame.bytes.set(whole.subarray(0, whole.length - cancelled), ipAt);
  // What lies behind a frame is anything.
  frame.bytes.fill(0xee, frame.end);
  return new Packet(frame, ipAt, 'shadow', 1, 0, new Vrf('', makeFib()), undefined);
}

describe('a packet of which part was cancelled', () => {
  it('is answered, if it is a ping, by one that would be right with the missing bytes put back', () => {
    const payloads = fc.uint8Array({ minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(payloads, fc.double({ min: 0, max: 1, noNaN: true }), (payload, share) => {
        const cancelled = Math.floor(payload.length * share);
        const packet = request(payload, cancelled);
        expect(isEchoRequest(packet)).to.equal(true);
        const reply = echoReplyFrame(packet);
        expect(reply.cancelled).to.equal(cancelled);
        expect(isIpv4(reply.bytes, OWN_IP_AT, reply.end + cancelled)).to.equal(true);
        expect(ipv4ChecksumHolds(reply.bytes, OWN_IP_AT)).to.equal(true);
        expect(ipv4TotalLength(reply.bytes, OWN_IP_AT)).to.equal(28 + payload.length);
        const whole = [...reply.bytes.subarray(OWN_IP_AT + 20, reply.end)];
        whole.push(...payload.subarray(payload.length - cancelled));
        expect(whole[0]).to.equal(ICMP_ECHO_REPLY);
        expect(internetChecksum(Uint8Array.from(whole), 0, whole.length)).to.equal(0);
      }),
    );
  });

  it('is quoted in an error as far as it is there', () => {
    const packet = request(new Uint8Array(400), 350);
    const error = errorFrame(packet, 1, { type: 11, code: 0, rest: 0 });
    const quoted = error.bytes.subarray(OWN_IP_AT + 28, error.end);
    expect([...quoted]).to.deep.equal([...packet.frame.bytes.subarray(packet.ipAt, packet.frame.end)]);
  });
});
