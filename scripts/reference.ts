/** The reference of experiment files for people, in Markdown, from nothing but the schemas. */
import { UNITS } from '../src/runner/experiment/units.ts';
import type { Schema } from './schema.ts';

/** What stands in a section of its own, in order; whatever else a section speaks of is told in its table. */
const SECTIONS: readonly (readonly [definition: string, title: string])[] = [
  ['configs', 'Configurations'],
  ['traffic', 'Traffic'],
  ['flow', 'A flow'],
  ['replayFlow', 'A replayed capture'],
  ['streamFlow', 'A video stream'],
  ['tcpFlow', 'A TCP connection'],
  ['matrixTraffic', 'A traffic matrix'],
  ['step', 'Steps'],
  ['converge', 'converge'],
  ['fail', 'fail'],
  ['restore', 'restore'],
  ['change', 'change'],
  ['probe', 'probe'],
  ['ping', 'ping'],
  ['exec', 'exec'],
  ['iperf', 'iperf'],
  ['commitment', 'commit and rollback'],
  ['expectation', 'Expectations'],
  ['claims', 'Claims'],
  ['textClaim', 'stdout and stderr'],
  ['jsonClaim', 'json'],
  ['fib', 'fib'],
  ['bandwidth', 'Bandwidth'],
  ['management', 'Management network'],
  ['topology', 'Topology'],
  ['overlay', 'A topology from a file'],
  ['router', 'Routers'],
  ['host', 'Hosts'],
  ['externalPeer', 'External peers'],
  ['link', 'Links'],
  ['defaults', 'Defaults of links'],
  ['addressing', 'Addressing'],
  ['ospf', 'OSPF'],
  ['bgp', 'BGP'],
];

/** A sign and a quantity. */
const COMPARISONS: readonly string[] = ['count', 'timeLimit', 'rateLimit'];

interface Row {
  readonly key: string;
  readonly value: string;
  readonly given: string;
  readonly meaning: string;
}

export function experimentReference(experiment: Schema, topology: Schema): string {
  const definitions = { ...topology.$defs, ...experiment.$defs };
  const told = new Set(SECTIONS.map(([name]) => name));

  /** The definition that a `$ref` names, with what stands beside the `$ref` in front. */
  const resolve = (schema: Schema): Schema => {
    const name = nameOf(schema);
    if (name === undefined) return schema;
    const { $ref: _, ...beside } = schema;
    return { ...resolve(definitions[name] ?? {}), ...beside };
  };

  const value = (schema: Schema): string => {
    const name = nameOf(schema);
    const whole = resolve(schema);
    if (name !== undefined && told.has(name)) return link(name);
    if (isQuantity(whole)) return `[${whole.format}](#quantities)`;
    if (name !== undefined && COMPARISONS.includes(name)) return '[comparison](#quantities)';
    if (whole.const !== undefined) return code(whole.const);
    if (whole.enum !== undefined) return whole.enum.map(code).join(', ');
    const choices = whole.anyOf ?? whole.oneOf;
    if (choices !== undefined) return [...new Set(choices.map(value))].join(', or ');
    if (whole.items !== undefined) return `list of ${value(whole.items)}`;
    if (typeof whole.additionalProperties === 'object')
      return `mapping from name to ${value(whole.additionalProperties)}`;
    if (whole.properties !== undefined) return keysOf(whole);
    return kind(whole);
  };

  /** A mapping written in place is told key by key, below the key that it stands under. */
  const rows = (schema: Schema, above = ''): readonly Row[] =>
    Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
      const whole = resolve(property);
      const row: Row = {
        key: above + key,
        value: value(property),
        given:
          schema.required?.includes(key) === true
            ? '**required**'
            : whole.default === undefined
              ? ''
              : code(whole.default),
        meaning: [whole.description ?? '', examples(isQuantity(whole) ? property : whole)]
          .filter((part) => part !== '')
          .join(' '),
      };
      return [row, ...placed(property).flatMap(([inner, mark]) => rows(inner, `${above}${key}${mark}.`))];
    });

  /** Mappings that stand in place within a property, and how their keys are written after it. */
  const placed = (property: Schema): readonly (readonly [Schema, string])[] => {
    const name = nameOf(property);
    if (name !== undefined && told.has(name)) return [];
    const whole = resolve(property);
    if (whole.items !== undefined) return placed(whole.items).map(([inner, mark]) => [inner, `[]${mark}`]);
    const choices = whole.anyOf ?? whole.oneOf;
    if (choices !== undefined) return choices.flatMap(placed);
    return whole.properties === undefined ? [] : [[whole, '']];
  };

  const body = (schema: Schema): string => {
    const whole = resolve(schema);
    const choices = whole.anyOf ?? whole.oneOf ?? [];
    const shapes = [whole, ...choices.filter((choice) => !told.has(nameOf(choice) ?? '')).map(resolve)];
    const lines = choices.length > 0 ? `\nValue: ${value(schema)}.\n` : '';
    const notes = choices
      .filter(
        (choice) => resolve(choice).properties === undefined && resolve(choice).description !== undefined,
      )
      .map((choice) => `\n${resolve(choice).description} ${examples(resolve(choice))}\n`);
    return `${whole.description ?? ''}\n${lines}${notes.join('')}${table(shapes.flatMap((shape) => rows(shape)))}`;
  };

  const titleOf = (name: string): string => SECTIONS.find(([other]) => other === name)?.[1] ?? name;
  const link = (name: string): string => `[${titleOf(name)}](#${anchor(titleOf(name))})`;
  const sections = SECTIONS.map(([name, title]) => {
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`no definition ${name}`);
    return `## ${title}\n\n${body({ ...definition })}`;
  });
  return `${[
    '# Experiment files',
    '<!-- Made from schemas/ by scripts/generate.ts: change those, not this. -->',
    `${experiment.description} The file is YAML, UTF-8, at most 1 MiB, one document. A key that is not told here is an error.`,
    'Editors that know the YAML language server check and complete the file when its first line is `# yaml-language-server: $schema=PATH/schemas/experiment.schema.json`.',
    table(rows(experiment)).trim(),
    ...sections,
    quantities(),
  ].join('\n\n')}\n`.replace(/\n{3,}/g, '\n\n');
}

function quantities(): string {
  const lines = Object.entries(UNITS).map(
    ([name, { units, example }]) => `| ${name} | ${units.map(code).join(', ')} | ${code(example)} |`,
  );
  return `## Quantities\n\nA number and its unit, which is never left out. Prefixes are decimal: 1 kB is 1000 B.\n\n| quantity | units | example |\n|---|---|---|\n${lines.join('\n')}\n\nA comparison is a sign (\`<\`, \`<=\`, \`>\`, \`>=\`) and a quantity or a number of packets, in quotes: \`"<20ms"\`, \`">0"\`. A number of packets alone, \`0\`, means exactly so many.`;
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(
    ({ key, value, given, meaning }) => `| \`${key}\` | ${cell(value)} | ${cell(given)} | ${cell(meaning)} |`,
  );
  return `\n| key | value | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}

function examples(schema: Schema): string {
  const shown = (schema.examples ?? []).map(code);
  return shown.length === 0 ? '' : `Example${shown.length > 1 ? 's' : ''}: ${shown.join(', ')}.`;
}

function kind(schema: Schema): string {
  const types = (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])).filter(
    (type) => type !== 'null',
  );
  const words = { string: 'text', integer: 'whole number', number: 'number', boolean: '`true` or `false`' };
  const named = types.map((type) => (type in words ? words[type as keyof typeof words] : type)).join(', or ');
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `${named}, ${minimum} .. ${maximum}`;
  if (minimum !== undefined) return `${named} from ${minimum}`;
  return exclusiveMinimum === undefined ? named : `${named} above ${exclusiveMinimum}`;
}

function isQuantity(schema: Schema): boolean {
  return schema.format !== undefined && schema.format in UNITS;
}

function keysOf(schema: Schema): string {
  return `\`{ ${Object.keys(schema.properties ?? {}).join(', ')} }\``;
}

function nameOf(schema: Schema): string | undefined {
  return schema.$ref?.replace(/^.*\//, '');
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

/** As it is written in YAML, in one line. */
function code(value: unknown): string {
  return `\`${flow(value)}\``;
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, child]) => `${key}: ${flow(child)}`)
      .join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  return value === '' || /^[<>=]|\n/.test(value) ? JSON.stringify(value) : value;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
