import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseDuration, parseRate, parseShare, parseSize } from '../../../src/runner/experiment/units.ts';

describe('quantities', () => {
  it('are numbers with a unit', () => {
    expect(parseRate('6Mbps')).to.equal(6_000_000);
    expect(parseRate('2.5 Gbps')).to.equal(2_500_000_000);
    expect(parseSize('1200B')).to.equal(1200);
    expect(parseSize('1MB')).to.equal(1_000_000);
    expect(parseDuration('4.5ms')).to.equal(4_500_000);
    expect(parseDuration('2min')).to.equal(120_000_000_000);
    expect(parseShare('0.1%')).to.equal(0.001);
    expect(parseShare('100%')).to.equal(1);
  });

  it('are refused without a unit, with a wrong one, and with a sign', () => {
    for (const text of ['6', '6 mbps', '6MB', '-1bps', '1e3bps', 'Mbps', '', '6Mbps ', '6constructor'])
      expect(parseRate(text), text).to.equal(undefined);
    for (const text of ['101%', '1', '%', '-1%']) expect(parseShare(text), text).to.equal(undefined);
  });

  it('are refused where they are too large to be exact', () => {
    expect(parseDuration('999999999999999h')).to.equal(undefined);
  });
});
