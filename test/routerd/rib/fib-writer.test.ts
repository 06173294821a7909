/** The way from the RIB into the FIB, which takes its time. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../src/net/address.ts';
import { FibWriter } from '../../../src/routerd/rib/fib-writer.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { MILLISECOND } from '../../../src/world/clock.ts';
import type { NextHop } from '../../../src/world/observation.ts';
import { seededRandom } from '../../../src/world/random.ts';

describe('writing the FIB', () => {
  it('takes its time for each route, and ends with the latest of each prefix', () => {
    const { clock, writer, fib } = writing(MILLISECOND);
    for (let address = 1; address <= 20; address++) {
      for (const port of ['a', 'b']) writer.put({ address, length: 32 }, [{ kind: 'connected', port }]);
    }
    writer.put({ address: 5, length: 32 }, undefined);
    clock.runUntil(10 * MILLISECOND);
    expect(writer.idle).to.equal(false);
    expect(fib.size).to.be.within(5, 15);
    while (clock.step());
    expect(writer.idle).to.equal(true);
    expect(clock.now()).to.be.within(10 * MILLISECOND, 30 * MILLISECOND);
    expect([...fib].filter(([, text]) => text === 'b').length).to.equal(19);
    expect(fib.get('0.0.0.5/32')).to.equal('none');
  });

  it('follows at once where it takes no time', () => {
    const { writer, fib } = writing(0);
    writer.put({ address: 1, length: 32 }, [{ kind: 'local' }]);
    expect([...fib]).to.deep.equal([['0.0.0.1/32', 'local']]);
    expect(writer.idle).to.equal(true);
  });
});

function writing(perRouteNs: number) {
  const clock = new VirtualClock();
  const fib = new Map<string, string>();
  const world = { clock, random: seededRandom(1), log: () => {} };
  const writer = new FibWriter(world, perRouteNs, (prefix, nextHops) => {
    fib.set(formatPrefix(prefix), nextHops === undefined ? 'none' : textOf(nextHops));
  });
  return { clock, writer, fib };
}

const textOf = (nextHops: readonly NextHop[]): string =>
  nextHops.map((hop) => ('port' in hop ? hop.port : hop.kind)).join();
