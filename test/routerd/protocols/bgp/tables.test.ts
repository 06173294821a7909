import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BgpNetwork } from './speakers.ts';

describe('routers that speak BGP', () => {
  it('pass a route on from AS to AS, each with itself before the path and as the next hop', () => {
    const network = new BgpNetwork();
    const [a, b, c] = [1, 2, 3].map((number) => network.router(number, { as: 65000 + number }));
    network.join(a, b);
    network.join(b, c);
    a.announce(['192.0.2.0/24']);
    network.run(5);
    expect(b.asPath('192.0.2.0/24')).to.equal('65001');
    expect(c.asPath('192.0.2.0/24')).to.equal('65002 65001');
    // They share the link: the next hop is told as it is.
    expect(c.ways('192.0.2.0/24')).to.deep.equal(['lan 10.0.0.1']);
    expect([a, b, c].map(({ bgp }) => bgp.settled)).to.deep.equal([true, true, true]);
    a.withdraw(['192.0.2.0/24']);
    network.run(1);
    expect(c.best('192.0.2.0/24')).to.equal(undefined);
    expect(c.installed.has('192.0.2.0/24')).to.equal(false);
    expect(c.bgp.table('ipv4').locRib.destinations.size).to.equal(0);
    expect(b.bgp.table('ipv4').locRib.destinations.size).to.equal(0);
  });
});
