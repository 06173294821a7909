import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatPrefix, parseIpv4, parsePrefix } from '../../../../src/net/address.ts';
import { RefusedRoutes } from '../../../../src/routerd/protocols/bgp/refused.ts';

const nlri = (text: string) => ({ prefix: parsePrefix(text) ?? expect.fail(text) });
const address = (text: string): number => parseIpv4(text) ?? expect.fail(text);

describe('routes that were refused', () => {
  const found = (refused: RefusedRoutes, text: string): string | undefined => {
    const route = refused.find(address(text));
    return route === undefined ? undefined : `${formatPrefix(route.prefix)} ${route.by}`;
  };

  it('are found by the longest prefix, until they are let in or withdrawn', () => {
    const refused = new RefusedRoutes();
    refused.set(nlri('0.0.0.0/0'), 'route-map A');
    refused.set(nlri('192.0.2.0/24'), 'route-map B');
    refused.set(nlri('192.0.2.7/32'), 'route-map C');
    expect(found(refused, '192.0.2.7')).to.equal('192.0.2.7/32 route-map C');
    expect(found(refused, '192.0.2.8')).to.equal('192.0.2.0/24 route-map B');
    expect(found(refused, '255.255.255.255')).to.equal('0.0.0.0/0 route-map A');
    refused.delete(nlri('192.0.2.0/24'));
    expect(found(refused, '192.0.2.8')).to.equal('0.0.0.0/0 route-map A');
    refused.delete(nlri('0.0.0.0/0'));
    expect(found(refused, '192.0.2.8')).to.equal(undefined);
  });

  it('are remembered up to 10,000, and those change what they were refused by', () => {
    const refused = new RefusedRoutes();
    for (let number = 0; number < 10_001; number++) {
      refused.set({ prefix: { address: number, length: 32 } }, 'route-map A');
    }
    expect(refused.find(9_999)?.by).to.equal('route-map A');
    expect(refused.find(10_000)).to.equal(undefined);
    refused.set({ prefix: { address: 5, length: 32 } }, 'route-map B');
    expect(refused.find(5)?.by).to.equal('route-map B');
  });
});
