/** How many events a second the virtual clock runs, and what cancelled timers cost it. */
import { VirtualClock } from '../src/runner/backends/embedded/virtual-clock.ts';
import { seededRandom } from '../src/world/random.ts';
import { type Figure, median } from './figure.ts';

/** `pending` events wait at any time; each asks for the next one, and every second one also sets and cancels a timer. */
export function clockEvents(pending: number, events: number, rounds: number): readonly Figure[] {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const clock = new VirtualClock();
    const random = seededRandom(1, 'events');
    let left = events;
    const next = (): void => {
      if (left-- <= 0) return;
      clock.after(1 + Math.floor(random.next() * 1e6), next);
      if (left % 2 === 0) clock.after(1e9, next).cancel();
    };
    for (let at = 0; at < pending; at++) clock.after(at, next);
    const startedMs = performance.now();
    while (clock.step());
    rates.push(((events + pending) * 1000) / (performance.now() - startedMs));
  }
  return [
    { name: 'events pending', value: pending, unit: '' },
    { name: `events, median of ${rounds}`, value: median(rates), unit: '/s' },
  ];
}
