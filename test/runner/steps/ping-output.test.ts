import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parsePing as parse } from '../../../src/runner/steps/ping-output.ts';

const parsePing = (stdout: string) => parse(stdout, 10_000);

/** As printed with -n and LC_ALL=C. */
const IPUTILS_2022 = `PING 10.1.1.10 (10.1.1.10) 56(84) bytes of data.
64 bytes from 10.1.1.10: icmp_seq=1 ttl=61 time=42.7 ms
64 bytes from 10.1.1.10: icmp_seq=2 ttl=61 time=10.9 ms
64 bytes from 10.1.1.10: icmp_seq=2 ttl=61 time=12.1 ms (DUP!)
64 bytes from 10.1.1.10: icmp_seq=4 ttl=61 time=0.045 ms

--- 10.1.1.10 ping statistics ---
5 packets transmitted, 3 received, +1 duplicates, 40% packet loss, time 406ms
rtt min/avg/max/mdev = 0.045/17.881/42.700/18.118 ms, pipe 2
`;
const IPUTILS_REFUSED = `PING 10.64.64.64 (10.64.64.64) 56(84) bytes of data.
From 10.137.31.1 icmp_seq=1 Packet filtered
From 10.137.31.1 icmp_seq=2 Time to live exceeded
From 10.1.1.1 icmp_seq=3 Destination Host Unreachable

--- 10.64.64.64 ping statistics ---
4 packets transmitted, 0 received, +3 errors, 100% packet loss, time 3017ms
, pipe 3
`;
/** Of 2010 and before. */
const IPUTILS_OLD = `PING 192.168.2.1 (192.168.2.1) 56(84) bytes of data.
64 bytes from 192.168.2.1: icmp_req=1 ttl=64 time=1003 ms
From gateway (192.168.2.99) icmp_seq=2 Destination Host Unreachable

--- 192.168.2.1 ping statistics ---
2 packets transmitted, 1 received, +1 errors, 50% packet loss, time 1000ms
rtt min/avg/max/mdev = 1003.100/1003.100/1003.100/0.000 ms
`;
const BUSYBOX = `PING 127.0.0.1 (127.0.0.1): 56 data bytes
64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.208 ms
64 bytes from 127.0.0.1: seq=2 ttl=64 time=0.058 ms

--- 127.0.0.1 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.058/0.133/0.208 ms
`;

describe('what ping prints', () => {
  it('of iputils: each answer at its number, the first of several, losses in between', () => {
    expect(parsePing(IPUTILS_2022)?.roundTripNs).to.deep.equal([42_700_000, 10_900_000, null, 45_000, null]);
  });

  it('tells who refused, and why', () => {
    expect(parsePing(IPUTILS_REFUSED)).to.deep.equal({
      roundTripNs: [null, null, null, null],
      refusals: [
        { from: '10.137.31.1', why: 'unreachable' },
        { from: '10.137.31.1', why: 'time-exceeded' },
        { from: '10.1.1.1', why: 'unreachable' },
      ],
    });
  });

  it('of old iputils: another word for the number, names that were asked for all the same', () => {
    expect(parsePing(IPUTILS_OLD)).to.deep.equal({
      roundTripNs: [1_003_000_000, null],
      refusals: [{ from: 'gateway', why: 'unreachable' }],
    });
  });

  it('of BusyBox, which counts from 0', () => {
    expect(parsePing(BUSYBOX)?.roundTripNs).to.deep.equal([208_000, null, 58_000]);
  });

  it('is nothing where it did not come to its summary', () => {
    expect(parsePing('')).to.equal(undefined);
    expect(parsePing(IPUTILS_2022.slice(0, 200))).to.equal(undefined);
    expect(parsePing('ping: connect: Network is unreachable')).to.equal(undefined);
  });

  it('is never more than was sent, whatever numbers the answers bear', () => {
    const odd = IPUTILS_2022.replace('icmp_seq=4', 'icmp_seq=99999999').replace('icmp_seq=1 ', 'icmp_seq=0 ');
    expect(parsePing(odd)?.roundTripNs).to.deep.equal([null, 10_900_000, null, null, null]);
    expect(parse(IPUTILS_2022.replace('5 packets', '999999999 packets'), 2)?.roundTripNs).to.deep.equal([
      42_700_000, 10_900_000,
    ]);
  });
});
