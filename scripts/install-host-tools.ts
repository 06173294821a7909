/**
 * Installs what the host tests need and this machine lacks: as root, with apt (Debian, Ubuntu). Where it cannot, it
 * says so and goes on; each test skips itself where its tools are missing. Services that come with the packages are
 * not started: tests start what they need on sockets of their own.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** By package: a program that it brings. Whoever has the program from elsewhere keeps it. */
const TOOLS = {
  curl: 'curl',
  'docker.io': 'dockerd',
  ethtool: 'ethtool',
  frr: 'zebra',
  iperf3: 'iperf3',
  iproute2: 'ip',
  'iputils-ping': 'ping',
  mount: 'mount',
  procps: 'ps',
  python3: 'python3',
  'util-linux': 'nsenter',
  bird2: 'bird',
  tshark: 'tshark',
} as const;

const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/lib/frr'];

/** Asked by Debian's packages before they start a service; 101 forbids it (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d';
/** A line of packages takes a minute; a mirror that does not answer is not waited for. */
const LIMIT_MS = 600_000;
const APT_OPTIONS = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'DPkg::Lock::Timeout=60',
];

const isThere = (program: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, program)));
const lacking = (): readonly string[] =>
  Object.entries(TOOLS).flatMap(([name, program]) => (isThere(program) ? [] : [name]));

const missing = lacking();
const problem = obstacle();
if (missing.length > 0 && problem !== undefined) {
  console.log(`not installed, because ${problem}: ${missing.join(' ')}`);
} else if (missing.length > 0) {
  console.log(`installing ${missing.join(' ')}`);
  withoutServices(() => {
    apt('update');
    // One that this release does not have keeps none of the others.
    if (!apt('install', ...missing)) for (const name of missing) apt('install', name);
  });
  const left = lacking();
  if (left.length > 0) console.log(`could not be installed: ${left.join(' ')}`);
}

function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'this is not root';
  return isThere('apt-get') ? undefined : 'there is no apt-get';
}

function apt(command: 'update' | 'install', ...packages: readonly string[]): boolean {
  const words = [
    '-qq',
    ...APT_OPTIONS,
    command,
    ...(command === 'install' ? ['-y', '--no-install-recommends'] : []),
  ];
  const { status, stderr, error } = spawnSync('apt-get', [...words, ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status === 0) return true;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  console.log(`apt-get ${[command, ...packages].join(' ')}: ${why}`);
  return false;
}

/** Somebody's own policy stays as it is. */
function withoutServices(act: () => void): void {
  if (existsSync(POLICY)) {
    act();
    return;
  }
  // A Ctrl-C ends what apt does; the file goes before this process does.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit());
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  try {
    act();
  } finally {
    rmSync(POLICY, { force: true });
  }
}
