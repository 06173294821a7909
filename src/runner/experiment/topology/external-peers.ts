/** Hosts that are external peers: their tables and updates, read from files of MRT. */
import { type Ipv4, parseIpv4, parsePrefix } from '../../../net/address.ts';
import type { Feed } from '../../../peers/feed.ts';
import type { MrtRecord } from '../../../peers/mrt.ts';
import { type TableChoice, TableReader } from '../../../peers/mrt-table.ts';
import { UpdateReader } from '../../../peers/mrt-updates.ts';
import { EMPTY_TABLE } from '../../../peers/route-table.ts';
import { readMrtFile } from '../../mrt-file.ts';
import type { ExternalPeer } from '../resolved.ts';
import type { PeerTable } from '../schema.generated.ts';
import { fileBeside } from '../source-text.ts';
import { durationNs } from '../units.ts';
import type { DraftHost } from './draft.ts';
import type { Findings } from './findings.ts';

/** Undefined where the host is none. What is wrong with its files is told where they are named. */
export function readExternalPeer(
  { name, peer, place }: DraftHost,
  address: Ipv4,
  findings: Findings,
): ExternalPeer | undefined {
  if (peer === undefined) return undefined;
  const { as, table, updates } = peer;
  const announcer = { as, address };
  const read = <Found extends object>(
    key: 'table' | 'updates',
    file: string,
    reader: { take(record: MrtRecord): boolean; finish(): Found | { readonly wrong: string } },
  ): Found | undefined => {
    const location = place(['bgp', key, 'file']);
    const path = fileBeside(location.file, file);
    const found = readMrtFile(path, (record) => reader.take(record)) ?? reader.finish();
    if (!('wrong' in found)) return found;
    findings.error(location, `"${path}", the ${key} of external peer "${name}", ${found.wrong}`);
    return undefined;
  };
  const made = { as, table: EMPTY_TABLE, changes: [] };
  return {
    ...made,
    ...(table !== undefined && {
      table: read('table', table.file, new TableReader(choiceOf(as, table), announcer)) ?? EMPTY_TABLE,
    }),
    ...(updates !== undefined && {
      changes:
        read(
          'updates',
          updates.file,
          new UpdateReader(feedOf(as, updates.peer), announcer, {
            startNs: durationNs(updates.start ?? '0s'),
            speed: updates.speed ?? 1,
          }),
        )?.changes ?? [],
    }),
  };
}

function choiceOf(as: number, { peer, limit, within }: PeerTable): TableChoice {
  return {
    feed: feedOf(as, peer),
    ...(limit === undefined ? {} : { limit }),
    ...(within === undefined
      ? {}
      : { within: within.map((text) => parsePrefix(text)).filter((each) => each !== undefined) }),
  };
}

/** The schema holds it an AS number or an address. */
function feedOf(as: number, peer: number | string | undefined): Feed {
  const address = typeof peer === 'string' ? parseIpv4(peer) : undefined;
  return address === undefined ? { as: typeof peer === 'number' ? peer : as } : { address };
}
