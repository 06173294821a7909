/**
 * The backends, by name. Each is loaded when it is asked for: a run on the embedded one need not pay for a library
 * that talks to Docker.
 */
import type { Backend } from '../lab.ts';
import { folders } from './cleaning.ts';
import type { Finding } from './finding.ts';
import type { Leftover } from './leftover.ts';

export interface BackendOptions {
  /** Of containers; the backend's own where it is left out. */
  readonly image?: string;
}

interface Entry {
  readonly load: (options: BackendOptions) => Promise<Backend>;
  /** See finding.ts. */
  readonly findings: (options: BackendOptions) => Promise<readonly Finding[]>;
  /** See leftover.ts. */
  readonly leftovers: () => Promise<readonly Leftover[]>;
}

const ENTRIES = {
  embedded: {
    load: async () => (await import('./embedded/embedded.ts')).embedded,
    findings: async () => [{ state: 'ok', what: 'needs nothing else' }],
    leftovers: async () => [],
  },
  netns: {
    load: async () => (await import('./netns/netns.ts')).netns,
    findings: async () => (await import('./netns/findings.ts')).findings(),
    leftovers: async () => (await import('./netns/leftovers.ts')).leftovers(),
  },
  docker: {
    load: async (options) => (await import('./docker/docker.ts')).docker(options),
    findings: async (options) => (await import('./docker/findings.ts')).findings(options),
    leftovers: async () => (await import('./docker/leftovers.ts')).leftovers(),
  },
  containerlab: {
    load: async (options) => (await import('./containerlab/containerlab.ts')).containerlab(options),
    findings: async (options) => (await import('./containerlab/findings.ts')).findings(options),
    leftovers: async () => (await import('./containerlab/leftovers.ts')).leftovers(),
  },
} satisfies Readonly<Record<string, Entry>>;

export type BackendName = keyof typeof ENTRIES;

export const BACKENDS = Object.keys(ENTRIES) as readonly BackendName[];

export function backendNamed(name: BackendName, options: BackendOptions): Promise<Backend> {
  return entryOf(name).load(options);
}

/** What this machine has, or lacks, of what the backend needs. Never rejects. */
export function findingsOf(name: BackendName, options: BackendOptions): Promise<readonly Finding[]> {
  return entryOf(name).findings(options);
}

/** All that runs of any backend left on this machine, in the order in which it can be removed. */
export async function allLeftovers(): Promise<readonly Leftover[]> {
  // What was built on top goes first: containerlab's labs are containers, containers are in namespaces.
  const found = await Promise.all(BACKENDS.toReversed().map((name) => entryOf(name).leftovers()));
  return [...found.flat(), ...folders()];
}

function entryOf(name: BackendName): Entry {
  return ENTRIES[name];
}
