/**
 * Measures how long packets take, one at a time: sends by an interface here, sees them arrive at one in another
 * namespace, by the same clock. Prints the times in microseconds, those of lost packets left out, as a JSON list.
 */
import { LoopClock } from '../../src/routerd/daemon/loop-clock.ts';
import { openPacketPort, type PacketPort } from '../../src/routerd/ports/packet.ts';
import { inNamespace } from '../../src/runner/backends/daemons/namespace.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import { packetOf } from './ways.ts';

const ETHERNET = 14;
const IDENTIFICATION = 4;
/** Packets before it counts: caches, ARP, compiled code. */
const WARM = 500;
/** A packet that takes longer is lost. */
const LIMIT_MS = 50;

const [name, otherPath, otherName, count, gapMs] = process.argv.slice(2);
const clock = new LoopClock(() => performance.now() * MILLISECOND);
const world = { clock, log: (level: string, text: string) => level !== 'info' && console.error(text) };
const open = (of: string): PacketPort => openPacketPort(world, { name: of, interface: of, rateBps: 1e10 });
const out = open(name);
const back = inNamespace(otherPath, () => open(otherName));
let seen = -1;
back.receiver((frame) => {
  seen =
    frame.bytes[frame.start + ETHERNET + IDENTIFICATION] * 256 +
    frame.bytes[frame.start + ETHERNET + IDENTIFICATION + 1];
  frame.release();
});

const times: number[] = [];
let dueMs = performance.now();
for (let number = 0; number < WARM + Number(count); number++) {
  const expected = number & 0xffff;
  out.send(packetOf(0, expected));
  const sentMs = performance.now();
  out.flush();
  let nowMs = sentMs;
  while (seen !== expected && nowMs - sentMs < LIMIT_MS) {
    back.receive(64);
    nowMs = performance.now();
  }
  if (seen === expected && number >= WARM) times.push((nowMs - sentMs) * 1000);
  dueMs = Math.max(dueMs + Number(gapMs), performance.now());
  while (performance.now() < dueMs) back.receive(64);
}
console.log(JSON.stringify(times));
process.exit(0);
