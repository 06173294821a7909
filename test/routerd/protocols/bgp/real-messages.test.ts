/** UPDATEs that routers of the Internet sent, as collectors wrote them down. */
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { AttributePool } from '../../../../src/routerd/protocols/bgp/attribute-pool.ts';
import { MESSAGE } from '../../../../src/routerd/protocols/bgp/message.ts';
import { decodeUpdate, encodeUpdate } from '../../../../src/routerd/protocols/bgp/update.ts';
import { readMrtFile } from '../../../../src/runner/mrt-file.ts';
import { seededRandom } from '../../../../src/world/random.ts';

const FOLDER = '../shared/data/bgp';

interface Real {
  readonly message: Uint8Array;
  readonly fourByteAs: boolean;
}

function updatesOf(file: string): readonly Real[] {
  const updates: Real[] = [];
  const problem = readMrtFile(`${FOLDER}/${file}`, (record) => {
    if (record.kind === 'message' && record.message[18] === MESSAGE.UPDATE) {
      updates.push({ message: record.message.slice(), fourByteAs: record.fourByteAs });
    }
    return true;
  });
  expect(problem).to.equal(undefined);
  return updates;
}

describe('real UPDATEs', () => {
  for (const [file, least] of [
    ['jinx.updates.1401493500.bz2', 100],
    ['updates.example.bz2', 10_000],
  ] as const) {
    describe(file, () => {
      let updates: readonly Real[];

      before(function () {
        if (!existsSync(`${FOLDER}/${file}`)) {
          console.log(`    skipped: there is no ${FOLDER}/${file}`);
          this.skip();
        }
        updates = updatesOf(file);
        expect(updates.length).to.be.greaterThan(least);
      });

      it('are read, and say the same when we send them on', () => {
        const pool = new AttributePool();
        // All of a small file, and as many of a large one.
        const step = Math.ceil(updates.length / 4000);
        for (const { message, fourByteAs } of updates.filter((_, index) => index % step === 0)) {
          const context = { external: true, fourByteAs, families: ['ipv4'] as const };
          const decoded = decodeUpdate(message, context, pool);
          if ('code' in decoded) throw new Error(`refused: ${Buffer.from(message).toString('hex')}`);
          expect(decoded.treatedAsWithdraw, Buffer.from(message).toString('hex')).to.equal(false);
          for (const update of decoded.updates) {
            const { messages } = encodeUpdate(update, { fourByteAs, maximum: 4096 });
            const again = messages.flatMap((each) => {
              const answer = decodeUpdate(each, context, pool);
              return 'updates' in answer ? answer.updates : [];
            });
            expect(again.flatMap(({ withdrawn }) => withdrawn)).to.deep.equal(update.withdrawn);
            expect(again.flatMap(({ announced }) => announced)).to.deep.equal(update.announced);
            for (const { attributes } of again) {
              if (attributes !== undefined) expect(attributes).to.equal(update.attributes);
            }
          }
        }
      });

      it('never make it throw when they are damaged', () => {
        const random = seededRandom(7, file);
        const pool = new AttributePool();
        const seen = { reset: 0, withdraw: 0, discard: 0, taken: 0 };
        for (const { message, fourByteAs } of updates.slice(0, 10_000)) {
          const damaged = message.slice();
          for (let i = 0; i < 1 + random.next() * 3; i++) {
            damaged[19 + Math.floor(random.next() * (damaged.length - 19))] = random.next() * 256;
          }
          const context = { external: random.next() < 0.5, fourByteAs, families: ['ipv4'] as const };
          const decoded = decodeUpdate(damaged, context, pool);
          if ('code' in decoded) seen.reset++;
          else if (decoded.treatedAsWithdraw) seen.withdraw++;
          else if (decoded.problems.length > 0) seen.discard++;
          else seen.taken++;
        }
        expect(Math.min(seen.reset, seen.withdraw, seen.taken), JSON.stringify(seen)).to.be.greaterThan(5);
      });
    });
  }
});
