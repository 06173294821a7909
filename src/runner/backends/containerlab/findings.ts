/** What a lab of containerlab's needs besides what docker's does: the command. */
import { existsSync } from 'node:fs';
import { reasonOf } from '../docker/engine.ts';
import { findings as ofDocker } from '../docker/findings.ts';
import type { Finding } from '../finding.ts';
import { installedVersion } from './command.ts';
import { type ContainerlabOptions, PROGRAM } from './containerlab.ts';
import { abilitiesOf, formatVersion, isAtLeast, OLDEST } from './version.ts';

/** Its makers' own; https://containerlab.dev/install has packages, too. */
const INSTALL = 'bash -c "$(curl -sL https://get.containerlab.dev)"';

/** containerlab looks there before it deploys. */
const MODULES = '/proc/modules';

const withoutModules: Finding = {
  state: 'note',
  what: MODULES,
  detail: 'this kernel does not have it; the versions of containerlab that we know deploy nothing then',
};

export async function findings(options: ContainerlabOptions): Promise<readonly Finding[]> {
  return [...(await ofDocker(options)).map(forItsUsers), ...(await ofCommand())];
}

/** Who runs containerlab without `sudo` is told why that is not enough here. */
export function forItsUsers(finding: Finding): Finding {
  if (finding.what !== 'root' || finding.state !== 'missing') return finding;
  const why =
    "the group clab_admins does for containerlab itself, but a run enters its containers' network namespaces";
  return { ...finding, detail: finding.detail === undefined ? why : `${finding.detail}; ${why}` };
}

async function ofCommand(): Promise<readonly Finding[]> {
  const what = PROGRAM;
  try {
    const version = await installedVersion({ program: PROGRAM });
    const detail = formatVersion(version);
    if (!isAtLeast(version, OLDEST)) {
      const remedy = `${formatVersion(OLDEST)} or newer: ${INSTALL}`;
      return [{ state: 'missing', what, detail: `${detail} is too old`, remedy }];
    }
    const privileged: Finding = {
      state: 'note',
      what: 'containers without privileges',
      detail: `containerlab ${detail} makes every container privileged`,
      remedy: `0.78 or newer: ${INSTALL}`,
    };
    return [
      { state: 'ok', what, detail },
      ...(abilitiesOf(version).confines ? [] : [privileged]),
      ...(existsSync(MODULES) ? [] : [withoutModules]),
    ];
  } catch (error) {
    return [{ state: 'missing', what, detail: reasonOf(error), remedy: INSTALL }];
  }
}
