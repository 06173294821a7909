/** Two ends of a link on a virtual clock: hosts, or a host and a bare port that sees and says what it likes. */
import { type Ipv4, type Mac, parseIpv4 } from '../../src/net/address.ts';
import { joinMemoryLink, type LinkParameters, type MemoryPort } from '../../src/routerd/ports/memory.ts';
import { VirtualClock } from '../../src/runner/backends/embedded/virtual-clock.ts';
import { Host, type HostSettings } from '../../src/traffic/host.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import type { Frame } from '../../src/world/frame.ts';
import { seededRandom } from '../../src/world/random.ts';
import type { World } from '../../src/world/world.ts';

export const MAC_A: Mac = 0x020000000001;
export const MAC_B: Mac = 0x020000000002;
export const ADDRESS_A = address('10.0.0.1');
export const ADDRESS_B = address('10.0.0.2');

export function address(text: string): Ipv4 {
  const parsed = parseIpv4(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

export interface Wire {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly portA: MemoryPort;
  readonly portB: MemoryPort;
}

/** 1 Gbit/s, 1 ms, no loss, unless said otherwise. */
export function wire(parameters: Partial<LinkParameters> = {}, seed = 1): Wire {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const link = {
    rateBps: 1e9,
    delayNs: MILLISECOND,
    jitterNs: 0,
    loss: 0,
    queueBytes: 1e6,
    mtu: 1500,
    ...parameters,
  };
  const [portA, portB] = joinMemoryLink(clock, random, link, [
    { name: 'a', mac: MAC_A },
    { name: 'b', mac: MAC_B },
  ]);
  return { clock, world: { clock, random, log: () => {} }, portA, portB };
}

const SUBNET = { prefixLength: 24, gateway: address('10.0.0.254') };

/** Hosts 10.0.0.1 and 10.0.0.2. */
export function twoHosts(parameters: Partial<LinkParameters> = {}, seed = 1) {
  const lab = wire(parameters, seed);
  const a = new Host(lab.world, 'a', lab.portA, { address: ADDRESS_A, ...SUBNET });
  const b = new Host(lab.world, 'b', lab.portB, { address: ADDRESS_B, ...SUBNET });
  return { ...lab, a, b };
}

/** Host 10.0.0.1; what it sends is collected from the other end. */
export function hostOnBareWire(settings: Partial<HostSettings> = {}) {
  const lab = wire();
  const host = new Host(lab.world, 'a', lab.portA, { address: ADDRESS_A, ...SUBNET, ...settings });
  const seen: { readonly atNs: number; readonly frame: Frame }[] = [];
  lab.portB.receiver((frame) => seen.push({ atNs: lab.clock.now(), frame }));
  return { ...lab, host, seen };
}
