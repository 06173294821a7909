/**
 * Quantities as people write them: a number and its unit, `6Mbps`, `1200B`, `2s`, `0.1%`. The unit is never
 * left out. Each parser answers undefined for text that is none; `UNITS` says what would be one.
 */

const RATES = { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9 };
const PACKET_RATES = { pps: 1, kpps: 1e3, Mpps: 1e6, Gpps: 1e9 };
const SIZES = { B: 1, kB: 1e3, MB: 1e6 };
const DURATIONS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 };

/** Bits per second: `6Mbps`, `2.5 Gbps`. */
export const parseRate = (text: string): number | undefined => parseQuantity(text, RATES);

/** Packets per second: `14.88Mpps`. */
export const parsePacketRate = (text: string): number | undefined => parseQuantity(text, PACKET_RATES);

/** Bytes: `1200B`, `1MB` (10^6). */
export const parseSize = (text: string): number | undefined => parseQuantity(text, SIZES);

/** Nanoseconds: `2s`, `4.5ms`. */
export const parseDuration = (text: string): number | undefined => parseQuantity(text, DURATIONS);

/** A share of the whole, 0 .. 1: `0%`, `0.1%`. */
export function parseShare(text: string): number | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,9})?) ?%$/.exec(text)?.[1];
  const share = percent === undefined ? Number.NaN : Number(percent) / 100;
  return share <= 1 ? share : undefined;
}

/** What each kind of quantity looks like; the names are those of `format` in the schemas. */
export const UNITS = {
  rate: { parse: parseRate, example: '10Mbps', units: Object.keys(RATES) },
  size: { parse: parseSize, example: '1200B', units: Object.keys(SIZES) },
  duration: { parse: parseDuration, example: '10ms', units: Object.keys(DURATIONS) },
  share: { parse: parseShare, example: '0.1%', units: ['%'] },
} as const;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = /^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]+)$/.exec(text) ?? [];
  if (number === undefined || !Object.hasOwn(units, unit)) return undefined;
  const value = Math.round(Number(number) * units[unit]);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Nanoseconds, of text that a schema has checked already. */
export const durationNs = (text: string): number => checked(parseDuration(text), text);

/** Bits per second, of text that a schema has checked already. */
export const rateBps = (text: string): number => checked(parseRate(text), text);

/** Bytes, of text that a schema has checked already. */
export const sizeBytes = (text: string): number => checked(parseSize(text), text);

function checked(value: number | undefined, text: string): number {
  if (value === undefined) throw new Error(`the schema let "${text}" pass`);
  return value;
}
