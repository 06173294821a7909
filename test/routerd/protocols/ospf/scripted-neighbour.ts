/**
 * A neighbour that says exactly what a test tells it to, to one real instance at the other end of a
 * point-to-point link (or as one more router on a broadcast network). It keeps what it hears.
 */
import type { Ipv4 } from '../../../../src/net/address.ts';
import {
  type OspfInterfaceInput,
  type OspfSettings,
  PLAIN_SETTINGS,
} from '../../../../src/routerd/protocols/ospf/contract.ts';
import { makeOspf } from '../../../../src/routerd/protocols/ospf/instance.ts';
import { encodeLsa, type LsaHeader, type RouterLink } from '../../../../src/routerd/protocols/ospf/lsa.ts';
import {
  type AgedLsa,
  type DatabaseDescription,
  decodePacket,
  encodeAcknowledgement,
  encodeDatabaseDescription,
  encodeHello,
  encodeRequest,
  encodeUpdate,
  type Hello,
  type Packet,
} from '../../../../src/routerd/protocols/ospf/packet.ts';
import { VirtualClock } from '../../../../src/runner/backends/embedded/virtual-clock.ts';
import { SECOND } from '../../../../src/world/clock.ts';
import { seededRandom } from '../../../../src/world/random.ts';
import { anInterface } from './network.ts';

export interface Heard {
  readonly timeNs: number;
  readonly interface: string;
  readonly destination: Ipv4;
  readonly bytes: Uint8Array;
  readonly packet: Packet;
}

export const OUR_ID = 0x0a000001;
export const OUR_ADDRESS = 0xac100001;
export const PEER_ID = 0x0a000002;
export const PEER_ADDRESS = 0xac100002;

/** An instance with `lo` and `eth0`, 172.16.0.1/24, alone with scripted neighbours. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly heard: Heard[] = [];
  readonly log: string[] = [];
  readonly instance = makeOspf(
    {
      clock: this.clock,
      random: seededRandom(1),
      log: (level, text) => {
        if (level !== 'debug') this.log.push(`${level}: ${text}`);
      },
    },
    {
      send: (interfaceName, destination, bytes) => {
        const packet = decodePacket(bytes);
        if (typeof packet === 'string') throw new Error(`the instance sent a packet with wrong ${packet}`);
        this.heard.push({ timeNs: this.clock.now(), interface: interfaceName, destination, bytes, packet });
      },
      routes: () => {},
    },
  );
  settings: OspfSettings;

  constructor(change: Partial<OspfInterfaceInput> = {}) {
    this.settings = {
      ...PLAIN_SETTINGS,
      routerId: OUR_ID,
      maximumPaths: 8,
      interfaces: [
        anInterface('lo', OUR_ID, 32, 'loopback', 1),
        { ...anInterface('eth0', OUR_ADDRESS, 24, 'point-to-point', 10), ...change },
      ],
    };
    this.instance.handle({ type: 'configure', settings: this.settings });
  }

  runFor(seconds: number): void {
    this.clock.runUntil(this.clock.now() + seconds * SECOND);
  }

  deliver(bytes: Uint8Array, source = PEER_ADDRESS, destination = 0xe0000005): void {
    this.instance.handle({ type: 'packet', interface: 'eth0', source, destination, bytes });
  }

  /** Packets of one type heard since the last call of this for any type. */
  take<Type extends Packet['type']>(type: Type): (Heard & { packet: Extract<Packet, { type: Type }> })[] {
    const taken = this.heard.splice(0);
    return taken.filter(
      (heard): heard is Heard & { packet: Extract<Packet, { type: Type }> } => heard.packet.type === type,
    );
  }

  /** LSAs in the updates heard since the last `take`. */
  takeLsas(): LsaHeader[] {
    return this.take('update').flatMap(({ packet }) => packet.lsas.map(({ header }) => header));
  }

  get state(): string {
    return this.instance.neighbours()[0]?.state ?? 'Down';
  }
}

export class ScriptedNeighbour {
  readonly bench: Bench;
  readonly routerId: Ipv4;
  readonly address: Ipv4;
  readonly areaId: number = 0;
  sequence = 1000;
  mtu = 1500;

  constructor(bench: Bench, routerId = PEER_ID, address = PEER_ADDRESS) {
    this.bench = bench;
    this.routerId = routerId;
    this.address = address;
  }

  say(bytes: Uint8Array, destination?: Ipv4): void {
    this.bench.deliver(bytes, this.address, destination);
  }

  hello(change: Partial<Hello> = {}): void {
    const hello: Hello = {
      mask: 0xffffff00,
      helloIntervalS: 10,
      options: 2,
      priority: 1,
      deadIntervalS: 40,
      designatedRouter: 0,
      backup: 0,
      neighbours: [OUR_ID],
      ...change,
    };
    this.say(encodeHello(this, hello));
  }

  describe(change: Partial<DatabaseDescription> = {}, lsas: readonly AgedLsa[] = []): void {
    const { sequence, mtu } = this;
    const description = {
      mtu,
      options: 2,
      initial: false,
      more: false,
      master: true,
      sequence,
      ...change,
    };
    this.say(encodeDatabaseDescription(this, description, lsas));
  }

  update(...lsas: readonly AgedLsa[]): void {
    // The encoder adds InfTransDelay as a router would; scripts give the age that arrives.
    this.say(
      encodeUpdate(
        this,
        lsas.map((lsa) => ({ ...lsa, age: lsa.age - 1 })),
      ),
    );
  }

  acknowledge(...lsas: readonly AgedLsa[]): void {
    this.say(encodeAcknowledgement(this, lsas));
  }

  request(...headers: readonly Pick<LsaHeader, 'type' | 'id' | 'advertisingRouter'>[]): void {
    this.say(encodeRequest(this, headers));
  }

  /** Goes through the exchange as master, describing `lsas`, until it has nothing more to say. */
  exchange(lsas: readonly AgedLsa[] = []): void {
    this.hello();
    this.describe({ initial: true, more: true });
    this.sequence++;
    this.describe({}, lsas);
  }
}

/** A router-LSA of `router` with the given links. */
export function routerLsa(
  router: Ipv4,
  {
    sequence = 1,
    age = 1,
    links = [],
  }: { sequence?: number; age?: number; links?: readonly RouterLink[] } = {},
): AgedLsa {
  const identity = { type: 1, id: router, advertisingRouter: router };
  const bytes = encodeLsa(identity, 2, sequence, { kind: 'router', flags: 0, links }) ?? new Uint8Array();
  return { bytes, at: 0, age };
}

/** An LSA as it was heard in an update, to be acknowledged. */
export function heardLsa({ bytes, packet }: Heard, index = 0): AgedLsa {
  if (packet.type !== 'update') throw new Error(`a packet of type ${packet.type} carries no LSA`);
  const { at, header } = packet.lsas[index];
  return { bytes, at, age: header.age };
}
