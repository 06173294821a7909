/** Two whole routers by their configurations, with a link on which they speak OSPF. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { join } from '../forwarding/network.ts';

const R1 = `interface lo
 ip address 10.255.0.1/32
interface r2
 ip address 10.0.12.1/24
router ospf
 network 10.0.0.0/8 area 0
`;
const R2 = `interface lo
 ip address 10.255.0.2/32
interface r1
 ip address 10.0.12.2/24
router ospf
 network 10.0.0.0/8 area 0
`;

let clock: VirtualClock;
let r1: Router;
let r2: Router;

function load(router: Router, config: string): void {
  expect(router.manage({ op: 'load', plane: 'real', config, tag: 1 })).to.deep.equal({
    ok: true,
    op: 'load',
  });
}

function run(seconds: number): void {
  clock.runUntil(clock.now() + seconds * SECOND);
}

/** What the table offers for a prefix, best first: `ospf 110`. */
function offers(router: Router, prefix: string): readonly string[] {
  const answer = router.manage({ op: 'rib', plane: 'real' });
  if (!answer.ok || answer.op !== 'rib') return [];
  return answer.entries
    .filter((entry) => entry.prefix === prefix)
    .map(({ source, distance }) => `${source} ${distance}`);
}

describe('OSPF in a configuration', () => {
  beforeEach(() => {
    clock = new VirtualClock();
    const [a, b] = join(clock, 'r2', 'r1');
    const lsaPool = new LsaPool();
    const make = (name: string, port: typeof a): Router => {
      const world = { clock, random: seededRandom(1).fork(name), log: () => undefined };
      return new Router(world, name, [{ port, edge: false }], { fibUpdateNs: 0, lsaPool });
    };
    r1 = make('r1', a);
    r2 = make('r2', b);
    load(r1, R1);
    load(r2, R2);
    run(60);
  });

  it('has routes at their distances, and at others as soon as the configuration has others', () => {
    expect(offers(r1, '10.255.0.2/32')).to.deep.equal(['ospf 110']);
    const floating = 'ip route 10.255.0.2/32 Null0 60\n';
    load(r1, `${floating}${R1} distance 50\n`);
    expect(offers(r1, '10.255.0.2/32')).to.deep.equal(['ospf 50', 'static 60']);
    load(r1, `${floating}${R1} distance 50\n distance ospf intra-area 70\n`);
    expect(offers(r1, '10.255.0.2/32')).to.deep.equal(['static 60', 'ospf 70']);
    load(r1, R1);
    expect(offers(r1, '10.255.0.2/32')).to.deep.equal(['ospf 110']);
  });

  it('is named by its own router id, else by that of the router, else by its loopback', () => {
    const nameOfR1 = (config: string) => {
      load(r1, config);
      run(60);
      const answer = r2.manage({ op: 'neighbours', plane: 'real' });
      return answer.ok && answer.op === 'neighbours' ? answer.entries.map(({ routerId }) => routerId) : [];
    };
    expect(nameOfR1(R1)).to.deep.equal(['10.255.0.1']);
    expect(nameOfR1(`ip router-id 10.99.0.1\n${R1}`)).to.deep.equal(['10.99.0.1']);
    expect(nameOfR1(`ip router-id 10.99.0.1\n${R1} ospf router-id 10.98.0.1\n`)).to.deep.equal(['10.98.0.1']);
  });

  it('announces static routes by the tags that they have', () => {
    const routes = 'ip route 10.77.0.0/16 Null0 tag 77\nip route 10.78.0.0/16 Null0 tag 78\n';
    const policy = 'route-map TAGGED permit 10\n match tag 77\n';
    load(r2, `${routes}${R2} redistribute static route-map TAGGED\n${policy}`);
    run(10);
    expect(offers(r1, '10.77.0.0/16')).to.deep.equal(['ospf 110']);
    expect(offers(r1, '10.78.0.0/16')).to.deep.equal([]);
  });

  it('comes to rest where two routers announce one prefix and prefer the other’s: one does, and while neither does they are not at rest', () => {
    // Both announce it in the same moment, and both have it from the other one then.
    const both = 'ip route 10.77.0.0/16 Null0 200\n';
    load(r1, `${both}${R1} redistribute static\n`);
    load(r2, `${both}${R2} redistribute static\n`);
    const isAtRest = (router: Router): boolean => {
      const answer = router.manage({ op: 'status' });
      return answer.ok && answer.op === 'status' && answer.real.settled;
    };
    const found: string[][] = [];
    for (let step = 0; step < 600; step++) {
      run(0.1);
      if (step > 10 && isAtRest(r1) && isAtRest(r2)) {
        found.push([r1, r2].map((router) => offers(router, '10.77.0.0/16').join()).sort());
      }
    }
    expect(found.at(-1)).to.deep.equal(['ospf 110,static 200', 'static 200']);
    expect(found, 'nobody announces it').not.to.deep.include(['static 200', 'static 200']);
  });
});
