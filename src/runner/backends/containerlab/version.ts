/**
 * Versions of containerlab, and what a topology file may say to each: a key that a version does not know makes it
 * refuse the file. Version 0.59 is the first that can be told not to start a container again when it has ended.
 */
export interface ClabVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export const OLDEST: ClabVersion = { major: 0, minor: 59, patch: 0 };

export interface Abilities {
  /** `mgmt: skip-when-unused`: no management network where no node is on it. */
  readonly skipsManagement: boolean;
  /** `privileged: false`, `tmpfs`, `security-opts`. Without, every container of a lab is privileged. */
  readonly confines: boolean;
}

/** Of the newest version. */
export const ALL_ABILITIES: Abilities = { skipsManagement: true, confines: true };

export function abilitiesOf(version: ClabVersion): Abilities {
  return {
    skipsManagement: isAtLeast(version, { major: 0, minor: 76, patch: 0 }),
    confines: isAtLeast(version, { major: 0, minor: 78, patch: 0 }),
  };
}

/** Version 0.0.0 is what containerlab calls itself between releases: newer than any. */
export function isAtLeast(version: ClabVersion, wanted: ClabVersion): boolean {
  if (version.major === 0 && version.minor === 0 && version.patch === 0) return true;
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (version[part] !== wanted[part]) return version[part] > wanted[part];
  }
  return true;
}

/** From what `containerlab version` prints; the line `version: 0.68.0` stands below a logo in all versions. */
export function parseVersion(printed: string): ClabVersion | undefined {
  const match = /^\s*version:\s*v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})/m.exec(printed);
  if (match === null) return undefined;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  return { major, minor, patch };
}

export function formatVersion({ major, minor, patch }: ClabVersion): string {
  return `${major}.${minor}.${patch}`;
}
