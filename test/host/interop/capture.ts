/** What passes an interface, into a file, for tshark to look at (test/support/tshark.ts). */
import type { Namespace } from '../namespace.ts';
import { Program, run } from './process.ts';
import { until } from './router.ts';

export class Capture {
  readonly file: string;
  readonly #program: Program;

  constructor(namespace: Namespace, interfaceName: string, file: string) {
    this.file = file;
    this.#program = new Program(namespace, ['dumpcap', '-q', '-i', interfaceName, '-w', file]);
  }

  async begun(): Promise<void> {
    await until(
      'a capture begins',
      () => this.#program.said,
      (said) => {
        if (this.#program.hasEnded) throw new Error(`dumpcap ended: ${said}`);
        return said.includes('File:');
      },
    );
  }

  /** Ends it: the file is whole then. */
  async stop(): Promise<void> {
    await this.#program.end('SIGINT');
  }
}

/** Ends captures and puts what they have into one file, by time. */
export async function merged(captures: readonly Capture[]): Promise<string> {
  await Promise.all(captures.map((capture) => capture.stop()));
  const file = `${captures[0].file}.merged`;
  run('mergecap', '-w', file, ...captures.map((capture) => capture.file));
  return file;
}
