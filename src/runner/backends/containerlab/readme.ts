/** What an exported lab's README.md says: how to bring it up, how to look into it, what it is without us. */
import { SHADOW_DSCP } from '../../../net/wire.ts';
import type { Experiment } from '../../experiment/resolved.ts';
import { DEFAULT_IMAGE } from '../../image/image.ts';
import type { LabPlan, Machine } from '../daemons/plan.ts';
import { MANAGEMENT_SOCKET } from '../docker/settings.ts';
import { type Naming, nodeOf } from './topology-file.ts';

export function readme(experiment: Experiment, plan: LabPlan, naming: Naming, image: string): string {
  const file = `${naming.lab}.clab.yml`;
  const container = (machine: string): string =>
    `${naming.prefix}-${naming.lab}-${nodeOf(naming.nodes, machine)}`;
  const [router] = plan.machines.filter(({ kind }) => kind === 'router').map(({ name }) => container(name));
  const build = image === DEFAULT_IMAGE ? 'shadowlab image build' : `shadowlab image build --tag ${image}`;
  const lines = [
    `# ${inLine(experiment.name)}`,
    ...(experiment.description.trim() === '' ? [] : ['', experiment.description.trim()]),
    '',
    'A lab for containerlab 0.78 or newer. Written by `shadowlab export clab`; change what you like.',
    '',
    '## Up and down',
    '',
    `    ${build.padEnd(44)} # once: makes the image "${image}"; no registry is needed`,
    `    sudo containerlab deploy -t ${file}`,
    `    ${`sudo containerlab destroy -t ${file}`.padEnd(44)} # add --cleanup to remove clab-${naming.lab}/ as well`,
    '',
    'Do not use `--cleanup` where folders `clab-*` of other labs are beside the file: with no container left,',
    'containerlab removes the first of them.',
    '',
    '## What is what',
    '',
    '| | container |',
    '|---|---|',
    ...plan.machines.map((machine) => `| ${describe(machine)} | \`${container(machine.name)}\` |`),
    '',
    '`routers/NODE/` is mounted into a router as `/etc/shadowlab`: `router.json` is its start-up file, `real.conf` and',
    "`shadow.conf` are its configurations in FRR's syntax, with tag 1 and tag 2. Deploy again for changes to take effect.",
    '',
    '## Looking into it',
    '',
    ...(router === undefined ? [] : lookingInto(router)),
    '',
    'Hosts are plain Linux: `docker exec -it CONTAINER sh`, then `ping`, `ip`, `iperf3`, `curl` as far as the image has them.',
    `What they send is of the real network. With DSCP ${SHADOW_DSCP} it is of the shadow network: \`ping -Q ${SHADOW_DSCP << 2} ADDRESS\`.`,
    '',
    '## What is missing without shadowlab',
    '',
    'The steps of the experiment, its measured traffic and its verdict: failing links in one plane, probes, commitment',
    'across all routers, expectations, reports. Each router is alive, converges in both planes and forwards packets.',
    '`shadowlab run --backend containerlab` does the rest, in a lab of its own.',
    '',
  ];
  return lines.join('\n');
}

function lookingInto(router: string): readonly string[] {
  const request = JSON.stringify({ id: 1, request: { op: 'status' } }).replaceAll('"', '\\"');
  return [
    `    docker logs ${router}`,
    `    docker exec ${router} node -e '`,
    `      const socket = require("net").connect("${MANAGEMENT_SOCKET}", () => socket.write("${request}\\n"));`,
    '      socket.on("data", (bytes) => process.stdout.write(bytes)); setTimeout(() => process.exit(), 1000);',
    "    '",
    '',
    'The log is JSON lines. Management is JSON lines on that socket, which is reached from the machine, too, below',
    '`/proc/PID/root`, with the PID that `docker inspect` tells. docs/daemon.md of shadowlab describes both.',
  ];
}

function describe(machine: Machine): string {
  switch (machine.kind) {
    case 'router':
      return `router ${inLine(machine.name)}`;
    case 'host':
      return `host ${inLine(machine.name)}`;
    case 'segment':
      return `${inLine(machine.name)}: a link of several ends, as a bridge`;
  }
}

/** Names are the user's own. */
function inLine(text: string): string {
  return text.replaceAll(/[|`\n\r]/g, ' ');
}
