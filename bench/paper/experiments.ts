/** The experiments, in the order of the paper. */

import { memory } from './memory.ts';
import type { PaperExperiment } from './paper.ts';

export const EXPERIMENTS: readonly PaperExperiment[] = [memory];
