import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { IsisSettings } from '../../../../src/routerd/protocols/isis/contract.ts';
import { unhex } from '../../../../src/routerd/protocols/isis/header.ts';
import { encodeLsp } from '../../../../src/routerd/protocols/isis/lsp.ts';
import { FRR } from './golden.ts';
import { showRoutes, TestNetwork, type TestRouter } from './network.ts';

/** What Floyd and Warshall find: distances between all pairs. */
function distances(count: number, links: readonly (readonly [number, number, number, number])[]): number[][] {
  const far = Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (_, b) => (a === b ? 0 : Number.POSITIVE_INFINITY)),
  );
  for (const [a, b, ab, ba] of links) {
    far[a][b] = Math.min(far[a][b], ab);
    far[b][a] = Math.min(far[b][a], ba);
  }
  for (let by = 0; by < count; by++) {
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) far[a][b] = Math.min(far[a][b], far[a][by] + far[by][b]);
    }
  }
  return far;
}

const loopback = (router: number): string => `192.168.0.${router + 1}/32`;

function chain(...settings: readonly Partial<IsisSettings>[]): readonly TestRouter[] {
  const network = new TestNetwork();
  const routers = settings.map((each) => network.router(each));
  routers.slice(1).forEach((router, i) => {
    network.link(routers[i], router);
  });
  network.start();
  network.runFor(30);
  return routers;
}

describe('A network of IS-IS', () => {
  it('finds shortest paths, all of those of one cost, whatever it looks like and loses', () => {
    const metric = fc.integer({ min: 1, max: 5 });
    const graph = fc.integer({ min: 2, max: 9 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        links: fc.array(
          fc.tuple(fc.nat(count - 1), fc.nat(count - 1), metric, metric).filter(([a, b]) => a !== b),
          { minLength: 1, maxLength: 16 },
        ),
        loss: fc.constantFrom(0, 0, 0.2),
        down: fc.nat(15),
      }),
    );
    fc.assert(
      fc.property(graph, ({ count, links, loss, down }) => {
        const network = new TestNetwork();
        const routers = Array.from({ length: count }, () => network.router());
        for (const [a, b, ab, ba] of links) network.link(routers[a], routers[b], ab, ba).loss = loss;
        network.start();
        network.runFor(60);
        const check = (left: typeof links): void => {
          const far = distances(count, left);
          routers.forEach((router, a) => {
            routers.forEach((_, b) => {
              const route = router.routes.get(loopback(b));
              expect(route?.metric ?? Number.POSITIVE_INFINITY, `${a} to ${b}`).to.equal(far[a][b]);
              if (a === b || route === undefined) return;
              const ways = left.filter(
                ([x, y, xy, yx]) =>
                  (x === a && xy + far[y][b] === far[a][b]) || (y === a && yx + far[x][b] === far[a][b]),
              );
              expect(route.nextHops, `${a} to ${b}`).to.have.length(ways.length);
            });
          });
        };
        check(links);
        const gone = down % links.length;
        network.set(network.wires[gone], false);
        network.runFor(60);
        check(links.filter((_, i) => i !== gone));
        expect(routers.flatMap(({ log }) => log)).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });

  it('has one designated system on a LAN, the one of the highest priority, and another when it is gone', () => {
    const network = new TestNetwork();
    const routers = Array.from({ length: 4 }, () => network.router());
    const wire = network.lan(routers);
    network.start();
    network.runFor(30);
    const designated = (): Set<string> =>
      new Set(
        routers.flatMap(({ instance }) =>
          instance
            .neighbours()
            .filter(({ dis }) => dis)
            .map(({ systemId }) => systemId),
        ),
      );
    expect([...designated()]).to.deep.equal(['000000000004']);
    const [name] = [...routers[1].wires.keys()];
    const levels = routers[1].settings.circuits.find((each) => each.name === name)?.levels ?? {};
    const { 2: level } = levels;
    if (level === undefined) throw new Error('no level 2');
    routers[1].adjust(name, { levels: { 2: { ...level, priority: 100 } } });
    network.runFor(10);
    expect([...designated()]).to.deep.equal(['000000000002']);
    routers[1].instance.stop();
    wire.ends.splice(1, 1);
    network.runFor(60);
    expect([...routers[0].routes.keys()]).not.to.include(loopback(1));
    expect(routers[0].routes.get(loopback(3))?.metric).to.equal(10);
  });

  it('tells level 2 of level 1, and level 1 of a way out', () => {
    const [inner, border, other] = chain(
      { levels: [1] },
      { levels: [1, 2] },
      { levels: [2], areas: ['490002'] },
    );
    expect(other.routes.get(loopback(0))?.metric).to.equal(20);
    expect(showRoutes(inner)).to.include('0.0.0.0/0 10 via eth1 10.0.0.1');
    expect(inner.routes.has(loopback(2))).to.equal(false);
    border.configure({ leaks: (prefix) => prefix.length === 32 });
    border.network.runFor(10);
    expect(inner.routes.get(loopback(2))?.metric).to.equal(20);
    expect(inner.routes.has('10.0.0.2/31')).to.equal(true);
  });

  it('never tells upward what came down', () => {
    // r1 leaks level 2 into the area; r2, the other border, must not tell level 2 of it again as its own.
    const network = new TestNetwork();
    const outer = network.router({ levels: [2], areas: ['490002'] });
    const one = network.router({ levels: [1, 2], leaks: () => true });
    const two = network.router({ levels: [1, 2] });
    const last = network.router({ levels: [2], areas: ['490003'] });
    const wire = network.link(outer, one);
    network.link(one, two);
    network.link(two, last);
    network.start();
    network.runFor(30);
    expect(last.routes.get(loopback(0))?.metric).to.equal(30);
    network.set(wire, false);
    network.runFor(90);
    expect(last.routes.has(loopback(0))).to.equal(false);
    expect(two.routes.has(loopback(0))).to.equal(false);
  });

  it('goes round who is overloaded, on purpose or as it has just begun', () => {
    const network = new TestNetwork();
    const [a, b, c] = Array.from({ length: 3 }, () => network.router());
    network.link(a, b);
    network.link(b, c);
    b.settings = { ...b.settings, overloadOnStartupS: 60 };
    network.start();
    network.runFor(30);
    expect(a.routes.has(loopback(1))).to.equal(true);
    expect(a.routes.has(loopback(2))).to.equal(false);
    network.runFor(40);
    expect(a.routes.get(loopback(2))?.metric).to.equal(20);
    b.configure({ overload: true });
    network.runFor(5);
    expect(a.routes.has(loopback(2))).to.equal(false);
  });

  it('computes no tree where prefixes alone changed', () => {
    const [a, b] = chain({}, {}, {});
    const before = a.instance.counters;
    const prefix = { address: 0x0b000000, length: 8 };
    b.instance.handle({ type: 'externals', externals: [{ prefix, level: 2, metric: 7 }] });
    b.network.runFor(5);
    expect(a.routes.get('11.0.0.0/8')?.metric).to.equal(17);
    expect(a.instance.counters.spfRuns).to.equal(before.spfRuns);
    expect(a.instance.counters.partialRuns).to.equal(before.partialRuns + 1);
  });

  it('lives on for hours by refreshing, and forgets who does not', () => {
    const routers = chain({}, {}, {});
    const [a] = routers;
    a.network.runFor(3 * 3600);
    expect(a.routes.get(loopback(2))?.metric).to.equal(20);
    routers[2].instance.stop();
    a.network.runFor(2000);
    expect(a.instance.counters.lsps).to.equal(2);
  });

  it('has many external routes in fragments, and takes them back', () => {
    const [a, b] = chain({}, {});
    const externals = Array.from({ length: 5000 }, (_, i) => ({
      prefix: { address: 0x0b000000 + i * 256, length: 24 },
      level: 2 as const,
      metric: 1,
    }));
    b.instance.handle({ type: 'externals', externals });
    a.network.runFor(60);
    expect(a.routes.size).to.equal(5003);
    b.instance.handle({ type: 'externals', externals: externals.slice(0, 10) });
    a.network.runFor(200);
    expect(a.routes.size).to.equal(13);
    expect(a.instance.counters.lsps).to.equal(2);
  });

  it('comes back from a crash with a greater sequence number than its ghost has', () => {
    const routers = chain({}, {}, {});
    const [a, b] = routers;
    b.network.runFor(1000);
    b.restart();
    a.network.runFor(60);
    expect(a.routes.get(loopback(2))?.metric).to.equal(20);
    expect(b.routes.get(loopback(2))?.metric).to.equal(10);
  });

  it('signs, and hears only who knows the word', () => {
    const secret = { kind: 'md5', password: 'one', snp: 'validate' } as const;
    const [a, b, c] = chain(
      { passwords: { 2: secret } },
      { passwords: { 2: secret } },
      { passwords: { 2: { ...secret, password: 'other' } } },
    );
    expect(a.routes.get(loopback(1))?.metric).to.equal(10);
    expect(b.routes.has(loopback(2))).to.equal(false);
    expect(c.routes.has(loopback(0))).to.equal(false);
  });

  it('is at rest beside a neighbour whose word is another, and who will never confirm anything', () => {
    const word = (password: string) => ({
      passwords: { 2: { kind: 'md5', password, snp: 'validate' } as const },
    });
    const [a, b] = chain(word('one'), word('other'));
    a.network.runFor(30);
    expect(a.state(b)).to.equal('Up');
    expect([a, b].map(({ instance }) => instance.settled)).to.deep.equal([true, true]);
  });

  it('is not at rest while what is new waits to be confirmed', () => {
    const [a] = chain({}, {});
    a.network.runFor(60);
    for (const wire of a.wires.values()) wire.loss = 1;
    a.configure({ overload: true });
    a.network.runFor(1);
    expect(a.instance.settled).to.equal(false);
  });

  it('is at rest on a LAN whose designated system is of an area that not all are in', () => {
    const network = new TestNetwork();
    const areas = [['490001'], ['490001', '490002'], ['490002']];
    const members = areas.map((each) => network.router({ levels: [1], areas: each }));
    network.lan(members);
    network.start();
    network.runFor(60);
    expect(members.map(({ instance }) => instance.settled)).to.deep.equal([true, true, true]);
  });

  it('signs anew with another word, so that who comes later has all of it', () => {
    const word = (password: string) => ({ passwords: { 2: { kind: 'md5', password } as const } });
    const [a, b, c] = chain(word('one'), word('one'), word('one'));
    for (const each of [a, b, c]) each.configure(word('two'));
    a.network.runFor(60);
    c.restart();
    a.network.runFor(60);
    expect(c.routes.get(loopback(0))?.metric).to.equal(20);
  });

  it('says hello by a shorter interval at once, before a shorter holding time is over', () => {
    const network = new TestNetwork();
    const members = [network.router(), network.router()];
    network.lan(members);
    const say = (router: TestRouter, helloIntervalS: number): void => {
      const level = router.settings.circuits[1].levels[2];
      if (level === undefined) throw new Error('no level 2');
      router.adjust('eth1', { levels: { 2: { ...level, helloIntervalS, helloMultiplier: 3 } } });
    };
    for (const each of members) say(each, 60);
    network.runFor(305);
    const states = new Set<string>();
    network.watch = () => {
      members.forEach((each, at) => {
        states.add(each.state(members[1 - at]));
      });
    };
    for (const each of members) say(each, 1);
    network.runFor(90);
    expect([...states]).to.deep.equal(['Up']);
  });

  it('says in its hellos what is configured now, after hours of the same', () => {
    const [a, b] = chain({}, {});
    const { network } = a;
    const level = a.settings.circuits[1].levels[2];
    if (level === undefined) throw new Error('no level 2');
    a.adjust('eth1', { levels: { 1: level, 2: { ...level, helloIntervalS: 1, helloMultiplier: 2 } } });
    network.runFor(10);
    // Nobody notices that the wire is cut but by silence: for as long as the other one has said since.
    network.wires[0].loss = 1;
    network.runFor(3);
    expect(b.state(a)).to.equal('Down');
    expect(a.state(b)).to.equal('Up');
  });

  it('loses a neighbour who goes on saying the same without the new password', () => {
    const [a, b] = chain({}, {});
    a.adjust('eth1', { password: { kind: 'md5', password: 'new' } });
    a.network.runFor(31);
    expect(a.state(b)).to.equal('Down');
  });
});

describe('An instance of IS-IS that is attacked', () => {
  const feed = (to: TestRouter, bytes: Uint8Array): void =>
    to.instance.handle({ type: 'pdu', circuit: 'eth1', source: 0x020000000002, bytes });

  it('takes any bytes from a neighbour, and still has its routes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(...Object.values(FRR)),
            fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 5 }),
          ),
          { maxLength: 40 },
        ),
        (pdus) => {
          const [a] = chain({}, {}, {});
          for (const [hex, changes] of pdus) {
            const bytes = unhex(hex);
            for (const [at, value] of changes) bytes[at % bytes.length] = value;
            feed(a, bytes);
          }
          a.network.runFor(2000);
          expect(a.routes.get(loopback(2))?.metric).to.equal(20);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('outdoes every LSP that others send in its name, at a bounded rate', () => {
    const [a, b] = chain({}, {}, {});
    let sent = 0;
    a.network.watch = ({ from, bytes }) => {
      if (from === a && bytes[4] === 20) sent++;
    };
    for (let sequence = 100; sequence < 1100; sequence++) {
      const forged = encodeLsp({ level: 2, system: 1, local: 0, sequence, flags: 3 }, 1476, undefined, {
        facts: undefined,
        entries: [],
      });
      forged[10] = 4;
      feed(a, forged);
      a.network.runFor(0.01);
    }
    a.network.runFor(60);
    expect(sent).to.be.lessThan(40);
    expect(b.routes.get(loopback(0))?.metric).to.equal(10);
  });

  it('begins anew when its sequence numbers are used up', () => {
    const [a, b] = chain({}, {}, {});
    const last = encodeLsp(
      { level: 2, system: 1, local: 0, sequence: 0xffffffff, flags: 3 },
      1476,
      undefined,
      {
        facts: undefined,
        entries: [],
      },
    );
    last[10] = 4;
    feed(a, last);
    a.network.runFor(30);
    a.network.runFor(1400);
    expect(b.routes.get(loopback(0))?.metric).to.equal(10);
  });
});
