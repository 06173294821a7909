import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import type { Plane } from '../../../src/net/wire.ts';
import { DEFAULT_CANCELLATION } from '../../../src/routerd/bandwidth/bandwidth.ts';
import type {
  ForwardingPort,
  ServiceClass,
  ServicePolicy,
} from '../../../src/routerd/forwarding/contract.ts';
import { makeForwarding } from '../../../src/routerd/forwarding/engine.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { address, join, on, packetBytes, prefix, up, WireEnd } from './network.ts';

const RATE = 10e6;
const LENGTH = 1000;

const ofDscp = (name: string, dscp: number, config: Omit<ServiceClass['config'], 'name'>): ServiceClass => ({
  config: { name, ...config },
  match: 'any',
  criteria: [{ kind: 'dscp', values: [dscp] }],
});
const rest: ServiceClass = { config: { name: 'class-default' }, match: 'any', criteria: [{ kind: 'any' }] };

/** One router between a host and another router, over a link of 10 Mbit/s that cancels shadow packets. */
function cancelling(real: ServicePolicy | undefined, shadow: ServicePolicy | undefined) {
  const clock = new VirtualClock();
  const [hostPort, edge] = join(clock, 'eth0', 'edge');
  const [core, farPort] = join(clock, 'core', 'far', { rateBps: RATE, queueBytes: 3000 });
  const ports: ForwardingPort[] = [
    { port: edge, edge: true },
    { port: core, edge: false, bandwidth: DEFAULT_CANCELLATION },
  ];
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const router = makeForwarding(world, 'R1', ports, () => undefined);
  const host = new WireEnd(clock, hostPort, '10.1.0.2');
  const far = new WireEnd(clock, farPort, '10.2.0.2');
  for (const [slot, policyOut] of [real, shadow].entries()) {
    const own = slot === 0 ? 0 : 1;
    router.configurePort(own, 'edge', up('10.1.0.1/24'));
    router.configurePort(own, 'core', up('10.2.0.1/24', policyOut && { policyOut }));
    router.route(own, prefix('10.2.0.0/24'), [on('core')]);
  }
  far.arp(ARP_REQUEST, 0, address('10.2.0.1'));
  clock.runUntil(SECOND);
  /** Offers 6 Mbit/s of each DSCP in the plane, for two seconds. */
  const offer = (plane: Plane, dscps: readonly number[]): void => {
    for (const dscp of dscps) {
      for (let number = 0; number < 1500; number++) {
        clock.after((number * 2 * SECOND) / 1500, () => {
          const mark = plane === 'real' ? undefined : ({ plane, tag: 0 } as const);
          host.send(
            packetBytes({ to: '10.2.0.2', length: LENGTH, dscp, traced: true, sequence: number }),
            edge.mac,
            mark,
          );
        });
      }
    }
  };
  const dropped = () => router.takePostcards().postcards.filter(({ verdict }) => verdict === 'dropped');
  return { clock, offer, dropped };
}

/** Drops of a plane by class. */
function byClass(
  postcards: readonly { plane: Plane; policy?: string }[],
  plane: Plane,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of postcards) {
    if (each.plane === plane) counts[each.policy ?? ''] = (counts[each.policy ?? ''] ?? 0) + 1;
  }
  return counts;
}

const SHARES: ServicePolicy = {
  name: 'P',
  classes: [
    ofDscp('gold', 10, { bandwidth: { kind: 'percent', percent: 60 }, queueLimitBytes: 20_000 }),
    ofDscp('red', 12, {
      randomDetect: 'drop',
      bandwidth: { kind: 'percent', percent: 30 },
      queueLimitBytes: 20_000,
    }),
    rest,
  ],
};

describe('classes where shadow packets are cancelled', () => {
  it('drop in the shadow what they drop alone, with the real plane as full as can be', () => {
    const alone = cancelling(undefined, SHARES);
    alone.offer('shadow', [10, 12]);
    alone.clock.runUntil(4 * SECOND);
    const beside = cancelling(undefined, SHARES);
    beside.offer('shadow', [10, 12]);
    beside.offer('real', [0, 1]);
    beside.clock.runUntil(4 * SECOND);
    const wanted = byClass(alone.dropped(), 'shadow');
    const got = byClass(beside.dropped(), 'shadow');
    expect(Object.keys(wanted)).to.include('policy-map P class red');
    for (const [name, count] of Object.entries(wanted))
      expect(got[name]).to.be.closeTo(count, 0.02 * count + 3);
  });

  it('drop in the real plane exactly what they drop alone', () => {
    const alone = cancelling(SHARES, undefined);
    alone.offer('real', [10, 12]);
    alone.clock.runUntil(4 * SECOND);
    const beside = cancelling(SHARES, SHARES);
    beside.offer('real', [10, 12]);
    beside.offer('shadow', [10, 12]);
    beside.clock.runUntil(4 * SECOND);
    const wanted = byClass(alone.dropped(), 'real');
    expect(Object.keys(wanted)).to.include('policy-map P class red');
    expect(byClass(beside.dropped(), 'real')).to.deep.equal(wanted);
  });
});
