import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { PolicyClassConfig } from '../../../src/config/model.ts';
import { CLASS_DEFAULT } from '../../../src/config/model.ts';
import { labelOf, SHADOW_DSCP } from '../../../src/net/wire.ts';
import type { ServiceClass, ServicePolicy, SlotPort } from '../../../src/routerd/forwarding/contract.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import { drops, packetBytes, twoRouters, type UdpPacket, up } from './network.ts';

const EF = 46;
const AF = 10;
const BULK = 8;
const CLASS_OF: Readonly<Record<string, number>> = { voice: EF, data: AF, bulk: BULK };

/** Classes by their names, which are those of CLASS_OF or class-default; what is done with each. */
function policy(
  classes: Readonly<Record<string, Omit<PolicyClassConfig, 'name'>>>,
  name = 'EDGE',
): ServicePolicy {
  const { [CLASS_DEFAULT]: rest, ...named } = classes;
  return {
    name,
    classes: [
      ...Object.entries(named).map(
        ([name, config]): ServiceClass => ({
          config: { name, ...config },
          match: 'any',
          criteria: [{ kind: 'dscp', values: [CLASS_OF[name]] }],
        }),
      ),
      { config: { name: CLASS_DEFAULT, ...rest }, match: 'any', criteria: [{ kind: 'any' }] },
    ],
  };
}

const CORE_BPS = 10_000_000;
const LENGTH = 1000;

/** Two routers with 10 Mbit/s between them; `offer` lets packets of one kind arrive at R1 at a rate. */
function congested(settings: Partial<SlotPort>) {
  const lab = twoRouters({ rateBps: CORE_BPS, queueBytes: 3000 });
  const configure = (slot: 0 | 1, more: Partial<SlotPort>): void =>
    lab.r1.configurePort(slot, 'to-R2', up('10.12.0.1/24', more));
  configure(0, settings);
  const sentNs = new Map<number, number>();
  const offer = (bps: number, forNs: number, packet: Partial<UdpPacket>): void => {
    const length = packet.length ?? LENGTH;
    const count = Math.floor((bps * forNs) / 8e9 / length);
    const fromNs = lab.clock.now();
    for (let number = 0; number < count; number++) {
      lab.clock.after((number * forNs) / count, () => {
        const sequence = sentNs.size + 1;
        sentNs.set(sequence, lab.clock.now());
        const bytes = packetBytes({ to: '10.2.0.2', traced: false, length, sequence, ...packet });
        lab.h1.send(bytes, lab.r1Edge.mac);
      });
    }
    expect(fromNs).to.equal(lab.clock.now());
  };
  /** Bits of IPv4 packet per second that came over the wire between the routers, by DSCP. */
  const run = (ns: number) => {
    lab.between.splice(0);
    lab.pass(ns);
    const bps: Record<number, number> = {};
    for (const { dscp } of lab.between) bps[dscp] = (bps[dscp] ?? 0) + (LENGTH * 8 * SECOND) / ns;
    return bps;
  };
  return { ...lab, configure, offer, run, sentNs };
}

/** Of the link's rate, what is left of it when each packet of LENGTH has an Ethernet header. */
const LINK_BPS = (CORE_BPS * LENGTH) / (LENGTH + 14);

function expectWithin(percent: number, measured: number, wanted: number): void {
  expect(measured).to.be.within(wanted * (1 - percent / 100), wanted * (1 + percent / 100));
}

describe('an output policy', () => {
  it('gives each class its share of the bandwidth when all have more, to a per cent', () => {
    const { offer, run } = congested({
      policyOut: policy({
        data: { bandwidth: { kind: 'percent', percent: 60 } },
        bulk: { bandwidth: { kind: 'kbps', kbps: 3000 } },
      }),
    });
    for (const dscp of [AF, BULK, 0]) offer(12e6, 3 * SECOND, { dscp });
    run(SECOND);
    const bps = run(2 * SECOND);
    expectWithin(1, bps[AF], LINK_BPS * 0.6);
    expectWithin(1, bps[BULK], LINK_BPS * 0.3);
    expectWithin(1, bps[0], LINK_BPS * 0.1);
  });

  it('leaves what a class does not use to the others in proportion', () => {
    const { offer, run } = congested({
      policyOut: policy({
        data: { bandwidth: { kind: 'percent', percent: 60 } },
        bulk: { bandwidth: { kind: 'percent', percent: 30 } },
      }),
    });
    for (const dscp of [BULK, 0]) offer(12e6, 2 * SECOND, { dscp });
    offer(2e6, 2 * SECOND, { dscp: AF });
    run(SECOND);
    const bps = run(SECOND);
    expectWithin(1, bps[AF], 2e6);
    expectWithin(1, bps[BULK], (LINK_BPS - 2e6) * 0.75);
  });

  it('measures percentages by the interface bandwidth, which shapes nothing', () => {
    const { offer, run } = congested({
      bandwidthBps: 5e6,
      policyOut: policy({ data: { bandwidth: { kind: 'percent', percent: 40 } } }),
    });
    for (const dscp of [AF, 0]) offer(12e6, 2 * SECOND, { dscp });
    run(SECOND);
    const bps = run(SECOND);
    expectWithin(1, bps[AF] + bps[0], LINK_BPS);
    expectWithin(1, bps[AF], LINK_BPS * 0.4);
  });

  it('sends priority packets next, and no more of them than their rate while others wait', () => {
    const { offer, run, clock, h2, sentNs } = congested({
      policyOut: policy({ voice: { priority: { kind: 'kbps', kbps: 2000 } } }),
    });
    offer(12e6, 6 * SECOND, { dscp: 0 });
    offer(1e6, 2 * SECOND, { dscp: EF });
    const delays: number[] = [];
    const h2Frames = h2.frames;
    const watch = (): void => {
      for (const { dscp, sequence } of h2.take()) {
        if (dscp === EF) delays.push(clock.now() - (sentNs.get(sequence ?? 0) ?? 0));
      }
      clock.after(MILLISECOND / 10, watch);
    };
    watch();
    const below = run(2 * SECOND);
    expectWithin(1, below[EF], 1e6);
    // Three links of 1 ms, two fast; on the slow one itself, one packet before it and one in the port.
    const longest = 3 * MILLISECOND + (3 * (LENGTH + 14) * 8e9) / CORE_BPS + MILLISECOND / 5;
    expect(Math.max(...delays)).to.be.below(longest);
    expect(h2Frames.length).to.be.below(10);
    offer(5e6, 4 * SECOND, { dscp: EF });
    run(2 * SECOND);
    const above = run(2 * SECOND);
    expectWithin(1, above[EF], 2e6);
    expectWithin(1, above[0], LINK_BPS - 2e6);
  });

  it('lets priority packets have the whole link where nobody else waits', () => {
    const { offer, run } = congested({
      policyOut: policy({ voice: { priority: { kind: 'kbps', kbps: 2000 } } }),
    });
    offer(9e6, SECOND, { dscp: EF });
    expectWithin(2, run(SECOND)[EF], 9e6);
  });

  it('shapes a class to its average and loses nothing that its queue holds', () => {
    const { offer, run, r1 } = congested({ policyOut: policy({ data: { shapeBps: 1e6 } }) });
    offer(2e6, SECOND, { dscp: AF });
    offer(1e6, 3 * SECOND, { dscp: 0 });
    run(SECOND / 2);
    const bps = run(SECOND);
    expectWithin(1, bps[AF], 1e6);
    expectWithin(1, bps[0], 1e6);
    run(SECOND);
    expect(drops(r1)).to.deep.equal({});
  });

  it('holds a shaped class to its rate on an idle link, and wakes the port in time', () => {
    const { offer, clock, between, pass } = congested({ policyOut: policy({ data: { shapeBps: 8e5 } }) });
    offer(1e7, 10 * MILLISECOND, { dscp: AF });
    pass(5 * SECOND);
    expect(between.length).to.equal(12);
    // Nobody else sends: only the shaper's own wake-ups can have brought them.
    expect(clock.now()).to.be.above(5 * SECOND);
  });

  it('polices and marks, and names policy and class in what it drops', () => {
    const { offer, run, r1 } = congested({
      policyOut: policy({
        data: {
          police: {
            rateBps: 1e6,
            burstBytes: 3000,
            conform: { kind: 'transmit' },
            exceed: { kind: 'set-dscp-transmit', dscp: BULK },
          },
        },
        [CLASS_DEFAULT]: {
          setDscp: 1,
          police: { rateBps: 5e5, burstBytes: 3000, conform: { kind: 'transmit' }, exceed: { kind: 'drop' } },
        },
      }),
    });
    offer(4e6, 2 * SECOND, { dscp: AF });
    offer(2e6, 2 * SECOND, { dscp: 0 });
    const bps = run(2 * SECOND);
    const burstBps = (3000 * 8) / 2;
    expectWithin(1, bps[AF], 1e6 + burstBps);
    expectWithin(1, bps[BULK], 3e6 - burstBps);
    expectWithin(1, bps[1], 5e5 + burstBps);
    expect(bps[0]).to.equal(undefined);
    const dropped = r1.takePostcards().postcards.filter(({ verdict }) => verdict === 'dropped');
    expect(dropped.length).to.equal(drops(r1)['real police']);
    expect(new Set(dropped.map(({ reason, policy, out }) => [reason, policy, out].join()))).to.deep.equal(
      new Set(['police,policy-map EDGE class class-default,to-R2']),
    );
  });

  it('drops what exceeds the queue of its class alone, and names it', () => {
    const { offer, run, r1 } = congested({
      policyOut: policy({ bulk: { bandwidth: { kind: 'percent', percent: 10 }, queueLimitBytes: 5000 } }),
    });
    offer(12e6, SECOND, { dscp: BULK });
    offer(8e6, SECOND, { dscp: 0 });
    const bps = run(SECOND);
    expectWithin(1.5, bps[0], 8e6);
    const dropped = r1.takePostcards().postcards.filter(({ verdict }) => verdict === 'dropped');
    expect(new Set(dropped.map(({ reason, policy }) => `${reason} ${policy}`))).to.deep.equal(
      new Set(['queue policy-map EDGE class bulk']),
    );
  });

  it('does not touch what the router itself says to its neighbours', () => {
    const { r1, between, pass } = congested({
      policyOut: policy({
        [CLASS_DEFAULT]: {
          police: { rateBps: 8, burstBytes: 1, conform: { kind: 'drop' }, exceed: { kind: 'drop' } },
        },
      }),
    });
    r1.originate(0, 'to-R2', {
      source: 0x0a0c0001,
      destination: 0xe0000005,
      protocol: 89,
      ttl: 1,
      tos: 0xc0,
      payload: new Uint8Array(44),
    });
    pass();
    expect(between.length).to.equal(1);
  });
});

describe('an input policy', () => {
  it('polices what comes in, for packets to the router as well', () => {
    const { offer, run, r1, h1, r1Edge, pass } = congested({});
    const police = {
      rateBps: 1e6,
      burstBytes: 1500,
      conform: { kind: 'transmit' },
      exceed: { kind: 'drop' },
    } as const;
    r1.configurePort(
      0,
      'to-h1',
      up('10.1.0.1/24', { policyIn: policy({ data: { setDscp: BULK }, [CLASS_DEFAULT]: { police } }) }),
    );
    offer(1e6, SECOND, { dscp: AF });
    offer(3e6, SECOND, { dscp: 0 });
    const bps = run(SECOND);
    expectWithin(1.5, bps[0], 1e6);
    expectWithin(1.5, bps[BULK], 1e6);
    for (let count = 0; count < 3; count++)
      h1.send(packetBytes({ to: '10.1.0.1', length: 1000 }), r1Edge.mac);
    pass();
    expect(drops(r1)['real police']).to.be.above(200);
    const postcard = r1.takePostcards().postcards.findLast(({ reason }) => reason === 'police');
    expect([postcard?.in, postcard?.out, postcard?.policy]).to.deep.equal([
      'to-h1',
      '',
      'policy-map EDGE class class-default',
    ]);
  });
});

describe("a slot's policies", () => {
  const police = {
    rateBps: 1e6,
    burstBytes: 3000,
    conform: { kind: 'transmit' },
    exceed: { kind: 'drop' },
  } as const;

  it('act on the packets of its plane alone, and go live when the planes are swapped', () => {
    const { offer, run, r1, r2, configure } = congested({});
    configure(1, { policyOut: policy({ [CLASS_DEFAULT]: { police } }) });
    const both = (): void => {
      offer(3e6, SECOND, { dscp: 0 });
      offer(3e6, SECOND, { dscp: SHADOW_DSCP });
    };
    both();
    const before = run(SECOND);
    expectWithin(1.5, before[0], 3e6);
    expectWithin(4, before[SHADOW_DSCP], 1e6);
    for (const router of [r1, r2]) router.swapPlanes();
    both();
    const after = run(SECOND);
    expectWithin(4, after[0], 1e6);
    expectWithin(1.5, after[SHADOW_DSCP], 3e6);
    expect(Object.keys(drops(r1))).to.have.members(['shadow police', 'real police']);
  });

  it('keep their tokens apart by plane: shadow packets that go by the real slot cost real ones nothing', () => {
    const { r1, h1, r1Edge, pass } = congested({ policyOut: policy({ [CLASS_DEFAULT]: { police } }) });
    r1.setTag(0, 5);
    for (let count = 0; count < 10; count++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 1000 }), r1Edge.mac, { plane: 'shadow', tag: 5 });
    }
    for (let count = 0; count < 3; count++)
      h1.send(packetBytes({ to: '10.2.0.2', length: 1000 }), r1Edge.mac);
    pass();
    expect(drops(r1)).to.deep.equal({ 'shadow police': 7 });
  });

  it('may change while packets wait: none is lost, and each class keeps its order', () => {
    const share = (percent: number) => ({ bandwidth: { kind: 'percent', percent } as const });
    const { configure, h1, h2, r1, r1Edge, pass } = congested({
      policyOut: policy({ data: share(50), bulk: share(20) }),
    });
    const steps: (ServicePolicy | undefined)[] = [
      policy({ data: share(50), voice: { priority: { kind: 'percent', percent: 10 } } }),
      policy({}),
      undefined,
      policy({ data: { shapeBps: 5e6 }, bulk: share(1) }, 'OTHER'),
      undefined,
    ];
    let sequence = 0;
    const dscps = [AF, BULK, 0];
    for (const policyOut of steps) {
      for (let count = 0; count < 30; count++) {
        const packet = { to: '10.2.0.2', length: 1000, sequence: ++sequence, dscp: dscps[sequence % 3] };
        h1.send(packetBytes(packet), r1Edge.mac);
      }
      pass(3 * MILLISECOND);
      configure(0, policyOut === undefined ? {} : { policyOut });
    }
    pass(5 * SECOND);
    expect(drops(r1)).to.deep.equal({});
    const arrived = h2.take();
    expect(arrived.length).to.equal(150);
    for (const dscp of dscps) {
      const sequences = arrived
        .filter((packet) => packet.dscp === dscp)
        .map((packet) => packet.sequence ?? 0);
      expect(sequences.length).to.equal(50);
      expect(sequences).to.deep.equal([...sequences].sort((a, b) => a - b));
    }
  });

  it('may make packets wait until after a commit: those that wait are marked when the router marks', () => {
    const { r1, between, h1, r1Edge, pass } = congested({ policyOut: policy({ data: { shapeBps: 1e5 } }) });
    for (const slot of [0, 1] as const) r1.setTag(slot, 5 + slot);
    for (let sequence = 1; sequence <= 4; sequence++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 1000, sequence, dscp: AF }), r1Edge.mac);
    }
    pass(10 * MILLISECOND);
    expect(between.map(({ type }) => type)).to.deep.equal(['ipv4', 'ipv4']);
    r1.setMarking(true);
    pass(SECOND);
    const waited = between.slice(2);
    expect(waited.map(({ label, ttl, labelTtl }) => [label, ttl, labelTtl])).to.deep.equal([
      [labelOf(5, 'real'), 63, 63],
      [labelOf(5, 'real'), 63, 63],
    ]);
    expect(waited.map(({ sequence }) => sequence)).to.deep.equal([3, 4]);
  });

  it('lets what waits by the former slot go first when the planes are swapped', () => {
    const shares = { data: { bandwidth: { kind: 'percent', percent: 50 } } } as const;
    const { configure, h1, r1, r1Edge, between, pass } = congested({ policyOut: policy(shares) });
    configure(1, { policyOut: policy({ data: { priority: { kind: 'percent', percent: 50 } } }) });
    for (let sequence = 1; sequence <= 10; sequence++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 1000, sequence, dscp: AF }), r1Edge.mac);
    }
    pass(2 * MILLISECOND);
    r1.swapPlanes();
    for (let sequence = 11; sequence <= 20; sequence++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 1000, sequence, dscp: AF }), r1Edge.mac);
    }
    pass();
    expect(between.map(({ sequence }) => sequence)).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });
});
