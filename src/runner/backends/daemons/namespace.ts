/**
 * Network namespaces, entered by the path that names them. Whatever is done often or by a library of this process is
 * done by the main thread itself, which enters and comes back (`inNamespace`); all else by `ip` and `nsenter`.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import * as libc from '../../../routerd/ports/libc.ts';
import { messageOf } from '../../../world/message-of.ts';
import { LabError } from '../../lab.ts';

const OWN = '/proc/thread-self/ns/net';
/** Of what `ip` says of a mistake, shown to people. */
const MAX_SHOWN = 500;

/** A namespace that is held open: it stays though its name goes. */
export class Namespace {
  readonly #fd: number;
  readonly #path: string;

  /** Throws LabError where there is none. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openNamespace(path);
  }

  /**
   * What `act` returns, called while this thread is in the namespace. It must be done when it returns: what it leaves
   * for later happens outside again. Throws LabError where the process may not enter, and what `act` throws.
   */
  inside<T>(act: () => T): T {
    const own = openNamespace(OWN);
    try {
      enter(this.#fd, this.#path);
      try {
        return act();
      } finally {
        enter(own, 'its own');
      }
    } finally {
      closeSync(own);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** `act`, once, in the namespace of that path; see `Namespace`. */
export function inNamespace<T>(path: string, act: () => T): T {
  const namespace = new Namespace(path);
  try {
    return namespace.inside(act);
  } finally {
    namespace.close();
  }
}

/**
 * Runs lines of `ip -batch` in one process, in the namespace where one is given, until one fails; or all of them where
 * it `goesOn`. Rejects with LabError where one failed.
 */
export async function ipBatch(
  lines: readonly string[],
  { namespace, goesOn = false }: { readonly namespace?: string; readonly goesOn?: boolean } = {},
): Promise<void> {
  if (lines.length === 0) return;
  const words = [...(goesOn ? ['-force'] : []), '-batch', '-'];
  const [command, more] =
    namespace === undefined ? ['ip', words] : ['nsenter', [entering(namespace), 'ip', ...words]];
  const { exitCode, stderr, shortMessage } = await execa(command, more, {
    input: `${lines.join('\n')}\n`,
    reject: false,
    stdout: 'ignore',
    // A Ctrl-C on the terminal is for the runner, which then takes the lab down in order.
    detached: true,
  });
  if (exitCode === 0) return;
  const at = /-:(\d+)$/.exec(stderr)?.[1];
  const line = at === undefined ? '' : ` (ip ${lines[Number(at) - 1]})`;
  // One line: where it is shown, others would be no text.
  const said = (stderr || shortMessage || '').trim().replaceAll('\n', '; ');
  throw new LabError(`the network could not be set up: ${said.slice(0, MAX_SHOWN)}${line}`);
}

/** What `nsenter` is told, before the words of a command that is to run in the namespace. */
export function entering(namespace: string): string {
  return `--net=${namespace}`;
}

/** Sets /proc/sys/net/… of the namespace; what this kernel does not have is left out. Throws LabError. */
export function setKernel(namespace: string, values: Readonly<Record<string, string | number>>): void {
  inNamespace(namespace, () => {
    for (const [name, value] of Object.entries(values)) {
      try {
        writeFileSync(`/proc/sys/net/${name}`, String(value));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
        throw new LabError(`net/${name} cannot be set: ${messageOf(error)}`);
      }
    }
  });
}

function openNamespace(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new LabError(`there is no network namespace ${path}: ${messageOf(error)}`);
  }
}

function enter(fd: number, what: string): void {
  try {
    libc.checked(libc.setns(fd, libc.CLONE_NEWNET), `the network namespace ${what} cannot be entered`);
  } catch (error) {
    throw new LabError(`${messageOf(error)}; real labs need root`);
  }
}
