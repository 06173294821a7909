/** The management contract as a router answers it. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ManagementAnswer, ManagementRequest } from '../../../src/routerd/management/contract.ts';
import { joinMemoryLink } from '../../../src/routerd/ports/memory.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { LINK } from '../forwarding/network.ts';

const CONFIG = `interface a
 ip address 10.0.0.1/24
interface lo
 ip address 10.255.0.1/32
ip route 10.9.0.0/16 10.0.0.2
`;

describe('management', () => {
  it('loads a configuration into one plane, and gives it back', () => {
    const ask = router();
    expect(ask({ op: 'load', plane: 'shadow', config: CONFIG, tag: 2 })).to.deep.equal({
      ok: true,
      op: 'load',
    });
    expect(textOf(ask({ op: 'config', plane: 'shadow' }))).to.include('ip route 10.9.0.0/16 10.0.0.2');
    expect(textOf(ask({ op: 'config', plane: 'real' }))).to.not.include('10.9.0.0');
    expect(textOf(ask({ op: 'diff' }))).to.include('+  ip route 10.9.0.0/16 10.0.0.2');
    expect(fibOf(ask, 'real')).to.deep.equal([]);
    expect(fibOf(ask, 'shadow')).to.deep.equal([
      '10.0.0.0/24',
      '10.0.0.1/32',
      '10.9.0.0/16',
      '10.255.0.1/32',
    ]);
  });

  it('refuses a wrong configuration, line by line, and keeps what it has', () => {
    const ask = router();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    const wrong = 'interface a\n ip address 10.0.0.999/24\n ip adress 10.0.0.1/24\n';
    for (const op of ['check', 'load'] as const) {
      const answer = ask(
        op === 'check' ? { op, config: wrong } : { op, config: wrong, plane: 'real', tag: 3 },
      );
      expect(errorOf(answer)).to.match(/^line 2: .*; line 3: /);
    }
    expect(fibOf(ask, 'real')).to.include('10.9.0.0/16');
    expect(ask({ op: 'check', config: CONFIG })).to.deep.equal({ ok: true, op: 'check' });
  });

  it('refuses one tag for both configurations, a port that is not there, and a mirror of no address', () => {
    const ask = router();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    expect(errorOf(ask({ op: 'load', plane: 'shadow', config: CONFIG, tag: 1 }))).to.equal(
      "tag 1 already names this router's other configuration",
    );
    const target = { kind: 'port', port: 'c' } as const;
    expect(errorOf(ask({ op: 'fail', plane: 'real', target }))).to.equal('no port "c" (it has a, b)');
    const rule = { port: 'a', sourceMac: 1, source: '10.0.0.2', destination: '10.0.0.3', sourcePort: 1 };
    expect(errorOf(ask({ op: 'mirror', rules: [{ ...rule, port: 'c' }] }))).to.equal(
      'no port "c" (it has a, b)',
    );
    expect(errorOf(ask({ op: 'mirror', rules: [{ ...rule, source: 'h1' }] }))).to.include('"h1" is neither');
    expect(ask({ op: 'mirror', rules: [rule] })).to.deep.equal({ ok: true, op: 'mirror' });
  });

  it('fails a port or the router in one plane alone, and restores it', () => {
    const ask = router();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    ask({ op: 'load', plane: 'shadow', config: CONFIG, tag: 2 });
    const whole = fibOf(ask, 'real');
    for (const target of [{ kind: 'port', port: 'a' }, { kind: 'router' }] as const) {
      ask({ op: 'fail', plane: 'shadow', target });
      expect(fibOf(ask, 'shadow')).to.deep.equal(target.kind === 'port' ? ['10.255.0.1/32'] : []);
      expect(fibOf(ask, 'real')).to.deep.equal(whole);
      ask({ op: 'restore', plane: 'shadow', target });
      expect(fibOf(ask, 'shadow')).to.deep.equal(whole);
    }
  });

  it('keeps a port failed while a router that failed as well comes back, and the other way round', () => {
    const port = { kind: 'port', port: 'a' } as const;
    const all = { kind: 'router' } as const;
    for (const [first, second] of [
      [port, all],
      [all, port],
    ]) {
      const ask = router();
      ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
      for (const target of [port, all]) ask({ op: 'fail', plane: 'both', target });
      ask({ op: 'restore', plane: 'both', target: first });
      expect(fibOf(ask, 'real')).to.not.include('10.0.0.0/24');
      ask({ op: 'restore', plane: 'both', target: second });
      expect(fibOf(ask, 'real')).to.include('10.0.0.0/24');
    }
  });

  it('changes neither configuration nor failures while a commit is under way', () => {
    const ask = router();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    ask({ op: 'load', plane: 'shadow', config: CONFIG, tag: 2 });
    ask({ op: 'commit', phase: 'prepare', oldTag: 1, newTag: 2 });
    const target = { kind: 'router' } as const;
    for (const request of [
      { op: 'load', plane: 'shadow', config: CONFIG, tag: 3 },
      { op: 'fail', plane: 'real', target },
      { op: 'restore', plane: 'real', target },
    ] as const) {
      expect(errorOf(ask(request))).to.equal('a commit is under way');
    }
  });

  it('calls a FIB by another number whenever it changed or planes were swapped, and by the same else', () => {
    const ask = router();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    ask({ op: 'load', plane: 'shadow', config: CONFIG, tag: 2 });
    const versions = () => {
      const answer = ask({ op: 'status' });
      return answer.ok && answer.op === 'status' ? [answer.real.fibVersion, answer.shadow.fibVersion] : [];
    };
    const before = versions();
    ask({ op: 'load', plane: 'real', config: CONFIG, tag: 1 });
    expect(versions()).to.deep.equal(before);
    ask({ op: 'load', plane: 'real', config: `${CONFIG}ip route 10.8.0.0/16 Null0\n`, tag: 1 });
    expect(versions()[0]).to.not.equal(before[0]);
    const [real, shadow] = versions();
    const commit = { op: 'commit', newTag: 2 } as const;
    ask({ ...commit, phase: 'prepare', oldTag: 1 });
    ask({ ...commit, phase: 'mark' });
    ask({ ...commit, phase: 'swap', leaseNs: 1e9 });
    expect(versions()).to.deep.equal([shadow, real]);
    expect(real).to.not.equal(shadow);
  });
});

/** A router with two ports that lead nowhere. */
function router(): (request: ManagementRequest) => ManagementAnswer {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const ports = ['a', 'b'].map((name, index) => {
    const ends = [
      { name, mac: 0x020000000001 + 2 * index },
      { name: 'other', mac: 0x020000000002 + 2 * index },
    ];
    return { port: joinMemoryLink(clock, random, LINK, ends)[0], edge: false };
  });
  const settings = { fibUpdateNs: 0, lsaPool: new LsaPool() };
  const made = new Router({ clock, random, log: () => {} }, 'R', ports, settings);
  return (request) => made.manage(request);
}

type Ask = ReturnType<typeof router>;

function fibOf(ask: Ask, plane: 'real' | 'shadow'): readonly string[] {
  const answer = ask({ op: 'fib', plane });
  return answer.ok && answer.op === 'fib' ? answer.entries.map(({ prefix }) => prefix) : ['no answer'];
}

const textOf = (answer: ManagementAnswer): string => ('text' in answer ? answer.text : '');

const errorOf = (answer: ManagementAnswer): string => (answer.ok ? 'no error' : answer.error);
