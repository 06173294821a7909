import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { address, join, packetBytes, WireEnd } from '../forwarding/network.ts';

const INTERFACES = (policy: string): string => `interface a
 ip address 10.1.0.1/24
${policy}interface b
 ip address 10.2.0.1/24
`;

const POLICED = `access-list 101 permit udp any host 10.2.0.2
class-map match-all TO-H2
 match access-group 101
policy-map EDGE
 class TO-H2
  police cir 8000 bc 1500 conform-action transmit exceed-action drop
 class UNDEFINED
  set dscp ef
${INTERFACES(' service-policy input EDGE\n')}`;

/** A router between h1 (10.1.0.2) and h2 (10.2.0.2), with these configurations. */
function between(real: string, shadow: string) {
  const clock = new VirtualClock();
  const [h1Port, a] = join(clock, 'eth0', 'a');
  const [b, h2Port] = join(clock, 'b', 'eth0');
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const ports = [a, b].map((port) => ({ port, edge: true }));
  const router = new Router(world, 'R', ports, { fibUpdateNs: 0, lsaPool: new LsaPool() });
  const h1 = new WireEnd(clock, h1Port, '10.1.0.2');
  const h2 = new WireEnd(clock, h2Port, '10.2.0.2');
  const load = (plane: 'real' | 'shadow', config: string): void => {
    const answer = router.manage({ op: 'load', plane, config, tag: plane === 'real' ? 1 : 2 });
    expect(answer).to.deep.equal({ ok: true, op: 'load' });
  };
  load('real', real);
  load('shadow', shadow);
  h2.arp(ARP_REQUEST, 0, address('10.2.0.1'));
  const pass = (): void => {
    clock.runUntil(clock.now() + SECOND / 100);
  };
  pass();
  /** Packets of 500 bytes that arrive of `count` that are sent at once. */
  const arriving = (count: number, dscp: number): number => {
    for (let sent = 0; sent < count; sent++) {
      h1.send(packetBytes({ to: '10.2.0.2', length: 500, dscp }), a.mac);
    }
    pass();
    return h2.take().length;
  };
  return { router, load, arriving };
}

describe('service policies in a configuration', () => {
  it('are put to use in their plane', () => {
    const { arriving } = between(INTERFACES(''), POLICED);
    expect(arriving(10, 0)).to.equal(10);
    expect(arriving(10, SHADOW_DSCP)).to.equal(3);
  });

  it('go on as they are when a port fails and comes back, and when an equal configuration is loaded', () => {
    const { router, load, arriving } = between(POLICED, INTERFACES(''));
    expect(arriving(3, 0)).to.equal(3);
    const target = { kind: 'port', port: 'b' } as const;
    router.manage({ op: 'fail', plane: 'real', target });
    router.manage({ op: 'restore', plane: 'real', target });
    expect(arriving(3, 0), 'the bucket is as empty as before').to.equal(0);
    load('real', `${POLICED}interface c\n description new\n`);
    expect(arriving(3, 0)).to.equal(0);
    load('real', POLICED.replace('bc 1500', 'bc 1000'));
    expect(arriving(3, 0), 'another policer begins full').to.equal(2);
  });
});
