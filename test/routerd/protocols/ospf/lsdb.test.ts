import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeLsa, readLsaHeader } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import { Lsdb, type LsdbEntry } from '../../../../src/routerd/protocols/ospf/lsdb.ts';
import { LsaPool } from '../../../../src/routerd/protocols/ospf/pool.ts';

const NETWORK = 0x0a000001;

function database() {
  const pool = new LsaPool();
  let changes = 0;
  const lsdb = new Lsdb(pool, 1, () => {
    changes++;
  });
  /** Installs a network-LSA for NETWORK by `router`, listing `members`. */
  const install = (router: number, sequence: number, members: number[], age = 0, nowMs = 0): LsdbEntry => {
    const identity = { type: 2, id: NETWORK, advertisingRouter: router };
    const body = { kind: 'network', mask: 0xffffff00, routers: members } as const;
    const bytes = encodeLsa(identity, 2, sequence, body) ?? new Uint8Array();
    const lsa = pool.intern(bytes, 0, readLsaHeader(bytes, 0));
    if (lsa === undefined) throw new Error('malformed');
    return lsdb.install(lsa, age, nowMs);
  };
  return { lsdb, pool, install, changes: () => changes };
}

describe('the link state database', () => {
  it('tells of changes that SPF could see, and of no others (13.2)', () => {
    const { install, changes, lsdb } = database();
    const entry = install(1, 1, [1, 2]);
    expect(changes()).to.equal(1);
    expect(install(1, 2, [1, 2])).to.equal(entry);
    expect(changes(), 'refreshed').to.equal(1);
    install(1, 3, [1, 2, 3]);
    expect(changes(), 'another body').to.equal(2);
    lsdb.expire(entry);
    lsdb.expire(entry);
    expect(changes(), 'expired, once').to.equal(3);
  });

  it('reckons ages from the clock, up to MaxAge', () => {
    const { install } = database();
    const entry = install(1, 1, [1], 100, 5000);
    expect(entry.age(5999)).to.equal(100);
    expect(entry.age(6000)).to.equal(101);
    expect(entry.age(10_000_000)).to.equal(3600);
  });

  it('says what has expired and when the next will', () => {
    const { install, lsdb } = database();
    const old = install(1, 1, [1], 3000, 0);
    install(2, 1, [1], 1000, 0);
    expect(lsdb.expired(599_999)).to.deep.equal({ entries: [], nextMs: 600_000 });
    const { entries, nextMs } = lsdb.expired(600_000);
    expect(entries).to.have.members([old]);
    expect(nextMs).to.equal(2_600_000);
  });

  it('uses the newest of several claims to one network, and another when that goes', () => {
    const { install, lsdb } = database();
    const first = install(1, 1, [1]);
    const second = install(2, 1, [2]);
    const { vertex } = first.lsa;
    expect(lsdb.topology[vertex]).to.equal(second.lsa);
    install(1, 2, [1]);
    expect(lsdb.topology[vertex], 'a mere refresh is no new claim').to.equal(second.lsa);
    lsdb.expire(second);
    expect(lsdb.topology[vertex]).to.equal(first.lsa);
    lsdb.remove(second);
    lsdb.expire(first);
    expect(lsdb.topology[vertex]).to.equal(undefined);
  });

  it('gives back to the pool what it held', () => {
    const { install, lsdb, pool } = database();
    const entry = install(1, 1, [1, 2]);
    install(1, 2, [1, 2, 3]);
    expect(pool.findRouter(3)).to.be.at.least(0);
    lsdb.expire(entry);
    lsdb.remove(entry);
    expect([1, 2, 3].map((router) => pool.findRouter(router))).to.deep.equal([-1, -1, -1]);
    expect(lsdb.size).to.equal(0);
  });
});
