import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ManagementServer } from '../../../src/routerd/daemon/management-server.ts';
import { joinMemoryLink } from '../../../src/routerd/ports/memory.ts';
import { LsaPool } from '../../../src/routerd/protocols/ospf/pool.ts';
import { Router } from '../../../src/routerd/router.ts';
import { managementClient } from '../../../src/runner/backends/daemons/management-client.ts';
import { VirtualClock } from '../../../src/runner/backends/embedded/virtual-clock.ts';
import { seededRandom } from '../../../src/world/random.ts';
import { LINK } from '../forwarding/network.ts';
import { freePorts, makeFolder, removeFolder } from './daemons.ts';

const TOKEN = 'a token of some length';

describe('a management server', () => {
  let folder: string;
  let path: string;
  let server: ManagementServer;
  const failures: unknown[] = [];

  beforeEach(async () => {
    folder = makeFolder();
    path = join(folder, 'r.sock');
    server = serverOf(router(), failures);
    await server.listenOnPath(path);
  });
  afterEach(async () => {
    await server.close();
    removeFolder(folder);
    expect(failures).to.deep.equal([]);
  });

  it('says hello, answers in the order of asking, and is for its owner alone', async () => {
    const peer = await Peer.at({ path });
    expect(await peer.next()).to.deep.include({ router: 'R', version: 1, authorization: 'none' });
    for (const [id, op] of ['status', 'nonsense', 'counters', 'diff'].entries())
      peer.send({ id, request: { op } });
    for (const id of [0, 1, 2, 3]) {
      const line = await peer.next();
      expect(line.id).to.equal(id);
      expect(line.answer.ok).to.equal(id !== 1);
    }
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    peer.close();
  });

  it('serves several clients at once, and goes on when some vanish in the middle', async () => {
    const peers = await Promise.all(Array.from({ length: 10 }, () => Peer.at({ path })));
    for (const peer of peers) peer.send({ id: 1, request: { op: 'status' } });
    for (const peer of peers.slice(0, 5)) peer.close();
    for (const peer of peers.slice(5)) {
      await peer.next();
      expect((await peer.next()).answer.ok).to.equal(true);
      peer.close();
    }
  });

  it('says what was wrong with what is no request, and hangs up', async () => {
    const wrong = [
      '',
      '{',
      '[]',
      'null',
      '{"id":1}',
      '{"request":{"op":"status"}}',
      '{"id":"1","request":{}}',
      '\u0000\u00ff',
    ];
    for (const text of wrong) {
      const peer = await Peer.at({ path });
      await peer.next();
      peer.sendText(`${text}\n{"id":1,"request":{"op":"status"}}\n`);
      expect((await peer.next()).error).to.include('a line must be');
      expect(await peer.next()).to.equal(undefined);
    }
  });

  it('does not read on from a client that does not read its answers', async () => {
    const served = router();
    const config = Array.from({ length: 4000 }, (_, n) => `ip route 10.${n >> 8}.${n & 255}.0/24 Null0`).join(
      '\n',
    );
    served.manage({ op: 'load', plane: 'real', tag: 1, config });
    let carriedOut = 0;
    const counting = new ManagementServer(
      {
        router: 'R',
        now: () => 0,
        manage: (request) => {
          carriedOut++;
          return served.manage(request);
        },
      },
      (error) => failures.push(error),
    );
    const other = join(folder, 'other.sock');
    await counting.listenOnPath(other);
    const deaf = connect(other);
    deaf.write(`${JSON.stringify({ id: 1, request: { op: 'config', plane: 'real' } })}\n`.repeat(500));
    const listening = await Peer.at({ path: other });
    await listening.next();
    for (let id = 0; id < 10; id++) {
      listening.send({ id, request: { op: 'status' } });
      expect((await listening.next()).id).to.equal(id);
    }
    expect(carriedOut).to.be.within(11, 30);
    deaf.destroy();
    listening.close();
    await counting.close();
  });

  it('answers on TCP only those who show the token', async () => {
    const [{ address, port }] = await freePorts(1);
    await server.listenOnTcp({ address, port }, TOKEN);
    const shown: readonly (readonly [unknown, boolean])[] = [
      [{ token: TOKEN }, true],
      [{ token: `${TOKEN}x` }, false],
      [{ token: 7 }, false],
      [{ id: 1, request: { op: 'status' } }, false],
      [{ token: 'x'.repeat(10_000) }, false],
    ];
    for (const [line, isRight] of shown) {
      const peer = await Peer.at({ host: address, port });
      expect((await peer.next()).authorization).to.equal('token');
      peer.send(line);
      peer.send({ id: 1, request: { op: 'status' } });
      const answer = await peer.next();
      if (isRight) expect(answer.answer.ok).to.equal(true);
      else expect(answer).to.have.all.keys('error');
      peer.close();
    }
  });

  it('replaces a socket that nobody listens on, and nothing else', async () => {
    const second = serverOf(router(), failures);
    expect(await rejection(second.listenOnPath(path))).to.include('another daemon listens');
    const file = join(folder, 'file');
    writeFileSync(file, 'precious');
    expect(await rejection(second.listenOnPath(file))).to.include('is no socket');
    mkdirSync(join(folder, 'folder'));
    expect(await rejection(second.listenOnPath(join(folder, 'folder')))).to.include('is no socket');
    expect(await rejection(second.listenOnPath(join(folder, 'none', 'r.sock')))).to.include(
      'there is no folder',
    );
  });

  it('is reached by a client that knows it by name, and by no other', async () => {
    const client = managementClient('R', { path });
    expect((await client.reached(180_000)).router).to.equal('R');
    const answers = await Promise.all(
      (['status', 'counters', 'diff'] as const).map(
        (op) => new Promise((resolve) => client.ask({ op }, (answer) => resolve(answer.ok && answer.op))),
      ),
    );
    expect(answers).to.deep.equal(['status', 'counters', 'diff']);
    client.close();

    const astray = managementClient('S', { path });
    expect(await rejection(astray.reached(180_000))).to.include('what answers there is router R');
    const answer = await new Promise((resolve) => astray.ask({ op: 'status' }, resolve));
    expect(answer).to.deep.include({ ok: false });
    const nobody = managementClient('R', { path: join(folder, 'nobody') });
    expect(await rejection(nobody.reached(50))).to.include('not reached within 0.05 s');
    nobody.close();
  });

  it('of another version is not spoken to', async () => {
    const hello = {
      protocol: 'shadowlab-management',
      version: 2,
      router: 'R',
      nowNs: 0,
      authorization: 'none',
    };
    const asked: string[] = [];
    const later = createServer((socket) => {
      socket.write(`${JSON.stringify(hello)}\n`);
      socket.on('data', (bytes) => asked.push(String(bytes)));
    });
    const other = join(folder, 'later.sock');
    await new Promise<void>((resolve) => later.listen(other, resolve));
    const client = managementClient('R', { path: other });
    const said = await rejection(client.reached(180_000));
    expect(said).to.include('it speaks version 2 of the management protocol, not 1');
    expect(asked).to.deep.equal([]);
    client.close();
    later.close();
  });

  it('is found again by a client after it was gone', async () => {
    const client = managementClient('R', { path });
    await client.reached(180_000);
    await server.close();
    server = serverOf(router(), failures);
    await server.listenOnPath(path);
    // What is asked on the connection that is broken, before that is known, is never answered.
    const isAnswered = new Promise((resolve) => {
      const asking = setInterval(() => {
        client.ask({ op: 'status' }, ({ ok }) => {
          clearInterval(asking);
          resolve(ok);
        });
      }, 20);
    });
    expect(await isAnswered).to.equal(true);
    client.close();
  });
});

function serverOf(served: Router, failures: unknown[]): ManagementServer {
  return new ManagementServer(
    { router: served.name, now: () => 0, manage: (request) => served.manage(request) },
    (error) => failures.push(error),
  );
}

function router(): Router {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const [port] = joinMemoryLink(clock, random, LINK, [
    { name: 'a', mac: 0x020000000001 },
    { name: 'b', mac: 0x020000000002 },
  ]);
  const settings = { fibUpdateNs: 0, lsaPool: new LsaPool() };
  return new Router({ clock, random, log: () => {} }, 'R', [{ port, edge: false }], settings);
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'nothing was wrong';
}

/** Somebody who writes to the socket by hand. */
class Peer {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async at(where: NetConnectOpts): Promise<Peer> {
    const socket = connect(where);
    socket.on('error', () => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return new Peer(socket);
  }

  send(line: unknown): void {
    this.sendText(`${JSON.stringify(line)}\n`);
  }

  sendText(text: string): void {
    this.#socket.write(text);
  }

  // What a test looks at is up to the test.
  // biome-ignore lint/suspicious/noExplicitAny: lines of any kind
  async next(): Promise<any> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : JSON.parse(value);
  }

  close(): void {
    this.#socket.destroy();
  }
}
