/**
 * A router with a table, in a process of its own: code that has seen two kinds of table is slower with each.
 * Started by `startRouter`; it says what each of the turns that it is asked for has measured.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Prefix } from '../../src/net/address.ts';
import { makeFib } from '../../src/routerd/fib/fib.ts';
import { seededRandom } from '../../src/world/random.ts';
import { destinations, zipf } from '../fib.ts';
import { prefixesToHold } from '../tables.ts';
import { BATCH, MeasuredRouter, undisturbedMean } from './measured-router.ts';
import { PlainFib } from './plain-fib.ts';

export interface Setting {
  /** `plain`: a table that knows one plane. */
  readonly fib: 'plain' | 'shadow-enabled';
  /** The share of routes that have another next hop in the shadow; undefined: it has none. */
  readonly differs?: number;
  /** Of the full table, one in so many of the first `prefixes`. */
  readonly prefixes: number;
  readonly oneIn: number;
  readonly packets: number;
}

/** In this order: who has forwarded shadow packets forwards real ones by code that knows both. */
export const TRAFFICS = ['popular', 'captured', 'popular, half in the shadow'] as const;
/** Destinations by Zipf's law, or as those of a capture come and come again. */
export type Traffic = (typeof TRAFFICS)[number];

const PACKET_BYTES = 300;

/** What a turn measures: packets per second. */
export type Turn = (traffic: Traffic) => number;

export function prepare({ fib, differs, prefixes: most, oneIn, packets }: Setting): Turn {
  const prefixes = prefixesToHold(most).prefixes.filter((_, at) => at % oneIn === 0);
  const router = new MeasuredRouter(PACKET_BYTES, fib === 'plain' ? new PlainFib() : makeFib());
  const { engine, nextHops } = router;
  const random = seededRandom(1, 'next hops');
  const real = prefixes.map(() => Math.floor(random.next() * nextHops.length));
  prefixes.forEach((prefix, at) => {
    engine.route(0, prefix, nextHops[real[at]]);
  });
  if (differs !== undefined) {
    prefixes.forEach((prefix, at) => {
      const isOther = random.next() < differs;
      const other = 1 + Math.floor(random.next() * (nextHops.length - 1));
      engine.route(1, prefix, nextHops[(real[at] + (isOther ? other : 0)) % nextHops.length]);
    });
  }
  const popular = zipf(prefixes, seededRandom(1, 'popular')).subarray(0, packets);
  const captured = captureOf(prefixes)?.subarray(0, packets) ?? popular;
  return (traffic) => {
    const addresses = traffic === 'captured' ? captured : popular;
    const took: number[] = [];
    for (let first = 0; first + BATCH <= addresses.length; first += BATCH) {
      took.push(router.forward(addresses, first, traffic === 'popular, half in the shadow'));
    }
    return BATCH / undisturbedMean(took);
  };
}

/** Each address of the capture by one in a prefix drawn at random; undefined where there is no capture. */
function captureOf(prefixes: readonly Prefix[]): Uint32Array | undefined {
  const random = seededRandom(1, 'captured');
  const places = new Map<number, number>();
  return destinations()?.map((address) => {
    const place = places.get(address) ?? prefixes[Math.floor(random.next() * prefixes.length)].address;
    places.set(address, place);
    return place;
  });
}

export interface StartedRouter {
  readonly setting: Setting;
  measure(traffic: Traffic): Promise<number>;
  stop(): void;
}

/** Resolves when the table is filled. */
export async function startRouter(setting: Setting): Promise<StartedRouter> {
  const child = fork(import.meta.filename, [JSON.stringify(setting)]);
  await answerOf(child);
  const measure = (traffic: Traffic): Promise<number> => {
    child.send(traffic);
    return answerOf(child);
  };
  return { setting, measure, stop: () => child.disconnect() };
}

async function answerOf(child: ChildProcess): Promise<number> {
  const ended = new AbortController();
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }),
    ]);
    if (typeof answer === 'number' && child.exitCode === null) return answer;
    throw new Error('the process of a router ended, see above');
  } finally {
    ended.abort();
  }
}

if (import.meta.main) {
  const turn = prepare(JSON.parse(process.argv[2]) as Setting);
  process.on('message', (traffic: Traffic) => process.send?.(turn(traffic)));
  process.send?.(0);
}
