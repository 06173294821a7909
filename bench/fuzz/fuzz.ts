/**
 * No frame, however malformed, makes a machine throw, read past its end or take long.
 *
 * Two equal worlds get the same frames, one with zeros in the memory around each frame and one with ones: what
 * comes out must be equal, byte for byte, or something was read that is no part of the frame. What is thrown is
 * counted with the frame that caused it, and the slowest frame is timed.
 */
import { seededRandom } from '../../src/world/random.ts';
import type { Figure } from '../figure.ts';
import { mutate } from './mutate.ts';
import { seeds } from './seeds.ts';
import { FuzzWorld, targetOf } from './world.ts';

export interface FuzzResult {
  readonly frames: number;
  /** Frames of captures among the seeds; 0 where the captures are not there. */
  readonly captured: number;
  /** What was thrown and by which frame, in hex; the first ten. */
  readonly thrown: readonly string[];
  readonly throws: number;
  /** Batches after which the two worlds were not alike. */
  readonly readPastEnd: number;
  readonly framesOut: number;
  readonly slowestMs: number;
  readonly seconds: number;
}

const BATCH = 1000;

export function fuzz(frames: number, seed: number): FuzzResult {
  const random = seededRandom(seed, 'fuzz');
  const { frames: sound, captures } = seeds();
  const worlds = [new FuzzWorld(0x00), new FuzzWorld(0xff)];
  const thrown: string[] = [];
  let throws = 0;
  let readPastEnd = 0;
  let slowestMs = 0;
  let alike = true;
  const beganMs = performance.now();
  for (let number = 1; number <= frames; number++) {
    const frame = number <= sound.length ? sound[number - 1] : mutate(random, sound);
    const target = targetOf(frame, random);
    let takenMs = Number.POSITIVE_INFINITY;
    for (const world of worlds) {
      const before = performance.now();
      try {
        world.throwIn(target, frame);
      } catch (error) {
        throws++;
        if (thrown.length < 10)
          thrown.push(`${target}: ${error instanceof Error ? error.stack : error}: ${hexOf(frame)}`);
      }
      // The quicker of the two: a pause of the collector is not the frame's.
      takenMs = Math.min(takenMs, performance.now() - before);
    }
    slowestMs = Math.max(slowestMs, takenMs);
    if (alike && number % BATCH === 0 && worlds[0].digest() !== worlds[1].digest()) {
      // They will not be alike again: the first time is what counts.
      alike = false;
      readPastEnd++;
      thrown.push(`the worlds differ after frame ${number}`);
    }
  }
  const seconds = (performance.now() - beganMs) / 1000;
  return {
    frames,
    captured: captures,
    thrown,
    throws,
    readPastEnd,
    framesOut: worlds[0].out,
    slowestMs,
    seconds,
  };
}

export function fuzzFigures(frames: number, seed: number): readonly Figure[] {
  const result = fuzz(frames, seed);
  for (const line of result.thrown) console.error(line);
  return [
    { name: 'malformed frames', value: result.frames, unit: '', goal: { atLeast: 1_000_000 } },
    { name: 'seeds from captures', value: result.captured, unit: '' },
    { name: 'thrown errors', value: result.throws, unit: '', goal: { atMost: 0 } },
    { name: 'reads past a frame', value: result.readPastEnd, unit: '', goal: { atMost: 0 } },
    { name: 'frames that came out', value: result.framesOut, unit: '' },
    { name: 'slowest frame', value: result.slowestMs / 1000, unit: 's', goal: { atMost: 0.05 } },
    { name: 'frames a second', value: (2 * result.frames) / result.seconds, unit: '/s' },
  ];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

if (import.meta.main) console.log(fuzz(Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 1)));
