import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  comparePrefixes,
  contains,
  formatIpv4,
  formatMac,
  formatPrefix,
  lengthOfMask,
  maskOf,
  parseInterfaceAddress,
  parseIpv4,
  parseMac,
  parsePrefix,
  prefixOf,
} from '../../src/net/address.ts';

const u32 = fc.nat(0xffffffff);
const length = fc.nat(32);

describe('addresses', () => {
  it('come back from text as they were', () => {
    fc.assert(
      fc.property(u32, fc.nat(0xffffffffffff), length, (address, mac, length) => {
        expect(parseIpv4(formatIpv4(address))).to.equal(address);
        expect(parseMac(formatMac(mac))).to.equal(mac);
        expect(parseInterfaceAddress(`${formatIpv4(address)}/${length}`)).to.deep.equal({ address, length });
        const prefix = prefixOf(address, length);
        expect(parsePrefix(formatPrefix(prefix))).to.deep.equal(prefix);
      }),
    );
  });

  it('are refused in short, long, leading-zero and out-of-range forms', () => {
    for (const text of [
      '',
      '10.1.1',
      '10.1.1.1.1',
      '10.01.1.1',
      '256.0.0.1',
      '1.2.3.-4',
      '1.2.3.4 ',
      'a.b.c.d',
      '1e1.0.0.0',
    ]) {
      expect(parseIpv4(text), text).to.equal(undefined);
    }
    for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '10.0.0.1/24', '10.0.0/8']) {
      expect(parsePrefix(text), text).to.equal(undefined);
    }
    for (const text of ['02:00:00:00:00', '02:00:00:00:00:0g', '020000000001']) {
      expect(parseMac(text), text).to.equal(undefined);
    }
  });
});

describe('prefixes', () => {
  it('contain the addresses that agree in their leading bits, and no others', () => {
    const bits = (address: number, length: number): string =>
      address.toString(2).padStart(32, '0').slice(0, length);
    fc.assert(
      fc.property(u32, length, u32, fc.nat(31), (address, length, other, bit) => {
        const prefix = prefixOf(address, length);
        for (const asked of [other, (address ^ (1 << bit)) >>> 0]) {
          expect(contains(prefix, asked)).to.equal(bits(asked, length) === bits(address, length));
        }
      }),
    );
  });

  it('have masks that tell their length, and masks with holes have none', () => {
    for (let length = 0; length <= 32; length++) expect(lengthOfMask(maskOf(length))).to.equal(length);
    expect(formatIpv4(maskOf(23))).to.equal('255.255.254.0');
    expect(lengthOfMask(0xff00ff00)).to.equal(undefined);
  });

  it('are ordered by address, then length', () => {
    const texts = ['10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '192.168.0.0/16'];
    const prefixes = texts.toReversed().map((text) => parsePrefix(text) ?? expect.fail(text));
    expect(prefixes.sort(comparePrefixes).map(formatPrefix)).to.deep.equal(texts);
  });
});
