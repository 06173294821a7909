import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { choosePath, saltOf } from '../../../src/routerd/forwarding/ecmp.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { engine, join, packetBytes, prefix, up, via, WireEnd } from './network.ts';

const flow = (sourcePort: number) => packetBytes({ to: '10.2.0.2', sourcePort });
const choose = (sourcePort: number, router: string, count: number): number =>
  choosePath(flow(sourcePort), 0, saltOf(router), count);

describe('the choice among equal paths', () => {
  it('is the same for every packet of a flow, and one of those there are', () => {
    fc.assert(
      fc.property(
        fc.nat(65535),
        fc.integer({ min: 1, max: 64 }),
        fc.string(),
        (sourcePort, count, router) => {
          const chosen = choose(sourcePort, router, count);
          const later = packetBytes({ to: '10.2.0.2', sourcePort, sequence: 99, ttl: 3, dscp: SHADOW_DSCP });
          expect(choosePath(later, 0, saltOf(router), count)).to.equal(chosen);
          expect(chosen).to.be.within(0, count - 1);
        },
      ),
    );
  });

  it('spreads flows evenly', () => {
    const counts = [0, 0, 0, 0];
    for (let port = 1024; port < 9216; port++) counts[choose(port, 'DNVR', 4)]++;
    for (const count of counts) expect(count / 2048).to.be.within(0.93, 1.07);
  });

  it('of one router says nothing of that of the next', () => {
    const counts = [0, 0, 0, 0];
    for (let port = 1024; port < 9216; port++) {
      counts[2 * choose(port, 'DNVR', 2) + choose(port, 'KSCY', 2)]++;
    }
    for (const count of counts) expect(count / 2048).to.be.within(0.93, 1.07);
  });

  it('does not take fragments of one packet apart', () => {
    const first = flow(5000);
    first[6] = 0x20;
    const second = flow(1234);
    second[7] = 100;
    expect(choosePath(first, 0, 1, 64)).to.equal(choosePath(second, 0, 1, 64));
  });

  it('is the same in both planes where their tables are the same, whatever order routes name next hops in', () => {
    const clock = new VirtualClock();
    const [edge, edgeEnd] = join(clock, 'to-h1', 'eth0');
    const links = ['a', 'b', 'c'].map((name) => join(clock, name, 'eth0'));
    const router = engine(clock, 'R', [
      { port: edge, edge: true },
      ...links.map(([port]) => ({ port, edge: false })),
    ]);
    const source = new WireEnd(clock, edgeEnd, '10.1.0.2');
    const wires = links.map(([, end], index) => new WireEnd(clock, end, `10.${index + 10}.0.2`));
    const nextHops = links.map(([{ name }], index) => via(name, `10.${index + 10}.0.2`));
    for (const slot of [0, 1] as const) {
      router.configurePort(slot, 'to-h1', up('10.1.0.1/24'));
      links.forEach(([{ name }], index) => {
        router.configurePort(slot, name, up(`10.${index + 10}.0.1/24`));
      });
      router.route(slot, prefix('10.2.0.0/24'), slot === 0 ? nextHops : nextHops.toReversed());
    }
    expect(router.fib(0)).to.deep.equal([{ prefix: '10.2.0.0/24', nextHops }]);
    expect(router.fib(1)).to.deep.equal(router.fib(0));
    clock.runUntil(1e9);
    for (let sourcePort = 5000; sourcePort < 5100; sourcePort++) {
      for (const dscp of [0, SHADOW_DSCP])
        source.send(packetBytes({ to: '10.2.0.2', sourcePort, dscp }), edge.mac);
    }
    clock.runUntil(2e9);
    const seen = wires.map((wire) => wire.take());
    for (const packets of seen) {
      expect(packets.length).to.be.greaterThan(20);
      expect(packets.filter(({ type }) => type === 'mpls').length).to.equal(packets.length / 2);
    }
  });
});
