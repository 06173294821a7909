import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { ManagementRequest } from '../../../src/routerd/management/contract.ts';
import { readRequest } from '../../../src/routerd/management/request.ts';

const RULE = { port: 'a', sourceMac: 1, source: '10.0.0.1', destination: '10.0.0.0/8', sourcePort: 7 };

/** One of each kind. */
const SOUND: readonly ManagementRequest[] = [
  { op: 'load', plane: 'real', config: '', tag: 1 },
  { op: 'check', config: '' },
  { op: 'config', plane: 'shadow' },
  { op: 'status' },
  { op: 'diff' },
  { op: 'fail', plane: 'both', target: { kind: 'router' } },
  { op: 'restore', plane: 'real', target: { kind: 'port', port: 'a' } },
  { op: 'fib', plane: 'real' },
  { op: 'rib', plane: 'real' },
  { op: 'bgp', plane: 'real' },
  { op: 'neighbours', plane: 'real' },
  { op: 'counters' },
  { op: 'trace', batch: 0 },
  { op: 'mirror', rules: [RULE] },
  { op: 'commit', phase: 'prepare', oldTag: 1, newTag: 2 },
  { op: 'commit', phase: 'swap', newTag: 2, leaseNs: 1e9 },
  { op: 'commit', phase: 'abort', newTag: 2 },
  { op: 'lastSeen', tag: 32767 },
];

describe('a request from outside', () => {
  it('is taken as it is where it is one of the contract', () => {
    for (const request of SOUND) expect(readRequest(request)).to.deep.equal({ request });
  });

  it('is refused where any of its fields is missing or of another type', () => {
    for (const request of SOUND) {
      for (const key of Object.keys(request)) {
        for (const value of [undefined, null, [], {}, -1, 1.5, 1e300, true]) {
          const read = readRequest({ ...request, [key]: value });
          if (key === 'rules' && Array.isArray(value)) continue;
          expect(read, `${request.op} ${key} ${value}`).to.have.property('error');
        }
      }
    }
  });

  it('makes nothing throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ op: fc.string(), phase: fc.anything() })), (value) => {
        expect(readRequest(value)).to.have.property('error');
      }),
    );
    for (const op of ['constructor', '__proto__', 'toString'])
      expect(readRequest({ op })).to.have.property('error');
  });

  it("asks for BGP's table as a whole or in part", () => {
    const asked = { op: 'bgp', plane: 'shadow', vrf: 'red', family: 'vpnv4', prefix: '192.0.2.0/24' };
    expect(readRequest(asked)).to.deep.equal({ request: asked });
    for (const wrong of [{ vrf: 1 }, { family: 'ipv6' }, { prefix: '192.0.2.1/24' }, { after: 'x' }]) {
      expect(readRequest({ ...asked, ...wrong }), JSON.stringify(wrong)).to.have.property('error');
    }
  });
});
