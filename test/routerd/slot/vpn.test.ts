/**
 * Whole routers, from configurations to packets, both planes at once:
 *
 *     red1  ─┐    ┌── P1 ──┐    ┌─ red2
 *            ├─ PE1        PE2 ─┤
 *     blue1 ─┘    └── P2 ──┘    └─ CE ── 10.3.0.0/24        (AS 65010, a site of RED)
 *
 * OSPF between PEs and Ps, vpnv4 by a reflector at P1. Both red1 and blue1 are 10.1.0.2, red2 is 10.2.0.2.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type BgpConfig, type BgpVpnConfig, EMPTY_BGP_FAMILY } from '../../../src/config/bgp-model.ts';
import {
  EMPTY_CONFIG,
  EMPTY_OSPF,
  type InterfaceConfig,
  type RouterConfig,
} from '../../../src/config/model.ts';
import { parseInterfaceAddress } from '../../../src/net/address.ts';
import { ARP_REQUEST } from '../../../src/net/arp.ts';
import { SHADOW_DSCP } from '../../../src/net/wire.ts';
import type { ForwardingPort } from '../../../src/routerd/forwarding/contract.ts';
import { AttributePool } from '../../../src/routerd/protocols/bgp/attribute-pool.ts';
import { makeOspf } from '../../../src/routerd/protocols/ospf/instance.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { BgpSpeaker } from '../../../src/routerd/slot/bgp-speaker.ts';
import { OspfSpeaker } from '../../../src/routerd/slot/ospf-speaker.ts';
import { RouterSlot } from '../../../src/routerd/slot/slot.ts';
import type { MakeSpeaker } from '../../../src/routerd/slot/speaker.ts';
import { RouterTcp } from '../../../src/routerd/slot/tcp.ts';
import { allocateLabels } from '../../../src/routerd/slot/vpn-join.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { FibEntry } from '../../../src/world/observation.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { address, engine, join, packetBytes, WireEnd } from '../forwarding/network.ts';

const AREA = { area: 0, network: 'point-to-point', helloIntervalS: 1 } as const;
const interfaceOf = (name: string, own: string, more: Partial<InterfaceConfig> = {}): InterfaceConfig => ({
  name,
  addresses: [parseInterfaceAddress(own) ?? expect.fail(own)],
  ospf: {},
  ...more,
});
const core = (name: string, own: string) => interfaceOf(name, own, { ospf: AREA, mtu: 1600 });
const loopback = (own: string) => interfaceOf('lo', `${own}/32`, { ospf: { area: 0 } });

function bgp(as: number, routerId: string, more: Partial<BgpConfig> = {}): BgpConfig {
  const none = { peerGroups: [], neighbours: [], ipv4: EMPTY_BGP_FAMILY, vpnv4: EMPTY_BGP_FAMILY };
  return { as, routerId: address(routerId), ebgpRequiresPolicy: false, ...none, ...more };
}

const inside = (to: string, isClient = false): BgpConfig['neighbours'][number] => ({
  name: to,
  address: address(to),
  remoteAs: 65000,
  updateSource: 'lo',
  connectRetryS: 1,
  ipv4: { activate: false },
  vpnv4: { activate: true, ...(isClient && { routeReflectorClient: true }) },
});
const outside = (to: string, remoteAs: number): BgpConfig['neighbours'][number] => ({
  name: to,
  address: address(to),
  remoteAs,
  connectRetryS: 1,
  ipv4: {},
  vpnv4: {},
});

interface Site {
  readonly rd: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly neighbours?: BgpConfig['neighbours'];
}

function vrfBgp(vrf: string, routerId: string, site: Site): BgpConfig {
  const vpn: BgpVpnConfig = {
    rd: site.rd,
    importTargets: site.in,
    exportTargets: site.out,
    label: 'auto',
    import: true,
    export: true,
  };
  const ipv4 = { ...EMPTY_BGP_FAMILY, redistribute: [{ from: 'connected' as const }], vpn };
  return bgp(65000, routerId, { vrf, ipv4, neighbours: site.neighbours ?? [] });
}

const RED = ['65000:1'];
const BLUE = ['65000:2'];
const LOOPBACKS = { PE1: '10.255.0.1', PE2: '10.255.0.2', P1: '10.255.0.3', P2: '10.255.0.4' } as const;

/** `blueImports`: of BLUE at PE2, which has a site there only for it to reach others. */
function configs(blueImports: readonly string[] = BLUE): Record<string, Partial<RouterConfig>> {
  const vrfs = [{ name: 'BLUE' }, { name: 'RED' }];
  const red2 = { rd: '65000:12', in: RED, out: RED, neighbours: [outside('10.99.0.2', 65010)] };
  return {
    PE1: {
      vrfs,
      interfaces: [
        loopback(LOOPBACKS.PE1),
        core('to-P1', '10.0.1.1/31'),
        core('to-P2', '10.0.2.1/31'),
        interfaceOf('red', '10.1.0.1/24', { vrf: 'RED' }),
        interfaceOf('blue', '10.1.0.1/24', { vrf: 'BLUE' }),
      ],
      bgp: [
        bgp(65000, LOOPBACKS.PE1, { neighbours: [inside(LOOPBACKS.P1)] }),
        vrfBgp('RED', LOOPBACKS.PE1, { rd: '65000:11', in: RED, out: RED }),
        vrfBgp('BLUE', LOOPBACKS.PE1, { rd: '65000:21', in: BLUE, out: BLUE }),
      ],
    },
    PE2: {
      vrfs,
      interfaces: [
        loopback(LOOPBACKS.PE2),
        core('to-P1', '10.0.3.1/31'),
        core('to-P2', '10.0.4.1/31'),
        interfaceOf('red', '10.2.0.1/24', { vrf: 'RED' }),
        interfaceOf('to-CE', '10.99.0.1/24', { vrf: 'RED' }),
        interfaceOf('blue', '10.5.0.1/24', { vrf: 'BLUE' }),
      ],
      bgp: [
        bgp(65000, LOOPBACKS.PE2, { neighbours: [inside(LOOPBACKS.P1)] }),
        vrfBgp('RED', LOOPBACKS.PE2, red2),
        vrfBgp('BLUE', LOOPBACKS.PE2, { rd: '65000:22', in: blueImports, out: BLUE }),
      ],
    },
    P1: {
      interfaces: [loopback(LOOPBACKS.P1), core('to-PE1', '10.0.1.0/31'), core('to-PE2', '10.0.3.0/31')],
      bgp: [
        bgp(65000, LOOPBACKS.P1, { neighbours: [inside(LOOPBACKS.PE1, true), inside(LOOPBACKS.PE2, true)] }),
      ],
    },
    P2: {
      interfaces: [loopback(LOOPBACKS.P2), core('to-PE1', '10.0.2.0/31'), core('to-PE2', '10.0.4.0/31')],
    },
    CE: {
      interfaces: [interfaceOf('to-PE2', '10.99.0.2/24'), interfaceOf('lan', '10.3.0.1/24')],
      bgp: [
        bgp(65010, '10.3.0.1', {
          neighbours: [outside('10.99.0.1', 65000)],
          ipv4: { ...EMPTY_BGP_FAMILY, redistribute: [{ from: 'connected' }] },
        }),
      ],
    },
  };
}

type Host = 'red1' | 'blue1' | 'red2' | 'red3' | 'blue2';

function network() {
  const clock = new VirtualClock();
  const ports = new Map<string, ForwardingPort[]>();
  const add = (router: string, port: ForwardingPort): void => {
    ports.set(router, [...(ports.get(router) ?? []), port]);
  };
  for (const [a, b] of [
    ['PE1', 'P1'],
    ['PE1', 'P2'],
    ['PE2', 'P1'],
    ['PE2', 'P2'],
    ['PE2', 'CE'],
  ]) {
    const [first, second] = join(clock, `to-${b}`, `to-${a}`, { mtu: 1600 });
    add(a, { port: first, edge: false });
    add(b, { port: second, edge: false });
  }
  const hosts = new Map<Host, { readonly end: WireEnd; readonly mac: number; readonly own: string }>();
  for (const [host, router, port, own] of [
    ['red1', 'PE1', 'red', '10.1.0.2'],
    ['blue1', 'PE1', 'blue', '10.1.0.2'],
    ['red2', 'PE2', 'red', '10.2.0.2'],
    ['blue2', 'PE2', 'blue', '10.5.0.2'],
    ['red3', 'CE', 'lan', '10.3.0.2'],
  ] as const) {
    const [near, far] = join(clock, port, 'eth0');
    add(router, { port: near, edge: true });
    hosts.set(host, { end: new WireEnd(clock, far, own), mac: near.mac, own });
  }
  const pools = { lsa: new LsaPool(), attributes: new AttributePool() };
  const routers = new Map(
    [...ports].map(([name, own]) => {
      const slots: RouterSlot[] = [];
      const forwarding = engine(clock, name, own, (packet) => slots[packet.slot].receive(packet));
      const shared = { tcp: new RouterTcp(), pool: pools.attributes };
      const speakers: readonly MakeSpeaker[] = [
        (given) =>
          new OspfSpeaker(given, (surroundings, outputs) => makeOspf(surroundings, outputs, pools.lsa)),
        (given) => new BgpSpeaker(given, shared),
      ];
      const world = { clock, random: seededRandom(1).fork(name), log: () => {} };
      const facts = own.map(({ port }) => port);
      for (const slot of [0, 1] as const) {
        slots.push(new RouterSlot(world, slot, facts, forwarding, speakers, 0));
      }
      return [name, { forwarding, slots }] as const;
    }),
  );
  const load = (slot: 0 | 1, all: Record<string, Partial<RouterConfig>>): void => {
    for (const [name, config] of Object.entries(all)) {
      const ospf =
        name === 'CE' ? {} : { ospf: { ...EMPTY_OSPF, routerId: address(LOOPBACKS[name as 'P1']) } };
      routers.get(name)?.slots[slot].load({ ...EMPTY_CONFIG, hostname: name, ...ospf, ...config });
    }
  };
  const run = (seconds: number): void => {
    clock.runUntil(clock.now() + seconds * SECOND);
  };
  for (const { end, own } of hosts.values()) {
    end.arp(ARP_REQUEST, 0, address(own) - 1);
  }
  /** Who gets a packet that the host sends. */
  const reaches = (from: Host, to: string, plane: 'real' | 'shadow' = 'real'): readonly Host[] => {
    const host = hosts.get(from) ?? expect.fail(from);
    for (const { end } of hosts.values()) end.take();
    host.end.send(
      packetBytes({ from: host.own, to, sequence: 77, dscp: plane === 'shadow' ? SHADOW_DSCP : 0 }),
      host.mac,
    );
    run(0.5);
    return [...hosts]
      .filter(([, { end }]) => end.take().some(({ sequence }) => sequence === 77))
      .map(([name]) => name);
  };
  const fib = (router: string, slot: 0 | 1, vrf: string): Record<string, string> =>
    Object.fromEntries(
      (routers.get(router)?.forwarding.fib(slot, vrf) ?? []).map(({ prefix, nextHops }) => [
        prefix,
        wordsOf(nextHops),
      ]),
    );
  return { clock, routers, load, run, reaches, fib };
}

const wordsOf = (nextHops: FibEntry['nextHops']): string =>
  nextHops
    .map((hop) => {
      if (hop.kind === 'tunnel') return `${hop.to} label ${hop.label}`;
      return 'gateway' in hop ? `${hop.port} ${hop.gateway}` : 'port' in hop ? hop.port : hop.kind;
    })
    .join();

describe('a VRF with BGP', () => {
  /** As the CE sees its only session, after what became of PE2. */
  function sessionAtCe(change: (pe2: Partial<RouterConfig>) => Partial<RouterConfig>): string | undefined {
    const { routers, load, run } = network();
    const all = configs();
    load(0, all);
    run(60);
    const ce = routers.get('CE')?.slots[0] ?? expect.fail('no CE');
    expect(ce.neighbours().map(({ state }) => state)).to.deep.equal(['Established']);
    load(0, { PE2: change(all.PE2) });
    run(0.5);
    return ce.neighbours()[0]?.reason;
  }
  const renamed = <T extends { readonly vrf?: string }>(each: T): T =>
    each.vrf === 'RED' ? { ...each, vrf: 'ROT' } : each;
  const withoutLink = ({ interfaces = [], bgp: processes = [], ...more }: Partial<RouterConfig>) => ({
    ...more,
    bgp: processes,
    interfaces: interfaces.filter(({ name }) => name !== 'to-CE'),
  });

  it('says so to its neighbours when it is renamed, removed, or loses their link', () => {
    const ended = 'the neighbour said: cease: peer de-configured';
    const changes: readonly (typeof withoutLink)[] = [
      ({ interfaces = [], bgp: processes = [], ...more }) => ({
        ...more,
        vrfs: [{ name: 'BLUE' }, { name: 'ROT' }],
        interfaces: interfaces.map(renamed),
        bgp: processes.map(renamed),
      }),
      ({ interfaces = [], bgp: processes = [], ...more }) => ({
        ...more,
        vrfs: [{ name: 'BLUE' }],
        interfaces: interfaces.filter(({ vrf }) => vrf !== 'RED'),
        bgp: processes.filter(({ vrf }) => vrf !== 'RED'),
      }),
      withoutLink,
      ({ bgp: processes = [], ...more }) =>
        withoutLink({
          ...more,
          bgp: processes.map((each) => (each.vrf === 'RED' ? { ...each, neighbours: [] } : each)),
        }),
    ];
    for (const change of changes) expect(sessionAtCe(change)).to.equal(ended);
  });
});

describe("the labels of a slot's VRFs", () => {
  const labelled = (labels: Readonly<Record<string, number | 'auto' | undefined>>): RouterConfig => ({
    ...EMPTY_CONFIG,
    bgp: Object.entries(labels).map(([vrf, label]) => {
      const site = vrfBgp(vrf, '10.0.0.1', { rd: '65000:1', in: [], out: [] });
      const { label: _, ...vpn } = site.ipv4.vpn ?? expect.fail('no VPN');
      return { ...site, ipv4: { ...site.ipv4, vpn: { ...vpn, ...(label !== undefined && { label }) } } };
    }),
  });
  const labelsOf = (config: RouterConfig, former: ReadonlyMap<string, number> = new Map()) =>
    Object.fromEntries(allocateLabels(config, former));

  it('begin at 16, leave out what is given, and stay', () => {
    const first = labelsOf(labelled({ A: 'auto', B: 17, C: 'auto', D: undefined }));
    expect(first).to.deep.equal({ A: 16, B: 17, C: 18 });
    const former = new Map(Object.entries(first));
    expect(labelsOf(labelled({ X: 'auto', C: 'auto', B: 'auto' }), former)).to.deep.equal({
      X: 19,
      C: 18,
      B: 17,
    });
    expect(labelsOf(labelled({ A: 'auto', C: 16 }), former)).to.deep.equal({ A: 19, C: 16 });
  });

  it("are nobody else's: one given twice is the first one's, one with another meaning nobody's", () => {
    expect(labelsOf(labelled({ A: 30, B: 30, C: 3, D: 'auto' }))).to.deep.equal({ A: 30, D: 16 });
  });
});

describe('a VPN over a core of OSPF', () => {
  it('joins the sites of each customer, his own routers among them, and keeps customers apart', () => {
    const { load, run, reaches, fib, routers } = network();
    load(0, configs());
    run(30);
    expect(fib('PE1', 0, 'RED')).to.deep.equal({
      '10.1.0.0/24': 'red',
      '10.1.0.1/32': 'local',
      '10.2.0.0/24': '10.255.0.2 label 16',
      '10.3.0.0/24': '10.255.0.2 label 16',
      '10.99.0.0/24': '10.255.0.2 label 16',
    });
    expect(fib('PE1', 0, 'BLUE')).to.deep.equal({
      '10.1.0.0/24': 'blue',
      '10.1.0.1/32': 'local',
      '10.5.0.0/24': '10.255.0.2 label 17',
    });
    const sessions = routers
      .get('PE2')
      ?.slots[0].neighbours()
      .filter(({ protocol }) => protocol === 'bgp');
    expect(sessions?.map(({ vrf, address: of, state }) => [vrf, of, state])).to.deep.equal([
      [undefined, LOOPBACKS.P1, 'Established'],
      ['RED', '10.99.0.2', 'Established'],
    ]);
    expect(fib('CE', 0, ''), 'his own router learns the other sites').to.include({
      '10.1.0.0/24': 'to-PE2 10.99.0.1',
      '10.2.0.0/24': 'to-PE2 10.99.0.1',
    });
    expect(reaches('red1', '10.2.0.2')).to.deep.equal(['red2']);
    expect(reaches('red1', '10.3.0.2')).to.deep.equal(['red3']);
    expect(reaches('red3', '10.1.0.2')).to.deep.equal(['red1']);
    expect(reaches('blue2', '10.1.0.2')).to.deep.equal(['blue1']);
    expect(reaches('blue1', '10.2.0.2')).to.deep.equal([]);
    expect(reaches('red1', '10.5.0.2')).to.deep.equal([]);
  });

  it("is the shadow's own: what is imported there alone is reached there alone, until planes are swapped", () => {
    const { load, run, reaches, routers } = network();
    load(0, configs());
    const extranet = configs([...BLUE, ...RED]);
    const [pe1Blue, pe1Red] = [extranet.PE1.bgp?.[2], extranet.PE1.bgp?.[1]];
    if (pe1Blue === undefined || pe1Red === undefined) expect.fail('no BGP');
    // RED, too, takes what BLUE has at PE2, so that answers come back.
    const takesBoth = vrfBgp('RED', LOOPBACKS.PE1, { rd: '65000:11', in: [...RED, ...BLUE], out: RED });
    load(1, {
      ...extranet,
      PE1: { ...extranet.PE1, bgp: [extranet.PE1.bgp?.[0] ?? pe1Red, takesBoth, pe1Blue] },
    });
    run(30);
    expect(reaches('blue2', '10.1.0.2')).to.deep.equal(['blue1']);
    expect(reaches('blue2', '10.2.0.2', 'real')).to.deep.equal([]);
    expect(reaches('blue2', '10.2.0.2', 'shadow')).to.deep.equal(['red2']);
    expect(reaches('red1', '10.5.0.2', 'real')).to.deep.equal([]);
    expect(reaches('red1', '10.5.0.2', 'shadow')).to.deep.equal(['blue2']);
    for (const { forwarding } of routers.values()) forwarding.swapPlanes();
    expect(reaches('blue2', '10.2.0.2', 'real')).to.deep.equal(['red2']);
  });

  it('goes the other way round the core where one fails, in the plane where it does', () => {
    const { load, run, reaches, routers } = network();
    for (const slot of [0, 1] as const) load(slot, configs());
    run(30);
    for (const name of ['P1', 'P2']) routers.get(name)?.forwarding.takePostcards();
    routers.get('PE1')?.slots[1].failPort('to-P2', true);
    routers.get('P2')?.slots[1].failPort('to-PE1', true);
    run(5);
    expect(reaches('red1', '10.2.0.2', 'shadow')).to.deep.equal(['red2']);
    const by = (name: string) =>
      (routers.get(name)?.forwarding.takePostcards().postcards ?? []).map(({ plane }) => plane);
    expect([by('P1'), by('P2')]).to.deep.equal([['shadow'], []]);
    routers.get('PE1')?.slots[0].failPort('to-P1', true);
    routers.get('P1')?.slots[0].failPort('to-PE1', true);
    run(5);
    expect(reaches('red1', '10.2.0.2', 'real')).to.deep.equal(['red2']);
    expect([by('P1'), by('P2')]).to.deep.equal([[], ['real']]);
  });

  it('brings no packet that is under way to a customer who has the place of another since', () => {
    const { load, run, reaches, fib } = network();
    const { PE2, ...others } = configs();
    load(0, { PE2, ...others });
    run(30);
    expect(reaches('red1', '10.2.0.2')).to.deep.equal(['red2']);
    const [core, , blue] = PE2.bgp ?? [];
    load(0, {
      PE2: {
        vrfs: [{ name: 'BLUE' }, { name: 'GREEN' }],
        interfaces: (PE2.interfaces ?? []).map((each) =>
          each.vrf === 'RED' ? { ...each, vrf: 'GREEN' } : each,
        ),
        bgp: [
          core,
          vrfBgp('GREEN', LOOPBACKS.PE2, { rd: '65000:32', in: ['65000:3'], out: ['65000:3'] }),
          blue,
        ],
      },
    });
    expect(fib('PE1', 0, 'RED')['10.2.0.0/24'], 'not told yet').to.equal('10.255.0.2 label 16');
    expect(reaches('red1', '10.2.0.2')).to.deep.equal([]);
    run(5);
    expect(fib('PE1', 0, 'RED')['10.2.0.0/24']).to.equal(undefined);
  });

  it('loses a site that is gone, and has it again', () => {
    const { load, run, reaches, fib, routers } = network();
    load(0, configs());
    run(30);
    routers.get('PE2')?.slots[0].failPort('red', true);
    run(2);
    expect(fib('PE1', 0, 'RED')).to.not.have.property('10.2.0.0/24');
    routers.get('PE2')?.slots[0].failPort('red', false);
    run(2);
    expect(reaches('red1', '10.2.0.2')).to.deep.equal(['red2']);
    routers.get('PE2')?.slots[0].failRouter(true);
    run(15);
    expect(Object.keys(fib('PE1', 0, 'RED'))).to.deep.equal(['10.1.0.0/24', '10.1.0.1/32']);
  });
});
