import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CONTROL } from '../../../src/routerd/bandwidth/bandwidth.ts';
import { bytesOf, portRig } from './rig.ts';

const PRIORITY = { mode: 'priority' } as const;

describe('priority', () => {
  it('sends all that is real before what is shadow, each in its order', () => {
    const { clock, arrived, send } = portRig(PRIORITY);
    send('real', 1000, { number: 0 });
    for (let number = 1; number <= 10; number++) {
      send('shadow', 1000, { number });
      send('real', 1000, { number });
    }
    clock.runUntil(1e9);
    const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
    expect(arrived.map(({ plane, number }) => `${plane} ${number}`)).to.deep.equal([
      'real 0',
      ...numbers.map((number) => `real ${number}`),
      ...numbers.map((number) => `shadow ${number}`),
    ]);
    expect(arrived.map(({ timeNs }) => timeNs)).to.deep.equal(arrived.map((_, index) => (index + 1) * 1e6));
  });

  it('makes a real packet wait for one shadow packet at most: the one that is being sent', () => {
    const { clock, of, send } = portRig(PRIORITY);
    for (let count = 0; count < 10; count++) send('shadow', 1500);
    clock.after(1_500_001, () => send('real', 100));
    clock.runUntil(1e9);
    expect(of('real')[0].timeNs).to.equal(3_000_000 + 100_000);
  });

  it('leaves the shadow exactly what the real plane does not use', () => {
    const { clock, of, send } = portRig(PRIORITY);
    const feed = (): void => {
      send('real', 300);
      if (clock.now() < 1e9) clock.after(1_000_000, feed);
    };
    for (let count = 0; count < 1000; count++) send('shadow', 1000);
    feed();
    clock.runUntil(1e9);
    expect(bytesOf(of('real'))).to.be.within(299_000, 300_000);
    expect(bytesOf(of('shadow'))).to.be.within(698_000, 700_000);
  });

  it('bounds each plane by itself: a real plane that takes all does not cost the shadow its room, nor the other way', () => {
    const { send, output } = portRig(PRIORITY, { limitBytes: 5000 });
    for (const plane of ['real', 'shadow'] as const) {
      const taken = Array.from({ length: 20 }, () => send(plane, 1000)).filter(Boolean).length;
      expect(taken, plane).to.equal(plane === 'real' ? 6 : 5);
      expect(output.waitingBytes(plane)).to.equal(5000);
    }
  });

  it('sends control packets of the shadow although real packets take the whole link', () => {
    const { clock, of, send } = portRig(PRIORITY);
    for (let count = 0; count < 100; count++) send('real', 1000);
    send('shadow', 1000);
    send('shadow', 100, { number: 9, queueClass: CONTROL });
    clock.runUntil(1_100_000);
    expect(of('shadow').map(({ number }) => number)).to.deep.equal([9]);
  });
});
