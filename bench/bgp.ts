/**
 * A full table of the Internet through BGP's tables: UPDATEs as their bytes come from a neighbour, import, decision,
 * routing table, forwarding table; in one plane, or in both, each with a neighbour of its own. The session below and
 * the links are left out. Each is measured in a process of its own, for its memory.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Ipv4, parsePrefix } from '../src/net/address.ts';
import { makeFib } from '../src/routerd/fib/fib.ts';
import { SLOTS, type Slot } from '../src/routerd/forwarding/contract.ts';
import { AttributePool } from '../src/routerd/protocols/bgp/attribute-pool.ts';
import { noCounts } from '../src/routerd/protocols/bgp/connection.ts';
import type { Agreement, MakeSession, SessionEvents } from '../src/routerd/protocols/bgp/contract.ts';
import { BgpInstance } from '../src/routerd/protocols/bgp/instance.ts';
import { ownAttributes } from '../src/routerd/protocols/bgp/path.ts';
import type { BgpSettings } from '../src/routerd/protocols/bgp/settings.ts';
import { decodeUpdate, encodeUpdate } from '../src/routerd/protocols/bgp/update.ts';
import { Rib } from '../src/routerd/rib/rib.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { seededRandom } from '../src/world/random.ts';
import type { Figure } from './figure.ts';

const JINX_TABLE = '../shared/data/bgp/jinx-20140530-2200-ipv4.prefix-nexthop-aspath.txt.gz';
const FULL_FEED = '30844';
const PEER: Ipv4 = 0x0a000002;
const OWN: Ipv4 = 0x0a000001;
const PEER_AS = 30844;
const CONTEXT = { fourByteAs: true, external: true, families: ['ipv4' as const] };
const MEGABYTE = 2 ** 20;

/** The table of JINX's AS 30844; undefined where it is not at hand. */
export function bgpTable(planes: number): readonly Figure[] | undefined {
  if (!existsSync(JINX_TABLE)) return undefined;
  const messages = updatesOf(JINX_TABLE);
  const clock = new VirtualClock();
  const pool = new AttributePool();
  const fib = makeFib();
  const slots = SLOTS.slice(0, planes).map((slot) => new Plane(slot, clock, pool, fib));
  const began = process.hrtime.bigint();
  const processorBefore = process.threadCpuUsage();
  // As they come over two sessions at once.
  for (const [at, message] of messages.entries()) {
    for (const plane of slots) plane.take(message);
    if (at % 64 === 0) clock.runUntil(clock.now() + 4e6);
  }
  clock.runUntil(clock.now() + 60e9);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const { user, system } = process.threadCpuUsage(processorBefore);
  const resident = process.memoryUsage().rss;
  const routes = slots[0]?.routes ?? 0;
  if (slots.some((plane) => plane.routes !== routes || !plane.bgp.settled)) throw new Error('not settled');
  return [
    { name: 'routes in RIB and FIB', value: routes, unit: '' },
    { name: 'wall time', value: seconds, unit: 's', goal: { atMost: planes === 1 ? 15 : 24 } },
    { name: 'processor time of the thread', value: (user + system) / 1e6, unit: 's' },
    {
      name: 'resident, with the messages',
      value: resident / MEGABYTE,
      unit: 'MB',
      goal: { atMost: planes === 1 ? 600 : 960 },
    },
  ];
}

class Plane {
  readonly bgp: BgpInstance;
  routes = 0;
  readonly #pool: AttributePool;
  #events: SessionEvents | undefined;

  constructor(slot: Slot, clock: VirtualClock, pool: AttributePool, fib: ReturnType<typeof makeFib>) {
    this.#pool = pool;
    const rib = new Rib((prefix, nextHops) => {
      this.routes += nextHops === undefined ? -1 : 1;
      fib.set(prefix, slot, nextHops === undefined ? 0 : 1);
    });
    rib.set({
      prefix: { address: 0x0a000000, length: 24 },
      source: 'connected',
      distance: 0,
      metric: 0,
      nextHops: [{ kind: 'connected', port: 'p' }],
    });
    this.routes = 0;
    this.bgp = new BgpInstance(
      {
        world: { clock, random: seededRandom(1), log: () => {} },
        pool,
        makeSession: this.#session,
        lookup: (address, mustBeConnected) =>
          mustBeConnected ? rib.lookupOf('connected', address) : rib.lookup(address, 'bgp'),
        install: (prefix, offer) => {
          if (offer === undefined) rib.withdraw('bgp', prefix);
          else rib.offer(prefix, offer);
        },
      },
      SETTINGS,
    );
    this.#events?.established(AGREEMENT);
  }

  take(message: Uint8Array): void {
    const decoded = decodeUpdate(message, CONTEXT, this.#pool);
    if ('code' in decoded) throw new Error('an UPDATE of ours is not understood');
    for (const update of decoded.updates) this.#events?.update(update);
  }

  readonly #session: MakeSession = (_, __, events) => {
    this.#events = events;
    return {
      state: 'Established',
      agreement: AGREEMENT,
      reason: undefined,
      start: () => {},
      send: () => true,
      requestRefresh: () => {},
      close: () => {},
      counters: { ...noCounts(), established: 1 },
    };
  };
}

/** The full feed as UPDATEs, routes of equal attributes together, and End-of-RIB. */
function updatesOf(file: string): readonly Uint8Array[] {
  const byPath = new Map<string, string[]>();
  for (const line of gunzipSync(readFileSync(file)).toString('latin1').split('\n')) {
    const [prefix, , as, path] = line.split('\t');
    if (as !== FULL_FEED || path === undefined) continue;
    const list = byPath.get(path);
    if (list === undefined) byPath.set(path, [prefix]);
    else list.push(prefix);
  }
  const messages: Uint8Array[] = [];
  const send = (update: Parameters<typeof encodeUpdate>[0]): void => {
    messages.push(...encodeUpdate(update, { fourByteAs: true, maximum: 4096 }).messages);
  };
  for (const [path, prefixes] of byPath) {
    const numbers = path.split(' ').map(Number).filter(Number.isFinite);
    const announced = prefixes.flatMap((text) => parsePrefix(text) ?? []).map((prefix) => ({ prefix }));
    const attributes = {
      ...ownAttributes(0),
      asPath: [{ type: 'sequence' as const, numbers }],
      nextHop: PEER,
    };
    send({ family: 'ipv4', withdrawn: [], announced, attributes });
  }
  send({ family: 'ipv4', withdrawn: [], announced: [] });
  return messages;
}

const AGREEMENT: Agreement = {
  local: OWN,
  remoteAs: PEER_AS,
  remoteId: PEER,
  families: ['ipv4'],
  fourByteAs: true,
  routeRefresh: true,
  holdS: 180,
};

const FAMILY = {
  maximumPaths: 1,
  maximumPathsIbgp: 1,
  distance: { external: 20, internal: 200, local: 200 },
  aggregates: [],
};

const SETTINGS: BgpSettings = {
  as: 65000,
  routerId: OWN,
  clusterId: OWN,
  gracefulShutdown: false,
  ebgpRequiresPolicy: false,
  decision: {
    defaultLocalPreference: 100,
    alwaysCompareMed: false,
    deterministicMed: false,
    medMissingAsWorst: false,
    asPathIgnore: false,
    compareRouterId: false,
    multipathRelax: false,
  },
  families: { ipv4: FAMILY, vpnv4: FAMILY },
  neighbours: [
    {
      address: PEER,
      transport: { remote: PEER, ttl: 1 },
      session: {
        localAs: 65000,
        remoteAs: PEER_AS,
        routerId: OWN,
        families: ['ipv4'],
        holdS: 180,
        keepaliveS: 60,
        connectRetryS: 120,
        passive: false,
      },
      shutdown: false,
      mustBeConnected: true,
      matchesPeer: false,
      advertisementIntervalS: 0,
      ipv4: { importPolicy: '', exportPolicy: '' },
    },
  ],
  policy: { routeMap: (_, route) => route, prefixList: () => true, asPathList: () => true },
};
