import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readSettings } from '../../../src/routerd/daemon/settings.ts';

const UDP = {
  name: 'to-b',
  driver: 'udp',
  mac: '02:00:00:00:00:01',
  local: '127.0.0.1:40001',
  peer: '127.0.0.1:40002',
};
const SOUND = {
  name: 'a',
  ports: [UDP, { name: 'eth1', driver: 'packet', edge: true, rateBps: 1e8, loss: 0.01 }],
  real: { tag: 1, config: 'hostname a\n' },
  shadow: { tag: 2, file: 'a.conf' },
  management: { socket: '/run/a.sock', tcp: { listen: '127.0.0.1:7000', tokenFile: '/run/token' } },
};

/** The sound one with one place of it replaced. */
function errorWith(change: Readonly<Record<string, unknown>>): string {
  try {
    readSettings({ ...SOUND, ...change }, 0);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('the start-up file', () => {
  it('is read with its defaults filled in', () => {
    const settings = readSettings(SOUND, 77);
    expect(settings).to.deep.include({
      name: 'a',
      seed: 1,
      epochNs: 77,
      fibUpdateNs: 0,
      interfaceLimitS: 60,
    });
    const still = { delayNs: 0, jitterNs: 0, loss: 0, bothWays: false };
    expect(settings.ports).to.deep.equal([
      {
        name: 'to-b',
        edge: false,
        hostsOnly: false,
        link: still,
        driver: 'udp',
        mac: 0x020000000001,
        mtu: 1500,
        local: { address: '127.0.0.1', port: 40001 },
        peer: { address: '127.0.0.1', port: 40002 },
      },
      {
        name: 'eth1',
        edge: true,
        hostsOnly: false,
        link: { ...still, rateBps: 1e8, loss: 0.01 },
        driver: 'packet',
        interface: 'eth1',
      },
    ]);
    expect(settings.real).to.deep.equal({ tag: 1, source: { text: 'hostname a\n' } });
    expect(settings.shadow).to.deep.equal({ tag: 2, source: { file: 'a.conf' } });
  });

  it('is refused with the place and what would be right', () => {
    const port = (change: object) => ({ ports: [{ ...UDP, ...change }] });
    const wrong: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ nmae: 1 }, 'nmae: unknown; known here: ports, '],
      [{ name: 7 }, 'name: is no text'],
      [{ seed: 1.5 }, 'seed: is no whole number from 0'],
      [{ ports: {} }, 'ports: is no list'],
      [{ ports: [UDP, UDP] }, 'ports: two are called "to-b"'],
      [port({ driver: 'tap' }), 'ports[0].driver: must be one of packet, udp'],
      [port({ mac: '02:00' }), 'ports[0].mac: must be a MAC address'],
      [port({ local: 'localhost:1' }), 'ports[0].local: must be an IPv4 address and port'],
      [port({ peer: '127.0.0.1:65536' }), 'ports[0].peer: must be'],
      [port({ interface: 'eth0' }), 'ports[0].interface: unknown'],
      [port({ loss: 2 }), 'ports[0].loss: is no number from 0 to 1'],
      [port({ bandwidth: { mode: 'partition' } }), 'ports[0].bandwidth.realShare: is missing'],
      [port({ bandwidth: { mode: 'fair', strict: true } }), 'ports[0].bandwidth.strict: unknown'],
      [{ real: { tag: 0, config: 'x' } }, 'real.tag: is no whole number from 1'],
      [{ real: { tag: 1 } }, 'real: needs either "config" or "file"'],
      [{ real: { tag: 1, config: 'x', file: 'y' } }, 'real: needs either'],
      [{ shadow: { tag: 1, config: 'x' } }, 'shadow.tag: is the real one as well'],
      [{ management: {} }, 'management.socket: is missing'],
      [{ management: undefined }, 'management: is missing'],
      [{ management: { socket: 'x'.repeat(108) } }, 'management.socket: is no text of 1 to 107'],
      [
        { management: { socket: '/x', tcp: { listen: '1.2.3.4:5' } } },
        'management.tcp.tokenFile: is missing',
      ],
    ];
    for (const [change, error] of wrong) expect(errorWith(change)).to.include(error);
    for (const nothing of [null, [], 'text', 7]) {
      expect(() => readSettings(nothing, 0)).to.throw('the file: is no object');
    }
  });

  it('is told everything that is wrong at once', () => {
    const places = errorWith({ name: '', seed: -1, ports: [{}] })
      .split('; ')
      .map((line) => line.split(':')[0]);
    expect(places).to.have.members(['name', 'seed', 'ports[0].name', 'ports[0].driver']);
  });
});
