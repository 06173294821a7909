/** `shadowlab plan`: how much shadow traffic a router stands, without and with packet cancellation. */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { linkLoads } from '../analysis/plan-measured.ts';
import { type Plan, planOf, planOfRun } from '../analysis/plan-outline.ts';
import { ETHERNET } from '../analysis/plan-sizes.ts';
import { planJson, planLines } from '../analysis/plan-text.ts';
import { planPlot } from '../analysis/report/plan.ts';
import { DEFAULT_CANCELLATION, MIN_HEADER_BYTES } from '../routerd/bandwidth/bandwidth.ts';
import { printable } from '../runner/experiment/problem.ts';
import { parsePacketRate, parseRate, parseShare, parseSize } from '../runner/experiment/units.ts';
import { InputError, isSystemError, systemError } from './exit.ts';
import { readSizes } from './plan-sizes.ts';
import { useRun } from './run-folder.ts';

interface Options {
  readonly link?: number;
  readonly packetRate?: number;
  readonly realSizes?: string;
  readonly shadowSizes?: string;
  readonly realLoad?: readonly number[];
  readonly header: number;
  readonly run?: string;
  readonly json?: boolean;
  readonly plot?: string;
}

/** Where none is given: every tenth. */
const REAL_LOADS: readonly number[] = Array.from({ length: 10 }, (_, index) => (index + 1) / 10);

export function planCommand(): Command {
  return new Command('plan')
    .description('how much shadow traffic a router stands, without and with packet cancellation')
    .option('--link <rate>', 'of the link, e.g. 10Gbps', quantity('rate', parseRate, '10Gbps'))
    .option(
      '--packet-rate <rate>',
      'packets per second that the router forwards for it (the link full of the smallest packets)',
      quantity('packet rate', parsePacketRate, '14.88Mpps'),
    )
    .option('--real-sizes <sizes>', 'of real packets: 40B:50%,1500B:50%, or a .pcap, .pcapng or .csv file')
    .option('--shadow-sizes <sizes>', 'of shadow packets (those of the real ones)')
    .option('--real-load <shares>', 'real loads to plan for, e.g. 30%,60% (every tenth)', parseLoads)
    .option(
      '--header <size>',
      'bytes kept of a packet whose payload is cancelled',
      parseHeaderBytes,
      DEFAULT_CANCELLATION.headerBytes,
    )
    .option('--run <run>', 'sizes and loads of the links of a run, instead of --link and sizes')
    .option('--json', 'as JSON')
    .option('--plot <file.svg>', 'draw the loads that the router stands')
    .addHelpText(
      'after',
      `
Examples:
  shadowlab plan --link 10Gbps --real-sizes 40B:50%,576B:30%,1500B:20%
  shadowlab plan --link 10Gbps --packet-rate 8Mpps --real-sizes real.pcap --shadow-sizes 300B --plot plan.svg
  shadowlab plan --run results/abilene-backup-path/latest`,
    )
    .action(async (options: Options) => {
      const plan = options.run === undefined ? planGiven(options) : await planMeasured(options.run, options);
      const text =
        options.json === true
          ? JSON.stringify(planJson(plan), null, 2)
          : planLines(plan).map(printable).join('\n');
      if (options.plot !== undefined) writePlot(options.plot, await planPlot(plan));
      process.stdout.write(`${text}\n`);
    });
}

function planGiven({ link, packetRate, realSizes, shadowSizes, realLoad, header }: Options): Plan {
  if (link === undefined || realSizes === undefined) {
    const missing =
      link === undefined ? '--link, e.g. --link 10Gbps' : '--real-sizes, e.g. --real-sizes 300B';
    throw new InputError(`a plan needs ${missing} (or --run with the folder of a run)`);
  }
  const real = readSizes('--real-sizes', realSizes);
  return planOf({
    linkBps: link,
    ...(packetRate !== undefined && { packetRate }),
    framing: ETHERNET,
    real,
    shadow: shadowSizes === undefined ? real : readSizes('--shadow-sizes', shadowSizes),
    keptBytes: header,
    realLoads: realLoad ?? REAL_LOADS,
  });
}

async function planMeasured(run: string, options: Options): Promise<Plan> {
  const given = (['link', 'realSizes', 'shadowSizes'] as const).find((key) => options[key] !== undefined);
  if (given !== undefined) {
    const name = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new InputError(`--${name} is measured in the run: leave out one of --${name} and --run`);
  }
  const { packetRate, realLoad, header } = options;
  const loads = await useRun(run, 'plan', ({ facts }) => linkLoads(facts));
  const plan = planOfRun(loads, {
    ...(packetRate !== undefined && { packetRate }),
    keptBytes: header,
    realLoads: realLoad ?? REAL_LOADS,
  });
  if (plan !== undefined) return plan;
  throw new InputError(
    `${run}: no packet between routers is counted in any step (is there a link between two routers, and is the run whole and of this version?)`,
  );
}

function writePlot(file: string, svg: string): void {
  try {
    writeFileSync(file, svg);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new InputError(`--plot: ${systemError(error)}`);
  }
}

function quantity(
  kind: string,
  parse: (text: string) => number | undefined,
  example: string,
): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value !== undefined && value > 0) return value;
    throw new InvalidArgumentError(`It is a ${kind} with its unit, such as ${example}.`);
  };
}

function parseHeaderBytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= MIN_HEADER_BYTES && bytes <= 65_535) return bytes;
  throw new InvalidArgumentError(`It is a size from ${MIN_HEADER_BYTES}B on, such as ${MIN_HEADER_BYTES}B.`);
}

function parseLoads(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const load = parseShare(part.trim());
    if (load !== undefined) return load;
    throw new InvalidArgumentError('It is a share of the link, such as 30%, or several: 30%,60%.');
  });
}
