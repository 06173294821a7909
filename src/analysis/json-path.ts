/**
 * Where a value is in JSON:
 *
 *     path = { "." KEY | "[" NUMBER "]" | "[" '"' KEY '"' "]" }
 *
 * A KEY without quotes has no dot and no bracket in it; the first may go without its ".".
 */
import type { JsonPath } from './expectation.ts';

const STEP = /(?:^|\.)([^.[\]"]+)|\[(\d{1,9})\]|\["([^"]*)"\]/y;

/** Undefined for text that is no path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const path: (string | number)[] = [];
  STEP.lastIndex = 0;
  for (let at = 0; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) return undefined;
    const [, key, index, quoted] = match;
    path.push(index === undefined ? (key ?? quoted ?? '') : Number(index));
  }
  return path;
}

export function formatJsonPath(path: JsonPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (step === '' || /[.[\]"]/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
