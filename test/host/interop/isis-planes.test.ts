import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { InteropLab, skipWithout } from './lab.ts';
import type { OurRouter } from './ours.ts';
import { until } from './router.ts';

const text = (number: number, network: string): string => `interface lo
 ip address 10.255.0.${number}/32
 ip router isis core
 isis passive
exit
interface net
 ip address 10.1.0.${number}/24
 ip router isis core
${network} isis hello-interval 1
exit
router isis core
 net 49.0001.0000.0000.000${number}.00
 is-type level-2-only
exit
`;

// With somebody capturing, frames leave by a packet socket, which has no room for a label beyond the MTU (ports/packet.ts).
describe('IS-IS on a veth pair as the kernel makes it, MTU 1500', () => {
  for (const { kind, line, isCaptured } of [
    { kind: 'point-to-point', line: ' isis network point-to-point\n', isCaptured: false },
    { kind: 'point-to-point, and captured', line: ' isis network point-to-point\n', isCaptured: true },
    { kind: 'as a LAN, and captured', line: '', isCaptured: true },
  ]) {
    describe(kind, () => {
      let lab: InteropLab;
      let here: OurRouter;

      before(async function () {
        skipWithout(this, 'tshark');
        lab = new InteropLab();
        here = lab.ours('a');
        const there = lab.ours('b');
        const both = [here, there];
        lab.link('net', here, there);
        if (isCaptured) await Promise.all(both.map((each) => lab.capture('net', each)));
        await Promise.all(both.map((each, at) => each.start(text(at + 1, line), text(at + 1, line))));
      });
      after(() => lab?.destroy());

      for (const plane of ['real', 'shadow'] as const) {
        it(`comes up in the ${plane} plane, with hellos padded as by default`, async () => {
          const routes = await until(
            `a route in the ${plane} plane`,
            () => here.routes('isis', plane),
            (found) => '10.255.0.2/32' in found,
          );
          expect(routes).to.deep.equal({ '10.255.0.2/32': '20 via 10.1.0.2%net' });
        });
      }
    });
  }
});
