import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG, type InterfaceConfig, type RouterConfig } from '../../../src/config/model.ts';
import { parseConfig } from '../../../src/config/parser.ts';
import { parseInterfaceAddress } from '../../../src/net/address.ts';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { ICMP_ECHO_REPLY, ICMP_ECHO_REQUEST, ICMP_UNREACHABLE, writeIcmp } from '../../../src/net/icmp.ts';
import { PROTOCOL_ICMP } from '../../../src/net/ipv4.ts';
import { RouterSlot } from '../../../src/routerd/slot/slot.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { FibEntry } from '../../../src/world/observation.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { address, engine, join, packetBytes, prefix, WireEnd } from '../forwarding/network.ts';

const port = (name: string, own: string, more: Partial<InterfaceConfig> = {}): InterfaceConfig => ({
  name,
  addresses: [parseInterfaceAddress(own) ?? expect.fail(own)],
  ospf: {},
  ...more,
});

const VRFS: RouterConfig['vrfs'] = [{ name: 'BLUE' }, { name: 'RED' }];

/** A router of three ports, each with a wire's end at .2 of the subnet; slot 0 is real. */
function slotOf(config: Partial<RouterConfig>) {
  const clock = new VirtualClock();
  const ports = ['e0', 'e1', 'e2'].map((name) => {
    const [near, far] = join(clock, name, 'far');
    return { near, end: new WireEnd(clock, far, '10.1.0.2') };
  });
  const forwarding = engine(
    clock,
    'R',
    ports.map(({ near }) => ({ port: near, edge: false })),
  );
  const world = { clock, random: seededRandom(1), log: () => {} };
  const facts = ports.map(({ near }) => near);
  const slot = new RouterSlot(world, 0, facts, forwarding, [], 0);
  const load = (now: Partial<RouterConfig>): void => {
    slot.load({ ...EMPTY_CONFIG, ...now });
    clock.runUntil(clock.now() + SECOND);
  };
  load(config);
  const ping = (from: number, to: string): readonly (number | undefined)[] => {
    const { near, end } = ports[from];
    end.arp(ARP_REQUEST, 0, address('10.1.0.1'));
    const packet = packetBytes({ from: '10.1.0.2', to, protocol: PROTOCOL_ICMP, length: 40 });
    writeIcmp(packet, 20, 40, ICMP_ECHO_REQUEST, 0, 1);
    end.take();
    end.send(packet, near.mac);
    clock.runUntil(clock.now() + SECOND);
    return end.take().map(({ icmp }) => icmp?.type);
  };
  return { slot, load, ping, fib: () => forwarding.fib(0).map(routeText) };
}

const routeText = ({ vrf, prefix: to, nextHops }: FibEntry): string =>
  [
    ...(vrf === undefined ? [] : [vrf]),
    to,
    ...nextHops.map((hop) =>
      hop.kind === 'gateway' ? `${hop.port} ${hop.gateway}` : 'port' in hop ? hop.port : hop.kind,
    ),
  ].join(' ');

describe("a slot's VRFs", () => {
  it('have each the connected and static routes of their own, whatever addresses others have', () => {
    const { slot, fib } = slotOf({
      vrfs: VRFS,
      interfaces: [
        port('e0', '10.1.0.1/24', { vrf: 'RED' }),
        port('e1', '10.1.0.1/24', { vrf: 'BLUE' }),
        port('e2', '10.3.0.1/24'),
      ],
      staticRoutes: [
        {
          prefix: prefix('10.9.0.0/16'),
          via: { kind: 'gateway', gateway: address('10.1.0.2') },
          vrf: 'BLUE',
        },
        { prefix: prefix('10.8.0.0/16'), via: { kind: 'gateway', gateway: address('10.1.0.2') } },
      ],
    });
    expect(fib()).to.deep.equal([
      '10.3.0.0/24 e2',
      '10.3.0.1/32 local',
      'BLUE 10.1.0.0/24 e1',
      'BLUE 10.1.0.1/32 local',
      'BLUE 10.9.0.0/16 e1 10.1.0.2',
      'RED 10.1.0.0/24 e0',
      'RED 10.1.0.1/32 local',
    ]);
    expect(slot.rib().map(({ vrf, prefix: to, source }) => [vrf, to, source])).to.deep.equal([
      [undefined, '10.3.0.0/24', 'connected'],
      [undefined, '10.3.0.1/32', 'connected'],
      ['BLUE', '10.1.0.0/24', 'connected'],
      ['BLUE', '10.1.0.1/32', 'connected'],
      ['BLUE', '10.9.0.0/16', 'static'],
      ['RED', '10.1.0.0/24', 'connected'],
      ['RED', '10.1.0.1/32', 'connected'],
    ]);
  });

  it('answer from their own port alone, by a loopback too', () => {
    const { ping } = slotOf({
      vrfs: VRFS,
      interfaces: [
        port('e0', '10.1.0.1/24', { vrf: 'RED' }),
        port('e1', '10.1.0.1/24'),
        port('lo1', '10.7.0.1/32', { vrf: 'RED' }),
      ],
    });
    expect(ping(0, '10.7.0.1')).to.deep.equal([ICMP_ECHO_REPLY]);
    expect(ping(0, '10.1.0.1')).to.deep.equal([ICMP_ECHO_REPLY]);
    expect(ping(1, '10.7.0.1'), 'nothing of RED from outside').to.not.deep.equal([ICMP_ECHO_REPLY]);
  });

  it('lead to the next hop that a static route has in another one', () => {
    const { fib, load } = slotOf({});
    const text = (gateway: string) =>
      parseConfig(`ip route 10.9.0.0/16 ${gateway} vrf RED nexthop-vrf default
interface e0 vrf RED
 ip address 10.1.0.1/24
interface e2
 ip address 10.3.0.1/24`).config;
    load(text('10.3.0.2'));
    expect(fib()).to.include('RED 10.9.0.0/16 e2 10.3.0.2');
    load(text('10.1.0.2'));
    expect(fib().join()).to.not.include('10.9.0.0/16');
  });

  it('keep what goes by an interface whose link is down where it is not to be looked at', () => {
    const { fib, load, slot } = slotOf({});
    const text = (more: string) =>
      parseConfig(`ip route 10.9.0.0/16 10.1.0.2\ninterface e0\n ip address 10.1.0.1/24\n ${more}`).config;
    load(text('link-detect'));
    slot.failPort('e0', true);
    expect(fib()).to.deep.equal([]);
    load(text('no link-detect'));
    expect(fib()).to.include('10.9.0.0/16 e0 10.1.0.2');
    slot.failRouter(true);
    expect(fib()).to.deep.equal([]);
  });

  it('discard by a static route, and tell the sender of it or not', () => {
    const { ping } = slotOf(
      parseConfig(`ip route 10.8.0.0/16 reject
ip route 10.9.0.0/16 blackhole
interface e0
 ip address 10.1.0.1/24`).config,
    );
    expect(ping(0, '10.8.0.1')).to.deep.equal([ICMP_UNREACHABLE]);
    expect(ping(0, '10.9.0.1')).to.deep.equal([]);
  });

  it('keep an interface from all others also where nothing else is said of them', () => {
    const { fib, ping } = slotOf({
      interfaces: [port('e0', '10.1.0.1/24', { vrf: 'GONE' }), port('e2', '10.3.0.1/24')],
    });
    expect(fib()).to.deep.equal([
      '10.3.0.0/24 e2',
      '10.3.0.1/32 local',
      'GONE 10.1.0.0/24 e0',
      'GONE 10.1.0.1/32 local',
    ]);
    expect(ping(0, '10.3.0.1')).to.not.deep.equal([ICMP_ECHO_REPLY]);
  });

  it('lose what a new configuration takes from them, and get what it gives', () => {
    const { load, fib } = slotOf({ vrfs: VRFS, interfaces: [port('e0', '10.1.0.1/24', { vrf: 'RED' })] });
    load({ vrfs: VRFS, interfaces: [port('e0', '10.1.0.1/24', { vrf: 'BLUE' })] });
    expect(fib()).to.deep.equal(['BLUE 10.1.0.0/24 e0', 'BLUE 10.1.0.1/32 local']);
    load({ interfaces: [port('e0', '10.1.0.1/24')] });
    expect(fib()).to.deep.equal(['10.1.0.0/24 e0', '10.1.0.1/32 local']);
    load({ vrfs: VRFS, interfaces: [port('e0', '10.1.0.1/24', { vrf: 'RED', shutdown: true })] });
    expect(fib()).to.deep.equal([]);
  });
});
