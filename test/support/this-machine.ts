/**
 * The embedded lab with hosts that are machines: this one. A command on any of them is a process here; a host's address
 * in the lab is nobody's here.
 */
import { execa } from 'execa';
import { embedded } from '../../src/runner/backends/embedded/embedded.ts';
import { type Backend, type Lab, MAX_OUTPUT_BYTES } from '../../src/runner/lab.ts';

export const thisMachine: Backend = {
  name: 'this machine',
  deploy: async (experiment, deployment) => {
    const lab = await embedded.deploy(experiment, deployment);
    const controller = new AbortController();
    /** Outcomes that the lab has not told yet: it does while it goes on. */
    const ended: (() => void)[] = [];
    let running = 0;
    let wake = (): void => {};

    const exec: NonNullable<Lab['exec']> = (_host, { words, limitNs }, done) => {
      const [program = '', ...parameters] = words;
      const own = new AbortController();
      running++;
      const child = execa(program, parameters, {
        reject: false,
        stripFinalNewline: false,
        stdin: 'ignore',
        maxBuffer: MAX_OUTPUT_BYTES,
        cancelSignal: AbortSignal.any([own.signal, controller.signal]),
        ...(limitNs === undefined ? {} : { timeout: limitNs / 1e6 }),
      });
      void child.then((result) => {
        running--;
        ended.push(() =>
          done({
            code: result.code === 'ENOENT' ? 127 : (result.exitCode ?? null),
            ...(result.signal === undefined ? {} : { signal: result.signal }),
            stdout: String(result.stdout ?? ''),
            stderr: result.code === 'ENOENT' ? `${program}: not found` : String(result.stderr ?? ''),
            isTruncated: result.isMaxBuffer,
            isTimedOut: result.timedOut,
          }),
        );
        wake();
      });
      return { stop: () => own.abort() };
    };

    return {
      ...lab,
      backend: 'this machine',
      exec,
      // While a command runs, the lab's time waits for it: a second of waiting here is none there.
      runUntil: async (condition, untilNs) => {
        for (;;) {
          deployment.signal.throwIfAborted();
          for (const tell of ended.splice(0)) tell();
          if (condition()) return true;
          if (running === 0 || untilNs <= lab.clock.now()) return lab.runUntil(condition, untilNs);
          await lab.runUntil(condition, Math.min(untilNs, lab.clock.now() + 1e6));
          await new Promise<void>((resume) => {
            wake = resume;
            setTimeout(resume, 1);
          });
        }
      },
      destroy: async () => {
        controller.abort();
        await lab.destroy();
      },
    };
  },
};
