/** Which class of a policy a packet is of. The first that matches counts; the last, class-default, takes the rest. */
import { ipv4Dscp } from '../../net/ipv4.ts';
import { compileAccessList } from '../forwarding/acl.ts';
import type { ServiceClass, ServiceCriterion } from '../forwarding/contract.ts';

/** The index of the class of the packet whose IPv4 header is at `ipAt`. */
export type Classifier = (bytes: Uint8Array, ipAt: number) => number;

type Test = (bytes: Uint8Array, ipAt: number) => boolean;

export function compileClasses(classes: readonly ServiceClass[]): Classifier {
  const rest = classes.length - 1;
  const tests = classes.slice(0, rest).map(compileClass);
  return (bytes, ipAt) => {
    for (let index = 0; index < rest; index++) if (tests[index](bytes, ipAt)) return index;
    return rest;
  };
}

/** A class map that asks for nothing matches nothing, as in IOS: so it is where none of that name is defined. */
function compileClass({ match, criteria }: ServiceClass): Test {
  const tests = criteria.map(compileCriterion);
  if (tests.length === 0) return () => false;
  if (tests.length === 1) return tests[0];
  return match === 'all'
    ? (bytes, ipAt) => tests.every((test) => test(bytes, ipAt))
    : (bytes, ipAt) => tests.some((test) => test(bytes, ipAt));
}

function compileCriterion(criterion: ServiceCriterion): Test {
  switch (criterion.kind) {
    case 'any':
      return () => true;
    case 'dscp': {
      const isWanted = Array.from({ length: 64 }, (_, dscp) => criterion.values.includes(dscp));
      return (bytes, ipAt) => isWanted[ipv4Dscp(bytes, ipAt)];
    }
    case 'access-list': {
      if (criterion.list === undefined) return () => false;
      const list = compileAccessList(criterion.list);
      return (bytes, ipAt) => list(bytes, ipAt).permit;
    }
  }
}
