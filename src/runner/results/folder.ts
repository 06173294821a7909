/** `results/<experiment>/<run>/`: where one run's files go. */
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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
  makeFolder(parent);
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
  makeFolder(dirname(path));
  writeFileSync(path, contents);
}

/**
 * Makes the folder and those it is in, where they are not there. Throws the system's error. (mkdirSync's own
 * `recursive` never returns where a folder is there and takes no new ones for ENOENT, as in /proc.)
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder);
}
