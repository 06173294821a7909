/** A configuration in the language of another router, or the lines that it has no words for. */
import { convertToBird } from './bird-writer.ts';
import { UNKNOWN_TO_FRR } from './frr-unknown.ts';
import { type Inexpressible, inexpressibleLines } from './inexpressible.ts';
import type { RouterConfig } from './model.ts';
import { formatConfig, sectionsOf } from './writer.ts';

export const TARGETS = ['frr', 'bird'] as const;
export type Target = (typeof TARGETS)[number];

export const TARGET_NAMES: Readonly<Record<Target, string>> = { frr: 'FRR', bird: 'BIRD' };

export interface Converted {
  readonly text: string;
  /** Where there are any, the text is not the whole. */
  readonly problems: readonly Inexpressible[];
}

/** FRR 8.4 and later, canonical; BIRD 2.0. Pure. */
export function convertConfig(config: RouterConfig, target: Target): Converted {
  switch (target) {
    case 'frr':
      return { text: formatConfig(config), problems: inexpressibleLines(sectionsOf(config), UNKNOWN_TO_FRR) };
    case 'bird':
      return convertToBird(config);
  }
}
