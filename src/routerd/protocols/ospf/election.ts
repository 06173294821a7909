/** Electing the designated router and its backup (RFC 2328 9.4): a pure function of what the Hellos say. */
import type { Ipv4 } from '../../../net/address.ts';

/** A router on the network, ourselves among them, that is at least 2-Way. */
export interface Candidate {
  readonly routerId: Ipv4;
  readonly address: Ipv4;
  readonly priority: number;
  /** Interface addresses that it declares; 0 for none. */
  readonly designatedRouter: Ipv4;
  readonly backup: Ipv4;
}

/** Interface addresses; 0 for none. */
export interface Election {
  readonly designatedRouter: Ipv4;
  readonly backup: Ipv4;
}

/** `self` declares what it has been until now. Steps 2 to 4. */
export function elect(self: Candidate, others: readonly Candidate[]): Election {
  const first = count([self, ...others]);
  const sameRole =
    (self.designatedRouter === self.address) === (first.designatedRouter === self.address) &&
    (self.backup === self.address) === (first.backup === self.address);
  if (sameRole) return first;
  // Our role changed: count again with what we would declare now, so that nobody holds both (step 4).
  return count([{ ...self, ...first }, ...others]);
}

function count(all: readonly Candidate[]): Election {
  const eligible = all.filter((router) => router.priority > 0);
  const notDesignated = eligible.filter((router) => router.designatedRouter !== router.address);
  const declaredBackup = notDesignated.filter((router) => router.backup === router.address);
  const backup = best(declaredBackup) ?? best(notDesignated);
  const designated = best(eligible.filter((router) => router.designatedRouter === router.address)) ?? backup;
  return { designatedRouter: designated?.address ?? 0, backup: backup?.address ?? 0 };
}

/** Highest priority, then highest Router ID. */
function best(routers: readonly Candidate[]): Candidate | undefined {
  let winner: Candidate | undefined;
  for (const router of routers) {
    if (
      winner === undefined ||
      router.priority > winner.priority ||
      (router.priority === winner.priority && router.routerId > winner.routerId)
    ) {
      winner = router;
    }
  }
  return winner;
}
