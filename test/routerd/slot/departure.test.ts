/** Two whole routers on a link: what one of them is told by the other when that one's configuration ends a protocol. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AttributePool } from '../../../src/routerd/protocols/bgp/attribute-pool.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { join } from '../forwarding/network.ts';

const PROTOCOLS = {
  isis: [' ip router isis X\n', (own: number) => `router isis X\n net 49.0001.0000.0000.000${own}.00\n`],
  ospf: [' ip ospf area 0\n', (own: number) => `router ospf\n ospf router-id 10.255.0.${own}\n`],
} as const;

type Protocol = keyof typeof PROTOCOLS;

function configOf(protocol: Protocol, own: number): string {
  const [on, process] = PROTOCOLS[protocol];
  return `interface lo
 ip address 10.255.0.${own}/32
${on}interface link
 ip address 10.0.0.${own}/24
${on}${process(own)}`;
}

/** Whether the second router still has the first one's loopback, a second after that one has another configuration. */
function isKnownAfter(protocol: Protocol, then: string): boolean {
  const clock = new VirtualClock();
  const settings = { fibUpdateNs: 0, lsaPool: new LsaPool(), attributePool: new AttributePool() };
  const [first, second] = join(clock, 'link', 'link').map((port, at) => {
    const world = { clock, random: seededRandom(at), log: () => undefined };
    return new Router(world, `r${at}`, [{ port, edge: false }], settings);
  });
  const load = (router: Router, config: string): void => {
    expect(router.manage({ op: 'load', plane: 'real', config, tag: 1 }).ok).to.equal(true);
  };
  const isKnown = (): boolean => {
    const answer = second.manage({ op: 'fib', plane: 'real' });
    return (
      answer.ok && answer.op === 'fib' && answer.entries.some(({ prefix }) => prefix === '10.255.0.1/32')
    );
  };
  load(first, configOf(protocol, 1));
  load(second, configOf(protocol, 2));
  clock.runUntil(90 * SECOND);
  expect(isKnown(), 'at first').to.equal(true);
  load(first, then);
  clock.runUntil(92 * SECOND);
  const isStillKnown = isKnown();
  load(first, configOf(protocol, 1));
  clock.runUntil(180 * SECOND);
  expect(isKnown(), 'when it is back').to.equal(true);
  return isStillKnown;
}

describe('a protocol that is removed', () => {
  for (const protocol of ['isis', 'ospf'] as const) {
    it(`takes back what it said: ${protocol}, while the link is still there`, () => {
      const [on, process] = PROTOCOLS[protocol];
      const without = configOf(protocol, 1).replaceAll(on, '').replace(process(1), '');
      expect(isKnownAfter(protocol, without)).to.equal(false);
    });

    it(`takes back what it said: ${protocol}, though the link goes with it`, () => {
      expect(isKnownAfter(protocol, '')).to.equal(false);
    });
  }
});
