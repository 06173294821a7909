/** `shadowlab fib`: what differs between the forwarding tables of a run: of two planes, two routers, two moments. */
import { Command } from 'commander';
import { compareAt, type FibComparison, type FibPlace } from '../analysis/fib-compare.ts';
import { comparisonJson, comparisonLines, formatMoment } from '../analysis/fib-text.ts';
import { formatList } from '../analysis/format.ts';
import { PLANES, type RunView } from '../analysis/view.ts';
import { nearest } from '../net/suggest.ts';
import type { Plane } from '../net/wire.ts';
import { printable } from '../runner/experiment/problem.ts';
import { InputError } from './exit.ts';
import { useRun } from './run-folder.ts';

interface Options {
  readonly router?: string;
  readonly plane?: string;
  readonly at?: string;
  readonly json?: boolean;
}

/** The two sides of a comparison; the same value twice where the user gave one. */
type Sides<Value> = readonly [from: Value, to: Value];

const BETWEEN = '..';

export function fibCommand(): Command {
  return new Command('fib')
    .description('what differs between forwarding tables: of two planes, two routers, two moments')
    .argument('<run>', 'folder of the run, e.g. results/abilene-backup-path/latest')
    .option('--router <name>', 'only this router; A..B compares A with B')
    .option('--plane <plane>', 'real, shadow, or real..shadow (what is compared where nothing else is)')
    .option(
      '--at <moment>',
      'start, end (the default), or a step; 2..3 compares after step 2 with after step 3',
    )
    .option('--json', 'as JSON, with every prefix')
    .addHelpText(
      'after',
      `
Examples:
  shadowlab fib RUN                                   real against shadow, on every router, at the end
  shadowlab fib RUN --router DNVR --at start          on one router, before the first step
  shadowlab fib RUN --at start..end --plane shadow    what the run did to the shadow plane
  shadowlab fib RUN --router DNVR..KSCY               one router against another, by the neighbours they send to`,
    )
    .action(async (run: string, options: Options) => {
      const output = await useRun(run, 'comparison', ({ view }) => outputOf(view, options));
      process.stdout.write(output);
    });
}

function outputOf(view: RunView, options: Options): string {
  const places = placesOf(view, options);
  const comparisons = places.map(({ from, to }) => compareAt(view, from, to));
  const known = comparisons.filter((comparison) => comparison !== undefined);
  const unknown = places.filter((_, index) => comparisons[index] === undefined).map(routersOf);
  if (options.json === true) {
    const json = {
      experiment: view.start.experiment,
      comparisons: known.map(comparisonJson),
      notRecorded: unknown,
    };
    return `${JSON.stringify(json, null, 2)}\n`;
  }
  const different = known.filter(({ changes }) => changes.length > 0);
  const same = known.filter(({ changes }) => changes.length === 0).map(routersOf);
  const blocks = [
    ...different.map((comparison) => comparisonLines(titleOf(comparison), comparison)),
    ...listed(
      `no difference${different.length > 0 ? '' : ` (${momentsOf(known[0] ?? places[0])})`} on`,
      same,
    ),
    ...listed('no forwarding table is recorded of', unknown),
  ];
  return `${blocks.map((lines) => lines.map(printable).join('\n')).join('\n\n')}\n`;
}

const listed = (what: string, names: readonly string[]): readonly (readonly string[])[] =>
  names.length === 0 ? [] : [[`${what} ${formatList(names, names.length)}`]];

type Pair = Pick<FibComparison, 'from' | 'to'>;

const routersOf = ({ from, to }: Pair): string =>
  from.router === to.router ? from.router : `${from.router} and ${to.router}`;

/** `real to shadow after step 3`, said as briefly as it can be. */
function momentsOf({ from, to }: Pair): string {
  const [a, b] = [formatMoment(from), formatMoment(to)];
  if (a === b) return a;
  return from.step === to.step ? `${from.plane} to ${b}` : `${a} to ${b}`;
}

function titleOf({ from, to }: Pair): string {
  if (from.router === to.router) return `${from.router}, ${momentsOf({ from, to })}`;
  const [a, b] = [formatMoment(from), formatMoment(to)];
  return a === b ? `${from.router} to ${to.router}, ${a}` : `${from.router}, ${a}, to ${to.router}, ${b}`;
}

/** One pair of tables for each router asked for. */
function placesOf(view: RunView, options: Options): readonly Pair[] {
  const routers = routersAsked(view, options.router);
  const steps: Sides<number> = sidesOf(options.at ?? 'end', (text) => momentCalled(view, text));
  const others = steps[0] !== steps[1] || routers.some(([a, b]) => a !== b);
  const planes = sidesOf(options.plane ?? (others ? 'real' : `real${BETWEEN}shadow`), planeCalled);
  if (!others && planes[0] === planes[1]) {
    throw new InputError(
      `both sides are ${formatMoment({ plane: planes[0], step: steps[0] })}: say what to compare with, as --at start..end, --plane real..shadow or --router A..B`,
    );
  }
  const place = (router: string, side: 0 | 1): FibPlace => ({
    router,
    plane: planes[side],
    step: steps[side],
  });
  return routers.map(([from, to]) => ({ from: place(from, 0), to: place(to, 1) }));
}

function routersAsked(view: RunView, text: string | undefined): readonly Sides<string>[] {
  const { routers } = view.network;
  if (text === undefined) return routers.map((router): Sides<string> => [router, router]);
  return [sidesOf(text, (name) => (routers.includes(name) ? name : unknownName('router', name, routers)))];
}

/** `X` as X twice, `X..Y` as both. Names may have two dots in themselves: what is known counts, the whole first. */
function sidesOf<Value>(text: string, called: (text: string) => Value | InputError): Sides<Value> {
  const whole = called(text);
  if (!(whole instanceof InputError)) return [whole, whole];
  let wrong = whole;
  for (let at = text.indexOf(BETWEEN); at >= 0; at = text.indexOf(BETWEEN, at + 1)) {
    const [from, to] = [called(text.slice(0, at)), called(text.slice(at + BETWEEN.length))];
    if (from instanceof InputError) wrong = from;
    else if (to instanceof InputError) wrong = to;
    else return [from, to];
  }
  throw wrong;
}

const planeCalled = (text: string): Plane | InputError =>
  PLANES.find((plane) => plane === text) ?? unknownName('plane', text, PLANES);

/** The number of the step at whose end the moment is. */
function momentCalled(view: RunView, text: string): number | InputError {
  const { steps } = view.start;
  const done = steps.filter(({ number }) => view.step(number)?.toNs !== undefined);
  if (text === 'start') return 0;
  if (text === 'end') return done.at(-1)?.number ?? 0;
  const step = steps.find(({ name, number }) => name === text || String(number) === text);
  if (step === undefined)
    return unknownName('step', text, ['start', 'end', ...steps.map(({ name }) => name)]);
  if (done.includes(step)) return step.number;
  return new InputError(
    `step ${step.number} (${step.name}) was not run to its end: nothing is recorded of it`,
  );
}

function unknownName(kind: string, name: string, known: readonly string[]): InputError {
  const near = nearest(name, known);
  const remedy = near === undefined ? `known: ${formatList(known, 20)}` : `did you mean "${near}"?`;
  return new InputError(`unknown ${kind} "${printable(name)}" (${printable(remedy)})`);
}
