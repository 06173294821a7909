/** What is said of a lab that stays up after its run. */
import type { Experiment } from '../../experiment/resolved.ts';

/** `enter`: the command that brings one into a machine. */
export function leftUp(
  id: string,
  { topology }: Experiment,
  machines: 'namespaces' | 'containers',
  enter: (machine: string) => string,
): string {
  const some = topology.hosts[0] ?? topology.routers[0];
  const example = some === undefined ? '' : `, such as: ${enter(some.name)}`;
  return `its machines are the ${machines} shadowlab-${id}-…${example}; to remove them: shadowlab clean --run ${id}`;
}
