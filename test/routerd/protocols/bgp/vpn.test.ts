import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../../src/net/address.ts';
import { routeTarget } from '../../../../src/routerd/policy/extended.ts';
import type { Policy } from '../../../../src/routerd/policy/policy.ts';
import { BgpInstance } from '../../../../src/routerd/protocols/bgp/instance.ts';
import { ownAttributes, ownSource } from '../../../../src/routerd/protocols/bgp/path.ts';
import { sessionsOver } from '../../../../src/routerd/protocols/bgp/session.ts';
import { Vpn, type VpnSettings, type VpnVrf } from '../../../../src/routerd/protocols/bgp/vpn.ts';
import { Rib } from '../../../../src/routerd/rib/rib.ts';
import { routeDistinguisher } from '../../../../src/routerd/slot/vpn-join.ts';
import type { NextHop } from '../../../../src/world/observation.ts';
import { BgpNetwork, type BgpRouter, PERMIT_ALL, prefixAt } from './speakers.ts';

const target = (text: string): string => routeTarget(text) ?? expect.fail(`${text} is no route target`);

/** A customer's table of one router. */
class Vrf {
  readonly name: string;
  readonly rib: Rib;
  readonly bgp: BgpInstance;
  readonly installed = new Map<string, readonly NextHop[]>();
  settings: VpnSettings;
  readonly #own = ownSource(0);

  constructor(network: BgpNetwork, router: BgpRouter, name: string, label: number, targets: VrfTargets) {
    this.name = name;
    this.rib = new Rib((prefix, nextHops) => {
      if (nextHops === undefined) this.installed.delete(formatPrefix(prefix));
      else this.installed.set(formatPrefix(prefix), nextHops);
    });
    this.settings = {
      rd: routeDistinguisher(`65000:${router.number * 100 + label}`),
      exportTargets: targets.out.map(target),
      importTargets: targets.in.map(target),
      export: true,
      import: true,
      label,
    };
    const { streams, pool } = network;
    const world = {
      clock: streams.clock,
      random: streams.random.fork(`${router.number} ${name}`),
      log: () => {},
    };
    this.bgp = new BgpInstance(
      {
        world,
        pool,
        makeSession: sessionsOver(world, streams.transport(router.address), pool),
        lookup: (address, mustBeConnected) =>
          mustBeConnected ? this.rib.lookupOf('connected', address) : this.rib.lookup(address, 'bgp'),
        install: (prefix, offer) => {
          if (offer === undefined) this.rib.withdraw('bgp', prefix);
          else this.rib.offer(prefix, offer);
        },
      },
      { ...router.settings, neighbours: [] },
    );
  }

  /** A connected subnet of the customer's, redistributed. */
  attach(prefix: string, port: string): void {
    const nextHops: readonly NextHop[] = [{ kind: 'connected', port }];
    this.rib.set({ prefix: prefixAt(prefix), source: 'connected', distance: 0, metric: 0, nextHops });
    const attributes = ownAttributes(2);
    this.bgp.originate('ipv4', this.#own, { prefix: prefixAt(prefix) }, { attributes });
  }

  detach(prefix: string): void {
    this.rib.withdraw('connected', prefixAt(prefix));
    this.bgp.withdraw('ipv4', this.#own, { prefix: prefixAt(prefix) });
  }

  /** What the table has by BGP. */
  routes(): Record<string, string> {
    const words = (way: NextHop): string =>
      way.kind === 'tunnel' ? `${way.to} label ${way.label}` : 'port' in way ? way.port : way.kind;
    const found = this.rib.entries().filter(({ source, best }) => source === 'bgp' && best);
    return Object.fromEntries(found.map(({ prefix, nextHops }) => [prefix, nextHops.map(words).join()]));
  }
}

interface VrfTargets {
  readonly in: readonly string[];
  readonly out: readonly string[];
}

/** Routers at the edge, and what joins the VRFs of each. */
class Edge {
  readonly router: BgpRouter;
  readonly vrfs: Vrf[] = [];
  readonly #network: BgpNetwork;
  readonly #vpn: Vpn;

  constructor(network: BgpNetwork, number: number) {
    this.#network = network;
    this.router = network.router(number, { as: 65000 });
    this.#vpn = new Vpn(network.pool);
  }

  vrf(name: string, label: number, targets: VrfTargets): Vrf {
    const vrf = new Vrf(this.#network, this.router, name, label, targets);
    this.vrfs.push(vrf);
    this.configure();
    return vrf;
  }

  configure(policy: Policy = PERMIT_ALL, vrfs = this.vrfs): void {
    const members = vrfs.map(
      ({ name, bgp, settings, rib }): VpnVrf => ({
        vrf: name,
        bgp,
        settings,
        ways: (prefix) => rib.get(prefix)?.nextHops,
      }),
    );
    this.#vpn.configure(this.router.bgp, members, policy);
  }

  routesChanged(vrf: string, prefixes: readonly string[]): void {
    this.#vpn.waysChanged(vrf, prefixes.map(prefixAt));
  }
}

const VPN_SESSION = {
  session: {
    localAs: 65000,
    remoteAs: 'internal',
    families: ['vpnv4'],
    holdS: 180,
    keepaliveS: 60,
    connectRetryS: 5,
    passive: false,
  },
  vpnv4: { importPolicy: '', exportPolicy: '' },
} as const;

/** Edges 1, 2 … with a reflector, 10.0.0.9, that has no VRF. */
function backbone(edges: number) {
  const network = new BgpNetwork();
  const reflector = network.router(9, { as: 65000 });
  const all = Array.from({ length: edges }, (_, index) => new Edge(network, index + 1));
  for (const { router } of all) {
    const session = (routerId: number) => ({ ...VPN_SESSION.session, routerId });
    network.join(
      router,
      reflector,
      { ...VPN_SESSION, session: session(router.address) },
      {
        ...VPN_SESSION,
        session: session(reflector.address),
        vpnv4: { ...VPN_SESSION.vpnv4, routeReflectorClient: true },
      },
    );
  }
  return { network, reflector, edges: all };
}

const RED: VrfTargets = { in: ['65000:1'], out: ['65000:1'] };
const BLUE: VrfTargets = { in: ['65000:2'], out: ['65000:2'] };

describe('a VPN', () => {
  it('brings a customer the routes of its other sites, by tunnels under their labels, and nobody else', () => {
    const { network, edges } = backbone(2);
    const [one, two] = edges;
    const [red1, blue1] = [one.vrf('RED', 16, RED), one.vrf('BLUE', 17, BLUE)];
    const [red2, blue2] = [two.vrf('RED', 18, RED), two.vrf('BLUE', 19, BLUE)];
    red1.attach('10.1.0.0/24', 'red');
    blue1.attach('10.1.0.0/24', 'blue');
    red2.attach('10.2.0.0/24', 'red');
    network.run(10);
    expect(red2.routes()).to.deep.equal({ '10.1.0.0/24': '10.0.0.1 label 16' });
    expect(blue2.routes()).to.deep.equal({ '10.1.0.0/24': '10.0.0.1 label 17' });
    expect(red1.routes()).to.deep.equal({ '10.2.0.0/24': '10.0.0.2 label 18' });
    expect(blue1.routes()).to.deep.equal({});
    red1.detach('10.1.0.0/24');
    network.run(2);
    expect(red2.routes()).to.deep.equal({});
    expect(blue2.routes()).to.deep.equal({ '10.1.0.0/24': '10.0.0.1 label 17' });
  });

  it("joins customers where one imports the other's target, and parts them when it no longer does", () => {
    const { network, edges } = backbone(2);
    const [one, two] = edges;
    const red = one.vrf('RED', 16, RED);
    const blue = two.vrf('BLUE', 16, BLUE);
    red.attach('10.1.0.0/24', 'red');
    blue.attach('10.2.0.0/24', 'blue');
    network.run(10);
    expect([red.routes(), blue.routes()]).to.deep.equal([{}, {}]);
    blue.settings = { ...blue.settings, importTargets: ['65000:2', '65000:1'].map(target) };
    two.configure();
    network.run(1);
    expect([red.routes(), blue.routes()]).to.deep.equal([{}, { '10.1.0.0/24': '10.0.0.1 label 16' }]);
    blue.settings = { ...blue.settings, importTargets: [target('65000:2')] };
    two.configure();
    network.run(1);
    expect(blue.routes()).to.deep.equal({});
  });

  it("joins VRFs of one router by the way that the other's table has", () => {
    const { network, edges } = backbone(1);
    const [edge] = edges;
    const red = edge.vrf('RED', 16, RED);
    const shared = edge.vrf('SHARED', 17, { in: ['65000:1'], out: ['65000:9'] });
    red.attach('10.1.0.0/24', 'red');
    network.run(5);
    expect(shared.routes()).to.deep.equal({ '10.1.0.0/24': 'red' });
    expect(red.routes()).to.deep.equal({});
    const nextHops: readonly NextHop[] = [{ kind: 'connected', port: 'red-backup' }];
    red.rib.set({ prefix: prefixAt('10.1.0.0/24'), source: 'connected', distance: 0, metric: 0, nextHops });
    edge.routesChanged('RED', ['10.1.0.0/24']);
    network.run(1);
    expect(shared.routes()).to.deep.equal({ '10.1.0.0/24': 'red-backup' });
  });

  it('uses both sites of a customer that say the same, by route distinguishers of their own', () => {
    const { network, edges } = backbone(3);
    const [one, two, three] = edges;
    for (const edge of [one, two]) edge.vrf('RED', 16, RED).attach('10.1.0.0/24', 'red');
    const red = three.vrf('RED', 16, RED);
    red.bgp.configure({
      ...three.router.settings,
      neighbours: [],
      families: {
        ...three.router.settings.families,
        ipv4: { ...three.router.settings.families.ipv4, maximumPathsIbgp: 4 },
      },
    });
    network.run(10);
    expect(red.routes()).to.deep.equal({ '10.1.0.0/24': '10.0.0.1 label 16,10.0.0.2 label 16' });
  });

  it('loses what a router had when that router is gone from the core', () => {
    const { network, edges } = backbone(2);
    const [one, two] = edges;
    one.vrf('RED', 16, RED).attach('10.1.0.0/24', 'red');
    const red = two.vrf('RED', 16, RED);
    network.run(10);
    expect(Object.keys(red.routes())).to.deep.equal(['10.1.0.0/24']);
    // No way to 10.0.0.1 any more, although the reflector still tells of it.
    two.router.rib.withdraw('connected', prefixAt('10.0.0.0/24'));
    two.router.igp('10.0.0.9/32', 1, '10.0.0.9');
    network.run(1);
    expect(red.routes()).to.deep.equal({});
  });

  it('passes routes through the maps of import and export', () => {
    const { network, edges } = backbone(2);
    const [one, two] = edges;
    const red1 = one.vrf('RED', 16, RED);
    const red2 = two.vrf('RED', 16, RED);
    const policy: Policy = {
      ...PERMIT_ALL,
      routeMap: (name, route) => {
        if (name === 'not-ten-two' && formatPrefix(route.prefix) === '10.2.0.0/24') return undefined;
        if (name !== 'prefer' || route.attributes === undefined) return route;
        return { ...route, attributes: { ...route.attributes, localPreference: 321 } };
      },
    };
    red1.settings = { ...red1.settings, routeMapExport: 'not-ten-two' };
    red2.settings = { ...red2.settings, routeMapImport: 'prefer' };
    one.configure(policy);
    two.configure(policy);
    red1.attach('10.1.0.0/24', 'red');
    red1.attach('10.2.0.0/24', 'red');
    network.run(10);
    const best = [...red2.bgp.table('ipv4').best()];
    expect(
      best.map(([{ prefix }, path]) => [formatPrefix(prefix), path.attributes.localPreference]),
    ).to.deep.equal([['10.1.0.0/24', 321]]);
    expect(best[0][1].attributes.extendedCommunities, 'customers hear nothing of targets').to.deep.equal([]);
  });

  it('takes back all that a VRF gave and has when the VRF leaves it', () => {
    const { network, reflector, edges } = backbone(2);
    const [one, two] = edges;
    const red1 = one.vrf('RED', 16, RED);
    const red2 = two.vrf('RED', 16, RED);
    red1.attach('10.1.0.0/24', 'red');
    red2.attach('10.2.0.0/24', 'red');
    network.run(10);
    expect([...reflector.bgp.table('vpnv4').best()]).to.have.length(2);
    two.configure(PERMIT_ALL, []);
    network.run(2);
    expect([red1.routes(), red2.routes()]).to.deep.equal([{}, {}]);
    expect([...reflector.bgp.table('vpnv4').best()]).to.have.length(1);
  });

  it('ends, after any changes, where one begins that was always as it is now', () => {
    const TARGETS = ['65000:1', '65000:2', '65000:3'];
    const change = fc.record({
      vrf: fc.nat(3),
      kind: fc.constantFrom('attach', 'detach', 'targets', 'export', 'import'),
      site: fc.nat(2),
      into: fc.subarray(TARGETS),
      out: fc.subarray(TARGETS),
      on: fc.boolean(),
    });
    const build = () => {
      const { network, edges } = backbone(2);
      const vrfs = edges.flatMap((edge) => [edge.vrf('RED', 16, RED), edge.vrf('BLUE', 17, BLUE)]);
      return { network, edges, vrfs, attached: new Set<string>() };
    };
    const prefixOf = (vrf: number, site: number): string => `10.${site}.${vrf}.0/24`;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const lived = build();
        lived.network.run(6);
        for (const { vrf: at, kind, site, into, out, on } of changes) {
          const vrf = lived.vrfs[at];
          const prefix = prefixOf(at, site);
          if (kind === 'attach') {
            vrf.attach(prefix, `site${site}`);
            lived.attached.add(`${at} ${site}`);
          } else if (kind === 'detach') {
            vrf.detach(prefix);
            lived.attached.delete(`${at} ${site}`);
          } else {
            vrf.settings = {
              ...vrf.settings,
              ...(kind === 'targets' && { importTargets: into.map(target), exportTargets: out.map(target) }),
              ...(kind === 'export' && { export: on }),
              ...(kind === 'import' && { import: on }),
            };
            lived.edges[at < 2 ? 0 : 1].configure();
          }
          lived.network.run(0.3);
        }
        lived.network.run(5);
        const begun = build();
        begun.vrfs.forEach((vrf, at) => {
          vrf.settings = lived.vrfs[at].settings;
          for (const site of [0, 1, 2]) {
            if (lived.attached.has(`${at} ${site}`)) vrf.attach(prefixOf(at, site), `site${site}`);
          }
        });
        for (const edge of begun.edges) edge.configure();
        begun.network.run(10);
        expect(lived.vrfs.map((vrf) => vrf.routes())).to.deep.equal(begun.vrfs.map((vrf) => vrf.routes()));
      }),
      { numRuns: 40 },
    );
  });
});
