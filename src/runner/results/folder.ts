/** `results/<experiment>/<run>/`: where one run's files go. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Tries at a free name; two runs of one second differ in their short id. */
const TRIES = 100;

/**
 * Makes the folder of a new run: UTC time and a short id. `latest` beside it is pointed at it. Throws the
 * system's error where the folder cannot be made.
 */
export function makeRunFolder(results: string, experiment: string, started: Date, id: () => string): string {
  const time = started
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const parent = join(results, experiment);
  mkdirSync(parent, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const folder = join(parent, `${time}-${id()}`);
    try {
      mkdirSync(folder);
    } catch (error) {
      if (attempt < TRIES && error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw error;
    }
    pointLatestAt(folder);
    return folder;
  }
}

/** Replaces the link in one step, so that a reader always finds one. */
function pointLatestAt(folder: string): void {
  const link = join(dirname(folder), 'latest');
  const fresh = `${folder}.latest`;
  try {
    symlinkSync(basename(folder), fresh);
    renameSync(fresh, link);
  } catch {
    // A file system without links: the newest run is the last by name.
    rmSync(fresh, { force: true });
  }
}

/** Writes a file of the run, making its folder. */
export function writeRunFile(folder: string, name: string, contents: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
