import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bgp4mpMessage, peerIndexTable, ribIpv4 } from '../../scripts/mrt-writer.ts';
import { parseIpv4, parsePrefix } from '../../src/net/address.ts';
import { encodeAttributes } from '../../src/routerd/protocols/bgp/attribute-codec.ts';
import type { PathAttributes } from '../../src/routerd/protocols/bgp/attributes.ts';
import type { Update } from '../../src/routerd/protocols/bgp/contract.ts';
import { encodeUpdate } from '../../src/routerd/protocols/bgp/update.ts';
import { shadowlab, temporaryFolder } from '../cli/shadowlab.ts';
import { RunFolder } from './results.ts';

const FEED = { as: 64500, address: parseIpv4('192.0.2.1') ?? 0 };

const prefix = (text: string) => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const attributes = (...numbers: number[]): PathAttributes => ({
  origin: 0,
  asPath: [{ type: 'sequence', numbers }],
  nextHop: FEED.address,
  communities: [],
  largeCommunities: [],
  extendedCommunities: [],
  clusterList: [],
  unknown: [],
});
const table = (...routes: readonly (readonly [string, ...number[]])[]): Uint8Array =>
  Buffer.concat([
    peerIndexTable(1_400_000_000, [FEED]),
    ...routes.map(([text, ...path], index) => {
      const bytes = encodeAttributes(attributes(...path), { fourByteAs: true, nextHop: true });
      return ribIpv4(1_400_000_000, index, prefix(text), [{ peer: 0, originatedS: 0, attributes: bytes }]);
    }),
  ]);
const message = (s: number, update: Partial<Update>): Uint8Array => {
  const whole = { family: 'ipv4', withdrawn: [], announced: [], ...update } as const;
  const [bytes] = encodeUpdate(whole, { fourByteAs: true, maximum: 4096 }).messages;
  return bgp4mpMessage({ s }, FEED, bytes);
};

/** Two routers, a peer at each. A has no route to 203.0.113.0/24 but by what they announce. */
const EXPERIMENT = `
name: peers
topology:
  nodes: { A: {}, B: {} }
  links: [{ endpoints: [A, B] }]
  ospf: { hello: 1s, dead: 4s }
  bgp: { as: 65000 }
  hosts:
    a: { router: A }
    near: { router: A, address: 198.51.100.2/30, bgp: { as: 64500, table: { file: near.mrt }, updates: { file: changes.mrt, start: 2s, speed: 2 } } }
    far: { router: B, address: 198.51.100.6/30, bgp: { as: 64501, table: { file: far.mrt, peer: 64500 } } }
traffic:
  - { name: web, from: a, to: 203.0.113.0/24, rate: 1Mbps, mirror: shadow }
steps:
  - converge: { within: 60s }
  - name: the shorter path
    wait: 1s
    expect: [{ flow: web, egress: near, lost: 0 }]
  - name: it is withdrawn, three messages' seconds after the first
    wait: 2500ms
    expect: [{ flow: web, egress: [near, far], lost: 0 }]
  - name: what is left
    wait: 1s
    expect: [{ flow: web, egress: far, lost: 0, path: [A, B] }]
  - name: never announced
    probe: { from: a, to: 192.0.2.77, plane: real }
    expect: [unreachable]
  - commit: {}
    expect: [committed, { lost: 0, mixed: 0 }]
  - name: sessions have lived on
    wait: 200s
    expect: [{ flow: web, egress: far, lost: 0 }]
`;

describe('external peers', () => {
  const tmp = temporaryFolder();

  it('announce a table and then what changes, to both planes, in sessions that outlive a commit', async () => {
    const folder = join(tmp, 'peers');
    mkdirSync(folder);
    const write = (name: string, content: Uint8Array | string): void =>
      writeFileSync(join(folder, name), content);
    write('near.mrt', table(['203.0.113.0/24', 64500, 7], ['203.0.114.0/24', 64500]));
    write('far.mrt', table(['203.0.113.0/24', 64500, 7]));
    write(
      'changes.mrt',
      Buffer.concat([
        message(1_400_000_000, {
          attributes: attributes(64500, 8),
          announced: [{ prefix: prefix('203.0.115.0/24') }],
        }),
        message(1_400_000_003, { withdrawn: [{ prefix: prefix('203.0.113.0/24') }] }),
      ]),
    );
    write('experiment.yaml', EXPERIMENT);
    const { code, stdout } = await shadowlab(['run', join(folder, 'experiment.yaml'), '--results', tmp]);
    expect(code, stdout).to.equal(0);
    const run = new RunFolder(tmp, 'peers');
    const peers = run.facts().filter((fact) => fact.fact === 'peer');
    const last = (name: string) => peers.findLast(({ peer }) => peer === name)?.sessions;
    const session = {
      state: 'established',
      announced: 2,
      changes: 2,
      received: 1,
      lastPath: [65000, 64501, 64500, 7],
    };
    expect(last('near')).to.deep.equal([
      { router: '198.51.100.1', plane: 'real', ...session },
      { router: '198.51.100.1', plane: 'shadow', ...session },
    ]);
    expect(last('far')?.map(({ announced, received }) => [announced, received])).to.deep.equal([
      [1, 2],
      [1, 2],
    ]);
    expect(run.read('report.html')).to.contain('Where traffic left the network');
  });

  it('Abilene with three of them passes, the same byte for byte under one seed', async () => {
    const args = ['run', 'experiments/abilene-bgp.yaml', '--results'];
    const [first, second] = await Promise.all([
      shadowlab([...args, join(tmp, 'first')]),
      shadowlab([...args, join(tmp, 'second')]),
    ]);
    expect(first.code, first.stdout).to.equal(0);
    expect(second.code).to.equal(0);
    const [one, other] = ['first', 'second'].map((name) => new RunFolder(join(tmp, name), 'abilene-bgp'));
    expect(one.read('events.jsonl') === other.read('events.jsonl')).to.equal(true);
    const exits = one.result().steps[6].exits ?? [];
    expect(exits.find(({ flow, plane }) => flow === 'university' && plane === 'real')?.by).to.deep.equal([
      { exit: 'peer-houston', packets: 0 },
      { exit: 'peer-newyork', packets: 250 },
      { exit: 'peer-seattle', packets: 0 },
    ]);
  });
});
