/** What containerlab printed (recorded/README.md). */
import { readFileSync } from 'node:fs';

export const RECORDED_VERSIONS = ['0.67', '0.79'] as const;

export function recorded(name: string): string {
  return readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8');
}
