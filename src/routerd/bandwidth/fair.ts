/** Both planes alike: half of the link for each, and what one leaves for the other. */
import type { MakeOutputQueue } from './bandwidth.ts';
import { makePartitionQueue } from './partition.ts';

export const makeFairQueue: MakeOutputQueue = (clock, port, queues) =>
  makePartitionQueue(clock, port, queues, { mode: 'partition', realShare: 0.5, strict: false });
