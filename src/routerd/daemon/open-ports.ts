/** The ports that the start-up file names, opened. */
import type { World } from '../../world/world.ts';
import type { DrivenPort } from '../ports/driven.ts';
import { openUdpPort } from '../ports/udp.ts';
import type { PortSettings } from './settings.ts';

/** What an unshaped UDP port counts as, for metrics and for percentages in policies. */
const UDP_RATE_BPS = 1e9;

/** Throws Error where one cannot be opened; the others are closed by the end of the process. */
export function openPorts(world: World, ports: readonly PortSettings[]): readonly DrivenPort[] {
  return ports.map((port) => openPort(world, port));
}

function openPort(_world: World, port: PortSettings): DrivenPort {
  switch (port.driver) {
    case 'udp':
      return openUdpPort({ ...port, rateBps: port.link.rateBps ?? UDP_RATE_BPS });
    case 'packet':
      throw new Error('not yet');
  }
}
