import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nearest } from '../../src/net/suggest.ts';

describe('the nearest known word', () => {
  const routers = ['ATLA', 'CHIN', 'DNVR', 'KSCY', 'NYCM', 'WASH'];

  it('mends two letters swapped', () => expect(nearest('KCSY', routers)).to.equal('KSCY'));
  it('mends a letter left out', () => expect(nearest('NYM', routers)).to.equal('NYCM'));
  it('mends a letter too many', () => expect(nearest('DNVRR', routers)).to.equal('DNVR'));
  it('mends a letter changed', () => expect(nearest('WUSH', routers)).to.equal('WASH'));
  it('sees through a difference of case', () => expect(nearest('kscy', routers)).to.equal('KSCY'));
  it('sees through a slip and a difference of case', () => expect(nearest('wsh', routers)).to.equal('WASH'));
  it('prefers a difference of case to a difference of letters', () =>
    expect(nearest('Cost', ['most', 'cost'])).to.equal('cost'));
  it('forgives more in longer words', () =>
    expect(nearest('ip opsf csot', ['ip ospf area', 'ip ospf cost'])).to.equal('ip ospf cost'));
  it('stays silent where nothing is near', () => expect(nearest('LOSA', routers)).to.equal(undefined));
  it('stays silent without candidates', () => expect(nearest('LOSA', [])).to.equal(undefined));
  it('takes the first of equally near ones', () =>
    expect(nearest('port3', ['port1', 'port2'])).to.equal('port1'));
  it('gives up on words of unreasonable length', () =>
    expect(nearest('x'.repeat(10_000), ['x'.repeat(10_001)])).to.equal(undefined));
});
