/**
 * Commitment, and the way back, while packets of both planes wait at every port, whatever the mode of the links: what
 * waits keeps its configuration, and is not lost when the former one is replaced right after the commit.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RouterConfig } from '../../../src/config/model.ts';
import type { Plane } from '../../../src/net/wire.ts';
import { MILLISECOND, SECOND } from '../../../src/world/clock.ts';
import { deploy, NEW, OLD, type Variation } from './network.ts';

const REPLACED = 3;
const NETWORKS = 40;

const LOADED = { rateBps: 500_000, queueBytes: 300_000 };
const CANCELLATION = { mode: 'cancellation', headerBytes: 52 } as const;

const VARIATIONS: Readonly<Record<string, Variation>> = {
  'links that are fair': { link: { ...LOADED, bandwidth: { mode: 'fair' } } },
  'links with priority': { link: { ...LOADED, bandwidth: { mode: 'priority' } } },
  'links of strict shares': {
    link: { ...LOADED, bandwidth: { mode: 'partition', realShare: 0.3, strict: true } },
  },
  'links with cancellation': { link: { ...LOADED, bandwidth: { ...CANCELLATION, realDelayFrames: 1 } } },
  'links with cancellation and a wide bound': {
    link: { ...LOADED, bandwidth: { ...CANCELLATION, realDelayFrames: 512 } },
  },
  'a real configuration that shapes': { configure: shaped('real') },
  'a shadow configuration that shapes': { configure: shaped('shadow') },
  'a real configuration that shapes, on links with cancellation': {
    link: { bandwidth: { ...CANCELLATION, realDelayFrames: 512 } },
    configure: shaped('real'),
  },
};

describe('commitment while packets wait', () => {
  for (const [name, variation] of Object.entries(VARIATIONS)) {
    it(`mixes none and loses none: ${name}`, async () => {
      const outcomes = { committed: 0, aborted: 0 };
      for (let seed = 1; seed <= NETWORKS; seed++) {
        const unreachable = seed % 4 === 0 ? [{ router: 'R1', from: 'settle' as const }] : [];
        const world = await deploy(seed, { loss: 0, unreachable }, variation);
        await world.lab.runUntil(() => false, world.lab.clock.now() + 100 * MILLISECOND);
        const outcome = await world.commit(OLD, NEW);
        outcomes[outcome.outcome]++;
        const isReplaced = outcome.outcome === 'committed' && seed % 2 === 1;
        if (isReplaced) await world.replaceShadow(REPLACED);
        if (seed % 4 === 2) expect((await world.commit(NEW, OLD)).outcome).to.equal('committed');
        await world.drain(60 * SECOND);
        const wrong = world.faults(isReplaced ? 'real' : undefined);
        expect(wrong, `seed ${seed}, ${outcome.outcome}: ${outcome.reason ?? ''}`).to.deep.equal([]);
      }
      expect(outcomes.committed).to.equal(NETWORKS * 0.75);
    });
  }

  it('loses none of the new configuration where it was given up and is replaced', async () => {
    for (let seed = 1; seed <= NETWORKS; seed++) {
      const world = await deploy(seed, { loss: 0, unreachable: [] }, { configure: shaped('shadow') });
      const { outcome, reason } = await world.commit(OLD, NEW, 'settle');
      expect([outcome, reason]).to.deep.equal(['aborted', 'settle: R1 will not']);
      await world.replaceShadow(REPLACED);
      await world.drain(60 * SECOND);
      expect(world.faults('real'), `seed ${seed}`).to.deep.equal([]);
    }
  });
});

/** Everything that leaves a router of the plane waits: it is shaped to less than comes for a while. */
function shaped(where: Plane): NonNullable<Variation['configure']> {
  return (config, plane): RouterConfig => {
    if (plane !== where) return config;
    const policy = {
      name: 'SLOW',
      classes: [{ name: 'class-default', shapeBps: 20_000, queueLimitBytes: 1_000_000 }],
    };
    return {
      ...config,
      policyMaps: [policy],
      interfaces: config.interfaces.map((one) => ({ ...one, servicePolicyOut: 'SLOW' })),
    };
  };
}
