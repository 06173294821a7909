/** Tables and VRFs of BIRD, and what interfaces are, by their names. */
import type { BirdText } from './bird-words.ts';

export function tableOf(vrf: string, text: BirdText): string {
  return text.symbol('table', vrf);
}

export function tableLine(vrf: string | undefined, text: BirdText): readonly string[] {
  return vrf === undefined ? [] : [`table ${tableOf(vrf, text)};`];
}

/** Where there are no VRFs, none are spoken of. */
export function vrfLine(vrf: string | undefined): readonly string[] {
  return vrf === undefined ? [] : [`vrf "${vrf}";`];
}

/** By its name, as nothing else says it: `lo`, `lo0`, `dummy1`. */
export function isLoopback(name: string): boolean {
  return /^(lo|loopback|dummy)\d*$/i.test(name);
}
