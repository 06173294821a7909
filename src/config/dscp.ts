/** Differentiated services code points, by number or by the name that IOS and FRR give them. */
import { nearest } from '../net/suggest.ts';
import { SHADOW_DSCP } from '../net/wire.ts';
import { type Argument, Misfit, meant, word } from './argument.ts';

/** RFC 2474 4.2.2 (class selectors), RFC 2597 6 (AF), RFC 3246 2.7 (EF), RFC 5865 2.3 (VOICE-ADMIT). */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['default', 0],
  ...[1, 2, 3, 4, 5, 6, 7].map((selector) => [`cs${selector}`, selector * 8] as const),
  ...[1, 2, 3, 4].flatMap((of) => [1, 2, 3].map((drop) => [`af${of}${drop}`, of * 8 + drop * 2] as const)),
  ['ef', 46],
  ['voice-admit', 44],
]);
const NAME_OF: ReadonlyMap<number, string> = new Map(Array.from(NAMES, ([text, value]) => [value, text]));

/** `46`, `ef`, `cs0`. */
export const dscp: Argument<number> = word('DSCP', readDscp);

/** One that routers may write: not the one by which hosts know the packets of the shadow plane. */
export const settableDscp: Argument<number> = word('DSCP', (text) => {
  const value = readDscp(text);
  return value === SHADOW_DSCP
    ? new Misfit(`"${text}" is the code point by which hosts know shadow packets`, 'set another one')
    : value;
});

/** Number or name; where it is neither, what is wrong. */
export function readDscp(text: string): number | Misfit {
  const value = NAMES.get(text) ?? (text === 'cs0' ? 0 : undefined);
  if (value !== undefined) return value;
  if (!/^\d+$/.test(text)) {
    const near = meant(nearest(text, NAMES.keys())) ?? 'such as ef, af41, cs6, default';
    return new Misfit(`"${text}" is neither a number (0-63) nor the name of a code point`, near);
  }
  return Number(text) <= 63 ? Number(text) : new Misfit(`"${text}" is out of range (0-63)`);
}

/** By its name, where it has one. */
export function formatDscp(value: number): string {
  return NAME_OF.get(value) ?? String(value);
}
