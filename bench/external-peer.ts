/**
 * A full table of the Internet from an external peer into a whole router: BGP over TCP over a link, frame by frame;
 * import, decision, RIB and FIB; in one plane, or in both at once. Memory is that of the process: the router, the
 * peer with its copy of the table, and what reading the file has left.
 */
import { existsSync } from 'node:fs';
import { ExternalPeer } from '../src/peers/external-peer.ts';
import { TableReader } from '../src/peers/mrt-table.ts';
import { prefixOfKey, RouteTable } from '../src/peers/route-table.ts';
import { joinMemoryLink } from '../src/routerd/ports/memory.ts';
import { LsaPool } from '../src/routerd/protocols/ospf/pool.ts';
import { keyOf } from '../src/routerd/rib/prefix-map.ts';
import { Router } from '../src/routerd/router.ts';
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { readMrtFile } from '../src/runner/mrt-file.ts';
import { Host } from '../src/traffic/host.ts';
import { MILLISECOND, SECOND } from '../src/world/clock.ts';
import { seededRandom } from '../src/world/random.ts';
import type { World } from '../src/world/world.ts';
import type { Figure } from './figure.ts';

const TABLE = '../shared/data/bgp/jinx.ribs.1401487200.bz2';
const ROUTES = 500_000;
const PEER = { as: 30844, address: 0xc6336402 };
const ROUTER = 0xc6336401;
/** No AS of any path in the table: those are refused. */
const AS = 65551;
const LINK = { rateBps: 10e9, delayNs: MILLISECOND / 10, jitterNs: 0, loss: 0, queueBytes: 4e6, mtu: 1500 };
const CONFIG = `
interface eth0
 ip address 198.51.100.1/30
router bgp ${AS}
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 neighbor 198.51.100.2 remote-as ${PEER.as}
`;
const LIMIT_NS = 600 * SECOND;

/** Undefined where the table is not at hand. */
export function externalPeer(planes: 1 | 2): readonly Figure[] | undefined {
  if (!existsSync(TABLE)) return undefined;
  const table = readTable();
  const clock = new VirtualClock();
  const world: World = { clock, random: seededRandom(1), log: () => {} };
  const [near, far] = joinMemoryLink(clock, world.random, LINK, [
    { name: 'eth0', mac: 0x020000000001 },
    { name: 'eth0', mac: 0x020000000002 },
  ]);
  const subnet = { prefixLength: 30, gateway: ROUTER };
  const host = new Host(world, 'peer', far, { address: PEER.address, ...subnet, isInternet: true });
  const peer = new ExternalPeer(world, host, { as: PEER.as, table, changes: [] });
  const port = { port: near, edge: true, hostsOnly: true };
  const router = new Router(world, 'r', [port], { fibUpdateNs: 0, lsaPool: new LsaPool() });

  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const chosen = planes === 1 ? (['real'] as const) : (['real', 'shadow'] as const);
  for (const plane of chosen) {
    const answer = router.manage({ op: 'load', plane, config: CONFIG, tag: plane === 'real' ? 1 : 2 });
    if (!answer.ok) throw new Error(JSON.stringify(answer));
  }
  const isDone = (): boolean => {
    const status = router.manage({ op: 'status' });
    if (!status.ok || status.op !== 'status') throw new Error(JSON.stringify(status));
    return (
      peer.settled &&
      peer.status().length === planes &&
      chosen.every((plane) => status[plane].settled && status[plane].quietNs > 50 * MILLISECOND)
    );
  };
  do {
    clock.runUntil(clock.now() + 10 * MILLISECOND);
  } while (!isDone() && clock.now() < LIMIT_NS);
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const peakBytes = process.resourceUsage().maxRSS * 1024;

  for (const plane of chosen) {
    const fib = router.manage({ op: 'fib', plane });
    const routes = fib.ok && fib.op === 'fib' ? fib.entries.length - 2 : 0;
    if (routes !== table.prefixes)
      throw new Error(`${routes} of ${table.prefixes} routes are in the ${plane} FIB`);
  }
  router.stop();
  const factor = planes === 1 ? 1 : 1.6;
  return [
    { name: 'routes in RIB and FIB of each plane', value: table.prefixes, unit: '' },
    { name: 'wall clock', value: seconds, unit: 's', goal: { atMost: 15 * factor } },
    { name: 'processor time', value: (cpu.user + cpu.system) / 1e6, unit: 's' },
    {
      name: 'peak memory, the peer in it',
      value: peakBytes / 1e6,
      unit: 'MB',
      goal: { atMost: 600 * factor },
    },
    { name: 'virtual time', value: clock.now() / SECOND, unit: 's' },
  ];
}

/** The full feed at JINX, with as many halves of its prefixes as make it ROUTES. */
function readTable(): RouteTable {
  const reader = new TableReader({ feed: { as: PEER.as } }, PEER);
  const failure = readMrtFile(TABLE, (record) => reader.take(record)) ?? reader.finish();
  if ('wrong' in failure) throw new Error(failure.wrong);
  const taken = new Set(failure.groups.flatMap(({ prefixes }) => prefixes));
  let missing = ROUTES - failure.prefixes;
  const groups = failure.groups.map(({ attributes, prefixes }) => {
    const halves = prefixes.flatMap((key) => {
      const { address, length } = prefixOfKey(key);
      const half = keyOf({ address, length: length + 1 });
      if (missing <= 0 || length >= 24 || length < 8 || taken.has(half)) return [];
      missing--;
      return [half];
    });
    return { attributes, prefixes: [...prefixes, ...halves] };
  });
  return new RouteTable(groups);
}
