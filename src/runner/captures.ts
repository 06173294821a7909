/**
 * The captures that an experiment asks for: taps on the lab's links, a file each (results/capture-file.ts). A backend
 * says what arrived where and when; what is kept of it, and in which form, is the same for all of them.
 */
import { join } from 'node:path';
import { fileName } from '../analysis/view.ts';
import type { Capture, Experiment, Link, Step } from './experiment/resolved.ts';
import { type Lab, LabError, type Tap } from './lab.ts';
import { CaptureFile } from './results/capture-file.ts';
import type { Recorder } from './results/recorder.ts';

interface Running {
  readonly capture: Capture;
  readonly file: CaptureFile;
  /** Relative to the run's folder. */
  readonly name: string;
  tap: Tap | undefined;
}

export class Captures {
  readonly #lab: Lab;
  readonly #recorder: Recorder;
  readonly #captures: readonly Running[];

  /**
   * Makes the files and begins with those that are of the whole run. Throws LabError where the backend cannot
   * capture, and the system's error where a file cannot be made. One that cannot be written later ends the run.
   */
  constructor(lab: Lab, experiment: Experiment, recorder: Recorder, folder: string, version: string) {
    this.#lab = lab;
    this.#recorder = recorder;
    const links = new Map(experiment.topology.links.map((link) => [link.name, link]));
    const madeBy = { hardware: `backend ${lab.backend}`, application: `shadowlab ${version}` };
    this.#captures = experiment.captures.map((capture) => {
      const name = `captures/${fileName(capture.link)}.pcapng`;
      const file = new CaptureFile(
        join(folder, name),
        endsOf(links.get(capture.link)),
        capture,
        madeBy,
        (error) => recorder.fail(error),
      );
      return { capture, file, name, tap: undefined };
    });
    for (const running of this.#captures) if (running.capture.steps === undefined) this.#begin(running);
  }

  /** The step begins now: so do its captures, and those of the steps before it end. */
  step({ number, name }: Step): void {
    for (const running of this.#captures) {
      const { steps } = running.capture;
      const wanted = steps === undefined || (steps.from <= number && number <= steps.to);
      if (!wanted) this.#stop(running);
      else if (running.tap === undefined) this.#begin(running);
      if (wanted) running.file.remark(`step ${number} begins: ${name}`);
    }
  }

  /** Writes what is kept back. */
  flush(): void {
    for (const { file } of this.#captures) file.flush();
  }

  /** Ends all captures and records what they hold. */
  end(): void {
    const t = this.#lab.clock.now();
    for (const running of this.#captures) this.#stop(running);
    for (const { capture, file, name } of this.#captures) {
      file.end(t);
      this.#recorder.record({ t, fact: 'capture', link: capture.link, file: name, ...file.counts });
    }
  }

  #begin(running: Running): void {
    const { capture, file } = running;
    if (this.#lab.capture === undefined)
      throw new LabError(
        `the backend ${this.#lab.backend} cannot capture: take captures out of the experiment`,
      );
    running.tap = this.#lab.capture(capture.link, (end, frame, timeNs) => file.take(end, frame, timeNs));
  }

  #stop(running: Running): void {
    const missed = running.tap?.stop() ?? [];
    running.tap = undefined;
    for (const [end, frames] of missed.entries()) running.file.miss(end, frames);
  }
}

function endsOf(link: Link | undefined): Link['ends'] {
  if (link === undefined) throw new Error('a capture of a link that is not there');
  return link.ends;
}
