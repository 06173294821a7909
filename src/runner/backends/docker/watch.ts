/** The engine's own word of what becomes of a run's containers: the first that ends, or the engine's own end. */
import type { Readable } from 'node:stream';
import { answered, type Engine, whereIs } from './engine.ts';
import { MACHINE_LABEL, RUN_LABEL } from './settings.ts';

/** Of one event. */
const MAX_LINE = 65_536;

export interface Death {
  readonly machine: string;
  readonly code: string;
  /** The kernel ended a process of it for want of memory. */
  readonly isOutOfMemory: boolean;
}

export interface Watched {
  readonly died: (death: Death) => void;
  /** The engine tells nothing any more. */
  readonly lost: (reason: string) => void;
}

/** Each is told at most until `close`. Rejects with LabError. */
export async function watch(
  engine: Engine,
  run: string,
  { died, lost }: Watched,
): Promise<{ close(): void }> {
  const filters = { label: [`${RUN_LABEL}=${run}`], event: ['die', 'oom'] };
  const what = 'the engine does not tell what becomes of containers';
  // As above: a response of HTTP.
  const stream = (await answered(what, engine.getEvents({ filters }))) as Readable;
  let isClosed = false;
  let rest = '';
  let reason = 'it hung up';
  const outOfMemory = new Set<string>();
  const take = (line: string): void => {
    const { action, machine, code } = readEvent(line);
    if (machine === undefined) return;
    if (action === 'oom') outOfMemory.add(machine);
    if (action === 'die') died({ machine, code, isOutOfMemory: outOfMemory.has(machine) });
  };
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) if (!isClosed) take(line);
  });
  stream.on('error', (error: Error) => {
    reason = error.message;
  });
  stream.once('close', () => {
    if (!isClosed) lost(`the Docker engine at ${whereIs(engine)} is gone: ${reason}`);
  });
  return {
    close: () => {
      isClosed = true;
      stream.destroy();
    },
  };
}

interface ContainerEvent {
  readonly action?: string;
  readonly machine?: string;
  readonly code: string;
}

function readEvent(line: string): ContainerEvent {
  try {
    const { Action, Actor }: { Action?: string; Actor?: { Attributes?: Record<string, string> } } =
      JSON.parse(line);
    const attributes = Actor?.Attributes ?? {};
    const machine = attributes[MACHINE_LABEL];
    return {
      code: attributes.exitCode ?? '?',
      ...(Action !== undefined && { action: Action }),
      ...(machine !== undefined && { machine }),
    };
  } catch {
    return { code: '?' };
  }
}
