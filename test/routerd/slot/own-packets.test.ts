/** How long the packets are that a router's own protocols send, where an interface has room for a label and where not. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { Frame } from '../../../src/world/frame.ts';
import type { Port } from '../../../src/world/port.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { join } from '../forwarding/network.ts';

/** That of an update of OSPF with 40 routes. */
const MTU = 1488;
const ETHERNET_HEADER = 14;
const LABEL = 4;

/** A port of a given room, which notes how long what goes out is, behind the Ethernet header. */
class Noted implements Port {
  readonly name: string;
  readonly mac: number;
  readonly mtu: number;
  readonly labelRoom: number | undefined;
  readonly rateBps: number;
  readonly busyUntilNs = 0;
  readonly #inner: Port;
  readonly #note: (lengthBytes: number) => void;

  constructor(inner: Port, labelRoom: number | undefined, note: (lengthBytes: number) => void) {
    this.name = inner.name;
    this.mac = inner.mac;
    this.mtu = inner.mtu;
    this.labelRoom = labelRoom;
    this.rateBps = inner.rateBps;
    this.#inner = inner;
    this.#note = note;
  }

  send(frame: Frame): boolean {
    this.#note(frame.length - ETHERNET_HEADER);
    return this.#inner.send(frame);
  }

  receiver(receive: (frame: Frame) => void): void {
    this.#inner.receiver(receive);
  }
}

const ROUTES = Array.from(
  { length: 600 },
  (_, index) => `ip route 10.${100 + (index >> 8)}.${index & 255}.0/24 Null0\n`,
).join('');

const PROTOCOLS: Readonly<Record<string, (at: 1 | 2) => string>> = {
  OSPF: () => 'router ospf\n network 10.0.0.0/24 area 0\n redistribute static\n',
  'IS-IS': (at) => `router isis 1
 net 49.0001.0000.0000.000${at}.00
 redistribute ipv4 static level-2
`,
  BGP: (at) => `router bgp 1
 neighbor 10.0.0.${3 - at} remote-as 1
 address-family ipv4 unicast
  redistribute static
 exit-address-family
`,
};

/** Bytes of the longest packet that two routers sent each other in the shadow plane, its label included. */
function longest(protocol: (at: 1 | 2) => string, labelRoom: number | undefined): number {
  const clock = new VirtualClock();
  let most = 0;
  const note = (lengthBytes: number): void => {
    most = Math.max(most, lengthBytes);
  };
  const lsaPool = new LsaPool();
  join(clock, 'eth0', 'eth0', { mtu: MTU }).forEach((port, index) => {
    const at = index === 0 ? 1 : 2;
    const world = { clock, random: seededRandom(at), log: () => undefined };
    const noted = new Noted(port, labelRoom, note);
    const router = new Router(world, `r${at}`, [{ port: noted, edge: false }], { fibUpdateNs: 0, lsaPool });
    const config = `${ROUTES}interface eth0
 ip address 10.0.0.${at}/24
 ip router isis 1
 isis network point-to-point
${protocol(at)}`;
    expect(router.manage({ op: 'load', plane: 'shadow', config, tag: 1 })).to.include({ ok: true });
  });
  clock.runUntil(60 * SECOND);
  return most;
}

describe('packets of a router’s own protocols', () => {
  for (const [name, protocol] of Object.entries(PROTOCOLS)) {
    it(`of ${name} are as long as fits under a label, and no longer where the interface has no room for one`, () => {
      const roomy = longest(protocol, undefined);
      expect(roomy).to.be.within(MTU + 1, MTU + LABEL);
      expect(longest(protocol, LABEL)).to.equal(roomy);
      expect(longest(protocol, 0)).to.be.within(MTU - 40, MTU);
    });
  }
});
