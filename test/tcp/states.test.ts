import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SECOND } from '../../src/world/clock.ts';
import { Bench } from './bench.ts';
import { A, B, connected, PORT, twoStacks, User } from './lab.ts';

const MSL = 30 * SECOND;
const TEN = new Uint8Array(10).fill(7);

/** In FIN-WAIT-1: our FIN is 1. */
function finWait1(): Bench {
  const bench = new Bench().establish();
  bench.connection.close();
  expect(bench.said()).to.deep.equal(['ACK+FIN seq 1 ack 1']);
  return bench;
}

describe('the states of a connection, figure 5 of RFC 9293', () => {
  it('CLOSED to SYN-SENT by an active open; to ESTABLISHED by SYN and ACK', () => {
    const bench = new Bench();
    bench.connect();
    expect([bench.connection.state, bench.said()]).to.deep.equal(['SYN-SENT', ['SYN seq 0']]);
    bench.arrives('ACK+SYN', { sequence: 0, acknowledgement: 1 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['ESTABLISHED', ['ACK seq 1 ack 1']]);
    expect(bench.user.isConnected).to.equal(true);
  });

  it('SYN-SENT to CLOSED by CLOSE', () => {
    const bench = new Bench();
    bench.connect();
    bench.connection.close();
    expect([bench.connection.state, bench.user.end, bench.stack.size]).to.deep.equal([
      'CLOSED',
      'aborted',
      0,
    ]);
  });

  it('LISTEN to SYN-RECEIVED by SYN; to ESTABLISHED by the ACK of ours', () => {
    const bench = new Bench();
    bench.arrives('SYN', { sequence: 0 });
    expect(bench.said()).to.deep.equal(['ACK+SYN seq 0 ack 1']);
    expect([bench.stack.size, bench.user.isConnected]).to.deep.equal([1, false]);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['ESTABLISHED', []]);
  });

  it('SYN-RECEIVED back to LISTEN by RST', () => {
    const bench = new Bench();
    bench.arrives('SYN', { sequence: 0 });
    bench.arrives('RST', { sequence: 1 });
    expect([bench.stack.size, bench.user.connection]).to.deep.equal([0, undefined]);
    bench.establish();
    expect(bench.connection.state).to.equal('ESTABLISHED');
  });

  it('SYN-SENT to SYN-RECEIVED by SYN alone, to ESTABLISHED by its ACK: both opened at once', () => {
    const bench = new Bench();
    bench.connect();
    bench.said();
    bench.arrives('SYN', { sequence: 0 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['SYN-RECEIVED', ['ACK+SYN seq 0 ack 1']]);
    bench.arrives('ACK+SYN', { sequence: 0, acknowledgement: 1 });
    expect(bench.connection.state).to.equal('ESTABLISHED');
  });

  it('SYN-RECEIVED closed by its user goes to FIN-WAIT-1', () => {
    const bench = new Bench();
    bench.connect();
    bench.arrives('SYN', { sequence: 0 });
    bench.connection.close();
    bench.said();
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['FIN-WAIT-1', ['ACK+FIN seq 1 ack 1']]);
  });

  it('ESTABLISHED to CLOSE-WAIT by FIN, to LAST-ACK by CLOSE, to CLOSED by its ACK', () => {
    const bench = new Bench().establish();
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 1 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['CLOSE-WAIT', ['ACK seq 1 ack 2']]);
    expect(bench.user.hasEnded).to.equal(true);
    bench.connection.close();
    expect([bench.connection.state, bench.said()]).to.deep.equal(['LAST-ACK', ['ACK+FIN seq 1 ack 2']]);
    bench.arrives('ACK', { sequence: 2, acknowledgement: 2 });
    expect([bench.connection.state, bench.user.end, bench.stack.size]).to.deep.equal(['CLOSED', 'closed', 0]);
  });

  it('FIN-WAIT-1 to FIN-WAIT-2 by the ACK of our FIN, to TIME-WAIT by FIN, to CLOSED after 2 MSL', () => {
    const bench = finWait1();
    bench.arrives('ACK', { sequence: 1, acknowledgement: 2 });
    expect(bench.connection.state).to.equal('FIN-WAIT-2');
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 2 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['TIME-WAIT', ['ACK seq 2 ack 2']]);
    expect(bench.user.end).to.equal('closed');
    bench.wait(2 * MSL - 1);
    expect(bench.stack.size).to.equal(1);
    bench.wait(1);
    expect([bench.connection.state, bench.stack.size]).to.deep.equal(['CLOSED', 0]);
  });

  it('FIN-WAIT-1 to CLOSING by FIN, to TIME-WAIT by the ACK of ours: both closed at once', () => {
    const bench = finWait1();
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 1 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['CLOSING', ['ACK seq 2 ack 2']]);
    bench.arrives('ACK', { sequence: 2, acknowledgement: 2 });
    expect([bench.connection.state, bench.user.end]).to.deep.equal(['TIME-WAIT', 'closed']);
  });

  it('FIN-WAIT-1 to TIME-WAIT at once by FIN with the ACK of ours', () => {
    const bench = finWait1();
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 2 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['TIME-WAIT', ['ACK seq 2 ack 2']]);
  });

  it('TIME-WAIT answers the FIN when it comes again, and then waits from there', () => {
    const bench = finWait1();
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 2 });
    bench.said();
    bench.wait(MSL);
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 2 });
    expect(bench.said()).to.deep.equal(['ACK seq 2 ack 2']);
    bench.wait(2 * MSL - 1);
    expect(bench.connection.state).to.equal('TIME-WAIT');
    bench.wait(1);
    expect(bench.connection.state).to.equal('CLOSED');
  });

  it('half closed still receives in FIN-WAIT-2, and still sends in CLOSE-WAIT', () => {
    const waiting = finWait1();
    waiting.arrives('ACK', { sequence: 1, acknowledgement: 2, payload: TEN });
    expect([waiting.connection.state, waiting.user.receivedBytes]).to.deep.equal(['FIN-WAIT-2', 10]);
    const closing = new Bench().establish();
    closing.arrives('ACK+FIN', { sequence: 1, acknowledgement: 1 });
    closing.said();
    closing.connection.write(TEN);
    expect(closing.said()).to.deep.equal(['ACK seq 1 ack 2 len 10']);
  });

  it('opens at once and closes at once between two stacks, too', () => {
    const lab = twoStacks();
    const users = [new User(), new User()];
    const options = { localPort: PORT };
    users[0].connection = lab.a.connect(B, PORT, users[0], options);
    users[1].connection = lab.b.connect(A, PORT, users[1], options);
    lab.clock.runUntil(SECOND);
    expect(users.map(({ connection }) => connection?.state)).to.deep.equal(['ESTABLISHED', 'ESTABLISHED']);
    for (const { connection } of users) connection?.close();
    lab.clock.runUntil(2 * SECOND);
    expect(users.map(({ connection }) => connection?.state)).to.deep.equal(['TIME-WAIT', 'TIME-WAIT']);
    lab.clock.runUntil(100 * SECOND);
    expect([lab.a.size, lab.b.size, lab.clock.pending]).to.deep.equal([0, 0, 0]);
  });
});

describe('what a connection does not believe', () => {
  it('in SYN-SENT: an ACK of what was never sent gets RST, and a RST without the right ACK nothing', () => {
    const bench = new Bench();
    bench.connect();
    bench.said();
    bench.arrives('ACK+SYN', { sequence: 0, acknowledgement: 2 });
    expect(bench.said()).to.deep.equal(['RST seq 2']);
    bench.arrives('ACK+RST', { sequence: 0, acknowledgement: 2 });
    bench.arrives('RST', { sequence: 0 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['SYN-SENT', []]);
    bench.arrives('ACK+RST', { sequence: 0, acknowledgement: 1 });
    expect(bench.user.end).to.equal('refused');
  });

  it('a RST that is not exactly next is challenged (RFC 5961 3.2), one outside the window ignored', () => {
    const bench = new Bench().establish();
    bench.arrives('RST', { sequence: 2 });
    expect(bench.said()).to.deep.equal(['ACK seq 1 ack 1']);
    bench.arrives('RST', { sequence: 100_000_000 });
    expect([bench.connection.state, bench.said()]).to.deep.equal(['ESTABLISHED', []]);
    bench.arrives('RST', { sequence: 1 });
    expect([bench.user.end, bench.stack.size]).to.deep.equal(['reset', 0]);
  });

  it('a SYN is challenged (RFC 5961 4.2)', () => {
    const bench = new Bench().establish();
    bench.arrives('SYN', { sequence: 1 });
    bench.arrives('SYN', { sequence: 0 });
    expect([bench.connection.state, bench.said()]).to.deep.equal([
      'ESTABLISHED',
      ['ACK seq 1 ack 1', 'ACK seq 1 ack 1'],
    ]);
  });

  it('an ACK of what was never sent, or from long ago, is challenged (RFC 5961 5.2)', () => {
    const bench = new Bench().establish();
    bench.arrives('ACK', { sequence: 1, acknowledgement: 2, payload: TEN });
    bench.arrives('ACK', { sequence: 1, acknowledgement: -70_000, payload: TEN });
    expect([bench.user.receivedBytes, bench.said()]).to.deep.equal([
      0,
      ['ACK seq 1 ack 1', 'ACK seq 1 ack 1'],
    ]);
    bench.arrives('ACK', { sequence: 1, acknowledgement: -60_000, payload: TEN });
    expect(bench.user.receivedBytes).to.equal(10);
  });

  it('challenges come ten a second at most', () => {
    const bench = new Bench().establish();
    for (let i = 0; i < 100; i++) bench.arrives('SYN', { sequence: 1 });
    expect(bench.said()).to.have.length(10);
    bench.wait(SECOND);
    bench.arrives('SYN', { sequence: 1 });
    expect(bench.said()).to.have.length(1);
  });

  it('data outside the window is acknowledged as what it is not; data that reaches over it is cut', () => {
    const bench = new Bench({ receiveBufferBytes: 20 }).establish();
    bench.user.reads = false;
    bench.arrives('ACK', { sequence: 21, acknowledgement: 1, payload: TEN });
    expect([bench.connection.readableBytes, bench.said()]).to.deep.equal([0, ['ACK seq 1 ack 1']]);
    bench.arrives('ACK', { sequence: -4, acknowledgement: 1, payload: TEN });
    expect(bench.connection.readableBytes).to.equal(5);
    bench.arrives('ACK', { sequence: 6, acknowledgement: 1, payload: new Uint8Array(30) });
    expect(bench.connection.readableBytes).to.equal(20);
  });

  it('a segment without ACK, or with another timestamp than comes next (PAWS), brings nothing', () => {
    const timestamps = { value: 1000, echo: 0 };
    const bench = new Bench({ timestamps: true });
    bench.arrives('SYN', { sequence: 0, options: { timestamps } });
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, options: { timestamps } });
    bench.arrives('FIN', { sequence: 1, payload: TEN, options: { timestamps } });
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: TEN });
    const old = { timestamps: { value: 999, echo: 0 } };
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: TEN, options: old });
    expect(bench.user.receivedBytes).to.equal(0);
    bench.arrives('ACK', { sequence: 1, acknowledgement: 1, payload: TEN, options: { timestamps } });
    expect(bench.user.receivedBytes).to.equal(10);
  });
});

describe('a stack', () => {
  it('resets what belongs to no connection, and nothing that is a reset itself (RFC 9293 3.10.7.1)', () => {
    const bench = new Bench();
    bench.stack.unlisten(PORT);
    bench.arrives('SYN', { sequence: 0, payload: TEN });
    bench.arrives('ACK', { sequence: 5, acknowledgement: 77 });
    bench.arrives('RST', { sequence: 5 });
    const said = bench.segments();
    expect(said).to.have.length(2);
    expect(bench.text(said[0])).to.match(/^ACK\+RST seq .* ack 11$/);
    expect(bench.text(said[1])).to.equal('RST seq 77');
  });

  it('opens anew by a SYN where a connection only waits', () => {
    const bench = finWait1();
    bench.arrives('ACK+FIN', { sequence: 1, acknowledgement: 2 });
    bench.said();
    bench.arrives('SYN', { sequence: 1000 });
    expect(bench.said()).to.deep.equal(['ACK+SYN seq 0 ack 1001']);
    expect(bench.stack.size).to.equal(1);
  });

  it('holds no more half-open connections than the backlog, and gives them up after a while', () => {
    const bench = new Bench({}, 5);
    for (let i = 0; i < 20; i++) bench.arrives('SYN', { sequence: 0, sourcePort: 1000 + i });
    expect([bench.stack.size, bench.stack.dropped]).to.deep.equal([5, 15]);
    bench.wait(300 * SECOND);
    expect(bench.stack.size).to.equal(0);
    bench.establish();
    expect(bench.connection.state).to.equal('ESTABLISHED');
  });

  it('takes no connection over its limit, but the oldest that only waits makes way', () => {
    const lab = twoStacks();
    lab.state.filter = ({ destinationPort }) => destinationPort !== 1;
    const users = Array.from({ length: 8192 }, () => lab.a.connect(B, 1, {}));
    expect(() => lab.a.connect(B, 1, {})).to.throw('8192 TCP connections exist: close some first');
    users[0].close();
    const { client } = connected(lab, new User().sends(TEN));
    lab.clock.runUntil(SECOND);
    expect(client.connection?.state).to.equal('TIME-WAIT');
    lab.a.connect(B, 1, {});
    expect(client.connection?.state).to.equal('CLOSED');
  });

  it('numbers connections so that the next between the same ends lies ahead, and others tell nothing', () => {
    const bench = new Bench();
    const numbers: number[] = [];
    for (let i = 0; i < 3; i++) {
      bench.connect();
      numbers.push(bench.isn);
      bench.connection.close();
      bench.wait(SECOND);
    }
    expect(numbers.map((number, i) => (i === 0 ? 0 : (number - numbers[i - 1]) >>> 0))).to.deep.equal([
      0, 250_000, 250_000,
    ]);
  });
});
