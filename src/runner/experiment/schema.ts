/**
 * The schemas of the user's files, and what they have against a value, in sentences. Ajv finds what is wrong;
 * here its findings become one problem for each mistake: the branches of an `anyOf` that the user cannot have
 * meant are left out, unknown keys and words come with a suggestion, and a schema's own `errorMessage` (which
 * editors show, too) says what is expected.
 */
import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchemaObject, type ErrorObject, type SchemaObject } from 'ajv/dist/2020.js';
import { parseInterfaceAddress, parseIpv4, parsePrefix } from '../../net/address.ts';
import { type DocumentPath, type DocumentProblem, didYouMean } from './problem.ts';
import { UNITS } from './units.ts';

const BASE = 'https://shadowlab.example/schemas/';

/** `#/$defs/overlay` of a schema, or all of it. */
export type SchemaName = `${'experiment' | 'topology'}.schema.json${'' | `#/$defs/${string}`}`;

/** What the schema has against the value; empty where it is valid. Paths lead to values, or to keys where `atKey`. */
export function checkSchema(schema: SchemaName, value: unknown): readonly DocumentProblem[] {
  return problemsOf(BASE + schema, value, []);
}

/** Formats beyond what a pattern can say: the parsers themselves. */
const FORMATS: Readonly<Record<string, { parses: (text: string) => boolean; expected: string }>> = {
  ...Object.fromEntries(
    Object.entries(UNITS).map(([name, { parse, example, units }]) => [
      name,
      {
        parses: (text: string) => parse(text) !== undefined,
        expected: `expected a ${name} with its unit (${units.join(', ')})${name === 'share' ? ', 0% to 100%' : ''}, such as ${example}`,
      },
    ]),
  ),
  ipv4: {
    parses: (text) => parseIpv4(text) !== undefined,
    expected: 'expected an IPv4 address, such as 10.255.0.3',
  },
  prefix: {
    parses: (text) => parsePrefix(text) !== undefined,
    expected: 'expected a prefix with no host bits set, such as 10.254.0.0/16',
  },
  'interface-address': {
    parses: (text) => parseInterfaceAddress(text) !== undefined,
    expected: 'expected an address with the length of its subnet, such as 10.1.0.10/24',
  },
};

function readSchema(file: string): SchemaObject {
  return JSON.parse(readFileSync(new URL(`../../../schemas/${file}`, import.meta.url), 'utf8'));
}

const SCHEMAS = [readSchema('topology.schema.json'), readSchema('experiment.schema.json')];

const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  strictRequired: false,
  formats: Object.fromEntries(Object.entries(FORMATS).map(([name, { parses }]) => [name, parses])),
  schemas: SCHEMAS,
});
ajv.addKeyword('errorMessage');

/** Where each subschema stands: `https://.../experiment.schema.json#/$defs/flow`. */
const PLACES = new Map<unknown, string>();
for (const schema of SCHEMAS) notePlaces(schema, `${schema.$id}#`);

function notePlaces(schema: unknown, place: string): void {
  if (typeof schema !== 'object' || schema === null) return;
  PLACES.set(schema, place);
  for (const [key, child] of Object.entries(schema)) {
    notePlaces(child, `${place}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

function problemsOf(place: string, value: unknown, at: DocumentPath): readonly DocumentProblem[] {
  const validate = ajv.getSchema(place);
  if (validate === undefined) throw new Error(`no schema ${place}`);
  if (validate(value) === true) return [];
  const errors = (validate.errors ?? []).map((error) => ({ error, path: pathOf(error.instancePath) }));
  const choices = errors.filter(({ error }) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  // Of several at one place, the outer one comes last.
  const outermost = choices.filter(
    ({ path }, index) =>
      !choices.some((other) => isInside(path, other.path)) &&
      !choices.slice(index + 1).some((later) => samePath(path, later.path)),
  );
  const problems: DocumentProblem[] = [];
  for (const { error, path } of outermost) {
    problems.push(...problemsOfChoice(error, [...at, ...path]));
  }
  for (const { error, path } of errors) {
    if (outermost.some((choice) => samePath(path, choice.path) || isInside(path, choice.path))) continue;
    const problem = problemOf(error, [...at, ...path]);
    if (!problems.some((known) => known.atKey === problem.atKey && samePath(known.path, problem.path))) {
      problems.push(problem);
    }
  }
  return problems;
}

/**
 * The problems of the one branch that the user must have meant: right in kind, and with fewest problems. Where
 * none is, what the whole choice expects.
 */
function problemsOfChoice(error: ErrorObject, path: DocumentPath): readonly DocumentProblem[] {
  const schema = error.parentSchema ?? {};
  const place = PLACES.get(schema);
  const branches = Array.isArray(error.schema) ? error.schema : [];
  if (place !== undefined) {
    const tried = branches
      .map((_, index) => problemsOf(`${place}/${error.keyword}/${index}`, error.data, path))
      .filter((problems) => problems.every((problem) => problem.atKey || !samePath(problem.path, path)))
      .toSorted((a, b) => distance(a, path) - distance(b, path));
    const [best, second] = tried;
    if (best !== undefined && (second === undefined || distance(best, path) < distance(second, path)))
      return best;
  }
  return [
    {
      path,
      message: saying(path, schema.errorMessage ?? 'this is not one of the forms allowed here', error.data),
    },
  ];
}

/**
 * How far a value at `path` is from a branch: a key that the branch does not know tells more than one that is
 * missing, and most where it is the value's own.
 */
function distance(problems: readonly DocumentProblem[], path: DocumentPath): number {
  const unknown = problems.filter((problem) => problem.atKey);
  const own = unknown.filter((problem) => problem.path.length === path.length + 1);
  return problems.length + unknown.length + own.length;
}

function problemOf(error: ErrorObject, path: DocumentPath): DocumentProblem {
  const { keyword, params, data, parentSchema = {} } = error;
  const expects = (what: string, suggestion?: string): DocumentProblem => {
    const message = saying(path, parentSchema.errorMessage ?? what, data);
    return suggestion === undefined ? { path, message } : { path, message, suggestion };
  };
  switch (keyword) {
    case 'additionalProperties': {
      const key: string = params.additionalProperty;
      const known = Object.keys(parentSchema.properties ?? {});
      const suggestion = didYouMean(key, known) ?? `known here: ${known.join(', ')}`;
      return { path: [...path, key], atKey: true, message: `unknown key "${key}"`, suggestion };
    }
    case 'required':
      return {
        path: [...path, params.missingProperty],
        message: `the key "${params.missingProperty}" is missing`,
      };
    case 'type':
      return parentSchema.format === undefined
        ? expects(`expected ${kindOf(params.type)}`, quoting(parentSchema, data))
        : expects(FORMATS[parentSchema.format].expected);
    case 'enum': {
      const words: readonly string[] = params.allowedValues.map(String);
      return expects(`expected ${words.join(' or ')}`, didYouMean(String(data), words));
    }
    case 'const':
      return expects(`expected ${show(params.allowedValue)}`);
    case 'format':
      return expects(FORMATS[params.format].expected, rightUnit(String(data), FORMATS[params.format].parses));
    case 'pattern': {
      const pattern = new RegExp(params.pattern, 'u');
      return expects(
        `expected text of the form ${params.pattern}`,
        rightUnit(String(data), (text) => pattern.test(text)),
      );
    }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return expects(params.limit === 1 ? 'this must not be empty' : `expected at least ${params.limit}`);
    case 'maxLength':
      return expects(`expected at most ${params.limit} characters`);
    case 'maxItems':
    case 'maxProperties': {
      const key = path.findLast((step) => typeof step === 'string');
      const found = Object.keys(Object(data)).length;
      return {
        path,
        message: `${key === undefined ? '' : `${key}: `}expected at most ${params.limit}, found ${found}`,
      };
    }
    case 'minimum':
      return expects(`expected at least ${params.limit}`);
    case 'maximum':
      return expects(`expected at most ${params.limit}`);
    case 'exclusiveMinimum':
      return expects(`expected more than ${params.limit}`);
    default:
      return expects(error.message ?? keyword);
  }
}

/** `rate: expected a rate with its unit, such as 6Mbps, found 6`. */
function saying(path: DocumentPath, expected: string, found: unknown): string {
  const key = path.findLast((step) => typeof step === 'string');
  return `${key === undefined ? '' : `${key}: `}${expected}, found ${show(found)}`;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  if (typeof value !== 'string') return String(value);
  const line = value.split('\n', 1)[0];
  return line.length < value.length || line.length > 60 ? `"${line.slice(0, 60)}…"` : `"${value}"`;
}

function kindOf(type: string | readonly string[]): string {
  const kinds = {
    object: 'a mapping (key: value)',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    null: 'nothing',
  };
  const types = typeof type === 'string' ? [type] : type;
  return types
    .filter((name) => name !== 'null' || types.length === 1)
    .map((name) => (Object.hasOwn(kinds, name) ? kinds[name as keyof typeof kinds] : name))
    .join(' or ');
}

/** A router called 1 is "1" in YAML. */
function quoting(schema: AnySchemaObject, data: unknown): string | undefined {
  const wantsName = schema.type === 'string' && schema.pattern === undefined;
  return wantsName && (typeof data === 'number' || typeof data === 'boolean')
    ? `to use it as a name, write it in quotes: "${data}"`
    : undefined;
}

/** The same number with the unit that was meant: 6mbps and 6Mbit/s are 6Mbps. (6MBps is not: those are bytes.) */
function rightUnit(text: string, isRight: (text: string) => boolean): string | undefined {
  const match = /^((?:<=?|>=?|==)? ?\d+(?:\.\d+)?) ?([A-Za-z/µ]+)$/.exec(text);
  if (match === null || /B(ps|\/s)$/.test(match[2])) return undefined;
  const units = Object.values(UNITS).flatMap((kind) => kind.units as readonly string[]);
  const meant = match[2].replace(/(?:b\/s|bit\/s|bit)$/i, 'bps').replace('µ', 'u');
  const right = units.filter((unit) => isRight(match[1] + unit));
  const unit =
    right.find((name) => name === meant) ?? right.find((name) => name.toLowerCase() === meant.toLowerCase());
  return unit === undefined
    ? didYouMean(
        text,
        right.map((name) => match[1] + name),
      )
    : `did you mean "${match[1]}${unit}"?`;
}

function pathOf(pointer: string): DocumentPath {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function samePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && a.every((step, index) => String(step) === String(b[index]));
}

/** Is `path` strictly beneath `above`? */
function isInside(path: DocumentPath, above: DocumentPath): boolean {
  return path.length > above.length && above.every((step, index) => String(step) === String(path[index]));
}
