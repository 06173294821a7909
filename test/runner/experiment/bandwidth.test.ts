import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { formatBandwidth } from '../../../src/runner/experiment/bandwidth.ts';
import { loadExperiment } from '../../../src/runner/experiment/load.ts';

const NETWORK = `name: shared
topology:
  nodes: { A: , B: , C: }
  hosts: { h: { router: A }, k: }
  links:
    - endpoints: [A, B]
    - endpoints: [B, C]
    - { endpoints: [A, C, k], name: lan }
steps:
  - converge: {}
`;

describe('how the planes share the links', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shadowlab-bandwidth-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** `LINK: how`, for each link. */
  async function shared(bandwidth: string): Promise<readonly string[]> {
    const file = join(folder, 'x.yaml');
    writeFileSync(file, `${NETWORK}${bandwidth}\n`);
    const loaded = await loadExperiment(file);
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
    return loaded.experiment.topology.links.map((link) => `${link.name}: ${formatBandwidth(link.bandwidth)}`);
  }
  /** How the first link between routers is shared. */
  const first = async (bandwidth: string) => (await shared(`bandwidth: { ${bandwidth} }`))[0];

  it('is fair where nothing is said', async () => {
    expect(await shared('')).to.deep.equal(['A-B: fair', 'A-h: fair', 'B-C: fair', 'lan: fair']);
    expect(await shared('bandwidth: {}')).to.deep.equal(await shared(''));
  });

  it('is one mode for all links between routers; links with a host stay fair', async () => {
    expect(await shared('bandwidth: { mode: priority }')).to.deep.equal([
      'A-B: priority',
      'A-h: fair',
      'B-C: priority',
      'lan: fair',
    ]);
  });

  it('has a default for all that a mode may say', async () => {
    expect(await first('mode: partition')).to.equal('A-B: partition 50%');
    expect(await first('mode: cancellation')).to.equal('A-B: cancellation 52B, 1 frame');
  });

  it('takes what is said', async () => {
    expect(await first('mode: partition, real: 33.3%, strict: true')).to.equal('A-B: partition 33.3% strict');
    expect(await first('mode: cancellation, header: 64B, realDelay: 3 frames')).to.equal(
      'A-B: cancellation 64B, 3 frames',
    );
  });

  it('is otherwise on a link that says so, which takes over what it does not say of the same mode', async () => {
    const general = 'mode: cancellation, header: 64B, realDelay: 2 frames';
    const but = (links: string) => shared(`bandwidth: { ${general}, links: [${links}] }`);
    expect((await but('{ link: [A, B], header: 80B }'))[0]).to.equal('A-B: cancellation 80B, 2 frames');
    expect(await but('{ link: B-C, mode: partition, real: 70% }')).to.deep.equal([
      'A-B: cancellation 64B, 2 frames',
      'A-h: fair',
      'B-C: partition 70%',
      'lan: fair',
    ]);
  });

  it('may be said to be fair of a link with a host, which it is', async () => {
    const links = 'links: [{ link: [A, h], mode: fair }]';
    expect((await shared(`bandwidth: { mode: priority, ${links} }`))[1]).to.equal('A-h: fair');
  });
});
