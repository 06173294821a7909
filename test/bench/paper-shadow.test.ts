import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Figure, isMet } from '../../bench/figure.ts';
import { startLab } from '../../bench/lab.ts';
import { measureInteraction } from '../../bench/paper/interaction.ts';
import { capturedSizes } from '../../bench/paper/interaction-lab.ts';
import { measureStreaming, SWEEPS } from '../../bench/paper/streaming.ts';
import { arranged, type Configuration, FILE, percentile99 } from '../../bench/paper/streaming-lab.ts';
import { ETHERNET_HEADER } from '../../src/net/ethernet.ts';
import { askAll } from '../../src/runner/ask.ts';
import { loadExperiment } from '../../src/runner/experiment/load.ts';
import { converge } from '../../src/runner/steps/converge.ts';
import { Traffic } from '../../src/runner/traffic.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from '../end-to-end/results.ts';

function measuredOf(figures: readonly Figure[], name: string): number {
  return figures.find((figure) => figure.name.includes(name))?.value ?? expect.fail(`no figure "${name}"`);
}

const missed = (figures: readonly Figure[]): readonly string[] =>
  figures.filter((figure) => isMet(figure) === false).map(({ name }) => name);

describe("the paper's experiments on shadow bandwidth", () => {
  describe('streaming', () => {
    it('stays within 1 % of a real network by cancellation where both planes want more than there is, and by nothing else', async () => {
      const [same, , changed] = SWEEPS;
      const [, longer] = same.modes;
      const { figures, charts } = await measureStreaming([
        {
          ...same,
          loads: [0.6],
          modes: same.modes.filter((mode) => mode !== longer),
          watchedNs: 40 * MILLISECOND,
        },
        { ...changed, loads: [0.6], watchedNs: 40 * MILLISECOND },
      ]);
      expect(missed(figures)).to.deep.equal([]);
      for (const mode of ['cancellation, a tenth', 'cancellation, changed']) {
        expect(measuredOf(figures, mode), mode).to.be.within(-0.1, 1);
      }
      for (const mode of [', priority: at', ', partition, half each: at'])
        expect(measuredOf(figures, mode), mode).to.be.above(10);
      expect(charts.flatMap(({ lines }) => lines.flatMap(({ points }) => points.flat()))).to.satisfy(
        (values: readonly number[]) => values.every(Number.isFinite),
      );
    });

    const loadOf = async (router: string, port: string, configuration: Configuration): Promise<number> => {
      const loaded = await loadExperiment(FILE);
      if (!loaded.ok) return expect.fail(`${FILE} does not load`);
      const point = { load: 0.5, faster: 1, watchedNs: SECOND, configuration, copied: true };
      const experiment = arranged(loaded.experiment, point, { kind: 'reference' });
      const lab = await startLab(experiment, undefined, ['real']);
      const traffic = new Traffic(
        lab,
        { ...experiment, flows: experiment.flows.filter(({ kind }) => kind === 'rate') },
        0,
      );
      await converge({ lab, experiment }, 600 * SECOND);
      traffic.start();
      const pass = (ns: number): Promise<boolean> => lab.runUntil(() => false, lab.clock.now() + ns);
      const counted = async (): Promise<number> => {
        const answers = await askAll<'counters'>(lab, [router], () => ({ op: 'counters' }));
        const found = answers.get(router)?.ports.find((at) => at.port === port && at.plane === 'real');
        return found === undefined
          ? expect.fail(`no port ${port}`)
          : found.outBytes + ETHERNET_HEADER * found.outPackets;
      };
      await pass(30 * MILLISECOND);
      // Management takes its time: as much before each answer.
      const fromNs = lab.clock.now();
      const before = await counted();
      await pass(60 * MILLISECOND);
      const seconds = (lab.clock.now() - fromNs) / SECOND;
      const bytes = (await counted()) - before;
      await lab.destroy();
      return (8 * bytes) / seconds / 992e6;
    };

    it('puts the load that is drawn on the busiest link of the path, in either configuration', async () => {
      expect(await loadOf('IPLS', 'to-CHIN', 'same')).to.be.closeTo(0.5, 0.02);
      expect(await loadOf('LOSA', 'to-HSTN', 'changed')).to.be.closeTo(0.5, 0.02);
    });

    it('takes the 99th percentile by nearest rank', () => {
      expect(percentile99(Array.from({ length: 100 }, (_, at) => at + 1))).to.equal(99);
      expect(percentile99([7])).to.equal(7);
      expect(percentile99([])).to.be.NaN;
    });
  });

  describe('interaction', () => {
    it('makes no real packet late by more than a header frame by cancellation, and loses none; other modes do', async () => {
      const { figures } = await measureInteraction({ loads: [0.6, 1], forNs: SECOND / 2 });
      expect(missed(figures)).to.deep.equal([]);
      expect(measuredOf(figures, 'cancellation: real packets compared')).to.be.above(10_000);
      expect(measuredOf(figures, 'cancellation: late at most')).to.be.above(0.5);
      expect(measuredOf(figures, 'priority: late at most')).to.be.above(10);
      expect(measuredOf(figures, 'half each: late at most')).to.be.above(100);
      expect(measuredOf(figures, 'half each: real packets lost')).to.be.above(10);
    });

    it('sends packets of the sizes that were captured', () => {
      const { bytes } = capturedSizes();
      expect(bytes).to.have.length(4096);
      expect(bytes.reduce((sum, size) => sum + size, 0) / bytes.length).to.be.closeTo(874, 2);
      expect(bytes.filter((size) => size > 1024).length / bytes.length).to.be.closeTo(0.563, 0.001);
    });
  });

  describe('as experiments', () => {
    const tmp = temporaryFolder();
    for (const name of ['streaming', 'interaction']) {
      it(`${name}.yaml passes`, async () => {
        const { code, stdout } = await shadowlab(['run', `experiments/paper/${name}.yaml`, '--results', tmp]);
        expect(code, stdout).to.equal(0);
        expect(new RunFolder(tmp, `paper-${name}`).result().verdict).to.equal('pass');
      });
    }

    it('interaction.yaml fails by every other mode', async () => {
      const text = readFileSync('experiments/paper/interaction.yaml', 'utf8');
      for (const mode of ['fair', 'priority', 'partition']) {
        const file = join(tmp, `${mode}.yaml`);
        writeFileSync(
          file,
          text.replace('mode: cancellation', `mode: ${mode}`).replace('wait: 2s', 'wait: 500ms'),
        );
        const { code } = await shadowlab(['run', file, '--results', tmp]);
        expect(code, mode).to.equal(1);
      }
    });
  });
});
