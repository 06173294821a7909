/**
 * What is made from the schemas: the TypeScript types of the user's files, and the reference for people.
 *
 *     node scripts/generate.ts            writes them
 *     node scripts/generate.ts --check    exits with 1 and names each file that is not what the schemas say
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { experimentReference } from './reference.ts';
import type { Schema } from './schema.ts';

const root = new URL('..', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

const experiment: Schema = JSON.parse(read('schemas/experiment.schema.json'));
const topology: Schema = JSON.parse(read('schemas/topology.schema.json'));

const outputs: Readonly<Record<string, string>> = {
  'src/runner/experiment/schema.generated.ts': await compile(
    bundled(experiment, topology),
    'ExperimentFile',
    {
      bannerComment: '/** Made from schemas/ by scripts/generate.ts: change those, not this. */',
      additionalProperties: false,
      unreachableDefinitions: true,
      maxItems: 2,
      style: { singleQuote: true, printWidth: 110 },
    },
  ),
  'docs/experiment-reference.md': experimentReference(experiment, topology),
};

const check = process.argv.includes('--check');
for (const [file, text] of Object.entries(outputs)) {
  if (!check) {
    writeFileSync(new URL(file, root), text);
  } else if (safely(() => read(file)) !== text) {
    console.error(`${file} is not what the schemas say: run node scripts/generate.ts`);
    process.exitCode = 1;
  }
}

/**
 * Both schemas as one for the type generator, and a description beside a `$ref` in place of the definition's own
 * (the generator would take that one).
 */
function bundled(main: Schema, shared: Schema): JSONSchema {
  const definitions = { ...shared.$defs, ...main.$defs };
  const count = Object.keys(shared.$defs ?? {}).length + Object.keys(main.$defs ?? {}).length;
  if (Object.keys(definitions).length < count) throw new Error('both schemas define the same name');
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref, ...siblings } = node as Schema;
    if ($ref !== undefined) {
      const name = $ref.replace(/^.*\//, '');
      const { title: _, ...definition } = definitions[name];
      return Object.keys(siblings).length === 0
        ? { $ref: `#/$defs/${name}` }
        : visit({ ...definition, ...siblings });
    }
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child)]));
  };
  const { $id: _, title: __, ...rest } = main;
  return visit({ ...rest, $defs: definitions }) as JSONSchema;
}

function safely(readIt: () => string): string | undefined {
  try {
    return readIt();
  } catch {
    return undefined;
  }
}
