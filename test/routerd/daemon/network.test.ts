import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { RouterConfig } from '../../../src/config/model.ts';
import { parseConfig } from '../../../src/config/parser.ts';
import { formatConfig } from '../../../src/config/writer.ts';
import type { Plane } from '../../../src/net/wire.ts';
import { askAll } from '../../../src/runner/ask.ts';
import { embedded } from '../../../src/runner/backends/embedded/embedded.ts';
import { commit, type Outcome } from '../../../src/runner/commit/coordinator.ts';
import type { Lab } from '../../../src/runner/lab.ts';
import type { PingOutcome } from '../../../src/traffic/echo.ts';
import { Flow } from '../../../src/traffic/flow.ts';
import type { Host } from '../../../src/traffic/host.ts';
import { Sink } from '../../../src/traffic/sink.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import type { Postcard } from '../../../src/world/observation.ts';
import { deployment } from '../../support/deployment.ts';
import { experimentOf, interfacesOf, type Shape } from '../../support/experiment.ts';
import { askUntil, Daemon, type DaemonLab, deployDaemons } from './daemons.ts';

const TRIANGLE: Shape = {
  routers: 3,
  links: [
    [0, 1],
    [1, 2],
    [0, 2],
  ],
};
const ROUTERS = ['R0', 'R1', 'R2'];
const PLANES = ['real', 'shadow'] as const;

/** OSPF on every link; the shadow makes the direct way from R0 to R2 dear, so that it leads by R1. */
const experiment = experimentOf(TRIANGLE, configOf);

describe('three router daemons, joined by UDP', () => {
  let lab: DaemonLab;

  before(async () => {
    lab = await deployDaemons(experiment);
  });
  after(() => lab?.destroy());

  it('find the FIBs by OSPF, in both planes, that the same routers find in one process', async () => {
    const here = await embedded.deploy(experiment, deployment());
    for (const plane of PLANES) {
      await askAll<'load'>(here, ROUTERS, (router) => ({
        op: 'load',
        plane,
        tag: plane === 'real' ? 1 : 2,
        config: formatConfig(configOf(plane, Number(router.slice(1)))),
      }));
    }
    await here.runUntil(() => false, here.clock.now() + 10 * SECOND);
    for (const plane of PLANES) {
      const expected = await fibs(here, plane);
      await askUntil(
        lab,
        () => fibs(lab, plane),
        (found) => JSON.stringify(found) === JSON.stringify(expected),
      );
    }
  });

  it('forward each plane by its own configuration, and swap them under traffic without losing or mixing a packet', async () => {
    const source = lab.hosts.get('H0');
    const target = lab.hosts.get('H2');
    if (source === undefined || target === undefined) throw new Error('no hosts');
    const sink = new Sink(lab.clock, target);
    const flows = PLANES.map((plane, index) => {
      return new Flow(lab, source, sink, {
        id: index + 1,
        plane,
        mirror: false,
        packetBytes: 200,
        rateBps: 400_000,
        kind: 'rate',
        arrival: { kind: 'constant' },
        traceEvery: 1,
      });
    });
    // Whoever is on the way of either plane knows the next one's address then.
    for (const plane of PLANES) {
      await askUntil(
        lab,
        () => pinged(source, target, plane),
        ({ kind }) => kind === 'reply',
      );
    }
    for (const flow of flows) flow.start();
    await lab.runUntil(() => false, lab.clock.now() + 300 * MILLISECOND);
    const outcome = await commitUnderWay();
    await lab.runUntil(() => false, lab.clock.now() + 300 * MILLISECOND);
    for (const flow of flows) flow.stop();
    const measured = await askUntil(
      lab,
      async () =>
        flows.map((flow, index) => {
          flow.mark();
          return flow.window(PLANES[index], 0, lab.clock.now());
        }),
      (windows) => windows.every(({ sent, received }) => received === sent),
    );

    expect(outcome).to.include({ outcome: 'committed' });
    const traces = await askAll<'trace'>(lab, ROUTERS, () => ({ op: 'trace', batch: 0 }));
    const postcards = [...traces.values()].flatMap((trace) => trace.postcards);
    postcards.sort((a, b) => a.timeNs - b.timeNs);
    const ways = waysOf(postcards);
    const [real, shadow] = PLANES.map((plane) => ways.filter((way) => way.plane === plane));
    expect(ways.filter(({ tags }) => tags.size !== 1)).to.deep.equal([]);
    expect(real.at(0)?.routers).to.deep.equal(['R0', 'R2']);
    expect(real.at(-1)?.routers).to.deep.equal(['R0', 'R1', 'R2']);
    expect(shadow.at(0)?.routers).to.deep.equal(['R0', 'R1', 'R2']);
    expect(shadow.at(-1)?.routers).to.deep.equal(['R0', 'R2']);
    for (const { sent } of measured) expect(sent).to.be.above(100);
  });

  it('notice that one was killed, and go round it; what is started in its place takes over its socket', async () => {
    const victim = lab.daemons.get('R1');
    expect(await victim?.ended('SIGKILL')).to.equal('SIGKILL');
    expect(victim?.leavesSocket).to.equal(true);
    const toR1 = '10.1.1.0/24';
    const prefixes = async (): Promise<readonly string[]> => {
      const found = await askAll<'fib'>(lab, ['R0'], () => ({ op: 'fib', plane: 'real' }));
      return [...found.values()].flatMap(({ entries }) => entries.map(({ prefix }) => prefix));
    };
    await askUntil(lab, prefixes, (found) => !found.includes(toR1));
    if (victim === undefined) throw new Error('no victim');
    const next = new Daemon(victim.folder, victim.settings);
    // It answers before it is settled: the neighbours first have to find it again.
    await askUntil(
      lab,
      () => askAll<'status'>(lab, ['R1'], () => ({ op: 'status' })),
      (found) => found.get('R1')?.real.settled === true,
    );
    expect(await next.ended('SIGTERM')).to.equal(0);
    expect(next.leavesSocket).to.equal(false);
  });

  async function commitUnderWay(): Promise<Outcome> {
    const ended = Promise.withResolvers<Outcome>();
    commit(
      lab.clock,
      (router, request, answered) => lab.routers.get(router)?.ask(request, answered),
      {
        routers: ROUTERS,
        oldTag: 1,
        newTag: 2,
        phaseLimitNs: 30 * SECOND,
        withinNs: 120 * SECOND,
        hopTimeNs: 50 * MILLISECOND,
        repeatNs: 200 * MILLISECOND,
      },
      { progress: () => {}, done: ended.resolve },
    );
    return await ended.promise;
  }
});

function configOf(plane: Plane, router: number): RouterConfig {
  const interfaces = interfacesOf(TRIANGLE, router).interfaces.map((one) => {
    const isDear = plane === 'shadow' && router === 0 && one.name === 'to-R2';
    const cost = isDear ? 1000 : 10;
    const ospf = { area: 0, network: 'point-to-point', helloIntervalS: 1, deadIntervalS: 10, cost } as const;
    return { ...one, ospf };
  });
  const { config, problems } = parseConfig(`router ospf\n ospf router-id 10.255.0.${router + 1}\n`);
  expect(problems).to.deep.equal([]);
  return { ...config, hostname: `R${router}`, interfaces };
}

function pinged(from: Host, to: Host, plane: Plane): Promise<PingOutcome> {
  return new Promise((resolve) => from.ping(to.address, { plane, timeoutNs: 5 * SECOND }, resolve));
}

async function fibs(lab: Lab, plane: Plane) {
  const answers = await askAll<'fib'>(lab, ROUTERS, () => ({ op: 'fib', plane }));
  return [...answers].map(([router, { entries }]) => [router, entries] as const);
}

interface Way {
  readonly plane: Plane;
  readonly routers: string[];
  readonly tags: Set<number>;
}

/** The way of each packet, in the order of sending. */
function waysOf(postcards: readonly Postcard[]): readonly Way[] {
  const ways = new Map<string, Way>();
  for (const { flow, plane, sequence, router, tag } of postcards) {
    const key = `${flow} ${sequence}`;
    const way = ways.get(key) ?? { plane, routers: [], tags: new Set() };
    ways.set(key, way);
    way.routers.push(router);
    way.tags.add(tag);
  }
  return [...ways.values()];
}
