/** Attributes as the text that regular expressions are held against: FRR's (bgpd/bgp_aspath.c, bgp_community.c). */
import { formatCommunity } from '../../config/community.ts';
import type { AsSegment, LargeCommunity } from '../protocols/bgp/attributes.ts';

const BRACKETS: Readonly<Record<AsSegment['type'], readonly [string, string, string]>> = {
  sequence: ['', ' ', ''],
  set: ['{', ',', '}'],
  'confederation-sequence': ['(', ' ', ')'],
  'confederation-set': ['[', ',', ']'],
};

/** `65001 65002 {65003,65004}` */
export function asPathText(path: readonly AsSegment[]): string {
  return path
    .map(({ type, numbers }) => {
      const [open, between, close] = BRACKETS[type];
      return open + numbers.join(between) + close;
    })
    .join(' ');
}

export const communityText = formatCommunity;

/** `64512:1:2` */
export function largeCommunityText({ global, local1, local2 }: LargeCommunity): string {
  return `${global}:${local1}:${local2}`;
}
