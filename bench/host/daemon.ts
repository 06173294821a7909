/** Our daemon in the place of the router on the way, with static routes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { managementClient } from '../../src/runner/backends/daemons/management-client.ts';
import { builtFile } from './built.ts';
import type { BenchNetwork, Running } from './network.ts';
import { FLOWS, ROUTER_CORE, ROUTER_IN, ROUTER_OUT, SINK } from './ways.ts';

const START_LIMIT_MS = 20_000;

/** Starts it with its files in `folder`, and waits until it answers. */
export async function startDaemon(
  network: BenchNetwork,
  namespace: string,
  folder: string,
): Promise<Running> {
  const config = [
    ...['interface r0', ` ip address ${ROUTER_IN}/24`, 'interface r1', ` ip address ${ROUTER_OUT}/24`],
    `ip route ${FLOWS}/16 ${SINK}`,
  ].join('\n');
  const port = (name: string) => ({ name, driver: 'packet', interface: name, edge: true });
  const socket = join(folder, 'router.sock');
  const settings = {
    name: 'R',
    ports: [port('r0'), port('r1')],
    real: { tag: 1, config },
    shadow: { tag: 2, config },
    management: { socket },
  };
  const file = join(folder, 'router.json');
  writeFileSync(file, JSON.stringify(settings));
  const running = network.startNode(namespace, ROUTER_CORE, builtFile('routerd/main.js'), file);
  const client = managementClient('R', { path: socket });
  try {
    await client.reached(START_LIMIT_MS);
  } finally {
    client.close();
  }
  return running;
}
