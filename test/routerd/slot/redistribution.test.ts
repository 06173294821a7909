import { expect } from 'chai';
import fc from 'fast-check';
import { beforeEach, describe, it } from 'mocha';
import { parseConfig } from '../../../src/config/parser.ts';
import type { RedistributeConfig } from '../../../src/config/policy-model.ts';
import { formatPrefix, parsePrefix } from '../../../src/net/address.ts';
import { compilePolicy } from '../../../src/routerd/policy/compile.ts';
import { DISTANCE, Rib } from '../../../src/routerd/rib/rib.ts';
import { Redistribution, type RedistributionChange } from '../../../src/routerd/slot/redistribution.ts';
import type { SlotView } from '../../../src/routerd/slot/speaker.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../src/world/clock.ts';
import type { NextHop, RouteSource } from '../../../src/world/observation.ts';
import { seededRandom } from '../../../src/world/random.ts';

const GATEWAY: readonly NextHop[] = [{ kind: 'gateway', port: 'eth0', gateway: '10.0.0.2' }];

let clock: VirtualClock;
let rib: Rib;
let told: string[][];
let redistribution: Redistribution;
/** What the protocol must have after all that it was told. */
let held: Map<string, string>;

function prefix(text: string) {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function set(text: string, source: RouteSource, metric = 0, nextHops = GATEWAY): void {
  rib.set({ prefix: prefix(text), source, distance: DISTANCE[source], metric, nextHops });
}

function textOf(change: RedistributionChange): string[] {
  return [
    ...change.removed.map((each) => `-${formatPrefix(each)}`),
    ...change.added.map(
      ({ prefix: each, from, metric, tag }) =>
        `+${formatPrefix(each)} ${from} ${metric ?? 'default'}${tag === undefined ? '' : ` tag ${tag}`}`,
    ),
  ];
}

function make(own: RouteSource): Redistribution {
  return new Redistribution({
    clock,
    random: seededRandom(1),
    rib,
    own,
    tell(change) {
      told.push(textOf(change));
      for (const each of change.removed) held.delete(formatPrefix(each));
      for (const each of change.added) held.set(formatPrefix(each.prefix), each.from);
    },
  });
}

function viewOf(text: string): SlotView {
  const { config, problems } = parseConfig(text);
  expect(problems).to.deep.equal([]);
  return { config, ports: [{ name: 'eth0', mac: 1, mtu: 1500, rateBps: 1e9 }], isUp: () => true };
}

function configure(lines: readonly RedistributeConfig[], text = ''): void {
  const view = viewOf(text);
  redistribution.configure(view, lines, compilePolicy(view.config));
}

const settle = () => clock.runUntil(clock.now());

describe('redistribution', () => {
  beforeEach(() => {
    clock = new VirtualClock();
    rib = new Rib(() => {});
    told = [];
    held = new Map();
    redistribution = make('ospf');
  });

  it('tells of the best routes of the sources that are named, those that were there before too', () => {
    set('10.1.0.0/16', 'static');
    set('10.2.0.0/16', 'bgp');
    configure([{ from: 'static' }]);
    settle();
    set('10.3.0.0/16', 'static');
    settle();
    expect(told).to.deep.equal([['+10.1.0.0/16 static default'], ['+10.3.0.0/16 static default']]);
  });

  it('tells of what happens in one moment at once, and of what came and went in it not at all', () => {
    configure([{ from: 'static', metric: 7 }]);
    settle();
    set('10.2.0.0/16', 'static');
    set('10.1.0.0/16', 'static');
    set('10.3.0.0/16', 'static');
    rib.withdraw('static', prefix('10.3.0.0/16'));
    expect(told).to.deep.equal([]);
    settle();
    expect(told).to.deep.equal([['+10.1.0.0/16 static 7', '+10.2.0.0/16 static 7']]);
  });

  it('takes a route back when it goes, and when another source has a better one', () => {
    configure([{ from: 'isis' }]);
    set('10.1.0.0/16', 'isis');
    set('10.2.0.0/16', 'isis');
    settle();
    rib.withdraw('isis', prefix('10.1.0.0/16'));
    set('10.2.0.0/16', 'static');
    settle();
    expect(told.at(-1)).to.deep.equal(['-10.1.0.0/16', '-10.2.0.0/16']);
    rib.withdraw('static', prefix('10.2.0.0/16'));
    settle();
    expect(told.at(-1)).to.deep.equal(['+10.2.0.0/16 isis default']);
  });

  it("never gives a protocol its own routes, nor another's that are not the best", () => {
    configure([{ from: 'ospf' }, { from: 'static' }]);
    set('10.1.0.0/16', 'ospf');
    set('10.2.0.0/16', 'ospf');
    set('10.2.0.0/16', 'isis');
    settle();
    expect(told).to.deep.equal([]);
  });

  it('takes subnets and loopbacks for connected, and not the host routes within subnets', () => {
    configure(
      [{ from: 'connected' }],
      'interface eth0\n ip address 10.0.0.1/24\ninterface lo\n ip address 10.255.0.1/32',
    );
    set('10.0.0.0/24', 'connected', 0, [{ kind: 'connected', port: 'eth0' }]);
    set('10.0.0.1/32', 'connected', 0, [{ kind: 'local' }]);
    set('10.255.0.1/32', 'connected', 0, [{ kind: 'local' }]);
    settle();
    expect(told).to.deep.equal([['+10.0.0.0/24 connected default', '+10.255.0.1/32 connected default']]);
  });

  const MAP = `ip prefix-list TEN seq 5 permit 10.0.0.0/8 le 32
route-map OUT permit 10
 match ip address prefix-list TEN
 set metric 50
 set tag 9
`;

  it('lets its route map choose, and change', () => {
    configure([{ from: 'static', metric: 7, routeMap: 'OUT' }], MAP);
    set('10.1.0.0/16', 'static');
    set('11.1.0.0/16', 'static');
    settle();
    expect(told).to.deep.equal([['+10.1.0.0/16 static 50 tag 9']]);
  });

  it('tells of a new configuration only what differs', () => {
    set('10.1.0.0/16', 'static');
    set('11.1.0.0/16', 'static');
    configure([{ from: 'static' }]);
    settle();
    configure([{ from: 'static' }, { from: 'bgp' }]);
    settle();
    expect(told).to.have.length(1);
    configure([{ from: 'static', routeMap: 'OUT' }], MAP);
    settle();
    expect(told.at(-1)).to.deep.equal(['-11.1.0.0/16', '+10.1.0.0/16 static 50 tag 9']);
    configure([]);
    settle();
    expect(told.at(-1)).to.deep.equal(['-10.1.0.0/16']);
  });

  it('tells nothing once it is stopped', () => {
    configure([{ from: 'static' }]);
    set('10.1.0.0/16', 'static');
    redistribution.stop();
    set('10.2.0.0/16', 'static');
    settle();
    expect(told).to.deep.equal([]);
  });

  it('leaves the protocol with what the table has at the end, whatever happened before', () => {
    const sources = ['static', 'isis', 'bgp', 'ospf'] as const;
    const event = fc.record({
      kind: fc.constantFrom('set', 'set', 'withdraw', 'settle', 'configure'),
      source: fc.constantFrom(...sources),
      octet: fc.integer({ min: 0, max: 5 }),
      from: fc.subarray(['static', 'isis', 'bgp'] as const),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        clock = new VirtualClock();
        rib = new Rib(() => {});
        held = new Map();
        redistribution = make('ospf');
        let wanted: readonly RouteSource[] = [];
        for (const { kind, source, octet, from } of events) {
          if (kind === 'set') set(`10.${octet}.0.0/16`, source);
          else if (kind === 'withdraw') rib.withdraw(source, prefix(`10.${octet}.0.0/16`));
          else if (kind === 'settle') settle();
          else {
            wanted = from;
            configure(from.map((each) => ({ from: each })));
          }
        }
        settle();
        const best = [...rib.best()].filter(({ source }) => wanted.includes(source));
        expect([...held].sort()).to.deep.equal(
          best.map((route) => [formatPrefix(route.prefix), route.source]).sort(),
        );
      }),
    );
  });

  it('leaves nothing behind at the table once it is stopped', () => {
    let watchers = 0;
    class Counted extends Rib {
      override watch(watcher: Parameters<Rib['watch']>[0]): () => void {
        watchers++;
        const unwatch = super.watch(watcher);
        return () => {
          watchers--;
          unwatch();
        };
      }
    }
    rib = new Counted(() => {});
    const stopped = make('bgp');
    stopped.configure(viewOf(''), [{ from: 'static' }], compilePolicy(viewOf('').config));
    stopped.stop();
    expect(watchers).to.equal(0);
    told = [];
    set('10.0.0.0/8', 'static');
    clock.runUntil(clock.now() + 1e9);
    expect(told).to.deep.equal([]);
  });

  it('gives way to the protocol itself, and then waits a while before it tells the same again', () => {
    configure([{ from: 'static' }]);
    set('10.1.0.0/16', 'static', 5);
    settle();
    // Another router tells OSPF of it, too; and takes it back for the same reason.
    const tellAndTakeBack = (): void => {
      rib.set({
        prefix: prefix('10.1.0.0/16'),
        source: 'ospf',
        distance: 0,
        metric: 1,
        nextHops: GATEWAY,
      });
      settle();
      rib.withdraw('ospf', prefix('10.1.0.0/16'));
      settle();
    };
    tellAndTakeBack();
    expect(told).to.deep.equal([['+10.1.0.0/16 static default'], ['-10.1.0.0/16']]);
    expect(redistribution.isSettled).to.equal(false);
    clock.runUntil(clock.now() + 9.9 * SECOND);
    expect(held.size).to.equal(0);
    clock.runUntil(clock.now() + 10.1 * SECOND);
    expect([...held.keys()]).to.deep.equal(['10.1.0.0/16']);
    expect(redistribution.isSettled).to.equal(true);
    // Who comes first while it waits, has it.
    tellAndTakeBack();
    clock.runUntil(clock.now() + 4 * SECOND);
    rib.withdraw('static', prefix('10.1.0.0/16'));
    clock.runUntil(clock.now() + 60 * SECOND);
    expect(held.size).to.equal(0);
    expect(redistribution.isSettled).to.equal(true);
    set('10.1.0.0/16', 'static', 5);
    settle();
    expect([...held.keys()], 'at once, where all that is long ago').to.deep.equal(['10.1.0.0/16']);
  });
});
