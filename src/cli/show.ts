/** `shadowlab show`: the resolved experiment, as it would run. */
import { Command, Option } from 'commander';
import { formatPlural, formatRate, formatTime } from '../analysis/format.ts';
import { diffConfigs, formatDiff } from '../config/diff.ts';
import { formatConfig } from '../config/writer.ts';
import { formatIpv4, formatPrefix } from '../net/address.ts';
import { formatBandwidth } from '../runner/experiment/bandwidth.ts';
import { printable } from '../runner/experiment/problem.ts';
import type { Experiment, Flow, RouterConfigs, Topology } from '../runner/experiment/resolved.ts';
import { sourcePortOf } from '../traffic/source.ts';
import { EXIT, InputError } from './exit.ts';
import { loadAll } from './load.ts';

interface Options {
  readonly config?: string;
  readonly plane: 'real' | 'shadow';
}

export function showCommand(): Command {
  return new Command('show')
    .description('the resolved experiment: topology, addresses, configurations, diff of shadow and real')
    .argument('<experiment.yaml>', 'what to show')
    .option('--config <router>', "print only this router's configuration, as frr.conf")
    .addOption(
      new Option('--plane <plane>', 'with --config: which of its configurations')
        .choices(['real', 'shadow'])
        .default('real'),
    )
    .action(async (file: string, options: Options) => {
      const experiments = await loadAll([file]);
      if (experiments === undefined) process.exitCode = EXIT.wrongInput;
      for (const experiment of experiments ?? []) {
        const { config } = options;
        process.stdout.write(
          config === undefined ? describe(experiment) : configOf(experiment, config, options),
        );
      }
    });
}

function configOf(experiment: Experiment, router: string, { plane }: Options): string {
  const configs = experiment.configs.find((candidate) => candidate.router === router);
  if (configs === undefined) {
    const known = experiment.configs.map((candidate) => candidate.router).join(', ');
    throw new InputError(`no router "${router}" in ${experiment.file} (it has ${known})`);
  }
  return formatConfig(configs[plane]);
}

function describe({ name, seed, description, topology, flows, steps, configs }: Experiment): string {
  const parts = [
    [`${name} (seed ${seed})`, ...(description === '' ? [] : description.split('\n'))],
    section(
      'routers',
      topology.routers.map(({ name, loopback }) => `${name.padEnd(16)} ${formatIpv4(loopback)}`),
    ),
    section('hosts', topology.hosts.map(hostLine)),
    section('links', linkLines(topology.links)),
    section('traffic', groupLines(flows)),
    section('steps', steps.flatMap(stepLines)),
    section('shadow against real', configs.flatMap(diffLines), 'no difference'),
  ];
  return `${parts.map((lines) => lines.map(printable).join('\n')).join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[], none = 'none'): readonly string[] {
  return [title, ...(lines.length === 0 ? [none] : lines).map((line) => `  ${line}`)];
}

function hostLine({ name, address, gateway, peer }: Topology['hosts'][number]): string {
  const line = `${name.padEnd(16)} ${formatPrefix(address).padEnd(18)} gateway ${formatIpv4(gateway)}`;
  if (peer === undefined) return line;
  const { as, table, changes } = peer;
  return `${line}  AS ${as}, ${formatPlural(table.prefixes, 'prefix', 'prefixes')}, ${formatPlural(changes.length, 'update')}`;
}

function linkLines(links: Topology['links']): readonly string[] {
  const modes = links.map(({ bandwidth }) => formatBandwidth(bandwidth));
  const width = Math.max(...modes.map((mode) => mode.length));
  return links.map(({ name, ends, rateBps, delayNs }, index) => {
    const where = ends.map(({ node, port, address }) => `${node}:${port} ${formatPrefix(address)}`);
    const [rate, delay] = [formatRate(rateBps).padEnd(11), formatTime(delayNs).padEnd(8)];
    return `${name.padEnd(20)} ${rate} ${delay} ${modes[index].padEnd(width)} ${where.join('  ')}`;
  });
}

function groupLines(flows: Experiment['flows']): readonly string[] {
  return [...Map.groupBy(flows, ({ group }) => group)].map(([group, members]) => {
    const measured = members.filter(({ kind }) => kind !== 'tcp');
    const rate = measured.reduce((sum, flow) => sum + rateOf(flow), 0);
    const what = measured.length === 0 ? 'TCP' : `${formatRate(rate)}, ${portsText(measured)}`;
    return `${group.padEnd(16)} ${formatPlural(members.length, 'flow')}, ${what}`;
  });
}

/** By what access lists and class maps tell the flows of a group apart. */
function portsText(flows: readonly Flow[]): string {
  const ports = flows.map(({ id }) => sourcePortOf(id));
  const [first, last] = [ports.at(0), ports.at(-1)];
  return first === last ? `from UDP port ${first}` : `from UDP ports ${first} to ${last}`;
}

/** Of a flow whose rate changes, the first; of a replay the mean; of a stream what is played; of TCP nobody knows. */
function rateOf(flow: Flow): number {
  switch (flow.kind) {
    case 'rate':
      return flow.rateBps;
    case 'replay': {
      const bytes = flow.sizes.reduce((sum, size) => sum + size, 0);
      return (bytes * 8e9) / Math.max(1, flow.periodNs ?? flow.timesNs.at(-1) ?? 0);
    }
    case 'stream':
      return flow.bitrateBps;
    case 'tcp':
      return 0;
  }
}

function stepLines({ number, name, actions, expectations }: Experiment['steps'][number]): readonly string[] {
  return [
    `${number}. ${name} [${actions.map(({ kind }) => kind).join(', ')}]`,
    ...expectations.map(({ text }) => `     expect ${text}`),
  ];
}

function diffLines({ router, real, shadow }: RouterConfigs): readonly string[] {
  const diff = formatDiff(diffConfigs(real, shadow)).trimEnd();
  return diff === '' ? [] : [router, ...diff.split('\n').map((line) => `  ${line}`)];
}
