/** What tests of OSPF beside FRR and BIRD wait for and look at. */
import { expect } from 'chai';
import { complaints, dissect } from '../../support/tshark.ts';
import { type Capture, merged } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import type { OurRouter } from './ours.ts';
import { type Router, type Routes, until } from './router.ts';

/** Until a router's OSPF routes are these. */
export async function untilRoutes(router: Router, wanted: Routes): Promise<void> {
  const text = JSON.stringify(wanted);
  await until(
    `routes of ${router.name} like ${text}`,
    () => router.routes('ospf'),
    (routes) => JSON.stringify(routes) === text,
  );
}

/** Until this is what our router hears: `LINK ROUTER-ID ROLE STATE`, sorted. */
export async function untilHeard(
  ours: OurRouter,
  wanted: readonly string[],
  plane?: 'real' | 'shadow',
): Promise<void> {
  const text = wanted.join();
  await until(
    `neighbours ${text}`,
    async () =>
      (await ours.neighbours(plane))
        .map(({ port, routerId, role, state }) => `${port} ${routerId} ${role} ${state}`)
        .sort(),
    (neighbours) => neighbours.join() === text,
  );
}

/** All that OSPF sent was fit to be read, and there was some of it. What was captured, in one file. */
export async function expectNoComplaints(captures: readonly Capture[]): Promise<string> {
  const file = await merged(captures);
  expect(dissect(file, 'ospf.msg', ['ospf.msg'])).not.to.have.length(0);
  expect(complaints(file, 'ospf')).to.deep.equal([]);
  return file;
}

/** Of the router-LSA that FRR has of a router. */
export async function sequenceAt(frr: FrrRouter, routerId: string): Promise<number> {
  const text = await frr.show(`ip ospf database router ${routerId}`, 'ospfd');
  const found = /LS Seq Number: ([0-9a-f]+)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`FRR does not know ${routerId}: ${text}`);
  return Number.parseInt(found, 16);
}
