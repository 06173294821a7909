/**
 * What a lab's machines are called in a topology file. Docker makes a container's name of it, Linux a host name and
 * containerlab a file name; it also looks for words of its own (`__clabNodeName__`) in what is told about a node.
 */
import { asWord, takeFree } from '../../experiment/topology/names.ts';
import type { LabPlan } from '../daemons/plan.ts';

/** Of a host name (gethostname(2)), less than 64; what the lab is called stands before it in the container's name. */
const MAX_NAME = 60;
/** An end of a link on such a "node" leads out of the lab, whatever nodes there are. */
const OF_CONTAINERLAB = ['host', 'mgmt-net', 'macvlan', 'vxlan', 'vxlan-stitch', 'dummy'];

/**
 * By the machine's name in the plan: the same name where it is fit, else the nearest one, each once. Depends on the
 * order of the plan alone.
 */
export function nodeNames({ machines }: LabPlan): ReadonlyMap<string, string> {
  const taken = new Set(OF_CONTAINERLAB);
  const names = new Map<string, string>();
  for (const { name } of machines.filter(isFit)) names.set(name, takeFree(taken, name, MAX_NAME, '-'));
  for (const { name } of machines) {
    if (!names.has(name)) names.set(name, takeFree(taken, asWord(name), MAX_NAME, '-'));
  }
  return names;
}

/** Those that are fit come first, so that nobody takes their names from them. */
function isFit({ name }: { readonly name: string }): boolean {
  return name.length <= MAX_NAME && asWord(name) === name;
}
