import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { Bench } from './bench.ts';
import { noise } from './noise.ts';

const MSS = { mss: 1000 };

describe('when TCP sends', () => {
  it('ten segments to begin with (RFC 6928), then two for each that is acknowledged: slow start', () => {
    const bench = new Bench().establish(MSS);
    bench.connection.write(noise(100_000));
    expect(bench.said()).to.have.length(10);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 2001 });
    expect(bench.said()).to.have.length(4);
  });

  it('never more than the window', () => {
    const bench = new Bench().establish(MSS, 2500);
    bench.connection.write(noise(10_000));
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 1 len 1000', 'ACK seq 1001 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1001, window: 2500 });
    expect(bench.said()).to.deep.equal(['ACK seq 2001 ack 1 len 1000']);
  });

  it('small segments wait for the acknowledgement of others (Nagle), unless told not to', () => {
    const nagle = new Bench().establish(MSS);
    for (const size of [10, 10, 10]) nagle.connection.write(noise(size));
    expect(nagle.said()).to.deep.equal(['ACK seq 1 ack 1 len 10']);
    nagle.arrives('ACK', { sequence: 1, acknowledgement: 11 });
    expect(nagle.said()).to.deep.equal(['ACK seq 11 ack 1 len 20']);
    const none = new Bench({ noDelay: true }).establish(MSS);
    for (const size of [10, 10]) none.connection.write(noise(size));
    expect(none.said()).to.deep.equal(['ACK seq 1 ack 1 len 10', 'ACK seq 11 ack 1 len 10']);
  });

  it('again after the time-out, twice that and so on, 60 s at most, and gives up after the 15th time', () => {
    const bench = new Bench().establish(MSS);
    bench.connection.write(noise(100));
    bench.said();
    const startNs = bench.clock.now();
    const times: number[] = [];
    while (bench.user.end === undefined && bench.clock.step()) {
      if (bench.said().length > 0) times.push((bench.clock.now() - startNs) / MILLISECOND);
    }
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    // The handshake took no time: the margin of 200 ms is all there is.
    expect(gaps.slice(0, 5)).to.deep.equal([200, 400, 800, 1600, 3200]);
    expect(gaps.slice(-4)).to.deep.equal([60_000, 60_000, 60_000, 60_000]);
    expect([times.length, bench.user.end]).to.deep.equal([16, 'timeout']);
  });

  it('a SYN again six times, then it gives up', () => {
    const bench = new Bench();
    bench.connect();
    bench.wait(300 * SECOND);
    expect(bench.said()).to.deep.equal(Array(7).fill('SYN seq 0'));
    expect(bench.user.end).to.equal('timeout');
  });

  it('again at the third duplicate acknowledgement, half as fast, without waiting (RFC 5681 3.2)', () => {
    const bench = new Bench({ congestionControl: 'new-reno' }).establish(MSS);
    bench.connection.write(noise(100_000));
    bench.said();
    for (let i = 0; i < 2; i++) bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    // Limited transmit, RFC 3042.
    expect(bench.said()).to.deep.equal(['ACK seq 10001 ack 1 len 1000', 'ACK seq 11001 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 1 len 1000']);
    expect(bench.connection.congestionWindow).to.equal(5000);
    expect(bench.connection.counters()).to.include({ recoveries: 1, retransmittedSegments: 1, timeouts: 0 });
  });

  it('after a partial acknowledgement the next hole at once (NewReno, RFC 6582)', () => {
    const bench = new Bench({ congestionControl: 'new-reno' }).establish(MSS);
    bench.connection.write(noise(10_000));
    bench.said();
    for (let i = 0; i < 3; i++) bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 4001 });
    expect(bench.said()).to.deep.equal(['ACK seq 4001 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 10_001 });
    expect(bench.said()).to.deep.equal([]);
    expect(bench.connection.counters()).to.include({ recoveries: 1, retransmittedSegments: 2 });
  });

  it('with SACK exactly what is missing, in one recovery (RFC 6675)', () => {
    const bench = new Bench({ sack: true }).establish({ ...MSS, sackPermitted: true });
    bench.connection.write(noise(10_000));
    const first = bench.segments()[0].sequence;
    const block = (from: number, to: number) => ({ left: (first + from) >>> 0, right: (first + to) >>> 0 });
    // 1000..1999 and 3000..3999 are missing.
    const sacked = [block(2000, 3000), block(4000, 10_000)];
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1001, options: { sackBlocks: sacked } });
    expect(bench.said()).to.deep.equal(['ACK seq 1001 ack 1 len 1000', 'ACK seq 3001 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 10_001 });
    expect(bench.connection.counters()).to.include({ recoveries: 1, retransmittedSegments: 2, timeouts: 0 });
  });

  it('all of it again where the other end threw away what it had told of (RFC 2018 8)', () => {
    const bench = new Bench({ sack: true }).establish({ ...MSS, sackPermitted: true });
    bench.connection.write(noise(5000));
    const first = bench.segments()[0].sequence;
    const sackBlocks = [{ left: (first + 1000) >>> 0, right: (first + 5000) >>> 0 }];
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, options: { sackBlocks } });
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1001 });
    bench.said();
    const sent = new Set<string>();
    for (let acknowledgement = 1001; acknowledgement < 5001; acknowledgement += 1000) {
      bench.wait(10 * SECOND);
      for (const said of bench.said()) sent.add(said.replace(/ack.*/, ''));
      bench.arrives('ACK', { sequence: 1, acknowledgement: acknowledgement + 1000 });
    }
    for (const said of bench.said()) sent.add(said.replace(/ack.*/, ''));
    expect([...sent]).to.deep.equal([1001, 2001, 3001, 4001].map((sequence) => `ACK seq ${sequence} `));
  });

  it('one byte into a closed window, ever more seldom, and for ever while it is answered', () => {
    const bench = new Bench().establish(MSS, 0);
    bench.connection.write(noise(2500));
    expect(bench.said()).to.deep.equal([]);
    let probes = 0;
    for (let minute = 0; minute < 120; minute++) {
      bench.wait(60 * SECOND);
      for (const said of bench.said()) {
        probes++;
        expect(said).to.equal('ACK seq 1 ack 1 len 1');
        bench.arrives('ACK', { sequence: 1, acknowledgement: 1, window: 0 });
      }
    }
    expect(probes).to.be.within(100, 140);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 2, window: 5000 });
    expect(bench.said()).to.deep.equal(['ACK seq 2 ack 1 len 1000', 'ACK seq 1002 ack 1 len 1000']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 2002, window: 5000 });
    expect(bench.said()).to.deep.equal(['ACK seq 2002 ack 1 len 499']);
  });

  it('no silly segments into a window that opens by little', () => {
    const bench = new Bench().establish(MSS, 4000);
    bench.connection.write(noise(10_000));
    expect(bench.said()).to.have.length(4);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 4001, window: 100 });
    expect(bench.said()).to.deep.equal([]);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 4001, window: 2000 });
    expect(bench.said()).to.have.length(2);
  });

  it('takes no more than its buffers hold, and tells when there is room again', () => {
    const bench = new Bench({ sendBufferBytes: 20_000, unsentBytes: 8000 }).establish(MSS);
    let told = 0;
    bench.user.writable = () => {
      told++;
    };
    // The test's own writes do not count: ten segments leave at once, then there is room for more.
    expect(bench.connection.write(noise(50_000))).to.equal(8000);
    expect(told).to.equal(1);
    expect(bench.connection.write(noise(50_000))).to.equal(8000);
    expect(bench.connection.write(noise(50_000))).to.equal(2000);
    expect(bench.connection.write(noise(50_000))).to.equal(0);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 8001 });
    expect(told).to.be.greaterThan(1);
  });

  it('asks after an idle time whether the other end is there, and gives up when it never answers', () => {
    const bench = new Bench({ keepAliveNs: 100 * SECOND }).establish(MSS);
    bench.wait(100 * SECOND);
    expect(bench.said()).to.deep.equal(['ACK seq 0 ack 1']);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    bench.wait(1000 * SECOND);
    expect(bench.user.end).to.equal('timeout');
  });

  it('in smaller segments, what was too big too, where a router says so (RFC 1191)', () => {
    const bench = new Bench().establish(MSS);
    bench.connection.write(noise(3000));
    const sent = bench.segments();
    const { local, localPort, remote, remotePort } = bench.connection.endpoints;
    const ends = { local, localPort, remote, remotePort };
    // Not one on its way, not one that a path can have, not news.
    expect(bench.stack.tooBig(ends, sent[0].sequence - 1, 640)).to.equal(false);
    expect(bench.stack.tooBig(ends, sent[0].sequence, 60)).to.equal(false);
    expect(bench.stack.tooBig(ends, sent[0].sequence, 1500)).to.equal(false);
    expect(bench.stack.tooBig(ends, sent[0].sequence, 640)).to.equal(true);
    expect(bench.said()).to.deep.equal([1, 601, 1201, 1801, 2401].map((at) => `ACK seq ${at} ack 1 len 600`));
  });
});

describe('when TCP acknowledges', () => {
  const ONE = new Uint8Array(1000);

  it('each second segment at once, a single one after the delay', () => {
    const bench = new Bench({ delayedAckNs: 40 * MILLISECOND }).establish();
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: ONE });
    expect(bench.said()).to.deep.equal([]);
    bench.arrives('ACK', { sequence: 1001, acknowledgement: 1, payload: ONE });
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 2001']);
    bench.arrives('ACK', { sequence: 2001, acknowledgement: 1, payload: ONE });
    bench.wait(40 * MILLISECOND - 1);
    expect(bench.said()).to.deep.equal([]);
    bench.wait(1);
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 3001']);
  });

  it('with the data that it sends anyway', () => {
    const bench = new Bench({ delayedAckNs: 40 * MILLISECOND }).establish(MSS);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: ONE });
    bench.connection.write(ONE);
    bench.wait(SECOND / 10);
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 1001 len 1000']);
  });

  it('at once what comes before its time and what closes the gap, and says by SACK what is there', () => {
    const bench = new Bench({ sack: true, delayedAckNs: 40 * MILLISECOND }).establish({
      sackPermitted: true,
    });
    const acknowledged = (sequence: number): readonly (readonly number[])[] => {
      bench.arrives('ACK', { sequence, acknowledgement: 1, payload: ONE });
      const [segment, ...others] = bench.segments();
      expect(others).to.deep.equal([]);
      const isn = segment.acknowledgement - 1;
      return (segment.options.sackBlocks ?? []).map(({ left, right }) => [
        (left - isn) >>> 0,
        (right - isn) >>> 0,
      ]);
    };
    expect(acknowledged(2001)).to.deep.equal([[2001, 3001]]);
    expect(acknowledged(6001)).to.deep.equal([
      [6001, 7001],
      [2001, 3001],
    ]);
    expect(acknowledged(4001)).to.deep.equal([
      [4001, 5001],
      [6001, 7001],
      [2001, 3001],
    ]);
    expect(acknowledged(3001)).to.deep.equal([
      [2001, 5001],
      [6001, 7001],
    ]);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: new Uint8Array(2000) });
    expect(bench.user.receivedBytes).to.equal(5000);
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 5001']);
  });

  it('with a window that never shrinks and opens by whole segments only', () => {
    const bench = new Bench({ receiveBufferBytes: 10_000 }).establish();
    bench.user.reads = false;
    const windows: number[] = [];
    for (let at = 1; at < 10_001; at += 1000) {
      bench.arrives('ACK', { sequence: at, acknowledgement: 1, payload: ONE });
      for (const { acknowledgement, window } of bench.segments()) {
        windows.push(window);
        expect(acknowledgement).to.be.a('number');
      }
    }
    expect(windows).to.deep.equal([9000, 8000, 7000, 6000, 5000, 4000, 3000, 2000, 1000, 0]);
    bench.connection.read(100);
    expect(bench.segments()).to.deep.equal([]);
    bench.connection.read(2900);
    expect(bench.segments().map(({ window }) => window)).to.deep.equal([3000]);
  });
});
