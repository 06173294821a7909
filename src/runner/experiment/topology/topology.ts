/**
 * Topologies: where they come from, and how they become whole.
 *
 *     an experiment's `topology:`        text → value → draft → topology and configurations
 *       a file name                      *.yaml        native.ts         ┐
 *       { file: ..., hosts: ... }        *.clab.yml    containerlab.ts   ├ draft.ts → assemble.ts
 *       { nodes: ..., links: ... }       *.gml         gml.ts, zoo.ts    ┘
 *
 * An importer only says what its file says, in a draft; names of ports and links (names.ts), addresses
 * (addresses.ts) and the routers' own configurations (real-config.ts) are made from the draft, the same way for
 * all. What must stay true: the same text gives the same topology; a link added at the end of a file changes no
 * name and no address of what was there; everything that is wrong is told at once, with its place.
 */
import { basename } from 'node:path';
import type { DocumentPath, Problem } from '../problem.ts';
import { fileProblem } from '../problem.ts';
import type { ContainerlabFile, NativeTopology, TopologyOverlay } from '../schema.generated.ts';
import { checkSchema, type SchemaName } from '../schema.ts';
import { fileBeside, readSourceText, type SourceText } from '../source-text.ts';
import { YamlDocument } from '../yaml-document.ts';
import { type Assembled, assemble } from './assemble.ts';
import { readContainerlab } from './containerlab.ts';
import type { Draft } from './draft.ts';
import { Findings, type Place, type Words } from './findings.ts';
import { overlay, readNative } from './native.ts';
import { readZoo } from './zoo.ts';

export interface ResolvedTopology {
  /** Absent where there are errors among the problems. */
  readonly resolved?: Assembled;
  readonly problems: readonly Problem[];
}

/**
 * Resolves what stands at `path` of a document: a file name (relative to the document's folder), a file and what
 * is added to it, or the topology itself.
 */
export function resolveTopology(document: YamlDocument, path: DocumentPath): ResolvedTopology {
  const findings = new Findings();
  const draft = readSource(document, path, findings);
  return finish(draft, findings);
}

/** Resolves a topology's text; the file's name says which kind it is. */
export function resolveTopologyText(source: SourceText): ResolvedTopology {
  const findings = new Findings();
  const kind = kindOf(source.file);
  return finish(kind === undefined ? undefined : readText(source, kind, findings), findings);
}

/** Resolves a topology file: `*.clab.yml` or `*.clab.yaml`, `*.gml`, or `*.yaml` and `*.yml` of our own grammar. */
export function resolveTopologyFile(file: string): ResolvedTopology {
  const findings = new Findings();
  const draft = readFile(file, (words) => findings.add([wholeFile(file, words)]), findings);
  return finish(draft, findings);
}

function finish(draft: Draft | undefined, findings: Findings): ResolvedTopology {
  const resolved = draft === undefined || findings.failed ? undefined : assemble(draft, findings);
  return { ...(resolved === undefined ? {} : { resolved }), problems: findings.problems };
}

function readSource(document: YamlDocument, path: DocumentPath, findings: Findings): Draft | undefined {
  const value = path.reduce<unknown>(childOf, document.value);
  const place = placeIn(document, path);
  const named = typeof value === 'string' ? value : childOf(value, 'file');
  if (named === undefined) {
    if (!isValid<NativeTopology>('topology.schema.json#/$defs/topology', value, document, path, findings))
      return undefined;
    return readNative(value, nameOfFile(document.file), place, findings);
  }
  if (typeof value !== 'string') {
    if (!isValid<TopologyOverlay>('topology.schema.json#/$defs/overlay', value, document, path, findings))
      return undefined;
    const base = readNamed(value.file, document, place(['file']), findings);
    return base === undefined ? undefined : overlay(base, value, place, findings);
  }
  return readNamed(value, document, place(), findings);
}

function readNamed(
  name: string,
  document: YamlDocument,
  location: ReturnType<Place>,
  findings: Findings,
): Draft | undefined {
  const file = fileBeside(document.file, name);
  return readFile(file, (words) => findings.error(location, words), findings);
}

/** `refuse` is told what is wrong with the file as a whole. */
function readFile(file: string, refuse: (words: Words) => void, findings: Findings): Draft | undefined {
  const kind = kindOf(file);
  if (kind === undefined) {
    refuse({
      message: `"${file}" is no kind of topology file that is known here`,
      suggestion: 'known are *.yaml, *.clab.yml (containerlab) and *.gml (Topology Zoo)',
    });
    return undefined;
  }
  const source = readSourceText(file);
  if ('wrong' in source) {
    refuse(`the topology file "${file}" ${source.wrong}`);
    return undefined;
  }
  return readText(source, kind, findings);
}

type Kind = 'native' | 'containerlab' | 'zoo';

function kindOf(file: string): Kind | undefined {
  if (/\.clab\.ya?ml$/.test(file)) return 'containerlab';
  if (/\.ya?ml$/.test(file)) return 'native';
  return file.endsWith('.gml') ? 'zoo' : undefined;
}

function readText(source: SourceText, kind: Kind, findings: Findings): Draft | undefined {
  const name = nameOfFile(source.file);
  if (kind === 'zoo') return readZoo(source, name, findings);
  const document = YamlDocument.parse(source);
  findings.add(document.problems);
  if (findings.failed) return undefined;
  const { value } = document;
  const place = placeIn(document, []);
  if (kind === 'native') {
    return isValid<NativeTopology>('topology.schema.json#/$defs/topology', value, document, [], findings)
      ? readNative(value, name, place, findings)
      : undefined;
  }
  return isValid<ContainerlabFile>('topology.schema.json#/$defs/containerlab', value, document, [], findings)
    ? readContainerlab(value, name, place, findings)
    : undefined;
}

/** The schema is what makes the value one of the type: the two are generated from one another. */
function isValid<Shape>(
  schema: SchemaName,
  value: unknown,
  document: YamlDocument,
  path: DocumentPath,
  findings: Findings,
): value is Shape {
  const problems = checkSchema(schema, value);
  findings.add(problems.map((problem) => document.problem({ ...problem, path: [...path, ...problem.path] })));
  return problems.length === 0;
}

function placeIn(document: YamlDocument, at: DocumentPath): Place {
  return (path = [], atKey) => document.locate([...at, ...path], atKey);
}

function childOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Object.entries(value).find(([own]) => own === String(key))?.[1]
    : undefined;
}

function nameOfFile(file: string): string {
  return basename(file).replace(/\.(gml|clab\.ya?ml|ya?ml)$/, '');
}

function wholeFile(file: string, words: Words): Problem {
  return typeof words === 'string'
    ? fileProblem(file, words)
    : fileProblem(file, words.message, words.suggestion);
}
