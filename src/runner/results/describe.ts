/** The first fact of a run: all that analysis and reports need to know of the resolved experiment. */
import type { FlowFact, RunStarted } from '../../analysis/facts.ts';
import { diffConfigs, formatDiff } from '../../config/diff.ts';
import { formatConfig } from '../../config/writer.ts';
import { formatIpv4, formatPrefix } from '../../net/address.ts';
import type { Experiment, Outside, Step } from '../experiment/resolved.ts';

export function runStarted(experiment: Experiment, backend: string, version: string): RunStarted {
  const { topology } = experiment;
  return {
    t: 0,
    fact: 'run-started',
    version,
    experiment: experiment.name,
    description: experiment.description,
    file: experiment.file,
    seed: experiment.seed,
    backend,
    nodes: [
      ...topology.routers.map(({ name, loopback, position }) => ({
        name,
        kind: 'router' as const,
        address: formatIpv4(loopback),
        ...(position && { position }),
      })),
      ...topology.hosts.map(({ name, address, position }) => ({
        name,
        kind: 'host' as const,
        address: formatIpv4(address.address),
        ...(position && { position }),
      })),
    ],
    links: topology.links.map(({ name, ends, rateBps, delayNs }) => ({
      name,
      ends: ends.map(({ node, port, address }) => ({ node, port, address: formatPrefix(address) })),
      rateBps,
      delayNs,
    })),
    flows: [
      ...experiment.flows.map(
        ({ id, name, group, from, to, outside, plane, mirror, kind }): FlowFact => ({
          id,
          name,
          group,
          from,
          to,
          planes: mirror ? ['real', 'shadow'] : [plane],
          kind,
          ...outsideFact(outside),
        }),
      ),
      ...experiment.steps.flatMap(probeFlows),
    ],
    steps: experiment.steps.map(({ number, name, actions, place, expectations }) => ({
      number,
      name,
      actions: actions.map(({ kind }) => kind),
      place,
      expectations,
    })),
    configs: experiment.configs.map(({ router, real, shadow }) => ({
      router,
      real: formatConfig(real),
      shadow: formatConfig(shadow),
      diff: formatDiff(diffConfigs(real, shadow)),
    })),
  };
}

function outsideFact(outside: Outside | undefined): Pick<FlowFact, 'outside'> {
  if (outside === undefined) return {};
  return { outside: { address: formatIpv4(outside.address), exits: outside.exits } };
}

/** `probe 3.1` is the first probe of step 3. */
function probeFlows({ number, actions }: Step): FlowFact[] {
  return actions
    .filter((action) => action.kind === 'probe')
    .map(({ flow, from, to, outside, plane }, index) => {
      const name = `probe ${number}.${index + 1}`;
      return { id: flow, name, group: name, from, to, planes: [plane], ...outsideFact(outside) };
    });
}
