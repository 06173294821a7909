import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseIperf } from '../../../src/runner/steps/iperf-output.ts';

/** Sums as iperf 3.12 writes them, of runs between two namespaces. */
const sums = (end: object): string =>
  JSON.stringify({ start: { version: 'iperf 3.12' }, intervals: [], end });

const udp = (sent: object, received: object): string =>
  sums({
    sum: { start: 0, end: 1, seconds: 1, bytes: 125404, bits_per_second: 1003143, packets: 107 },
    sum_sent: { seconds: 1.000088, bytes: 125404, bits_per_second: 1003143.7, packets: 107, ...sent },
    sum_received: {
      seconds: 1.000652,
      bytes: 125404,
      bits_per_second: 1002520.2,
      jitter_ms: 0.0779,
      lost_packets: 0,
      packets: 107,
      ...received,
    },
  });

describe('what iperf3 writes', () => {
  it('of TCP: what was received, and what was sent again', () => {
    const text = sums({
      sum_sent: { seconds: 1.000661, bytes: 2621440, bits_per_second: 20957666.98, retransmits: 3 },
      sum_received: { seconds: 1.000737, bytes: 2600000, bits_per_second: 20784681.8 },
    });
    expect(parseIperf(text, 'tcp')).to.deep.equal({
      durationNs: 1_000_737_000,
      receivedBytes: 2_600_000,
      receivedBps: 20784681.8,
      retransmits: 3,
    });
  });

  it('of TCP that nothing came through: nothing received, whatever was sent', () => {
    const text = sums({
      sum_sent: { seconds: 1.000975, bytes: 79640, bits_per_second: 636499.4, retransmits: 2 },
      sum_received: { seconds: 1.00171, bytes: 0, bits_per_second: 0 },
    });
    expect(parseIperf(text, 'tcp')).to.include({ receivedBps: 0, receivedBytes: 0 });
  });

  it('of UDP: what the receiver counted', () => {
    expect(parseIperf(udp({}, { packets: 107, lost_packets: 7 }), 'udp')).to.include({
      sentPackets: 107,
      lostPackets: 7,
      jitterNs: 77_900,
    });
  });

  it('of UDP that nothing came through: all is lost, though the receiver, which saw nothing, misses nothing', () => {
    const nothing = { bytes: 0, bits_per_second: 0, packets: 0, lost_packets: 0, jitter_ms: 0 };
    expect(parseIperf(udp({}, nothing), 'udp')).to.include({
      sentPackets: 107,
      lostPackets: 107,
      receivedBps: 0,
    });
  });

  it('of UDP that was cut off on the way: the rest is lost, but for what may be under way', () => {
    expect(parseIperf(udp({}, { packets: 50, lost_packets: 1 }), 'udp')).to.include({
      sentPackets: 107,
      lostPackets: 58,
    });
    expect(parseIperf(udp({}, { packets: 100, lost_packets: 1 }), 'udp')).to.include({
      sentPackets: 100,
      lostPackets: 1,
    });
  });

  it('of old versions, which do not tell what was received by UDP, is no result', () => {
    const text = sums({ sum: { seconds: 1, bytes: 5, bits_per_second: 40, packets: 5, lost_packets: 0 } });
    expect(parseIperf(text, 'udp').error).to.match(/newer iperf3/);
  });

  it('says in its own words why it came to nothing', () => {
    const text = JSON.stringify({ end: {}, error: 'unable to connect to server: Connection refused' });
    expect(parseIperf(text, 'tcp').error).to.equal('iperf3: unable to connect to server: Connection refused');
  });

  for (const text of [
    '',
    'iperf3: parameter error',
    '[]',
    'null',
    '{}',
    '{"end":{"sum_received":{"seconds":0}}}',
  ]) {
    it(`is no result where it is ${JSON.stringify(text)}`, () => {
      for (const protocol of ['tcp', 'udp'] as const) {
        expect(parseIperf(text, protocol)).to.include({ receivedBps: 0 }).and.to.have.property('error');
      }
    });
  }
});
