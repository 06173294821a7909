import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { dissect } from '../../support/tshark.ts';
import type { BirdRouter } from './bird.ts';
import type { Capture } from './capture.ts';
import type { FrrRouter } from './frr.ts';
import { InteropLab, skipWithout } from './lab.ts';
import { expectNoComplaints, untilHeard } from './ospf.ts';
import { addressesOf, birdText, frrText, type OspfRouter } from './ospf-text.ts';
import type { OurRouter } from './ours.ts';

const SHA = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
const SECRET = 'a-secret-between-two-of-us';

/**
 * A link for each way of signing. Dead intervals are long: who is refused for its sequence numbers after a restart
 * would be so for all of the test.
 */
describe('OSPF signed', () => {
  const deadS = 60;
  const withFrr = {
    simple: ['ip ospf authentication', 'ip ospf authentication-key password'],
    md5: ['ip ospf authentication message-digest', 'ip ospf message-digest-key 5 md5 a-longer-secret!'],
    // The area's way, and two keys: the one entered last signs.
    area: ['ip ospf message-digest-key 1 md5 old', 'ip ospf message-digest-key 2 md5 new'],
    null: ['ip ospf authentication null'],
  };
  /** The one whose key is made wrong. */
  const deadOf = (name: string): number => (name === 'sha512' ? 4 : deadS);
  const links = Object.keys(withFrr);
  const ofFrr = (host: number): OspfRouter['interfaces'] =>
    Object.fromEntries(
      Object.entries(withFrr).map(([name, lines], index) => [
        name,
        {
          address: `10.1.${index}.${host}/24`,
          deadS,
          lines,
          ...(['area', 'null'].includes(name) && { area: '1' }),
        },
      ]),
    );
  const frrSide: OspfRouter = {
    routerId: '10.255.0.2',
    interfaces: ofFrr(2),
    lines: ['area 1 authentication message-digest'],
  };
  const birdSide: OspfRouter = {
    routerId: '10.255.0.3',
    interfaces: Object.fromEntries(
      SHA.map((name, index) => {
        const key = `password "${SECRET}" { id 9; algorithm hmac ${name}; }`;
        return [
          name,
          {
            address: `10.2.${index}.3/24`,
            deadS: deadOf(name),
            lines: ['authentication cryptographic', key],
          },
        ];
      }),
    ),
  };
  const ourSide = (sha512Secret = SECRET): OspfRouter => ({
    routerId: '10.255.0.1',
    interfaces: {
      ...ofFrr(1),
      ...Object.fromEntries(
        SHA.map((name, index) => [
          name,
          {
            address: `10.2.${index}.1/24`,
            deadS: deadOf(name),
            lines: [`ip ospf authentication key-chain ${name}`],
          },
        ]),
      ),
    },
    lines: ['area 1 authentication message-digest'],
    outside: SHA.flatMap((name) => [
      `key chain ${name}`,
      ' key 9',
      `  key-string ${name === 'sha512' ? sha512Secret : SECRET}`,
      `  cryptographic-algorithm hmac-sha-${name.slice(3)}`,
    ]),
  });
  const all = [
    ...links.map((name) => `${name} 10.255.0.2 - Full`),
    ...SHA.map((name) => `${name} 10.255.0.3 - Full`),
  ].sort();
  let lab: InteropLab;
  let ours: OurRouter;
  let frr: FrrRouter;
  let bird: BirdRouter;
  let captures: readonly Capture[];

  before(async function () {
    skipWithout(this, 'frr', 'bird', 'tshark');
    lab = new InteropLab();
    ours = lab.ours('o');
    frr = lab.frr('f', ['ospfd']);
    bird = lab.bird('b', addressesOf(birdSide));
    for (const name of links) lab.link(name, ours, frr);
    for (const name of SHA) lab.link(name, ours, bird);
    captures = await Promise.all([
      ...links.map((name) => lab.capture(name, frr)),
      ...SHA.map((name) => lab.capture(name, bird)),
    ]);
    await Promise.all([
      ours.start(frrText(ourSide())),
      frr.start(frrText(frrSide)),
      bird.start(birdText(birdSide)),
    ]);
  });
  after(() => lab?.destroy());

  it('is understood by both, and understands both: passwords, MD5, HMAC-SHA-1, -256, -384, -512', () =>
    untilHeard(ours, all));

  it('goes on when either side is killed, long before it would be missed', async () => {
    await ours.kill();
    await ours.start();
    await untilHeard(ours, all);
    await Promise.all([frr.start(), bird.start()]);
    await untilHeard(ours, all);
  });

  it('refuses a wrong key, says so once, and takes the right one again', async () => {
    await ours.configure(frrText(ourSide('wrong')));
    const others = all.filter((line) => !line.startsWith('sha512'));
    await untilHeard(ours, others);
    expect(ours.log.match(/packet refused on sha512: authentication-key/g)).to.have.length(1);
    await ours.configure(frrText(ourSide()));
    await untilHeard(ours, all);
  });

  it('sent nothing that tshark complains of, and sequence numbers that never decrease', async () => {
    const file = await expectNoComplaints(captures);
    const field = 'ospf.auth.crypt.seq_nbr';
    const lines = dissect(file, `${field} && ospf.srcrouter == 10.255.0.1`, ['ip.src', field]);
    // By link: the times of packets on two links are taken by two captures.
    const links = Map.groupBy(
      lines.map((line) => line.split('|')),
      ([source]) => source,
    );
    expect(links.size).to.equal(['md5', 'area', ...SHA].length);
    for (const [source, packets] of links) {
      const sent = packets.map(([, sequence]) => Number(sequence));
      expect(sent, source).to.deep.equal(sent.toSorted((a, b) => a - b));
    }
  });
});
