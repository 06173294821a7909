/** What our router, FRR and BIRD have in common for those who test them against one another. */
import { comparePrefixes, parsePrefix } from '../../../src/net/address.ts';
import type { NextHop, RibEntry, RouteSource } from '../../../src/world/observation.ts';
import type { Namespace } from '../namespace.ts';

export interface Router {
  readonly name: string;
  readonly namespace: Namespace;
  /** Starts its processes and waits until they answer. Without a text: with what it was configured by last. */
  start(config?: string): Promise<void>;
  /**
   * While it runs. Ours and BIRD: the whole configuration, in their own language. FRR: more lines, as one types them
   * after `configure terminal` (`no …` takes away); a refused line is an error.
   */
  configure(config: string): Promise<void>;
  /** By SIGKILL: neighbours are told nothing. What it left in its kernel stays there. */
  kill(): Promise<void>;
  /** All routes of its default table, as our management's `rib` answers them, in its order of prefixes. */
  rib(): Promise<readonly RibEntry[]>;
  /** The best routes of one source, by prefix: `METRIC via GATEWAY%LINK, …`, or `METRIC dev LINK`. */
  routes(source: RouteSource): Promise<Routes>;
  /** The lab's: the interface was made. */
  attach(interfaceName: string): void;
  /** The lab's: lets go of what a dead router leaves open. */
  close(): void;
}

/** As all lists of routes are sorted. */
export function byPrefix(a: { readonly prefix: string }, b: { readonly prefix: string }): number {
  const [one, other] = [a, b].map(({ prefix }) => parsePrefix(prefix) ?? { address: 0, length: 0 });
  return comparePrefixes(one, other);
}

export type Routes = Readonly<Record<string, string>>;

export function bestRoutes(rib: readonly RibEntry[], source: RouteSource): Routes {
  const best = rib.filter((entry) => entry.best && entry.source === source);
  return Object.fromEntries(best.map(({ prefix, metric, nextHops }) => [prefix, written(metric, nextHops)]));
}

function written(metric: number, nextHops: readonly NextHop[]): string {
  return `${metric} ${nextHops.map(wayOf).sort().join(', ')}`;
}

function wayOf(nextHop: NextHop): string {
  switch (nextHop.kind) {
    case 'gateway':
      return `via ${nextHop.gateway}%${nextHop.port}`;
    case 'connected':
      return `dev ${nextHop.port}`;
    case 'tunnel':
      return `tunnel ${nextHop.to} label ${nextHop.label}`;
    case 'local':
    case 'blackhole':
    case 'reject':
      return nextHop.kind;
  }
}

/**
 * How long a state may take to come about on a busy machine: far above what it takes, as that is paid in failure alone.
 * FRR waits for up to two minutes before it tries a neighbour again that refused it several times.
 * Tests may take longer than that, so that it is this error which tells.
 */
const LIMIT_MS = 180_000;
const LOOK_MS = 50;

/** Asks until the answer is as wanted; an `ask` that fails is asked again. Rejects after a limit with the last answer. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer> | Answer,
  isWanted: (answer: Answer) => boolean,
  limitMs = LIMIT_MS,
): Promise<Answer> {
  for (const endMs = performance.now() + limitMs; ; ) {
    const seen = await Promise.resolve()
      .then(ask)
      .then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      );
    if ('answer' in seen && isWanted(seen.answer)) return seen.answer;
    if (performance.now() > endMs) {
      const last = 'answer' in seen ? JSON.stringify(seen.answer, undefined, 1) : String(seen.error);
      throw new Error(`${what}: not after ${limitMs / 1000} s; last seen: ${last?.slice(0, 4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
