import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatIpv4, type Ipv4, maskOf, type Prefix } from '../../../src/net/address.ts';
import { ETHERTYPE_ARP, etherType } from '../../../src/net/ethernet.ts';
import type { Slot } from '../../../src/routerd/forwarding/contract.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { Frame } from '../../../src/world/frame.ts';
import type { NextHop } from '../../../src/world/observation.ts';
import { engine, join, on, packetBytes, read, type Seen, up, via, WireEnd } from './network.ts';

const PORTS = 3;

interface Customer {
  readonly routes: readonly {
    readonly slot: Slot;
    readonly prefix: Prefix;
    readonly ways: readonly number[];
  }[];
  readonly packets: readonly {
    readonly port: number;
    readonly to: Ipv4;
    readonly ttl: number;
    readonly shadow: boolean;
  }[];
}

/** Few addresses, so that routes and packets meet; the ends of the router's own links among them. */
const addresses = fc.integer({ min: 0x0a000000, max: 0x0a00000f }).map((low) => low + ((low & 3) << 16));
const customers: fc.Arbitrary<Customer> = fc.record({
  routes: fc.array(
    fc.record({
      slot: fc.constantFrom<Slot>(0, 1),
      prefix: fc
        .tuple(addresses, fc.integer({ min: 8, max: 32 }))
        .map(([address, length]) => ({ address: (address & maskOf(length)) >>> 0, length })),
      ways: fc.uniqueArray(fc.integer({ min: -1, max: PORTS - 1 }), { maxLength: 3 }),
    }),
    { maxLength: 12 },
  ),
  packets: fc.array(
    fc.record({
      port: fc.integer({ min: 0, max: PORTS - 1 }),
      to: addresses,
      ttl: fc.constantFrom(1, 2, 64),
      shadow: fc.boolean(),
    }),
    { maxLength: 15 },
  ),
});

/** What came out of each port of each customer: all of them at one router, each in a VRF of that name. */
function outcomes(
  parties: readonly { readonly vrf: string; readonly customer: Customer }[],
): readonly Seen[][][] {
  const clock = new VirtualClock();
  const wires = parties.map(({ vrf }) =>
    Array.from({ length: PORTS }, (_, index) => {
      const [far, near] = join(clock, 'eth0', `p${vrf}${index}`);
      return { near, end: new WireEnd(clock, far, `10.${index}.0.2`) };
    }),
  );
  const router = engine(
    clock,
    'R',
    wires.flat().map(({ near }) => ({ port: near, edge: false })),
  );
  parties.forEach(({ vrf, customer }, which) => {
    const wayBy = (index: number): NextHop =>
      index < 0 ? { kind: 'blackhole' } : via(wires[which][index].near.name, `10.${index}.0.2`);
    for (const slot of [0, 1] as const) {
      wires[which].forEach(({ near }, index) => {
        router.configurePort(slot, near.name, up(`10.${index}.0.1/24`, { vrf }));
        router.route(slot, { address: 0x0a000000 + (index << 16), length: 24 }, [on(near.name)], vrf);
      });
    }
    for (const { slot, prefix, ways } of customer.routes) {
      router.route(slot, prefix, ways.length === 0 ? undefined : ways.map(wayBy), vrf);
    }
  });
  clock.runUntil(SECOND);
  parties.forEach(({ customer }, which) => {
    customer.packets.forEach(({ port, to, ttl, shadow }, sequence) => {
      const { end, near } = wires[which][port];
      const packet = packetBytes({ from: `10.${port}.0.2`, to: formatIpv4(to), ttl, sequence });
      end.send(packet, near.mac, shadow ? { plane: 'shadow', tag: 0 } : undefined);
      clock.runUntil(clock.now() + SECOND);
    });
  });
  // Whoever is not there is given up.
  clock.runUntil(clock.now() + 10 * SECOND);
  const isPacket = ({ bytes, start }: Frame): boolean => etherType(bytes, start) !== ETHERTYPE_ARP;
  return wires.map((own) => own.map(({ end }) => end.frames.filter(isPacket).map(read)));
}

describe('a VRF', () => {
  it('forwards as its network alone would, whatever other VRFs with the same addresses do', () => {
    fc.assert(
      fc.property(customers, customers, customers, (red, blue, plain) => {
        const together = outcomes([
          { vrf: 'RED', customer: red },
          { vrf: '', customer: plain },
          { vrf: 'BLUE', customer: blue },
        ]);
        const alone = [red, plain, blue].map((customer) => outcomes([{ vrf: '', customer }])[0]);
        expect(together).to.deep.equal(alone);
      }),
      { numRuns: 60 },
    );
  });
});
