/**
 * Holds the house to its plan: which folder may import which, and no circles. Run by `npm test`; prints what is
 * wrong and exits with 1.
 *
 *     cli → runner → peers → traffic, routerd → config, tcp → net, world
 *            runner → analysis → config → net, world
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** For each folder of src/: the others that it may import from. A folder that is not listed is refused. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  net: [],
  world: ['net'],
  config: ['net'],
  tcp: ['net', 'world'],
  traffic: ['net', 'world', 'config', 'tcp'],
  routerd: ['net', 'world', 'config', 'tcp'],
  peers: ['net', 'world', 'config', 'tcp', 'traffic', 'routerd'],
  analysis: ['net', 'world', 'config'],
  runner: ['net', 'world', 'config', 'traffic', 'routerd', 'peers', 'analysis'],
  cli: ['net', 'world', 'config', 'traffic', 'routerd', 'peers', 'analysis', 'runner'],
};

/** Node's own modules are for what touches the system: folders, or files by the beginning of their path. */
const MAY_USE_NODE: readonly string[] = [
  // node:vm: an engine that can be told to stop.
  'src/analysis/regex.ts',
  'src/runner/',
  'src/cli/',
  'src/routerd/main.ts',
  'src/routerd/daemon/',
  'src/routerd/ports/udp.ts',
  'src/routerd/ports/packet',
];

const files = globSync('src/**/*.ts').map((file) => file.replaceAll('\\', '/'));
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const wrong = [...files.flatMap(wrongArrows), ...circles()];
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exitCode = 1;
else console.log(`imports: ${files.length} files keep to the plan`);

/** The modules that a file names, relative ones as paths from the root. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map(([, from, bare, dynamic]) => {
    const name = from ?? bare ?? dynamic ?? '';
    return name.startsWith('.') ? normalize(join(dirname(file), name)) : name;
  });
}

function folderOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function wrongArrows(file: string): readonly string[] {
  const folder = folderOf(file);
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) return [`${file}: src/${folder} is not in the plan (scripts/check-imports.ts)`];
  return (imports.get(file) ?? []).flatMap((name) => {
    if (name.startsWith('node:')) {
      const may = MAY_USE_NODE.some((path) => file.startsWith(path));
      return may ? [] : [`${file}: may not use ${name}`];
    }
    if (!name.startsWith('src/')) return [];
    const other = folderOf(name);
    return other === folder || allowed.includes(other) ? [] : [`${file}: ${folder} may not import ${name}`];
  });
}

/** Each circle once, as the files on it. Type-only imports count: they tie files together just as well. */
function circles(): readonly string[] {
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    for (const other of imports.get(file) ?? []) if (imports.has(other)) visit(other, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  return found;
}
