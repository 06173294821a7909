/** A plan in words and columns. */

import { aligned } from './columns.ts';
import { formatCount, formatRate, formatShare } from './format.ts';
import { type HeadRoom, type Limit, type SharingMode, SMALLEST_WIRE_BYTES } from './plan.ts';
import type { Plan, PlannedLink } from './plan-outline.ts';
import type { MeanSizes } from './plan-sizes.ts';

export function planLines(plan: Plan): readonly string[] {
  const { linkBps, packetRate, real, shadow, limits, equal } = plan;
  const full = (wireBytes: number): string => `${formatPackets(linkBps / (8 * wireBytes))} fill the link`;
  return [
    `link    ${formatRate(linkBps)}; its router forwards ${formatPackets(packetRate)} (packets of ${bytes(linkBps / (8 * packetRate))} one after the other; the smallest have ${SMALLEST_WIRE_BYTES} B)`,
    `real    ${sizes(real)}, ${bytes(real.realWireBytes)} on the wire; ${full(real.realWireBytes)}`,
    `shadow  ${sizes(shadow)}, ${bytes(shadow.shadowWireBytes)} on the wire with its label; ${full(shadow.shadowWireBytes)}; as a header ${bytes(shadow.headerWireBytes)}`,
    '',
    'A load is the share of the link that the packets of a plane take when they travel whole. The router stands',
    'a real load r and a shadow load s where',
    ...aligned([
      ['  without cancellation', ...limits.without.map(formatLimit)],
      ['  with cancellation', ...limits.with.map(formatLimit)],
    ]),
    '',
    ...aligned(
      [
        ['real load', 'shadow without', 'limited by', 'shadow with cancellation', 'limited by'],
        ...plan.rows.map((row) => [percent(row.realLoad), ...room(row.without), ...room(row.with)]),
        ['both alike', ...room(equal.without), ...room(equal.with)],
      ],
      [0, 1, 3],
    ),
    ...(plan.links.length === 0 ? [] : ['', ...linkLines(plan.links)]),
  ];
}

function linkLines(links: readonly PlannedLink[]): readonly string[] {
  return [
    'Measured, each link between routers in its busiest step, against limits for its own packets:',
    ...aligned(
      [
        ['link', 'sent by', 'step', 'real load', 'shadow load', 'packets/s', 'most without', 'most with', ''],
        ...links.map((link) => [
          link.link,
          link.router,
          String(link.step),
          percent(link.realLoad),
          percent(link.shadowLoad),
          formatCount(link.packetsPerSecond),
          room(link.room.without)[0],
          room(link.room.with)[0],
          standing(link),
        ]),
      ],
      [2, 3, 4, 5, 6, 7],
    ),
  ];
}

function standing({ within }: PlannedLink): string {
  if (within.without) return 'stands it';
  return within.with ? 'stands it with cancellation' : 'too much';
}

const sizes = ({ packetBytes }: MeanSizes): string => `${bytes(packetBytes)} a packet`;

const bytes = (mean: number): string => `${formatCount(mean)} B`;

/** `0.19 r + 0.31 s <= 1 (packets)`. */
function formatLimit({ name, real, shadow }: Limit): string {
  const terms = [term(real, 'r'), term(shadow, 's')].filter((text) => text !== '');
  return `${terms.join(' + ')} <= 1 (${name})`;
}

function term(factor: number, variable: string): string {
  if (factor === 0) return '';
  return factor === 1 ? variable : `${factor.toPrecision(3)} ${variable}`;
}

const room = (one: HeadRoom | undefined): readonly [string, string] =>
  one === undefined ? ['none', 'the real load is too much'] : [percent(one.shadowLoad), one.limit];

const percent = (share: number): string => formatShare(share, 1);

/** `14.9 Mpps`. */
export function formatPackets(perSecond: number): string {
  return formatRate(perSecond).replace('bps', 'pps');
}

/** What `shadowlab plan --json` prints; docs/planner.md describes it. Loads are shares of the link, sizes mean bytes. */
export function planJson(plan: Plan): object {
  const room = (mode: SharingMode, rooms: Partial<Record<SharingMode, HeadRoom>>): HeadRoom | null =>
    rooms[mode] ?? null;
  const both = (rooms: Partial<Record<SharingMode, HeadRoom>>): object => ({
    without: room('without', rooms),
    with: room('with', rooms),
  });
  return {
    ...plan,
    rows: plan.rows.map((row) => ({ realLoad: row.realLoad, ...both(row) })),
    equal: both(plan.equal),
    links: plan.links.map((link) => ({ ...link, room: both(link.room) })),
  };
}
