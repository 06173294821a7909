import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatPrefix } from '../../../../src/net/address.ts';
import { MAX_AREAS, MAX_EXTERNALS } from '../../../../src/routerd/protocols/ospf/constants.ts';
import type { OspfExternal } from '../../../../src/routerd/protocols/ospf/contract.ts';
import { anInterface, TestNetwork, type TestRouter } from './network.ts';

function errors({ log }: TestRouter): string[] {
  return log.filter((text) => text.startsWith('error'));
}

describe('OSPF at its limits', () => {
  it('announces so many routes from elsewhere, says that there are more, and takes these where some go', () => {
    const network = new TestNetwork();
    const [router, neighbour] = [network.router(), network.router()];
    network.link(router, neighbour);
    network.start();
    network.runFor(60);
    const number = (at: number): OspfExternal => ({
      prefix: { address: 0x14000000 + 256 * at, length: 24 },
      metric: 20,
      metricType: 2,
      tag: 0,
    });
    const tell = (added: readonly OspfExternal[], removed: OspfExternal['prefix'][]): void => {
      router.instance.handle({ type: 'externals', added, removed });
      network.runFor(60);
    };
    const isAnnounced = ({ prefix }: OspfExternal): boolean => neighbour.routes.has(formatPrefix(prefix));
    const before = router.instance.counters.lsas;
    tell(
      Array.from({ length: MAX_EXTERNALS }, (_, at) => number(at)),
      [],
    );
    expect(errors(router)).to.deep.equal([]);
    tell([number(MAX_EXTERNALS), { ...number(0), metric: 5 }], []);
    expect(errors(router)).to.deep.equal([
      `error: ospf: more than ${MAX_EXTERNALS} routes from elsewhere: some are left out`,
    ]);
    expect(router.instance.counters.lsas).to.equal(before + MAX_EXTERNALS);
    expect(isAnnounced(number(MAX_EXTERNALS))).to.equal(false);
    tell([], [number(1).prefix]);
    expect(router.instance.counters.lsas, 'the one that was left out has room').to.equal(
      before + MAX_EXTERNALS,
    );
    expect(isAnnounced(number(MAX_EXTERNALS))).to.equal(true);
  }).timeout(30_000);

  it('has so many areas, and says which interface is left out', () => {
    const network = new TestNetwork();
    const router = network.router();
    const interfaces = Array.from({ length: MAX_AREAS + 1 }, (_, area) => ({
      ...anInterface(`e${String(area).padStart(3, '0')}`, 0x0a000001 + 256 * area, 24, 'broadcast', 10),
      area,
    }));
    router.settings = { ...router.settings, interfaces };
    network.start();
    network.runFor(60);
    expect(errors(router)).to.deep.equal([
      `error: ospf: more than ${MAX_AREAS} areas: e${MAX_AREAS} is left out`,
    ]);
    expect(router.routes).to.have.length(MAX_AREAS);
    // What each of them hears of all others, and of itself.
    expect(router.instance.counters.lsas).to.equal(MAX_AREAS * MAX_AREAS);
  }).timeout(30_000);
});
