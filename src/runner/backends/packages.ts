/** Commands that a lab calls on this machine, and the packages that they come from. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A package's name with Debian and Ubuntu, and with Fedora and its kin. */
export interface Package {
  readonly apt: string;
  readonly dnf: string;
}

/** The command that installs it; its names, where this machine has neither package manager. */
export function installing({ apt, dnf }: Package, has: (command: string) => boolean = isOnPath): string {
  if (has('apt-get')) return `apt-get install ${apt}`;
  if (has('dnf')) return `dnf install ${dnf}`;
  return apt === dnf
    ? `install the package ${apt}`
    : `install the package ${apt} (Debian, Ubuntu) or ${dnf} (Fedora)`;
}

export function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
