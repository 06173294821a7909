/** The way out of a port by its mode. */
import type { MakeOutputQueue } from './bandwidth.ts';
import { makeCancellationQueue } from './cancellation.ts';
import { makeFairQueue } from './fair.ts';
import { makePartitionQueue } from './partition.ts';
import { makePriorityQueue } from './priority.ts';

export const makeOutputQueue: MakeOutputQueue = (clock, port, queues, settings) => {
  switch (settings.mode) {
    case 'fair':
      return makeFairQueue(clock, port, queues, settings);
    case 'priority':
      return makePriorityQueue(clock, port, queues, settings);
    case 'partition':
      return makePartitionQueue(clock, port, queues, settings);
    case 'cancellation':
      return makeCancellationQueue(clock, port, queues, settings);
  }
};
