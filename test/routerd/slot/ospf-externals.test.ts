import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { parseConfig } from '../../../src/config/parser.ts';
import { formatIpv4, formatPrefix, parsePrefix } from '../../../src/net/address.ts';
import { DISTANCE, Rib } from '../../../src/routerd/rib/rib.ts';
import { OspfExternals } from '../../../src/routerd/slot/ospf-externals.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import type { NextHop, RouteSource } from '../../../src/world/observation.ts';
import { seededRandom } from '../../../src/world/random.ts';

const GATEWAY: readonly NextHop[] = [{ kind: 'gateway', port: 'eth0', gateway: '10.0.0.2' }];

let clock: VirtualClock;
let rib: Rib;
let externals: OspfExternals;
/** What OSPF has been told, less what was taken back. */
let held: Map<string, string>;

function set(text: string, source: RouteSource, tag?: number): void {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(text);
  const distance = DISTANCE[source];
  rib.set({ prefix, source, distance, metric: 0, nextHops: GATEWAY, ...(tag !== undefined && { tag }) });
  clock.runUntil(clock.now());
}

function configure(text: string): void {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  const ports = [{ name: 'eth0', mac: 1, mtu: 1500, rateBps: 1e9 }];
  externals.configure({ config, ports, isUp: () => true });
  clock.runUntil(clock.now());
}

const told = (): string[] => [...held.values()].sort();

describe('what OSPF announces of other sources', () => {
  beforeEach(() => {
    clock = new VirtualClock();
    rib = new Rib(() => {});
    held = new Map();
    externals = new OspfExternals({ clock, random: seededRandom(1) }, rib, (added, removed) => {
      for (const prefix of removed) held.delete(formatPrefix(prefix));
      for (const { prefix, metric, metricType, tag, gateway } of added) {
        const by = gateway === undefined ? '' : ` by ${formatIpv4(gateway)}`;
        held.set(formatPrefix(prefix), `${formatPrefix(prefix)} ${metric}/${metricType} tag ${tag}${by}`);
      }
    });
  });

  it('has FRR’s metrics: 20 of type 2, of BGP 1; what the line says; what default-metric says', () => {
    set('10.1.0.0/16', 'static', 42);
    set('10.2.0.0/16', 'bgp');
    configure('router ospf\n redistribute static\n redistribute bgp\n');
    expect(told()).to.deep.equal([
      '10.1.0.0/16 20/2 tag 42 by 10.0.0.2',
      '10.2.0.0/16 1/2 tag 0 by 10.0.0.2',
    ]);
    configure(
      'router ospf\n default-metric 33\n redistribute static\n redistribute bgp metric 5 metric-type 1\n',
    );
    expect(told()).to.deep.equal([
      '10.1.0.0/16 33/2 tag 42 by 10.0.0.2',
      '10.2.0.0/16 5/1 tag 0 by 10.0.0.2',
    ]);
    configure('router ospf\n redistribute static\n');
    expect(told()).to.deep.equal(['10.1.0.0/16 20/2 tag 42 by 10.0.0.2']);
    configure('');
    expect(told()).to.deep.equal([]);
  });

  it('is what the route map lets through, with what it sets', () => {
    set('10.1.0.0/16', 'static');
    set('10.2.0.0/16', 'static');
    configure(`ip prefix-list ONE permit 10.1.0.0/16
route-map MAP permit 10
 match ip address prefix-list ONE
 set metric 7
 set metric-type type-1
 set tag 99
router ospf
 redistribute static metric 5 route-map MAP
`);
    expect(told()).to.deep.equal(['10.1.0.0/16 7/1 tag 99 by 10.0.0.2']);
  });

  it('is a default route by its own command alone: always, or while another source has one', () => {
    configure('router ospf\n redistribute static\n');
    set('0.0.0.0/0', 'static');
    expect(told()).to.deep.equal([]);
    configure('router ospf\n default-information originate\n');
    expect(told()).to.deep.equal(['0.0.0.0/0 10/2 tag 0']);
    rib.withdraw('static', { address: 0, length: 0 });
    clock.runUntil(clock.now());
    expect(told()).to.deep.equal([]);
    set('0.0.0.0/0', 'ospf');
    expect(told(), 'not one that OSPF has from others').to.deep.equal([]);
    configure('router ospf\n default-information originate always metric 3 metric-type 1\n');
    expect(told()).to.deep.equal(['0.0.0.0/0 3/1 tag 0']);
    configure('router ospf\n');
    expect(told()).to.deep.equal([]);
  });
});
