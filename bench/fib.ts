/**
 * The forwarding table at the size of the Internet's, beside the binary trie that it is tested against: building,
 * lookups, changes, memory, and what a second plane adds. Times are processor times of this thread, as the goals
 * are for one core and others may be at work. docs/fib.md says what the figures mean.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { maskOf, type Prefix, parsePrefix } from '../src/net/address.ts';
import { type Fib, makeFib, NONE } from '../src/routerd/fib/fib.ts';
import type { Slot } from '../src/routerd/forwarding/contract.ts';
import { type Random, seededRandom } from '../src/world/random.ts';
import { BinaryTrie } from '../test/routerd/fib/binary-trie.ts';
import { type Figure, median } from './figure.ts';

const JINX_TABLE = '../shared/data/bgp/jinx-20140530-2200-ipv4.prefix-nexthop-aspath.txt.gz';
const CAPTURE = '../shared/data/pcap/sanitized4k.pcap';
const GROUPS = 64;
const ADDRESSES = 1 << 20;
const PASSES = 4;
const TURNS = 40;
const CHANGES = 200_000;

type Table = Pick<Fib, 'set' | 'lookup'>;

/** Of a table whose next hops are drawn from 64 groups. */
export function fullTable(prefixes: readonly Prefix[], rounds: number): readonly Figure[] {
  const random = seededRandom(1, 'full table');
  const groups = Uint32Array.from(prefixes, () => anyGroup(random));
  const anywhere = Uint32Array.from({ length: ADDRESSES }, () => below(random, 2 ** 32));
  const routed = Uint32Array.from({ length: ADDRESSES }, () =>
    within(prefixes[below(random, prefixes.length)], random),
  );
  const popular = zipf(prefixes, random);

  const fill = (table: Table, slot: Slot): void => {
    for (let at = 0; at < prefixes.length; at++) table.set(prefixes[at], slot, groups[at]);
  };
  const builds: number[] = [];
  let fib = makeFib();
  for (let round = 0; round < rounds; round++) {
    fib = makeFib();
    builds.push(seconds(() => fill(fib, 0)));
  }
  const addresses = [
    { name: 'lookups, any address', asked: anywhere, goal: { atLeast: 20e6 } },
    { name: 'lookups, in any prefix alike', asked: routed },
    { name: 'lookups, in popular prefixes (Zipf)', asked: popular, goal: { atLeast: 40e6 } },
    { name: "lookups, destinations of an ISP's packets", asked: destinations(), goal: { atLeast: 40e6 } },
  ];
  const measure = (table: Table): readonly Figure[] => [
    ...addresses.flatMap(({ name, asked, goal }): readonly Figure[] => {
      if (asked === undefined) return [];
      const rates = Array.from({ length: rounds }, () => lookupRate(table, asked));
      return [{ name, value: median(rates), unit: '/s', ...(goal && { goal }) }];
    }),
    { name: 'changes of next hop', value: changeRate(table), unit: '/s', goal: { atLeast: 200_000 } },
    { name: 'withdrawals and inserts', value: flapRate(table), unit: '/s', goal: { atLeast: 200_000 } },
  ];
  const changeRate = (table: Table): number => {
    const took = seconds(() => {
      for (let at = 0; at < CHANGES; at++) {
        table.set(prefixes[below(random, prefixes.length)], 0, anyGroup(random));
      }
    });
    return CHANGES / took;
  };
  const flapRate = (table: Table): number => {
    const took = seconds(() => {
      for (let at = 0; at < CHANGES / 2; at++) {
        const which = below(random, prefixes.length);
        table.set(prefixes[which], 0, NONE);
        table.set(prefixes[which], 0, groups[which]);
      }
    });
    return CHANGES / took;
  };

  const one = fib.memory;
  const figures: Figure[] = [
    { name: 'prefixes', value: fib.prefixes, unit: '' },
    { name: 'build, one plane', value: median(builds), unit: 's', goal: { atMost: 2 } },
    ...measure(fib),
    { name: 'the loop alone, without its lookups', value: loopRate(popular), unit: '/s' },
  ];
  for (const perSecond of [100, 10_000]) {
    const kept = rateKept(fib, popular, prefixes, perSecond, random);
    figures.push({
      name: `lookup rate kept at ${perSecond} changes/s`,
      value: kept,
      unit: 'x',
      goal: { atLeast: 0.98 },
    });
  }
  figures.push(
    {
      name: 'bytes a prefix, looked up in',
      value: one.lookupBytes / prefixes.length,
      unit: '',
      goal: { atMost: 8 },
    },
    { name: 'bytes a prefix, for changes only', value: one.changeBytes / prefixes.length, unit: '' },
  );
  // Only now: code that has seen two kinds of table is slower with each.
  const binary = new BinaryTrie();
  figures.push(
    { name: 'binary trie: build', value: seconds(() => fill(binary, 0)), unit: 's' },
    ...measure(binary).map(({ name, value, unit }) => ({ name: `binary trie: ${name}`, value, unit })),
    { name: 'binary trie: bytes a prefix', value: binary.byteLength / prefixes.length, unit: '' },
  );
  return [...figures, ...shadows(prefixes, groups, random)];
}

export interface Routes {
  readonly prefixes: readonly Prefix[];
  /** Next-hop group of each prefix, from 1. */
  readonly groups: Uint32Array;
  readonly nextHops: number;
}

/** One table of 2014 with its real next hops; undefined where the file is not there. */
export function jinxRoutes(): Routes | undefined {
  if (!existsSync(JINX_TABLE)) return undefined;
  const numbers = new Map<string, number>();
  const routes = new Map<string, { readonly prefix: Prefix; readonly group: number }>();
  for (const line of gunzipSync(readFileSync(JINX_TABLE)).toString('latin1').split('\n')) {
    const [text, nextHop] = line.split('\t');
    const prefix = parsePrefix(text);
    if (prefix === undefined || routes.has(text)) continue;
    const group = numbers.get(nextHop) ?? numbers.size + 1;
    numbers.set(nextHop, group);
    routes.set(text, { prefix, group });
  }
  const prefixes = [...routes.values()].map(({ prefix }) => prefix);
  const groups = Uint32Array.from(routes.values(), ({ group }) => group);
  return { prefixes, groups, nextHops: numbers.size };
}

/** The shadow has the same next hops, or gives every route another one. */
export function jinxTable(): readonly Figure[] | undefined {
  const routes = jinxRoutes();
  if (routes === undefined) return undefined;
  const { prefixes, groups } = routes;
  const fib = makeFib();
  for (let at = 0; at < prefixes.length; at++) fib.set(prefixes[at], 0, groups[at]);
  return [
    { name: 'prefixes', value: fib.prefixes, unit: '' },
    { name: 'next hops', value: routes.nextHops, unit: '' },
    {
      name: 'bytes a prefix, looked up in',
      value: fib.memory.lookupBytes / fib.prefixes,
      unit: '',
      goal: { atMost: 8 },
    },
    ...shadows(prefixes, groups, seededRandom(1, 'jinx')),
  ];
}

/**
 * Memory in use with a shadow, in terms of what one plane uses. Each is a table of its own, so that none inherits.
 * Reserves do not count: they depend on when a table last grew, which is more than the differences looked for.
 */
function shadows(prefixes: readonly Prefix[], groups: Uint32Array, random: Random): readonly Figure[] {
  const bytesWith = (shadowOf: (at: number) => number): number => {
    const fib = makeFib();
    for (let at = 0; at < prefixes.length; at++) fib.set(prefixes[at], 0, groups[at]);
    for (let at = 0; at < prefixes.length; at++) fib.set(prefixes[at], 1, shadowOf(at));
    return fib.memory.lookupBytes - fib.memory.idleBytes;
  };
  const one = bytesWith(() => NONE);
  const other = (at: number): number => ((groups[at] + below(random, GROUPS - 1)) % GROUPS) + 1;
  return [
    {
      name: 'both planes, a shadow that agrees',
      value: bytesWith((at) => groups[at]) / one,
      unit: 'x',
      goal: { atMost: 1.001 },
    },
    {
      name: 'both planes, 1 % of the routes differ',
      value: bytesWith((at) => (random.next() < 0.01 ? other(at) : groups[at])) / one,
      unit: 'x',
      goal: { atMost: 1.03 },
    },
    {
      name: 'both planes, every next hop another, one for one',
      value: bytesWith((at) => GROUPS + groups[at]) / one,
      unit: 'x',
    },
    {
      name: 'both planes, no next hop shared, drawn at random',
      value: bytesWith((at) => GROUPS + other(at)) / one,
      unit: 'x',
      goal: { atMost: 1.6 },
    },
  ];
}

function lookupRate(table: Table, addresses: Uint32Array): number {
  const took = seconds(() => {
    for (let pass = 0; pass < PASSES; pass++) lookUp(table, addresses, 0, addresses.length);
  });
  return (PASSES * addresses.length) / took;
}

/** What the measuring itself takes: the same loop over the same addresses. */
function loopRate(addresses: Uint32Array): number {
  const took = seconds(() => {
    for (let pass = 0; pass < 8 * PASSES; pass++) add(addresses);
  });
  return (8 * PASSES * addresses.length) / took;
}

function add(addresses: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < addresses.length; at++) sum = (sum + addresses[at]) | 0;
  return sum;
}

/** Returns a sum, so that no lookup is left out. */
function lookUp(table: Table, addresses: Uint32Array, first: number, end: number): number {
  let sum = 0;
  for (let at = first; at < end; at++) sum = (sum + table.lookup(addresses[at], 0)) | 0;
  return sum;
}

/**
 * Lookups with changes among them, as many to each as the rates say, against lookups alone just before and after; the
 * median of many such turns, as others on the machine come and go. What is to change is drawn beforehand.
 */
function rateKept(
  fib: Fib,
  addresses: Uint32Array,
  prefixes: readonly Prefix[],
  changesPerSecond: number,
  random: Random,
): number {
  const between = Math.round(lookupRate(fib, addresses) / changesPerSecond);
  const changes = Array.from({ length: 1 + Math.ceil((PASSES * addresses.length) / between) }, () => ({
    prefix: { ...prefixes[below(random, prefixes.length)] },
    group: 0,
  }));
  // One loop for both, so that both run the same machine code.
  const turn = (changing: number): number =>
    seconds(() => {
      let done = 0;
      for (let pass = 0; pass < PASSES; pass++) {
        for (let first = 0; first < addresses.length; first += between) {
          for (let change = 0; change < changing; change++) {
            const { prefix, group } = changes[done++ % changes.length];
            fib.set(prefix, 0, group);
          }
          lookUp(fib, addresses, first, Math.min(first + between, addresses.length));
        }
      }
    });
  const turns = Array.from({ length: TURNS }, () => {
    for (const change of changes) change.group = anyGroup(random);
    const before = turn(0);
    const among = turn(1);
    const after = turn(0);
    return (before + after) / 2 / among;
  });
  return median(turns);
}

/** Where the packets of an ISP go, in their order, over and over; undefined where the capture is absent. */
export function destinations(): Uint32Array | undefined {
  if (!existsSync(CAPTURE)) return undefined;
  const bytes = readFileSync(CAPTURE);
  const found: number[] = [];
  // A pcap file: 24 bytes, then packets, each with 16 bytes before it; in it Ethernet, then IPv4.
  for (let at = 24; at + 50 <= bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    if (bytes.readUInt16BE(at + 28) === 0x0800) found.push(bytes.readUInt32BE(at + 46));
  }
  return Uint32Array.from({ length: ADDRESSES }, (_, at) => found[at % found.length]);
}

/** Addresses in prefixes chosen by Zipf's law (the n-th most popular as often as 1/n), popularity drawn at random. */
export function zipf(prefixes: readonly Prefix[], random: Random): Uint32Array {
  const places = Uint32Array.from(prefixes, (_, at) => at);
  for (let at = places.length - 1; at > 0; at--) {
    const other = below(random, at + 1);
    [places[at], places[other]] = [places[other], places[at]];
  }
  // The inverse of the distribution's integral: n = N^u.
  return Uint32Array.from({ length: ADDRESSES }, () =>
    within(prefixes[places[Math.floor(prefixes.length ** random.next()) - 1]], random),
  );
}

function within({ address, length }: Prefix, random: Random): number {
  return (address | (below(random, 2 ** 32) & ~maskOf(length))) >>> 0;
}

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const anyGroup = (random: Random): number => 1 + below(random, GROUPS);

function seconds(work: () => void): number {
  const from = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1e6;
}
