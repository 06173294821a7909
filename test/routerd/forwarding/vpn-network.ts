/**
 * Two customers with the same addresses over one core of plain IP:
 *
 *     red1  10.1.0.2 ──┐                                      ┌── 10.2.0.2 red2
 *                     PE1 10.0.1.1 ── .2 P .2 ── 10.0.2.1 PE2
 *     blue1 10.1.0.2 ──┘                                      └── 10.2.0.2 blue2
 *
 * The routers' loopbacks are 10.255.0.1 and 10.255.0.2; each gave out label 16 for RED and 17 for BLUE, in both slots.
 */
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { ETHERTYPE_ARP, etherType } from '../../../src/net/ethernet.ts';
import type { LocalPacket } from '../../../src/routerd/daemon/border.ts';
import type { Forwarding } from '../../../src/routerd/forwarding/contract.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import type { Frame } from '../../../src/world/frame.ts';
import type { NextHop } from '../../../src/world/observation.ts';
import type { Port } from '../../../src/world/port.ts';
import { tapped } from '../../support/tap.ts';
import {
  address,
  engine,
  join,
  on,
  packetBytes,
  prefix,
  type UdpPacket,
  up,
  via,
  WireEnd,
} from './network.ts';

export const RED_LABEL = 16;
export const BLUE_LABEL = 17;

export const into = (to: string, label: number): NextHop => ({ kind: 'tunnel', to, label });

export interface VpnSettings {
  /** Of the links between the routers. */
  readonly coreMtu?: number;
  /** Of the second one alone: what the first router cannot see. */
  readonly farMtu?: number;
}

export function vpnNetwork({ coreMtu = 1600, farMtu = coreMtu }: VpnSettings = {}) {
  const clock = new VirtualClock();
  const delivered: LocalPacket[] = [];
  /** Frames as they arrive at P and at PE2 from the core. */
  const core: Frame[] = [];
  const watched = (port: Port): Port =>
    tapped(port, (frame) => {
      if (etherType(frame.bytes, frame.start) !== ETHERTYPE_ARP) core.push(frame.clone());
    });
  const [a1, a2] = join(clock, 'to-P', 'to-PE1', { mtu: coreMtu });
  const [b1, b2] = join(clock, 'to-PE2', 'to-P', { mtu: farMtu });
  const [red1Port, pe1Red] = join(clock, 'eth0', 'to-red');
  const [blue1Port, pe1Blue] = join(clock, 'eth0', 'to-blue');
  const [red2Port, pe2Red] = join(clock, 'eth0', 'to-red');
  const [blue2Port, pe2Blue] = join(clock, 'eth0', 'to-blue');
  const edge = (port: Port) => ({ port, edge: true });
  const inner = (port: Port) => ({ port, edge: false });
  const pe1 = engine(clock, 'PE1', [inner(a1), edge(pe1Red), edge(pe1Blue)], (packet) =>
    delivered.push({ ...packet, payload: packet.payload.slice() }),
  );
  const p = engine(clock, 'P', [inner(watched(a2)), inner(b1)]);
  const pe2 = engine(clock, 'PE2', [inner(watched(b2)), edge(pe2Red), edge(pe2Blue)], (packet) =>
    delivered.push({ ...packet, payload: packet.payload.slice() }),
  );
  const ends = {
    red1: new WireEnd(clock, red1Port, '10.1.0.2'),
    blue1: new WireEnd(clock, blue1Port, '10.1.0.2'),
    red2: new WireEnd(clock, red2Port, '10.2.0.2'),
    blue2: new WireEnd(clock, blue2Port, '10.2.0.2'),
  };
  const macs = { red1: pe1Red.mac, blue1: pe1Blue.mac, red2: pe2Red.mac, blue2: pe2Blue.mac };
  const own = { local: { kind: 'local' } } as const;
  for (const slot of [0, 1] as const) {
    const edges = (
      router: Forwarding,
      loopback: string,
      site: number,
      corePort: string,
      gateway: string,
    ): void => {
      router.configureLoopback(slot, [address(loopback)]);
      router.route(slot, prefix(`${loopback}/32`), [own.local]);
      router.route(slot, prefix('10.255.0.0/16'), [via(corePort, gateway)]);
      router.configureLabels(slot, [
        { label: RED_LABEL, vrf: 'RED' },
        { label: BLUE_LABEL, vrf: 'BLUE' },
      ]);
      const other = site === 1 ? 2 : 1;
      for (const [vrf, label] of [
        ['RED', RED_LABEL],
        ['BLUE', BLUE_LABEL],
      ] as const) {
        const port = `to-${vrf.toLowerCase()}`;
        router.configurePort(slot, port, up(`10.${site}.0.1/24`, { vrf }));
        router.route(slot, prefix(`10.${site}.0.0/24`), [on(port)], vrf);
        router.route(slot, prefix(`10.${site}.0.1/32`), [own.local], vrf);
        router.route(slot, prefix(`10.${other}.0.0/24`), [into(`10.255.0.${other}`, label)], vrf);
      }
    };
    pe1.configurePort(slot, 'to-P', up('10.0.1.1/24', { mtu: coreMtu }));
    pe2.configurePort(slot, 'to-P', up('10.0.2.1/24', { mtu: farMtu }));
    edges(pe1, '10.255.0.1', 1, 'to-P', '10.0.1.2');
    edges(pe2, '10.255.0.2', 2, 'to-P', '10.0.2.2');
    p.configurePort(slot, 'to-PE1', up('10.0.1.2/24', { mtu: coreMtu }));
    p.configurePort(slot, 'to-PE2', up('10.0.2.2/24', { mtu: farMtu }));
    p.route(slot, prefix('10.255.0.1/32'), [via('to-PE1', '10.0.1.1')]);
    p.route(slot, prefix('10.255.0.2/32'), [via('to-PE2', '10.0.2.1')]);
  }
  const pass = (ns = 100 * MILLISECOND): void => {
    clock.runUntil(clock.now() + ns);
  };
  const send = (from: keyof typeof ends, packet: UdpPacket): void => {
    const source = from.endsWith('1') ? '10.1.0.2' : '10.2.0.2';
    ends[from].send(packetBytes({ from: source, ...packet }), macs[from]);
    pass();
  };
  for (const name of ['red1', 'blue1', 'red2', 'blue2'] as const) {
    ends[name].arp(ARP_REQUEST, 0, address(name.endsWith('1') ? '10.1.0.1' : '10.2.0.1'));
  }
  pass(SECOND);
  core.length = 0;
  return { clock, ...ends, macs, pe1, p, pe2, core, delivered, send, pass };
}
