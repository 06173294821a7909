import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EMPTY_CONFIG } from '../../../../src/config/model.ts';
import { readSettings } from '../../../../src/routerd/daemon/settings.ts';
import { fileNames } from '../../../../src/runner/backends/daemons/file-names.ts';
import { type LabPlan, type Machine, planLab } from '../../../../src/runner/backends/daemons/plan.ts';
import type { Experiment, Link, Topology } from '../../../../src/runner/experiment/resolved.ts';
import { LabError } from '../../../../src/runner/lab.ts';
import { HEADROOM } from '../../../../src/world/frame.ts';
import { experimentOf } from '../../../support/experiment.ts';

const TRIANGLE = experimentOf(
  {
    routers: 3,
    links: [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
  },
  () => EMPTY_CONFIG,
);

function withTopology(change: (topology: Topology) => Partial<Topology>): Experiment {
  return { ...TRIANGLE, topology: { ...TRIANGLE.topology, ...change(TRIANGLE.topology) } };
}

/** The first link has a third end, at R2. */
const SEGMENT = withTopology(({ links: [first, ...others] }) => ({
  links: [
    {
      ...first,
      mtu: 9000,
      ends: [...first.ends, { ...first.ends[0], node: 'R2', port: 'lan', mac: 0x02_00_00_99_00_00 }],
    },
    ...others,
  ],
}));

/** Every port is called by this, and its number among all. */
function portsCalled(name: (index: number) => string): Experiment {
  let count = 0;
  const renamed = ({ ends, ...link }: Link): Link => ({
    ...link,
    ends: ends.map((end) => ({ ...end, port: name(count++) })),
  });
  return withTopology(({ links }) => ({ links: links.map(renamed) }));
}

const interfacesOf = (machine: Machine): readonly string[] =>
  machine.kind === 'host' ? [machine.interface] : machine.interfaces;

/** Every interface of every machine is one end of one wire. */
function expectWired({ machines, wires }: LabPlan): void {
  const ends = wires.flatMap((wire) => wire.ends.map((end) => `${end.machine} ${end.interface}`));
  const wanted = machines.flatMap((machine) =>
    interfacesOf(machine).map((name) => `${machine.name} ${name}`),
  );
  expect(ends.toSorted()).to.deep.equal(wanted.toSorted());
  const macs = wires.flatMap((wire) => wire.ends.map(({ mac }) => mac));
  expect(new Set(macs).size).to.equal(macs.length);
}

describe('the plan of a lab', () => {
  it('has a wire for every link of two ends, with room for labels above its MTU', () => {
    const plan = planLab(TRIANGLE, 0);
    expectWired(plan);
    expect(plan.machines.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      ...['R0', 'R1', 'R2'].map((name) => `router ${name}`),
      ...['H0', 'H1', 'H2'].map((name) => `host ${name}`),
    ]);
    expect(plan.wires.map(({ mtu }) => mtu)).to.deep.equal(Array(6).fill(1500 + HEADROOM));
  });

  it('has a machine of its own for a link of more ends, with a wire to each', () => {
    const plan = planLab(SEGMENT, 0);
    expectWired(plan);
    expect(plan.machines.at(-1)).to.deep.equal({
      kind: 'segment',
      name: 'segment-1',
      interfaces: ['eth1', 'eth2', 'eth3'],
    });
    const toSegment = plan.wires.filter(({ ends }) => ends.some(({ machine }) => machine === 'segment-1'));
    expect(toSegment.map(({ mtu }) => mtu)).to.deep.equal(Array(3).fill(9000 + HEADROOM));
  });

  it("does not call a segment by a node's name", () => {
    const taken = { ...SEGMENT.topology.routers[0], name: 'segment-1' };
    const { routers } = SEGMENT.topology;
    const plan = planLab({ ...SEGMENT, topology: { ...SEGMENT.topology, routers: [...routers, taken] } }, 0);
    expect(plan.machines.at(-1)?.name).to.equal('segment-1-2');
  });

  it('keeps the names of ports that Linux takes, and gives each other port one of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })), (names) => {
        const plan = planLab(
          portsCalled((index) => (names[index] === undefined ? `to-${index}` : `${names[index]}${index}`)),
          0,
        );
        expectWired(plan);
        for (const machine of plan.machines) {
          const interfaces = interfacesOf(machine);
          expect(new Set(interfaces).size).to.equal(interfaces.length);
          for (const name of interfaces) expect(name).to.match(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/);
        }
      }),
    );
    const kept = planLab(
      portsCalled((index) => `xe-0.${index}`),
      0,
    );
    expect(interfacesOf(kept.machines[0])).to.deep.equal(['xe-0.0', 'xe-0.5', 'xe-0.6']);
  });

  it('has start-up files that the daemon takes, with the ports by their own names', () => {
    for (const experiment of [TRIANGLE, SEGMENT, portsCalled((index) => `GigabitEthernet0/0/${index}`)]) {
      for (const machine of planLab(experiment, 17).machines) {
        if (machine.kind !== 'router') continue;
        const settings = readSettings({ ...machine.startUp, management: { socket: '/a' } }, 0);
        expect(settings).to.include({ name: machine.name, epochNs: 17, seed: 1 });
        const ports = experiment.topology.links.flatMap(({ ends }) =>
          ends.filter(({ node }) => node === machine.name).map(({ port }) => port),
        );
        expect(settings.ports.map(({ name }) => name)).to.deep.equal(ports);
      }
    }
  });
});

describe("machines' names in the file system", () => {
  const machinesCalled = (names: readonly string[]): readonly Machine[] =>
    names.map((name) => ({ kind: 'segment', name, interfaces: [] }));

  it('are their own where they can be', () => {
    const names = ['R1', 'new-york', 'a.b_c'];
    expect([...fileNames(machinesCalled(names)).values()]).to.deep.equal(names);
  });

  it('are short, plain and different, whatever the machines are called', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('a', 'a~1'))),
        (names) => {
          const files = [...fileNames(machinesCalled(names)).values()];
          expect(files).to.have.length(names.length);
          expect(new Set(files).size).to.equal(names.length);
          for (const file of files) expect(file).to.match(/^[A-Za-z0-9_][A-Za-z0-9._~-]{0,59}$|^~\d+$/);
        },
      ),
    );
  });
});

describe('a router that no daemon can be', () => {
  const first = (change: Partial<Link>): Experiment =>
    withTopology(({ links: [link, ...others] }) => ({ links: [{ ...link, ...change }, ...others] }));
  const planned = (experiment: Experiment) => () => planLab(experiment, 0);

  it('is refused with its name, its port and the limit, before anything is made', () => {
    const { node, port } = TRIANGLE.topology.links[0].ends[0];
    const place = new RegExp(`router ${node} .*port ${port}, mtu: is no whole number from 576 to 9216`);
    expect(planned(first({ mtu: 65_535 }))).to.throw(LabError, place);
    expect(planned(first({ rateBps: 1 }))).to.throw(LabError, 'rateBps');
    expect(planned(first({ delayNs: 60e9 }))).to.throw(LabError, 'delayNs');
  });
});
