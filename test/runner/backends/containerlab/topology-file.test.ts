import { existsSync, globSync, readFileSync } from 'node:fs';
import { Ajv, type AnySchemaObject } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseConfig } from '../../../../src/config/parser.ts';
import { readSettings } from '../../../../src/routerd/daemon/settings.ts';
import { filesOfExport, filesOfRun, nodesOf } from '../../../../src/runner/backends/containerlab/folder.ts';
import { abilitiesOf } from '../../../../src/runner/backends/containerlab/version.ts';
import { type LabPlan, planLab } from '../../../../src/runner/backends/daemons/plan.ts';
import { loadExperiment } from '../../../../src/runner/experiment/load.ts';
import type { Experiment } from '../../../../src/runner/experiment/resolved.ts';

const SCHEMA = '../shared/data/containerlab/clab.schema.json';
const EXPERIMENTS = [...globSync('experiments/*.yaml'), 'experiments/starter/experiments/first-change.yaml'];
const RUN = { id: '0a1b2c3d', image: 'shadowlab' };
const [NEW, MIDDLE, OLD] = [79, 76, 59].map((minor) => abilitiesOf({ major: 0, minor, patch: 0 }));

interface Node {
  readonly kind: string;
  readonly entrypoint: string;
  readonly exec?: readonly string[];
  readonly binds?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly 'cap-add'?: readonly string[];
}
interface Topology {
  readonly name: string;
  readonly prefix: string;
  readonly mgmt: object;
  readonly topology: {
    readonly kinds: { readonly linux: Readonly<Record<string, unknown>> };
    readonly nodes: Readonly<Record<string, Node>>;
    readonly links: readonly {
      readonly type: string;
      readonly mtu: number;
      readonly endpoints: readonly {
        readonly node: string;
        readonly interface: string;
        readonly mac: string;
      }[];
    }[];
  };
}

async function load(file: string): Promise<Experiment> {
  const loaded = await loadExperiment(file, {});
  return loaded.ok ? loaded.experiment : expect.fail(JSON.stringify(loaded.problems));
}

function ofRun(plan: LabPlan, abilities = NEW): ReadonlyMap<string, string> {
  const naming = { lab: `shadowlab-${RUN.id}`, prefix: '__lab-name', nodes: nodesOf(plan) } as const;
  return filesOfRun(plan, naming, { ...RUN, abilities });
}

function topologyIn(files: ReadonlyMap<string, string>): Topology {
  const [name] = [...files.keys()].filter((path) => path.endsWith('.clab.yml'));
  return parse(files.get(name ?? '') ?? '');
}

/** Three on a link, and names that nobody foresaw. */
const ODD = 'test/runner/backends/containerlab/odd.yaml';

describe('a topology file', () => {
  it('is what the schema of containerlab allows, for all experiments, in a run and exported', async function () {
    if (!existsSync(SCHEMA)) {
      console.log(`      skipped: ${SCHEMA} is not there`);
      return this.skip();
    }
    const schema: AnySchemaObject = JSON.parse(readFileSync(SCHEMA, 'utf8'));
    const ajv = new Ajv({ strict: false, allErrors: true });
    const validate = ajv.compile(schema);
    expect(validate({ name: 'x', topology: { nodes: { a: { kind: 'no-such-kind' } } } })).to.equal(false);
    for (const file of [...EXPERIMENTS, ODD]) {
      const experiment = await load(file);
      for (const files of [filesOfExport(experiment), ofRun(planLab(experiment, 1))]) {
        expect(validate(topologyIn(files)), `${file}: ${ajv.errorsText(validate.errors)}`).to.equal(true);
      }
    }
  });

  it('has a node for every machine, a link for every wire, and each end of a link is of a node', async () => {
    const plan = planLab(await load(ODD), 1);
    const { name, prefix, topology } = topologyIn(ofRun(plan));
    expect([name, prefix]).to.deep.equal(['shadowlab-0a1b2c3d', '__lab-name']);
    expect(Object.values(topology.nodes).map(({ labels }) => labels['shadowlab.machine'])).to.have.members(
      plan.machines.map((machine) => machine.name),
    );
    expect(topology.links).to.have.length(plan.wires.length);
    for (const { type, mtu, endpoints } of topology.links) {
      expect([type, mtu > 1500, endpoints.length]).to.deep.equal(['veth', true, 2]);
      for (const { node, mac } of endpoints) {
        expect(topology.nodes).to.have.property(node);
        expect(mac).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      }
    }
  });

  it('names nodes so that containers, hosts and containerlab can have the names, each once', async () => {
    const { machines } = planLab(await load(ODD), 1);
    const names = fc.uniqueArray(
      fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 }),
        fc.constantFrom(
          'host',
          'mgmt-net',
          'a/b',
          'a b',
          'a_b',
          '{{.x}}',
          '$HOME',
          '__clabNodeName__',
          '-',
          '日本',
        ),
      ),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(names, (given) => {
        const plan: LabPlan = { machines: given.map((name) => ({ ...machines[0], name })), wires: [] };
        const nodes = [...nodesOf(plan).values()];
        expect(new Set(nodes).size).to.equal(given.length);
        for (const node of nodes) {
          expect(node).to.match(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
          expect(node).not.to.match(/__/);
          expect(node).not.to.be.oneOf(['host', 'mgmt-net', 'macvlan', 'vxlan', 'dummy']);
        }
      }),
    );
  });

  it('lets containers start once, offline, on no network, without privileges', async () => {
    const { mgmt, topology } = topologyIn(ofRun(planLab(await load(ODD), 1)));
    expect(mgmt).to.deep.equal({ 'skip-when-unused': true });
    expect(topology.kinds.linux).to.deep.include({
      image: 'shadowlab',
      'image-pull-policy': 'IfNotPresent',
      'restart-policy': 'no',
      'network-mode': 'none',
      privileged: false,
      'security-opts': ['no-new-privileges:true'],
      labels: { 'shadowlab.run': '0a1b2c3d' },
    });
    for (const node of Object.values(topology.nodes)) {
      expect(node['cap-add'] ?? []).to.deep.equal(
        node.labels['shadowlab-kind'] === 'router' ? ['IPC_LOCK'] : [],
      );
    }
  });

  it('says nothing to older versions that they do not know', async () => {
    const plan = planLab(await load(ODD), 1);
    const texts = { middle: ofRun(plan, MIDDLE), old: ofRun(plan, OLD) };
    for (const files of Object.values(texts)) {
      const text = [...files].find(([path]) => path.endsWith('.yml'))?.[1];
      expect(text).not.to.match(/privileged|security-opts|tmpfs|cap-add/);
    }
    expect(topologyIn(texts.middle).mgmt).to.deep.equal({ 'skip-when-unused': true });
    expect(topologyIn(texts.old).mgmt).to.deep.equal({
      network: 'shadowlab-0a1b2c3d',
      'ipv4-subnet': 'auto',
      'external-access': false,
    });
    const [node] = Object.values(topologyIn(texts.old).topology.nodes);
    expect(node?.entrypoint).to.match(/^sh -c '.*mkdir -p \/run\/shadowlab && exec node .*'$/);
  });
});

describe('the folder of a lab', () => {
  it('of a run holds start-up files that the daemon takes, with the clock of the run', async () => {
    const files = ofRun(planLab(await load(ODD), 4711));
    const routers = Object.values(topologyIn(files).topology.nodes).filter(
      ({ binds }) => binds !== undefined,
    );
    expect(routers).to.have.length(3);
    for (const { binds = [] } of routers) {
      const [folder, target, mode] = binds[0]?.split(':') ?? [];
      expect([target, mode]).to.deep.equal(['/etc/shadowlab', 'ro']);
      const settings = readSettings(JSON.parse(files.get(`${folder}/router.json`) ?? ''), 0);
      expect([settings.epochNs, settings.real]).to.deep.equal([4711, undefined]);
    }
  });

  it('exported stands on its own: configurations with tags, addresses and bridges by exec, a clock of its own', async () => {
    for (const file of [...EXPERIMENTS, ODD]) {
      const experiment = await load(file);
      const files = filesOfExport(experiment);
      const { topology } = topologyIn(files);
      for (const [name, { labels, exec = [], binds }] of Object.entries(topology.nodes)) {
        if (labels['shadowlab-kind'] === 'host') {
          const host = experiment.topology.hosts.find((one) => one.name === labels['shadowlab.machine']);
          expect(host, name).not.to.equal(undefined);
          expect(exec.join('\n')).to.match(
            /ip address add \S+\/\d+ dev \S+\nip route add default via \S+ dev \S+$/,
          );
        } else if (labels['shadowlab-kind'] === 'router') {
          const folder = binds?.[0]?.split(':')[0];
          const startUp = JSON.parse(files.get(`${folder}/router.json`) ?? '');
          const settings = readSettings(startUp, 77);
          expect(startUp).not.to.have.property('epochNs');
          expect([settings.real, settings.shadow]).to.deep.equal([
            { tag: 1, source: { file: '/etc/shadowlab/real.conf' } },
            { tag: 2, source: { file: '/etc/shadowlab/shadow.conf' } },
          ]);
          for (const plane of ['real', 'shadow'] as const) {
            const of = experiment.configs.find(({ router }) => router === labels['shadowlab.machine'])?.[
              plane
            ];
            expect(parseConfig(files.get(`${folder}/${plane}.conf`) ?? '').config).to.deep.equal(of);
          }
        } else {
          expect(exec[0]).to.match(/^ip link add name \S+ type bridge/);
        }
      }
    }
  });

  it('exported has no label of a run, so that nobody cleans it away', async () => {
    const [, text] = [...filesOfExport(await load(ODD))].find(([path]) => path.endsWith('.yml')) ?? [];
    expect(text).not.to.include('shadowlab.run');
  });
});
