/** `shadowlab show`: the resolved experiment, as it would run. */
import { Command } from 'commander';
import { formatRate, formatTime } from '../analysis/format.ts';
import { diffConfigs, formatDiff } from '../config/diff.ts';
import { formatConfig } from '../config/writer.ts';
import { formatIpv4, formatPrefix } from '../net/address.ts';
import type { Experiment } from '../runner/experiment/resolved.ts';
import { EXIT, InputError } from './exit.ts';
import { loadAll } from './load.ts';

interface Options {
  readonly config?: string;
  readonly plane: 'real' | 'shadow';
}

export function showCommand(): Command {
  return new Command('show')
    .description('the resolved experiment: topology, addresses, configurations, diff of shadow and real')
    .argument('<experiment.yaml>')
    .option('--config <router>', "print only this router's configuration, as frr.conf")
    .option('--plane <plane>', 'which configuration: real or shadow', 'real')
    .action(async (file: string, options: Options) => {
      const experiments = await loadAll([file]);
      const experiment = experiments?.[0];
      if (experiment === undefined) {
        process.exitCode = EXIT.wrongInput;
        return;
      }
      const text =
        options.config === undefined ? describe(experiment) : configOf(experiment, options.config, options);
      process.stdout.write(text);
    });
}

function configOf(experiment: Experiment, router: string, { plane }: Options): string {
  const configs = experiment.configs.find((candidate) => candidate.router === router);
  if (configs === undefined) {
    const known = experiment.configs.map((candidate) => candidate.router).join(', ');
    throw new InputError(`no router "${router}" in ${experiment.file} (it has ${known})`);
  }
  return formatConfig(plane === 'shadow' ? configs.shadow : configs.real);
}

function describe(experiment: Experiment): string {
  const { topology, flows, steps } = experiment;
  const lines = [
    `${experiment.name} (seed ${experiment.seed})`,
    experiment.description.trim(),
    '',
    'routers',
  ];
  for (const { name, loopback } of topology.routers)
    lines.push(`  ${name.padEnd(16)} ${formatIpv4(loopback)}`);
  lines.push('', 'hosts');
  for (const { name, address, gateway } of topology.hosts) {
    lines.push(`  ${name.padEnd(16)} ${formatPrefix(address).padEnd(18)} gateway ${formatIpv4(gateway)}`);
  }
  lines.push('', 'links');
  for (const { name, ends, rateBps, delayNs } of topology.links) {
    const where = ends
      .map(({ node, port, address }) => `${node}:${port} ${formatPrefix(address)}`)
      .join('  ');
    lines.push(
      `  ${name.padEnd(20)} ${formatRate(rateBps).padEnd(11)} ${formatTime(delayNs).padEnd(8)} ${where}`,
    );
  }
  lines.push('', 'traffic');
  const groups = new Map<string, { count: number; rateBps: number }>();
  for (const { group, rateBps } of flows) {
    const sum = groups.get(group) ?? { count: 0, rateBps: 0 };
    groups.set(group, { count: sum.count + 1, rateBps: sum.rateBps + rateBps });
  }
  for (const [group, { count, rateBps }] of groups) {
    lines.push(`  ${group.padEnd(16)} ${count} ${count === 1 ? 'flow' : 'flows'}, ${formatRate(rateBps)}`);
  }
  lines.push('', 'steps');
  for (const { number, name, actions, expectations } of steps) {
    lines.push(`  ${number}. ${name} [${actions.map(({ kind }) => kind).join(', ')}]`);
    for (const { text } of expectations) lines.push(`       expect ${text}`);
  }
  lines.push('', 'shadow against real');
  for (const { router, real, shadow } of experiment.configs) {
    const diff = formatDiff(diffConfigs(real, shadow)).trimEnd();
    if (diff !== '') lines.push(`  ${router}`, ...diff.split('\n').map((line) => `    ${line}`));
  }
  return `${lines.join('\n')}\n`;
}
