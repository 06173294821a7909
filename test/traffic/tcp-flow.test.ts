import { expect } from 'chai';
import { describe, it } from 'mocha';
import { TcpFlow, type TcpFlowSettings } from '../../src/traffic/tcp-flow.ts';
import { TcpHost } from '../../src/traffic/tcp-host.ts';
import { MILLISECOND, SECOND } from '../../src/world/clock.ts';
import { twoHosts } from './lab.ts';

const SETTINGS: TcpFlowSettings = {
  id: 7,
  kind: 'tcp',
  plane: 'real',
  bytes: 5_000_000,
  congestionControl: 'cubic',
};

function lab(parameters: Parameters<typeof twoHosts>[0] = {}, seed = 1) {
  const world = twoHosts({ rateBps: 50e6, delayNs: 10 * MILLISECOND, ...parameters }, seed);
  return { ...world, from: new TcpHost(world.world, world.a), to: new TcpHost(world.world, world.b) };
}

describe('a TCP flow', () => {
  for (const plane of ['real', 'shadow'] as const) {
    for (const congestionControl of ['cubic', 'new-reno'] as const) {
      it(`by ${congestionControl} in the ${plane} plane brings every byte, nearly at the rate of the link`, () => {
        const { world, clock, from, to } = lab();
        const flow = new TcpFlow(world, from, to, { ...SETTINGS, plane, congestionControl });
        flow.start();
        clock.runUntil(10 * SECOND);
        flow.mark();
        const { beganNs, connectedNs, completedNs, end, bytes } = flow.progress();
        expect([beganNs, end, bytes]).to.deep.equal([0, 'closed', 5_000_000]);
        // ARP and the handshake are two round trips; all of it at the rate of the link, headers too, takes 0.84 s.
        expect(connectedNs).to.be.within(40 * MILLISECOND, 41 * MILLISECOND);
        expect(completedNs).to.be.within(880 * MILLISECOND, 1200 * MILLISECOND);
        expect(flow.window(0, 10 * SECOND).bytes).to.equal(5_000_000);
      });
    }
  }

  it('lives in its plane: every packet, both ways', () => {
    const { world, clock, from, to } = lab();
    const flow = new TcpFlow(world, from, to, { ...SETTINGS, plane: 'shadow' });
    flow.start();
    clock.runUntil(SECOND / 2);
    expect([from.stack('shadow').size, to.stack('shadow').size]).to.deep.equal([1, 1]);
    expect([from.stack('real').size, to.stack('real').size]).to.deep.equal([0, 0]);
  });
});
