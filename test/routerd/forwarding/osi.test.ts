import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Mac } from '../../../src/net/address.ts';
import { OSI_PDU } from '../../../src/routerd/forwarding/contract.ts';
import { joinMemoryLink } from '../../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { frameOf } from '../../../src/world/frame.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { engine, LINK, up } from './network.ts';

const MAC: Mac = 0x020000000001;
const ALL_SYSTEMS: Mac = 0x09002b000005;
/** The header of a hello. */
const PDU = Uint8Array.from([0x83, 20, 1, 0, 17, 1, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 30, 0, 20, 1]);

/** The frames of docs/wire-format.md in its section on IS-IS. */
const [PLAIN, LABELLED] = [
  ...readFileSync(new URL('../../../docs/wire-format.md', import.meta.url), 'utf8')
    .split('## IS-IS')[1]
    .matchAll(/```hex\n([^`]*)```/g),
].map(([, block]) => Uint8Array.from(block.trim().split(/\s+/), (octet) => Number.parseInt(octet, 16)));

/** An engine with one port, whose other end is in the test's hand. */
function router(rateBps = LINK.rateBps) {
  const clock = new VirtualClock();
  const ends = [
    { name: 'p', mac: MAC },
    { name: 'q', mac: MAC + 1 },
  ];
  const [port, other] = joinMemoryLink(clock, seededRandom(1), { ...LINK, rateBps }, ends);
  const sent: Uint8Array[] = [];
  other.receiver((frame) => sent.push(frame.bytes.slice(frame.start, frame.end)));
  const heard: string[] = [];
  const own = engine(
    clock,
    'R',
    [{ port, edge: false }],
    ({ slot, port: at, source, destination, protocol, payload }) => {
      const text = Buffer.from(payload).toString('hex');
      heard.push([slot, at, source.toString(16), destination.toString(16), protocol, text].join(' '));
    },
  );
  for (const slot of [0, 1] as const) {
    own.configurePort(slot, 'p', up('10.1.0.2/24'));
    own.setTag(slot, slot + 11);
  }
  const receive = (bytes: Uint8Array): void => {
    other.send(frameOf(bytes));
    clock.runUntil(clock.now() + 1e9);
  };
  return { clock, own, sent, heard, receive, run: () => clock.runUntil(clock.now() + 1e9) };
}

describe('A PDU of IS-IS', () => {
  it('travels as the documentation shows, in each plane', () => {
    const { own, sent, run } = router();
    own.originateOsi(0, 'p', ALL_SYSTEMS, PDU);
    own.originateOsi(1, 'p', ALL_SYSTEMS, PDU);
    run();
    expect(sent).to.deep.equal([PLAIN, LABELLED]);
  });

  it('is handed up with its MACs, to the slot of its plane', () => {
    const { heard, receive } = router();
    receive(PLAIN);
    receive(LABELLED);
    const pdu = Buffer.from(PDU).toString('hex');
    expect(heard).to.deep.equal([0, 1].map((slot) => `${slot} p 20000000001 9002b000005 ${OSI_PDU} ${pdu}`));
  });

  it('is handed up by its tag while routers mark, whichever plane the slot plays', () => {
    const { own, sent, heard, receive, run } = router();
    own.setMarking(true);
    own.originateOsi(0, 'p', ALL_SYSTEMS, PDU);
    run();
    own.swapPlanes();
    receive(sent[0]);
    expect(heard.map((each) => each.slice(0, 1))).to.deep.equal(['0']);
  });

  it('that waits when marking begins is marked like any packet', () => {
    const { own, sent, heard, receive, run } = router(10_000);
    for (let count = 0; count < 3; count++) own.originateOsi(0, 'p', ALL_SYSTEMS, PDU);
    own.setMarking(true);
    own.swapPlanes();
    for (let count = 0; count < 3; count++) run();
    expect(sent.slice(1).map((frame) => frame.subarray(12, 14))).to.deep.equal([
      Uint8Array.of(0x88, 0x47),
      Uint8Array.of(0x88, 0x47),
    ]);
    receive(sent[2]);
    expect(heard.map((each) => each.slice(0, 1))).to.deep.equal(['0']);
  });

  it('is not sent where it does not fit, or the port has failed', () => {
    const { own, sent, run } = router();
    own.originateOsi(0, 'p', ALL_SYSTEMS, new Uint8Array(1498));
    own.originateOsi(1, 'p', ALL_SYSTEMS, new Uint8Array(1477));
    own.failPort(0, 'p', true);
    own.originateOsi(0, 'p', ALL_SYSTEMS, PDU);
    run();
    expect(sent).to.have.length(0);
    expect(own.counters().map(({ plane, drops }) => [plane, drops])).to.deep.equal([
      ['real', { failed: 1, mtu: 1 }],
      ['shadow', { mtu: 1 }],
    ]);
  });

  it('may be any bytes: what is no PDU is dropped, and nothing throws', () => {
    const { receive, heard } = router();
    fc.assert(
      fc.property(
        fc.constantFrom(PLAIN, LABELLED),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
        fc.nat(80),
        (frame, changes, length) => {
          const bytes = frame.slice(0, Math.max(14, length));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          receive(bytes);
        },
      ),
    );
    for (const each of heard) expect(each.split(' ')[4]).to.equal(String(OSI_PDU));
  });
});
