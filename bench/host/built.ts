/**
 * The project as it is installed: its modules from dist/, so that what they start is built as well. `npm run bench:host`
 * builds it first.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIST = new URL('../../dist/', import.meta.url);

/** A file of dist/, by its path there. */
export function builtFile(path: string): string {
  return fileURLToPath(new URL(path, DIST));
}

export function isBuilt(): boolean {
  return existsSync(builtFile('routerd/main.js'));
}

type Backends = typeof import('../../src/runner/backends/backends.ts');
type Image = typeof import('../../src/runner/image/image.ts');

/** Of the same shape as its source. */
export async function builtBackends(): Promise<Backends> {
  return import(builtFile('runner/backends/backends.js'));
}

export async function builtImage(): Promise<Image> {
  return import(builtFile('runner/image/image.js'));
}
