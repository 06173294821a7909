/** Tables and VRFs of BIRD, and what interfaces are, by their names. */
import type { BirdText } from './bird-words.ts';

export function tableOf(vrf: string, text: BirdText): string {
  return text.symbol('table', vrf);
}

export function tableLine(vrf: string | undefined, text: BirdText): readonly string[] {
  return vrf === undefined ? [] : [`table ${tableOf(vrf, text)};`];
}

/** What is in the default VRF is called `main`; no VRF has a space in its name, so that one of that name is another. */
export function nameOf(vrf: string | undefined): string {
  return vrf === undefined ? 'main' : vrf === 'main' ? 'main ' : vrf;
}

/** Where there are no VRFs, none are spoken of. */
export function vrfLine(vrf: string | undefined): readonly string[] {
  return vrf === undefined ? [] : [`vrf "${vrf}";`];
}

/** By its name, as nothing else says it: `lo`, `lo0`, `dummy1`. */
export function isLoopback(name: string): boolean {
  return /^(lo|loopback|dummy)\d*$/i.test(name);
}
