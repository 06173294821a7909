import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG, type RouterConfig } from '../../../src/config/model.ts';
import { compileClasses } from '../../../src/routerd/qos/classify.ts';
import { resolvePolicies } from '../../../src/routerd/qos/resolve.ts';
import { packetBytes, prefix } from '../forwarding/network.ts';

const ANY = prefix('0.0.0.0/0');

const CONFIG: RouterConfig = {
  ...EMPTY_CONFIG,
  accessLists: [
    {
      name: 'NET',
      kind: 'extended',
      rules: [
        { sequence: 5, action: 'deny', protocol: 'ip', source: ANY, destination: prefix('10.2.0.9/32') },
        { sequence: 10, action: 'permit', protocol: 'ip', source: ANY, destination: prefix('10.2.0.0/24') },
      ],
    },
  ],
  classMaps: [
    {
      name: 'both',
      match: 'all',
      criteria: [
        { kind: 'dscp', values: [10, 12] },
        { kind: 'access-group', name: 'NET' },
      ],
    },
    {
      name: 'either',
      match: 'any',
      criteria: [
        { kind: 'dscp', values: [10] },
        { kind: 'access-group', name: 'NET' },
      ],
    },
    { name: 'nowhere', match: 'any', criteria: [{ kind: 'access-group', name: 'MISSING' }] },
    { name: 'empty', match: 'all', criteria: [] },
    { name: 'all', match: 'all', criteria: [{ kind: 'any' }] },
  ],
  policyMaps: [],
};

/** The class that a packet gets in a policy of these classes. */
function classOf(names: readonly string[], packet: Parameters<typeof packetBytes>[0]): string {
  const policyMaps = [{ name: 'P', classes: names.map((name) => ({ name })) }];
  const classes = resolvePolicies({ ...CONFIG, policyMaps }, new Map()).get('P')?.classes ?? [];
  return classes[compileClasses(classes)(packetBytes(packet), 0)].config.name;
}

describe('classes', () => {
  it('match all that they ask for, or any', () => {
    const wanted = { to: '10.2.0.2', dscp: 12 };
    expect(classOf(['both'], wanted)).to.equal('both');
    expect(classOf(['both'], { ...wanted, dscp: 11 })).to.equal('class-default');
    expect(classOf(['both'], { ...wanted, to: '10.3.0.2' })).to.equal('class-default');
    expect(classOf(['either'], { to: '10.3.0.2', dscp: 10 })).to.equal('either');
    expect(classOf(['either'], { to: '10.2.0.2', dscp: 0 })).to.equal('either');
    expect(classOf(['either'], { to: '10.3.0.2', dscp: 0 })).to.equal('class-default');
  });

  it('take what their list permits, and not what it denies', () => {
    expect(classOf(['either'], { to: '10.2.0.9' })).to.equal('class-default');
  });

  it('are asked in the order of the policy; the rest is class-default wherever it is written', () => {
    expect(classOf(['either', 'all'], { to: '10.2.0.2' })).to.equal('either');
    expect(classOf(['all', 'either'], { to: '10.2.0.2' })).to.equal('all');
    expect(classOf(['class-default', 'either'], { to: '10.2.0.2' })).to.equal('either');
  });

  it('that are not defined, ask for nothing, or for a list that is not defined, match nothing', () => {
    expect(classOf(['undefined', 'empty', 'nowhere'], { to: '10.2.0.2' })).to.equal('class-default');
  });

  it('of a policy that stays as it is are the same object after another load', () => {
    const policyMaps = [
      { name: 'A', classes: [{ name: 'both' }] },
      { name: 'B', classes: [{ name: 'all' }] },
    ];
    const first = resolvePolicies({ ...CONFIG, policyMaps }, new Map());
    const changed = { ...CONFIG, accessLists: [], policyMaps: structuredClone(policyMaps) };
    const second = resolvePolicies(changed, first);
    expect(second.get('B')).to.equal(first.get('B'));
    expect(second.get('A'), 'its list is gone').not.to.equal(first.get('A'));
  });
});
