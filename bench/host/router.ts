/**
 * The router that is measured: the forwarding engine on two interfaces, in the loop that the daemon's forwarding
 * thread runs, static routes. With `loaded` the shadow slot holds a configuration of its own, whose routes differ.
 */

import { ForwardingLoop } from '../../src/routerd/daemon/forwarding-loop.ts';
import { LoopClock } from '../../src/routerd/daemon/loop-clock.ts';
import { Waiting } from '../../src/routerd/daemon/waiting.ts';
import { makeForwarding } from '../../src/routerd/forwarding/engine.ts';
import { openPacketPort } from '../../src/routerd/ports/packet.ts';
import { MILLISECOND } from '../../src/world/clock.ts';
import type { NextHop } from '../../src/world/observation.ts';
import { seededRandom } from '../../src/world/random.ts';
import { FLOWS, numberOf, ROUTER_IN, ROUTER_OUT, SINK } from './ways.ts';

/** Routes beside the one that is used. */
const ROUTES = 10_000;

const [inName, outName, shadow] = process.argv.slice(2);
const clock = new LoopClock(() => performance.now() * MILLISECOND);
const world = { clock, random: seededRandom(1), log: (_: string, text: string) => console.error(text) };
const ports = [inName, outName].map((name) =>
  openPacketPort(world, { name, interface: name, rateBps: 1e10 }),
);
const given = ports.map((port) => ({ port, edge: true }));
const engine = makeForwarding(world, 'R', given, () => undefined);
for (const slot of shadow === 'loaded' ? ([0, 1] as const) : ([0] as const)) {
  for (const [name, own] of [
    [inName, ROUTER_IN],
    [outName, ROUTER_OUT],
  ]) {
    const address = numberOf(own);
    engine.configurePort(slot, name, { up: true, addresses: [{ address, length: 24 }], mtu: 1500 });
    engine.route(slot, { address: address - 1, length: 24 }, [{ kind: 'connected', port: name }]);
  }
  const toSink: NextHop = { kind: 'gateway', port: outName, gateway: SINK };
  const elsewhere: NextHop = { kind: 'blackhole' };
  engine.route(slot, { address: numberOf(FLOWS), length: 16 }, [slot === 0 ? toSink : elsewhere]);
  for (let route = 0; route < ROUTES; route++) {
    const prefix = { address: numberOf('20.0.0.0') + route * 256, length: 24 };
    engine.route(slot, prefix, [route % 2 === slot ? toSink : elsewhere]);
  }
}
const waiting = new Waiting(ports.map(({ fd }) => fd));
console.log(`ready ${ports[1].sendsBy}`);
const loop = new ForwardingLoop(clock, ports);
for (;;) loop.turn(waiting.wait, () => false);
