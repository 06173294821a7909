/** The ports that the start-up file names, opened: what the loop serves, and what the engine sends by. */
import type { Port } from '../../world/port.ts';
import type { World } from '../../world/world.ts';
import { DEFAULT_QUEUE_BYTES } from '../forwarding/contract.ts';
import type { DrivenPort } from '../ports/driven.ts';
import { openPacketPort } from '../ports/packet.ts';
import { ShapedPort } from '../ports/shaped.ts';
import { openUdpPort } from '../ports/udp.ts';
import type { PortSettings } from './settings.ts';

/** What a port without a rate counts as, for metrics and for percentages in policies. */
export const UNSHAPED_RATE_BPS = 1e9;

export interface OpenPort {
  readonly driven: DrivenPort;
  /** The driven port itself, or one that shapes what goes out by it. */
  readonly port: Port;
}

/** Tells that a port's wire is lost, or is there again: its interface, or the other end. */
export type TellWire = (port: string, isUp: boolean) => void;

/**
 * `tellWire` is also told which wires are not there at the beginning. Throws Error where a port cannot be opened; those
 * that are open by then end with the process.
 */
export function openPorts(
  world: World,
  ports: readonly PortSettings[],
  tellWire: TellWire,
): readonly OpenPort[] {
  return ports.map((settings) => {
    const driven = openPort(world, settings, tellWire);
    return { driven, port: shaped(world, settings, driven) };
  });
}

function openPort(world: World, settings: PortSettings, tellWire: TellWire): DrivenPort {
  const rateBps = settings.link.rateBps ?? UNSHAPED_RATE_BPS;
  if (settings.driver === 'udp') return openUdpPort({ ...settings, rateBps });
  const port = openPacketPort(world, { ...settings, rateBps }, (state) =>
    tellWire(settings.name, state === 'up'),
  );
  if (port.state !== 'up') tellWire(settings.name, false);
  return port;
}

function shaped(world: World, { name, link, queueBytes }: PortSettings, driven: DrivenPort): Port {
  const { rateBps = Number.POSITIVE_INFINITY, delayNs, jitterNs, loss } = link;
  const isShaped = Number.isFinite(rateBps) || delayNs > 0 || jitterNs > 0 || loss > 0;
  if (!isShaped) return driven;
  const parameters = {
    rateBps,
    delayNs,
    jitterNs,
    loss,
    queueBytes: queueBytes ?? DEFAULT_QUEUE_BYTES,
    mtu: driven.mtu,
  };
  return new ShapedPort(world.clock, world.random.fork(`link ${name}`), parameters, driven, link.bothWays);
}
