/** What a lab of network namespaces needs: nothing but what every lab does, and on its hosts this machine's programs. */
import * as lab from '../daemons/findings.ts';
import type { Finding } from '../finding.ts';
import { installing, isOnPath, type Package } from '../packages.ts';

const PROGRAMS: readonly { readonly command: string; readonly from: Package }[] = [
  { command: 'ping', from: { apt: 'iputils-ping', dnf: 'iputils' } },
  { command: 'iperf3', from: { apt: 'iperf3', dnf: 'iperf3' } },
  { command: 'curl', from: { apt: 'curl', dnf: 'curl' } },
];

export async function findings(): Promise<readonly Finding[]> {
  const programs = PROGRAMS.map(({ command, from }): Finding => {
    if (isOnPath(command)) return { state: 'ok', what: `${command} for hosts` };
    const detail = `not there; steps that run it fail`;
    return { state: 'note', what: `${command} for hosts`, detail, remedy: installing(from) };
  });
  return [...(await lab.findings()), ...programs];
}
