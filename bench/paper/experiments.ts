/** The experiments, in the order of the paper. */
import { forwarding } from './forwarding.ts';
import { interaction } from './interaction.ts';
import { memory } from './memory.ts';
import { overhead } from './overhead.ts';
import type { PaperExperiment } from './paper.ts';
import { streaming } from './streaming.ts';
import { updates } from './updates.ts';

export const EXPERIMENTS: readonly PaperExperiment[] = [
  forwarding,
  updates,
  memory,
  streaming,
  interaction,
  overhead,
];
