/**
 * Numbers as people read them, the same in results, reports and progress: thousands with commas, at most
 * three significant digits after rounding, a blank between number and unit. No locale is asked.
 */

/** `1234567` as `1,234,567`; fractions are rounded to whole numbers. */
export function formatCount(value: number): string {
  const digits = Math.abs(Math.round(value))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
  return Math.round(value) < 0 ? `-${digits}` : digits;
}

/** `1 packet`, `1,000 packets`. */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Nanoseconds: `0 s`, `800 ns`, `12 us`, `350 ms`, `1.25 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatTime(ns: number): string {
  if (ns < 0) return `-${formatTime(-ns)}`;
  if (ns === 0) return '0 s';
  if (ns < 999.5) return `${significant(ns)} ns`;
  if (ns < 999.5e3) return `${significant(ns / 1e3)} us`;
  if (ns < 999.5e6) return `${significant(ns / 1e6)} ms`;
  if (ns < 99.95e9) return `${significant(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(`${minutes} min`, seconds % 60, 's');
  return withRest(`${formatCount(Math.floor(minutes / 60))} h`, minutes % 60, 'min');
}

/** Bits per second: `6 Mbps`, `9.92 Gbps`, `800 bps`. */
export function formatRate(bps: number): string {
  return scaled(bps, ['bps', 'kbps', 'Mbps', 'Gbps', 'Tbps']);
}

/** Bytes, decimal as on links: `1.5 kB`, `52 B`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/**
 * A part of a whole: `0%`, `0.3%`, `100%`; never 0% or 100% for what is not exactly that; `-` where the whole is 0.
 * More than the whole is told as more: `>100%`, `104%`.
 */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '-';
  const percent = (part / whole) * 100;
  if (part === 0 || part === whole) return `${percent}%`;
  if (percent < 0.1) return '<0.1%';
  if (percent > 99.9 && part < whole) return '>99.9%';
  if (part > whole && percent < 100.5) return '>100%';
  return `${significant(percent)}%`;
}

/** `A, B and C`; beyond `most` names, `A, B and 3 more`. */
export function formatList(names: readonly string[], most = 4): string {
  if (names.length <= 1) return names.join('');
  if (names.length > most)
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.slice(-1).join('')}`;
}

/** A way through the network: `STTL → DNVR → KSCY`. */
export function formatPath(routers: readonly string[]): string {
  return routers.length === 0 ? '(no router)' : routers.join(' → ');
}

function scaled(value: number, units: readonly string[]): string {
  let scale = 0;
  let rest = value;
  while (rest >= 999.5 && scale < units.length - 1) {
    rest /= 1000;
    scale++;
  }
  return `${significant(rest)} ${units[scale] ?? ''}`;
}

/** Three significant digits, no trailing zeros, never an exponent below a million. */
function significant(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

function withRest(main: string, rest: number, unit: string): string {
  return rest === 0 ? main : `${main} ${rest} ${unit}`;
}
