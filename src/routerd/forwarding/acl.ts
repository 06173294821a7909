/**
 * Access lists, made ready for packets: the first line that matches decides, and a list ends with a deny. A
 * line that asks for TCP or UDP ports does not match a fragment after the first, which has none.
 *
 * A long list is not walked: for each field of the packet a vector of bits says which lines allow its value
 * (acl-vectors.ts), and the first bit that is in all of them is the line. The time hardly grows with the list. A
 * list of a few lines is walked (acl-walk.ts), which is faster then: `npm run bench -- --only acl`.
 */
import type { AccessListConfig, AccessRule } from '../../config/model.ts';
import { type LineFinder, NO_LINE } from './acl-fields.ts';
import { findByVectors } from './acl-vectors.ts';
import { findByWalking } from './acl-walk.ts';

/** What a list says of a packet. */
export interface AccessVerdict {
  readonly permit: boolean;
  /** `access-list NAME seq N`, or `access-list NAME implicit deny`. */
  readonly text: string;
}

export type AccessList = (bytes: Uint8Array, ipAt: number) => AccessVerdict;

/** Up to so many lines are walked. */
const FEW_LINES = 32;

/** Many ports, classes and slots may name one list: it is compiled once. */
const compiled = new WeakMap<AccessListConfig, AccessList>();

export function compileAccessList(list: AccessListConfig): AccessList {
  const known = compiled.get(list);
  if (known !== undefined) return known;
  const verdicts = list.rules.map(({ action, sequence }) => ({
    permit: action === 'permit',
    text: `access-list ${list.name} seq ${sequence}`,
  }));
  const implicitDeny = { permit: false, text: `access-list ${list.name} implicit deny` };
  const find = finderOf(list.rules);
  const accessList: AccessList = (bytes, ipAt) => {
    const line = find(bytes, ipAt);
    return line === NO_LINE ? implicitDeny : verdicts[line];
  };
  compiled.set(list, accessList);
  return accessList;
}

/** Which of the two ways is the faster one. */
export function finderOf(rules: readonly AccessRule[]): LineFinder {
  return rules.length <= FEW_LINES ? findByWalking(rules) : findByVectors(rules);
}
