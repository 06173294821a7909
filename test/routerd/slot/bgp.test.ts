/** Whole routers by their configurations: r1 and r2 of AS 65000 speak OSPF, r2 and r3 (AS 65003) have a link. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AttributePool } from '../../../src/routerd/protocols/bgp/attribute-pool.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import type { BgpQuestion } from '../../../src/routerd/slot/bgp-show.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { BgpEntry } from '../../../src/world/observation.ts';
import type { Port } from '../../../src/world/port.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { join } from '../forwarding/network.ts';

type Plane = 'real' | 'shadow';

const R1 = `interface lo
 ip address 10.255.0.1/32
 ip ospf area 0
interface r2
 ip address 10.0.12.1/24
 ip ospf area 0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
router ospf
router bgp 65000
 neighbor INSIDE peer-group
 neighbor INSIDE remote-as internal
 neighbor INSIDE update-source lo
 neighbor INSIDE timers connect 1
 neighbor 10.255.0.2 peer-group INSIDE
`;
const R2 = (more = ''): string => `interface lo
 ip address 10.255.0.2/32
 ip ospf area 0
interface r1
 ip address 10.0.12.2/24
 ip ospf area 0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
interface r3
 ip address 10.0.23.2/24
route-map IN permit 10
 set local-preference 200
route-map OUT permit 10
router ospf
router bgp 65000
 neighbor 10.255.0.1 remote-as internal
 neighbor 10.255.0.1 update-source lo
 neighbor 10.255.0.1 timers connect 1
 neighbor 10.0.23.3 remote-as 65003
 address-family ipv4 unicast
  neighbor 10.255.0.1 next-hop-self
  neighbor 10.0.23.3 route-map IN in
  neighbor 10.0.23.3 route-map OUT out
  redistribute ospf
${more}`;
const R3 = (more = ''): string => `interface lo
 ip address 192.0.2.1/32
 ip address 192.0.2.2/32
interface r2
 ip address 10.0.23.3/24
ip prefix-list ONE seq 5 permit 192.0.2.1/32
route-map ONE permit 10
 match ip address prefix-list ONE
route-map ALL permit 10
router bgp 65003
 neighbor 10.0.23.2 remote-as external
 address-family ipv4 unicast
  network 198.51.100.0/24
  redistribute connected route-map ONE
  neighbor 10.0.23.2 route-map ALL in
  neighbor 10.0.23.2 route-map ALL out
${more}`;

/** The port; while `isSilent` nothing comes through it. */
function silenced(port: Port, isSilent: () => boolean): Port {
  return {
    name: port.name,
    mac: port.mac,
    mtu: port.mtu,
    rateBps: port.rateBps,
    get busyUntilNs() {
      return port.busyUntilNs;
    },
    send: (frame) => !isSilent() && port.send(frame),
    receiver: (receive) =>
      port.receiver((frame) => {
        if (!isSilent()) receive(frame);
      }),
  };
}

function build() {
  const clock = new VirtualClock();
  const world = { clock, random: seededRandom(1), log: () => undefined };
  const settings = { fibUpdateNs: 0, lsaPool: new LsaPool(), attributePool: new AttributePool() };
  /** The router that is not heard, and hears nothing, though it goes on. */
  const silence: { of: string | undefined } = { of: undefined };
  const [a, b] = join(clock, 'r2', 'r1');
  const [c, d] = join(clock, 'r3', 'r2');
  const make = (name: string, ports: readonly (typeof a)[]) =>
    new Router(
      { ...world, random: world.random.fork(name) },
      name,
      ports.map((port) => ({ port: silenced(port, () => silence.of === name), edge: false })),
      settings,
    );
  const routers = { r1: make('r1', [a]), r2: make('r2', [b, c]), r3: make('r3', [d]) };
  type Name = keyof typeof routers;
  return {
    silence,
    load: (name: Name, plane: Plane, config: string): void => {
      const tag = plane === 'real' ? 1 : 2;
      expect(routers[name].manage({ op: 'load', plane, config, tag })).to.deep.equal({
        ok: true,
        op: 'load',
      });
    },
    manage: (name: Name, request: Parameters<Router['manage']>[0]) => routers[name].manage(request),
    run: (seconds: number): void => {
      clock.runUntil(clock.now() + seconds * SECOND);
    },
    bgp: (name: Name, plane: Plane, question: BgpQuestion = {}): readonly BgpEntry[] => {
      const answer = routers[name].manage({ op: 'bgp', plane, ...question });
      return answer.ok && answer.op === 'bgp' ? answer.entries : [];
    },
    ways: (name: Name, plane: Plane, prefix: string) => {
      const answer = routers[name].manage({ op: 'fib', plane });
      return answer.ok && answer.op === 'fib'
        ? answer.entries.find((each) => each.prefix === prefix)?.nextHops
        : [];
    },
    sessions: (name: Name, plane: Plane) => {
      const answer = routers[name].manage({ op: 'neighbours', plane });
      const entries = answer.ok && answer.op === 'neighbours' ? answer.entries : [];
      return entries.flatMap(({ protocol, address, state, prefixes }) =>
        protocol === 'bgp' ? [`${address} ${state} ${prefixes?.received}/${prefixes?.sent}`] : [],
      );
    },
    fibVersion: (name: Name): number | undefined => {
      const answer = routers[name].manage({ op: 'status' });
      return answer.ok && answer.op === 'status' ? answer.real.fibVersion : undefined;
    },
    isSettled: (name: Name): boolean => {
      const answer = routers[name].manage({ op: 'status' });
      return answer.ok && answer.op === 'status' && answer.real.settled && answer.shadow.settled;
    },
  };
}

function bothPlanes() {
  const lab = build();
  for (const plane of ['real', 'shadow'] as const) {
    lab.load('r1', plane, R1);
    lab.load('r2', plane, R2());
    lab.load('r3', plane, R3());
  }
  lab.run(60);
  return lab;
}

const ONE = '192.0.2.1/32';
const BY_R2 = [{ kind: 'gateway', port: 'r2', gateway: '10.0.12.2' }];

describe('BGP in a configuration', () => {
  it('brings routes from AS to AS and through one, in each plane by sessions of its own', () => {
    const lab = bothPlanes();
    for (const plane of ['real', 'shadow'] as const) {
      expect(lab.sessions('r2', plane)).to.deep.equal([
        '10.0.23.3 Established 1/1',
        '10.255.0.1 Established 0/2',
      ]);
      expect(lab.ways('r1', plane, ONE)).to.deep.equal(BY_R2);
      expect(lab.bgp('r1', plane, { prefix: ONE })[0]?.paths[0]).to.deep.include({
        use: 'best',
        neighbour: '10.255.0.2',
        nextHop: '10.255.0.2',
        localPreference: 200,
        asPath: '65003',
        origin: 'incomplete',
      });
      // What r2 has by OSPF, r3 has by BGP; what the map does not name stays where it is.
      expect(lab.ways('r3', plane, '10.255.0.1/32')).to.deep.equal([
        { kind: 'gateway', port: 'r2', gateway: '10.0.23.2' },
      ]);
      expect(lab.ways('r1', plane, '192.0.2.2/32')).to.equal(undefined);
    }
    expect((['r1', 'r2', 'r3'] as const).map(lab.isSettled)).to.deep.equal([true, true, true]);
  });

  it('differs between planes where configurations do, and fails in one plane alone', () => {
    const lab = bothPlanes();
    lab.load('r3', 'shadow', R3('  no redistribute connected\n'));
    lab.run(5);
    expect(lab.ways('r1', 'real', ONE)).to.deep.equal(BY_R2);
    expect(lab.ways('r1', 'shadow', ONE)).to.equal(undefined);
    lab.load('r3', 'shadow', R3());
    lab.run(5);
    expect(lab.ways('r1', 'shadow', ONE)).to.deep.equal(BY_R2);
    lab.manage('r2', { op: 'fail', plane: 'shadow', target: { kind: 'port', port: 'r3' } });
    lab.run(5);
    expect(lab.ways('r1', 'real', ONE)).to.deep.equal(BY_R2);
    expect(lab.ways('r1', 'shadow', ONE)).to.equal(undefined);
    lab.manage('r2', { op: 'restore', plane: 'shadow', target: { kind: 'port', port: 'r3' } });
    lab.run(200);
    expect(lab.ways('r1', 'shadow', ONE)).to.deep.equal(BY_R2);
  });

  it('announces a network while the table has it', () => {
    const lab = bothPlanes();
    expect(lab.bgp('r1', 'real', { prefix: '198.51.100.0/24' })).to.deep.equal([]);
    lab.load('r3', 'real', `ip route 198.51.100.0/24 Null0\n${R3()}`);
    lab.run(3);
    expect(lab.bgp('r1', 'real', { prefix: '198.51.100.0/24' })[0]?.paths[0]).to.deep.include({
      origin: 'igp',
      asPath: '65003',
    });
    lab.load('r3', 'real', R3());
    lab.run(3);
    expect(lab.bgp('r1', 'real', { prefix: '198.51.100.0/24' })).to.deep.equal([]);
  });

  it('announces a network that the table does not have where no check is asked for', () => {
    const lab = bothPlanes();
    lab.load('r3', 'real', R3().replace('65003\n', '65003\n no bgp network import-check\n'));
    lab.run(3);
    expect(lab.bgp('r1', 'real', { prefix: '198.51.100.0/24' })[0]?.paths[0]).to.deep.include({
      origin: 'igp',
      asPath: '65003',
    });
    expect(lab.bgp('r1', 'shadow', { prefix: '198.51.100.0/24' })).to.deep.equal([]);
    lab.load('r3', 'real', R3());
    lab.run(3);
    expect(lab.bgp('r1', 'real', { prefix: '198.51.100.0/24' })).to.deep.equal([]);
  });

  it('applies what is different of a new configuration to sessions that live', () => {
    const lab = bothPlanes();
    const before = lab.sessions('r2', 'real');
    lab.load('r2', 'real', R2('route-map IN permit 10\n set local-preference 300\n'));
    expect(lab.sessions('r2', 'real')).to.deep.equal(before);
    lab.run(3);
    expect(lab.bgp('r1', 'real', { prefix: ONE })[0]?.paths[0].localPreference).to.equal(300);
    expect(lab.bgp('r1', 'shadow', { prefix: ONE })[0]?.paths[0].localPreference).to.equal(200);
  });

  it('is gone with all its routes where it is not configured any more, and comes back', () => {
    const lab = bothPlanes();
    const [without] = R2().split('router bgp');
    lab.load('r2', 'real', without);
    lab.run(3);
    expect(lab.sessions('r2', 'real')).to.deep.equal([]);
    for (const name of ['r1', 'r2'] as const) expect(lab.ways(name, 'real', ONE)).to.equal(undefined);
    expect(lab.ways('r3', 'real', '10.255.0.1/32')).to.equal(undefined);
    lab.load('r2', 'real', R2());
    lab.run(90);
    expect(lab.ways('r1', 'real', ONE)).to.deep.equal(BY_R2);
    expect(lab.ways('r3', 'real', '10.255.0.1/32')).to.not.equal(undefined);
  });

  it('uses no route that leads to the router itself (RFC 4271 6.3), for as long as the address is its own', () => {
    const lab = build();
    const both = R2().replace('10.255.0.2/32', '10.255.0.2/32\n ip address 10.0.23.77/32');
    lab.load('r1', 'real', R1);
    lab.load('r2', 'real', both);
    lab.load('r3', 'real', R3('route-map ALL permit 10\n set ip next-hop 10.0.23.77\n'));
    lab.run(60);
    expect(lab.sessions('r2', 'real')[0]).to.include('Established');
    expect(lab.ways('r2', 'real', ONE)).to.equal(undefined);
    lab.load('r2', 'real', R2());
    lab.run(1);
    const byHost = [{ kind: 'gateway', port: 'r3', gateway: '10.0.23.77' }];
    expect(lab.ways('r2', 'real', ONE), 'the address is of another host on the link now').to.deep.equal(
      byHost,
    );
    lab.load('r2', 'real', both);
    lab.run(1);
    expect(lab.ways('r2', 'real', ONE)).to.equal(undefined);
  });

  it('stays as it is where a static route to a neighbour leads by what that neighbour announces', () => {
    const lab = build();
    const [announced, gateway] = ['198.51.100.0/24', '198.51.100.1'];
    lab.load('r1', 'real', R1);
    lab.load('r3', 'real', `ip route ${announced} Null0\n${R3()}`);
    lab.load('r2', 'real', `ip route 10.0.23.3/32 ${gateway}\n${R2()}`);
    lab.run(60);
    const version = lab.fibVersion('r2');
    for (let second = 0; second < 120; second++) {
      lab.run(1);
      expect(lab.sessions('r2', 'real')[0], `after ${second} s`).to.equal('10.0.23.3 Established 2/1');
    }
    const byR3 = [{ kind: 'gateway', port: 'r3', gateway: '10.0.23.3' }];
    expect(lab.ways('r2', 'real', announced)).to.deep.equal(byR3);
    expect(lab.ways('r2', 'real', '10.0.23.3/32')).to.deep.equal(byR3);
    expect(lab.fibVersion('r2')).to.equal(version);
  });

  it('is told in order, a part at a time', () => {
    const lab = bothPlanes();
    const prefixes = lab.bgp('r2', 'real').map(({ prefix }) => prefix);
    expect(prefixes).to.deep.equal(['10.255.0.1/32', ONE]);
    expect(lab.bgp('r2', 'real', { after: '10.255.0.1/32' }).map(({ prefix }) => prefix)).to.deep.equal([
      ONE,
    ]);
    expect(lab.bgp('r2', 'real', { vrf: 'NONE' })).to.deep.equal([]);
  });
});

describe('BGP of both planes while a configuration is committed', () => {
  const NAMES = ['r1', 'r2', 'r3'] as const;
  const TWO = '192.0.2.2/32';
  const PHASES = [
    { op: 'commit', phase: 'prepare', oldTag: 1, newTag: 2 },
    { op: 'commit', phase: 'mark', newTag: 2 },
    { op: 'commit', phase: 'swap', newTag: 2, leaseNs: 900 * SECOND },
    { op: 'commit', phase: 'settle', newTag: 2 },
    { op: 'commit', phase: 'unmark', newTag: 2 },
  ] as const;
  type Lab = ReturnType<typeof build>;

  /** ONE in the real plane, TWO in the shadow; then all phases, with what happens before one of them. */
  function commit(at: number, event: (lab: Lab) => void): Lab {
    const lab = bothPlanes();
    lab.load('r3', 'shadow', R3().replace('permit 192.0.2.1/32', `permit ${TWO}`));
    lab.run(30);
    for (const [number, phase] of PHASES.entries()) {
      if (number === at) event(lab);
      for (const name of NAMES) expect(lab.manage(name, phase).ok, `${name} ${phase.phase}`).to.equal(true);
      lab.run(1);
    }
    return lab;
  }

  for (const [at, { phase }] of PHASES.entries()) {
    it(`comes back as it is to be in each when nothing of a router is heard from "${phase}" on, for longer than any hold timer`, () => {
      const lab = commit(at, (each) => {
        each.silence.of = 'r2';
        each.run(0.1);
      });
      lab.run(300);
      for (const plane of ['real', 'shadow'] as const) {
        expect(lab.ways('r1', plane, TWO), 'by nobody').to.equal(undefined);
        expect(lab.sessions('r3', plane).filter((each) => each.includes('Established'))).to.deep.equal([]);
      }
      lab.silence.of = undefined;
      lab.run(200);
      for (const [plane, prefix, other] of [
        ['real', TWO, ONE],
        ['shadow', ONE, TWO],
      ] as const) {
        expect(lab.ways('r1', plane, prefix)).to.deep.equal(BY_R2);
        expect(lab.ways('r1', plane, other)).to.equal(undefined);
        expect(lab.sessions('r2', plane)).to.deep.equal([
          '10.0.23.3 Established 1/1',
          '10.255.0.1 Established 0/2',
        ]);
      }
      expect(NAMES.map(lab.isSettled)).to.deep.equal([true, true, true]);
    });
  }
});

describe('neighbours that are not configured one by one', () => {
  const listening = (range: string, more = '') =>
    R2()
      .replace(
        ' neighbor 10.0.23.3 remote-as 65003\n',
        ` neighbor EDGE peer-group
 neighbor EDGE remote-as 65003
 neighbor EDGE password moon
${more} bgp listen range ${range} peer-group EDGE
`,
      )
      .replaceAll('neighbor 10.0.23.3', 'neighbor EDGE');
  const connecting = R3(' exit\n neighbor 10.0.23.2 password moon\n');
  const build2 = (range: string, r3 = connecting, more = '') => {
    const lab = build();
    lab.load('r1', 'real', R1);
    lab.load('r2', 'real', listening(range, more));
    lab.load('r3', 'real', r3);
    lab.run(60);
    return lab;
  };

  it('are those of a group who connect from the range, with its policy and password', () => {
    const lab = build2('10.0.23.0/24');
    expect(lab.sessions('r2', 'real')).to.deep.equal([
      '10.0.23.3 Established 1/1',
      '10.255.0.1 Established 0/2',
    ]);
    expect(lab.ways('r1', 'real', ONE)).to.deep.equal(BY_R2);
    expect(lab.bgp('r1', 'real', { prefix: ONE })[0]?.paths[0]?.localPreference).to.equal(200);
  });

  it('are nobody else: not who is outside the range, nor who does not know the password', () => {
    for (const lab of [build2('10.0.23.128/25'), build2('10.0.23.0/24', R3())]) {
      expect(lab.sessions('r2', 'real').filter((each) => each.includes('10.0.23.3 Est'))).to.deep.equal([]);
      expect(lab.ways('r1', 'real', ONE)).to.equal(undefined);
    }
  });

  it('are gone with their session, and there again with the next one', () => {
    const lab = build2('10.0.23.0/24');
    lab.load('r3', 'real', connecting.replace('10.0.23.2 remote-as external', '10.0.23.2 shutdown'));
    lab.run(5);
    expect(lab.sessions('r2', 'real')).to.deep.equal(['10.255.0.1 Established 0/1']);
    expect(lab.ways('r1', 'real', ONE)).to.equal(undefined);
    lab.load('r3', 'real', connecting);
    lab.run(10);
    expect(lab.ways('r1', 'real', ONE)).to.deep.equal(BY_R2);
  });

  it('go when their range is not listened to any more, and stay when they are configured by address', () => {
    const lab = build2('10.0.23.0/24');
    lab.load('r2', 'real', listening('10.0.99.0/24'));
    lab.run(3);
    expect(lab.sessions('r2', 'real')).to.deep.equal(['10.255.0.1 Established 0/1']);
    lab.load('r2', 'real', listening('10.0.23.0/24'));
    lab.run(200);
    expect(lab.sessions('r2', 'real')).to.have.length(2);
    lab.load(
      'r2',
      'real',
      listening('10.0.23.0/24').replace(' bgp listen', ' neighbor 10.0.23.3 peer-group EDGE\n bgp listen'),
    );
    lab.run(200);
    expect(lab.sessions('r2', 'real')[0]).to.equal('10.0.23.3 Established 1/1');
  });
});
