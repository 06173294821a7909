/**
 * What an output policy says of queues, in numbers. A class that names bandwidth, priority, a shape, a limit or
 * random detection has a queue of its own; all others share that of class-default, as in IOS.
 */
import type { ClassRate } from '../../config/model.ts';
import type { ServicePolicy } from '../forwarding/contract.ts';

export interface Queueing {
  /** Of each class of the policy, by index: which queue. */
  readonly queueOf: readonly number[];
  /** The last one is class-default's. */
  readonly queues: readonly QueueSettings[];
}

export interface QueueSettings {
  /** Of the class. */
  readonly name: string;
  /** Virtual bytes of frames. */
  readonly limitBytes: number;
  /** First of all, but policed to this rate while others wait. */
  readonly priorityBps: number | undefined;
  /** What it gets at least, and in this proportion to the others' more. */
  readonly shareBps: number;
  readonly shapeBps: number | undefined;
  readonly randomDetect: 'drop' | 'ecn' | undefined;
}

/** Of the reference: what classes get that no bandwidth is left for, so that none starves. */
const LEAST_SHARE = 0.01;

/** `referenceBps` is what percentages refer to, `limitBytes` the limit of queues that name none. */
export function queueingOf(policy: ServicePolicy, referenceBps: number, limitBytes: number): Queueing {
  const configs = policy.classes.map(({ config }) => config);
  const bpsOf = (rate: ClassRate | undefined): number => {
    if (rate === undefined) return 0;
    return rate.kind === 'kbps' ? rate.kbps * 1000 : (rate.percent / 100) * referenceBps;
  };
  const hasQueue = configs.map(
    (config, index) =>
      index === configs.length - 1 ||
      [config.bandwidth, config.priority, config.shapeBps, config.queueLimitBytes, config.randomDetect].some(
        (setting) => setting !== undefined,
      ),
  );
  const queued = configs.filter((_, index) => hasQueue[index]);
  const named = queued.reduce((sum, { bandwidth, priority }) => sum + bpsOf(bandwidth) + bpsOf(priority), 0);
  const unnamed = queued.filter(({ bandwidth, priority }) => !bandwidth && !priority).length;
  const rest = Math.max(referenceBps * LEAST_SHARE, (referenceBps - named) / Math.max(unnamed, 1));
  const last = queued.length - 1;
  let next = 0;
  return {
    queueOf: hasQueue.map((has) => (has ? next++ : last)),
    queues: queued.map((config) => ({
      name: config.name,
      limitBytes: config.queueLimitBytes ?? limitBytes,
      priorityBps: config.priority && bpsOf(config.priority),
      shareBps: config.bandwidth === undefined ? rest : Math.max(bpsOf(config.bandwidth), 1),
      shapeBps: config.shapeBps,
      randomDetect: config.randomDetect,
    })),
  };
}
