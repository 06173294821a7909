import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  formatBytes,
  formatCount,
  formatList,
  formatPath,
  formatPlural,
  formatRate,
  formatShare,
  formatTime,
} from '../../src/analysis/format.ts';

describe('numbers for people', () => {
  it('have commas between thousands', () => {
    expect([0, 7, 999, 1000, 1234567, -1234].map(formatCount)).to.deep.equal([
      '0',
      '7',
      '999',
      '1,000',
      '1,234,567',
      '-1,234',
    ]);
    expect(formatPlural(1, 'packet')).to.equal('1 packet');
    expect(formatPlural(0, 'packet')).to.equal('0 packets');
    expect(formatPlural(2000, 'entry', 'entries')).to.equal('2,000 entries');
  });

  it('say times in the unit that fits', () => {
    const said = [0, 1, 999, 999.7, 12_000, 350e6, 999.7e6, 1.25e9, 99.9e9, 125e9, 120e9, 3720e9, -5e6].map(
      formatTime,
    );
    expect(said).to.deep.equal([
      '0 s',
      '1 ns',
      '999 ns',
      '1 us',
      '12 us',
      '350 ms',
      '1 s',
      '1.25 s',
      '99.9 s',
      '2 min 5 s',
      '2 min',
      '1 h 2 min',
      '-5 ms',
    ]);
  });

  it('say rates and sizes as links do, in powers of ten', () => {
    expect([0, 800, 6e6, 9.92e9, 999_600].map(formatRate)).to.deep.equal([
      '0 bps',
      '800 bps',
      '6 Mbps',
      '9.92 Gbps',
      '1 Mbps',
    ]);
    expect(formatBytes(1500)).to.equal('1.5 kB');
  });

  it('never round a small share to nothing, nor a large one to all', () => {
    expect(formatShare(0, 10)).to.equal('0%');
    expect(formatShare(1, 1_000_000)).to.equal('<0.1%');
    expect(formatShare(999_999, 1_000_000)).to.equal('>99.9%');
    expect(formatShare(10, 10)).to.equal('100%');
    expect(formatShare(1_004, 1_000)).to.equal('>100%');
    expect(formatShare(26, 25)).to.equal('104%');
    expect(formatShare(3, 1000)).to.equal('0.3%');
    expect(formatShare(0, 0)).to.equal('-');
  });

  it('shorten long lists and draw paths', () => {
    expect(formatList([])).to.equal('');
    expect(formatList(['a'])).to.equal('a');
    expect(formatList(['a', 'b'])).to.equal('a and b');
    expect(formatList(['a', 'b', 'c', 'd'])).to.equal('a, b, c and d');
    expect(formatList(['a', 'b', 'c', 'd', 'e'])).to.equal('a, b, c and 2 more');
    expect(formatPath(['A', 'B'])).to.equal('A → B');
  });
});
