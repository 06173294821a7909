/** Network entity titles: `49.0001.1921.6800.1001.00` is area 49.0001, system 1921.6800.1001, selector 00. */

export interface Net {
  /** Hexadecimal digits, 1 .. 13 bytes. */
  readonly area: string;
  /** 12 hexadecimal digits. */
  readonly systemId: string;
}

const SYSTEM_DIGITS = 12;
const SELECTOR = '00';

/** Undefined where the text is none: other than 8 to 20 bytes, or a selector other than that of a router. */
export function parseNet(text: string): Net | undefined {
  if (!/^[0-9a-f]{2}(\.[0-9a-f]{4})*\.00$/i.test(text)) return undefined;
  const digits = text.replaceAll('.', '').toLowerCase();
  const area = digits.slice(0, -(SYSTEM_DIGITS + SELECTOR.length));
  if (area.length < 2 || area.length > 26) return undefined;
  return { area, systemId: digits.slice(area.length, area.length + SYSTEM_DIGITS) };
}
