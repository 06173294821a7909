/** The planner against runs: what it says a link stands arrives, and what it says is too much does not. */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import type { Fact, FlowWindow } from '../../src/analysis/facts.ts';
import { linkLoads } from '../../src/analysis/plan-measured.ts';
import { type Plan, type PlannedLink, planOfRun } from '../../src/analysis/plan-outline.ts';
import { MIN_HEADER_BYTES } from '../../src/routerd/bandwidth/bandwidth.ts';
import { runText } from '../support/run.ts';

const LINK_BPS = 20e6;
/** Bytes around a packet on the embedded backend: an Ethernet header, and a label on shadow packets. */
const AROUND = { real: 14, shadow: 14 + 4 };
const HEADER_FRAME = 14 + 6 + 8 + 52;
const RECORD = 8 + 52;

interface Offer {
  /** Share of the link that the packets take whole. */
  readonly load: number;
  readonly bytes: number;
}

/** Two seconds of both planes on the link A-B; what of each plane arrived, and the link as the planner sees it. */
async function measured(mode: string, real: Offer, shadow: Offer): Promise<Measured> {
  const flow = (plane: 'real' | 'shadow', { load, bytes }: Offer): string => {
    const rateBps = Math.round((load * LINK_BPS * bytes) / (bytes + AROUND[plane]));
    return `{ name: ${plane}, from: a, to: b, plane: ${plane}, packet: ${bytes}B, arrival: poisson, rate: ${rateBps}bps }`;
  };
  const { facts } = await runText(`
name: planned
topology:
  nodes: { A: {}, B: {} }
  links: [{ endpoints: [A, B], rate: 20Mbps, queue: 200kB }]
  hosts: { a: { router: A, rate: 1Gbps }, b: { router: B, rate: 1Gbps } }
bandwidth: { mode: ${mode} }
traffic:
  - ${flow('real', real)}
  - ${flow('shadow', shadow)}
steps:
  - converge: {}
  - wait: 2s
`);
  const plan = planOfRun(linkLoads(facts), { keptBytes: MIN_HEADER_BYTES, realLoads: [] });
  const link = plan?.links.find(({ router }) => router === 'A');
  if (plan === undefined || link === undefined) return expect.fail('nothing was measured');
  return {
    plan,
    link,
    carried: carriedOf(facts, shadow.bytes + AROUND.shadow),
    real: windowOf(facts, 'real'),
    shadow: windowOf(facts, 'shadow'),
  };
}

interface Measured {
  readonly plan: Plan;
  readonly link: PlannedLink;
  readonly carried: number;
  readonly real: FlowWindow;
  readonly shadow: FlowWindow;
}

function windowOf(facts: readonly Fact[], plane: string): FlowWindow {
  const window = facts.find((fact) => fact.fact === 'flow' && fact.step === 2 && fact.plane === plane);
  return window?.fact === 'flow' ? window : expect.fail(`no ${plane} traffic was measured`);
}

const of300 = (load: number): Offer => ({ load, bytes: 300 });
const lostShare = ({ sent, received }: FlowWindow): number => (sent - received) / sent;

describe('the planner and a measured link with packet cancellation', () => {
  let inside: Measured;
  let outside: Measured;
  before(async () => {
    inside = await measured('cancellation', of300(0.5), of300(0.85));
    outside = await measured('cancellation', of300(0.9), of300(0.95));
  });

  it('sees the loads that were offered, shadow packets counted whole', () => {
    expect(inside.link.step).to.equal(2);
    expect(inside.link.realLoad).to.be.closeTo(0.5, 0.02);
    expect(inside.link.shadowLoad).to.be.closeTo(0.85, 0.03);
    expect(inside.plan.shadow.headerWireBytes).to.be.closeTo(HEADER_FRAME, 1);
  });

  it('agree inside the region: more than the link could carry whole, and nothing is lost', () => {
    expect(inside.link.within).to.deep.equal({ without: false, with: true });
    expect([lostShare(inside.real), lostShare(inside.shadow)]).to.deep.equal([0, 0]);
  });

  it('agree outside of it: the shadow gets what it was promised beside this real load, not what it sends', () => {
    const promised = outside.link.room.with?.shadowLoad ?? Number.NaN;
    expect(outside.link.shadowLoad, 'what was dropped is counted').to.be.closeTo(0.95, 0.05);
    expect(outside.link.within.with).to.equal(false);
    expect(outside.carried).to.be.at.least(promised);
    // Behind real packets headers need no frame of their own: that is the most that can be better.
    expect(outside.carried).to.be.at.most((promised * HEADER_FRAME) / RECORD);
    expect(lostShare(outside.shadow)).to.be.above(0.1);
    expect(lostShare(outside.real)).to.equal(0);
  });

  it('agree to a few hundredths where no header can ride, as behind real packets of full size', async () => {
    const { link, carried, real } = await measured(
      'cancellation',
      { load: 0.8, bytes: 1500 },
      { load: 0.6, bytes: 100 },
    );
    const promised = link.room.with?.shadowLoad ?? Number.NaN;
    expect(carried).to.be.within(promised * 0.99, promised * 1.05);
    expect(lostShare(real)).to.equal(0);
  });

  it('agree on what is possible without: the real plane first, the shadow in what is left', async () => {
    const shared = await measured('priority', of300(0.5), of300(0.85));
    expect(shared.link.within.without).to.equal(false);
    expect(shared.carried).to.be.closeTo(shared.link.room.without?.shadowLoad ?? Number.NaN, 0.02);
    expect(lostShare(shared.real)).to.equal(0);
    const less = await measured('priority', of300(0.5), of300(0.4));
    expect(less.link.within.without).to.equal(true);
    expect([lostShare(less.real), lostShare(less.shadow)]).to.deep.equal([0, 0]);
  });
});

/** The shadow load that went over the link from A to B in step 2, whatever waits still. */
function carriedOf(facts: readonly Fact[], wireBytes: number): number {
  const [before, after] = [1, 2].map((step) => {
    const fact = facts.find((one) => one.fact === 'counters' && one.step === step && one.router === 'B');
    if (fact?.fact !== 'counters') return expect.fail('no counters of B');
    const port = fact.ports.find((counters) => counters.port === 'to-A' && counters.plane === 'shadow');
    return { t: fact.t, packets: port?.inPackets ?? 0 };
  });
  const seconds = (after.t - before.t) / 1e9;
  return ((after.packets - before.packets) * wireBytes * 8) / (seconds * LINK_BPS);
}
