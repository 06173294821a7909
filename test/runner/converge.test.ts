/** When is a network at rest? */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY_ISIS } from '../../src/config/isis-model.ts';
import { EMPTY_OSPF, type RouterConfig } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parser.ts';
import { formatConfig } from '../../src/config/writer.ts';
import { askAll } from '../../src/runner/ask.ts';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import type { Experiment } from '../../src/runner/experiment/resolved.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { SECOND } from '../../src/world/clock.ts';
import { deployment } from '../support/deployment.ts';
import { experimentOf, interfacesOf, portTo, type Shape } from '../support/experiment.ts';

const PAIR: Shape = { routers: 2, links: [[0, 1]] };
const LATE = { delay: 20_000, hold: 20_000, max: 20_000 };

describe('a network has converged', () => {
  it('when routes are there, however long SPF is held back', async () => {
    const experiment = experimentOf(PAIR, (_, router) => ospf(router, LATE));
    expect(await routesOfR0After(experiment)).to.include('10.1.1.0/24');
  });

  it('when the longest dead interval has passed, also that of a configuration that comes later', async () => {
    const slow = ospf(0, undefined, 100);
    const change = {
      kind: 'change',
      plane: 'shadow',
      routers: [{ router: 'R0', config: slow }],
      everyNs: 0,
    } as const;
    const place = { file: 'test.yaml', line: 1, column: 1 };
    const step = { number: 1, name: 'change', place, actions: [change], expectations: [] };
    const quick = await timeToConverge(experimentOf(PAIR, (_, router) => ospf(router)));
    const later = await timeToConverge(experimentOf(PAIR, (_, router) => ospf(router), { steps: [step] }));
    expect(quick).to.be.within(6 * SECOND, 20 * SECOND);
    expect(later).to.be.within(100 * SECOND, 120 * SECOND);
  });

  it('without waiting for neighbours of a link on which nobody looks for any', async () => {
    const ring: Shape = {
      routers: 3,
      links: [
        [0, 1],
        [1, 2],
      ],
    };
    const experiment = experimentOf(ring, (_, router) => {
      const { interfaces, ...rest } = interfacesOf(ring, router);
      if (router === 2) return { ...rest, interfaces };
      const quick = { tag: 'core', helloIntervalS: { 1: 1, 2: 1 }, helloMultiplier: { 1: 3, 2: 3 } } as const;
      const within = interfaces.map((at) => (at.name === portTo('R2') ? at : { ...at, isis: quick }));
      return { ...rest, interfaces: within, isis: { ...EMPTY_ISIS, tag: 'core', nets: [net(router)] } };
    });
    expect(await timeToConverge(experiment)).to.be.within(6 * SECOND, 20 * SECOND);
  });

  it('when what a router was told has had its time to spread, although its own FIB stays as it was', async () => {
    const experiment = experimentOf(PAIR, (_, router) => ospf(router));
    const lab = await converged(experiment);
    const sinceNs = lab.clock.now();
    const { interfaces, ...rest } = ospf(0);
    const dear = interfaces.map((at) => ({ ...at, ospf: { ...at.ospf, cost: 7 } }));
    const config = formatConfig({ ...rest, interfaces: dear });
    await askAll<'load'>(lab, ['R0'], () => ({ op: 'load', plane: 'real', tag: 1, config }));
    await converge({ lab, experiment }, 300 * SECOND);
    expect(lab.clock.now() - sinceNs).to.be.within(6 * SECOND, 20 * SECOND);
  });

  it('when a neighbour hears nothing from us and never will', async () => {
    const experiment = experimentOf(PAIR, (_, router) => (router === 0 ? ospf(0) : deaf(ospf(1))));
    const lab = await converged(experiment);
    const answers = await askAll<'neighbours'>(lab, ['R0'], () => ({ op: 'neighbours', plane: 'real' }));
    expect(answers.get('R0')?.entries.map(({ state }) => state)).to.deep.equal(['Init']);
  });

  it('when a BGP session is tried for again and again, and its other end knows of none', async () => {
    const experiment = experimentOf(PAIR, (_, router) => {
      const config = ospf(router);
      return router === 0 ? { ...config, bgp: bgpWith('10.1.1.1') } : config;
    });
    expect(await timeToConverge(experiment)).to.be.within(6 * SECOND, 60 * SECOND);
  });
});

const net = (router: number): string => `49.0001.0000.0000.000${router + 1}.00`;

/** Lets no OSPF in. */
function deaf(config: RouterConfig): RouterConfig {
  const everything = { address: 0, length: 0 };
  const rule = {
    sequence: 5,
    action: 'deny',
    protocol: 'ospf',
    source: everything,
    destination: everything,
  } as const;
  return {
    ...config,
    interfaces: config.interfaces.map((at) => ({ ...at, accessGroupIn: '101' })),
    accessLists: [{ name: '101', kind: 'extended', rules: [rule] }],
  };
}

/** BGP with one neighbour, in steps shorter than what the network has to be quiet for. */
function bgpWith(neighbour: string): RouterConfig['bgp'] {
  const lines = [`neighbor ${neighbour} remote-as 65000`, `neighbor ${neighbour} timers connect 2`];
  return parseConfig(['router bgp 65000', ...lines].join('\n')).config.bgp;
}

/** OSPF on every interface, with short intervals. */
function ospf(router: number, spfThrottleMs?: typeof LATE, deadIntervalS = 4): RouterConfig {
  const { interfaces, ...rest } = interfacesOf(PAIR, router);
  const at = { area: 0, helloIntervalS: 1, deadIntervalS, network: 'point-to-point' } as const;
  return {
    ...rest,
    interfaces: interfaces.map((config) => ({ ...config, ospf: at })),
    ospf: {
      ...EMPTY_OSPF,
      ...(spfThrottleMs && { spfThrottleMs }),
    },
  };
}

async function converged(experiment: Experiment) {
  const lab = await embedded.deploy(experiment, deployment());
  const configs = new Map(experiment.configs.map(({ router, real }) => [router, formatConfig(real)]));
  await askAll<'load'>(lab, [...configs.keys()], (router) => {
    return { op: 'load', plane: 'real', tag: 1, config: configs.get(router) ?? '' };
  });
  await converge({ lab, experiment }, 300 * SECOND);
  return lab;
}

async function timeToConverge(experiment: Experiment): Promise<number> {
  return (await converged(experiment)).clock.now();
}

async function routesOfR0After(experiment: Experiment): Promise<readonly string[]> {
  const answers = await askAll<'fib'>(await converged(experiment), ['R0'], () => ({
    op: 'fib',
    plane: 'real',
  }));
  return answers.get('R0')?.entries.map(({ prefix }) => prefix) ?? [];
}
