/** Hosts' own programs through router daemons, in both planes: pings, iperf3, a server in the background and its client. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { docker } from '../../src/runner/backends/docker/docker.ts';
import { netns } from '../../src/runner/backends/netns/netns.ts';
import { buildImage } from '../../src/runner/image/image.ts';
import type { Backend } from '../../src/runner/lab.ts';
import { version } from '../../src/runner/version.ts';
import { type Ran, runText } from '../support/run.ts';
import { TestEngine } from './engine.ts';
import { obstacle } from './packet-lab.ts';

/** Of the engine that is made here. */
const IMAGE = 'shadowlab';

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Answers with the address of who asks. */
const SERVER = `require('node:http')
  .createServer((request, response) => response.end(JSON.stringify({ from: [request.socket.remoteAddress] })))
  .listen(8000)`;

const ASK = `const ask = () =>
  fetch("http://" + process.argv[1] + ":8000", { signal: AbortSignal.timeout(20_000) })
    .then((response) => response.text())
    .then(console.log)`;
const CLIENT = `${ASK}; ask()`;
/** A server in the background may begin to listen later than this begins to ask. */
const FIRST_CLIENT = `${ASK}.catch(() => setTimeout(ask, 100)); ask()`;

/** Asks with the code point of the shadow plane. */
const SHADOW_CLIENT = `import socket, sys
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 47 << 2)
s.settimeout(20)
s.connect((sys.argv[1], 8000))
s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
print(s.makefile().read())`;

/** Steps as in the file; JSON is YAML. */
const network = (steps: readonly object[]): string => `
name: programs
topology:
  nodes: { A: , B: }
  hosts: { web: { router: A }, client: { router: B } }
  links: [{ endpoints: [A, B], delay: 5ms, rate: 20Mbps }]
  ospf: { hello: 1s, dead: 8s }
traffic:
  - { name: meanwhile, from: client, to: web, rate: 100kbps, mirror: shadow }
steps: ${JSON.stringify([{ converge: { within: '600s' } }, ...steps])}
`;

const runOn = (backend: Backend, steps: readonly object[]): Promise<Ran> =>
  runText(network(steps), { backend, id: randomBytes(4).toString('hex') });
const runReal = (...steps: readonly object[]): Promise<Ran> => runOn(netns, steps);

const ends = { from: 'client', to: 'web' };
const inReal = { ...ends, plane: 'real' };
/** An answer that is late on a busy machine is one. */
const patient = (ping: object): object => ({ ...ping, within: '20s' });

describe("hosts' own programs on router daemons", () => {
  before(function () {
    const why =
      obstacle() ?? ['ping', 'python3', 'iperf3'].filter((name) => !has(name)).map((name) => `no ${name}`)[0];
    if (why === undefined) return;
    console.log(`    skipped: ${why}`);
    this.skip();
  });

  it('ping, and talk to a server in the background, in each plane by itself', async () => {
    const asked = { stdout: { matches: '"from"' } };
    const inShadow = {
      exec: { on: 'client', run: ['python3', '-c', SHADOW_CLIENT, '{web}'] },
      expect: asked,
    };
    const { result, verdicts } = await runReal(
      { exec: { on: 'web', run: [process.execPath, '-e', SERVER], background: true } },
      { exec: { on: 'client', run: [process.execPath, '-e', FIRST_CLIENT, '{web}'] }, expect: asked },
      inShadow,
      { ping: patient(inReal), expect: [{ lost: 0, rtt: '>10ms' }, 'reachable'] },
      { ping: patient(ends), expect: [{ lost: 0, rtt: '>10ms' }, 'reachable'] },
      { fail: { link: ['A', 'B'], plane: 'real' }, ping: inReal, expect: 'unreachable' },
      { ping: patient(ends), expect: { lost: 0 } },
      inShadow,
      { exec: { on: 'client', run: [process.execPath, '-e', CLIENT, '{web}'] }, expect: { exit: '>0' } },
      { restore: 'all', ping: inReal, expect: 'reachable within 60s' },
    );
    expect(result.verdict, verdicts.join('\n')).to.equal('pass');
    expect(result.steps[1].command).to.include({ background: true, end: 'stopped' });
    expect(result.steps[6].ping).to.include({ sent: 10, answered: 0 });
  });

  it('measure throughput by iperf3: what is received, and nothing where the plane is cut', async () => {
    // Longer than a busy machine has a program wait.
    const udp = { protocol: 'udp', rate: '2Mbps', for: '5s' };
    const { result, verdicts } = await runReal(
      { iperf: { ...inReal, for: '5s' }, expect: { throughput: '>=1Mbps' } },
      { iperf: { ...inReal, ...udp }, expect: { throughput: '>=1Mbps', lost: '<250' } },
      { iperf: { ...ends, ...udp }, expect: { throughput: '>=1Mbps', lost: '<250' } },
      { iperf: { ...ends, for: '5s', reverse: true, parallel: 2 }, expect: { throughput: '>=1Mbps' } },
      {
        fail: { link: ['A', 'B'] },
        iperf: { ...ends, ...udp },
        expect: [{ throughput: '<1kbps' }, { lost: '>100' }],
      },
      { iperf: { ...ends, for: '1s' }, expect: [{ throughput: '<1kbps' }] },
    );
    expect(result.verdict, verdicts.join('\n')).to.equal('pass');
    expect(result.steps[3].iperf).to.include({ plane: 'shadow', protocol: 'udp' });
  });

  it('say that nothing was measured where the two ends do not find one another', async () => {
    const { verdicts, result } = await runReal(
      { fail: { link: ['A', 'B'], plane: 'real' } },
      { iperf: { ...inReal, for: '1s' }, expect: [{ throughput: '>=4Mbps' }, { throughput: '<4Mbps' }] },
    );
    expect(verdicts[0]).to.match(/^3\.1 fail: nothing was measured: iperf3: .*unable to connect/);
    expect(verdicts[1]).to.match(/^3\.2 error: nothing was measured: iperf3: .*unable to connect/);
    expect(result.ended).to.equal(undefined);
  });
});

describe("hosts' own programs in containers", () => {
  let engine: TestEngine | undefined;

  before(async function () {
    const why =
      obstacle() ??
      TestEngine.obstacle() ??
      ['ping', 'iperf3'].filter((name) => !has(name)).map((name) => `no ${name}`)[0];
    if (why !== undefined) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    engine = await TestEngine.start();
    process.env.DOCKER_HOST = engine.host;
    await buildImage(engine.client, { name: IMAGE, version, programs: [] });
  });
  after(async () => {
    delete process.env.DOCKER_HOST;
    await engine?.stop();
  });

  it('are those of the image, and do the same', async () => {
    const { result, verdicts } = await runOn(docker({ image: IMAGE }), [
      { exec: { on: 'web', run: ['node', '-e', SERVER], background: true } },
      {
        exec: { on: 'client', run: 'curl -sf --retry 5 --retry-connrefused http://{web}:8000' },
        expect: { json: { at: 'from[0]', matches: '10[.]0[.]1[.]2$' } },
      },
      { ping: patient(inReal), expect: [{ lost: 0, rtt: '>10ms' }] },
      { ping: patient(ends), expect: [{ lost: 0, rtt: '>10ms' }] },
      { iperf: { ...ends, for: '5s' }, expect: { throughput: '>=1Mbps' } },
      { fail: { link: ['A', 'B'] }, ping: ends, expect: 'unreachable' },
      { exec: { on: 'client', run: ['no-such-program'] }, expect: { exit: '>0' } },
    ]);
    const last = verdicts.at(-1);
    expect(verdicts.slice(0, -1).filter((line) => !/^[0-9.]+ pass/.test(line))).to.deep.equal([]);
    expect(last).to.match(/error: exit 127, no such program on client/);
    expect(result.steps[1].command).to.include({ background: true, end: 'stopped' });
  });
});
