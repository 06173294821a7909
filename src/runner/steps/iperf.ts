/** `iperf`: throughput between two hosts by their own iperf3, a server that serves once at one end, a client at the other. */
import { NO_SUCH_PROGRAM } from '../../analysis/claims/command.ts';
import { formatIpv4 } from '../../net/address.ts';
import { MILLISECOND, SECOND } from '../../world/clock.ts';
import type { IperfAction } from '../experiment/resolved.ts';
import type { ExecOutcome } from '../lab.ts';
import { missing, type Program, runProgram, SHADOW_TOS, startProgram } from '../program.ts';
import type { StepContext } from './context.ts';
import { failed, type IperfOutput, parseIperf } from './iperf-output.ts';

/** Not iperf3's own, where the user's server may listen; below the ports that kernels and shadowlab take by themselves. */
const PORT = 25_201;
/** The end alone, as JSON: reports of every second of every stream would soon be more than is kept of an output. */
const REPORT = ['-J', '-i', '0'];
/** IPv4 and UDP. */
const HEADERS = 28;
/** To connect, and to be told what the other end has counted. */
const CONNECT_MS = 5000;
const MARGIN_NS = 40 * SECOND;
/** The server may take so long until it listens, and until it does no more. */
const LISTENS_NS = 5 * SECOND;
const AGAIN_NS = 100 * MILLISECOND;

export async function iperf(context: StepContext, action: IperfAction): Promise<void> {
  const { lab, recorder, step } = context;
  const { from, to, plane, protocol, parallel } = action;
  const server = startProgram(lab, to, ['iperf3', '-s', '-1', ...REPORT, '-p', String(PORT)]);
  try {
    const output = await measure(context, action, server);
    const ends = { from, to, plane, protocol, parallel };
    recorder.record({ t: lab.clock.now(), fact: 'iperf', step: step.number, ...ends, ...output });
  } finally {
    server.stop();
  }
  // The next one listens at the same port.
  await lab.runUntil(() => server.outcome !== undefined, lab.clock.now() + LISTENS_NS);
}

/** Throws LabError where there is no iperf3. */
async function measure(context: StepContext, action: IperfAction, server: Program): Promise<IperfOutput> {
  const { lab } = context;
  const words = clientWords(context, action);
  const listensNs = lab.clock.now() + LISTENS_NS;
  for (;;) {
    const { outcome } = server;
    if (outcome?.code === NO_SUCH_PROGRAM) throw missing('iperf3', action.to, 'iperf3');
    if (outcome !== undefined && outcome.code !== 0) return failed(`the server ended: ${saidBy(outcome)}`);
    const client = await runProgram(lab, action.from, words, action.seconds * SECOND + MARGIN_NS);
    if (client.code === NO_SUCH_PROGRAM) throw missing('iperf3', action.from, 'iperf3');
    if (client.isTimedOut) return failed('it did not come to an end');
    if (lab.clock.now() >= listensNs || !/Connection refused/.test(client.stdout + client.stderr)) {
      return client.stdout.trim() === ''
        ? failed(saidBy(client))
        : parseIperf(client.stdout, action.protocol);
    }
    await lab.runUntil(() => server.outcome !== undefined, lab.clock.now() + AGAIN_NS);
  }
}

function clientWords({ experiment }: StepContext, action: IperfAction): readonly string[] {
  const { to, plane, protocol, seconds, rateBps, packetBytes, parallel, reverse } = action;
  const address = experiment.topology.hosts.find(({ name }) => name === to)?.address.address ?? 0;
  return [
    ...['iperf3', '-c', formatIpv4(address), '-p', String(PORT), ...REPORT, '-t', String(seconds)],
    ...['--connect-timeout', String(CONNECT_MS), '-P', String(parallel)],
    ...(protocol === 'udp' ? ['-u'] : []),
    ...(packetBytes === undefined ? [] : ['-l', String(packetBytes - HEADERS)]),
    ...(rateBps === undefined ? [] : ['-b', String(rateBps)]),
    ...(reverse ? ['-R'] : []),
    ...(plane === 'shadow' ? ['-S', String(SHADOW_TOS)] : []),
  ];
}

/** In iperf3's words: of its JSON the error, else the last line. */
function saidBy({ code, stdout, stderr }: ExecOutcome): string {
  const { error } = parseIperf(stdout, 'tcp');
  const last = stderr.trim().split('\n').at(-1);
  return stdout.trim() === '' || error === undefined
    ? last || `exit ${code}`
    : error.replace(/^iperf3: /, '');
}
