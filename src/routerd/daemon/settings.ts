/**
 * The start-up file: what a daemon is told before it can be asked. JSON, or YAML where the name does not end in
 * `.json`. Everything is checked, unknown keys too, and all that is wrong is said at once, by place.
 * docs/daemon.md is its reference.
 */
import { type Mac, parseIpv4, parseMac } from '../../net/address.ts';
import { MAX_TAG, type Tag } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import { type BandwidthSettings, DEFAULT_CANCELLATION } from '../bandwidth/bandwidth.ts';
import { Fields, Problems } from './fields.ts';

export interface DaemonSettings {
  readonly name: string;
  readonly seed: number;
  /** The system's monotonic clock, in nanoseconds, at the time that is 0 to the router. */
  readonly epochNs: TimeNs;
  readonly fibUpdateNs: TimeNs;
  /** How long to wait for interfaces that are not there yet. */
  readonly interfaceLimitS: number;
  readonly ports: readonly PortSettings[];
  readonly real?: StartConfig;
  readonly shadow?: StartConfig;
  readonly management: ManagementSettings;
}

/** A configuration to begin with: its text, or the file that holds it. */
export interface StartConfig {
  readonly tag: Tag;
  readonly source: { readonly text: string } | { readonly file: string };
}

export interface ManagementSettings {
  /** Path of the Unix socket. */
  readonly socket: string;
  readonly tcp?: { readonly listen: SocketAddress; readonly tokenFile: string };
}

export interface SocketAddress {
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: number;
}

/** The link that a port is on. What is left out is not shaped: the wire is as it is. */
export interface LinkSettings {
  readonly rateBps?: number;
  readonly delayNs: TimeNs;
  readonly jitterNs: TimeNs;
  /** Share of frames lost, 0 .. 1. */
  readonly loss: number;
  /** What comes in is shaped as well: the other end does not shape what it sends. */
  readonly bothWays: boolean;
}

export type PortSettings = {
  readonly name: string;
  readonly edge: boolean;
  readonly hostsOnly: boolean;
  readonly queueBytes?: number;
  readonly bandwidth?: BandwidthSettings;
  readonly link: LinkSettings;
} & (
  | {
      readonly driver: 'packet';
      readonly interface: string;
      /** Default: the interface's own. */
      readonly mtu?: number;
    }
  | {
      readonly driver: 'udp';
      readonly mac: Mac;
      readonly mtu: number;
      readonly local: SocketAddress;
      readonly peer: SocketAddress;
    }
);

/** Ports of one router; as many as fit into one wait. */
const MAX_PORTS = 256;
export const MAX_MTU = 9216;
const MIN_MTU = 576;
/** Bytes of a Unix socket's path (unix(7)), its closing zero left out. */
const MAX_SOCKET_PATH = 107;
/** IFNAMSIZ, likewise. */
const MAX_INTERFACE_NAME = 15;

/** Throws an Error that lists everything that is wrong with the start-up file's contents. */
export function readSettings(contents: unknown, epochNs: TimeNs): DaemonSettings {
  const problems = new Problems();
  const file = new Fields(contents, '', problems);
  const ports = file.list('ports', MAX_PORTS).map(portSettings);
  const real = startConfig(file.optional('real'));
  const shadow = startConfig(file.optional('shadow'));
  const settings: DaemonSettings = {
    name: file.text('name', 255),
    seed: file.number('seed', { min: 0, max: 2 ** 32 - 1, whole: true, otherwise: 1 }),
    epochNs: file.number('epochNs', { min: 0, max: 2 ** 53, whole: true, otherwise: epochNs }),
    fibUpdateNs: file.number('fibUpdateNs', { min: 0, max: 1e9, otherwise: 0 }),
    interfaceLimitS: file.number('interfaceLimitS', { min: 0, max: 3600, otherwise: 60 }),
    ports,
    ...(real && { real }),
    ...(shadow && { shadow }),
    management: managementSettings(file.object('management')),
  };
  file.done();
  const names = ports.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.add('ports', `two are called "${twice}"`);
  if (real !== undefined && real.tag === shadow?.tag) problems.add('shadow.tag', 'is the real one as well');
  problems.throwIfAny();
  return settings;
}

function portSettings(port: Fields): PortSettings {
  const name = port.text('name', 255);
  const queueBytes = port.optionalNumber('queueBytes', { min: 1500, max: 2 ** 30 });
  const bandwidth = bandwidthSettings(port.optional('bandwidth'));
  const rateBps = port.optionalNumber('rateBps', { min: 1000, max: 1e12 });
  const common = {
    name,
    edge: port.flag('edge'),
    hostsOnly: port.flag('hostsOnly'),
    ...(queueBytes !== undefined && { queueBytes }),
    ...(bandwidth && { bandwidth }),
    link: {
      ...(rateBps !== undefined && { rateBps }),
      delayNs: port.number('delayNs', { min: 0, max: 10e9, otherwise: 0 }),
      jitterNs: port.number('jitterNs', { min: 0, max: 10e9, otherwise: 0 }),
      loss: port.number('loss', { min: 0, max: 1, otherwise: 0 }),
      bothWays: port.flag('bothWays'),
    },
  };
  const driver = port.choice('driver', ['packet', 'udp']);
  const mtuRange = { min: MIN_MTU, max: MAX_MTU, whole: true };
  if (driver === 'packet') {
    const mtu = port.optionalNumber('mtu', mtuRange);
    const packet = { interface: port.text('interface', MAX_INTERFACE_NAME, name), ...(mtu && { mtu }) };
    port.done();
    return { ...common, driver, ...packet };
  }
  const udp = {
    mac: port.parsed('mac', 'a MAC address such as 02:00:00:00:00:01', parseMac) ?? 0,
    mtu: port.number('mtu', { ...mtuRange, otherwise: 1500 }),
    local: socketAddress(port, 'local'),
    peer: socketAddress(port, 'peer'),
  };
  port.done();
  return { ...common, driver, ...udp };
}

function bandwidthSettings(given: Fields | undefined): BandwidthSettings | undefined {
  if (given === undefined) return undefined;
  const mode = given.choice('mode', ['fair', 'priority', 'partition', 'cancellation']);
  const settings = ((): BandwidthSettings => {
    switch (mode) {
      case 'fair':
      case 'priority':
        return { mode };
      case 'partition':
        return {
          mode,
          realShare: given.number('realShare', { min: 0.001, max: 0.999 }),
          strict: given.flag('strict'),
        };
      case 'cancellation': {
        const { headerBytes, realDelayFrames } = DEFAULT_CANCELLATION;
        const smallest = { min: headerBytes, max: MIN_MTU, whole: true, otherwise: headerBytes };
        return {
          mode,
          headerBytes: given.number('headerBytes', smallest),
          realDelayFrames: given.number('realDelayFrames', {
            min: 1,
            max: 1000,
            otherwise: realDelayFrames,
          }),
        };
      }
    }
  })();
  given.done();
  return settings;
}

function startConfig(given: Fields | undefined): StartConfig | undefined {
  if (given === undefined) return undefined;
  const tag = given.number('tag', { min: 1, max: MAX_TAG, whole: true });
  const text = given.optionalText('config', 2 ** 26);
  const file = given.optionalText('file', 4096);
  if ((text === undefined) === (file === undefined)) given.problem('needs either "config" or "file"');
  given.done();
  return { tag, source: text === undefined ? { file: file ?? '' } : { text } };
}

function managementSettings(given: Fields): ManagementSettings {
  const socket = given.text('socket', MAX_SOCKET_PATH);
  const tcp = given.optional('tcp');
  const settings = tcp && {
    listen: socketAddress(tcp, 'listen'),
    tokenFile: tcp.text('tokenFile', 4096),
  };
  tcp?.done();
  given.done();
  return { socket, ...(settings && { tcp: settings }) };
}

function socketAddress(fields: Fields, key: string): SocketAddress {
  const parse = (text: string): SocketAddress | undefined => {
    const [address = '', port = '', ...more] = text.split(':');
    const number = /^\d{1,5}$/.test(port) ? Number(port) : -1;
    const isSound = more.length === 0 && parseIpv4(address) !== undefined && number >= 1 && number <= 65_535;
    return isSound ? { address, port: number } : undefined;
  };
  return fields.parsed(key, 'an IPv4 address and port such as 127.0.0.1:40001', parse) ?? NOWHERE;
}

const NOWHERE: SocketAddress = { address: '0.0.0.0', port: 0 };
